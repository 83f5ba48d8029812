#include "score/entity/warning_grade.h"

static const struct {
    const char *column;
    bool below;
} measures[KM_GRADE_MEASURES] = {[KM_GRADE_Q] = {"q_below", true},
                                 [KM_GRADE_EXCESS_RATE] = {"excess_rate", false},
                                 [KM_GRADE_EXCESS_QUARTER] = {"excess_quarter", false},
                                 [KM_GRADE_SHIFT_Q] = {"shift_q_below", true},
                                 [KM_GRADE_SHIFT] = {"shift", false},
                                 [KM_GRADE_COST_MULTIPLE] = {"cost_multiple", false},
                                 [KM_GRADE_VIOLATION_CLAIMS] = {"violation_claims", false},
                                 [KM_GRADE_VIOLATION_MULTIPLE] = {"violation_multiple", false},
                                 [KM_GRADE_MONTHS_HIGH] = {"months_high", false}};

static const char *const names[] = {"", "low", "high", "very_high"};

const char *km_grade_name(km_grade grade) {
    return names[grade];
}

static const km_value *limit_of(const km_grading *grading, uint32_t row, int measure) {
    int column = grading->limit[measure];
    const km_value *cell = column < 0 ? NULL : &grading->table->column[column].cells[row];
    return cell && cell->known ? cell : NULL;
}

static kiem_status read_row(km_grading *grading, uint32_t row, int grade, km_error *error) {
    const km_value *name = &grading->table->column[grade].cells[row];
    bool any = false;
    for (int i = KM_GRADE_LOW; i <= KM_GRADE_VERY_HIGH; i++) {
        if (name->known && km_text_equal(name->text, km_text_from(names[i])))
            grading->grade[row] = (km_grade)i;
    }
    if (grading->grade[row] == KM_GRADE_NONE)
        return km_fail(error, KIEM_E_POLICY, "table 'warning_grades': a grade is low, high or very_high");
    for (int i = 0; i < KM_GRADE_MEASURES; i++) any = any || limit_of(grading, row, i);
    return any ? KIEM_OK : km_fail(error, KIEM_E_POLICY, "table 'warning_grades': a row has no limit");
}

kiem_status km_grading_read(km_grading *grading, const km_lookup *table, km_error *error) {
    int grade = km_lookup_find_column(table, KM_TEXT("grade"));
    *grading = (km_grading){.table = table, .ground = km_lookup_find_column(table, KM_TEXT("ground"))};
    if (grade < 0 || grading->ground < 0)
        return km_fail(error, KIEM_E_POLICY, "table 'warning_grades' lacks a column");
    if (table->rows > KM_GRADE_ROWS)
        return km_fail(error, KIEM_E_POLICY, "table 'warning_grades' has more than %d rows", KM_GRADE_ROWS);
    for (int i = 0; i < KM_GRADE_MEASURES; i++)
        grading->limit[i] = km_lookup_find_column(table, km_text_from(measures[i].column));
    for (uint32_t row = 0; row < table->rows; row++) KM_TRY(read_row(grading, row, grade, error));
    return KIEM_OK;
}

static double number_of(const km_value *cell) {
    double value = (double)cell->number;
    for (int i = 0; i < cell->scale; i++) value /= 10;
    return value;
}

/* NaN passes no limit. */
static bool passes(const km_grading *grading, uint32_t row, const km_grade_figures *figures) {
    for (int i = 0; i < KM_GRADE_MEASURES; i++) {
        const km_value *limit = limit_of(grading, row, i);
        if (!limit) continue;
        if (measures[i].below ? !(figures->of[i] < number_of(limit)) : !(figures->of[i] >= number_of(limit)))
            return false;
    }
    return true;
}

km_grade km_grade_of(const km_grading *grading, const km_grade_figures *figures, km_day day,
                     uint64_t *grounds) {
    km_grade highest = figures->warned ? KM_GRADE_LOW : KM_GRADE_NONE;
    *grounds = 0;
    for (uint32_t row = 0; figures->warned && row < grading->table->rows; row++) {
        bool in_force = grading->table->from[row] <= day && day <= grading->table->to[row];
        if (!in_force || grading->grade[row] < highest || !passes(grading, row, figures)) continue;
        if (grading->grade[row] > highest) *grounds = 0;
        highest = grading->grade[row];
        *grounds |= (uint64_t)1 << row;
    }
    return highest;
}
