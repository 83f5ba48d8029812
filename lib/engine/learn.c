#include "engine/learn.h"

#include <string.h>

#include "base/together.h"
#include "engine/entity/dispensed.h"
#include "engine/entity/entities.h"
#include "engine/entity/stints.h"
#include "engine/flow/bytes.h"
#include "engine/flow/pack.h"
#include "engine/flow/reading.h"
#include "engine/learned_peers.h"
#include "engine/ledger/carried.h"
#include "engine/ledger/provinces.h"
#include "engine/unknown_names.h"
#include "ingest/sheet_read.h"

/* ---- which columns are wanted */

/* Read by the ledger and its marks, whatever the rules ask for; what the history reads is added. */
static const int learned[] = {
    KM_CLAIM_MA_THE_BHYT, KM_CLAIM_MA_DKBD,       KM_CLAIM_NGAY_RA,      KM_CLAIM_NGAY_GUI,
    KM_CLAIM_MA_CSKCB,    KM_CLAIM_MA_BENH_CHINH, KM_CLAIM_MA_LOAI_KCB,  KM_CLAIM_T_BHTT,
    KM_CLAIM_T_BHTT_GDV,  KM_CLAIM_T_BNCCT,       KM_CLAIM_T_BNTT,       KM_CLAIM_T_NGUONKHAC,
    KM_CLAIM_T_NGOAIDS,   KM_CLAIM_T_TONGCHI_BH,  KM_CLAIM_T_TONGCHI,    KM_CLAIM_NAM_QT,
    KM_CLAIM_THANG_QT,    KM_CLAIM_MA_LK,         KM_CLAIM_T_THUOC,      KM_CLAIM_T_THUOC_TYLE,
    KM_CLAIM_T_VTYT,      KM_CLAIM_T_VTYT_TYLE,   KM_CLAIM_T_XN,         KM_CLAIM_T_CDHA,
    KM_CLAIM_T_KHAM,      KM_CLAIM_T_GIUONG,      KM_CLAIM_SO_NGAY_DTRI, KM_CLAIM_MA_KHOA,
    KM_CLAIM_STANDARD};
/* Read again when peers are compared and claims judged. */
static const int scored[] = {KM_CLAIM_MA_LK,       KM_CLAIM_NGAY_VAO,      KM_CLAIM_NGAY_RA,
                             KM_CLAIM_MA_CSKCB,    KM_CLAIM_MA_BENH_CHINH, KM_CLAIM_MA_BENH_KT,
                             KM_CLAIM_MA_LOAI_KCB, KM_CLAIM_T_BHTT,        KM_CLAIM_T_TONGCHI_BH,
                             KM_CLAIM_T_TONGCHI,   KM_CLAIM_T_TONGCHI_BV,  KM_CLAIM_T_THUOC,
                             KM_CLAIM_T_VTYT,      KM_CLAIM_T_GIUONG,      KM_CLAIM_SO_NGAY_DTRI,
                             KM_CLAIM_MA_DKBD,     KM_CLAIM_visits_30d,    KM_CLAIM_facilities_30d,
                             KM_CLAIM_STANDARD,    KM_CLAIM_NGAY_SINH,     KM_CLAIM_GIOI_TINH};
static const int card_lists[] = {KM_CLAIM_MA_THE_BHYT, KM_CLAIM_MA_DKBD, KM_CLAIM_GT_THE_TU,
                                 KM_CLAIM_GT_THE_DEN};

/* Read of lines for price indices, and MA_LK to find their claim. */
static const int priced_drugs[] = {KM_DRUG_MA_LK,     KM_DRUG_MA_THUOC,      KM_DRUG_SO_DANG_KY,
                                   KM_DRUG_HAM_LUONG, KM_DRUG_DON_VI_TINH,   KM_DRUG_MA_NHOM,
                                   KM_DRUG_SO_LUONG,  KM_DRUG_THANH_TIEN_BH, KM_DRUG_THANH_TIEN};
static const int priced_services[] = {KM_SERVICE_MA_LK,     KM_SERVICE_MA_DICH_VU, KM_SERVICE_MA_VAT_TU,
                                      KM_SERVICE_MA_NHOM,   KM_SERVICE_SO_LUONG,   KM_SERVICE_THANH_TIEN_BH,
                                      KM_SERVICE_THANH_TIEN};
