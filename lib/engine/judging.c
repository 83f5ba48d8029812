#include "claim/due.h"
#include "engine/claim_rows.h"
#include "engine/desk.h"
#include "engine/entity/dispensed.h"
#include "engine/entity/units.h"
#include "engine/flow/crew.h"
#include "engine/flow/pack.h"
#include "engine/learned_peers.h"
#include "engine/ledger/figures.h"

/* ---- the workers */

/* One batch at hand and what came of it; sums go to the job when all is done. */
typedef struct judge_worker {
    km_desk desk;
    km_detail_rows details[KM_DETAIL_TABLES];
    km_stints stints;
    km_dispensed dispensed;
    size_t item;            /* of the spool */
    km_buf room, file_room; /* for the batch; for what the spool keeps in its file */
    km_history_reader history;
    km_batch batch;
    km_result findings, claims;
    km_buf findings_text, claims_text;
    km_scored *scored; /* of the batch, when peers are compared */
    km_peers_shared shared;
    int64_t at_risk[KM_BATCH_ROWS];
    uint64_t finding[KM_BATCH_ROWS + 1]; /* the first of each claim */
    uint64_t doctor[KM_BATCH_ROWS];
    bool violation[KM_BATCH_ROWS];  /* a finding of that severity or more */
    bool flagged[KM_BATCH_ROWS];    /* by a rule about scores */
    uint64_t people[KM_BATCH_ROWS]; /* persons to be flagged */
    size_t people_count;
    km_int128 amount_at_risk;
    uint64_t flagged_claims;
    km_prices prices; /* of the lines it met */
} judge_worker;

typedef struct judging {
    km_job *job;
    size_t next; /* batch to be fetched */
    size_t done;
    km_place_tables facilities; /* where they stand */
    judge_worker *workers;      /* one for each place of the crew */
    int places;
} judging;

static kiem_status init_worker(km_job *job, judge_worker *w, km_error *error) {
    for (int i = 0; i < KM_DETAIL_TABLES; i++) km_detail_rows_init(&w->details[i], &job->details[i]);
    km_prices_init(&w->prices, job->mem);
    km_stints_init(&w->stints, job->mem);
    km_dispensed_init(&w->dispensed, job->mem);
    km_buf_init(&w->room, job->mem);
    km_buf_init(&w->file_room, job->mem);
    km_history_reader_init(&w->history, &job->history);
    km_buf_init(&w->findings_text, job->mem);
    km_buf_init(&w->claims_text, job->mem);
    w->scored = km_alloc_array(job->mem, KM_BATCH_ROWS, sizeof *w->scored);
    if (!w->scored) return km_nomem(error);
    KM_TRY(km_desk_init(&w->desk, job, error));
    KM_TRY(km_table_init(&w->findings, job->mem, KM_TABLE_FINDINGS, error));
    return km_table_init(&w->claims, job->mem, KM_TABLE_CLAIMS, error);
}

static void free_worker(km_job *job, judge_worker *w) {
    km_batch_free(&w->batch);
    for (int i = 0; i < KM_DETAIL_TABLES; i++) km_detail_rows_free(&w->details[i]);
    km_prices_free(&w->prices);
    km_stints_free(&w->stints);
    km_dispensed_free(&w->dispensed);
    km_buf_free(&w->room);
    km_buf_free(&w->file_room);
    km_history_reader_free(&w->history);
    km_buf_free(&w->findings_text);
    km_buf_free(&w->claims_text);
    km_free(job->mem, w->scored, KM_BATCH_ROWS * sizeof *w->scored);
    km_desk_free(&w->desk, job);
    km_result_free(&w->findings);
    km_result_free(&w->claims);
}

static kiem_status open_crew(judging *j, km_job *job, km_error *error) {
    *j = (judging){.job = job, .places = km_crew_places(job->threads)};
    j->facilities = km_policy_places(job->policy);
    j->workers = km_alloc_zero(job->mem, (size_t)j->places * sizeof *j->workers);
    if (!j->workers) return km_nomem(error);
    for (int i = 0; i < j->places; i++) KM_TRY(init_worker(job, &j->workers[i], error));
    return KIEM_OK;
}

