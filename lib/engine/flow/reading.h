/* Inputs, read to their end: CSV and envelopes by several threads, Arrow by the caller's. */
#ifndef KM_ENGINE_READING_H
#define KM_ENGINE_READING_H

#include "engine/job.h"

/* Reads one input with job->threads threads: km_job_learn_batch gets its batches in the order of the file. */
kiem_status km_job_read_rows(km_job *job, uint32_t number, const km_fieldset *wanted, km_scope scope,
                             km_error *error);
/* The same from Arrow, on the calling thread. */
kiem_status km_job_read_arrow(km_job *job, uint32_t number, const km_fieldset *wanted, km_scope scope,
                              km_error *error);
/* Reads the inputs of claims that are envelopes: each becomes one of its claims and, with their lines, two
 * more. */
kiem_status km_job_open_envelopes(km_job *job, bool lines, km_error *error);
/* Rows of an input that could not be read go to the table of rejects. */
kiem_status km_job_put_rejects(km_job *job, const km_input_file *input, const km_rejects *rejects,
                               km_error *error);

#endif
