#include "state/money/budget.h"

#include "base/sort.h"

enum { YEAR_FIRST = 1900, YEAR_LAST = 2199, PROVINCE_LENGTH = 2, FACILITY_LENGTH = 5 };

typedef struct columns {
    int province, year, amount, decision, facility, from;
} columns;

static kiem_status find_columns(const km_sheet *sheet, columns *at, km_error *error) {
    static const char *const names[] = {"province_code", "year", "budget_vnd", "decision"};
    int *const places[] = {&at->province, &at->year, &at->amount, &at->decision};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        *places[i] = km_sheet_find(sheet, km_text_from(names[i]));
        if (*places[i] < 0)
            return km_sheet_lacks(sheet, names[i], "province_code, year, budget_vnd, decision", error);
    }
    at->facility = km_sheet_find(sheet, KM_TEXT("facility_code"));
    at->from = km_sheet_find(sheet, KM_TEXT("effective_from"));
    return KIEM_OK;
}

/* Packs a code of `length` digits, giving back the zeros a spreadsheet took from its front. */
static bool read_code(km_text text, size_t length, uint64_t *out) {
    char padded[FACILITY_LENGTH];
    if (text.length >= length) return km_code_pack(text, out);
    size_t zeros = length - text.length;
    for (size_t i = 0; i < length; i++) {
        padded[i] = i < zeros ? '0' : text.ptr[i - zeros];
        if (padded[i] < '0' || padded[i] > '9') return false;
    }
    return km_code_pack((km_text){padded, length}, out);
}

static kiem_status read_province(const km_sheet *sheet, uint32_t row, int column, km_province_known known,
                                 const void *context, km_budget *out, km_error *error) {
    char text[KM_CODE_MAX];
    km_text cell = km_sheet_cell(sheet, row, column);
    bool read = cell.length && read_code(cell, PROVINCE_LENGTH, &out->province);
    km_text code = {text, read ? km_code_unpack(out->province, text) : 0};
    if (read && (km_text_equal(code, KM_TEXT("00")) || known(context, code, out->year))) return KIEM_OK;
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, column),
                      "'%.*s' is not the code of a province in %d", KM_TEXT_ARG(cell), out->year);
}

static kiem_status read_year(const km_sheet *sheet, uint32_t row, int column, int *out, km_error *error) {
    int64_t year;
    km_text cell = km_sheet_cell(sheet, row, column);
    if (km_decimal_parse(cell, 0, &year) != KM_NUMBER_OK || year < YEAR_FIRST || year > YEAR_LAST) {
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, column),
                          "'%.*s' is not a year from %d to %d", KM_TEXT_ARG(cell), YEAR_FIRST, YEAR_LAST);
    }
    *out = (int)year;
    return KIEM_OK;
}

static kiem_status read_amount(const km_sheet *sheet, uint32_t row, int column, int64_t *out,
                               km_error *error) {
    km_text cell = km_sheet_cell(sheet, row, column);
    const char *reason = "is not a number";
    switch (km_decimal_parse(cell, KM_MONEY_SCALE, out)) {
    case KM_NUMBER_OK:
        if (*out >= 0) return KIEM_OK;
        reason = "is negative";
        break;
    case KM_NUMBER_RANGE: reason = "is too large"; break;
    case KM_NUMBER_SCALE: reason = "has more than two decimals"; break;
    case KM_NUMBER_SEPARATORS: reason = "has marks between its digits: write dong as plain digits"; break;
    default: break;
    }
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, column), "the budget '%.*s' %s",
                      KM_TEXT_ARG(cell), reason);
}

static kiem_status read_rest(km_budgets *budgets, const km_sheet *sheet, uint32_t row, const columns *at,
                             km_budget *out, km_error *error) {
    km_text facility = km_sheet_cell(sheet, row, at->facility), from = km_sheet_cell(sheet, row, at->from);
    if (facility.length && !read_code(facility, FACILITY_LENGTH, &out->facility)) {
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, at->facility),
                          "'%.*s' is not the code of a facility", KM_TEXT_ARG(facility));
    }
    out->from = km_day_from_civil(out->year, 1, 1);
    if (from.length && !km_iso_date_parse(from, &out->from)) {
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, at->from),
                          "'%.*s' is not a date: write yyyy-mm-dd", KM_TEXT_ARG(from));
    }
    out->decision = km_arena_text(&budgets->arena, km_sheet_cell(sheet, row, at->decision));
    out->line = sheet->lines[row];
    return out->decision.ptr ? KIEM_OK : km_nomem(error);
}

