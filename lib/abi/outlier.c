#include <string.h>

#include "abi/handles.h"
#include "base/decimal.h"
#include "score/outlier/outlier_kernel.h"

struct kiem_outlier {
    km_outlier inner;
    kiem_env *env;
    uint64_t seed;
    double contamination;
    km_tails tails;
    uint8_t *column_tails; /* NULL: `tails` for every column */
    uint32_t column_tails_count;
    km_buf features;
    const km_outlier_kernel *kernel; /* NULL: the best */
    km_guard guard;
};

static kiem_status change(kiem_outlier *outlier, km_error *error) {
    return km_guard_change(&outlier->guard, "scorer", error);
}

static kiem_status look(const kiem_outlier *outlier, km_error *error) {
    return km_guard_look(&((kiem_outlier *)(uintptr_t)outlier)->guard, "scorer", error);
}

static void leave(const kiem_outlier *outlier) {
    km_guard_leave(&((kiem_outlier *)(uintptr_t)outlier)->guard);
}

static const km_mem *mem_of(const kiem_outlier *outlier) {
    return km_env_mem(outlier->env);
}

kiem_status kiem_outlier_new(kiem_env *given, kiem_outlier **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(out, sink, "out is NULL");
    kiem_env *env = km_env_hold(given);
    kiem_outlier *outlier = km_alloc_zero(km_env_mem(env), sizeof *outlier);
    if (!outlier) {
        km_env_release(env);
        return km_nomem(sink);
    }
    outlier->env = env;
    outlier->contamination = 0.1;
    km_outlier_init(&outlier->inner, km_env_mem(env));
    km_buf_init(&outlier->features, km_env_mem(env));
    *out = outlier;
    return KIEM_OK;
}

void kiem_outlier_free(kiem_outlier *outlier) {
    if (!outlier) return;
    kiem_env *env = outlier->env;
    km_outlier_free(&outlier->inner);
    km_buf_free(&outlier->features);
    km_free(km_env_mem(env), outlier->column_tails, outlier->column_tails_count);
    km_free(km_env_mem(env), outlier, sizeof *outlier);
    km_env_release(env);
}

/* ---- options */

static kiem_status set_seed(kiem_outlier *outlier, km_text value, km_error *error) {
    uint64_t seed = 0;
    bool sound = value.length > 0;
    for (size_t i = 0; i < value.length && sound; i++) {
        const unsigned digit = (unsigned)(unsigned char)value.ptr[i] - '0';
        sound = digit <= 9 && seed <= (UINT64_MAX - digit) / 10;
        if (sound) seed = seed * 10 + digit;
    }
    if (!sound) return km_fail(error, KIEM_E_ARGUMENT, "seed is not a whole number below 2^64");
    outlier->seed = seed;
    return KIEM_OK;
}

static kiem_status set_contamination(kiem_outlier *outlier, km_text value, km_error *error) {
    int64_t billionths;
    if (km_decimal_parse(value, 9, &billionths) != KM_NUMBER_OK || billionths <= 0 ||
        billionths > 500000000) {
        return km_fail(error, KIEM_E_ARGUMENT, "contamination is not a number above 0 and at most 0.5");
    }
    outlier->contamination = (double)billionths / 1e9;
    return KIEM_OK;
}

static bool read_tails(km_text word, km_tails *out) {
    static const char *const names[] = {"auto", "both", "upper"};
    for (int i = KM_TAILS_AUTO; i <= KM_TAILS_UPPER; i++) {
        if (!km_text_equal(word, km_text_from(names[i]))) continue;
        *out = (km_tails)i;
        return true;
    }
    return false;
}

static kiem_status bad_tails(km_error *error) {
    return km_fail(error, KIEM_E_ARGUMENT,
                   "tails are \"auto\", \"both\" or \"upper\", or one of them for each column");
}

static kiem_status set_tails(kiem_outlier *outlier, km_text value, km_error *error) {
    km_tails one = KM_TAILS_AUTO;
    uint8_t words[KM_OUTLIER_COLUMNS_MAX];
    uint32_t count = 0;
    km_text word;
    while (km_text_split(&value, ',', &word)) {
        if (count == KM_OUTLIER_COLUMNS_MAX || !read_tails(km_text_trim(word), &one)) return bad_tails(error);
        words[count++] = (uint8_t)one;
    }
    if (count == 0) return bad_tails(error);
    uint8_t *copy = count > 1 ? km_alloc(mem_of(outlier), count) : NULL;
    if (count > 1 && !copy) return km_nomem(error);
    km_free(mem_of(outlier), outlier->column_tails, outlier->column_tails_count);
    if (copy) memcpy(copy, words, count);
    outlier->column_tails = copy;
    outlier->column_tails_count = copy ? count : 0;
    outlier->tails = copy ? KM_TAILS_AUTO : one;
    return KIEM_OK;
}

