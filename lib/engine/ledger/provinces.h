/* The table of provinces, and what its parts share. */
#ifndef KM_ENGINE_PROVINCES_H
#define KM_ENGINE_PROVINCES_H

#include "engine/job.h"
#include "engine/ledger/figures.h"
#include "engine/ledger/outlook.h"

/* Reads which provinces were merged in 2025; before the first claim. */
void km_job_note_map(km_job *job);
/* The day of the report, where none was given: the latest discharge, but for a few far behind all others,
 * which are wrong dates. After the last claim. */
void km_job_settle_as_of(km_job *job);
/* Holds the ledger against the years: needed before the tables of facilities and provinces. */
kiem_status km_job_outlooks(km_job *job, km_error *error);
/* Fills the table. */
kiem_status km_job_provinces(km_job *job, km_error *error);

/* A treating province as it is reported: by the map of before or since 2025-07-01. */
uint64_t km_job_reported(const km_job *job, uint64_t province);
/* The number of a province's code, -1 when it is not two digits. */
int km_job_province_number(uint64_t province);
/* The province it is part of since 2025-07-01. */
uint64_t km_job_merged(const km_job *job, uint64_t province);
/* Puts the columns that explain a year: indicators, peers, and the drivers of the change. `total` is its cost
 * in scope; nation may be NULL. */
kiem_status km_job_put_figures(km_job *job, const km_figures *of, const km_figures *nation, km_int128 total,
                               km_error *error);

#endif
