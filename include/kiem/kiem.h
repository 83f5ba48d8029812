/* kiem checks hospital health-insurance claims: policy + state + batch -> findings.
 *
 * Rules of this header, true for every function unless its comment says otherwise:
 * - Functions that can fail return kiem_status and take an optional kiem_error * last, which then tells
 *   message, file, row and column. Outputs are written only on success. KIEM_E_ARGUMENT, for a NULL where
 *   there may be none or a call out of order, and KIEM_E_NOMEM can come from any of them; other statuses are
 *   named where they mean something. After a failure an object can be used as before, unless its comment
 *   says otherwise.
 * - `T **out` becomes the caller's and has a matching kiem_T_free, which accepts NULL. `const T **out` is
 *   borrowed from the object named in the comment. Children keep what they need of their parents, so objects
 *   can be freed in any order.
 * - [shared]: immutable, for any number of threads at once. [single]: one call at a time, from any thread. A
 *   second call meanwhile, from another thread or from a callback of the first, gets KIEM_E_BUSY and changes
 *   nothing; where a function has no status, it does nothing or gives 0. Not watched are kiem_error objects,
 *   calls to _free, and what was borrowed from the object.
 * - Texts (const char *) are UTF-8, given as pointer and length (SIZE_MAX: up to the NUL) or NUL-terminated;
 *   texts handed out are NUL-terminated; those that belong to no object live as long as the library is
 *   loaded. Bytes (const void *) are always `size` long: SIZE_MAX has no meaning of its own there.
 * - A callback and its `user` serve until the object they were given to is freed; a callback may not longjmp
 *   or throw through the library.
 * - Money is int64_t in hundredths of a dong; ratios and scores are int64_t in millionths; dates are days
 *   since 1970-01-01, in the local time of the record.
 * - There is no global state, no initialisation, no printing, no abort. Out of memory is a status.
 * - Only kiem_job reads and writes files and starts threads; and a policy reads the directory it is given. */
#ifndef KIEM_KIEM_H
#define KIEM_KIEM_H

#include <kiem/codes.h>
#include <kiem/export.h>
#include <kiem/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- version and status */

/* 10000 * major + 100 * minor + patch of the library in use. A later library of the same soname serves every
 * program built with an earlier header. */
KIEM_API int32_t kiem_version(void);
/* "major.minor.patch" of the library in use. */
KIEM_API const char *kiem_version_text(void);
/* The name of a status without its prefix ("NOMEM"), and a plain sentence; "UNKNOWN" for other values. */
KIEM_API const char *kiem_status_name(kiem_status status);
KIEM_API const char *kiem_status_sentence(kiem_status status);
/* Messages of errors, log lines and sentences are English whatever else is asked for. This writes one as a
 * reader of `language` (KIEM_LANG_*) wants it, or as it is when it is no message of this library, with a
 * final NUL; what does not fit in `size` bytes is cut at a character (4096 are enough). Names, codes and
 * numbers in it stay as they are. */
KIEM_API kiem_status kiem_message_in(int32_t language, const char *message, char *buffer, size_t size);

/* ---- environment: memory and log hooks [shared] */

/* Wherever an environment is asked for, NULL means malloc and no log. Memory of libcsv, which has no way to
 * pass a hook's user pointer, is the one exception: about 70 KiB a reading thread come from malloc.
 *
 * What is logged: at KIEM_LOG_INFO what a call has done (rules compiled, rows read, claims judged or
 * learned); at KIEM_LOG_WARNING what was read but may not be as meant (rows rejected, columns that are not
 * known, missing, or empty in most rows). Failures are not logged: the status tells them. */
typedef struct kiem_env kiem_env;

/* allocator and log may each be NULL; both are copied. KIEM_E_UNSUPPORTED for a struct_size smaller than in
 * any version, or a larger one with more than zeros in what this library does not know. The environment may
 * be freed at once after use: objects made with it keep it, and call its hooks until the last of them is
 * freed. */
KIEM_API kiem_status kiem_env_new(const kiem_allocator *allocator, const kiem_log_sink *log, kiem_env **out);
KIEM_API void kiem_env_free(kiem_env *env);

