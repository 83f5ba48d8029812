#include "engine/tables.h"

#include "base/vietnamese.h"

#define TEXT(name)                                                                                           \
    { name, KM_TYPE_TEXT, 0 }
#define COUNT(name)                                                                                          \
    { name, KM_TYPE_NUMBER, 0 }
#define MONEY(name)                                                                                          \
    { name, KM_TYPE_NUMBER, 2 }
#define RATIO(name)                                                                                          \
    { name, KM_TYPE_NUMBER, 6 }
#define FLAG(name)                                                                                           \
    { name, KM_TYPE_BOOL, 0 }

static const km_result_spec findings[] = {
    TEXT("scope"),           TEXT("subject"),         TEXT("file"),     COUNT("row"),    TEXT("rule"),
    TEXT("severity"),        MONEY("amount_at_risk"), TEXT("evidence"), TEXT("message"), MONEY("amount"),
    MONEY("amount_patient"), TEXT("facility"),        TEXT("basis")};
static const km_result_spec claims[] = {
    TEXT("file"),      COUNT("row"),       TEXT("MA_LK"),           RATIO("score"),
    RATIO("q_value"),  FLAG("flagged"),    MONEY("amount_at_risk"), MONEY("benefit_rate_due"),
    MONEY("fund_due"), MONEY("copay_due"), TEXT("reasons"),         TEXT("benefit_step"),
    MONEY("excess"),   TEXT("facility"),   MONEY("T_BHTT")};
static const km_result_spec facilities[] = {TEXT("facility"),
                                            COUNT("claims"),
                                            MONEY("spent"),
                                            RATIO("observed_expected"),
                                            RATIO("z"),
                                            RATIO("q_value"),
                                            FLAG("flagged"),
                                            MONEY("amount_at_risk"),
                                            COUNT("year"),
                                            MONEY("budget"),
                                            MONEY("spent_year"),
                                            RATIO("utilisation"),
                                            RATIO("expected_by_now"),
                                            MONEY("forecast"),
                                            MONEY("forecast_low"),
                                            MONEY("forecast_high"),
                                            {"exhausts_on", KM_TYPE_DATE, 0},
                                            TEXT("status"),
                                            RATIO("pace"),
                                            {"exhausts_earliest", KM_TYPE_DATE, 0},
                                            {"exhausts_latest", KM_TYPE_DATE, 0},
                                            RATIO("chance_over"),
                                            TEXT("evidence"),
                                            MONEY("cost_per_visit"),
                                            RATIO("growth"),
                                            RATIO("growth_before"),
                                            COUNT("peers"),
                                            MONEY("peers_cost_per_visit"),
                                            MONEY("pooled_cost_per_visit"),
                                            RATIO("peers_growth"),
                                            {"as_of", KM_TYPE_DATE, 0},
                                            MONEY("excess"),
                                            RATIO("excess_rate"),
                                            COUNT("rank"),
                                            RATIO("p_value"),
                                            RATIO("funnel_low"),
                                            RATIO("funnel_high"),
                                            {"compared_from", KM_TYPE_DATE, 0},
                                            RATIO("stay_observed_expected"),
                                            RATIO("stay_excess_rate"),
                                            RATIO("stay_p_value"),
                                            RATIO("stay_q_value"),
                                            RATIO("weekend_observed_expected"),
                                            RATIO("weekend_p_value"),
                                            RATIO("weekend_q_value"),
                                            RATIO("month_end_observed_expected"),
                                            RATIO("month_end_p_value"),
                                            RATIO("month_end_q_value"),
                                            {"shift_from", KM_TYPE_DATE, 0},
                                            RATIO("shift"),
                                            RATIO("shift_p_value"),
                                            RATIO("shift_q_value"),
                                            COUNT("digit"),
                                            RATIO("digit_effect"),
                                            RATIO("digit_deviation"),
                                            RATIO("digit_p_value"),
                                            RATIO("digit_q_value"),
                                            TEXT("department"),
                                            RATIO("department_observed_expected"),
                                            MONEY("department_excess"),
                                            RATIO("department_p_value"),
                                            RATIO("department_q_value"),
                                            TEXT("grade"),
                                            TEXT("grade_grounds"),
                                            COUNT("months_high"),
                                            RATIO("cost_multiple"),
                                            COUNT("violation_claims"),
                                            RATIO("violation_multiple"),
                                            RATIO("inpatient_share"),
                                            RATIO("peers_inpatient_share"),
                                            TEXT("kind")};
