/* Checks one claim and its lines as they arrive, without files, as an assessment system does. */
#include <kiem/kiem.h>
#include <stdint.h>
#include <stdio.h>

static const char *const claim[][2] = {{"MA_LK", "EXAMPLE-1"},      {"MA_THE_BHYT", "GD4790000000001"},
                                       {"MA_DKBD", "79001"},        {"GT_THE_TU", "20250101"},
                                       {"GT_THE_DEN", "20251231"},  {"NGAY_SINH", "198003150000"},
                                       {"GIOI_TINH", "1"},          {"MA_BENH_CHINH", "O80"},
                                       {"MA_DOITUONG_KCB", "1.1"},  {"NGAY_VAO", "202503100800"},
                                       {"NGAY_RA", "202503100930"}, {"MA_LOAI_KCB", "01"},
                                       {"MA_CSKCB", "79001"},       {"T_TONGCHI_BV", "250000"},
                                       {"T_TONGCHI_BH", "250000"},  {"T_BHTT", "200000"},
                                       {"T_BNCCT", "50000"},        {"T_BNTT", "0"},
                                       {"T_NGUONKHAC", "0"},        {"NAM_QT", "2025"},
                                       {"THANG_QT", "03"}};

/* A drug for 60,000 dong, of which the fund is asked for too much; no service lines. */
static const char *const drug[][2] = {{"STT", "1"},
                                      {"MA_THUOC", "40.158"},
                                      {"MA_NHOM", "4"},
                                      {"SO_LUONG", "20"},
                                      {"DON_GIA", "3000"},
                                      {"PHAM_VI", "1"},
                                      {"TYLE_TT_BH", "100"},
                                      {"THANH_TIEN_BV", "60000"},
                                      {"THANH_TIEN_BH", "60000"},
                                      {"MUC_HUONG", "80"},
                                      {"T_NGUONKHAC", "0"},
                                      {"T_BHTT", "60000"},
                                      {"T_BNCCT", "12000"},
                                      {"T_BNTT", "0"}};

static kiem_status fill(kiem_batch *batch, const char *const fields[][2], size_t count, kiem_error *error) {
    kiem_status status = KIEM_OK;
    for (size_t i = 0; i < count && status == KIEM_OK; i++)
        status = kiem_batch_set(batch, fields[i][0], fields[i][1], SIZE_MAX, error);
    return status == KIEM_OK ? kiem_batch_end_row(batch, error) : status;
}

static void print_findings(const kiem_table *findings) {
    char rule[64], severity[64], message[1024];
    for (int64_t row = 0; row < kiem_table_rows(findings); row++) {
        kiem_table_cell(findings, row, kiem_table_find(findings, "rule"), rule, sizeof rule, NULL);
        kiem_table_cell(findings, row, kiem_table_find(findings, "severity"), severity, sizeof severity,
                        NULL);
        kiem_table_cell(findings, row, kiem_table_find(findings, "message"), message, sizeof message, NULL);
        printf("%s (%s): %s\n", rule, severity, message);
    }
}

int main(void) {
    kiem_policy *policy = NULL;
    kiem_judge *judge = NULL;
    kiem_batch *claims = NULL, *drugs = NULL, *services = NULL;
    kiem_error *error = NULL;
    const kiem_table *findings;
    kiem_status status = kiem_error_new(NULL, &error);
    if (status == KIEM_OK) status = kiem_policy_new(NULL, NULL, &policy, error);
    if (status == KIEM_OK) status = kiem_policy_compile(policy, error);
    if (status == KIEM_OK) status = kiem_judge_new(NULL, policy, KIEM_LANG_EN, &judge, error);
    if (status == KIEM_OK) status = kiem_batch_new(NULL, &claims, error);
    if (status == KIEM_OK) status = kiem_batch_new_lines(NULL, "drugs", &drugs, error);
    if (status == KIEM_OK) status = kiem_batch_new_lines(NULL, "services", &services, error);
    if (status == KIEM_OK) status = fill(claims, claim, sizeof claim / sizeof claim[0], error);
    if (status == KIEM_OK) status = fill(drugs, drug, sizeof drug / sizeof drug[0], error);
    if (status == KIEM_OK) status = kiem_judge_claims(judge, claims, drugs, services, &findings, error);
    if (status == KIEM_OK) print_findings(findings);
    if (status != KIEM_OK) fprintf(stderr, "%s\n", kiem_error_message(error));
    kiem_batch_free(claims);
    kiem_batch_free(drugs);
    kiem_batch_free(services);
    kiem_judge_free(judge);
    kiem_policy_free(policy);
    kiem_error_free(error);
    return status != KIEM_OK;
}
