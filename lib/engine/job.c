#include "engine/job.h"

#include <string.h>
#include <unistd.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/together.h"
#include "engine/entity/entities.h"
#include "engine/flow/bytes.h"
#include "engine/flow/reading.h"
#include "engine/learn.h"
#include "engine/ledger/provinces.h"

static const int64_t beyond_any_claim = (int64_t)1000000000000 * KM_DONG; /* a thousand billion dong */

void km_job_init(km_job *job, const km_mem *mem, const km_policy *policy) {
    memset(job, 0, sizeof *job);
    job->mem = mem;
    job->policy = policy;
    job->options.keep = UINT32_MAX;
    job->now.struct_size = sizeof job->now;
    atomic_init(&job->cancelled, false);
    km_spool_init(&job->spool, mem);
    km_plans_init(&job->plans, mem);
    km_details_init(&job->details[KM_DETAIL_DRUGS], mem, KM_SCOPE_DRUG);
    km_details_init(&job->details[KM_DETAIL_SERVICES], mem, KM_SCOPE_SERVICE);
    km_claim_keys_init(&job->claim_keys, mem);
    km_history_init(&job->history, mem);
    km_workdays_init(&job->workdays, mem);
    km_supplies_init(&job->supplies, mem);
    km_card_uses_init(&job->card_uses, mem);
    km_ledger_init(&job->ledger, mem);
    km_cards_init(&job->cards, mem);
    km_prices_init(&job->prices, mem);
    km_marks_init(&job->marks, mem);
    km_casemix_init(&job->casemix, mem);
    km_casemix_init(&job->doctor_mix, mem);
    km_scorer_init(&job->scorer, mem);
    km_shortlist_init(&job->shortlist, mem);
    km_map_init(&job->flagged_people, mem);
    km_map_init(&job->facility_index, mem);
    km_map_init(&job->warning_index, mem);
    km_buf_init(&job->summary, mem);
}

static void free_text(const km_mem *mem, char *text) {
    if (text) km_free(mem, text, strlen(text) + 1);
}

void km_job_free(km_job *job) {
    for (size_t i = 0; i < job->input_count; i++) {
        struct ArrowArrayStream *arrow = &job->inputs[i].arrow;
        if (arrow->release) arrow->release(arrow);
        km_envelope_free(job->inputs[i].envelope);
        km_buf_free(&job->inputs[i].head);
        km_buf_free(&job->inputs[i].unknown_names);
        free_text(job->mem, job->inputs[i].name);
        free_text(job->mem, job->inputs[i].label);
    }
    km_free(job->mem, job->inputs, job->input_capacity * sizeof *job->inputs);
    km_free(job->mem, job->groups, job->group_count * sizeof *job->groups);
    if (job->envelope_spill.mem) km_spill_free(&job->envelope_spill);
    km_plans_free(&job->plans);
    km_plan_free(&job->entity_plan);
    free_text(job->mem, job->options.out);
    free_text(job->mem, job->options.pseudonym_key);
    km_spool_free(&job->spool);
    for (int i = 0; i < KM_DETAIL_TABLES; i++) km_details_free(&job->details[i]);
    km_claim_keys_free(&job->claim_keys);
    km_history_free(&job->history);
    km_workdays_free(&job->workdays);
    km_supplies_free(&job->supplies);
    km_card_uses_free(&job->card_uses);
    km_free(job->mem, job->digest, sizeof *job->digest);
    km_ledger_free(&job->ledger);
    km_cards_free(&job->cards);
    km_prices_free(&job->prices);
    km_marks_free(&job->marks);
    km_outlooks_free(&job->outlooks);
    km_casemix_free(&job->casemix);
    km_facilities_free(&job->facilities);
    km_casemix_free(&job->doctor_mix);
    km_facilities_free(&job->doctors);
    km_scorer_free(&job->scorer);
    km_budgets_free(&job->budgets);
    km_verdict_free(&job->verdict);
    km_shortlist_free(&job->shortlist);
    for (int i = 0; i < KM_TABLE_COUNT; i++) km_sink_free(&job->sinks[i]);
    km_free(job->mem, job->rule_sums, job->policy->rule_count * sizeof *job->rule_sums);
    km_free(job->mem, job->facility_tallies, job->facility_capacity * sizeof *job->facility_tallies);
    km_map_free(&job->flagged_people);
    km_map_free(&job->facility_index);
    km_map_free(&job->warning_index);
    km_free(job->mem, job->warnings, job->warning_count * sizeof *job->warnings);
    km_grades_free(&job->grades);
    km_buf_free(&job->summary);
    if (job->is_paged) km_paged_free(&job->paged);
}

