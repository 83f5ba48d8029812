#include "engine/policy/examples.h"

#include <string.h>

#include "ingest/row_builder.h"
#include "rules/judge.h"

enum { RULE, EXPECTED, GOT, PASSED, CLAIM, DRUGS, SERVICES, NOTE, EXAMPLE_FILE, LINE, RESULT_COLUMNS };

static const km_result_spec specs[RESULT_COLUMNS] = {
    {"rule", KM_TYPE_TEXT, 0},     {"expected", KM_TYPE_TEXT, 0}, {"got", KM_TYPE_TEXT, 0},
    {"passed", KM_TYPE_BOOL, 0},   {"claim", KM_TYPE_TEXT, 0},    {"drugs", KM_TYPE_TEXT, 0},
    {"services", KM_TYPE_TEXT, 0}, {"note", KM_TYPE_TEXT, 0},     {"file", KM_TYPE_TEXT, 0},
    {"line", KM_TYPE_NUMBER, 0}};

void km_examples_init(km_examples *examples, const km_mem *mem) {
    *examples = (km_examples){.mem = mem};
}

void km_examples_free(km_examples *examples) {
    if (!examples->mem) return;
    for (size_t i = 0; i < examples->count; i++) km_sheet_free(&examples->sheets[i]);
    km_free(examples->mem, examples->sheets, examples->capacity * sizeof *examples->sheets);
    *examples = (km_examples){0};
}

kiem_status km_examples_add(km_examples *examples, km_sheet *sheet, km_error *error) {
    static const char *const needed[] = {"rule", "fires", "claim", "drugs", "services", "note"};
    int column;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        KM_TRY(km_sheet_need(sheet, needed[i], &column, error));
    if (!km_grow(examples->mem, (void **)&examples->sheets, &examples->capacity, examples->count + 1,
                 sizeof *examples->sheets)) {
        return km_nomem(error);
    }
    examples->sheets[examples->count++] = *sheet;
    *sheet = (km_sheet){0};
    return KIEM_OK;
}

/* ---- reading a row */

static km_text cell(const km_sheet *sheet, uint32_t row, const char *column) {
    return km_sheet_cell(sheet, row, km_sheet_find(sheet, km_text_from(column)));
}

/* "NAME=value | NAME=value": the next pair; false after the last. */
static bool next_pair(km_text *rest, km_text *name, km_text *value) {
    km_text part;
    do {
        if (!km_text_split(rest, '|', &part)) return false;
        part = km_text_trim(part);
    } while (!part.length);
    *value = part;
    if (!km_text_split(value, '=', name)) return false;
    *name = km_text_trim(*name);
    *value = value->ptr ? km_text_trim(*value) : (km_text){"", 0};
    return true;
}

/* Lines are separated by " // ". */
static bool next_line(km_text *rest, km_text *line) {
    if (!rest->ptr || !rest->length) return false;
    for (size_t i = 0; i + 4 <= rest->length; i++) {
        if (memcmp(rest->ptr + i, " // ", 4) != 0) continue;
        *line = (km_text){rest->ptr, i};
        *rest = (km_text){rest->ptr + i + 4, rest->length - i - 4};
        return true;
    }
    *line = *rest;
    *rest = (km_text){NULL, 0};
    return true;
}

static bool is_prefixed(km_text text, km_text prefix, km_text name) {
    return km_text_starts(text, prefix) && text.length == prefix.length + name.length &&
           memcmp(text.ptr + prefix.length, name.ptr, name.length) == 0;
}

static bool is_example(km_text rule) {
    return rule.length && !km_text_starts(rule, KM_TEXT("base:")) && !km_text_starts(rule, KM_TEXT("table:"));
}

/* ---- rows for reference tables */

static void put_csv(km_buf *out, km_text value) {
    km_buf_char(out, '"');
    for (size_t i = 0; i < value.length; i++) {
        if (value.ptr[i] == '"') km_buf_char(out, '"');
        km_buf_char(out, value.ptr[i]);
    }
    km_buf_char(out, '"');
}

enum { TABLE_COLUMNS_MAX = 32 };

static int find_name(const km_text *names, int count, km_text name) {
    for (int i = 0; i < count; i++) {
        if (km_text_equal_fold(names[i], name)) return i;
    }
    return -1;
}

static kiem_status note_columns(const km_sheet *sheet, uint32_t row, km_text *names, int *count,
                                km_error *error) {
    km_text rest = cell(sheet, row, "claim"), name, value;
    while (next_pair(&rest, &name, &value)) {
        if (find_name(names, *count, name) >= 0) continue;
        if (*count == TABLE_COLUMNS_MAX) {
            return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, -1),
                              "more than %d columns in an example's table", TABLE_COLUMNS_MAX);
        }
        names[(*count)++] = name;
    }
    return KIEM_OK;
}