/* ---- error [single] */

/* Filled by the call it is given to, cleared by the next. Its text has a fixed buffer, so it works when
 * memory is gone. It never holds a claim value, a name or a card number. */
typedef struct kiem_error kiem_error;

/* env: where its memory comes from. */
KIEM_API kiem_status kiem_error_new(const kiem_env *env, kiem_error **out);
KIEM_API void kiem_error_free(kiem_error *error);
/* What the call it was last given to returned. */
KIEM_API kiem_status kiem_error_status(const kiem_error *error);
/* "" when there is no error. Borrowed from the error until its next use. */
KIEM_API const char *kiem_error_message(const kiem_error *error);
/* The file as the caller named it, "" when none is concerned. Borrowed as the message. */
KIEM_API const char *kiem_error_file(const kiem_error *error);
/* Spreadsheet row or text line, from 1; 0 when unknown. */
KIEM_API int64_t kiem_error_line(const kiem_error *error);
/* Character in an expression or column in a row, from 1; 0 when unknown. */
KIEM_API int64_t kiem_error_column(const kiem_error *error);
/* Byte offset in the file; -1 when unknown. */
KIEM_API int64_t kiem_error_offset(const kiem_error *error);

/* ---- table: every result [shared] */

/* Columns by name: later versions add tables, and columns behind those that are there; they take none away.
 * Formats are those of Arrow: "u" text (int64 offsets are used in any case), "l" int64, "d:18,2" money in
 * hundredths, "d:18,6" ratio in millionths, "tdD" days, "b" 0 or 1. */
typedef struct kiem_table kiem_table;

/* For tables that were given to the caller (`kiem_table **out`), not for borrowed ones. */
KIEM_API void kiem_table_free(kiem_table *table);
/* A table of the caller's own with the same rows, to keep a borrowed one beyond the next call. */
KIEM_API kiem_status kiem_table_copy(const kiem_table *table, kiem_table **out, kiem_error *error);
/* "findings", "rules", ... */
KIEM_API const char *kiem_table_name(const kiem_table *table);
/* How many there are; rows and columns are numbered from 0. */
KIEM_API int64_t kiem_table_rows(const kiem_table *table);
KIEM_API int32_t kiem_table_columns(const kiem_table *table);
/* NULL when the column does not exist. They live as long as the library is loaded. */
KIEM_API const char *kiem_table_column_name(const kiem_table *table, int32_t column);
KIEM_API const char *kiem_table_column_format(const kiem_table *table, int32_t column);
/* The column of that name (ASCII case does not matter), or -1. */
KIEM_API int32_t kiem_table_find(const kiem_table *table, const char *name);
/* Plain arrays of a column that is not text: `rows` values, and validity bits (bit i of byte i / 8; 0 is
 * NULL). Borrowed from the table; never NULL themselves. KIEM_E_ARGUMENT for a text column. */
KIEM_API kiem_status kiem_table_values(const kiem_table *table, int32_t column, const int64_t **values,
                                       const uint8_t **validity);
/* Plain arrays of a text column: row i is bytes[offsets[i]] .. bytes[offsets[i + 1] - 1], not NUL-terminated.
 * Borrowed from the table. KIEM_E_ARGUMENT for other columns. */
KIEM_API kiem_status kiem_table_texts(const kiem_table *table, int32_t column, const char **bytes,
                                      const int64_t **offsets, const uint8_t **validity);
/* One cell as text, as it stands in the CSV files without quotes; NULL is "". Writes at most `size` bytes
 * with a final NUL and gives the full length (without NUL) in *length when it is not NULL; KIEM_E_RANGE when
 * it does not fit: nothing is written then, but the length is given. KIEM_E_ARGUMENT when there is no such
 * row or column. */
KIEM_API kiem_status kiem_table_cell(const kiem_table *table, int64_t row, int32_t column, char *buffer,
                                     size_t size, size_t *length);

/* ---- policy: rules and reference tables */