static const km_result_spec provinces[] = {TEXT("province"),
                                           COUNT("year"),
                                           MONEY("budget"),
                                           MONEY("spent"),
                                           RATIO("utilisation"),
                                           RATIO("expected_by_now"),
                                           MONEY("forecast"),
                                           MONEY("forecast_low"),
                                           MONEY("forecast_high"),
                                           {"exhausts_on", KM_TYPE_DATE, 0},
                                           TEXT("status"),
                                           COUNT("claims"),
                                           TEXT("decision"),
                                           TEXT("name"),
                                           RATIO("pace"),
                                           MONEY("straight_line"),
                                           MONEY("forecast_low95"),
                                           MONEY("forecast_high95"),
                                           {"exhausts_earliest", KM_TYPE_DATE, 0},
                                           {"exhausts_latest", KM_TYPE_DATE, 0},
                                           RATIO("chance_over"),
                                           TEXT("evidence"),
                                           MONEY("unreported"),
                                           TEXT("lag_source"),
                                           TEXT("season_source"),
                                           MONEY("spent_q1"),
                                           MONEY("spent_q2"),
                                           MONEY("spent_q3"),
                                           MONEY("spent_q4"),
                                           RATIO("expected_q1"),
                                           RATIO("expected_q2"),
                                           RATIO("expected_q3"),
                                           RATIO("expected_q4"),
                                           MONEY("cost_per_visit_outpatient"),
                                           MONEY("cost_per_visit_inpatient"),
                                           RATIO("inpatient_share"),
                                           RATIO("out_of_province_share"),
                                           RATIO("by_service_share"),
                                           COUNT("driver_months"),
                                           MONEY("change"),
                                           MONEY("driver_visits"),
                                           MONEY("driver_out_of_province"),
                                           MONEY("driver_inpatient_share"),
                                           MONEY("driver_case_mix"),
                                           MONEY("driver_price"),
                                           MONEY("driver_cost_per_visit"),
                                           MONEY("driver_corrections"),
                                           RATIO("chance_below"),
                                           {"as_of", KM_TYPE_DATE, 0},
                                           TEXT("money_source"),
                                           MONEY("total"),
                                           MONEY("copay"),
                                           MONEY("patient_outside"),
                                           MONEY("other_sources"),
                                           MONEY("cost_per_visit"),
                                           MONEY("nation_cost_per_visit"),
                                           MONEY("peers_cost_per_visit"),
                                           RATIO("mean_stay"),
                                           RATIO("visits_per_card"),
                                           RATIO("drug_share"),
                                           RATIO("supply_share"),
                                           RATIO("test_share"),
                                           RATIO("exam_share"),
                                           RATIO("bed_share"),
                                           RATIO("settled_later_share"),
                                           RATIO("growth"),
                                           RATIO("visits_growth"),
                                           RATIO("peers_growth"),
                                           COUNT("peers"),
                                           TEXT("peers_of"),
                                           COUNT("rank_utilisation"),
                                           COUNT("rank_cost_per_visit"),
                                           COUNT("quarter"),
                                           {"report_due", KM_TYPE_DATE, 0},
                                           {"advance_due", KM_TYPE_DATE, 0},
                                           COUNT("advance_percent"),
                                           {"answer_due", KM_TYPE_DATE, 0},
                                           {"payment_due", KM_TYPE_DATE, 0},
                                           {"settlement_due", KM_TYPE_DATE, 0},
                                           TEXT("price_source"),
                                           RATIO("observed_expected"),
                                           MONEY("excess"),
                                           RATIO("p_value"),
                                           RATIO("q_value"),
                                           TEXT("main_origin"),
                                           RATIO("main_origin_share"),
                                           COUNT("otherwise_paid_claims"),
                                           MONEY("otherwise_paid_spent"),
                                           COUNT("unreported_claims"),
                                           COUNT("unreported_claims_low"),
                                           COUNT("unreported_claims_high")};