static void put_table_row(const km_sheet *sheet, uint32_t row, const km_text *names, int count, km_buf *out) {
    km_text values[TABLE_COLUMNS_MAX] = {{0}}, rest = cell(sheet, row, "claim"), name, value;
    while (next_pair(&rest, &name, &value)) values[find_name(names, count, name)] = value;
    for (int i = 0; i < count; i++) {
        if (i) km_buf_char(out, ',');
        put_csv(out, values[i].ptr ? values[i] : (km_text){"", 0});
    }
    km_buf_char(out, '\n');
}

kiem_status km_examples_table(const km_examples *examples, km_text table, km_buf *out, km_error *error) {
    km_text names[TABLE_COLUMNS_MAX];
    int count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < examples->count; i++) {
            const km_sheet *sheet = &examples->sheets[i];
            for (uint32_t row = 0; row < sheet->rows; row++) {
                if (!is_prefixed(cell(sheet, row, "rule"), KM_TEXT("table:"), table)) continue;
                if (pass == 0) KM_TRY(note_columns(sheet, row, names, &count, error));
                if (pass == 1) put_table_row(sheet, row, names, count, out);
            }
        }
        for (int c = 0; c < count && pass == 0; c++) {
            if (c) km_buf_char(out, ',');
            put_csv(out, names[c]);
        }
        if (count && pass == 0) km_buf_char(out, '\n');
    }
    return km_buf_ok(out) ? KIEM_OK : km_nomem(error);
}

/* ---- one example */

typedef struct example {
    const km_policy *policy;
    const km_examples *all;
    const km_sheet *sheet;
    uint32_t row;
    km_scope scope; /* of the rule */
    km_row_builder
        rows[KM_SCOPE_COUNT]; /* claim, drugs, services; or the facility or province the rule is about */
    km_fieldset present[KM_SCOPE_COUNT];
    const uint32_t *parent;
    uint32_t *first;
    km_input input;
} example;

enum { BASE_DEPTH_MAX = 4 };

static kiem_status refuse(const km_sheet *sheet, uint32_t row, const char *what, km_text name,
                          km_error *error) {
    return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, -1), "%s '%.*s'", what,
                      KM_TEXT_ARG(name));
}

static kiem_status set_base(example *e, km_text name, int depth, km_error *error);

static kiem_status set_pairs(example *e, const km_sheet *sheet, uint32_t row, km_row_builder *builder,
                             km_text pairs, int depth, km_error *error) {
    const km_text base = KM_TEXT("base:");
    km_text name, value;
    while (next_pair(&pairs, &name, &value)) {
        if (km_text_starts(name, base)) {
            name = (km_text){name.ptr + base.length, name.length - base.length};
            if (depth == BASE_DEPTH_MAX)
                return refuse(sheet, row, "bases lead back to themselves:", name, error);
            KM_TRY(set_base(e, name, depth + 1, error));
            continue;
        }
        kiem_status status = km_row_builder_set(builder, name, value, error);
        if (status == KIEM_E_NOT_FOUND)
            return refuse(sheet, row, "the example has an unknown field", name, error);
        KM_TRY(status);
    }
    return KIEM_OK;
}

/* The claim of the row "base:NAME", from whichever sheet has it. */
static kiem_status set_base(example *e, km_text name, int depth, km_error *error) {
    for (size_t i = 0; i < e->all->count; i++) {
        const km_sheet *sheet = &e->all->sheets[i];
        for (uint32_t row = 0; row < sheet->rows; row++) {
            if (!is_prefixed(cell(sheet, row, "rule"), KM_TEXT("base:"), name)) continue;
            return set_pairs(e, sheet, row, &e->rows[KM_SCOPE_CLAIM], cell(sheet, row, "claim"), depth,
                             error);
        }
    }
    return refuse(e->sheet, e->row, "there is no base claim", name, error);
}

/* Every column a file could have. */
static km_fieldset all_columns(km_scope scope) {
    km_fieldset set = {0};
    int count;
    const km_field *fields = km_fields(scope, &count);
    for (int i = 0; i < count; i++) {
        if (!(fields[i].flags & KM_FIELD_COMPUTED)) km_fieldset_add(&set, i);
    }
    return set;
}

