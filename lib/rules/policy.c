#include "rules/policy.h"

#include "base/legal_basis.h"

static const char *const severities[] = {"off", "notice", "suspicion", "violation", "error"};
enum { SEVERITY_COUNT = sizeof severities / sizeof severities[0] };

const char *km_severity_name(int severity) {
    return severity >= 0 && severity < SEVERITY_COUNT ? severities[severity] : "unknown";
}

int km_severity_find(km_text name) {
    for (int i = 0; i < SEVERITY_COUNT; i++) {
        if (km_text_equal_fold(name, km_text_from(severities[i]))) return i;
    }
    return -1;
}

void km_policy_init(km_policy *policy, const km_mem *mem) {
    *policy = (km_policy){.mem = mem};
    km_arena_init(&policy->arena, mem);
    km_graph_init(&policy->graph, mem);
    km_code_index_init(&policy->codes, mem);
}

void km_policy_free(km_policy *policy) {
    if (!policy->mem) return;
    for (size_t i = 0; i < policy->lookup_count; i++) {
        km_lookup_free(policy->lookups[i]);
        km_free(policy->mem, policy->lookups[i], sizeof *policy->lookups[i]);
    }
    km_free(policy->mem, policy->lookups, policy->lookup_capacity * sizeof(km_lookup *));
    km_free(policy->mem, policy->terms, policy->term_capacity * sizeof *policy->terms);
    km_free(policy->mem, policy->rules, policy->rule_capacity * sizeof *policy->rules);
    km_code_index_free(&policy->codes);
    km_graph_free(&policy->graph);
    km_arena_free(&policy->arena);
    *policy = (km_policy){0};
}

/* ---- tables */

static size_t find_table(const km_policy *policy, km_text name) {
    size_t i = 0;
    while (i < policy->lookup_count && !km_text_equal_fold(policy->lookups[i]->name, name)) i++;
    return i;
}

bool km_policy_is_off(const km_policy *policy, km_text id) {
    for (size_t i = policy->rule_count; i < policy->rule_count + policy->off_count; i++) {
        if (km_text_equal(policy->rules[i].id, id)) return true;
    }
    return false;
}

const km_lookup *km_policy_table(const km_policy *policy, km_text name) {
    size_t i = find_table(policy, name);
    return i < policy->lookup_count ? policy->lookups[i] : NULL;
}

kiem_status km_policy_add_table(km_policy *policy, km_text name, const km_sheet *schema,
                                const km_sheet *sheet, km_error *error) {
    km_lookup *lookup = km_alloc_zero(policy->mem, sizeof *lookup);
    if (!lookup) return km_nomem(error);
    kiem_status status = km_lookup_build(lookup, policy->mem, name, schema, sheet, error);
    size_t at = find_table(policy, name);
    if (status == KIEM_OK && at == policy->lookup_count &&
        !km_grow(policy->mem, (void **)&policy->lookups, &policy->lookup_capacity, at + 1,
                 sizeof(km_lookup *))) {
        km_lookup_free(lookup);
        status = km_nomem(error);
    }
    if (status != KIEM_OK) {
        km_free(policy->mem, lookup, sizeof *lookup);
        return status;
    }
    if (at < policy->lookup_count) {
        km_lookup_free(policy->lookups[at]);
        km_free(policy->mem, policy->lookups[at], sizeof *lookup);
    } else {
        policy->lookup_count++;
    }
    policy->lookups[at] = lookup;
    return KIEM_OK;
}

/* ---- rows of texts */

/* Copies a cell into the policy; a leading '=' or an apostrophe in front of one comes from a spreadsheet. */
static kiem_status keep(km_policy *policy, const km_sheet *sheet, uint32_t row, int column, km_text *out,
                        km_error *error) {
    *out = km_arena_text(&policy->arena, km_sheet_cell(sheet, row, column));
    return out->ptr ? KIEM_OK : km_nomem(error);
}

/* As it is given, in English, and for readers of Vietnamese. */
static kiem_status keep_basis(km_policy *policy, const km_sheet *sheet, uint32_t row, int column,
                              km_text basis[2], km_error *error) {
    km_buf text;
    KM_TRY(keep(policy, sheet, row, column, &basis[KIEM_LANG_EN], error));
    km_buf_init(&text, policy->mem);
    km_legal_basis_vi(basis[KIEM_LANG_EN], &text);
    const bool good = km_buf_ok(&text);
    if (good) basis[KIEM_LANG_VI] = km_arena_text(&policy->arena, km_buf_view(&text));
    km_buf_free(&text);
    return good && basis[KIEM_LANG_VI].ptr ? KIEM_OK : km_nomem(error);
}