/* ---- options */

static kiem_status set_text(km_job *job, char **slot, km_text option, km_text value, km_error *error) {
    if (!value.length)
        return km_fail(error, KIEM_E_ARGUMENT, "option %.*s must not be empty", KM_TEXT_ARG(option));
    char *copy = km_copy_text(job->mem, value.ptr, value.length);
    if (!copy) return km_nomem(error);
    free_text(job->mem, *slot);
    *slot = copy;
    return KIEM_OK;
}

static kiem_status choose(km_text option, km_text value, const char *first, const char *second, bool *out,
                          km_error *error) {
    *out = km_text_equal(value, km_text_from(second));
    if (*out || km_text_equal(value, km_text_from(first))) return KIEM_OK;
    return km_fail(error, KIEM_E_ARGUMENT, "option %.*s must be %s or %s, not '%.*s'", KM_TEXT_ARG(option),
                   first, second, KM_TEXT_ARG(value));
}

/* 512M, 2G, ...: bytes; a plain number too. */
static kiem_status set_memory(km_job *job, km_text value, km_error *error) {
    static const char units[] = "KMG";
    km_text digits = value;
    int64_t number = 0;
    int shift = 0;
    for (int i = 0; value.length && i < 3; i++) {
        if ((value.ptr[value.length - 1] & ~32) == units[i]) shift = 10 * (i + 1);
    }
    if (shift) digits.length--;
    if (km_decimal_parse(digits, 0, &number) != KM_NUMBER_OK || number < 1 || number > INT64_MAX >> shift) {
        return km_fail(error, KIEM_E_ARGUMENT, "option memory must be a size such as 512M or 2G, not '%.*s'",
                       KM_TEXT_ARG(value));
    }
    job->options.memory = (uint64_t)number << shift;
    return KIEM_OK;
}

_Static_assert(KM_TABLE_COUNT <= 32, "one bit a table");

/* all, small, or the names of tables. */
static kiem_status set_keep(km_job *job, km_text value, km_error *error) {
    uint32_t keep = 0;
    km_text rest = value, name;
    while (km_text_split(&rest, ',', &name)) {
        name = km_text_trim(name);
        int kind = km_table_find(name);
        if (kind >= 0) {
            keep |= (uint32_t)1 << kind;
        } else if (km_text_equal(name, KM_TEXT("all"))) {
            keep = UINT32_MAX;
        } else if (!km_text_equal(name, KM_TEXT("small"))) {
            return km_fail(error, KIEM_E_ARGUMENT,
                           "option keep must be all, small, or names of tables, not '%.*s'",
                           KM_TEXT_ARG(name));
        }
    }
    job->options.keep = keep;
    return KIEM_OK;
}

enum { THREADS_MAX = 1024 };

static kiem_status set_threads(km_job *job, km_text value, km_error *error) {
    int64_t number;
    if (km_decimal_parse(value, 0, &number) != KM_NUMBER_OK || number < 1 || number > THREADS_MAX) {
        return km_fail(error, KIEM_E_ARGUMENT, "option threads must be a number from 1 to %d, not '%.*s'",
                       THREADS_MAX, KM_TEXT_ARG(value));
    }
    job->options.threads = (int)number;
    return KIEM_OK;
}

