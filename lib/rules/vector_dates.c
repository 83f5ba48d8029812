/* Loops over dates, times and births. */
#include <string.h>

#include "rules/kernels.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

/* The days of an argument as yyyymmdd, where they are known; NULL when out of memory. */
static const int64_t *packed_days(km_loop *loop, int argument, const km_vector *days) {
    bool made, time = km_loop_argument_node(loop, argument)->type == KM_TYPE_TIME;
    int64_t *packed = km_loop_derived(loop, argument, ((size_t)loop->rows + 1) * sizeof *packed, &made);
    if (packed && made) km_kernels_here()->packed_days(days->numbers, time, loop->rows, packed);
    return packed;
}

/* ---- days and parts */

bool km_loop_between(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    if (!a || !b || !km_loop_room(loop)) return false;
    bool time_a = km_loop_argument_node(loop, 0)->type == KM_TYPE_TIME,
         time_b = km_loop_argument_node(loop, 1)->type == KM_TYPE_TIME;
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] = a->known[w] & b->known[w];
    if (loop->node->op == KM_OP_DAYS_BETWEEN) {
        km_kernels_here()->days_between(a->numbers, time_a, b->numbers, time_b, loop->rows, out);
    } else if (time_a && time_b) {
        km_kernels_here()->subtract(b->numbers, a->numbers, loop->rows, out);
    } else {
        int64_t unit_a = time_a ? 1 : KM_MINUTES_PER_DAY, unit_b = time_b ? 1 : KM_MINUTES_PER_DAY;
        for (uint32_t row = 0; row < loop->rows; row++)
            out[row] = b->numbers[row] * unit_b - a->numbers[row] * unit_a;
    }
    return true;
}

/* A part of a birth may be unknown, which is 0. */
static void parts_of_births(km_loop *loop, const km_vector *a, km_date_part part) {
    static const int64_t none = 0;
    const km_kernels *kernels = km_kernels_here();
    kernels->part_of_packed(a->numbers, part, loop->rows, km_loop_numbers(loop));
    if (loop->rows) kernels->compare(KM_NE, 0, loop->out->numbers, &none, true, loop->rows, loop->out->known);
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] &= a->known[w];
}

bool km_loop_part(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_room(loop)) return false;
    const km_kernels *kernels = km_kernels_here();
    km_date_part part = (km_date_part)loop->node->detail;
    km_type type = (km_type)km_loop_argument_node(loop, 0)->type;
    int64_t *out = km_loop_numbers(loop);
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    if (type == KM_TYPE_BIRTH) {
        parts_of_births(loop, a, part);
    } else if (part == KM_WEEKDAY) {
        kernels->weekdays(a->numbers, type == KM_TYPE_TIME, loop->rows, out);
    } else if (part == KM_HOUR || part == KM_MINUTE_OF_HOUR) {
        if (type == KM_TYPE_TIME) kernels->part_of_time(a->numbers, part, loop->rows, out);
        if (type != KM_TYPE_TIME) memset(out, 0, loop->rows * sizeof *out);
    } else {
        const int64_t *packed = packed_days(loop, 0, a);
        if (!packed) return false;
        kernels->part_of_packed(packed, part, loop->rows, out);
    }
    return true;
}

bool km_loop_add_days(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    if (!a || !b || !km_loop_room(loop)) return false;
    int64_t *out = km_loop_numbers(loop);
    uint64_t beyond = 0, limit = KM_SHIFT_DAYS_MAX;
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] = a->known[w] & b->known[w];
    for (uint32_t row = 0; row < loop->rows; row++) {
        uint64_t days = (uint64_t)b->numbers[row], sum = (uint64_t)a->numbers[row] + days;
        beyond |= (days + limit > 2 * limit) | (sum + KM_SHIFTED_MAX > 2 * (uint64_t)KM_SHIFTED_MAX);
        out[row] = (int64_t)sum;
    }
    for (uint32_t row = 0; beyond && row < loop->rows; row++) {
        int64_t days = b->numbers[row];
        bool near = days <= KM_SHIFT_DAYS_MAX && days >= -KM_SHIFT_DAYS_MAX;
        if (near && out[row] <= KM_SHIFTED_MAX && out[row] >= -KM_SHIFTED_MAX) continue;
        loop->frame->context.nulls_made += km_bit(loop->out->known, row);
        loop->out->known[row / 64] &= ~((uint64_t)1 << (row % 64));
        out[row] = 0;
    }
    return true;
}

/* ---- ages */