static int compare_subjects(const km_budget *left, const km_budget *right) {
    KM_ORDER_BY(province);
    KM_ORDER_BY(facility);
    KM_ORDER_BY(year);
    KM_ORDER_BY(from);
    return 0;
}

static int compare_rows(const void *a, const void *b, const void *context) {
    (void)context;
    const km_budget *left = a, *right = b;
    int subjects = compare_subjects(left, right);
    if (subjects) return subjects;
    KM_ORDER_BY(line);
    return 0;
}

static kiem_status check_duplicates(const km_budgets *budgets, const km_sheet *sheet, km_error *error) {
    for (uint32_t i = 1; i < budgets->count; i++) {
        const km_budget *row = &budgets->rows[i];
        if (compare_subjects(row - 1, row) != 0) continue;
        km_place place = {sheet->file.ptr, row->line, 0, -1};
        return km_fail_at(
            error, KIEM_E_POLICY, place,
            "line %lld already gives the budget of this province, facility and year from the same day",
            (long long)row[-1].line);
    }
    return KIEM_OK;
}

static kiem_status read_row(km_budgets *budgets, const km_sheet *sheet, uint32_t row, const columns *at,
                            km_province_known known, const void *context, km_error *error) {
    km_budget *out = &budgets->rows[budgets->count];
    *out = (km_budget){0};
    KM_TRY(read_year(sheet, row, at->year, &out->year, error));
    KM_TRY(read_province(sheet, row, at->province, known, context, out, error));
    if (km_sheet_cell(sheet, row, at->amount).length == 0) {
        budgets->without_amount++;
        return KIEM_OK;
    }
    KM_TRY(read_amount(sheet, row, at->amount, &out->amount, error));
    KM_TRY(read_rest(budgets, sheet, row, at, out, error));
    budgets->count++;
    return KIEM_OK;
}

static kiem_status read_rows(km_budgets *budgets, const km_sheet *sheet, km_province_known known,
                             const void *context, km_error *error) {
    columns at = {0};
    KM_TRY(find_columns(sheet, &at, error));
    budgets->rows = km_arena_alloc(&budgets->arena, sheet->rows * sizeof *budgets->rows);
    if (!budgets->rows) return km_nomem(error);
    for (uint32_t row = 0; row < sheet->rows; row++)
        KM_TRY(read_row(budgets, sheet, row, &at, known, context, error));
    km_sort(budgets->rows, budgets->count, sizeof *budgets->rows, compare_rows, NULL);
    return check_duplicates(budgets, sheet, error);
}

kiem_status km_budgets_read(km_budgets *budgets, const km_mem *mem, const km_sheet *sheet,
                            km_province_known known, const void *context, km_error *error) {
    *budgets = (km_budgets){0};
    km_arena_init(&budgets->arena, mem);
    kiem_status status = read_rows(budgets, sheet, known, context, error);
    if (status != KIEM_OK) km_budgets_free(budgets);
    return status;
}

void km_budgets_free(km_budgets *budgets) {
    if (budgets->arena.mem) km_arena_free(&budgets->arena);
    *budgets = (km_budgets){0};
}

const km_budget *km_budgets_find(const km_budgets *budgets, uint64_t province, uint64_t facility, int year,
                                 km_day day) {
    km_budget wanted = {.province = province, .facility = facility, .year = year, .from = day};
    size_t at;
    KM_BISECT(at, budgets->count, compare_subjects(&budgets->rows[at], &wanted) <= 0);
    if (at == 0) return NULL; /* else the last row that is not after the wanted one */
    const km_budget *row = &budgets->rows[at - 1];
    return row->province == province && row->facility == facility && row->year == year ? row : NULL;
}

kiem_status km_utilisation(km_int128 spent, const km_budget *budget, bool *known, int64_t *out,
                           km_error *error) {
    *known = budget && budget->amount > 0;
    *out = 0;
    if (!*known) return KIEM_OK;
    if (!km_decimal_divide(spent, KM_MONEY_SCALE, budget->amount, KM_MONEY_SCALE, KM_UTILISATION_SCALE,
                           out)) {
        return km_fail(error, KIEM_E_RANGE,
                       "the utilisation of a budget does not fit: the budget is too small");
    }
    return KIEM_OK;
}