/* Of their claims. */
static const int priced_claims[] = {KM_CLAIM_NAM_QT, KM_CLAIM_THANG_QT};

static void add_all(km_fieldset *set, const int *fields, size_t count) {
    for (size_t i = 0; i < count; i++) km_fieldset_add(set, fields[i]);
}

/* Columns of claims that are read besides what rules read. */
static km_fieldset read_besides(const km_reads *needs) {
    const km_fieldset *claim = &needs->fields[KM_SCOPE_CLAIM];
    km_fieldset set = {0};
    for (int i = 0; i < KM_CARD_FIELD_COUNT; i++) {
        if (km_fieldset_has(&needs->fields[KM_SCOPE_CARD], i))
            add_all(&set, card_lists, sizeof card_lists / sizeof card_lists[0]);
    }
    add_all(&set, scored, sizeof scored / sizeof scored[0]);
    add_all(&set, priced_claims, sizeof priced_claims / sizeof priced_claims[0]);
    if (km_fieldset_has(claim, KM_CLAIM_days_late) || km_fieldset_has(claim, KM_CLAIM_list_days_late))
        km_fieldset_add(&set, KM_CLAIM_NGAY_GUI);
    return set;
}

static void choose_columns(km_job *job) {
    km_reads needs = {0};
    km_policy_needs(job->policy, &needs);
    const km_fieldset besides = read_besides(&needs);
    job->kept = besides;
    km_fieldset_join(&job->kept, &needs.fields[KM_SCOPE_CLAIM]);
    add_all(&job->compared, scored, sizeof scored / sizeof scored[0]);
    job->bare = km_policy_asked(job->policy);
    for (int i = 0; i < KM_CLAIM_FIELD_COUNT; i++) {
        if (km_fieldset_has(&besides, i)) km_fieldset_remove(&job->bare, i);
    }
    job->wanted = job->kept;
    add_all(&job->wanted, learned, sizeof learned / sizeof learned[0]);
    km_episode_columns(&job->wanted);
    for (int i = 0; i < KM_DETAIL_TABLES; i++) {
        km_details *details = &job->details[i];
        details->kept = needs.fields[details->scope];
        bool drugs = details->scope == KM_SCOPE_DRUG;
        add_all(&details->kept, drugs ? priced_drugs : priced_services,
                drugs ? sizeof priced_drugs / sizeof priced_drugs[0]
                      : sizeof priced_services / sizeof priced_services[0]);
        if (drugs) km_dispensed_columns(&details->kept);
        if (!drugs) km_stints_columns(&details->kept);
    }
}

/* ---- learning */

static void note_discharges(km_job *job, const km_batch *batch) {
    const km_cells left = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    for (uint32_t row = 0; row < batch->rows; row++) {
        const int64_t out = km_cells_int(&left, row, INT64_MIN);
        if (out == INT64_MIN || (job->has_discharge && out <= job->latest_discharge)) continue;
        job->latest_discharge = (km_minute)out;
        job->has_discharge = true;
    }
}

enum {
    LARGE_BITS = 36
}; /* of an amount by which sums may burst: 687 million dong, a hundred million times */

static void note_largest(km_job *job, const km_batch *batch) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    for (int i = 0; i < count; i++) {
        if (!(fields[i].flags & KM_FIELD_MONEY) || !km_fieldset_has(&batch->present, i)) continue;
        const int64_t *amounts = batch->column[i].values; /* 0 where there is none */
        uint64_t bits = 0;
        for (uint32_t row = 0; row < batch->rows; row++) bits |= (uint64_t)amounts[row];
        for (uint32_t row = 0; bits >> LARGE_BITS && row < batch->rows; row++) {
            const int64_t amount = amounts[row] < 0 ? -amounts[row] : amounts[row];
            if (amount > job->largest.hundredths)
                job->largest = (km_largest){amount, batch->row[row], batch->input, i, 0};
        }
    }
}

