#include "score/money/sample.h"

#include <math.h>

#include "abi/handles.h"

enum { ROWS_MAX = INT32_MAX };

/* ---- drawing */

static kiem_status check_frame(const int64_t *sizes, const char *bytes, const int64_t *offsets, int64_t rows,
                               int64_t wanted, km_error *error) {
    if (rows < 0 || rows > ROWS_MAX) return km_fail(error, KIEM_E_ARGUMENT, "rows is out of its bounds");
    if (rows && !(sizes && bytes && offsets)) return km_fail(error, KIEM_E_ARGUMENT, "an argument is NULL");
    if (wanted < 1) return km_fail(error, KIEM_E_ARGUMENT, "wanted is below 1");
    for (int64_t i = 0; i < rows; i++) {
        if (offsets[i] < 0 || offsets[i + 1] < offsets[i])
            return km_fail(error, KIEM_E_ARGUMENT, "the offsets of row %lld do not rise", (long long)i + 1);
    }
    return KIEM_OK;
}

kiem_status kiem_sample_draw(const kiem_env *env, const int64_t *sizes, const char *bytes,
                             const int64_t *offsets, int64_t rows, int64_t wanted, uint64_t seed,
                             double *chances, uint8_t *drawn, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_TRY(check_frame(sizes, bytes, offsets, rows, wanted, sink));
    KM_REQUIRE(!rows || (chances && drawn), sink, "an output is NULL");
    const km_sample_frame frame = {sizes, bytes, offsets, (uint32_t)rows};
    kiem_env *held = km_env_hold(env);
    kiem_status status = km_sample_draw(km_env_mem(held), &frame, wanted, seed, chances, drawn, sink);
    km_env_release(held);
    return status;
}

/* ---- estimating */

enum { DRAWN, CERTAIN, FOUND, TOTAL, STANDARD_ERROR, INTERVAL, LOW, HIGH, LOWER, UPPER, CONFIDENCE, COLUMNS };

static const km_result_spec columns[COLUMNS] = {
    {"drawn", KM_TYPE_NUMBER, 0}, {"certain", KM_TYPE_NUMBER, 0},        {"found", KM_TYPE_NUMBER, 2},
    {"total", KM_TYPE_NUMBER, 2}, {"standard_error", KM_TYPE_NUMBER, 2}, {"interval", KM_TYPE_TEXT, 0},
    {"low", KM_TYPE_NUMBER, 2},   {"high", KM_TYPE_NUMBER, 2},           {"lower", KM_TYPE_NUMBER, 2},
    {"upper", KM_TYPE_NUMBER, 2}, {"confidence", KM_TYPE_NUMBER, 0}};

static void put_estimate(km_result *out, const km_sample_estimate *e, int32_t confidence) {
    km_result_int(out, DRAWN, e->drawn);
    km_result_int(out, CERTAIN, e->certain);
    km_result_int(out, FOUND, e->found);
    km_result_int(out, TOTAL, llround(e->total));
    km_result_int(out, STANDARD_ERROR, llround(e->standard_error));
    km_result_text(out, INTERVAL, km_text_from(km_sample_interval_name(e->interval)));
    if (e->interval == KM_SAMPLE_GIVEN || e->interval == KM_SAMPLE_WHOLE) {
        km_result_int(out, LOW, llround(e->low));
        km_result_int(out, HIGH, llround(e->high));
    }
    if (e->has_units) {
        km_result_int(out, LOWER, llround(e->lower));
        km_result_int(out, UPPER, llround(e->upper));
    }
    km_result_int(out, CONFIDENCE, confidence);
}

static kiem_status estimate_table(kiem_env *env, const km_sample_estimate *e, int32_t confidence,
                                  kiem_table **out, km_error *error) {
    km_result rows;
    KM_TRY(km_result_init(&rows, km_env_mem(env), "estimate", columns, COLUMNS, error));
    put_estimate(&rows, e, confidence);
    kiem_status status = km_result_end_row(&rows, error);
    if (status == KIEM_OK) status = km_table_wrap(env, &rows, out, error);
    km_result_free(&rows);
    return status;
}

kiem_status kiem_sample_estimate(const kiem_env *env, const int64_t *overpaid, const double *chances,
                                 const int64_t *sizes, int64_t rows, int32_t confidence, kiem_table **out,
                                 kiem_error *error) {
    km_error *sink = km_error_of(error);
    km_sample_estimate estimate;
    KM_REQUIRE(overpaid && chances && out, sink, "an argument is NULL");
    KM_REQUIRE(rows > 0 && rows <= ROWS_MAX, sink, "rows is out of its bounds");
    kiem_env *held = km_env_hold(env);
    kiem_status status = km_sample_evaluate(km_env_mem(held), overpaid, chances, sizes, (uint32_t)rows,
                                            confidence, &estimate, sink);
    if (status == KIEM_OK) status = estimate_table(held, &estimate, confidence, out, sink);
    km_env_release(held);
    return status;
}