static kiem_status read_scope(const km_sheet *sheet, uint32_t row, int column, km_scope *out,
                              km_error *error) {
    int scope = km_scope_find(km_sheet_cell(sheet, row, column));
    *out = scope >= 0 ? (km_scope)scope : KM_SCOPE_CLAIM;
    if (scope >= 0) return KIEM_OK;
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, column),
                      "scope '%.*s' is not one of claim, drug, service, card, facility, province, "
                      "patient, doctor, machine",
                      KM_TEXT_ARG(km_sheet_cell(sheet, row, column)));
}

static bool is_name(km_text text) {
    for (size_t i = 0; i < text.length; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
        if (!letter && !(i && c >= '0' && c <= '9')) return false;
    }
    return text.length > 0;
}

/* A term takes the place of one of an earlier file; twice in one file would hide the first. */
static kiem_status add_term(km_policy *policy, const km_term *term, km_error *error) {
    size_t at = 0;
    while (at < policy->term_count && !km_text_equal_fold(policy->terms[at].name, term->name)) at++;
    if (at < policy->term_count && policy->terms[at].place.file == term->place.file) {
        return km_fail_at(error, KIEM_E_POLICY, term->place, "'%.*s' is on line %lld too",
                          KM_TEXT_ARG(term->name), (long long)policy->terms[at].place.line);
    }
    if (at == policy->term_count) {
        if (!km_grow(policy->mem, (void **)&policy->terms, &policy->term_capacity, at + 1,
                     sizeof *policy->terms))
            return km_nomem(error);
        policy->term_count++;
    }
    policy->terms[at] = *term;
    return KIEM_OK;
}

kiem_status km_policy_add_terms(km_policy *policy, const km_sheet *sheet, bool columns, km_error *error) {
    int name, scope, expression;
    KM_TRY(km_sheet_need(sheet, "name", &name, error));
    KM_TRY(km_sheet_need(sheet, "scope", &scope, error));
    KM_TRY(km_sheet_need(sheet, "expression", &expression, error));
    km_text file = km_arena_text(&policy->arena, sheet->file);
    if (!file.ptr) return km_nomem(error);
    for (uint32_t row = 0; row < sheet->rows; row++) {
        km_term term = {
            .place = {file.ptr, sheet->lines[row], 1, -1}, .is_column = columns, .node = KM_NODE_NONE};
        KM_TRY(keep(policy, sheet, row, name, &term.name, error));
        KM_TRY(keep(policy, sheet, row, expression, &term.expression, error));
        KM_TRY(
            keep(policy, sheet, row, km_sheet_find(sheet, KM_TEXT("meaning_vi")), &term.meaning_vi, error));
        KM_TRY(
            keep(policy, sheet, row, km_sheet_find(sheet, KM_TEXT("meaning_en")), &term.meaning_en, error));
        KM_TRY(keep(policy, sheet, row, km_sheet_find(sheet, KM_TEXT("basis")), &term.basis, error));
        KM_TRY(read_scope(sheet, row, scope, &term.scope, error));
        bool taken = km_field_find(term.scope, term.name) >= 0 || km_policy_table(policy, term.name);
        if (!is_name(term.name) || taken) {
            return km_fail_at(
                error, KIEM_E_POLICY, km_sheet_place(sheet, row, name), "'%.*s' %s", KM_TEXT_ARG(term.name),
                taken ? "is a field or a table already" : "is not a name (letters, digits and _)");
        }
        KM_TRY(add_term(policy, &term, error));
    }
    return KIEM_OK;
}

/* ---- rules */

enum {
    COL_ID,
    COL_SCOPE,
    COL_SEVERITY,
    COL_CONDITION,
    COL_BASIS,
    COL_VI,
    COL_EN,
    COL_REQUIRED,
    COL_UNLESS = COL_REQUIRED,
    COL_FROM,
    COL_TO,
    COL_DATE_BASIS,
    COL_AMOUNT,
    COL_PATIENT,
    COL_CAUSE,
    COL_COUNT
};