static km_details *details_of(km_job *job, km_scope scope) {
    return &job->details[scope == KM_SCOPE_DRUG ? KM_DETAIL_DRUGS : KM_DETAIL_SERVICES];
}

kiem_status km_job_pack_batch(const km_job *job, const km_batch *batch, km_buf *packed, km_error *error) {
    if (job->learning || batch->scope != KM_SCOPE_CLAIM) return KIEM_OK;
    return km_pack_batch(batch, &job->kept, &job->bare, packed, error);
}

kiem_status km_job_read_drafts(km_drafts *drafts, const km_batch *batch, km_error *error) {
    return batch->scope == KM_SCOPE_CLAIM ? km_drafts_read(drafts, batch, error) : KIEM_OK;
}

kiem_status km_job_learn_batch(km_job *job, const km_batch *batch, km_buf *packed, const km_drafts *drafts,
                               km_error *error) {
    if (batch->scope == KM_SCOPE_CLAIM) km_essential_note(&job->inputs[batch->input].essential, batch);
    if (job->learning) {
        const km_place_tables places = km_policy_places(job->policy);
        return km_learn_claims(job->learning, batch, drafts, &places, error);
    }
    if (batch->scope != KM_SCOPE_CLAIM) return km_details_add(details_of(job, batch->scope), batch, error);
    if (job->has_details) KM_TRY(km_claim_keys_add(&job->claim_keys, batch, error));
    KM_TRY(km_history_add_drafts(&job->history, drafts, error));
    KM_TRY(km_ledger_add(&job->ledger, batch, error));
    KM_TRY(km_cards_add(&job->cards, batch, error));
    if (job->past_money) {
        KM_TRY(km_marks_expect(&job->marks, batch, error));
        km_marks_add(&job->marks, batch);
    }
    KM_TRY(km_casemix_add(&job->casemix, batch, error));
    note_discharges(job, batch);
    km_months_note(&job->months, batch);
    note_largest(job, batch);
    const km_place_tables places = km_policy_places(job->policy);
    KM_TRY(km_scorer_expect(&job->scorer, batch, &places, error));
    return km_spool_put_packed(&job->spool, packed, error);
}

static bool has_any(const km_layout *layout, const char *const *names, size_t count) {
    for (uint32_t i = 0; i < layout->columns; i++) {
        for (size_t k = 0; k < count; k++) {
            if (km_text_equal_fold(layout->name[i], km_text_from(names[k]))) return true;
        }
    }
    return false;
}

kiem_status km_job_check_layout(const km_input_file *input, const km_layout *layout, km_error *error) {
    static const char *const quantity[] = {"SO_LUONG"}, *const drug[] = {"MA_THUOC", "TEN_THUOC"},
                             *const service[] = {"MA_DICH_VU", "MA_VAT_TU", "TEN_DICH_VU", "TEN_VAT_TU"};
    const bool drugs = has_any(layout, drug, 2), services = has_any(layout, service, 4);
    const km_place place = km_at(input->name, 0, 0);
    if (layout->scope == KM_SCOPE_CLAIM) {
        if (!(drugs || services) || !has_any(layout, quantity, 1)) return KIEM_OK;
        return km_fail_at(
            error, KIEM_E_FORMAT, place,
            "these are lines of claims, not claims: give them with --drugs or --services beside "
            "the claims");
    }
    if (layout->scope == KM_SCOPE_DRUG && !drugs)
        return km_fail_at(error, KIEM_E_FORMAT, place,
                          "these are not drug lines (XML2): no column MA_THUOC or TEN_THUOC");
    if (layout->scope == KM_SCOPE_SERVICE && !services)
        return km_fail_at(
            error, KIEM_E_FORMAT, place,
            "these are not service lines (XML3): no column MA_DICH_VU, MA_VAT_TU, TEN_DICH_VU or "
            "TEN_VAT_TU");
    if (km_fieldset_has(&layout->present, km_details_key(layout->scope))) return KIEM_OK;
    return km_fail_at(error, KIEM_E_FORMAT, place,
                      "no column MA_LK, which tells the claim that a line belongs to");
}