/* The lines of one detail table: "" for none given, "-" for a table without lines. */
static kiem_status set_lines(example *e, km_scope scope, km_text lines, km_error *error) {
    km_row_builder *builder = &e->rows[scope];
    km_text line;
    if (!lines.length) return KIEM_OK;
    if (km_text_equal(lines, KM_TEXT("-"))) {
        e->present[scope] = all_columns(scope);
        KM_TRY(km_batch_init(&builder->batch, e->policy->mem, scope, &e->present[scope], 1, error));
    } else {
        while (next_line(&lines, &line)) {
            KM_TRY(set_pairs(e, e->sheet, e->row, builder, line, 0, error));
            KM_TRY(km_row_builder_end(builder, error));
        }
        e->present[scope] = builder->batch.present;
    }
    e->first[2 * scope] = 0;
    e->first[2 * scope + 1] = builder->batch.rows;
    e->input.set[scope] =
        (km_rowset){.batch = &builder->batch, .parent = e->parent, .first = e->first + 2 * scope};
    return KIEM_OK;
}

/* A facility or a province: a row of its own, the child of a claim without columns. */
static kiem_status build_entity(example *e, km_error *error) {
    km_row_builder *claim = &e->rows[KM_SCOPE_CLAIM], *entity = &e->rows[e->scope];
    KM_TRY(km_row_builder_end(claim, error));
    KM_TRY(set_pairs(e, e->sheet, e->row, entity, cell(e->sheet, e->row, "claim"), 0, error));
    KM_TRY(km_row_builder_end(entity, error));
    e->present[e->scope] = entity->batch.present;
    e->first[1] = 1;
    e->input.set[KM_SCOPE_CLAIM] = (km_rowset){.batch = &claim->batch};
    e->input.set[e->scope] = (km_rowset){.batch = &entity->batch, .parent = e->parent, .first = e->first};
    return KIEM_OK;
}

static kiem_status build(example *e, km_error *error) {
    if (e->scope >= KM_SCOPE_FACILITY) return build_entity(e, error);
    km_row_builder *claim = &e->rows[KM_SCOPE_CLAIM];
    KM_TRY(set_pairs(e, e->sheet, e->row, claim, cell(e->sheet, e->row, "claim"), 0, error));
    KM_TRY(km_row_builder_end(claim, error));
    KM_TRY(set_lines(e, KM_SCOPE_DRUG, cell(e->sheet, e->row, "drugs"), error));
    KM_TRY(set_lines(e, KM_SCOPE_SERVICE, cell(e->sheet, e->row, "services"), error));
    e->present[KM_SCOPE_CLAIM] = claim->batch.present;
    e->present[KM_SCOPE_CARD] = km_card_fields_from(&claim->batch.present);
    e->input.set[KM_SCOPE_CLAIM] = (km_rowset){.batch = &claim->batch};
    return KIEM_OK;
}

/* ---- the outcome */

typedef struct outcome {
    bool found, runs;
    int severity; /* of the strongest hit, or -1 */
    km_missing missing;
} outcome;

static outcome outcome_of(const km_rule_judge *judge, const km_plan *plan, km_text id) {
    outcome got = {.severity = -1};
    for (size_t i = 0; i < judge->policy->rule_count; i++) {
        if (!km_text_equal(judge->policy->rules[i].id, id)) continue;
        got.found = true;
        got.runs = got.runs || plan->rules[i].runs;
        if (!plan->rules[i].runs && !plan->rules[i].foreign) got.missing = plan->rules[i].missing;
    }
    for (size_t i = 0; i < judge->hit_count; i++) {
        bool own = km_text_equal(judge->policy->rules[judge->hits[i].rule].id, id);
        if (own && judge->hits[i].severity > got.severity) got.severity = judge->hits[i].severity;
    }
    return got;
}

/* As the expectation is written: "1" and "0", or the severity. A rule that does not run has judged nothing.
 */
static bool tell(const outcome *got, km_text expected, km_buf *out) {
    bool by_severity = km_severity_find(expected) >= 0;
    if (!got->runs) {
        km_buf_string(out, "not run");
    } else if (by_severity && got->severity >= 0) {
        km_buf_string(out, km_severity_name(got->severity));
    } else {
        km_buf_char(out, got->severity >= 0 ? '1' : '0');
    }
    bool passed = km_text_equal(km_buf_view(out), expected);
    if (!passed && !got->runs) {
        km_buf_string(out, ": ");
        km_missing_name(out, &got->missing);
    }
    return passed;
}