static const char *const rule_columns[COL_COUNT] = {
    "id",     "scope",          "severity",     "condition",  "basis",  "message_vi",     "message_en",
    "unless", "effective_from", "effective_to", "date_basis", "amount", "amount_patient", "cause"};

/* A list of rules to switch off needs no more than their ids. */
static bool only_switches_off(const km_sheet *sheet) {
    int column = km_sheet_find(sheet, KM_TEXT("severity"));
    for (uint32_t row = 0; row < sheet->rows; row++) {
        if (km_severity_find(km_sheet_cell(sheet, row, column)) != KIEM_SEVERITY_OFF) return false;
    }
    return sheet->rows > 0;
}

static kiem_status find_columns(const km_sheet *sheet, int at[COL_COUNT], km_error *error) {
    int required = only_switches_off(sheet) ? COL_ID + 1 : COL_REQUIRED;
    for (int i = 0; i < COL_COUNT; i++) {
        at[i] = km_sheet_find(sheet, km_text_from(rule_columns[i]));
        if (at[i] < 0 && i < required) KM_TRY(km_sheet_need(sheet, rule_columns[i], &at[i], error));
    }
    for (uint32_t column = 0; column < sheet->columns;
         column++) { /* a misspelt optional column must not be lost */
        km_nearest nearest;
        bool known = km_text_equal_fold(sheet->header[column], KM_TEXT("note"));
        for (int i = 0; i < COL_COUNT; i++) known = known || at[i] == (int)column;
        if (known) continue;
        km_nearest_init(&nearest, sheet->header[column]);
        for (int i = 0; i < COL_COUNT; i++) km_nearest_offer(&nearest, km_text_from(rule_columns[i]));
        return km_fail_at(error, KIEM_E_POLICY, km_at(sheet->file.ptr, 1, (int64_t)column + 1),
                          "rules have no column '%.*s'%s", KM_TEXT_ARG(sheet->header[column]),
                          km_nearest_hint(&nearest).text);
    }
    return KIEM_OK;
}

static kiem_status read_date(const km_sheet *sheet, uint32_t row, int column, km_day missing, km_day *out,
                             km_error *error) {
    km_text cell = km_sheet_cell(sheet, row, column);
    *out = missing;
    if (!cell.length || km_iso_date_parse(cell, out)) return KIEM_OK;
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, column),
                      "'%.*s' is not a date; write yyyy-mm-dd, its year from 1900 to 2199",
                      KM_TEXT_ARG(cell));
}

static kiem_status read_severity(const km_sheet *sheet, uint32_t row, int column, int *out, km_error *error) {
    *out = km_severity_find(km_sheet_cell(sheet, row, column));
    if (*out >= 0) return KIEM_OK;
    km_text cell = km_sheet_cell(sheet, row, column);
    km_nearest nearest;
    km_nearest_init(&nearest, cell);
    for (int i = 0; i < SEVERITY_COUNT; i++) km_nearest_offer(&nearest, km_text_from(severities[i]));
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, column),
                      "severity '%.*s' is not one of error, violation, suspicion, notice, off%s",
                      KM_TEXT_ARG(cell), km_nearest_hint(&nearest).text);
}

