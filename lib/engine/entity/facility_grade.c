#include "engine/entity/facility_grade.h"

#include <math.h>

#include "base/sort.h"
#include "claim/due.h"

enum { QUARTERS = 4, CLAIMS_LEAST = 30 };

kiem_status km_grades_init(km_grades *grades, const km_mem *mem, const km_policy *policy, km_error *error) {
    const km_lookup *table = km_policy_table(policy, KM_TEXT("warning_grades"));
    *grades = (km_grades){.mem = mem, .answers = km_policy_table(policy, KM_TEXT("warning_answers"))};
    if (!table) return km_fail(error, KIEM_E_POLICY, "the policy has no table 'warning_grades'");
    return km_grading_read(&grades->grading, table, error);
}

void km_grades_free(km_grades *grades) {
    if (!grades->mem) return;
    for (int i = 0; i < KM_GRADED_MONTHS; i++)
        km_free(grades->mem, grades->month[i].rows, grades->month[i].count * sizeof *grades->month[i].rows);
    km_free(grades->mem, grades->items, grades->count * sizeof *grades->items);
    *grades = (km_grades){0};
}

km_day km_grades_day(km_day as_of, int back) {
    km_civil civil = km_civil_from_day(as_of);
    km_day first = km_day_from_civil(civil.year, civil.month, 1);
    return back ? km_day_add_months(first, 1 - back) - 1 : as_of;
}

/* ---- cost after case mix */

static km_facility_size size_of(const km_facility *facility) {
    const km_rank *cost = &facility->rank[KM_MEASURE_COST];
    bool stepped = facility->shift.known && facility->shift.before && !isnan(facility->shift_q);
    return (km_facility_size){.code = facility->code,
                              .q = cost->has_q ? cost->q : NAN,
                              .excess_rate = cost->has_q ? cost->excess_rate : NAN,
                              .excess = cost->has_q ? facility->excess_fund : NAN,
                              .shift = stepped ? expm1(facility->shift.jump) : NAN,
                              .shift_q = stepped ? facility->shift_q : NAN};
}

kiem_status km_grades_note(km_grades *grades, int back, const km_facilities *facilities, km_error *error) {
    km_facility_size *rows = km_alloc_array(grades->mem, facilities->count, sizeof *rows);
    if (!rows) return km_nomem(error);
    for (size_t i = 0; i < facilities->count; i++) rows[i] = size_of(&facilities->rows[i]);
    grades->month[back].rows = rows;
    grades->month[back].count = facilities->count;
    return KIEM_OK;
}

static const km_facility_size *find_size(const km_grades *grades, int back, uint64_t code) {
    return km_find_key(grades->month[back].rows, grades->month[back].count, sizeof *grades->month[back].rows,
                       code);
}

static km_grade_figures figures_of(const km_facility_size *size) {
    km_grade_figures figures = {.warned = true};
    for (int i = 0; i < KM_GRADE_MEASURES; i++) figures.of[i] = NAN;
    if (!size) return figures;
    figures.of[KM_GRADE_Q] = size->q;
    figures.of[KM_GRADE_EXCESS_RATE] = size->excess_rate;
    figures.of[KM_GRADE_EXCESS_QUARTER] = size->excess / KM_DONG / QUARTERS;
    figures.of[KM_GRADE_SHIFT] = size->shift;
    figures.of[KM_GRADE_SHIFT_Q] = size->shift_q;
    return figures;
}

/* ---- months */

/* Decree 188/2025 has the tests of growth, the one before that of cost. */
static bool is_warned(const km_warning *warning, km_day day) {
    if (km_before_decree_188(day)) return warning->above_peers;
    return warning->growth > 0 && (warning->growth_above_peers || warning->growth_above_own);
}

static double violation_share(const km_graded *of, size_t i) {
    double violations = of->tallies[i] ? (double)of->tallies[i]->violations : 0;
    return of->claims[i] >= CLAIMS_LEAST ? violations / (double)of->claims[i] : NAN;
}

/* A facility's share of claims with violations over the mean of the others among its peers. */
static void compare_violations(km_grades *grades, const km_graded *of) {
    for (size_t first = 0, end; first < of->count; first = end) {
        double sum = 0;
        size_t known = 0;
        for (end = first; end < of->count; end++) {
            if (of->visits[of->order[end]].peers != of->visits[of->order[first]].peers) break;
            double share = violation_share(of, of->order[end]);
            if (isnan(share)) continue;
            sum += share;
            known++;
        }
        for (size_t i = first; i < end; i++) {
            size_t at = of->order[i];
            double own = violation_share(of, at), rest = sum - own;
            bool compared = of->visits[at].peers && known >= KM_WARNING_PEERS && !isnan(own) && own > 0;
            double multiple = rest > 0 ? own * (double)(known - 1) / rest : INFINITY;
            grades->items[at].violation_multiple = compared ? multiple : NAN;
        }
    }
}

/* An accepted explanation is in force on that day. */
static bool is_explained(const km_grades *grades, uint64_t facility, km_day day) {
    const int64_t row = km_lookup_row_of_code(grades->answers, facility, day);
    int column = grades->answers ? km_lookup_find_column(grades->answers, KM_TEXT("accepted")) : -1;
    return row != KM_LOOKUP_NO_ROW && column >= 0 && grades->answers->column[column].cells[row].number == 1;
}

static void grade_one(km_grades *grades, int back, km_day day, const km_graded *of, size_t i) {
    km_facility_grade *item = &grades->items[i];
    const km_warning *warning = &of->warnings[i];
    km_grade_figures figures = figures_of(find_size(grades, back, of->codes[i]));
    figures.warned = is_warned(warning, day);
    if (warning->has_multiple) figures.of[KM_GRADE_COST_MULTIPLE] = warning->multiple;
    if (!back) {
        figures.of[KM_GRADE_VIOLATION_CLAIMS] = of->tallies[i] ? (double)of->tallies[i]->violations : 0;
        figures.of[KM_GRADE_VIOLATION_MULTIPLE] = item->violation_multiple;
    }
    item->grade = km_grade_of(&grades->grading, &figures, day, &item->grounds);
    bool counts = item->grade >= KM_GRADE_HIGH && !is_explained(grades, of->codes[i], day);
    item->months_high = counts ? item->months_high + 1 : 0;
    if (back || !counts) return;
    figures.of[KM_GRADE_MONTHS_HIGH] = item->months_high;
    item->grade = km_grade_of(&grades->grading, &figures, day, &item->grounds);
}

kiem_status km_grades_month(km_grades *grades, int back, km_day as_of, const km_graded *of, km_error *error) {
    if (!grades->items) {
        grades->items = km_alloc_zero(grades->mem, of->count * sizeof *grades->items);
        if (!grades->items) return km_nomem(error);
        grades->count = of->count;
    }
    if (!back) compare_violations(grades, of);
    for (size_t i = 0; i < of->count; i++) grade_one(grades, back, km_grades_day(as_of, back), of, i);
    return KIEM_OK;
}

void km_grade_grounds(const km_grades *grades, uint64_t grounds, km_buf *out) {
    const km_grading *grading = &grades->grading;
    for (uint32_t row = 0; row < grading->table->rows; row++) {
        if (!(grounds >> row & 1)) continue;
        if (out->length) km_buf_string(out, "; ");
        km_buf_text(out, grading->table->column[grading->ground].cells[row].text);
    }
}
