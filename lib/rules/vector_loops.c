#include <string.h>

#include "base/decimal.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

/* ---- choice */

/* Copies the values of some rows. */
static void take(km_loop *loop, const km_vector *from, const uint64_t *rows) {
    bool texts = loop->node->type == KM_TYPE_TEXT, conditions = loop->node->type == KM_TYPE_BOOL;
    for (uint32_t w = 0; w < loop->words; w++) {
        loop->out->known[w] = (loop->out->known[w] & ~rows[w]) | (from->known[w] & rows[w]);
        if (conditions) {
            loop->out->is_true[w] = (loop->out->is_true[w] & ~rows[w]) | (from->is_true[w] & rows[w]);
            continue;
        }
        for (uint64_t left = rows[w]; left; left &= left - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(left);
            if (texts) {
                km_loop_texts(loop)[row] = from->texts[row];
            } else {
                km_loop_numbers(loop)[row] = from->numbers[row];
            }
        }
    }
}

/* Works out one argument for one row alone. */
static void take_alone(km_loop *loop, int argument, uint32_t row) {
    km_frame *frame = loop->frame;
    km_node_id id = km_node_argument(frame->graph, loop->node, argument);
    km_value value = km_scalar(&frame->context, frame->graph, frame->input, id, row);
    if (!value.known) return;
    km_bit_set(loop->out->known, row, true);
    if (loop->node->type == KM_TYPE_TEXT) {
        km_loop_texts(loop)[row] = value.text;
    } else {
        km_loop_numbers(loop)[row] = loop->node->type == KM_TYPE_CODE ? (int64_t)value.code : value.number;
    }
}

static uint32_t count_rows(const km_loop *loop, const uint64_t *rows) {
    uint32_t count = 0;
    for (uint32_t w = 0; w < loop->words; w++) count += (uint32_t)__builtin_popcountll(rows[w]);
    return count;
}

/* Sets the chosen rows to the values of an argument, row by row when they are few. */
static bool choose(km_loop *loop, int argument, const uint64_t *rows) {
    uint32_t count = count_rows(loop, rows);
    if (!count) return true;
    if (km_loop_alone(loop, argument, count)) {
        for (uint32_t w = 0; w < loop->words; w++) {
            for (uint64_t left = rows[w]; left; left &= left - 1)
                take_alone(loop, argument, w * 64 + (uint32_t)__builtin_ctzll(left));
        }
        return true;
    }
    const km_vector *value = km_loop_argument(loop, argument);
    if (value) take(loop, value, rows);
    return value != NULL;
}

/* Conditions: later choices first, each overwritten where an earlier one holds. */
static bool choose_condition(km_loop *loop) {
    int step = loop->node->op == KM_OP_CASE ? 2 : 1, last = loop->node->count - 1;
    const km_vector *value = km_loop_argument(loop, last);
    if (!value || !km_loop_blank(loop)) return false;
    memcpy(loop->out->known, value->known, loop->words * sizeof(uint64_t));
    memcpy(loop->out->is_true, value->is_true, loop->words * sizeof(uint64_t));
    for (int i = last - step; i >= 0; i -= step) {
        const km_vector *condition = step == 2 ? km_loop_argument(loop, i) : NULL;
        value = km_loop_argument(loop, i + step - 1);
        if (!value || (step == 2 && !condition)) return false;
        take(loop, value, step == 2 ? condition->is_true : value->known);
    }
    return true;
}

static bool choose_case(km_loop *loop, uint64_t *open, uint64_t *chosen) {
    for (int i = 0; i + 1 < loop->node->count; i += 2) {
        const km_vector *condition = km_loop_argument(loop, i);
        if (!condition) return false;
        for (uint32_t w = 0; w < loop->words; w++) chosen[w] = condition->is_true[w] & open[w];
        for (uint32_t w = 0; w < loop->words; w++) open[w] &= ~chosen[w];
        if (!choose(loop, i + 1, chosen)) return false;
        if (!count_rows(loop, open)) return true;
    }
    return choose(loop, loop->node->count - 1, open);
}

static bool choose_known(km_loop *loop, uint64_t *open) {
    for (int i = 0; i < loop->node->count; i++) {
        if (!choose(loop, i, open)) return false;
        for (uint32_t w = 0; w < loop->words; w++) open[w] &= ~loop->out->known[w];
        if (!count_rows(loop, open)) return true;
    }
    return true;
}

