#include "engine/shortlist.h"

#include <string.h>

#include "base/sort.h"
#include "rules/policy.h"

void km_shortlist_init(km_shortlist *shortlist, const km_mem *mem) {
    *shortlist = (km_shortlist){.mem = mem, .most = KM_SHORTLIST_LENGTH};
    km_buf_init(&shortlist->text, mem);
}

static void free_claim(const km_shortlist *shortlist, km_short_claim *claim) {
    km_free(shortlist->mem, claim->bytes, claim->end[KM_SHORT_TEXTS - 1]);
}

void km_shortlist_free(km_shortlist *shortlist) {
    for (int severity = 0; severity <= KIEM_SEVERITY_ERROR; severity++) {
        km_short_claims *claims = &shortlist->of[severity];
        for (size_t i = 0; i < claims->count; i++) free_claim(shortlist, &claims->list[i]);
        km_free(shortlist->mem, claims->list, claims->capacity * sizeof *claims->list);
    }
    km_buf_free(&shortlist->text);
    km_shortlist_init(shortlist, shortlist->mem);
}

static km_text text_of(const km_short_claim *claim, km_short_text which) {
    const uint32_t start = which ? claim->end[which - 1] : 0;
    return (km_text){claim->bytes + start, claim->end[which] - start};
}

/* Most money first; then by what names the claim, so that the order is one for all orders of the input. */
static int compare(const km_short_claim *a, const km_short_claim *b) {
    if (a->at_risk != b->at_risk) return a->at_risk > b->at_risk ? -1 : 1;
    for (int i = KM_SHORT_FACILITY; i <= KM_SHORT_FILE; i++) {
        const int order = km_text_compare(text_of(a, (km_short_text)i), text_of(b, (km_short_text)i));
        if (order) return order;
    }
    return (a->row > b->row) - (a->row < b->row);
}

/* ---- what a claim's findings come to */

/* The findings of one rule on a claim. */
typedef struct rule_money {
    km_text id;
    int64_t counted;
    uint64_t finding; /* the one that carries most */
} rule_money;

enum { RULES_NAMED = 32 /* of one claim; more are left out, and counted all the same */ };

typedef struct claim_money {
    rule_money rule[RULES_NAMED]; /* most money first */
    size_t count;
    int severity; /* the gravest of the findings that carry money; -1: none does */
} claim_money;

static int64_t number(const km_result *table, int column, uint64_t row) {
    return km_result_known(table, column, row) ? table->column[column].values[row] : 0;
}

static km_text text(const km_result *table, int column, uint64_t row) {
    return km_result_value(table, column, row).text;
}

static void add_finding(claim_money *money, const km_result *findings, uint64_t row) {
    const km_text id = text(findings, KM_FINDING_RULE, row);
    const int64_t counted = number(findings, KM_FINDING_AMOUNT_AT_RISK, row);
    size_t i = 0;
    while (i < money->count && !km_text_equal(money->rule[i].id, id)) i++;
    if (i == RULES_NAMED) return;
    if (i == money->count) money->rule[money->count++] = (rule_money){id, 0, row};
    rule_money *rule = &money->rule[i];
    rule->counted += counted;
    if (counted > number(findings, KM_FINDING_AMOUNT_AT_RISK, rule->finding)) rule->finding = row;
}

static void sort_rules(claim_money *money) {
    for (size_t i = 1; i < money->count; i++) {
        const rule_money own = money->rule[i];
        size_t at = i;
        for (; at > 0 && money->rule[at - 1].counted < own.counted; at--)
            money->rule[at] = money->rule[at - 1];
        money->rule[at] = own;
    }
}

static claim_money money_of(const km_result *findings, uint64_t first, uint64_t end) {
    claim_money money = {.severity = -1};
    for (uint64_t row = first; row < end; row++) {
        const int severity = km_severity_find(text(findings, KM_FINDING_SEVERITY, row));
        const bool carries = number(findings, KM_FINDING_AMOUNT_AT_RISK, row) > 0;
        add_finding(&money, findings, row);
        if (carries && severity > money.severity) money.severity = severity;
    }
    sort_rules(&money);
    return money;
}

/* ---- offering */

static void append(km_shortlist *shortlist, km_short_claim *claim, km_short_text which, km_text value) {
    km_buf_text(&shortlist->text, value);
    claim->end[which] = (uint32_t)shortlist->text.length;
}