/* [single] while it is put together, [shared] after kiem_policy_compile. Mistakes in its rows are
 * KIEM_E_POLICY, with file, row, and the character in the expression as column; a policy that failed to take
 * rows or to compile is only to be freed. */
typedef struct kiem_policy kiem_policy;

/* Starts from the policy compiled into the library, or, with a directory, from that one for every file the
 * directory has (laid out as data/policy of the sources). directory may be NULL. KIEM_E_IO when it cannot be
 * read. */
KIEM_API kiem_status kiem_policy_new(kiem_env *env, const char *directory, kiem_policy **out,
                                     kiem_error *error);
KIEM_API void kiem_policy_free(kiem_policy *policy);
/* Adds house rules from CSV text: a rule whose id is there already replaces it, severity "off" switches it
 * off. `name` stands for the text in messages. */
KIEM_API kiem_status kiem_policy_add_rules(kiem_policy *policy, const char *name, const char *text,
                                           size_t length, kiem_error *error);
/* Replaces the rows of a reference table from CSV text with the table's columns. KIEM_E_NOT_FOUND when no
 * table has that name. */
KIEM_API kiem_status kiem_policy_set_table(kiem_policy *policy, const char *table, const char *name,
                                           const char *text, size_t length, kiem_error *error);
/* Checks everything and makes the policy ready, in some 10 ms: share it rather than make another. Nothing
 * runs on a policy that does not compile. */
KIEM_API kiem_status kiem_policy_compile(kiem_policy *policy, kiem_error *error);
/* The catalogue: id, scope, severity, condition, unless, effective_from, effective_to, date_basis, amount,
 * amount_patient, cause, basis, message_vi, message_en, file, line, reads (the columns it may read), cost
 * (operations a row), basis_vi (the basis in Vietnamese), terms_vi, terms_en (what the terms and computed
 * columns mean that it names). The policy must be compiled. */
KIEM_API kiem_status kiem_policy_rules(const kiem_policy *policy, kiem_table **out, kiem_error *error);
/* Tests the rules, or the one rule with that id (KIEM_E_NOT_FOUND when there is none), on the examples kept
 * beside them (files rules/examples*.csv): rule, expected, got, passed, claim, drugs, services, note, file,
 * line. Compiles the policy, which must not be compiled yet, with the examples' rows in those reference
 * tables that are empty: free it afterwards, it is no policy to judge by. */
KIEM_API kiem_status kiem_policy_test(kiem_policy *policy, const char *rule, kiem_table **out,
                                      kiem_error *error);

/* ---- batch: a few claims as typed columns [single] */

/* Any number of calls may read a batch at once (kiem_judge_batch, kiem_state_learn); only filling it keeps
 * others out. */
typedef struct kiem_batch kiem_batch;

/* A batch of claims to be filled by kiem_batch_set; at most 2,048 rows, of lines 131,072. */
KIEM_API kiem_status kiem_batch_new(kiem_env *env, kiem_batch **out, kiem_error *error);
/* The same for lines of claims: role "drugs" (XML2) or "services" (XML3), as for kiem_job_add_file, else
 * KIEM_E_ARGUMENT; their fields are those of these tables. For kiem_judge_claims alone. */
KIEM_API kiem_status kiem_batch_new_lines(kiem_env *env, const char *role, kiem_batch **out,
                                          kiem_error *error);
KIEM_API void kiem_batch_free(kiem_batch *batch);
KIEM_API int64_t kiem_batch_rows(const kiem_batch *batch);
/* Sets a field of the row being put together, by its name in Decision 3176 and as it would stand in a file:
 * money as 150000 or 150000.5, times as 202503100800; set twice, the later value counts; an empty value is
 * NULL. A value that cannot be read becomes NULL and is named in the row's bad_values. KIEM_E_NOT_FOUND for a
 * name that is no field of claims, KIEM_E_FORMAT for a value that is not UTF-8. */
KIEM_API kiem_status kiem_batch_set(kiem_batch *batch, const char *field, const char *value, size_t length,
                                    kiem_error *error);