static kiem_status set_features(kiem_outlier *outlier, km_text value, km_error *error) {
    if (value.length > KM_OUTLIER_FEATURES_MAX)
        return km_fail(error, KIEM_E_RANGE, "features are above 1 MiB");
    if (!km_utf8_valid(value.ptr, value.length))
        return km_fail(error, KIEM_E_ARGUMENT, "features are not UTF-8");
    const size_t length = outlier->features.length;
    if (value.length > length && !km_buf_reserve(&outlier->features, value.length - length)) {
        outlier->features.broken = false; /* those before stand */
        return km_nomem(error);
    }
    km_buf_clear(&outlier->features);
    km_buf_text(&outlier->features, value);
    return KIEM_OK;
}

static kiem_status set_instructions(kiem_outlier *outlier, km_text value, km_error *error) {
    const km_outlier_kernel *kernel = NULL;
    if (!km_text_equal(value, KM_TEXT("best"))) {
        kernel = km_outlier_find_kernel(value);
        if (!kernel) {
            return km_fail(error, KIEM_E_UNSUPPORTED, "no instructions of that name, or not on this machine");
        }
    }
    outlier->kernel = kernel;
    return KIEM_OK;
}

kiem_status kiem_outlier_set(kiem_outlier *outlier, const char *option, const char *value,
                             kiem_error *error) {
    static const struct {
        const char *name;
        kiem_status (*set)(kiem_outlier *outlier, km_text value, km_error *error);
    } options[] = {{"seed", set_seed},
                   {"contamination", set_contamination},
                   {"tails", set_tails},
                   {"features", set_features},
                   {"instructions", set_instructions}};
    km_error *sink = km_error_of(error);
    KM_REQUIRE(outlier && option && value, sink, "an argument is NULL");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (strcmp(option, options[i].name) != 0) continue;
        KM_TRY(change(outlier, sink));
        kiem_status status = options[i].set(outlier, km_text_from(value), sink);
        leave(outlier);
        return status;
    }
    return km_fail(sink, KIEM_E_NOT_FOUND,
                   "no option of that name; there are seed, contamination, tails, features, instructions");
}

/* ---- matrices */

static kiem_status read_matrix(const void *values, int32_t type, int64_t rows, int32_t columns,
                               int64_t stride, km_matrix *out, km_error *error) {
    if (type != KIEM_FLOAT32 && type != KIEM_FLOAT64) {
        return km_fail(error, KIEM_E_ARGUMENT,
                       "the type of the numbers is neither KIEM_FLOAT32 nor KIEM_FLOAT64");
    }
    if (rows < 0 || columns < 0)
        return km_fail(error, KIEM_E_ARGUMENT, "a negative number of rows or columns");
    if (!values && rows > 0 && columns > 0) return km_fail(error, KIEM_E_ARGUMENT, "values is NULL");
    const int64_t size = type == KIEM_FLOAT64 ? (int64_t)sizeof(double) : (int64_t)sizeof(float);
    if (stride % size != 0 || (uintptr_t)values % (uintptr_t)size != 0) {
        return km_fail(error, KIEM_E_ARGUMENT, "values or stride are not aligned for their type");
    }
    *out = (km_matrix){values, type == KIEM_FLOAT64, (size_t)rows, (uint32_t)columns, stride};
    return KIEM_OK;
}

kiem_status kiem_outlier_fit(kiem_outlier *outlier, const void *values, int32_t type, int64_t rows,
                             int32_t columns, int64_t stride, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(outlier, sink, "outlier is NULL");
    km_matrix matrix;
    KM_TRY(change(outlier, sink));
    km_outlier_free(&outlier->inner);
    kiem_status status = read_matrix(values, type, rows, columns, stride, &matrix, sink);
    const km_outlier_options options = {.seed = outlier->seed,
                                        .contamination = outlier->contamination,
                                        .tails = outlier->tails,
                                        .column_tails = outlier->column_tails,
                                        .column_tails_count = outlier->column_tails_count,
                                        .features = km_buf_view(&outlier->features),
                                        .kernel = outlier->kernel};
    if (status == KIEM_OK) status = km_outlier_fit(&outlier->inner, &matrix, &options, sink);
    leave(outlier);
    return status;
}