/* The texts of the claim, in the list's own buffer. */
static kiem_status put_texts(km_shortlist *shortlist, km_short_claim *claim, const km_result *claims,
                             uint64_t row, const km_result *findings, const claim_money *money,
                             km_error *error) {
    const uint64_t finding = money->rule[0].finding;
    km_buf_clear(&shortlist->text);
    append(shortlist, claim, KM_SHORT_FACILITY, text(claims, KM_CLAIM_ROW_FACILITY, row));
    append(shortlist, claim, KM_SHORT_MA_LK, text(claims, KM_CLAIM_ROW_MA_LK, row));
    append(shortlist, claim, KM_SHORT_FILE, text(claims, KM_CLAIM_ROW_FILE, row));
    for (size_t i = 0; i < money->count; i++) {
        if (i) km_buf_string(&shortlist->text, "; ");
        km_buf_text(&shortlist->text, money->rule[i].id);
    }
    append(shortlist, claim, KM_SHORT_RULES, (km_text){"", 0});
    append(shortlist, claim, KM_SHORT_MESSAGE, text(findings, KM_FINDING_MESSAGE, finding));
    append(shortlist, claim, KM_SHORT_BASIS, text(findings, KM_FINDING_BASIS, finding));
    claim->bytes = shortlist->text.data;
    return km_buf_ok(&shortlist->text) ? KIEM_OK : km_nomem(error);
}

/* Where the claim belongs in the list. */
static size_t place_of(const km_short_claims *claims, const km_short_claim *claim) {
    size_t at;
    KM_BISECT(at, claims->count, compare(&claims->list[at], claim) < 0);
    return at;
}

static kiem_status insert(km_shortlist *shortlist, km_short_claims *claims, size_t place,
                          const km_short_claim *claim, km_error *error) {
    const size_t size = claim->end[KM_SHORT_TEXTS - 1];
    if (!km_grow(shortlist->mem, (void **)&claims->list, &claims->capacity, claims->count + 1,
                 sizeof *claims->list)) {
        return km_nomem(error);
    }
    char *bytes = km_alloc(shortlist->mem, size);
    if (!bytes) return km_nomem(error);
    memcpy(bytes, claim->bytes, size);
    if (claims->count == shortlist->most) free_claim(shortlist, &claims->list[--claims->count]);
    km_short_claim *at = &claims->list[place];
    memmove(at + 1, at, (claims->count - place) * sizeof *at);
    *at = *claim;
    at->bytes = bytes;
    claims->count++;
    return KIEM_OK;
}

kiem_status km_shortlist_offer(km_shortlist *shortlist, const km_result *claims, uint64_t row,
                               const km_result *findings, uint64_t first, uint64_t end, km_error *error) {
    km_short_claim claim = {.at_risk = number(claims, KM_CLAIM_ROW_AMOUNT_AT_RISK, row),
                            .fund = number(claims, KM_CLAIM_ROW_T_BHTT, row),
                            .row = number(claims, KM_CLAIM_ROW_ROW, row),
                            .findings = (int64_t)(end - first)};
    const claim_money money = money_of(findings, first, end);
    if (money.severity < 0 || !shortlist->most) return KIEM_OK;
    km_short_claims *of = &shortlist->of[money.severity];
    if (of->count == shortlist->most && claim.at_risk < of->list[of->count - 1].at_risk) return KIEM_OK;
    KM_TRY(put_texts(shortlist, &claim, claims, row, findings, &money, error));
    const size_t place = place_of(of, &claim);
    return place < shortlist->most ? insert(shortlist, of, place, &claim, error) : KIEM_OK;
}

/* ---- the table */

static kiem_status put_claim(const km_short_claim *claim, int severity, size_t rank, km_result *out,
                             km_error *error) {
    static const int columns[KM_SHORT_TEXTS] = {
        [KM_SHORT_FACILITY] = KM_SHORTLIST_FACILITY, [KM_SHORT_MA_LK] = KM_SHORTLIST_MA_LK,
        [KM_SHORT_FILE] = KM_SHORTLIST_FILE,         [KM_SHORT_RULES] = KM_SHORTLIST_RULES,
        [KM_SHORT_MESSAGE] = KM_SHORTLIST_MESSAGE,   [KM_SHORT_BASIS] = KM_SHORTLIST_BASIS};
    km_result_text(out, KM_SHORTLIST_SEVERITY, km_text_from(km_severity_name(severity)));
    km_result_int(out, KM_SHORTLIST_RANK, (int64_t)rank);
    km_result_int(out, KM_SHORTLIST_ROW, claim->row);
    km_result_int(out, KM_SHORTLIST_T_BHTT, claim->fund);
    km_result_int(out, KM_SHORTLIST_AMOUNT_AT_RISK, claim->at_risk);
    km_result_int(out, KM_SHORTLIST_FINDINGS, claim->findings);
    for (int which = 0; which < KM_SHORT_TEXTS; which++)
        km_result_text(out, columns[which], text_of(claim, (km_short_text)which));
    return km_result_end_row(out, error);
}

kiem_status km_shortlist_put(const km_shortlist *shortlist, km_sink *sink, km_error *error) {
    for (int severity = KIEM_SEVERITY_ERROR; severity >= 0; severity--) {
        const km_short_claims *claims = &shortlist->of[severity];
        for (size_t i = 0; i < claims->count; i++)
            KM_TRY(put_claim(&claims->list[i], severity, i + 1, &sink->chunk, error));
    }
    return km_sink_flush(sink, error);
}
