/* Learns the claims of two months into two states, merges them, and judges a claim beside them as it arrives.
 *
 * cc learn_and_judge.c $(pkg-config --cflags --libs kiem) && ./a.out january.csv february.csv */
#include <kiem/kiem.h>
#include <stdio.h>
#include <string.h>

static kiem_status learn(const char *path, kiem_state **out, kiem_error *error) {
    kiem_job *job = NULL;
    kiem_status status = kiem_state_new(NULL, out, error);
    if (status == KIEM_OK) status = kiem_job_new(NULL, NULL, &job, error);
    if (status == KIEM_OK) status = kiem_job_add_file(job, "claims", path, error);
    if (status == KIEM_OK) status = kiem_job_learn(job, *out, 0, error);
    kiem_job_free(job);
    return status;
}

static kiem_status judge_claim(kiem_state *state, kiem_error *error) {
    static const char *const claim[][2] = {{"MA_LK", "A1"},
                                           {"MA_THE_BHYT", "GD4790000000017"},
                                           {"MA_CSKCB", "79001"},
                                           {"GIOI_TINH", "1"},
                                           {"NGAY_SINH", "198003150000"},
                                           {"MA_BENH_CHINH", "O82"},
                                           {"MA_LOAI_KCB", "01"},
                                           {"NGAY_VAO", "202403010800"},
                                           {"NGAY_RA", "202403010930"},
                                           {"T_TONGCHI_BH", "500000"},
                                           {"T_BHTT", "400000"}};
    kiem_policy *policy = NULL;
    kiem_judge *judge = NULL;
    kiem_batch *batch = NULL;
    const kiem_table *findings = NULL;
    kiem_status status = kiem_policy_new(NULL, NULL, &policy, error);
    if (status == KIEM_OK) status = kiem_policy_compile(policy, error);
    if (status == KIEM_OK) status = kiem_judge_new(NULL, policy, KIEM_LANG_EN, &judge, error);
    if (status == KIEM_OK) status = kiem_judge_use_state(judge, state, error);
    if (status == KIEM_OK) status = kiem_batch_new(NULL, &batch, error);
    for (size_t i = 0; i < sizeof claim / sizeof claim[0] && status == KIEM_OK; i++)
        status = kiem_batch_set(batch, claim[i][0], claim[i][1], strlen(claim[i][1]), error);
    if (status == KIEM_OK) status = kiem_batch_end_row(batch, error);
    if (status == KIEM_OK) status = kiem_judge_batch(judge, batch, &findings, error);
    for (int64_t row = 0; status == KIEM_OK && row < kiem_table_rows(findings); row++) {
        char rule[32], message[512];
        kiem_table_cell(findings, row, kiem_table_find(findings, "rule"), rule, sizeof rule, NULL);
        kiem_table_cell(findings, row, kiem_table_find(findings, "message"), message, sizeof message, NULL);
        printf("%s: %s\n", rule, message);
    }
    kiem_batch_free(batch);
    kiem_judge_free(judge);
    kiem_policy_free(policy);
    return status;
}

int main(int argc, char **argv) {
    kiem_state *first = NULL, *second = NULL;
    kiem_error *error = NULL;
    if (argc != 3) return fprintf(stderr, "usage: learn_and_judge CLAIMS.csv MORE.csv\n"), 2;
    kiem_error_new(NULL, &error);
    kiem_status status = learn(argv[1], &first, error);
    if (status == KIEM_OK) status = learn(argv[2], &second, error);
    if (status == KIEM_OK) status = kiem_state_merge(first, second, 0, error);
    if (status == KIEM_OK) printf("%lld claims learned\n", (long long)kiem_state_claims(first));
    if (status == KIEM_OK) status = judge_claim(first, error);
    if (status != KIEM_OK) fprintf(stderr, "%s\n", kiem_error_message(error));
    kiem_state_free(second);
    kiem_state_free(first);
    kiem_error_free(error);
    return status != KIEM_OK;
}
