#include <math.h>

#include "base/hash.h"
#include "engine/columns.h"
#include "engine/entity/entities.h"
#include "engine/entity/rank_columns.h"
#include "engine/ledger/provinces.h"

/* How facilities and provinces stand beside their peers, into their tables. */

/* ---- peers */

typedef struct lore_context {
    const km_job *job;
    const km_lookup *table;
    int level;  /* the technical level since 2025, the tier before */
    int other;  /* of the two, where the first is blank */
    int prices; /* class for prices */
    int kind;
    km_day day;
} lore_context;

/* Only facilities of one level and one class for prices are peers; those of which nothing is known are peers
 * of each other. */
static uint64_t class_of(const void *given, uint64_t facility) {
    const lore_context *from = given;
    int64_t row = km_lookup_row_of_code(from->table, facility, from->day);
    if (row == KM_LOOKUP_NO_ROW) return 0;
    km_text level = km_lookup_text(from->table, row, from->level);
    if (!level.length) level = km_lookup_text(from->table, row, from->other);
    km_text prices = km_lookup_text(from->table, row, from->prices);
    return (level.length ? km_hash_text(level) : 0) ^ (prices.length ? km_mix64(km_hash_text(prices)) : 0);
}

/* General hospitals, maternity, ...: nearer peers where there are enough. */
static uint64_t kind_of(const void *given, uint64_t facility) {
    const lore_context *from = given;
    int64_t row = km_lookup_row_of_code(from->table, facility, from->day);
    km_text kind = km_lookup_text(from->table, row, from->kind);
    return kind.length ? km_hash_text(kind) : 0;
}

static uint64_t province_of(const void *given, uint64_t facility) {
    const lore_context *from = given;
    return km_job_reported(from->job, km_province_of(facility));
}

static lore_context lore_of(const km_job *job) {
    /* Law 51/2024 pays by technical levels in place of tiers */
    bool old = job->options.as_of < km_day_from_civil(2025, 1, 1);
    lore_context out = {.job = job,
                        .table = km_policy_table(job->policy, KM_TEXT("facilities")),
                        .day = job->options.as_of,
                        .level = -1,
                        .other = -1,
                        .prices = -1,
                        .kind = -1};
    if (!out.table) return out;
    int technical = km_lookup_find_column(out.table, KM_TEXT("technical_level"));
    int tier = km_lookup_find_column(out.table, KM_TEXT("tier"));
    out.kind = km_lookup_find_column(out.table, KM_TEXT("kind"));
    out.prices = km_lookup_find_column(out.table, KM_TEXT("class"));
    out.level = old ? tier : technical;
    out.other = old ? technical : tier;
    return out;
}

/* The months before, for the grades of warnings. Always: a grade of today may rest on violations, which are
 * not known yet, and what the months before were like may not depend on how other facilities stand. */
static kiem_status compare_earlier(km_job *job, const km_facility_lore *today, km_error *error) {
    for (int back = 1; back < KM_GRADED_MONTHS; back++) {
        KM_TRY(km_job_check_cancelled(job, error));
        km_facilities facilities;
        km_facility_lore lore = *today;
        lore.as_of = km_grades_day(today->as_of, back);
        KM_TRY(km_facilities_compare_costs(&facilities, &job->casemix, &lore, error));
        kiem_status status = km_grades_note(&job->grades, back, &facilities, error);
        km_facilities_free(&facilities);
        KM_TRY(status);
    }
    return KIEM_OK;
}

kiem_status km_job_compare_facilities(km_job *job, km_error *error) {
    const lore_context context = lore_of(job);
    const km_facility_lore lore = {class_of, kind_of, province_of, &context, job->options.as_of};
    KM_TRY(km_facilities_compare(&job->facilities, &job->casemix, &lore, error));
    KM_TRY(km_grades_note(&job->grades, 0, &job->facilities, error));
    if (job->options.has_as_of) KM_TRY(compare_earlier(job, &lore, error));
    km_casemix_free(&job->casemix);
    return KIEM_OK;
}

kiem_status km_job_compare_doctors(km_job *job, km_error *error) {
    const lore_context context = lore_of(job);
    const km_facility_lore lore = {class_of, kind_of, province_of, &context, job->options.as_of};
    KM_TRY(km_doctors_compare(&job->doctors, &job->doctor_mix, &lore, error));
    km_casemix_free(&job->doctor_mix);
    return KIEM_OK;
}

/* ---- columns */

static const km_rank_columns columns_of[KM_MEASURES] = {
    [KM_MEASURE_COST] = {KM_FACILITY_OBSERVED_EXPECTED, KM_FACILITY_EXCESS_RATE, KM_FACILITY_P_VALUE,
                         KM_FACILITY_Q_VALUE},
    [KM_MEASURE_STAY] = {KM_FACILITY_STAY_OBSERVED_EXPECTED, KM_FACILITY_STAY_EXCESS_RATE,
                         KM_FACILITY_STAY_P_VALUE, KM_FACILITY_STAY_Q_VALUE},
    [KM_MEASURE_WEEKEND] = {KM_FACILITY_WEEKEND_OBSERVED_EXPECTED, -1, KM_FACILITY_WEEKEND_P_VALUE,
                            KM_FACILITY_WEEKEND_Q_VALUE},
    [KM_MEASURE_MONTH_END] = {KM_FACILITY_MONTH_END_OBSERVED_EXPECTED, -1, KM_FACILITY_MONTH_END_P_VALUE,
                              KM_FACILITY_MONTH_END_Q_VALUE}};

