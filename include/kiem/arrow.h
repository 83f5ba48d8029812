/* kiem and Arrow: claims in from any producer of the Arrow C stream interface, results out to any consumer.
 * The rules of kiem.h hold here too. */
#ifndef KIEM_ARROW_H
#define KIEM_ARROW_H

#include <kiem/arrow_c.h>
#include <kiem/kiem.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Adds an input that is a stream of record batches. role: "claims", "drugs" or "services"; `name` stands for
 * it in results and messages. Columns are found by name, in any order; those that kiem does not know are not
 * touched.
 *
 * On success the stream is the job's: stream->release is NULL afterwards, the job releases it once, when it
 * is read or freed, and calls it from the thread that runs the job. On failure it stays the caller's as it
 * was.
 *
 * A column may be text (utf8, large, view), integer, float32, float64, decimal32, 64 or 128, boolean, date,
 * timestamp, null, or a dictionary of one of these. A value means what its text would mean in a file: a zero
 * that a number lost in front of a code is restored where the field has a fixed width, and a value that a
 * field cannot hold is NULL and named in bad_values. A float counts as the decimal nearest to it, with no
 * more digits than its field has; one that is no such decimal is a bad value. Timestamps are the local time
 * of the record: no zone, or one of Viet Nam.
 *
 * Rows are numbered from 1 over the whole stream. A row with text that is not UTF-8 is rejected. What is
 * wrong with the stream as a whole is told by kiem_job_run: KIEM_E_FORMAT for a schema or an array that
 * cannot be read, KIEM_E_IO when the stream fails midway. */
KIEM_API kiem_status kiem_job_add_arrow(kiem_job *job, const char *role, const char *name,
                                        struct ArrowArrayStream *stream, kiem_error *error);

/* Hands a table out as a stream of record batches. *out is the caller's to release; it keeps alive what it
 * needs, so the table, and the job it came from, may be freed before it. Types: "U" large text, "l" int64,
 * "d:18,2" and "d:18,6" decimal128, "tdD" days, "b" boolean. Integers and text are not copied (but those of a
 * judge's findings, which the judge writes over). May be called from any thread while no call changes the
 * table. */
KIEM_API kiem_status kiem_table_export_arrow(const kiem_table *table, struct ArrowArrayStream *out,
                                             kiem_error *error);

#ifdef __cplusplus
}
#endif
#endif