static const km_result_spec patients[] = {TEXT("patient"),
                                          COUNT("claims"),
                                          COUNT("facilities"),
                                          MONEY("spent"),
                                          COUNT("max_visits_30d"),
                                          FLAG("flagged"),
                                          {"first_day", KM_TYPE_DATE, 0},
                                          {"last_day", KM_TYPE_DATE, 0},
                                          COUNT("stays"),
                                          COUNT("long_courses"),
                                          COUNT("max_visit_days_30d"),
                                          COUNT("max_visit_days_365d"),
                                          COUNT("max_facilities_day"),
                                          COUNT("max_facilities_30d"),
                                          COUNT("max_facilities_365d"),
                                          MONEY("max_spend_365d"),
                                          COUNT("overlaps"),
                                          COUNT("overlap_minutes"),
                                          COUNT("supply_overlaps"),
                                          COUNT("supply_overlap_days"),
                                          COUNT("other_card_days")};
static const km_result_spec doctors[] = {TEXT("doctor"),
                                         {"month", KM_TYPE_DATE, 0},
                                         COUNT("facilities"),
                                         COUNT("days"),
                                         COUNT("lines"),
                                         COUNT("exams"),
                                         MONEY("spent"),
                                         COUNT("max_exams_day"),
                                         {"max_exams_day_on", KM_TYPE_DATE, 0},
                                         COUNT("max_exams_8h"),
                                         {"max_exams_8h_on", KM_TYPE_DATE, 0},
                                         COUNT("max_busy_minutes"),
                                         {"max_busy_on", KM_TYPE_DATE, 0},
                                         COUNT("max_norm_minutes"),
                                         {"max_norm_on", KM_TYPE_DATE, 0},
                                         COUNT("max_at_once_minutes"),
                                         {"max_at_once_on", KM_TYPE_DATE, 0},
                                         COUNT("max_two_places"),
                                         {"max_two_places_on", KM_TYPE_DATE, 0},
                                         TEXT("two_places"),
                                         MONEY("lines_before"),
                                         RATIO("growth"),
                                         FLAG("flagged")};
static const km_result_spec machines[] = {TEXT("machine"),        TEXT("facility"),
                                          TEXT("kind"),           {"month", KM_TYPE_DATE, 0},
                                          COUNT("days"),          COUNT("hours"),
                                          COUNT("cases"),         MONEY("spent"),
                                          COUNT("max_cases_day"), {"max_cases_day_on", KM_TYPE_DATE, 0},
                                          COUNT("max_cases_8h"),  {"max_cases_8h_on", KM_TYPE_DATE, 0},
                                          MONEY("cases_before"),  RATIO("growth"),
                                          FLAG("flagged")};
static const km_result_spec units[] = {TEXT("kind"),
                                       TEXT("facility"),
                                       TEXT("unit"),
                                       COUNT("claims"),
                                       MONEY("spent"),
                                       RATIO("observed_expected"),
                                       RATIO("z"),
                                       RATIO("p_value"),
                                       RATIO("q_value"),
                                       FLAG("flagged"),
                                       MONEY("excess"),
                                       RATIO("excess_rate"),
                                       RATIO("funnel_low"),
                                       RATIO("funnel_high"),
                                       {"compared_from", KM_TYPE_DATE, 0},
                                       RATIO("stay_observed_expected"),
                                       RATIO("stay_excess_rate"),
                                       RATIO("stay_p_value"),
                                       RATIO("stay_q_value"),
                                       RATIO("weekend_observed_expected"),
                                       RATIO("weekend_p_value"),
                                       RATIO("weekend_q_value"),
                                       RATIO("month_end_observed_expected"),
                                       RATIO("month_end_p_value"),
                                       RATIO("month_end_q_value")};
