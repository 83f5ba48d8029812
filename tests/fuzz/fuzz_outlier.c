/* First byte even: the rest as a saved outlier scorer, once as it is and once with its checksum put right.
 * Odd: the rest as a matrix to be fitted, whose scores are finite and the same from every kernel. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "score/outlier/outlier_kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held) {
    if (!held) abort();
}

static void try_load(const uint8_t *bytes, size_t size) {
    km_outlier model;
    km_error error;
    km_outlier_init(&model, km_mem_default());
    const kiem_status status = km_outlier_load(&model, bytes, size, &error);
    if (status != KIEM_OK) {
        require((status == KIEM_E_STATE || status == KIEM_E_UNSUPPORTED) && error.message[0] != '\0');
        return;
    }
    double *row = calloc(2 * (size_t)model.columns, sizeof *row);
    double score;
    const km_matrix matrix = {row, true, 1, model.columns, 0};
    if (row) {
        require(km_outlier_score(&model, &matrix, &score, &error) == KIEM_OK);
        require(km_outlier_explain(&model, &matrix, row + model.columns, NULL, &error) == KIEM_OK);
    }
    free(row);
    km_outlier_free(&model);
}

static void load(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 1);
    if (!bytes) return;
    memcpy(bytes, data, size);
    try_load(bytes, size);
    if (size > 28) {
        const uint64_t sum = km_hash(bytes, size - 8, 1);
        for (int i = 0; i < 8; i++) bytes[size - 8 + (size_t)i] = (uint8_t)(sum >> (8 * i));
        try_load(bytes, size);
    }
    free(bytes);
}

static void score(const km_matrix *matrix, const km_outlier_kernel *kernel, double *scores) {
    const km_outlier_options options = {.contamination = 0.1, .kernel = kernel};
    km_outlier model;
    km_error error;
    km_outlier_init(&model, km_mem_default());
    require(km_outlier_fit(&model, matrix, &options, &error) == KIEM_OK);
    require(km_outlier_score(&model, matrix, scores, &error) == KIEM_OK);
    km_outlier_free(&model);
}

static void fit(uint32_t columns, const uint8_t *data, size_t size) {
    const size_t rows = size / (columns * sizeof(double));
    if (rows == 0 || rows > 2000) return;
    double *values = malloc(rows * columns * sizeof *values), *scores = calloc(2 * rows, sizeof *scores);
    if (values && scores) {
        memcpy(values, data, rows * columns * sizeof *values);
        const km_matrix matrix = {values, true, rows, columns, (int64_t)(columns * sizeof *values)};
        score(&matrix, NULL, scores);
        score(&matrix, &km_outlier_portable, scores + rows);
        require(memcmp(scores, scores + rows, rows * sizeof *scores) == 0);
        for (size_t i = 0; i < rows; i++) require(isfinite(scores[i]));
    }
    free(values);
    free(scores);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    if (data[0] % 2) {
        fit(1 + data[0] / 2u % 8, data + 1, size - 1);
    } else {
        load(data + 1, size - 1);
    }
    return 0;
}
