/* What the parts of the table of provinces share. */
#ifndef KM_ENGINE_PROVINCES_H
#define KM_ENGINE_PROVINCES_H

#include "engine/job.h"
#include "engine/outlook.h"

/* A treating province as it is reported: by the map of before or since 2025-07-01. */
uint64_t km_job_reported(const km_job *job, uint64_t province);
/* Puts the columns that explain a year: costs of visits, shares, and the drivers of the change. */
kiem_status km_job_put_drivers(km_job *job, const km_outlooks *all, const km_money_year *year,
                               km_error *error);

#endif
