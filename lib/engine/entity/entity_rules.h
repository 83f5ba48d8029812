/* Rules about derived tables: facilities, provinces, patients, doctors, machines. */
#ifndef KM_ENGINE_ENTITY_RULES_H
#define KM_ENGINE_ENTITY_RULES_H

#include "engine/desk.h"

/* Rows of a derived table, and the findings about them. */
typedef struct km_derived {
    km_table_kind table;
    km_result *rows, *findings;
} km_derived;

/* Binds the rules about derived tables; before the call below. */
kiem_status km_job_bind_derived(km_job *job, km_error *error);
/* Judges rows of a derived table, and flags those that a rule suspects. */
kiem_status km_desk_judge(km_desk *desk, const km_job *job, const km_derived *rows, km_error *error);
/* Judges the rows that stand in a sink of the job. */
kiem_status km_desk_judge_sink(km_desk *desk, km_job *job, km_table_kind table, km_error *error);

#endif