/* A share over 0 and at most 1, with up to six decimals. */
static kiem_status set_fdr(km_job *job, km_text value, km_error *error) {
    int64_t number;
    if (km_decimal_parse(value, KM_SCORE_SCALE, &number) != KM_NUMBER_OK || number < 1 ||
        number > KM_SCORE_ONE) {
        return km_fail(error, KIEM_E_ARGUMENT, "option fdr must be a share from 0.000001 to 1, not '%.*s'",
                       KM_TEXT_ARG(value));
    }
    job->scorer.fdr = (int32_t)number;
    return KIEM_OK;
}

static kiem_status set_shortlist(km_job *job, km_text value, km_error *error) {
    int64_t number;
    if (km_decimal_parse(value, 0, &number) != KM_NUMBER_OK || number < 0 || number > KM_SHORTLIST_MAX) {
        return km_fail(error, KIEM_E_ARGUMENT, "option shortlist must be a number from 0 to %d, not '%.*s'",
                       KM_SHORTLIST_MAX, KM_TEXT_ARG(value));
    }
    job->shortlist.most = (size_t)number;
    return KIEM_OK;
}

static const char *const option_names[] = {"out",           "memory",       "threads",       "format",
                                           "lang",          "as_of",        "decimal_comma", "keep",
                                           "pseudonym_key", "province_map", "fdr",           "shortlist"};

static kiem_status unknown_option(km_text option, km_error *error) {
    km_nearest nearest;
    km_nearest_init(&nearest, option);
    for (size_t i = 0; i < sizeof option_names / sizeof option_names[0]; i++)
        km_nearest_offer(&nearest, km_text_from(option_names[i]));
    return km_fail(error, KIEM_E_NOT_FOUND, "no option is called '%.*s'%s", KM_TEXT_ARG(option),
                   km_nearest_hint(&nearest).text);
}

kiem_status km_job_set(km_job *job, km_text option, km_text value, km_error *error) {
    km_job_options *o = &job->options;
    bool english = false;
    km_day day;
    if (job->started) return km_fail(error, KIEM_E_ARGUMENT, "the job has been started");
    if (km_text_equal(option, KM_TEXT("out"))) return set_text(job, &o->out, option, value, error);
    if (km_text_equal(option, KM_TEXT("pseudonym_key")))
        return set_text(job, &o->pseudonym_key, option, value, error);
    if (km_text_equal(option, KM_TEXT("format")))
        return choose(option, value, "csv", "ndjson", &o->ndjson, error);
    if (km_text_equal(option, KM_TEXT("decimal_comma")))
        return choose(option, value, "0", "1", &o->decimal_comma, error);
    if (km_text_equal(option, KM_TEXT("keep"))) return set_keep(job, value, error);
    if (km_text_equal(option, KM_TEXT("province_map")))
        return choose(option, value, "63", "34", &o->map_2025, error);
    if (km_text_equal(option, KM_TEXT("memory"))) return set_memory(job, value, error);
    if (km_text_equal(option, KM_TEXT("threads"))) return set_threads(job, value, error);
    if (km_text_equal(option, KM_TEXT("fdr"))) return set_fdr(job, value, error);
    if (km_text_equal(option, KM_TEXT("shortlist"))) return set_shortlist(job, value, error);
    if (km_text_equal(option, KM_TEXT("lang"))) {
        KM_TRY(choose(option, value, "vi", "en", &english, error));
        o->language = english ? KIEM_LANG_EN : KIEM_LANG_VI;
        return KIEM_OK;
    }
    if (km_text_equal(option, KM_TEXT("as_of"))) {
        if (!km_iso_date_parse(value, &day))
            return km_fail(error, KIEM_E_ARGUMENT, "option as_of must be a date, yyyy-mm-dd, not '%.*s'",
                           KM_TEXT_ARG(value));
        o->as_of = day;
        o->has_as_of = true;
        return KIEM_OK;
    }
    return unknown_option(option, error);
}