/* Values: first choices first, each only for the rows that no choice before it took. */
bool km_loop_choice(km_loop *loop) {
    if (loop->node->type == KM_TYPE_BOOL) return choose_condition(loop);
    size_t bits = ((size_t)loop->words + 1) * sizeof(uint64_t);
    uint64_t *rows = km_alloc_zero(loop->frame->mem, 2 * bits);
    bool good = rows && km_loop_blank(loop);
    if (good) {
        memset(loop->out->memory, 0,
               loop->rows * (loop->node->type == KM_TYPE_TEXT ? sizeof(km_text) : sizeof(int64_t)));
        for (uint32_t w = 0; w < loop->words; w++) rows[w] = km_loop_mask(loop, w);
        good = loop->node->op == KM_OP_CASE ? choose_case(loop, rows, rows + loop->words + 1)
                                            : choose_known(loop, rows);
    }
    if (rows) km_free(loop->frame->mem, rows, 2 * bits);
    return good;
}

/* ---- numbers */

bool km_loop_extreme(km_loop *loop) {
    bool greatest = loop->node->op == KM_OP_GREATEST;
    uint64_t flip =
        loop->node->type == KM_TYPE_CODE ? (uint64_t)INT64_MIN : 0; /* codes compare as unsigned */
    const km_vector *first = km_loop_argument(loop, 0);
    if (!first || !km_loop_blank(loop)) return false;
    int64_t *out = km_loop_numbers(loop);
    memcpy(loop->out->known, first->known, loop->words * sizeof(uint64_t));
    if (loop->rows) memcpy(out, first->numbers, loop->rows * sizeof *out);
    for (int i = 1; i < loop->node->count; i++) {
        const km_vector *next = km_loop_argument(loop, i);
        if (!next) return false;
        for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] &= next->known[w];
        for (uint32_t row = 0; row < loop->rows; row++) {
            int64_t a = (int64_t)((uint64_t)out[row] ^ flip),
                    b = (int64_t)((uint64_t)next->numbers[row] ^ flip);
            if (greatest ? b > a : b < a) out[row] = next->numbers[row];
        }
    }
    return true;
}

bool km_loop_checked(km_loop *loop) {
    const km_node *left = km_loop_argument_node(loop, 0),
                  *right = km_loop_argument_node(loop, loop->node->count > 1);
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, loop->node->count > 1);
    if (!a || !b || !km_loop_blank(loop)) return false;
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t row = 0; row < loop->rows; row++) {
        out[row] = 0;
        if (!km_bit(a->known, row) || !km_bit(b->known, row)) continue;
        bool known =
            km_arithmetic(loop->node, a->numbers[row], left->scale, b->numbers[row], right->scale, &out[row]);
        km_bit_set(loop->out->known, row, known);
        if (known) continue;
        out[row] = 0;
        loop->frame->context.nulls_made++;
    }
    return true;
}

bool km_loop_abs(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    int64_t *out = km_loop_numbers(loop);
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    for (uint32_t row = 0; row < loop->rows; row++)
        out[row] = a->numbers[row] < 0 ? -a->numbers[row] : a->numbers[row];
    return true;
}

/* ---- dates */

static int64_t day_of(bool is_time, int64_t value) {
    return is_time ? km_day_of((km_minute)value) : value;
}

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

static int64_t part_of_birth(uint8_t part, int32_t packed) {
    return part == KM_YEAR ? packed / 10000 : part == KM_MONTH ? packed / 100 % 100 : packed % 100;
}

static int64_t part_of_day(uint8_t part, km_day day) {
    if (part == KM_WEEKDAY) return km_weekday(day);
    km_civil civil = km_civil_from_day(day);
    return part == KM_YEAR ? civil.year : part == KM_MONTH ? civil.month : civil.day;
}

bool km_loop_part(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    uint8_t part = loop->node->detail, type = km_loop_argument_node(loop, 0)->type;
    bool minutes = part == KM_HOUR || part == KM_MINUTE_OF_HOUR, time = type == KM_TYPE_TIME;
    int64_t *out = km_loop_numbers(loop), last_day = INT64_MIN, last_part = 0;
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    for (uint32_t row = 0; row < loop->rows; row++) {
        out[row] = 0;
        if (!km_bit(a->known, row)) continue;
        int64_t value = a->numbers[row], day = day_of(time, value);
        if (type == KM_TYPE_BIRTH) {
            out[row] = part_of_birth(part, (int32_t)value);
            if (!out[row]) loop->out->known[row / 64] &= ~((uint64_t)1 << (row % 64));
        } else if (minutes) {
            int64_t minute = time ? value - day * KM_MINUTES_PER_DAY : 0;
            out[row] = part == KM_HOUR ? minute / 60 : minute % 60;
        } else {
            if (day != last_day) last_part = part_of_day(part, (km_day)day), last_day = day;
            out[row] = last_part;
        }
    }
    return true;
}

