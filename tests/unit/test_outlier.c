/* The outlier scorer: the same bits from every kernel, sense, bad input, explanations. */
#include <float.h>
#include <math.h>

#include "score/outlier/outlier_column.h"
#include "score/outlier/outlier_kernel.h"
#include "support/test.h"

enum { ROWS_MAX = 600, COLUMNS_MAX = 40, WIDE = 300 };

static double numbers[ROWS_MAX * COLUMNS_MAX];
static double scores[ROWS_MAX], more_scores[ROWS_MAX];

static km_matrix matrix_of(const double *values, size_t rows, uint32_t columns) {
    return (km_matrix){values, true, rows, columns, (int64_t)(columns * sizeof *values)};
}

static km_outlier_options defaults(void) {
    return (km_outlier_options){.contamination = 0.1, .tails = KM_TAILS_AUTO};
}

static double uniform(uint64_t *state) {
    return (double)(test_random(state) >> 11) * 0x1p-53;
}

static double normal(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += uniform(state);
    return sum;
}

/* Normal columns, of which each is half the one before. */
static void fill_normal(size_t rows, uint32_t columns, uint64_t seed) {
    for (size_t i = 0; i < rows; i++) {
        double *row = numbers + i * columns;
        for (uint32_t j = 0; j < columns; j++) row[j] = normal(&seed) + (j > 0 ? 0.5 * row[j - 1] : 0);
    }
}

/* Now and then something no column should hold. */
static void add_oddities(size_t count, uint64_t seed) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1e300, -1e300, 1e-300, 5e-324, 3e38};
    for (size_t i = 0; i < count; i++) {
        if (test_random(&seed) % 7 == 0) numbers[i] = odd[test_random(&seed) % (sizeof odd / sizeof odd[0])];
    }
}

static void fit_and_score(const km_matrix *matrix, const km_outlier_options *options, double *out) {
    km_outlier model;
    km_error error;
    km_outlier_init(&model, test_mem());
    TEST_OK(km_outlier_fit(&model, matrix, options, &error), &error);
    TEST_OK(km_outlier_score(&model, matrix, out, &error), &error);
    km_outlier_free(&model);
}

static void assert_finite(const double *values, size_t count) {
    bool finite = true;
    for (size_t i = 0; i < count; i++) finite = finite && isfinite(values[i]);
    CU_ASSERT(finite);
}

static size_t highest(const double *values, size_t count) {
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (values[i] > values[best]) best = i;
    }
    return best;
}

/* ---- the same bits */

static const char *const KERNELS[] = {"portable", "avx2", "avx512"};

static void test_every_kernel_gives_the_same_bits(void) {
    static const uint32_t columns[] = {1, 2, 3, 7, 8, 16, 17, 40};
    static const size_t rows[] = {1, 2, 9, 63, 64, 65, 600};
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++) {
        for (size_t r = 0; r < 2 * sizeof rows / sizeof rows[0]; r++) {
            const size_t n = rows[r / 2];
            fill_normal(n, columns[c], 7 + r);
            if (r % 2) add_oddities(n * columns[c], r);
            const km_matrix matrix = matrix_of(numbers, n, columns[c]);
            km_outlier_options options = defaults();
            fit_and_score(&matrix, &options, scores);
            assert_finite(scores, n);
            for (size_t k = 0; k < sizeof KERNELS / sizeof KERNELS[0]; k++) {
                options.kernel = km_outlier_find_kernel(km_text_from(KERNELS[k]));
                if (!options.kernel) continue; /* not on this machine */
                fit_and_score(&matrix, &options, more_scores);
                CU_ASSERT(memcmp(scores, more_scores, n * sizeof *scores) == 0);
            }
        }
    }
    CU_ASSERT_PTR_NOT_NULL(km_outlier_find_kernel(KM_TEXT("portable")));
    CU_ASSERT_PTR_NULL(km_outlier_find_kernel(KM_TEXT("abacus")));
}

/* Above KM_OUTLIER_WIDE columns only neighbours' correlations are kept, by fitting and kernels alike. */
static void test_wide_matrices(void) {
    fill_normal(60, WIDE, 5);
    numbers[60 * WIDE - 1] = 1e4;
    const km_matrix matrix = matrix_of(numbers, 60, WIDE);
    km_outlier_options options = defaults();
    for (size_t k = 0; k < sizeof KERNELS / sizeof KERNELS[0]; k++) {
        options.kernel = km_outlier_find_kernel(km_text_from(KERNELS[k]));
        if (!options.kernel) continue;
        fit_and_score(&matrix, &options, k ? more_scores : scores);
        if (k) CU_ASSERT(memcmp(scores, more_scores, 60 * sizeof *scores) == 0);
    }
    assert_finite(scores, 60);
    CU_ASSERT_EQUAL(highest(scores, 60), 59);
}