/* ---- inputs */

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

kiem_status km_job_add_input(km_job *job, km_input_role role, const char *name, km_input_file **out,
                             km_error *error) {
    if (!km_grow(job->mem, (void **)&job->inputs, &job->input_capacity, job->input_count + 1,
                 sizeof *job->inputs)) {
        return km_nomem(error);
    }
    km_input_file *input = *out = &job->inputs[job->input_count];
    *input = (km_input_file){.role = role};
    km_buf_init(&input->head, job->mem);
    km_buf_init(&input->unknown_names, job->mem);
    input->name = km_copy_text(job->mem, name, strlen(name));
    if (!input->name) return km_nomem(error);
    job->input_count++;
    return KIEM_OK;
}

kiem_status km_job_add(km_job *job, km_input_role role, const char *name,
                       int64_t (*read)(void *, void *, size_t), void *user, km_error *error) {
    if (job->started) return km_fail(error, KIEM_E_ARGUMENT, "the job has been started");
    km_input_file *input;
    KM_TRY(km_job_add_input(job, role, name, &input, error));
    input->read = read;
    input->user = user;
    return KIEM_OK;
}

kiem_status km_job_add_arrow(km_job *job, km_input_role role, const char *name,
                             struct ArrowArrayStream *stream, km_error *error) {
    KM_TRY(km_job_add(job, role, name, NULL, NULL, error));
    km_input_file *input = &job->inputs[job->input_count - 1];
    input->is_arrow = true;
    input->arrow = *stream;
    stream->release = NULL;
    return KIEM_OK;
}

/* The last part of the path, for inputs of one role. */
static uint64_t last_part_key(const km_input_file *input) {
    return km_hash_text(km_text_from(last_part(input->name))) + (uint64_t)input->role;
}

/* Results name a file by the last part of its path, so that they do not depend on where it lies; where two
 * inputs share that part, by the whole name. */
static kiem_status label_inputs(km_job *job, km_error *error) {
    km_map uses;
    km_map_init(&uses, job->mem);
    kiem_status status = KIEM_OK;
    for (size_t i = 0; i < job->input_count && status == KIEM_OK; i++) {
        bool made;
        uint32_t *count = km_map_insert(&uses, last_part_key(&job->inputs[i]), &made);
        if (count) ++*count;
        if (!count) status = km_nomem(error);
    }
    for (size_t i = 0; i < job->input_count && status == KIEM_OK; i++) {
        km_input_file *input = &job->inputs[i];
        const bool shared = *km_map_find(&uses, last_part_key(input)) > 1;
        const char *label = shared ? input->name : last_part(input->name);
        input->label = km_copy_text(job->mem, label, strlen(label));
        if (!input->label) status = km_nomem(error);
    }
    km_map_free(&uses);
    return status;
}

/* Of all inputs; 0 when it cannot be told. */
static uint64_t total_bytes(const km_job *job) {
    uint64_t total = 0;
    for (size_t i = 0; i < job->input_count; i++) {
        const km_input_file *input = &job->inputs[i];
        if (input->role == KM_INPUT_BUDGETS) continue;
        int64_t size = input->read || input->is_arrow ? -1 : km_file_size(input->name);
        if (size < 0) return 0;
        total += (uint64_t)size;
    }
    return total;
}

/* ---- running */

static kiem_status stopped(km_error *error) {
    return km_fail(error, KIEM_E_CANCELLED, "the job was stopped on request");
}

kiem_status km_job_check_cancelled(km_job *job, km_error *error) {
    return atomic_load(&job->cancelled) ? stopped(error) : KIEM_OK;
}

kiem_status km_job_tell(km_job *job, const char *phase, km_error *error) {
    bool stop = atomic_load(&job->cancelled);
    job->now.phase = phase;
    if (!stop && job->progress) stop = job->progress(job->progress_user, &job->now) != 0;
    return stop ? stopped(error) : KIEM_OK;
}