/* Sums of all threads: their order does not matter. */
static void collect(km_job *job, judge_worker *w) {
    km_desk_collect(&w->desk, job);
    job->amount_at_risk += w->amount_at_risk;
    job->flagged_claims += w->flagged_claims;
}

static void close_crew(judging *j) {
    for (int i = 0; j->workers && i < j->places; i++) free_worker(j->job, &j->workers[i]);
    km_free(j->job->mem, j->workers, (size_t)j->places * sizeof *j->workers);
}

static kiem_status fetch_batch(void *context, int worker, bool *more, km_error *error) {
    judging *j = context;
    (void)error;
    if (j->job->is_paged) km_paged_look(&j->job->paged);
    *more = j->next < j->job->spool.count;
    if (*more) j->workers[worker].item = j->next++;
    return KIEM_OK;
}

/* The batch that was fetched. */
static kiem_status open_batch(const km_job *job, judge_worker *w, const km_fieldset *wanted,
                              km_error *error) {
    const void *packed;
    km_batch_free(&w->batch);
    KM_TRY(km_spool_get_packed(&job->spool, w->item, &w->file_room, &packed, error));
    return km_unpack_batch(&w->batch, job->mem, packed, wanted, &w->room, error);
}

static kiem_status tell(judging *j, const char *phase, km_error *error) {
    bool now = j->job->threads > 1 || j->done % 16 == 0;
    return now ? km_job_tell(j->job, phase, error) : KIEM_OK;
}

static kiem_status tell_judging(void *context, km_error *error) {
    return tell(context, "judge", error);
}

static kiem_status tell_comparing(void *context, km_error *error) {
    return tell(context, "score", error);
}

/* ---- comparing peers */

/* The history columns that features are made from: see score/claim/feature.h. */
static km_fieldset compared(void) {
    km_fieldset set = {0};
    km_fieldset_add(&set, KM_CLAIM_visits_30d);
    km_fieldset_add(&set, KM_CLAIM_facilities_30d);
    return set;
}

static kiem_status read_features(void *context, int worker, km_error *error) {
    judging *j = context;
    judge_worker *w = &j->workers[worker];
    const km_fieldset wanted = compared();
    km_timings_start(&w->desk.timings);
    KM_TRY(open_batch(j->job, w, &j->job->compared, error));
    KM_TRY(km_history_attach(&w->history, &w->batch, &wanted, error));
    km_timings_book(&w->desk.timings, KM_STAGE_HISTORY);
    km_scorer_read(&w->batch, &j->facilities, w->scored);
    if (j->job->past_peers) km_peers_share(j->job->past_peers, &w->batch, &w->shared);
    km_timings_book(&w->desk.timings, KM_STAGE_SCORE);
    return KIEM_OK;
}

static kiem_status add_features(void *context, int worker, km_error *error) {
    judging *j = context;
    judge_worker *w = &j->workers[worker];
    KM_TRY(km_scorer_add(&j->job->scorer, w->scored, w->batch.rows, error));
    j->done++;
    return km_job_check_cancelled(j->job, error);
}

kiem_status km_job_compare(km_job *job, km_error *error) {
    judging j;
    const km_crew_plan plan = {fetch_batch, read_features, add_features, tell_comparing, &j};
    kiem_status status = open_crew(&j, job, error);
    if (status == KIEM_OK) status = km_crew_run(&plan, job->threads, error);
    km_peers_shared shared = {0};
    for (int i = 0; j.workers && i < j.places; i++) {
        km_timings_add(&job->timings, &j.workers[i].desk.timings);
        shared.could += j.workers[i].shared.could;
        shared.are += j.workers[i].shared.are;
    }
    close_crew(&j);
    KM_TRY(status);
    KM_TRY(km_job_tell(job, "score", error));
    km_timings_start(&job->timings);
    if (job->past_peers) status = km_peers_start(job->past_peers, &shared, &job->scorer, error);
    job->scorer.threads = job->threads;
    if (status == KIEM_OK) status = km_scorer_fit(&job->scorer, error);
    km_timings_book(&job->timings, KM_STAGE_SCORE);
    return status;
}