/* Birth dates as yyyymmdd for comparison: of a year alone the first and the last day. The other odd ones -
 * month without day, 29 February - are left to be worked out row by row. */
typedef struct births {
    int64_t *first, *last; /* last is first where no year stands alone */
    uint64_t *odd;
} births;

/* False when out of memory. */
static bool births_of(km_loop *loop, int argument, const km_vector *from, births *out) {
    static const int64_t none = 0;
    const km_kernels *kernels = km_kernels_here();
    bool made;
    size_t rows = (size_t)loop->words * 64, size = (3 * rows + loop->words + 1) * sizeof(int64_t);
    int64_t *room = km_loop_derived(loop, argument, size, &made);
    if (!room) return false;
    *out = (births){room, room + rows, (uint64_t *)(room + 3 * rows)};
    uint64_t *alone = &out->odd[loop->words];
    if (made) *alone = kernels->births(from->numbers, loop->rows, room, room + rows, room + 2 * rows);
    if (made && loop->rows) kernels->compare(KM_NE, 0, room + 2 * rows, &none, true, loop->rows, out->odd);
    if (!*alone) out->last = out->first;
    return true;
}

/* AGE_DAYS: births with unknown parts have none. */
bool km_loop_age_days(km_loop *loop) {
    static const int64_t none = 0;
    const km_kernels *kernels = km_kernels_here();
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    if (!a || !b || !km_loop_room(loop)) return false;
    if (!loop->rows) return true;
    bool time = km_loop_argument_node(loop, 1)->type == KM_TYPE_TIME;
    int64_t *out = km_loop_numbers(loop);
    kernels->part_of_packed(a->numbers, KM_DAY, loop->rows, out);
    kernels->compare(KM_NE, 0, out, &none, true, loop->rows, loop->out->known);
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] &= a->known[w] & b->known[w];
    kernels->days_since(a->numbers, b->numbers, time, loop->rows, out);
    return true;
}

static void age_of_row(km_loop *loop, const km_vector *const vectors[3], uint32_t row) {
    km_value values[3];
    for (int i = 0; i < 3; i++) values[i] = km_vector_value(km_loop_argument_node(loop, i), vectors[i], row);
    km_value exact = km_apply(&loop->frame->context, loop->node, values);
    uint64_t bit = (uint64_t)1 << (row % 64), none = 0;
    loop->out->known[row / 64] = (loop->out->known[row / 64] & ~bit) | (exact.known ? bit : none);
    loop->out->is_true[row / 64] =
        (loop->out->is_true[row / 64] & ~bit) | (exact.known && exact.number ? bit : none);
}

/* Rows where the age is reached even if born on the last day, and known to be or not to be. */
static void compare_ages(km_loop *loop, const births *born, const int64_t *days, int64_t years) {
    km_kernels_here()->at_least(days, born->last, years * 10000, loop->rows, loop->out->is_true);
    if (born->last == born->first) {
        memset(loop->out->known, 0xFF, loop->words * sizeof(uint64_t));
        return;
    }
    km_kernels_here()->at_least(days, born->first, years * 10000, loop->rows, loop->out->known);
    for (uint32_t w = 0; w < loop->words; w++)
        loop->out->known[w] = loop->out->is_true[w] | ~loop->out->known[w];
}

/* Whole years later is the same month and day, which yyyymmdd compares; everything else row by row. */
bool km_loop_age_at_least(km_loop *loop) {
    const km_vector *vectors[3];
    const km_node *age = km_loop_argument_node(loop, 1);
    births born;
    for (int i = 0; i < 3; i++) {
        vectors[i] = km_loop_argument(loop, i);
        if (!vectors[i]) return false;
    }
    bool some =
        age->op == KM_OP_CONST && age->number >= 0 && age->number <= KM_AGE_MONTHS_MAX / loop->node->detail;
    int64_t months = some ? age->number * loop->node->detail : -1;
    bool whole_years = months >= 0 && months % 12 == 0;
    if (!km_loop_blank(loop)) return false;
    const int64_t *days = packed_days(loop, 2, vectors[2]);
    if (!days || !births_of(loop, 0, vectors[0], &born)) return false;
    if (loop->rows) compare_ages(loop, &born, days, months / 12);
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t known = vectors[0]->known[w] & vectors[1]->known[w] & vectors[2]->known[w];
        loop->out->known[w] &= known;
        loop->out->is_true[w] &= loop->out->known[w];
        for (uint64_t left = known & (whole_years ? born.odd[w] : UINT64_MAX); left; left &= left - 1)
            age_of_row(loop, vectors, km_first_row(w, left));
    }
    return true;
}