static kiem_status open_sinks(km_job *job, km_error *error) {
    if (job->options.out) KM_TRY(km_directory_make(job->mem, job->options.out, error));
    for (int i = 0; i < KM_TABLE_COUNT; i++) {
        bool small = i >= KM_TABLE_FILES || i == KM_TABLE_PROVINCES || i == KM_TABLE_FACILITIES ||
                     i == KM_TABLE_SHORTLIST;
        KM_TRY(km_sink_open(&job->sinks[i], job->mem, (km_table_kind)i,
                            i < KM_TABLE_FILES ? job->options.out : NULL, job->options.ndjson,
                            small || (job->options.keep >> i & 1), error));
    }
    return KIEM_OK;
}

/* Claims, their history and their lines share the memory; three shares are left for what they cannot do
 * without: the parts at work, scores, money. */
static void limit_memory(km_job *job) {
    km_spool *spools[] = {&job->spool, &job->details[KM_DETAIL_DRUGS].spool,
                          &job->details[KM_DETAIL_SERVICES].spool};
    const char *directory = job->options.out ? job->options.out : "/tmp";
    uint64_t shares = 5;
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role == KM_INPUT_DRUGS || job->inputs[i].role == KM_INPUT_SERVICES) shares = 7;
    }
    uint64_t share = job->options.memory ? job->options.memory / shares : UINT64_MAX;
    for (size_t i = 0; i < sizeof spools / sizeof spools[0]; i++) km_spool_limit(spools[i], share, directory);
    km_history_limit(&job->history, share, directory);
    if (!job->options.memory) return;
    km_paged_init(&job->paged, job->mem, directory, job->options.memory);
    job->is_paged = true;
    job->scorer.mem = job->paged.mem; /* nothing is in it yet */
    job->casemix.mem = job->paged.mem;
    job->doctor_mix.mem = job->paged.mem;
    km_workdays_limit(&job->workdays, job->paged.mem, share);
    km_supplies_init(&job->supplies, job->paged.mem);
    km_card_uses_init(&job->card_uses, job->paged.mem);
    km_prices_init(&job->prices, job->paged.mem);
}

static int available_threads(void) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > KM_TOGETHER_MAX ? KM_TOGETHER_MAX : (int)online;
}

/* Seconds of each stage, summed over threads, and of the whole job. */
static kiem_status put_timings(km_job *job, int64_t whole, km_error *error) {
    static const char *const names[KM_STAGE_COUNT] = {"read",    "parse", "learn",   "history", "score",
                                                      "details", "rules", "results", "write",   "entities"};
    km_sink *sink = &job->sinks[KM_TABLE_TIMINGS];
    for (int i = 0; i <= KM_STAGE_COUNT; i++) {
        int64_t spent = i < KM_STAGE_COUNT ? job->timings.spent[i] : whole;
        km_result_text(&sink->chunk, KM_TIMING_STAGE, km_text_from(i < KM_STAGE_COUNT ? names[i] : "whole"));
        km_result_int(&sink->chunk, KM_TIMING_SECONDS, spent / 1000);
        KM_TRY(km_result_end_row(&sink->chunk, error));
    }
    return km_sink_flush(sink, error);
}

/* All of them, or none: what was named before one that cannot be is taken away again. */
static kiem_status name_files(km_job *job, km_output *summary, km_error *error) {
    kiem_status status = KIEM_OK;
    int named = 0;
    for (; named < KM_TABLE_FILES && status == KIEM_OK; named += status == KIEM_OK)
        status = km_output_commit(&job->sinks[named].output, error);
    if (status == KIEM_OK) status = km_output_commit(summary, error);
    for (int i = 0; i < named; i++) {
        if (status != KIEM_OK) km_output_withdraw(&job->sinks[i].output);
        if (status == KIEM_OK) km_sink_remove_other(&job->sinks[i]);
    }
    return status;
}