/* ---- one claim */

static void sum_findings(judge_worker *w, const km_claim_verdict *claim) {
    for (size_t i = 0; i < claim->count; i++) {
        const km_hit *hit = &claim->hits[i];
        const km_risk *risk = &claim->risks[i];
        w->desk.severity_findings[hit->severity]++;
        w->desk.severity_amount[hit->severity] += risk->counted;
        w->desk.rule_sums[hit->rule].findings++;
        w->desk.rule_sums[hit->rule].amount += risk->counted;
        w->desk.rule_sums[hit->rule].amount_patient += risk->patient;
    }
    w->amount_at_risk += claim->at_risk;
}

static bool has_violation(const km_claim_verdict *claim) {
    bool found = false;
    for (size_t i = 0; i < claim->count; i++)
        found = found || claim->hits[i].severity >= KIEM_SEVERITY_VIOLATION;
    return found;
}

/* A claim is flagged when a rule about scores fires, a person when one about history does. */
static bool note_flags(const km_job *job, judge_worker *w, uint32_t row, const km_claim_verdict *claim) {
    bool person = false, flagged = false;
    for (size_t i = 0; i < claim->count; i++) {
        km_stratum stratum = job->policy->rules[claim->hits[i].rule].stratum;
        flagged = flagged || stratum == KM_STRATUM_SCORE;
        person =
            person || (stratum == KM_STRATUM_HISTORY && claim->hits[i].severity >= KIEM_SEVERITY_SUSPICION);
    }
    uint64_t key = person ? km_history_person(&w->history, row) : 0;
    if (key) w->people[w->people_count++] = key;
    w->flagged_claims += flagged;
    return flagged;
}

/* ---- one batch */

typedef struct place_context {
    const km_job *job;
    const judge_worker *worker;
} place_context;

/* Where a finding points: the claim's row, or the line's. */
static void place_of(const void *given, const km_input *input, const km_rule *rule, const km_hit *hit,
                     km_text *file, int64_t *row) {
    const place_context *context = given;
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    uint32_t number = claims->input;
    *row = claims->row[hit->claim];
    for (int i = 0; i < KM_DETAIL_TABLES; i++) {
        const km_detail_rows *lines = &context->worker->details[i];
        if (lines->details->scope != rule->scope) continue;
        number = lines->input[hit->row];
        *row = lines->batch.row[hit->row];
    }
    *file = km_text_from(context->job->inputs[number].label);
}

static kiem_status put_rows(const km_job *job, judge_worker *w, const km_input *input, km_error *error) {
    const place_context context = {job, w};
    const km_places places = {place_of, &context};
    const km_claim_rows rows = {job, &w->batch, w->at_risk, w->flagged};
    size_t next_hit = 0;
    km_result_clear(&w->findings);
    w->people_count = 0;
    for (uint32_t row = 0; row < w->batch.rows; row++) {
        km_claim_verdict claim;
        w->finding[row] = w->findings.rows;
        KM_TRY(
            km_verdict_claim(&w->desk.verdict, input, row, &next_hit, &places, &w->findings, &claim, error));
        w->at_risk[row] = claim.at_risk;
        w->violation[row] = has_violation(&claim);
        sum_findings(w, &claim);
        w->flagged[row] = note_flags(job, w, row, &claim);
    }
    w->finding[w->batch.rows] = w->findings.rows;
    KM_TRY(km_claim_rows_put(&rows, &w->desk.verdict, &w->claims, error));
    KM_TRY(km_sink_render(&job->sinks[KM_TABLE_FINDINGS], &w->findings, &w->findings_text, error));
    return km_sink_render(&job->sinks[KM_TABLE_CLAIMS], &w->claims, &w->claims_text, error);
}

