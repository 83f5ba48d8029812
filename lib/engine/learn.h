/* The reading of every claim, and what is learned of it before any is judged. */
#ifndef KM_ENGINE_LEARN_H
#define KM_ENGINE_LEARN_H

#include "engine/job.h"

/* Reads the budgets and every claim; learns history, money and what judging needs, and compares facilities.
 */
kiem_status km_job_learn(km_job *job, km_error *error);
/* Reads the claims alone, for the state that learns them. */
kiem_status km_job_read_claims(km_job *job, km_error *error);
/* The input just read is one more source of that state. */
kiem_status km_job_note_source(km_job *job, const km_input_file *input, km_error *error);

/* ---- for those who read an input */

/* Lines must tell their claim. */
kiem_status km_job_check_layout(const km_input_file *input, const km_layout *layout, km_error *error);
/* What the spool is to keep of a batch of claims, and the part of learning that batches do not share; on any
 * thread. */
kiem_status km_job_pack_batch(const km_job *job, const km_batch *batch, km_buf *packed, km_error *error);
kiem_status km_job_read_drafts(km_drafts *drafts, const km_batch *batch, km_error *error);
/* The batches of an input in its order, claims with what the calls above made of them. */
kiem_status km_job_learn_batch(km_job *job, const km_batch *batch, km_buf *packed, const km_drafts *drafts,
                               km_error *error);
/* An input was read to its end. */
kiem_status km_job_note_layout(km_job *job, km_input_file *input, const km_layout *layout, km_error *error);

#endif