/* Whether so many months lie between birth and day (yyyymmdd): -1 when parts of the birth date are unknown,
 * or months of different length come into it. */
static int old_enough(int32_t birth, int64_t months, int64_t day) {
    int month_and_day = birth % 10000;
    bool simple = months % 12 == 0 && months >= 0 && months <= 12 * 200;
    if (!simple || month_and_day < 100 || month_and_day % 100 == 0 || month_and_day == 229) return -1;
    return day >= birth + months / 12 * 10000;
}

static int64_t packed_day(km_day day) {
    km_civil civil = km_civil_from_day(day);
    return civil.year * 10000 + civil.month * 100 + civil.day;
}

bool km_loop_age_at_least(km_loop *loop) {
    const km_vector *vectors[3];
    const km_node *day_node = km_loop_argument_node(loop, 2);
    for (int i = 0; i < 3; i++) {
        vectors[i] = km_loop_argument(loop, i);
        if (!vectors[i]) return false;
    }
    if (!km_loop_blank(loop)) return false;
    int64_t last_day = INT64_MIN, last_packed = 0;
    for (uint32_t row = 0; row < loop->rows; row++) {
        bool known = true;
        for (int i = 0; i < 3; i++) known = known && km_bit(vectors[i]->known, row);
        if (!known) continue;
        int64_t day = day_of(day_node->type == KM_TYPE_TIME, vectors[2]->numbers[row]);
        if (day != last_day) last_day = day, last_packed = packed_day((km_day)day);
        int quick = old_enough((int32_t)vectors[0]->numbers[row],
                               vectors[1]->numbers[row] * loop->node->detail, last_packed);
        if (quick < 0) {
            km_value values[3];
            for (int i = 0; i < 3; i++)
                values[i] = km_vector_value(km_loop_argument_node(loop, i), vectors[i], row);
            km_value exact = km_apply(&loop->frame->context, loop->node, values);
            known = exact.known;
            quick = exact.number != 0;
        }
        km_bit_set(loop->out->known, row, known);
        km_bit_set(loop->out->is_true, row, known && quick);
    }
    return true;
}

/* ---- texts */

static int64_t count_items(km_text list) {
    km_text part;
    int64_t items = 0;
    while (km_text_split(&list, ';', &part)) items += km_text_trim(part).length > 0;
    return items;
}

static int64_t text_answer(km_loop *loop, km_text text, const km_value *others, bool *known) {
    const km_node *node = loop->node;
    int64_t number = 0;
    int match;
    switch (node->op) {
    case KM_OP_LIKE: return km_like(text, node->text);
    case KM_OP_MATCHES:
        match = km_regex_match(node->extra, loop->frame->context.regex, text);
        loop->frame->context.nulls_made += match < 0;
        *known = match >= 0;
        return match > 0;
    case KM_OP_HAS_CODE:
        if (node->detail) return km_list_has_between(text, others[1].code, others[2].code);
        char room[KM_CODE_MAX];
        if (others[1].type == KM_TYPE_TEXT) return km_list_has(text, others[1].text);
        return km_list_has(text, (km_text){room, km_code_unpack(others[1].code, room)});
    case KM_OP_LENGTH: return (int64_t)km_utf8_count(text);
    case KM_OP_LIST_COUNT: return count_items(text);
    default: /* TO_NUMBER */
        *known = km_decimal_parse(text, 0, &number) == KM_NUMBER_OK;
        return *known ? number : 0;
    }
}

bool km_loop_text(km_loop *loop) {
    enum { OTHERS_MAX = 3 };
    km_value others[OTHERS_MAX] = {{0}};
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    for (int i = 1; i < loop->node->count; i++) others[i] = km_node_constant(km_loop_argument_node(loop, i));
    bool condition = loop->node->type == KM_TYPE_BOOL;
    if (!condition) memset(loop->out->memory, 0, loop->rows * sizeof(int64_t));
    for (uint32_t w = 0; w < loop->words; w++) {
        for (uint64_t left = a->known[w]; left; left &= left - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(left);
            bool known = true;
            int64_t answer = text_answer(loop, a->texts[row], others, &known);
            km_bit_set(loop->out->known, row, known);
            if (condition) {
                km_bit_set(loop->out->is_true, row, known && answer);
            } else {
                km_loop_numbers(loop)[row] = answer;
            }
        }
    }
    return true;
}