static kiem_status read_rule(km_policy *policy, const km_sheet *sheet, uint32_t row, const int at[COL_COUNT],
                             km_rule *rule, km_error *error) {
    KM_TRY(keep(policy, sheet, row, at[COL_ID], &rule->id, error));
    KM_TRY(keep(policy, sheet, row, at[COL_CONDITION], &rule->condition_text, error));
    KM_TRY(keep(policy, sheet, row, at[COL_UNLESS], &rule->unless_text, error));
    KM_TRY(keep(policy, sheet, row, at[COL_AMOUNT], &rule->amount_text, error));
    KM_TRY(keep(policy, sheet, row, at[COL_PATIENT], &rule->amount_patient_text, error));
    KM_TRY(keep(policy, sheet, row, at[COL_DATE_BASIS], &rule->date_basis_text, error));
    KM_TRY(keep_basis(policy, sheet, row, at[COL_BASIS], rule->basis, error));
    KM_TRY(keep(policy, sheet, row, at[COL_CAUSE], &rule->cause, error));
    KM_TRY(keep(policy, sheet, row, at[COL_VI], &rule->message_text[KIEM_LANG_VI], error));
    KM_TRY(keep(policy, sheet, row, at[COL_EN], &rule->message_text[KIEM_LANG_EN], error));
    KM_TRY(read_severity(sheet, row, at[COL_SEVERITY], &rule->severity, error));
    if (!rule->id.length)
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, at[COL_ID]), "the rule has no id");
    if (rule->severity == KIEM_SEVERITY_OFF) return KIEM_OK; /* the other cells may be empty */
    KM_TRY(read_scope(sheet, row, at[COL_SCOPE], &rule->scope, error));
    KM_TRY(read_date(sheet, row, at[COL_FROM], INT32_MIN, &rule->from, error));
    KM_TRY(read_date(sheet, row, at[COL_TO], INT32_MAX, &rule->to, error));
    static const int wanted[] = {COL_CONDITION, COL_BASIS, COL_VI, COL_EN};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (km_sheet_cell(sheet, row, at[wanted[i]]).length) continue;
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, at[wanted[i]]),
                          "rule %.*s: %s is empty", KM_TEXT_ARG(rule->id), rule_columns[wanted[i]]);
    }
    if (rule->to >= rule->from) return KIEM_OK;
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, at[COL_TO]),
                      "rule %.*s can never apply: effective_to is before effective_from",
                      KM_TEXT_ARG(rule->id));
}

/* Versions of one rule in one sheet must not be in force on the same day. */
static kiem_status check_versions(const km_policy *policy, size_t first, const km_sheet *sheet, uint32_t row,
                                  km_error *error) {
    const km_rule *rule = &policy->rules[policy->rule_count - 1];
    for (size_t i = first; i + 1 < policy->rule_count; i++) {
        const km_rule *other = &policy->rules[i];
        if (!km_text_equal(other->id, rule->id)) continue;
        if (other->to < rule->from || rule->to < other->from) continue;
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, -1),
                          "rule %.*s is on line %lld too, and both are in force on the same day",
                          KM_TEXT_ARG(rule->id), (long long)other->line);
    }
    return KIEM_OK;
}

/* A misspelt id must not leave the rule that was meant running. */
static kiem_status no_rule_to_switch_off(const km_policy *policy, const km_sheet *sheet, uint32_t row,
                                         int column, km_error *error) {
    km_text id = km_sheet_cell(sheet, row, column);
    km_nearest nearest;
    km_nearest_init(&nearest, id);
    for (size_t i = 0; i < policy->rule_count; i++) km_nearest_offer(&nearest, policy->rules[i].id);
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, column),
                      "there is no rule '%.*s' to switch off%s", KM_TEXT_ARG(id),
                      km_nearest_hint(&nearest).text);
}

static void drop_earlier(km_policy *policy, size_t before, km_text id, size_t *first) {
    size_t kept = 0;
    for (size_t i = 0; i < policy->rule_count; i++) {
        bool drop = i < before && km_text_equal(policy->rules[i].id, id);
        if (kept < i && !drop) policy->rules[kept] = policy->rules[i];
        if (drop) --*first;
        kept += !drop;
    }
    policy->rule_count = kept;
}

kiem_status km_policy_add_rules(km_policy *policy, const km_sheet *sheet, km_error *error) {
    int at[COL_COUNT];
    size_t first = policy->rule_count;
    KM_TRY(find_columns(sheet, at, error));
    km_text file = km_arena_text(&policy->arena, sheet->file);
    if (!file.ptr) return km_nomem(error);
    for (uint32_t row = 0; row < sheet->rows; row++) {
        km_rule rule = {.file = file, .line = sheet->lines[row], .from = INT32_MIN, .to = INT32_MAX};
        KM_TRY(read_rule(policy, sheet, row, at, &rule, error));
        size_t before = policy->rule_count;
        drop_earlier(policy, first, rule.id, &first);
        if (rule.severity == KIEM_SEVERITY_OFF && policy->rule_count == before)
            return no_rule_to_switch_off(policy, sheet, row, at[COL_ID], error);
        if (!km_grow(policy->mem, (void **)&policy->rules, &policy->rule_capacity, policy->rule_count + 1,
                     sizeof *policy->rules)) {
            return km_nomem(error);
        }
        policy->rules[policy->rule_count++] = rule;
        KM_TRY(check_versions(policy, first, sheet, row, error));
    }
    return KIEM_OK;
}