/* asinh within a few units of the last place of values above 1, and within 2e-7 near 0. */
static void test_softening_is_asinh(void) {
    float low = -FLT_MAX, up = 1, down = -1, tile[KM_TILE], spare[KM_TILE], distance[KM_TILE], tail[KM_TILE];
    double centre = 0, inverse = 1;
    const km_outlier model = {
        .columns = 1, .centre = &centre, .inverse = &inverse, .low = &low, .upward = &up, .downward = &down};
    for (int step = 0; step < 700; step++) {
        float given[KM_TILE];
        km_tile_rows rows = {.wide = false};
        for (int i = 0; i < KM_TILE; i++) {
            const double size = pow(10, -8 + step * 0.02857 + i * 0.0004);
            given[i] = (float)(i % 2 ? size : -size);
            rows.row[i] = (const char *)&given[i];
        }
        km_outlier_portable.tile(&model, &rows, tile, spare, distance, tail);
        for (int i = 0; i < KM_TILE; i++) {
            const double exact = asinh((double)given[i]);
            if (fabs((double)tile[i] - exact) > 2e-7 + 2e-7 * fabs(exact)) CU_FAIL("softening is off");
            if (tail[i] != fabsf(tile[i]) * sqrtf(fabsf(tile[i])))
                CU_FAIL("the tail is not the softened size");
        }
    }
}

