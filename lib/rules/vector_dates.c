/* Loops over dates, times and births. */
#include <string.h>

#include "rules/kernels.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

static int64_t day_of(bool is_time, int64_t value) {
    return is_time ? km_day_of((km_minute)value) : value;
}

/* ---- days as yyyymmdd */

/* The same days come again and again. */
typedef struct packed_day {
    km_day day;
    int32_t packed; /* 0: nothing kept */
} packed_day;

enum { DAYS_KEPT = 512 };

static int32_t packed_day_of(km_day day) {
    km_civil civil = km_civil_from_day(day);
    return civil.year * 10000 + civil.month * 100 + civil.day;
}

/* The days of an argument as yyyymmdd, where they are known; NULL when out of memory. */
static const int64_t *packed_days(km_loop *loop, int argument, const km_vector *days) {
    bool made, time = km_loop_argument_node(loop, argument)->type == KM_TYPE_TIME;
    packed_day *kept = km_loop_memo(loop, DAYS_KEPT * sizeof *kept);
    if (!kept) return NULL;
    int64_t *packed = km_loop_derived(loop, argument, ((size_t)loop->rows + 1) * sizeof *packed, &made);
    for (uint32_t row = 0; packed && made && row < loop->rows; row++) {
        packed[row] = 0;
        if (!km_bit(days->known, row)) continue;
        km_day day = (km_day)day_of(time, days->numbers[row]);
        packed_day *place = &kept[(uint32_t)day % DAYS_KEPT];
        if (place->day != day || !place->packed) *place = (packed_day){day, packed_day_of(day)};
        packed[row] = place->packed;
    }
    return packed;
}

/* ---- days and parts */

bool km_loop_between(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    if (!a || !b || !km_loop_blank(loop)) return false;
    bool time_a = km_loop_argument_node(loop, 0)->type == KM_TYPE_TIME,
         time_b = km_loop_argument_node(loop, 1)->type == KM_TYPE_TIME;
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] = a->known[w] & b->known[w];
    if (loop->node->op == KM_OP_DAYS_BETWEEN) {
        for (uint32_t row = 0; row < loop->rows; row++)
            out[row] = day_of(time_b, b->numbers[row]) - day_of(time_a, a->numbers[row]);
    } else {
        int64_t unit_a = time_a ? 1 : KM_MINUTES_PER_DAY, unit_b = time_b ? 1 : KM_MINUTES_PER_DAY;
        for (uint32_t row = 0; row < loop->rows; row++)
            out[row] = b->numbers[row] * unit_b - a->numbers[row] * unit_a;
    }
    return true;
}

static int64_t part_of_packed(uint8_t part, int64_t packed) {
    return part == KM_YEAR ? packed / 10000 : part == KM_MONTH ? packed / 100 % 100 : packed % 100;
}

/* Of a birth a part may be unknown, which is 0. */
static void parts_of_births(km_loop *loop, const km_vector *a) {
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t row = 0; row < loop->rows; row++) {
        out[row] = km_bit(a->known, row) ? part_of_packed(loop->node->detail, a->numbers[row]) : 0;
        if (!out[row]) loop->out->known[row / 64] &= ~((uint64_t)1 << (row % 64));
    }
}

/* Hours, minutes and weekdays. */
static void parts_of_times(km_loop *loop, const km_vector *a) {
    uint8_t part = loop->node->detail;
    bool time = km_loop_argument_node(loop, 0)->type == KM_TYPE_TIME;
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t row = 0; row < loop->rows; row++) {
        int64_t day = day_of(time, a->numbers[row]),
                minute = time ? a->numbers[row] - day * KM_MINUTES_PER_DAY : 0;
        out[row] = 0;
        if (!km_bit(a->known, row)) continue;
        out[row] = part == KM_WEEKDAY ? km_weekday((km_day)day) : part == KM_HOUR ? minute / 60 : minute % 60;
    }
}

bool km_loop_part(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    uint8_t part = loop->node->detail;
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    if (km_loop_argument_node(loop, 0)->type == KM_TYPE_BIRTH) {
        parts_of_births(loop, a);
    } else if (part != KM_YEAR && part != KM_MONTH && part != KM_DAY) {
        parts_of_times(loop, a);
    } else {
        const int64_t *packed = packed_days(loop, 0, a);
        for (uint32_t row = 0; packed && row < loop->rows; row++)
            km_loop_numbers(loop)[row] = part_of_packed(part, packed[row]);
        return packed != NULL;
    }
    return true;
}

bool km_loop_add_days(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    if (!a || !b || !km_loop_blank(loop)) return false;
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t row = 0; row < loop->rows; row++) {
        int64_t days = b->numbers[row];
        bool known = km_bit(a->known, row) && km_bit(b->known, row),
             good = days <= KM_SHIFT_DAYS_MAX && days >= -KM_SHIFT_DAYS_MAX;
        km_bit_set(loop->out->known, row, known && good);
        out[row] = known && good ? a->numbers[row] + days : 0;
        loop->frame->context.nulls_made += known && !good;
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

/* What the rows of a word are; whether a year stands alone among them. */
static bool read_births(const births *out, const km_vector *from, uint32_t w) {
    bool years = false;
    for (uint64_t left = from->known[w]; left; left &= left - 1) {
        uint32_t row = km_first_row(w, left);
        int32_t birth = (int32_t)from->numbers[row], month_and_day = birth % 10000;
        bool year = month_and_day == 0;
        out->first[row] = year ? birth + 101 : birth;
        out->last[row] = year ? birth + 1231 : birth;
        years = years || year;
        if (!year && (month_and_day % 100 == 0 || month_and_day == 229)) out->odd[w] |= left & ~(left - 1);
    }
    return years;
}

/* False when out of memory. */
static bool births_of(km_loop *loop, int argument, const km_vector *from, births *out) {
    bool made, years = false;
    size_t rows = (size_t)loop->words * 64, size = (2 * rows + loop->words + 1) * sizeof(int64_t);
    int64_t *room = km_loop_derived(loop, argument, size, &made);
    if (!room) return false;
    *out = (births){room, room + rows, (uint64_t *)(room + 2 * rows)};
    uint64_t *alone = &out->odd[loop->words];
    if (made) {
        memset(room, 0, size);
        for (uint32_t w = 0; w < loop->words; w++) years |= read_births(out, from, w);
        *alone = years;
    }
    if (!*alone) out->last = out->first;
    return true;
}

/* AGE_DAYS: births with unknown parts have none. */
bool km_loop_age_days(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    if (!a || !b || !km_loop_blank(loop)) return false;
    bool time = km_loop_argument_node(loop, 1)->type == KM_TYPE_TIME;
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t row = 0; row < loop->rows; row++) {
        int32_t birth = (int32_t)a->numbers[row], day = birth % 100, month = birth / 100 % 100;
        bool known = km_bit(a->known, row) && km_bit(b->known, row) && day;
        out[row] =
            known ? day_of(time, b->numbers[row]) - km_day_from_civil(birth / 10000, month ? month : 1, day)
                  : 0;
        km_bit_set(loop->out->known, row, known);
    }
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
    km_kernel_at_least(days, born->last, years * 10000, loop->rows, loop->out->is_true);
    if (born->last == born->first) {
        memset(loop->out->known, 0xFF, loop->words * sizeof(uint64_t));
        return;
    }
    km_kernel_at_least(days, born->first, years * 10000, loop->rows, loop->out->known);
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
    int64_t months = age->op == KM_OP_CONST ? age->number * loop->node->detail : -1;
    bool whole_years = months >= 0 && months <= 12 * 200 && months % 12 == 0;
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