static kiem_status put_row(const example *e, const outcome *got, km_result *out, km_error *error) {
    static const char *const copied[RESULT_COLUMNS] = {
        [RULE] = "rule",   [EXPECTED] = "fires",    [CLAIM] = "claim",
        [DRUGS] = "drugs", [SERVICES] = "services", [NOTE] = "note"};
    km_buf text;
    for (int i = 0; i < RESULT_COLUMNS; i++) {
        if (copied[i]) km_result_text(out, i, cell(e->sheet, e->row, copied[i]));
    }
    km_buf_init(&text, e->policy->mem);
    km_result_int(out, PASSED, tell(got, cell(e->sheet, e->row, "fires"), &text));
    bool good = km_buf_ok(&text);
    if (good) km_result_text(out, GOT, km_buf_view(&text));
    km_buf_free(&text);
    km_result_text(out, EXAMPLE_FILE, e->sheet->file);
    km_result_int(out, LINE, e->sheet->lines[e->row]);
    return good ? km_result_end_row(out, error) : km_nomem(error);
}

static kiem_status judge_example(example *e, km_rule_judge *judge, km_result *out, km_error *error) {
    km_plan plan = {0};
    uint64_t standard[KM_SCOPE_COUNT] = {0};
    km_text id = cell(e->sheet, e->row, "rule");
    for (size_t i = 0; i < e->policy->rule_count; i++) {
        if (km_text_equal(e->policy->rules[i].id, id)) e->scope = e->policy->rules[i].scope;
    }
    kiem_status status = build(e, error);
    for (int scope = 0; scope <= KM_SCOPE_SERVICE; scope++) {
        const km_batch *batch = e->input.set[scope].batch;
        int field = km_field_find((km_scope)scope, KM_TEXT("STANDARD"));
        if (batch && batch->rows) standard[scope] = (uint64_t)km_batch_int(batch, field, 0, 0);
    }
    if (status == KIEM_OK) status = km_plan_bind(&plan, e->policy, e->present, standard, error);
    for (size_t i = 0; status == KIEM_OK && i < e->policy->rule_count; i++) /* the others say nothing here */
        plan.rules[i].runs = plan.rules[i].runs && km_text_equal(e->policy->rules[i].id, id);
    if (status == KIEM_OK) status = km_rule_judge_batch(judge, &plan, &e->input, error);
    if (status == KIEM_OK) {
        outcome got = outcome_of(judge, &plan, id);
        status = got.found ? put_row(e, &got, out, error)
                           : refuse(e->sheet, e->row, "there is no rule", id, error);
    }
    km_rule_judge_settle(judge);
    km_plan_free(&plan);
    return status;
}

static kiem_status run_row(const km_examples *examples, const km_sheet *sheet, uint32_t row,
                           km_rule_judge *judge, km_result *out, km_error *error) {
    static const uint32_t parent[KM_BATCH_ROWS]; /* one claim: all lines are its own */
    uint32_t first[2 * (KM_SCOPE_SERVICE + 1)] = {0};
    example e = {.policy = judge->policy,
                 .all = examples,
                 .sheet = sheet,
                 .row = row,
                 .parent = parent,
                 .first = first};
    for (int i = 0; i < KM_SCOPE_COUNT; i++)
        km_row_builder_init(&e.rows[i], examples->mem, (km_scope)i, true);
    kiem_status status = judge_example(&e, judge, out, error);
    for (int i = 0; i < KM_SCOPE_COUNT; i++) km_row_builder_free(&e.rows[i]);
    return status;
}

static kiem_status check_rule(const km_policy *policy, km_text id, km_error *error) {
    km_nearest nearest;
    km_nearest_init(&nearest, id);
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (km_text_equal(policy->rules[i].id, id)) return KIEM_OK;
        km_nearest_offer(&nearest, policy->rules[i].id);
    }
    return km_fail(error, KIEM_E_NOT_FOUND, "there is no rule '%.*s'%s", KM_TEXT_ARG(id),
                   km_nearest_hint(&nearest).text);
}

kiem_status km_examples_run(const km_examples *examples, const km_policy *policy, km_text only,
                            km_result *out, km_error *error) {
    km_rule_judge judge;
    if (only.length) KM_TRY(check_rule(policy, only, error));
    KM_TRY(km_result_init(out, examples->mem, "examples", specs, RESULT_COLUMNS, error));
    kiem_status status = km_rule_judge_init(&judge, examples->mem, policy, error);
    for (size_t i = 0; i < examples->count; i++) {
        const km_sheet *sheet = &examples->sheets[i];
        for (uint32_t row = 0; row < sheet->rows && status == KIEM_OK; row++) {
            km_text rule = cell(sheet, row, "rule");
            if (is_example(rule) && (!only.length || km_text_equal(rule, only)) &&
                !km_policy_is_off(policy, rule))
                status = run_row(examples, sheet, row, &judge, out, error);
        }
    }
    km_rule_judge_free(&judge);
    if (status != KIEM_OK) km_result_free(out);
    return status;
}