static bool is_flagged(const km_facility *facility) {
    return km_is_flagged(&facility->rank[KM_MEASURE_COST]);
}

/* Those flagged before the others, then by excess; equal ones in the order of their codes. */
static bool goes_before(const km_facility *a, const km_facility *b) {
    if (is_flagged(a) != is_flagged(b)) return is_flagged(a);
    if (a->excess_fund > b->excess_fund || a->excess_fund < b->excess_fund)
        return a->excess_fund > b->excess_fund;
    return a->code < b->code;
}

static int64_t place_of(const km_facilities *all, const km_facility *facility) {
    int64_t place = 1;
    for (const km_facility *other = all->rows; other < all->rows + all->count; other++)
        place += other->rank[KM_MEASURE_COST].has_q && goes_before(other, facility);
    return place;
}

static void put_cost(const km_job *job, km_result *out, const km_facility *facility) {
    const km_rank *cost = &facility->rank[KM_MEASURE_COST];
    km_result_int(out, KM_FACILITY_FLAGGED, is_flagged(facility));
    if (!cost->has_ratio) return;
    km_put_ratio(out, KM_FACILITY_Z, cost->z);
    km_put_ratio(out, KM_FACILITY_FUNNEL_LOW, cost->low95);
    km_put_ratio(out, KM_FACILITY_FUNNEL_HIGH, cost->high95);
    km_result_int(out, KM_FACILITY_EXCESS, km_round_money(facility->excess_fund));
    if (job->options.has_as_of) km_result_int(out, KM_FACILITY_COMPARED_FROM, job->facilities.from);
    if (cost->has_q) km_result_int(out, KM_FACILITY_RANK, place_of(&job->facilities, facility));
}

static void put_shift(km_result *out, const km_facility *facility) {
    if (!facility->shift.known || !facility->shift.before) return;
    km_result_int(out, KM_FACILITY_SHIFT_FROM, facility->shift_from);
    km_put_ratio(out, KM_FACILITY_SHIFT, expm1(facility->shift.jump));
    if (isnan(facility->shift_q)) return;
    km_put_ratio(out, KM_FACILITY_SHIFT_P_VALUE, facility->shift.p);
    km_put_ratio(out, KM_FACILITY_SHIFT_Q_VALUE, facility->shift_q);
}

static void put_digits(km_result *out, const km_facility *facility) {
    if (!facility->has_digits) return;
    km_result_int(out, KM_FACILITY_DIGIT, facility->digits.digit);
    km_put_ratio(out, KM_FACILITY_DIGIT_EFFECT, facility->digits.effect);
    km_put_ratio(out, KM_FACILITY_DIGIT_DEVIATION, facility->digits.deviation);
    if (isnan(facility->digits_q)) return;
    km_put_ratio(out, KM_FACILITY_DIGIT_P_VALUE, facility->digits.p);
    km_put_ratio(out, KM_FACILITY_DIGIT_Q_VALUE, facility->digits_q);
}

static void put_department(km_result *out, const km_facility *facility) {
    static const km_rank_columns at = {KM_FACILITY_DEPARTMENT_OBSERVED_EXPECTED, -1,
                                       KM_FACILITY_DEPARTMENT_P_VALUE, KM_FACILITY_DEPARTMENT_Q_VALUE};
    if (!facility->department) return;
    km_result_code(out, KM_FACILITY_DEPARTMENT, facility->department);
    km_put_rank(out, &facility->department_rank, &at);
    km_result_int(out, KM_FACILITY_DEPARTMENT_EXCESS, km_round_money(facility->department_excess_fund));
}

void km_job_put_rank(km_job *job, const km_facility *facility) {
    km_result *out = &job->sinks[KM_TABLE_FACILITIES].chunk;
    put_cost(job, out, facility);
    for (int measure = 0; measure < KM_MEASURES; measure++)
        km_put_rank(out, &facility->rank[measure], &columns_of[measure]);
    put_shift(out, facility);
    put_digits(out, facility);
    put_department(out, facility);
}

void km_job_put_province_rank(km_job *job, const km_money_year *year) {
    static const km_rank_columns at = {KM_PROVINCE_OBSERVED_EXPECTED, -1, KM_PROVINCE_P_VALUE,
                                       KM_PROVINCE_Q_VALUE};
    km_result *out = &job->sinks[KM_TABLE_PROVINCES].chunk;
    const km_province_rank *rank = km_facilities_province(&job->facilities, year->code);
    if (!rank || !job->options.has_as_of || km_civil_from_day(job->options.as_of).year != year->year) return;
    km_put_rank(out, &rank->rank, &at);
    if (rank->rank.has_ratio) km_result_int(out, KM_PROVINCE_EXCESS, km_round_money(rank->excess_fund));
}

km_facility_flags km_job_facility_flags(const km_job *job) {
    km_facility_flags sums = {0};
    for (size_t i = 0; i < job->facilities.count; i++) {
        const km_facility *facility = &job->facilities.rows[i];
        sums.tested += facility->rank[KM_MEASURE_COST].has_q;
        if (!is_flagged(facility)) continue;
        sums.flagged++;
        sums.excess += km_round_money(facility->excess_fund);
    }
    return sums;
}