/* Every kernel against the others bit for bit, and against the formula. */
static void test_distances_from_peers(void) {
    enum { COUNT = 53, GROUPS = 5 };
    static float values[COUNT * KM_PEER_FEATURES], found[3][COUNT];
    static km_peer_scale groups[GROUPS];
    static uint32_t group[COUNT];
    float down[KM_PEER_FEATURES];
    uint64_t state = 3;
    for (int j = 0; j < KM_PEER_FEATURES; j++) down[j] = j % 3 ? 0.0f : -1.0f;
    for (int g = 0; g < GROUPS; g++) {
        for (int j = 0; j < KM_PEER_FEATURES; j++) {
            groups[g].centre[j] = (float)normal(&state);
            groups[g].inverse[j] = j == 5 ? 0.0f : (float)(1 + uniform(&state));
        }
    }
    for (int i = 0; i < COUNT * KM_PEER_FEATURES; i++) {
        values[i] = (float)(3 * normal(&state));
        if (i % 11 == 0) values[i] = NAN;
        if (i % 97 == 0) values[i] = 1e30f;
    }
    for (size_t i = 0; i < COUNT; i++) group[i] = (uint32_t)(test_random(&state) % GROUPS);
    for (size_t k = 0; k < 3; k++) {
        const km_outlier_kernel *kernel = km_outlier_find_kernel(km_text_from(KERNELS[k]));
        if (!kernel) continue;
        const km_peer_rows all = {values, KM_PEER_FEATURES * sizeof *values, group, COUNT, groups, down};
        kernel->peers(&all, found[k]);
        CU_ASSERT(memcmp(found[0], found[k], sizeof found[0]) == 0);
        float part[COUNT];
        for (size_t count = 0; count <= COUNT; count += 1 + count / 3) {
            km_peer_rows rows = all;
            rows.count = count;
            kernel->peers(&rows, part);
            CU_ASSERT(memcmp(found[0], part, count * sizeof *part) == 0);
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        double sum = 0;
        for (size_t j = 0; j < KM_PEER_FEATURES; j++) {
            const km_peer_scale *scale = &groups[group[i]];
            const double x = (double)values[i * KM_PEER_FEATURES + j];
            const double z = (x - (double)scale->centre[j]) * (double)scale->inverse[j];
            const double out = isnan(z) ? 0 : fmax(0, down[j] < 0 ? fabs(z) : z);
            sum += fmin(out, KM_PEER_CLIP) * fmin(out, KM_PEER_CLIP);
        }
        CU_ASSERT_DOUBLE_EQUAL(found[0][i], sqrt(sum), 1e-4);
    }
}

static void test_division_and_type_do_not_matter(void) {
    static float narrow[300 * 5];
    fill_normal(300, 4, 3);
    for (size_t i = 0; i < 1200; i++) numbers[i] = (double)(float)numbers[i];
    for (size_t i = 0; i < 300; i++) {
        for (size_t j = 0; j < 4; j++) narrow[i * 5 + j] = (float)numbers[i * 4 + j];
        narrow[i * 5 + 4] = NAN;
    }
    km_outlier model;
    km_error error;
    km_outlier_init(&model, test_mem());
    km_matrix matrix = matrix_of(numbers, 300, 4);
    const km_outlier_options options = defaults();
    TEST_OK(km_outlier_fit(&model, &matrix, &options, &error), &error);
    TEST_OK(km_outlier_score(&model, &matrix, scores, &error), &error);
    for (size_t row = 0; row < 300; row += 37) {
        const size_t count = 300 - row < 37 ? 300 - row : 37;
        const km_matrix part = {narrow + row * 5, false, count, 4, 5 * sizeof *narrow};
        TEST_OK(km_outlier_score(&model, &part, more_scores + row, &error), &error);
    }
    CU_ASSERT(memcmp(scores, more_scores, sizeof *scores * 300) == 0);
    km_outlier_free(&model);
}

/* ---- sense */

static void test_odd_rows_come_first(void) {
    const km_outlier_options options = defaults();
    fill_normal(500, 6, 11);
    numbers[123 * 6 + 2] = 40;
    km_matrix matrix = matrix_of(numbers, 500, 6);
    fit_and_score(&matrix, &options, scores);
    CU_ASSERT_EQUAL(highest(scores, 500), 123);
    /* Two columns that go together, each value usual on its own. */
    uint64_t state = 5;
    for (size_t i = 0; i < 500; i++) {
        numbers[2 * i] = normal(&state);
        numbers[2 * i + 1] = numbers[2 * i] + 0.05 * normal(&state);
    }
    numbers[2 * 77] = 1.8;
    numbers[2 * 77 + 1] = -1.8;
    matrix = matrix_of(numbers, 500, 2);
    fit_and_score(&matrix, &options, scores);
    CU_ASSERT_EQUAL(highest(scores, 500), 77);
}

/* Skewed columns that grow together, as money and counts do: the largest of all is odd, not the smallest. */
static void test_size_of_skewed_columns_counts(void) {
    uint64_t state = 9;
    for (size_t i = 0; i < 400; i++) {
        const double size = i == 0 ? 4 : i == 1 ? -4 : normal(&state);
        for (size_t j = 0; j < 5; j++) numbers[5 * i + j] = exp(1.5 * size + 0.2 * normal(&state));
    }
    const km_matrix matrix = matrix_of(numbers, 400, 5);
    km_outlier model;
    km_error error;
    const km_outlier_options options = defaults();
    km_outlier_init(&model, test_mem());
    TEST_OK(km_outlier_fit(&model, &matrix, &options, &error), &error);
    TEST_OK(km_outlier_score(&model, &matrix, scores, &error), &error);
    CU_ASSERT_DOUBLE_EQUAL(model.weight, 1, 0);
    CU_ASSERT_EQUAL(highest(scores, 400), 0);
    CU_ASSERT(scores[1] < 1);
    km_outlier_free(&model);
}

static void test_upper_tails_ignore_what_is_low(void) {
    fill_normal(400, 3, 21);
    numbers[3 * 10 + 1] = -1e6;
    numbers[3 * 11 + 1] = 1e6;
    numbers[3 * 12 + 2] = -1e6;
    const km_matrix matrix = matrix_of(numbers, 400, 3);
    km_outlier_options options = defaults();
    options.tails = KM_TAILS_UPPER;
    fit_and_score(&matrix, &options, scores);
    CU_ASSERT_EQUAL(highest(scores, 400), 11);
    const double high = scores[11];
    CU_ASSERT(scores[10] < high / 2 && scores[12] < high / 2);
    static const uint8_t mixed[] = {KM_TAILS_BOTH, KM_TAILS_UPPER, KM_TAILS_BOTH};
    options.column_tails = mixed;
    options.column_tails_count = 3;
    fit_and_score(&matrix, &options, scores);
    CU_ASSERT(scores[12] > 5 && scores[10] < scores[12] / 2);
    options.column_tails_count = 2;
    km_outlier model;
    km_error error;
    km_outlier_init(&model, test_mem());
    CU_ASSERT_EQUAL(km_outlier_fit(&model, &matrix, &options, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "2 columns");
}

static void test_scale_of_a_column_does_not_matter(void) {
    const km_outlier_options options = defaults();
    fill_normal(300, 4, 31);
    const km_matrix matrix = matrix_of(numbers, 300, 4);
    fit_and_score(&matrix, &options, scores);
    for (size_t i = 0; i < 300; i++) numbers[4 * i + 1] *= 0x1p40, numbers[4 * i + 3] *= 0x1p-40;
    fit_and_score(&matrix, &options, more_scores);
    CU_ASSERT(memcmp(scores, more_scores, 300 * sizeof *scores) == 0);
}

static void test_columns_are_described(void) {
    static const struct {
        double values[9]; /* ascending */
        double centre, inverse, floor;
        int side; /* the long one */
    } cases[] = {
        {{7, 7, 7, 7, 7, 7, 7, 7, 7}, 0, 0, .2, 0},
        {{0, 0, 0, 1, 1, 1, 1, 1, 1}, 2 / 3., 2.1213203435596424, 1, -1},
        {{1, 2, 3, 4, 5, 6, 7, 8, 9}, 5, 1.349 / 4, .2, 0},
        {{1, 2, 3, 4, 5, 6, 7, 8, 90}, 5, 1.349 / 4, .2, 1},
        {{0, 4, 4, 4, 4, 4, 4, 4, 5}, 4, 0.75, .2, -1}, /* the quartiles coincide: standard deviation */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_column column;
        km_column_describe(cases[i].values, 9, &column);
        CU_ASSERT_DOUBLE_EQUAL(column.centre, cases[i].centre, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(column.inverse, cases[i].inverse, 1e-12);
        CU_ASSERT_EQUAL(column.floor, cases[i].floor);
        CU_ASSERT_EQUAL((column.skew > 1e-12) - (column.skew < -1e-12), cases[i].side);
    }
    static const double far[] = {INFINITY, -INFINITY, 1e31, -1e31, 1e29, -1e29};
    const km_matrix matrix = matrix_of(far, 1, 6);
    for (uint32_t j = 0; j < 6; j++)
        CU_ASSERT_EQUAL(km_matrix_at(&matrix, 0, j), fmax(-1e30, fmin(1e30, far[j])));
}

static void test_threshold_marks_the_asked_share(void) {
    km_outlier_options options = defaults();
    options.contamination = 0.05;
    fill_normal(400, 4, 41);
    const km_matrix matrix = matrix_of(numbers, 400, 4);
    km_outlier model;
    km_error error;
    km_outlier_init(&model, test_mem());
    TEST_OK(km_outlier_fit(&model, &matrix, &options, &error), &error);
    TEST_OK(km_outlier_score(&model, &matrix, scores, &error), &error);
    int above = 0;
    for (int i = 0; i < 400; i++) above += scores[i] > model.threshold;
    CU_ASSERT_EQUAL(above, 20);
    km_outlier_free(&model);
    options.contamination = 0.6;
    CU_ASSERT_EQUAL(km_outlier_fit(&model, &matrix, &options, &error), KIEM_E_ARGUMENT);
}

/* ---- bad input */

typedef enum shape {
    SAME_ROWS,
    CONSTANTS,
    NOTHING_KNOWN,
    ONE_COLUMN_UNKNOWN,
    MOSTLY_ZERO,
    ODD,
    TWO_VALUES,
    HUGE_STEPS
} shape;

static double cell(shape kind, size_t row, uint32_t column, uint64_t *state) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e308, -1e308, 1};
    switch (kind) {
    case SAME_ROWS: return 1.0 + column;
    case CONSTANTS: return column % 2 ? 3.25 : normal(state);
    case NOTHING_KNOWN: return NAN;
    case ONE_COLUMN_UNKNOWN: return column == 0 ? NAN : normal(state);
    case MOSTLY_ZERO: return test_random(state) % 10 == 0 ? normal(state) : 0;
    case ODD: return odd[test_random(state) % 6];
    case TWO_VALUES: return (double)(test_random(state) % 2);
    case HUGE_STEPS: return row % 2 ? 1e300 : -1e300;
    }
    return 0;
}

static void test_every_shape_gives_finite_scores(void) {
    static const size_t rows[] = {1, 2, 3, 5, 8, 9, 40, 300};
    static const uint32_t columns[] = {1, 2, 12};
    for (int s = SAME_ROWS; s <= HUGE_STEPS; s++) {
        for (size_t r = 0; r < 8; r++) {
            for (size_t c = 0; c < 3; c++) {
                uint64_t state = 1;
                for (size_t i = 0; i < rows[r]; i++) {
                    for (uint32_t j = 0; j < columns[c]; j++)
                        numbers[i * columns[c] + j] = cell((shape)s, i, j, &state);
                }
                const km_matrix matrix = matrix_of(numbers, rows[r], columns[c]);
                const km_outlier_options options = defaults();
                fit_and_score(&matrix, &options, scores);
                assert_finite(scores, rows[r]);
                if (s != SAME_ROWS && s != NOTHING_KNOWN) continue;
                for (size_t i = 0; i < rows[r]; i++) CU_ASSERT_DOUBLE_EQUAL(scores[i], 0, 1e-6);
            }
        }
    }
}

static void test_missing_values_count_as_the_median(void) {
    fill_normal(301, 3, 51);
    for (size_t j = 0; j < 3; j++) numbers[300 * 3 + j] = NAN;
    const km_matrix matrix = matrix_of(numbers, 301, 3);
    const km_outlier_options options = defaults();
    fit_and_score(&matrix, &options, scores);
    CU_ASSERT(scores[300] < 0.5);
}

static void test_wrong_arguments(void) {
    km_outlier model;
    km_error error;
    const km_outlier_options options = defaults();
    km_outlier_init(&model, test_mem());
    fill_normal(20, 3, 1);
    km_matrix matrix = matrix_of(numbers, 0, 3);
    CU_ASSERT_EQUAL(km_outlier_fit(&model, &matrix, &options, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "empty");
    matrix = matrix_of(numbers, 1, KM_OUTLIER_COLUMNS_MAX + 1);
    CU_ASSERT_EQUAL(km_outlier_fit(&model, &matrix, &options, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "4097 columns");
    CU_ASSERT_EQUAL(km_outlier_score(&model, &matrix, scores, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "not fitted");
    matrix = matrix_of(numbers, 20, 3);
    TEST_OK(km_outlier_fit(&model, &matrix, &options, &error), &error);
    matrix.columns = 2;
    CU_ASSERT_EQUAL(km_outlier_score(&model, &matrix, scores, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "2 columns, the scorer was fitted on 3");
    CU_ASSERT_EQUAL(km_outlier_explain(&model, &matrix, scores, NULL, &error), KIEM_E_ARGUMENT);
    km_outlier_free(&model);
}

/* ---- reasons */

static void test_explain_names_the_feature(void) {
    static double shares[400 * 5];
    static int8_t directions[400 * 5];
    fill_normal(400, 5, 61);
    numbers[5 * 50 + 3] = 30;
    numbers[5 * 51 + 1] = -30;
    const km_matrix matrix = matrix_of(numbers, 400, 5);
    for (int tails = KM_TAILS_AUTO; tails <= KM_TAILS_UPPER; tails++) {
        km_outlier model;
        km_error error;
        km_outlier_options options = defaults();
        options.tails = (km_tails)tails;
        km_outlier_init(&model, test_mem());
        TEST_OK(km_outlier_fit(&model, &matrix, &options, &error), &error);
        TEST_OK(km_outlier_explain(&model, &matrix, shares, directions, &error), &error);
        for (size_t i = 0; i < 400; i++) {
            double sum = 0;
            for (size_t j = 0; j < 5; j++) sum += shares[5 * i + j];
            if (fabs(sum - 1) > 1e-12 && sum != 0) CU_FAIL("shares do not add up");
        }
        CU_ASSERT_EQUAL(highest(shares + 5 * 50, 5), 3);
        CU_ASSERT(shares[5 * 50 + 3] > 0.6 && directions[5 * 50 + 3] == 1);
        if (tails != KM_TAILS_UPPER) {
            CU_ASSERT_EQUAL(highest(shares + 5 * 51, 5), 1);
            CU_ASSERT_EQUAL(directions[5 * 51 + 1], -1);
        } else {
            CU_ASSERT_EQUAL(shares[5 * 51 + 1], 0);
        }
        km_outlier_free(&model);
    }
}

TEST_MAIN("outlier", {"every kernel gives the same bits", test_every_kernel_gives_the_same_bits},
          {"wide matrices", test_wide_matrices}, {"softening is asinh", test_softening_is_asinh},
          {"distances from peers", test_distances_from_peers},
          {"division and type do not matter", test_division_and_type_do_not_matter},
          {"odd rows come first", test_odd_rows_come_first},
          {"size of skewed columns counts", test_size_of_skewed_columns_counts},
          {"upper tails ignore what is low", test_upper_tails_ignore_what_is_low},
          {"scale of a column does not matter", test_scale_of_a_column_does_not_matter},
          {"columns are described", test_columns_are_described},
          {"threshold marks the asked share", test_threshold_marks_the_asked_share},
          {"every shape gives finite scores", test_every_shape_gives_finite_scores},
          {"missing values count as the median", test_missing_values_count_as_the_median},
          {"wrong arguments", test_wrong_arguments},
          {"explain names the feature", test_explain_names_the_feature})
