/* Any bytes as house rules. A policy that loads must judge a claim with every value NULL, and one with every
 * value zero, and find words for what it found. */
#include <stdlib.h>

#include "ingest/sheet_read.h"
#include "rules/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held) {
    if (!held) abort();
}

static void make_claims(km_batch *claims) {
    km_fieldset all = {0};
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    for (int i = 0; i < count; i++) km_fieldset_add(&all, i);
    require(km_batch_init(claims, km_mem_default(), KM_SCOPE_CLAIM, &all, 2, NULL) == KIEM_OK);
    for (int i = 0; i < count; i++) {
        if (fields[i].type == KM_TYPE_TEXT) {
            require(km_column_put_text(km_mem_default(), &claims->column[i], 0, KM_TEXT("")));
            require(km_column_put_text(km_mem_default(), &claims->column[i], 1, KM_TEXT("0;0")));
        } else {
            km_column_put(&claims->column[i], km_field_width(&fields[i]), 1, 0);
        }
    }
    claims->rows = 2;
}

static void judge_all(const km_policy *policy) {
    km_batch claims;
    km_rule_judge judge;
    km_plan plan;
    km_buf text;
    const uint64_t standard[KM_SCOPE_COUNT] = {0};
    make_claims(&claims);
    km_fieldset present[KM_SCOPE_COUNT] = {
        [KM_SCOPE_CLAIM] = claims.present, [KM_SCOPE_CARD] = km_card_fields_from(&claims.present)};
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    require(km_plan_bind(&plan, policy, present, standard, NULL) == KIEM_OK);
    require(km_rule_judge_init(&judge, km_mem_default(), policy, NULL) == KIEM_OK);
    require(km_rule_judge_batch(&judge, &plan, &input, NULL) == KIEM_OK);
    km_buf_init(&text, km_mem_default());
    for (size_t i = 0; i < judge.hit_count; i++) {
        km_hit_message(&text, &judge, &judge.hits[i], KIEM_LANG_VI);
        km_hit_evidence(&text, &judge, &input, &judge.hits[i]);
        (void)km_hit_amount(&judge, &judge.hits[i], false);
    }
    require(km_buf_ok(&text) && km_utf8_valid(text.data ? text.data : "", text.length));
    km_buf_free(&text);
    km_rule_judge_free(&judge);
    km_plan_free(&plan);
    km_batch_free(&claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    km_sheet sheet;
    km_policy policy;
    km_error error = {0};
    if (km_sheet_read(km_mem_default(), "fuzz.csv", data, size, &sheet, &error) != KIEM_OK) return 0;
    km_policy_init(&policy, km_mem_default());
    kiem_status status = km_policy_add_rules(&policy, &sheet, &error);
    if (status == KIEM_OK) status = km_policy_compile(&policy, &error);
    if (status == KIEM_OK) {
        judge_all(&policy);
    } else {
        require((status == KIEM_E_POLICY || status == KIEM_E_FORMAT) && error.message[0] != '\0');
    }
    km_policy_free(&policy);
    km_sheet_free(&sheet);
    return 0;
}