static kiem_status judge_batch(void *context, int worker, km_error *error) {
    judging *j = context;
    km_job *job = j->job;
    judge_worker *w = &j->workers[worker];
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &w->batch}};
    km_timings_start(&w->desk.timings);
    KM_TRY(open_batch(job, w, &job->kept, error));
    KM_TRY(km_due_attach(&job->outlooks.calendar, &w->batch, &job->kept, error));
    KM_TRY(km_history_attach(&w->history, &w->batch, &job->kept, error));
    km_timings_book(&w->desk.timings, KM_STAGE_HISTORY);
    KM_TRY(km_scorer_attach(&job->scorer, &w->batch, error));
    km_timings_book(&w->desk.timings, KM_STAGE_SCORE);
    for (int i = 0; i < KM_DETAIL_TABLES; i++)
        KM_TRY(km_detail_rows_attach(&w->details[i], &job->claim_keys, &input, error));
    const km_price_frame frame = km_job_price_frame(job);
    KM_TRY(km_prices_add(&w->prices, &input, &frame, error));
    km_timings_book(&w->desk.timings, KM_STAGE_DETAILS);
    const km_plan *plan = job->inputs[w->batch.input].plan;
    KM_TRY(km_rule_judge_batch(&w->desk.verdict.rules, plan, &input, error));
    km_timings_book(&w->desk.timings, KM_STAGE_RULES);
    KM_TRY(km_stints_read(&w->stints, &w->desk.verdict.rules, plan, &input, &w->history, error));
    KM_TRY(km_dispensed_read(&w->dispensed, &input, &w->history, error));
    km_timings_book(&w->desk.timings, KM_STAGE_DETAILS);
    KM_TRY(put_rows(job, w, &input, error));
    km_timings_book(&w->desk.timings, KM_STAGE_RESULTS);
    return KIEM_OK;
}

/* Adds a claim to what those of its facility were found to have. */
static kiem_status add_to_facility(km_job *job, uint64_t facility, int64_t at_risk, bool violation,
                                   km_error *error) {
    bool is_new;
    uint32_t *place = km_map_insert(&job->facility_index, facility, &is_new);
    if (!place) return km_nomem(error);
    if (is_new) {
        size_t next = job->facility_index.count - 1;
        if (!km_grow(job->mem, (void **)&job->facility_tallies, &job->facility_capacity, next + 1,
                     sizeof *job->facility_tallies)) {
            return km_nomem(error);
        }
        job->facility_tallies[next] = (km_facility_tally){0};
        *place = (uint32_t)next;
    }
    job->facility_tallies[*place].at_risk += at_risk;
    job->facility_tallies[*place].violations += violation;
    return KIEM_OK;
}

/* Few cards share a citizen number; when and where those were used is kept. */
static kiem_status note_card_uses(km_job *job, const judge_worker *w, km_error *error) {
    const km_map *groups = &job->history.shared.groups;
    for (uint32_t row = 0; groups->count && row < w->batch.rows; row++) {
        km_card_use use = {.person = km_history_person(&w->history, row)};
        const uint32_t *group = km_map_find(groups, use.person);
        if (!group) continue;
        use.group = *group;
        use.facility = (uint64_t)km_batch_int(&w->batch, KM_CLAIM_MA_CSKCB, row, 0);
        use.day = km_day_of((km_minute)km_batch_int(&w->batch, KM_CLAIM_NGAY_VAO, row, 0));
        use.birth = (int32_t)km_birth_bits(km_batch_int(&w->batch, KM_CLAIM_NGAY_SINH, row, 0));
        use.sex = (int32_t)km_sex_bits(km_batch_int(&w->batch, KM_CLAIM_GIOI_TINH, row, 0));
        KM_TRY(km_card_uses_add(&job->card_uses, &use, error));
    }
    return KIEM_OK;
}

