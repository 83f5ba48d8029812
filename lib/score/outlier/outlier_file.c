/* A saved scorer: marker, version, sizes, settings, arrays, checksum; little-endian whatever the machine. */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "score/outlier/outlier_kernel.h"

enum { VERSION = 1, MARKER_SIZE = 16, CHECKSUM_SIZE = 8 };
enum { HEAD_SIZE = MARKER_SIZE + 6 * 4 + 6 * 8 + 3 * 4 };

static const char MARKER[MARKER_SIZE + 1] = "kiem outlier\r\n\x1A\n";

/* The float arrays of a model, in the order of the file. */
enum { ARRAYS = 3 };
typedef struct floats {
    float *values[ARRAYS];
    size_t counts[ARRAYS];
} floats;

static floats arrays_of(const km_outlier *model) {
    const size_t d = model->columns, slots = km_outlier_groups(model->references) * KM_OUTLIER_NEAREST;
    return (floats){{model->low, model->reference, model->half}, {4 * d + km_triangle(d), slots * d, slots}};
}

static size_t file_size(uint64_t columns, uint64_t references, uint64_t features) {
    const size_t d = (size_t)columns, slots = km_outlier_groups((uint32_t)references) * KM_OUTLIER_NEAREST;
    const size_t numbers = 4 * d + km_triangle(d) + slots * d + slots;
    return HEAD_SIZE + 2 * d * sizeof(double) + numbers * sizeof(float) + (size_t)features + CHECKSUM_SIZE;
}

/* ---- writing */

static void put(km_buf *out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) km_buf_char(out, (char)(unsigned char)(value >> (8 * i)));
}

static void put_double(km_buf *out, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(out, bits, sizeof bits);
}

static void put_float(km_buf *out, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(out, bits, sizeof bits);
}

static void put_head(const km_outlier *model, km_buf *out) {
    km_buf_append(out, MARKER, MARKER_SIZE);
    put(out, VERSION, 4);
    put(out, model->columns, 4);
    put(out, model->references, 4);
    put(out, model->nearest, 4);
    put(out, model->tails, 4);
    put(out, model->features_length, 4);
    put(out, model->seed, 8);
    put_double(out, model->pile);
    put_double(out, model->size);
    put_double(out, model->weight);
    put_double(out, model->contamination);
    put_double(out, model->threshold);
    put_float(out, model->base);
    put_float(out, model->distance_weight);
    put_float(out, model->tail_weight);
}

kiem_status km_outlier_save(const km_outlier *model, km_buf *out, km_error *error) {
    if (!model->memory) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is not fitted");
    const size_t start = out->length;
    const floats arrays = arrays_of(model);
    if (!km_buf_reserve(out, file_size(model->columns, model->references, model->features_length))) {
        return km_nomem(error);
    }
    put_head(model, out);
    for (size_t i = 0; i < 2 * (size_t)model->columns; i++) put_double(out, model->centre[i]);
    for (int a = 0; a < ARRAYS; a++) {
        for (size_t i = 0; i < arrays.counts[a]; i++) put_float(out, arrays.values[a][i]);
    }
    km_buf_append(out, model->features, model->features_length);
    put(out, km_hash(out->data + start, out->length - start, VERSION), CHECKSUM_SIZE);
    return KIEM_OK;
}

/* ---- reading */

typedef struct cursor {
    const unsigned char *at;
} cursor;

static uint64_t take(cursor *from, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)from->at[i] << (8 * i);
    from->at += bytes;
    return value;
}

static double take_double(cursor *from) {
    const uint64_t bits = take(from, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float take_float(cursor *from) {
    const uint32_t bits = (uint32_t)take(from, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* What the sizes in the file promise. */
typedef struct head {
    uint32_t columns, references, nearest, tails, features;
} head;

static bool head_is_sound(const head *h) {
    return h->columns > 0 && h->columns <= KM_OUTLIER_COLUMNS_MAX && h->references > 0 &&
           h->references <= KM_OUTLIER_REFERENCES && h->nearest > 0 && h->nearest <= KM_OUTLIER_NEAREST &&
           h->nearest <= h->references && h->tails <= KM_TAILS_UPPER &&
           h->features <= KM_OUTLIER_FEATURES_MAX;
}

static kiem_status check_whole(const unsigned char *bytes, size_t size, head *out, km_error *error) {
    if (size < MARKER_SIZE || memcmp(bytes, MARKER, MARKER_SIZE) != 0) {
        return km_fail(error, KIEM_E_STATE, "this is no saved outlier scorer");
    }
    if (size < HEAD_SIZE + CHECKSUM_SIZE) {
        return km_fail(error, KIEM_E_STATE, "the saved outlier scorer is cut short");
    }
    cursor from = {bytes + MARKER_SIZE};
    const uint64_t version = take(&from, 4);
    if (version != VERSION) {
        return km_fail(error, KIEM_E_UNSUPPORTED,
                       "the saved outlier scorer has version %u, this library reads %d", (unsigned)version,
                       VERSION);
    }
    uint32_t *const members[] = {&out->columns, &out->references, &out->nearest, &out->tails, &out->features};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) *members[i] = (uint32_t)take(&from, 4);
    if (!head_is_sound(out)) return km_fail(error, KIEM_E_STATE, "the saved outlier scorer is damaged");
    const size_t promised = file_size(out->columns, out->references, out->features);
    if (size != promised) {
        return km_fail(error, KIEM_E_STATE,
                       "the saved outlier scorer is cut short or damaged: %zu of %zu bytes", size, promised);
    }
    from.at = bytes + size - CHECKSUM_SIZE;
    if (take(&from, CHECKSUM_SIZE) != km_hash(bytes, size - CHECKSUM_SIZE, VERSION)) {
        return km_fail(error, KIEM_E_STATE,
                       "the saved outlier scorer is damaged: its checksum does not match");
    }
    return KIEM_OK;
}

/* Every number is finite, so that no row can get a score that is not. */
static bool take_numbers(km_outlier *model, cursor *from) {
    const floats arrays = arrays_of(model);
    bool finite = true;
    model->seed = take(from, 8);
    model->pile = take_double(from);
    model->size = take_double(from);
    model->weight = take_double(from);
    model->contamination = take_double(from);
    model->threshold = take_double(from);
    model->base = take_float(from);
    model->distance_weight = take_float(from);
    model->tail_weight = take_float(from);
    finite = isfinite(model->base) && isfinite(model->distance_weight) && isfinite(model->tail_weight) &&
             isfinite(model->threshold);
    for (size_t i = 0; i < 2 * (size_t)model->columns; i++) {
        model->centre[i] = take_double(from);
        finite = finite && isfinite(model->centre[i]);
    }
    for (int a = 0; a < ARRAYS; a++) {
        for (size_t i = 0; i < arrays.counts[a]; i++) {
            arrays.values[a][i] = take_float(from);
            finite = finite && isfinite(arrays.values[a][i]);
        }
    }
    return finite;
}

kiem_status km_outlier_load(km_outlier *model, const void *bytes, size_t size, km_error *error) {
    head h;
    KM_TRY(check_whole(bytes, size, &h, error));
    KM_TRY(km_outlier_allocate(model, h.columns, h.references, h.features, error));
    model->nearest = h.nearest;
    model->tails = h.tails;
    cursor from = {(const unsigned char *)bytes + MARKER_SIZE + 6 * 4};
    if (!take_numbers(model, &from)) {
        km_outlier_free(model);
        return km_fail(error, KIEM_E_STATE, "the saved outlier scorer is damaged: a number is not finite");
    }
    memcpy(model->features, from.at, h.features);
    return KIEM_OK;
}