kiem_status km_job_note_layout(km_job *job, km_input_file *input, const km_layout *layout, km_error *error) {
    input->present = layout->present;
    input->standard = layout->standard;
    input->standard_code = km_layout_standard_code(layout);
    input->unknown_columns = layout->unknown;
    input->base = job->next_base;
    memcpy(input->near, layout->near, sizeof input->near);
    km_unknown_names_put(&input->unknown_names, layout);
    if (layout->scope == KM_SCOPE_CLAIM && job->largest.input == (size_t)(input - job->inputs))
        job->largest.column = km_layout_column(layout, job->largest.field) + 1;
    if (layout->scope != KM_SCOPE_CLAIM)
        km_details_note_input(details_of(job, layout->scope), &layout->present);
    return km_buf_ok(&input->unknown_names) ? KIEM_OK : km_nomem(error);
}

static void add_computed(km_scope scope, km_fieldset *present) {
    int count;
    const km_field *fields = km_fields(scope, &count);
    for (int i = 0; i < count; i++) {
        if (fields[i].flags & KM_FIELD_COMPUTED) km_fieldset_add(present, i);
    }
}

/* The standard of the detail inputs of a scope, 0 when they differ. */
static uint64_t details_standard(const km_job *job, km_input_role role) {
    uint64_t standard = 0;
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role != role) continue;
        if (standard && standard != job->inputs[i].standard_code) return 0;
        standard = job->inputs[i].standard_code;
    }
    return standard;
}

/* What is there to be judged beside the columns of a file: the details given, and all that kiem works out. */
static km_plan_key of_all_inputs(const km_job *job) {
    km_plan_key key = {.standard = {[KM_SCOPE_DRUG] = details_standard(job, KM_INPUT_DRUGS),
                                    [KM_SCOPE_SERVICE] = details_standard(job, KM_INPUT_SERVICES)}};
    for (int i = 0; i < KM_DETAIL_TABLES; i++) {
        const km_details *details = &job->details[i];
        if (!details->any) continue;
        key.present[details->scope] = details->present;
        add_computed(details->scope, &key.present[details->scope]);
    }
    return key;
}

static kiem_status bind(km_job *job, km_input_file *input, km_plan_key key, km_error *error) {
    km_fieldset *present = &key.present[KM_SCOPE_CLAIM];
    key.standard[KM_SCOPE_CLAIM] = input->standard_code;
    *present = input->present;
    add_computed(KM_SCOPE_CLAIM, present);
    if (!km_fieldset_has(&input->present, KM_CLAIM_NGAY_GUI)) {
        km_fieldset_remove(present, KM_CLAIM_days_late);
        km_fieldset_remove(present, KM_CLAIM_list_days_late);
    }
    key.present[KM_SCOPE_CARD] = km_card_fields_from(&input->present);
    return km_plans_bind(&job->plans, job->policy, &key, &input->plan, error);
}

static kiem_status bind_all(km_job *job, km_error *error) {
    const km_plan_key key = of_all_inputs(job);
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role == KM_INPUT_CLAIMS) KM_TRY(bind(job, &job->inputs[i], key, error));
    }
    return KIEM_OK;
}

static km_scope scope_of(km_input_role role) {
    return role == KM_INPUT_DRUGS      ? KM_SCOPE_DRUG
           : role == KM_INPUT_SERVICES ? KM_SCOPE_SERVICE
                                       : KM_SCOPE_CLAIM;
}

static kiem_status read_rows(km_job *job, uint32_t number, km_error *error) {
    km_scope scope = scope_of(job->inputs[number].role);
    const km_fieldset *wanted = scope == KM_SCOPE_CLAIM ? &job->wanted : &details_of(job, scope)->kept;
    return job->inputs[number].is_arrow ? km_job_read_arrow(job, number, wanted, scope, error)
                                        : km_job_read_rows(job, number, wanted, scope, error);
}

/* ---- budgets */

static bool province_known(const void *context, km_text code, int year) {
    uint64_t province;
    (void)year;
    return km_code_pack(code, &province) && km_lookup_row_of_code(context, province, 0) != KM_LOOKUP_NO_ROW;
}