/* Ends the row; fields not set are NULL. KIEM_E_RANGE when the batch is full. */
KIEM_API kiem_status kiem_batch_end_row(kiem_batch *batch, kiem_error *error);
/* Forgets the rows, and the one being put together. Fields that were set once stay columns of the batch, NULL
 * where they are not set again: rules that need them go on to run. */
KIEM_API void kiem_batch_clear(kiem_batch *batch);

/* ---- reader: CSV bytes to batches [single] */

/* Push bytes, take the batches that are ready, push again; finish, and take the rest. When one of these calls
 * has failed, but with KIEM_E_ARGUMENT or KIEM_E_BUSY, rows would be missing: the reader takes and gives no
 * more (KIEM_E_ARGUMENT), only its rejects can still be asked for. */
typedef struct kiem_reader kiem_reader;

/* Reads claims; `name` stands for the input in messages. With decimal_comma numbers are written 1.234,50. */
KIEM_API kiem_status kiem_reader_new(kiem_env *env, const char *name, int32_t decimal_comma,
                                     kiem_reader **out, kiem_error *error);
KIEM_API void kiem_reader_free(kiem_reader *reader);
/* Any chunk size. KIEM_E_FORMAT when the input as a whole cannot be read (no known column, numbers that could
 * mean two things). A row that cannot be read is only rejected. */
KIEM_API kiem_status kiem_reader_push(kiem_reader *reader, const void *bytes, size_t size, kiem_error *error);
/* The input is complete. */
KIEM_API kiem_status kiem_reader_finish(kiem_reader *reader, kiem_error *error);
/* The next batch that is ready, or NULL when more bytes are needed (or none follow). Borrowed from the reader
 * until its next call, which is KIEM_E_BUSY while the batch is being judged or learned. */
KIEM_API kiem_status kiem_reader_next(kiem_reader *reader, const kiem_batch **out, kiem_error *error);
/* Rows that could not be read so far: file, row, offset, column, reason (English, see kiem_message_in), value
 * (masked: 9 for each digit, A for each letter). */
KIEM_API kiem_status kiem_reader_rejects(const kiem_reader *reader, kiem_table **out, kiem_error *error);

/* ---- state: what was learned from claims, to be kept, merged and used later */

/* [single], but any number of judges and jobs may read it at once; what changes it meanwhile, or saves it, is
 * KIEM_E_BUSY. It holds patient history: card and citizen numbers among it, so a saved state is to be kept as
 * safe as the claims. Two states learned from the same claims in any order and partition are saved as the
 * same bytes, but for the digests of what a job has read (see kiem_job_learn): these are of files and tables
 * as they came. */
typedef struct kiem_state kiem_state;

KIEM_API kiem_status kiem_state_new(kiem_env *env, kiem_state **out, kiem_error *error);
KIEM_API void kiem_state_free(kiem_state *state);
/* Learns the claims of a batch; on failure none of them. Whoever learns batch by batch sees to it that none
 * is learned twice; see kiem_job_learn for whole files. */
KIEM_API kiem_status kiem_state_learn(kiem_state *state, const kiem_batch *batch, kiem_error *error);
/* Adds what another state has learned, which stays as it is. KIEM_E_ARGUMENT when both have learned the
 * same source, unless again is 1: its claims then count twice. On failure nothing was added. */
KIEM_API kiem_status kiem_state_merge(kiem_state *state, kiem_state *more, int32_t again, kiem_error *error);
/* How many claims it has learned, not counting those without a known person or time of admission: of these it
 * keeps only money and what peers are like. For any thread at any time. */
KIEM_API int64_t kiem_state_claims(const kiem_state *state);
/* Hands out the bytes of the state in pieces, on the calling thread; write returns 0, or anything else to
 * stop with KIEM_E_IO. */
KIEM_API kiem_status kiem_state_save(kiem_state *state,
                                     int32_t (*write)(void *user, const void *bytes, size_t size), void *user,
                                     kiem_error *error);
/* Reads a saved state; read is that of kiem_job_add_stream. KIEM_E_STATE when it is damaged, cut off, of a
 * later version, or no state at all. */
