// Checks one claim as it arrives, in C++: nothing to free, nothing to forget.
#include "kiem.hpp"

#include <iostream>

static const char *const claim[][2] = {{"MA_LK", "EXAMPLE-1"},       {"GIOI_TINH", "1"},
                                       {"NGAY_SINH", "19800315"},    {"MA_BENH_CHINH", "O80"},
                                       {"NGAY_VAO", "202503100800"}, {"NGAY_RA", "202503100930"},
                                       {"T_BHTT", "200000"}};

int main() {
    try {
        const auto policy = kiem::make<kiem::Policy>(kiem_policy_new, nullptr, nullptr);
        kiem::call(kiem_policy_compile, policy.get());
        const auto judge = kiem::make<kiem::Judge>(kiem_judge_new, nullptr, policy.get(), KIEM_LANG_EN);
        const auto batch = kiem::make<kiem::Batch>(kiem_batch_new, nullptr);
        for (const auto &field : claim) kiem::call(kiem_batch_set, batch.get(), field[0], field[1], SIZE_MAX);
        kiem::call(kiem_batch_end_row, batch.get());
        const kiem_table *findings = nullptr;
        kiem::call(kiem_judge_batch, judge.get(), batch.get(), &findings);
        for (std::int64_t row = 0; row < kiem_table_rows(findings); row++)
            std::cout << kiem::cell(findings, row, "rule") << ": " << kiem::cell(findings, row, "message")
                      << '\n';
        kiem::call(kiem_batch_set, batch.get(), "T_BHT", "1", SIZE_MAX); // no such field
    } catch (const kiem::Error &error) {
        std::cout << "as it should be: " << error.what() << '\n';
        return error.status == KIEM_E_NOT_FOUND ? 0 : 1;
    }
    return 1;
}