bool km_loop_substr(km_loop *loop) {
    size_t start = (size_t)(loop->node->number >> 32), length = (size_t)(loop->node->number & 0xFFFFFFFF);
    bool text = loop->node->type == KM_TYPE_TEXT;
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    memset(loop->out->memory, 0, loop->rows * (text ? sizeof(km_text) : sizeof(int64_t)));
    for (uint32_t w = 0; w < loop->words; w++) {
        for (uint64_t left = a->known[w]; left; left &= left - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(left);
            km_text part = km_substring(a->texts[row], start, length);
            uint64_t code = 0;
            bool known = part.length && (text || km_code_pack(part, &code));
            km_bit_set(loop->out->known, row, known);
            if (!text) {
                km_loop_numbers(loop)[row] = known ? (int64_t)code : 0;
            } else if (known) {
                km_loop_texts(loop)[row] = part;
            }
        }
    }
    return true;
}

/* ---- tables */

enum { MEMO_SIZE = 256 };

/* The row last found for a key, good for every day it is in force. */
typedef struct lookup_memo {
    uint64_t keys[KM_LOOKUP_KEYS_MAX];
    int64_t row;
    km_day from, to; /* to < from: nothing remembered */
} lookup_memo;

static int64_t find_row(const km_loop *loop, lookup_memo *memo, const km_vector *const *keys, int key_count,
                        uint32_t row, km_day day) {
    const km_lookup *lookup = loop->node->extra;
    uint64_t hash = 0, wanted[KM_LOOKUP_KEYS_MAX] = {0};
    for (int i = 0; i < key_count; i++) {
        wanted[i] = (uint64_t)keys[i]->numbers[row];
        hash = (hash ^ wanted[i]) * 0x9E3779B97F4A7C15u;
    }
    lookup_memo *slot = &memo[hash >> 56];
    if (day >= slot->from && day <= slot->to && memcmp(slot->keys, wanted, sizeof wanted) == 0)
        return slot->row;
    km_value values[KM_LOOKUP_KEYS_MAX];
    for (int i = 0; i < key_count; i++)
        values[i] = km_vector_value(km_loop_argument_node(loop, i), keys[i], row);
    int64_t found = km_lookup_row(lookup, values, day);
    memcpy(slot->keys, wanted, sizeof wanted);
    slot->row = found;
    slot->from = found == KM_LOOKUP_NO_ROW ? day : lookup->from[found];
    slot->to = found == KM_LOOKUP_NO_ROW ? day : lookup->to[found];
    return found;
}

static void put_cell(km_loop *loop, uint32_t row, int64_t found) {
    const km_lookup *lookup = loop->node->extra;
    if (loop->node->op == KM_OP_IN_LOOKUP) {
        km_bit_set(loop->out->known, row, true);
        km_bit_set(loop->out->is_true, row, found != KM_LOOKUP_NO_ROW);
        return;
    }
    if (found == KM_LOOKUP_NO_ROW) return;
    const km_value *cell = &lookup->column[loop->node->number].cells[found];
    km_bit_set(loop->out->known, row, cell->known);
    if (loop->node->type == KM_TYPE_TEXT) {
        km_loop_texts(loop)[row] = cell->text;
    } else {
        km_loop_numbers(loop)[row] = cell->type == KM_TYPE_CODE ? (int64_t)cell->code : cell->number;
    }
}

bool km_loop_lookup(km_loop *loop) {
    lookup_memo memo[MEMO_SIZE];
    const km_vector *arguments[KM_LOOKUP_KEYS_MAX + 1];
    int keys = loop->node->count - 1;
    for (int i = 0; i <= keys; i++) {
        arguments[i] = km_loop_argument(loop, i);
        if (!arguments[i]) return false;
    }
    if (!km_loop_blank(loop)) return false;
    if (loop->node->type != KM_TYPE_BOOL)
        memset(loop->out->memory, 0,
               loop->rows * (loop->node->type == KM_TYPE_TEXT ? sizeof(km_text) : sizeof(int64_t)));
    for (int i = 0; i < MEMO_SIZE; i++) memo[i] = (lookup_memo){.from = 1};
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t left = km_loop_mask(loop, w);
        for (int i = 0; i <= keys; i++) left &= arguments[i]->known[w];
        for (; left; left &= left - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(left);
            km_day day = (km_day)arguments[keys]->numbers[row];
            put_cell(loop, row, find_row(loop, memo, arguments, keys, row, day));
        }
    }
    return true;
}