static const km_result_spec rejects[] = {TEXT("file"),   COUNT("row"),   COUNT("offset"),
                                         TEXT("column"), TEXT("reason"), TEXT("value")};

static const km_result_spec rules[] = {
    TEXT("rule"),  TEXT("severity"), COUNT("findings"), MONEY("amount_at_risk"), MONEY("amount_patient"),
    COUNT("true"), COUNT("false"),   COUNT("null"),     COUNT("cleared"),        TEXT("needs")};
static const km_result_spec totals[] = {TEXT("name"), MONEY("value")};
static const km_result_spec timings[] = {TEXT("stage"), RATIO("seconds")};

#define TABLE(name)                                                                                          \
    { #name, name, (int)(sizeof name / sizeof name[0]) }
static const struct {
    const char *name;
    const km_result_spec *specs;
    int columns;
} tables[KM_TABLE_COUNT] = {
    [KM_TABLE_FINDINGS] = TABLE(findings),     [KM_TABLE_CLAIMS] = TABLE(claims),
    [KM_TABLE_FACILITIES] = TABLE(facilities), [KM_TABLE_PROVINCES] = TABLE(provinces),
    [KM_TABLE_PATIENTS] = TABLE(patients),     [KM_TABLE_DOCTORS] = TABLE(doctors),
    [KM_TABLE_MACHINES] = TABLE(machines),     [KM_TABLE_UNITS] = TABLE(units),
    [KM_TABLE_REJECTS] = TABLE(rejects),       [KM_TABLE_RULES] = TABLE(rules),
    [KM_TABLE_TOTALS] = TABLE(totals),         [KM_TABLE_TIMINGS] = TABLE(timings)};

const char *km_table_name(km_table_kind kind) {
    return tables[kind].name;
}

int km_table_find(km_text name) {
    for (int i = 0; i < KM_TABLE_COUNT; i++) {
        if (km_text_equal(name, km_text_from(tables[i].name))) return i;
    }
    return -1;
}

kiem_status km_table_init(km_result *table, const km_mem *mem, km_table_kind kind, km_error *error) {
    return km_result_init(table, mem, tables[kind].name, tables[kind].specs, tables[kind].columns, error);
}

kiem_status km_sum_too_large(km_error *error) {
    return km_fail(error, KIEM_E_RANGE,
                   "a sum is more than 90 million billion dong: some amounts of the input are not what their "
                   "column says");
}

kiem_status km_table_put_sum(km_result *table, int column, km_int128 sum, km_error *error) {
    if (sum > INT64_MAX || sum < INT64_MIN) return km_sum_too_large(error);
    km_result_int(table, column, (int64_t)sum);
    return KIEM_OK;
}

void km_table_put_reason(km_result *table, km_text reason, int language) {
    char shown[512];
    const size_t length = km_message_in(language, reason, shown, sizeof shown);
    km_result_text(table, KM_REJECT_REASON, (km_text){shown, length});
}

kiem_status km_table_put_reject(km_result *table, km_text file, const km_rejects *all, size_t i, int language,
                                km_error *error) {
    km_text column = km_reject_column(all, i);
    km_result_text(table, KM_REJECT_FILE, file);
    km_result_int(table, KM_REJECT_ROW, all->list[i].row);
    if (all->list[i].offset >= 0) km_result_int(table, KM_REJECT_OFFSET, all->list[i].offset);
    if (column.length) km_result_text(table, KM_REJECT_COLUMN, column);
    km_table_put_reason(table, km_reject_reason(all, i), language);
    km_result_text(table, KM_REJECT_VALUE, km_reject_value(all, i));
    return km_result_end_row(table, error);
}