KIEM_API kiem_status kiem_state_load(kiem_env *env, int64_t (*read)(void *user, void *buffer, size_t size),
                                     void *user, kiem_state **out, kiem_error *error);

/* ---- judge: rules over batches, one per thread [single] */

typedef struct kiem_judge kiem_judge;

/* The policy must be compiled. language: KIEM_LANG_* of the messages. */
KIEM_API kiem_status kiem_judge_new(kiem_env *env, const kiem_policy *policy, int32_t language,
                                    kiem_judge **out, kiem_error *error);
KIEM_API void kiem_judge_free(kiem_judge *judge);
/* Gives the judge the history of patients, so that rules about earlier claims run: each claim is put beside
 * those the state has learned, never beside others of its batch; and its peers, so that claims have scores
 * and rules about these run. The judge keeps the state. When the state has learned or merged since,
 * kiem_judge_batch is KIEM_E_ARGUMENT until the state is given to the judge again. */
KIEM_API kiem_status kiem_judge_use_state(kiem_judge *judge, kiem_state *state, kiem_error *error);
/* Judges each row on its own: rules that need history or scores run with a state only, those that need other
 * tables do not run here; a row that was not ended is not judged. The findings (see kiem_job_table) are
 * borrowed from the judge until its next call: kiem_table_copy keeps them. KIEM_E_BUSY too while the batch is
 * being filled or the state changes. */
KIEM_API kiem_status kiem_judge_batch(kiem_judge *judge, const kiem_batch *batch, const kiem_table **findings,
                                      kiem_error *error);
/* The same with the lines of the claims, so that rules about these run too. Either may be NULL: it is not
 * known then, while a batch without rows says that there are no such lines. Lines stand in the order of their
 * claims, whose MA_LK they have; a line without is of the claim of the line before it, or of the first.
 * KIEM_E_ARGUMENT for a line of no claim of the batch, and for one whose MA_LK several claims of it have.
 * Such claims, and among several one without MA_LK, of which no line is given, are judged as if their lines
 * were not known, as in a job. Findings about lines have the line's row. */
KIEM_API kiem_status kiem_judge_claims(kiem_judge *judge, const kiem_batch *claims, const kiem_batch *drugs,
                                       const kiem_batch *services, const kiem_table **findings,
                                       kiem_error *error);
/* The same for the ministry's XML (GIAMDINHHS) as a hospital sends it, with its lines: at most 2,048 claims
 * and 131,072 lines of a kind, else KIEM_E_RANGE. `name` stands for it in messages. KIEM_E_FORMAT when it, or
 * one HOSO of it, cannot be read: nothing is judged then. Findings have the place of their claim or line as
 * row. */
KIEM_API kiem_status kiem_judge_xml(kiem_judge *judge, const char *name, const void *bytes, size_t size,
                                    const kiem_table **findings, kiem_error *error);

/* ---- job: the whole run over files [single] */

/* Reads every claim once, learns history, money and peers, then judges every claim. Options, as text:
 * - out: directory for the result files (made when missing); none are written without it
 * - format: csv (default) or ndjson
 * - lang: vi (default) or en, the language of messages in files and tables; errors and log lines are English,
 *   see kiem_message_in
 * - as_of: yyyy-mm-dd; default: the latest discharge in the data, but for a few (up to one in 100) that are
 *   more than two months behind all others, which is logged: wrong dates would leave the last year empty
 * - decimal_comma: 1 when numbers are written 1.234,50; default 0
 * - province_map: 63 (default) or 34, the provinces before or since the merger of 2025-07-01, in the tables
 * - keep: which result tables are kept for kiem_job_table: all (default), or names with commas between, or
 *   small: shortlist, provinces, facilities, rules, totals and timings, which are kept in any case. The
 *   others grow with the claims
 * - pseudonym_key: the table of patients and findings about patients name them by HMAC-SHA-256 with this key
 *   of the number inside the card, its first 32 hexadecimal digits; elsewhere such numbers are masked in any
 *   case. Who can guess the key can find the patients
 * - threads: how many work, 1 to 1024; default: as many as there are processors. Results are the same bytes
 *   for any number
 * - memory: such as 512M or 2G; what is kept of the claims beyond it goes to an unlinked temporary file in
 *   the directory `out`, else in /tmp. Default: all is kept in memory
 * - fdr: share of false flags accepted among the unusual claims, over 0 and at most 1; default: 0.05
 * - shortlist: how many claims of each severity the table "shortlist" lists, 0 to 100000; default: 100
 *
 * Another option is KIEM_E_NOT_FOUND, a value that it cannot have KIEM_E_ARGUMENT. */