static kiem_status write_summary(km_job *job, km_output *summary, km_error *error) {
    KM_TRY(km_output_open(summary, job->mem, job->options.out, "summary.json", error));
    KM_TRY(km_output_write(summary, (km_text){job->summary.data, strlen(job->summary.data)}, error));
    return km_output_close(summary, error);
}

/* Files get their names when all of them are complete and nothing else can fail. */
static kiem_status commit(km_job *job, int64_t begin, km_error *error) {
    km_output summary = {0};
    KM_TRY(km_job_summarise(job, error));
    for (int i = 0; i < KM_TABLE_COUNT; i++) KM_TRY(km_sink_close(&job->sinks[i], error));
    kiem_status status = job->options.out ? write_summary(job, &summary, error) : KIEM_OK;
    km_timings_book(&job->timings, KM_STAGE_WRITE);
    if (status == KIEM_OK) status = put_timings(job, km_clock() - begin, error);
    if (status == KIEM_OK && job->options.out) status = name_files(job, &summary, error);
    km_output_free(&summary);
    return status;
}

kiem_status km_job_start(km_job *job, bool lines, km_error *error) {
    if (job->started) return km_fail(error, KIEM_E_ARGUMENT, "a job runs once");
    job->started = true;
    job->threads = job->options.threads ? job->options.threads : available_threads();
    KM_TRY(km_courses_read(&job->courses, km_policy_table(job->policy, KM_TEXT("long_courses")), error));
    KM_TRY(open_sinks(job, error));
    job->now.bytes_total = total_bytes(job);
    KM_TRY(km_job_open_envelopes(job, lines, error));
    return label_inputs(job, error);
}

static kiem_status run(km_job *job, km_error *error) {
    int64_t begin = km_clock();
    KM_TRY(km_job_start(job, true, error));
    job->rule_sums = km_alloc_zero(job->mem, job->policy->rule_count * sizeof *job->rule_sums);
    if (!job->rule_sums) return km_nomem(error);
    KM_TRY(km_verdict_init(&job->verdict, job->mem, job->policy, job->options.language, error));
    limit_memory(job);
    km_job_note_map(job);
    KM_TRY(km_outlooks_init(&job->outlooks, job->mem, job->policy, error));
    KM_TRY(km_grades_init(&job->grades, job->mem, job->policy, error));
    KM_TRY(km_job_learn(job, error));
    KM_TRY(km_job_compare(job, error));
    KM_TRY(km_job_judge(job, error));
    KM_TRY(km_shortlist_put(&job->shortlist, &job->sinks[KM_TABLE_SHORTLIST], error));
    KM_TRY(km_job_entities(job, error));
    km_timings_start(&job->timings);
    KM_TRY(km_job_tell(job, "write", error));
    KM_TRY(commit(job, begin, error));
    job->done = true;
    return KIEM_OK;
}

/* Sums burst behind the last claim; what is to be looked at is the largest amount, if it is no amount. */
static void place_sum(const km_job *job, km_error *error) {
    const km_largest *largest = &job->largest;
    if (!error || error->line || largest->hundredths < beyond_any_claim) return;
    char message[KM_ERROR_MESSAGE_MAX];
    memcpy(message, error->message, sizeof message);
    km_error_set_at(error, KIEM_E_RANGE,
                    km_at(job->inputs[largest->input].name, largest->row, largest->column), "%s", message);
}

kiem_status km_job_run(km_job *job, km_error *error) {
    kiem_status status = run(job, error);
    if (status == KIEM_E_RANGE) place_sum(job, error);
    if (job->is_paged) km_paged_rest(&job->paged);
    const km_error *failure = job->is_paged ? km_paged_failure(&job->paged) : NULL;
    if (status != KIEM_E_NOMEM || !failure) return status;
    if (error) *error = *failure;
    return KIEM_E_IO;
}