kiem_status kiem_outlier_score(const kiem_outlier *outlier, const void *values, int32_t type, int64_t rows,
                               int32_t columns, int64_t stride, double *scores, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(outlier && (scores || rows == 0), sink, "an argument is NULL");
    km_matrix matrix;
    KM_TRY(read_matrix(values, type, rows, columns, stride, &matrix, sink));
    KM_TRY(look(outlier, sink));
    kiem_status status = km_outlier_score(&outlier->inner, &matrix, scores, sink);
    leave(outlier);
    return status;
}

kiem_status kiem_outlier_explain(const kiem_outlier *outlier, const void *values, int32_t type, int64_t rows,
                                 int32_t columns, int64_t stride, double *shares, int8_t *directions,
                                 kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(outlier && (shares || rows == 0), sink, "an argument is NULL");
    km_matrix matrix;
    KM_TRY(read_matrix(values, type, rows, columns, stride, &matrix, sink));
    KM_TRY(look(outlier, sink));
    kiem_status status = km_outlier_explain(&outlier->inner, &matrix, shares, directions, sink);
    leave(outlier);
    return status;
}

/* ---- what it knows of itself */

int32_t kiem_outlier_columns(const kiem_outlier *outlier) {
    if (!outlier || look(outlier, NULL) != KIEM_OK) return 0;
    int32_t columns = (int32_t)outlier->inner.columns;
    leave(outlier);
    return columns;
}

const char *kiem_outlier_features(const kiem_outlier *outlier) {
    if (!outlier || look(outlier, NULL) != KIEM_OK) return "";
    const char *features = outlier->inner.features ? outlier->inner.features : "";
    leave(outlier);
    return features;
}

static kiem_status fact(const km_outlier *model, const char *name, double *value, km_error *sink) {
    if (!model->memory) return km_fail(sink, KIEM_E_ARGUMENT, "the scorer is not fitted");
    const struct {
        const char *name;
        double value;
    } facts[] = {{"tail_weight", model->weight},
                 {"pile", model->pile},
                 {"size", model->size},
                 {"threshold", model->threshold},
                 {"contamination", model->contamination},
                 {"tails", model->tails},
                 {"seed", (double)model->seed},
                 {"references", model->references}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (strcmp(name, facts[i].name) != 0) continue;
        *value = facts[i].value;
        return KIEM_OK;
    }
    return km_fail(sink, KIEM_E_NOT_FOUND, "no fact of that name");
}

kiem_status kiem_outlier_fact(const kiem_outlier *outlier, const char *name, double *value,
                              kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(outlier && name && value, sink, "an argument is NULL");
    KM_TRY(look(outlier, sink));
    kiem_status status = fact(&outlier->inner, name, value, sink);
    leave(outlier);
    return status;
}

kiem_status kiem_outlier_save(const kiem_outlier *outlier, void *buffer, size_t size, size_t *length,
                              kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(outlier && length && (buffer || size == 0), sink, "an argument is NULL");
    km_buf bytes;
    km_buf_init(&bytes, mem_of(outlier));
    kiem_status status = look(outlier, sink);
    if (status == KIEM_OK) {
        status = km_outlier_save(&outlier->inner, &bytes, sink);
        leave(outlier);
    }
    if (status == KIEM_OK) {
        *length = bytes.length;
        if (bytes.length <= size) {
            memcpy(buffer, bytes.data, bytes.length);
        } else {
            status =
                km_fail(sink, KIEM_E_RANGE, "the buffer has %zu bytes, %zu are needed", size, bytes.length);
        }
    }
    km_buf_free(&bytes);
    return status;
}

kiem_status kiem_outlier_load(kiem_env *env, const void *bytes, size_t size, kiem_outlier **out,
                              kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(out && (bytes || size == 0), sink, "an argument is NULL");
    kiem_outlier *outlier;
    KM_TRY(kiem_outlier_new(env, &outlier, error));
    kiem_status status = km_outlier_load(&outlier->inner, bytes, size, sink);
    if (status == KIEM_OK) {
        *out = outlier;
    } else {
        kiem_outlier_free(outlier);
    }
    return status;
}