typedef struct kiem_job kiem_job;

/* policy NULL: the built-in one, compiled for this job. A policy given must be compiled. */
KIEM_API kiem_status kiem_job_new(kiem_env *env, const kiem_policy *policy, kiem_job **out,
                                  kiem_error *error);
KIEM_API void kiem_job_free(kiem_job *job);
KIEM_API kiem_status kiem_job_set(kiem_job *job, const char *option, const char *value, kiem_error *error);
/* Adds a file, not compressed; it is opened when the job runs. role: "claims" (XML1), "drugs" (XML2) and
 * "services" (XML3), any number of each, or "budgets" (one). All are CSV; claims may also be the ministry's
 * XML (GIAMDINHHS), which brings their lines, and whose rows are numbered by their place in it. Lines are
 * joined to claims by MA_LK; where several claims share one (of one XML, or of all CSV), their lines are
 * rejected. Facilities are a reference table of the policy: see kiem_policy_set_table. */
KIEM_API kiem_status kiem_job_add_file(kiem_job *job, const char *role, const char *path, kiem_error *error);
/* Adds an input that is read by a callback, which fills at most `size` bytes and returns their number, 0 at
 * the end, negative on failure (KIEM_E_IO). One thread at a time calls it, not always the same one. `name`
 * stands for it in results. */
KIEM_API kiem_status kiem_job_add_stream(kiem_job *job, const char *role, const char *name,
                                         int64_t (*read)(void *user, void *buffer, size_t size), void *user,
                                         kiem_error *error);
/* Puts the claims beside those that the state has learned when the job runs; a claim that both have is
 * counted once, as it stands in the job, but among peers, where learned claims are not told apart. The job
 * keeps the state; what would change it while the job runs is KIEM_E_BUSY. */
KIEM_API kiem_status kiem_job_use_state(kiem_job *job, kiem_state *state, kiem_error *error);
/* progress is called now and then from the thread that runs the job, with a struct that is valid during the
 * call; a return other than 0 stops the job with KIEM_E_CANCELLED. NULL: no more calls. */
KIEM_API void kiem_job_on_progress(kiem_job *job,
                                   int32_t (*progress)(void *user, const kiem_progress *progress),
                                   void *user);
/* Runs the job, once: one that has failed cannot be run again. KIEM_E_IO and KIEM_E_FORMAT for an input that
 * cannot be opened or read as a whole, KIEM_E_RANGE for sums beyond 92 million billion dong. Result files get
 * their names when all of them are complete: a job that fails or is stopped leaves none. */
KIEM_API kiem_status kiem_job_run(kiem_job *job, kiem_error *error);
/* In place of kiem_job_run: the state learns the claims of the job, which are not judged. KIEM_E_ARGUMENT
 * when it has learned one of the sources already, unless again is 1. A source is known by a digest: of the
 * bytes of a file or stream, and of what the rows of a table say, whatever their order, pieces and types (so
 * the claims of a table are not known again in a file, nor those of a file in its compressed form). On
 * failure the state is as it was. The tables "rejects" and "totals" tell what was read. */
KIEM_API kiem_status kiem_job_learn(kiem_job *job, kiem_state *state, int32_t again, kiem_error *error);
/* Stops a running job soon, with KIEM_E_CANCELLED, and one that has not begun as soon as it does; for any
 * thread and signal handlers, at any time until the job is freed. */
