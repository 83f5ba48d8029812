/* What the parts of the table of provinces share. */
#ifndef KM_ENGINE_PROVINCES_H
#define KM_ENGINE_PROVINCES_H

#include "engine/job.h"
#include "engine/ledger/figures.h"
#include "engine/ledger/outlook.h"

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

/* Compares the facilities' cost of a visit and its growth with their peers'; then puts one's figures. */
kiem_status km_job_compare_visits(km_job *job, km_error *error);
kiem_status km_job_put_peers(km_job *job, uint64_t facility, km_error *error);

#endif