static kiem_status read_budgets(km_job *job, km_input_file *input, km_error *error) {
    km_buf text;
    km_sheet sheet = {0};
    km_bytes from;
    char room[8192];
    km_buf_init(&text, job->mem);
    KM_TRY(km_bytes_open(&from, input->name, input->read, input->user, KM_TEXT(""), error));
    kiem_status status = KIEM_OK;
    for (size_t taken = 1; (taken || from.interrupted) && status == KIEM_OK;) {
        status = km_bytes_next(&from, room, sizeof room, &taken, error);
        if (status == KIEM_OK) km_buf_append(&text, room, taken);
        if (!km_buf_ok(&text)) status = km_nomem(error);
    }
    km_bytes_close(&from);
    if (status == KIEM_OK)
        status = km_sheet_read(job->mem, input->name, text.data, text.length, &sheet, error);
    if (status == KIEM_OK) {
        status = km_budgets_read(&job->budgets, job->mem, &sheet, province_known,
                                 km_policy_table(job->policy, KM_TEXT("provinces")), error);
    }
    km_sheet_free(&sheet);
    km_buf_free(&text);
    return status;
}

static kiem_status read_role(km_job *job, km_input_role role, size_t *count, km_error *error) {
    *count = 0;
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role != role) continue;
        ++*count;
        if (role == KM_INPUT_BUDGETS && *count > 1)
            return km_fail(error, KIEM_E_ARGUMENT, "budgets are given twice");
        KM_TRY(role == KM_INPUT_BUDGETS ? read_budgets(job, &job->inputs[i], error)
                                        : read_rows(job, (uint32_t)i, error));
    }
    return KIEM_OK;
}

static kiem_status close_details(km_job *job, km_error *error) {
    if (!job->has_details) return KIEM_OK;
    KM_TRY(km_claim_keys_close(&job->claim_keys, error));
    for (int i = 0; i < KM_DETAIL_TABLES; i++) KM_TRY(km_details_close(&job->details[i], error));
    return KIEM_OK;
}

kiem_status km_job_read_claims(km_job *job, km_error *error) {
    size_t claims;
    km_episode_columns(&job->wanted);
    add_all(&job->wanted, learned, sizeof learned / sizeof learned[0]);
    add_all(&job->wanted, scored, sizeof scored / sizeof scored[0]);
    KM_TRY(read_role(job, KM_INPUT_CLAIMS, &claims, error));
    return claims ? KIEM_OK : km_fail(error, KIEM_E_ARGUMENT, "no claims are given");
}

typedef struct closing {
    km_job *job;
    km_timings comparing;
} closing;

/* Facilities are compared beside the history, whose close begins on one thread. */
static kiem_status close_what_was_learned(void *context, size_t item, km_error *error) {
    closing *c = context;
    if (item == 0) return km_job_close_history(c->job, error);
    km_timings_start(&c->comparing);
    KM_TRY(km_job_compare_facilities(c->job, error));
    km_timings_book(&c->comparing, KM_STAGE_ENTITIES);
    return KIEM_OK;
}

kiem_status km_job_learn(km_job *job, km_error *error) {
    size_t budgets, drugs, services, claims;
    choose_columns(job);
    KM_TRY(read_role(job, KM_INPUT_BUDGETS, &budgets, error));
    KM_TRY(read_role(job, KM_INPUT_DRUGS, &drugs, error));
    KM_TRY(read_role(job, KM_INPUT_SERVICES, &services, error));
    job->has_details = drugs + services > 0;
    KM_TRY(read_role(job, KM_INPUT_CLAIMS, &claims, error));
    if (!claims) return km_fail(error, KIEM_E_ARGUMENT, "no claims are given");
    KM_TRY(close_details(job, error));
    KM_TRY(bind_all(job, error));
    KM_TRY(km_job_tell(job, "history", error));
    km_job_settle_as_of(job);
    closing c = {.job = job};
    KM_TRY(km_together(job->threads, 2, close_what_was_learned, &c, error));
    km_timings_add(&job->timings, &c.comparing);
    km_timings_start(&job->timings);
    kiem_status status = km_job_carry_money(job, error);
    if (status == KIEM_OK) status = km_ledger_sort(&job->ledger, error);
    km_timings_book(&job->timings, KM_STAGE_HISTORY);
    return status;
}