KIEM_API void kiem_job_cancel(kiem_job *job);
/* A result of a job that has run, for any thread from then on: "findings", "claims", "shortlist"
 * (the claims to look at first: of each severity those with most money at risk), "provinces", "facilities",
 * "patients", "doctors", "machines", "units" (departments and doctors beside their peers), "rejects" with the
 * columns of the result files; "rules" (what each rule found and whether it ran), "totals" (counts and sums
 * by name) and "timings" (seconds of each stage summed over threads, and of the whole). Borrowed from the
 * job. KIEM_E_NOT_FOUND for another name, KIEM_E_ARGUMENT before the job has run to its end and for a table
 * it was not to keep. */
KIEM_API kiem_status kiem_job_table(const kiem_job *job, const char *name, const kiem_table **out,
                                    kiem_error *error);
/* The names of the tables a job has, numbered from 0; NULL after the last. */
KIEM_API const char *kiem_job_table_name(int32_t table);
/* The text of summary.json: counts of rows, findings and money, and for each rule how often it was true,
 * false or NULL, or why it did not run. Borrowed from the job, for any thread. KIEM_E_NOT_FOUND for a job
 * that has only learned. */
KIEM_API kiem_status kiem_job_summary(const kiem_job *job, const char **out, kiem_error *error);

/* ---- outlier: how odd the rows of any numeric matrix are */

/* Depends on nothing else here; docs/outlier.md tells the method. [single] while options are set and it is
 * fitted (again); in between any number of threads may score, explain, ask and save.
 *
 * A matrix is `rows` rows of `columns` numbers, float64 or float32 as `type` says (KIEM_FLOAT*), each row
 * `stride` bytes after the one before (aligned as its type; negative and 0 are fine). NaN is a missing value;
 * infinite values count as +-1e30. At most 4,096 columns. */
typedef struct kiem_outlier kiem_outlier;

/* A scorer with the default options, not fitted. */
KIEM_API kiem_status kiem_outlier_new(kiem_env *env, kiem_outlier **out, kiem_error *error);
KIEM_API void kiem_outlier_free(kiem_outlier *outlier);
/* What the next fit is to do. Options, as text:
 * - seed: a whole number (0); chooses the sample and the reference rows
 * - contamination: share of rows above the fact "threshold", over 0 and at most 0.5 (0.1)
 * - tails: auto (default): the long side of skewed columns is odd, else both sides; both; upper: only excess,
 *   what lies below a column's median counts as the median. Or one word for each column: "upper,both"
 * - features: names the meaning of the columns; kept with a saved scorer
 * - instructions: best (default), portable, avx2 or avx512; all give the same bits. KIEM_E_UNSUPPORTED for
 *   those that the machine or this library has not
 *
 * Another option is KIEM_E_NOT_FOUND, a value that it cannot have KIEM_E_ARGUMENT. */
KIEM_API kiem_status kiem_outlier_set(kiem_outlier *outlier, const char *option, const char *value,
                                      kiem_error *error);
/* Learns what is usual, from at most 65,536 rows chosen by the seed. At least one row. Fitting again replaces
 * what was learned; after a failure the scorer is not fitted. */
KIEM_API kiem_status kiem_outlier_fit(kiem_outlier *outlier, const void *values, int32_t type, int64_t rows,
                                      int32_t columns, int64_t stride, kiem_error *error);
/* One score a row: higher is more unusual, 0 is about the median of the rows it was fitted on. The same for
 * any division of the rows into calls, for float32 and float64 holding the same numbers, on every machine. */
KIEM_API kiem_status kiem_outlier_score(const kiem_outlier *outlier, const void *values, int32_t type,
                                        int64_t rows, int32_t columns, int64_t stride, double *scores,
                                        kiem_error *error);
/* What makes a row unusual: for each of its columns the share (they add up to 1, or are all 0 when nothing is
 * unusual) and the direction (1 high, -1 low, 0 neither), rows x columns of each. directions may be NULL. */
KIEM_API kiem_status kiem_outlier_explain(const kiem_outlier *outlier, const void *values, int32_t type,
                                          int64_t rows, int32_t columns, int64_t stride, double *shares,
                                          int8_t *directions, kiem_error *error);
