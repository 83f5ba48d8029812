#include "engine/policy/catalogue.h"

#include "rules/token.h"

enum {
    ID,
    SCOPE,
    SEVERITY,
    CONDITION,
    UNLESS,
    FROM,
    TO,
    DATE_BASIS,
    AMOUNT,
    AMOUNT_PATIENT,
    CAUSE,
    BASIS,
    VI,
    EN,
    RULE_FILE,
    LINE,
    READS,
    COST,
    BASIS_VI,
    TERMS_VI,
    TERMS_EN
};

static const km_result_spec specs[] = {{"id", KM_TYPE_TEXT, 0},           {"scope", KM_TYPE_TEXT, 0},
                                       {"severity", KM_TYPE_TEXT, 0},     {"condition", KM_TYPE_TEXT, 0},
                                       {"unless", KM_TYPE_TEXT, 0},       {"effective_from", KM_TYPE_DATE, 0},
                                       {"effective_to", KM_TYPE_DATE, 0}, {"date_basis", KM_TYPE_TEXT, 0},
                                       {"amount", KM_TYPE_TEXT, 0},       {"amount_patient", KM_TYPE_TEXT, 0},
                                       {"cause", KM_TYPE_TEXT, 0},        {"basis", KM_TYPE_TEXT, 0},
                                       {"message_vi", KM_TYPE_TEXT, 0},   {"message_en", KM_TYPE_TEXT, 0},
                                       {"file", KM_TYPE_TEXT, 0},         {"line", KM_TYPE_NUMBER, 0},
                                       {"reads", KM_TYPE_TEXT, 0},        {"cost", KM_TYPE_NUMBER, 0},
                                       {"basis_vi", KM_TYPE_TEXT, 0},     {"terms_vi", KM_TYPE_TEXT, 0},
                                       {"terms_en", KM_TYPE_TEXT, 0}};

static void put(km_result *out, int column, km_text text) {
    if (text.length) km_result_text(out, column, text);
}

/* "T_BHTT; drug.MA_THUOC" */
static kiem_status put_reads(km_result *out, const km_rule *rule, km_error *error) {
    km_buf text;
    km_buf_init(&text, out->mem);
    for (int scope = 0; scope < KM_SCOPE_COUNT; scope++) {
        int count;
        const km_field *fields = km_fields((km_scope)scope, &count);
        for (int i = 0; i < count; i++) {
            if (!km_fieldset_has(&rule->all_reads.fields[scope], i)) continue;
            if (text.length) km_buf_string(&text, "; ");
            if (scope != KM_SCOPE_CLAIM)
                km_buf_string(&text, km_scope_name((km_scope)scope)), km_buf_char(&text, '.');
            km_buf_string(&text, fields[i].name);
        }
    }
    bool good = km_buf_ok(&text);
    if (good) put(out, READS, km_buf_view(&text));
    km_buf_free(&text);
    return good ? KIEM_OK : km_nomem(error);
}

/* Whether the expression names the term itself. */
static bool names_it(km_text expression, km_text name) {
    size_t offset = 0;
    for (;;) {
        km_token token = km_token_next(expression, &offset);
        if (token.kind == KM_TOKEN_END || token.kind == KM_TOKEN_BAD) return false;
        if (token.kind == KM_TOKEN_NAME && km_text_equal_fold(token.text, name)) return true;
    }
}

/* "bed_days: bed days that the fund pays; ..." */
static kiem_status put_terms(km_result *out, int column, const km_names *names, const km_rule *rule,
                             km_error *error) {
    const km_text parts[] = {rule->condition_text, rule->unless_text, rule->amount_text,
                             rule->amount_patient_text};
    km_buf text;
    km_buf_init(&text, out->mem);
    for (size_t i = 0; i < names->term_count; i++) {
        const km_term *term = &names->terms[i];
        bool used = false;
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
            used = used || names_it(parts[k], term->name);
        if (!used) continue;
        if (text.length) km_buf_string(&text, "; ");
        km_buf_text(&text, term->name);
        km_buf_string(&text, ": ");
        km_buf_text(&text, column == TERMS_VI ? term->meaning_vi : term->meaning_en);
    }
    bool good = km_buf_ok(&text);
    if (good) put(out, column, km_buf_view(&text));
    km_buf_free(&text);
    return good ? KIEM_OK : km_nomem(error);
}

static kiem_status put_rule(km_result *out, const km_names *names, const km_rule *rule, km_error *error) {
    put(out, ID, rule->id);
    put(out, SCOPE, km_text_from(km_scope_name(rule->scope)));
    put(out, SEVERITY, km_text_from(km_severity_name(rule->severity)));
    put(out, CONDITION, rule->condition_text);
    put(out, UNLESS, rule->unless_text);
    if (rule->from != INT32_MIN) km_result_int(out, FROM, rule->from);
    if (rule->to != INT32_MAX) km_result_int(out, TO, rule->to);
    put(out, DATE_BASIS, rule->date_basis_text.length ? rule->date_basis_text : KM_TEXT("NGAY_RA"));
    put(out, AMOUNT, rule->amount_text);
    put(out, AMOUNT_PATIENT, rule->amount_patient_text);
    put(out, CAUSE, rule->cause);
    put(out, BASIS, rule->basis[KIEM_LANG_EN]);
    put(out, BASIS_VI, rule->basis[KIEM_LANG_VI]);
    put(out, VI, rule->message_text[KIEM_LANG_VI]);
    put(out, EN, rule->message_text[KIEM_LANG_EN]);
    put(out, RULE_FILE, rule->file);
    km_result_int(out, LINE, rule->line);
    km_result_int(out, COST, (int64_t)rule->all_reads.cost);
    KM_TRY(put_reads(out, rule, error));
    KM_TRY(put_terms(out, TERMS_VI, names, rule, error));
    KM_TRY(put_terms(out, TERMS_EN, names, rule, error));
    return km_result_end_row(out, error);
}

kiem_status km_catalogue(const km_policy *policy, const km_mem *mem, km_result *out, km_error *error) {
    KM_TRY(km_result_init(out, mem, "rules", specs, (int)(sizeof specs / sizeof specs[0]), error));
    kiem_status status = KIEM_OK;
    for (size_t i = 0; i < policy->rule_count && status == KIEM_OK; i++)
        status = put_rule(out, &policy->names, &policy->rules[i], error);
    if (status != KIEM_OK) km_result_free(out);
    return status;
}
