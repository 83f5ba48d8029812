/* The tables of facilities, patients, doctors, machines and units, and what they are compared by. */
#ifndef KM_ENGINE_ENTITIES_H
#define KM_ENGINE_ENTITIES_H

#include "engine/desk.h"

/* Fills and judges all of them, and the table of provinces. */
kiem_status km_job_entities(km_job *job, km_error *error);

/* ---- comparing */

/* Compares facilities, departments and provinces; the claims kept for it are let go. On any thread. */
kiem_status km_job_compare_facilities(km_job *job, km_error *error);
/* Compares the facilities' cost of a visit and its growth with their peers'. */
kiem_status km_job_compare_visits(km_job *job, km_error *error);
/* Compares doctors. */
kiem_status km_job_compare_doctors(km_job *job, km_error *error);

/* Facilities that were tested by cost after case mix, those flagged, and their excess in fund money as the
 * table shows it. */
typedef struct km_facility_flags {
    uint64_t tested, flagged;
    km_int128 excess;
} km_facility_flags;

km_facility_flags km_job_facility_flags(const km_job *job);

/* ---- columns of the open row of a table */

/* How a facility or province stands beside its peers after case mix. */
void km_job_put_rank(km_job *job, const km_facility *facility);
void km_job_put_province_rank(km_job *job, const km_money_year *year);
/* What a facility spent in the year of the report. */
kiem_status km_job_put_facility_year(km_job *job, uint64_t facility, km_error *error);
/* Its visits beside those of its peers. */
kiem_status km_job_put_peers(km_job *job, uint64_t facility, km_error *error);

/* ---- tables */

/* Fills and judges the table of patients. */
kiem_status km_job_patients(km_job *job, km_error *error);
/* Fills and judges the tables of doctors and machines. */
kiem_status km_job_doctors(km_job *job, km_desk *desk, km_error *error);
/* Fills the table of departments and doctors, after those above. */
kiem_status km_job_units(km_job *job, km_error *error);

#endif