/* Columns it was fitted on, 0 before. */
KIEM_API int32_t kiem_outlier_columns(const kiem_outlier *outlier);
/* The option "features" of the fitted or loaded scorer, "" when there is none. Borrowed until the next fit.
 */
KIEM_API const char *kiem_outlier_features(const kiem_outlier *outlier);
/* A fact about the fitted scorer by name: "tail_weight" (share of the tail in the score, 0 to 1), "pile" and
 * "size" (the column shapes that decided it), "threshold" (see contamination), "contamination", "seed",
 * "tails" (0 auto or mixed, 1 both, 2 upper), "references". KIEM_E_NOT_FOUND for other names. */
KIEM_API kiem_status kiem_outlier_fact(const kiem_outlier *outlier, const char *name, double *value,
                                       kiem_error *error);
/* The fitted scorer as bytes that every machine reads. Writes at most `size` bytes and gives the full length
 * in *length; KIEM_E_RANGE when they do not fit. */
KIEM_API kiem_status kiem_outlier_save(const kiem_outlier *outlier, void *buffer, size_t size, size_t *length,
                                       kiem_error *error);
/* A scorer from saved bytes. KIEM_E_STATE when they are damaged, cut short or something else,
 * KIEM_E_UNSUPPORTED when they are of another version. */
KIEM_API kiem_status kiem_outlier_load(kiem_env *env, const void *bytes, size_t size, kiem_outlier **out,
                                       kiem_error *error);

/* ---- sample: claims to be reviewed, and what they say of all */

/* docs/sampling.md tells the method. Both functions keep nothing and may be called from any thread at any
 * time; the arrays are the caller's. */

/* Draws `wanted` rows without replacement, with chances in proportion to their sizes (money, 0 or more; a row
 * of size 0 is never drawn). Row i is known by its key, bytes[offsets[i]] .. bytes[offsets[i + 1] - 1]
 * (offsets: rows + 1 of them, not falling): luck comes from key and seed alone, so the order of the rows does
 * not matter, and rows with one key share it. Writes to chances, for each row, its chance to be drawn,
 * exactly 1 for a row that is so large as to be certain, and to drawn 1 for the rows drawn, else 0. Fewer are
 * drawn when fewer have a size above 0. wanted is at least 1, rows at most 2,147,483,647. KIEM_E_ARGUMENT
 * names the row, from 1, that is not as it should be, KIEM_E_RANGE: the sizes add up to more than int64_t
 * holds. After a failure what stands in chances and drawn is undefined. */
KIEM_API kiem_status kiem_sample_draw(const kiem_env *env, const int64_t *sizes, const char *bytes,
                                      const int64_t *offsets, int64_t rows, int64_t wanted, uint64_t seed,
                                      double *chances, uint8_t *drawn, kiem_error *error);
/* What a whole sample, reviewed, says of all claims. For each row drawn, and no other: what was overpaid
 * (money, 0 or more), its chance as it was drawn. rows: 1 to 2,147,483,647. sizes: NULL, or those of the draw
 * when they bound what can be overpaid; then the bounds of monetary-unit sampling are worked out too.
 * confidence: whole percent, 50 to 99.
 *
 * The table has one row: drawn, certain (rows), found (money, in the sample), total (its estimate for all
 * claims), standard_error, interval ("given"; "whole": nothing was left to chance; "few_drawn": fewer than 20
 * by chance, "nothing_found": none of those overpaid, and so no interval), low, high (NULL without one),
 * lower, upper (one-sided bounds of monetary-unit sampling, NULL without sizes, with an amount above its
 * size, or with fewer than 20 by chance), confidence. KIEM_E_ARGUMENT names the row, from 1, that is not as
 * it should be; KIEM_E_RANGE: an amount does not fit. */
KIEM_API kiem_status kiem_sample_estimate(const kiem_env *env, const int64_t *overpaid, const double *chances,
                                          const int64_t *sizes, int64_t rows, int32_t confidence,
                                          kiem_table **out, kiem_error *error);

#ifdef __cplusplus
}
#endif
#endif