static kiem_status hand_on(void *context, int worker, km_error *error) {
    judging *j = context;
    km_job *job = j->job;
    judge_worker *w = &j->workers[worker];
    bool is_new;
    km_timings_start(&w->desk.timings);
    KM_TRY(km_sink_put(&job->sinks[KM_TABLE_FINDINGS], &w->findings, km_buf_view(&w->findings_text), error));
    KM_TRY(km_sink_put(&job->sinks[KM_TABLE_CLAIMS], &w->claims, km_buf_view(&w->claims_text), error));
    for (uint32_t row = 0; row < w->batch.rows; row++) {
        if (!w->at_risk[row] && !w->violation[row]) continue;
        uint64_t facility = (uint64_t)km_batch_int(&w->batch, KM_CLAIM_MA_CSKCB, row, 0);
        KM_TRY(add_to_facility(job, facility, w->at_risk[row], w->violation[row], error));
        KM_TRY(km_shortlist_offer(&job->shortlist, &w->claims, row, &w->findings, w->finding[row],
                                  w->finding[row + 1], error));
    }
    KM_TRY(note_card_uses(job, w, error));
    if (w->stints.count) {
        km_doctors_of_claims(&w->stints, w->doctor, w->batch.rows);
        KM_TRY(km_casemix_add_parts(&job->doctor_mix, &w->batch, w->doctor, error));
    }
    for (size_t i = 0; i < w->stints.count; i++)
        KM_TRY(km_workdays_add(&job->workdays, &w->stints.list[i], error));
    for (size_t i = 0; i < w->dispensed.count; i++)
        KM_TRY(km_supplies_add(&job->supplies, &w->dispensed.list[i], error));
    for (size_t i = 0; i < w->people_count; i++) {
        if (!km_map_insert(&job->flagged_people, w->people[i], &is_new)) return km_nomem(error);
    }
    job->judged += w->batch.rows;
    job->now.findings += w->findings.rows;
    km_timings_book(&w->desk.timings, KM_STAGE_WRITE);
    j->done++;
    return km_job_check_cancelled(job, error);
}

/* Lines that belong to no claim are not lost: they are rejected with the reason. */
static kiem_status reject_orphans(km_job *job, km_detail_rows *lines, km_error *error) {
    km_sink *sink = &job->sinks[KM_TABLE_REJECTS];
    km_orphan orphan;
    size_t cursor = 0;
    if (!lines->details->any) return KIEM_OK;
    for (bool more = true;;) {
        KM_TRY(km_details_next_orphan(lines, &job->claim_keys, &cursor, &orphan, &more, error));
        if (!more) return KIEM_OK;
        km_input_file *input = &job->inputs[orphan.input];
        km_result_text(&sink->chunk, KM_REJECT_FILE, km_text_from(input->label));
        km_result_int(&sink->chunk, KM_REJECT_ROW, orphan.row);
        km_result_text(&sink->chunk, KM_REJECT_COLUMN, KM_TEXT("MA_LK"));
        km_table_put_reason(&sink->chunk,
                            orphan.shared ? KM_TEXT("several claims have this MA_LK")
                                          : KM_TEXT("no claim has this MA_LK"),
                            job->options.language);
        KM_TRY(km_result_end_row(&sink->chunk, error));
        input->orphans++;
        job->now.rejects++;
        if (sink->chunk.rows >= KM_SINK_ROWS) KM_TRY(km_sink_flush(sink, error));
    }
}

kiem_status km_job_judge(km_job *job, km_error *error) {
    judging j;
    const km_crew_plan plan = {fetch_batch, judge_batch, hand_on, tell_judging, &j};
    kiem_status status = open_crew(&j, job, error);
    if (status == KIEM_OK) status = km_crew_run(&plan, job->threads, error);
    for (int i = 0; status == KIEM_OK && i < j.places; i++) {
        collect(job, &j.workers[i]);
        status = km_prices_merge(&job->prices, &j.workers[i].prices, error);
    }
    for (int i = 0; status == KIEM_OK && i < KM_DETAIL_TABLES; i++)
        status = reject_orphans(job, &j.workers[0].details[i], error);
    close_crew(&j);
    return status;
}
