/* Loops over texts and codes. */
#include <string.h>

#include "base/decimal.h"
#include "rules/card_rows.h"
#include "rules/kernels.h"
#include "rules/vector_parts.h"

/* The value of up to eight digits, the first highest, or what is not one: 0 stands before and after. */
static inline uint64_t value_of_digits(uint64_t digits) {
    digits = (digits >> 8 & 0x00FF00FF00FF00FFu) * 10 + (digits & 0x00FF00FF00FF00FFu);
    digits = (digits >> 16 & 0x0000FFFF0000FFFFu) * 100 + (digits & 0x0000FFFF0000FFFFu);
    return (digits >> 32) * 10000 + (digits & 0xFFFFFFFFu);
}

/* One to sixteen digits and nothing else. */
static inline bool plain_digits(km_text text, int64_t *out) {
    static const int64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    size_t first = text.length < 8 ? text.length : 8, rest = text.length - first;
    if (!text.length || rest > 8) return false;
    /* the digits alone: the first ones moved down, of the last eight those that are not among the first */
    uint64_t head = first == 8 ? km_eight_bytes(text.ptr) : km_few_bytes(text.ptr, first),
             tail = rest ? km_eight_bytes(text.ptr + rest) : 0;
    head = (head ^ km_eight_times('0')) >> (64 - 8 * first);
    tail = rest ? (tail ^ km_eight_times('0')) & UINT64_MAX >> (64 - 8 * rest) : 0;
    uint64_t beyond = head | tail | (head + km_eight_times(0x76)) | (tail + km_eight_times(0x76));
    if (beyond & km_eight_times((char)0x80)) return false;
    *out = (int64_t)value_of_digits(head) * power[rest] + (int64_t)value_of_digits(tail);
    return true;
}

/* ---- columns of single bytes */

/* They lie one behind the other, so that it is asked once for all. */
const km_column *km_loop_simple_column(km_loop *loop, int argument) {
    km_node_id id = km_node_argument(loop->frame->graph, loop->node, argument);
    const km_node *node = km_node_at(loop->frame->graph, id);
    km_vector *vector = &loop->frame->vectors[id];
    const km_column *column = node->op == KM_OP_FIELD ? km_loop_column(loop, node) : NULL;
    if (!column || node->type != KM_TYPE_TEXT) return NULL;
    if (vector->looked != loop->frame->epoch) {
        const uint32_t *offsets = column->values;
        vector->looked = loop->frame->epoch;
        vector->simple =
            km_kernels_here()->simple_bytes(column->bytes + offsets[0], offsets[loop->rows] - offsets[0]);
    }
    return vector->simple ? column : NULL;
}

/* ---- patterns, numbers in texts */

/* Codes and short texts come again and again, so answers are kept. */
typedef struct kept_answer {
    uint64_t code; /* 0: nothing kept; no code is 0 */
    int32_t number;
    bool known;
} kept_answer;

enum { ANSWERS_KEPT = 1024 };

static kept_answer *place_of(kept_answer *kept, uint64_t code) {
    return &kept[(code * 0x9E3779B97F4A7C15u) >> 54];
}

static int64_t answer(km_loop *loop, const km_vector *a, uint32_t row, bool *known) {
    km_value value = km_vector_value(km_loop_argument_node(loop, 0), a, row);
    km_value found = km_apply(&loop->frame->context, loop->node, &value);
    *known = found.known;
    return found.known ? found.number : 0;
}

/* Up to eight bytes as a code; 0 for what does not fit. */
static inline uint64_t short_text(km_text text) {
    uint64_t code;
    km_code_pack(text, &code);
    return code;
}

/* What made no answer is asked again, so that it is counted again. */
static inline int64_t kept_answer_of(km_loop *loop, const km_vector *a, uint32_t row, kept_answer *kept,
                                     bool is_code, bool *known) {
    uint64_t code = is_code ? (uint64_t)a->numbers[row] : short_text(a->texts[row]);
    kept_answer *place = place_of(kept, code);
    *known = true;
    if (place->code == code && place->known) return place->number;
    int64_t number = answer(loop, a, row, known);
    if (code) *place = (kept_answer){code, (int32_t)number, *known};
    return number;
}

/* LIKE and TO_NUMBER of texts are quicker than looking for a kept answer. */
static inline int64_t quick_answer(km_loop *loop, const km_vector *a, uint32_t row, bool *known) {
    int64_t number;
    *known = true;
    if (loop->node->op == KM_OP_LIKE) return km_like(a->texts[row], loop->node->text);
    *known = plain_digits(a->texts[row], &number);
    return *known ? number : answer(loop, a, row, known);
}

/* How the answers for the rows of a word are found; a constant where this is inlined. */
typedef enum source { FROM_CODE, FROM_TEXT, QUICKLY } source;

static inline void answer_word(km_loop *loop, const km_vector *a, uint32_t w, kept_answer *kept, source from,
                               bool condition) {
    uint64_t is_true = 0, all_known = 0;
    if (!condition && a->known[w] != UINT64_MAX)
        memset(km_loop_numbers(loop) + w * 64, 0, 64 * sizeof(int64_t));
    for (uint64_t left = a->known[w]; left; left &= left - 1) {
        uint32_t row = km_first_row(w, left), bit = row % 64;
        bool known;
        int64_t number = from == QUICKLY ? quick_answer(loop, a, row, &known)
                                         : kept_answer_of(loop, a, row, kept, from == FROM_CODE, &known);
        all_known |= (uint64_t)known << bit;
        if (condition) {
            is_true |= (uint64_t)(number != 0) << bit;
        } else {
            km_loop_numbers(loop)[row] = number;
        }
    }
    loop->out->known[w] = all_known;
    loop->out->is_true[w] = is_true;
}

/* `condition` is a constant where this is inlined. */
static inline void answer_all(km_loop *loop, const km_vector *a, kept_answer *kept, source from,
                              bool condition) {
    for (uint32_t w = 0; w < loop->words; w++) {
        switch (from) {
        case FROM_CODE: answer_word(loop, a, w, kept, FROM_CODE, condition); break;
        case FROM_TEXT: answer_word(loop, a, w, kept, FROM_TEXT, condition); break;
        default: answer_word(loop, a, w, NULL, QUICKLY, condition); break;
        }
    }
}

bool km_loop_text(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    bool is_code = km_loop_argument_node(loop, 0)->type == KM_TYPE_CODE,
         quick = !is_code && loop->node->op != KM_OP_MATCHES;
    source from = is_code ? FROM_CODE : quick ? QUICKLY : FROM_TEXT;
    kept_answer *kept = quick ? NULL : km_loop_memo(loop, ANSWERS_KEPT * sizeof *kept);
    if (!a || (!kept && !quick) || !km_loop_room(loop)) return false;
    if (loop->node->type == KM_TYPE_BOOL) {
        answer_all(loop, a, kept, from, true);
    } else {
        answer_all(loop, a, kept, from, false);
    }
    return true;
}

static bool lengths_of_column(km_loop *loop, const km_column *column) {
    const uint32_t *offsets = column->values;
    if (!km_loop_room(loop)) return false;
    memcpy(loop->out->known, column->valid, loop->words * sizeof(uint64_t));
    km_kernels_here()->lengths(offsets, loop->rows, km_loop_numbers(loop));
    return true;
}

bool km_loop_length(km_loop *loop) {
    const km_column *column = km_loop_simple_column(loop, 0);
    if (column) return lengths_of_column(loop, column);
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_room(loop)) return false;
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    for (uint32_t row = 0; row < loop->rows; row++) /* empty where it is NULL */
        km_loop_numbers(loop)[row] = (int64_t)km_utf8_count(a->texts[row]);
    return true;
}

bool km_loop_to_date(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    for (uint32_t row = 0; row < loop->rows; row++) {
        km_day day = 0;
        bool known = km_bit(a->known, row) && km_date_parse(a->texts[row], &day);
        km_loop_numbers(loop)[row] = known ? day : 0;
        km_bit_set(loop->out->known, row, known);
    }
    return true;
}

/* ---- lists of codes */

/* The codes of a column of lists, read once for all that ask for one: those of row r are codes[first[r]] ..
 * codes[first[r + 1] - 1], in capitals, without dagger and asterisk; 0 for what is no code. */
typedef struct code_lists {
    uint32_t *first;
    uint64_t *codes;
} code_lists;

/* One item and nothing around it, as nearly all lists are. */
static inline bool single_item(km_text list) {
    return list.length && (unsigned char)list.ptr[0] > ' ' &&
           (unsigned char)list.ptr[list.length - 1] > ' ' && km_single_part(list, ';');
}

/* Capitals, digits and points only, or what compares like them. */
static inline bool is_plain_code(uint64_t code) {
    uint64_t small = code & km_eight_times(0x60);
    return !(code & km_eight_times((char)0x80)) && !km_has_zero_byte(code ^ km_eight_times('*')) &&
           !(small & small << 1 & km_eight_times(0x40));
}

static uint64_t code_of_item(km_text item) {
    uint64_t code = short_text(item);
    if (code && is_plain_code(code)) return code;
    code = 0;
    for (size_t i = 0; i < item.length && i < KM_CODE_MAX; i++) {
        unsigned char c = (unsigned char)item.ptr[i];
        if (!c) return 0;
        if (c == '*' || c >= 0x80) break;
        if (c >= 'a' && c <= 'z') c = (unsigned char)(c - 32);
        code |= (uint64_t)c << (56 - 8 * i);
    }
    return code;
}

static void read_lists(const km_loop *loop, const km_vector *texts, code_lists *lists) {
    uint32_t count = 0;
    for (uint32_t row = 0; row < loop->rows; row++) {
        lists->first[row] = count;
        if (!km_bit(texts->known, row)) continue;
        km_text rest = texts->texts[row], item;
        if (single_item(rest)) {
            lists->codes[count++] = code_of_item(rest);
            continue;
        }
        while (km_text_split(&rest, ';', &item)) {
            item = km_text_trim(item);
            if (item.length) lists->codes[count++] = code_of_item(item);
        }
    }
    lists->first[loop->rows] = count;
}

static bool lists_of(km_loop *loop, const km_vector *texts, code_lists *lists) {
    bool made;
    size_t most = 0, heads = ((size_t)loop->words * 64 + 2) / 2 * sizeof(uint64_t);
    for (uint32_t row = 0; row < loop->rows; row++) {
        if (km_bit(texts->known, row)) most += (texts->texts[row].length + 1) / 2;
    }
    char *room = km_loop_derived(loop, 0, heads + most * sizeof(uint64_t), &made);
    if (!room) return false;
    lists->first = (uint32_t *)(void *)room;
    lists->codes = (uint64_t *)(void *)(room + heads);
    if (made) read_lists(loop, texts, lists);
    return true;
}

/* A code and its subcodes, or a range of codes. */
typedef struct wanted_codes {
    bool range;
    uint64_t from, to, mask;
    unsigned point; /* how far the byte after the code must be shifted down */
} wanted_codes;

/* What to look for, and whether packed codes can answer: not when the code is so long that what follows it
 * cannot be seen, or holds what is cut off. */
static bool wanted_of(uint64_t code, wanted_codes *wanted) {
    if (!code || code & 0xFF) return false;
    unsigned length = KM_CODE_MAX - (unsigned)__builtin_ctzll(code) / 8;
    char text[KM_CODE_MAX];
    *wanted = (wanted_codes){.from = code, .mask = ~(UINT64_MAX >> (8 * length)), .point = 56 - 8 * length};
    if (!is_plain_code(code)) wanted->from = code_of_item((km_text){text, km_code_unpack(code, text)});
    return wanted->from >> wanted->point >> 8 & 0xFF;
}

static bool is_wanted(const wanted_codes *wanted, uint64_t code) {
    if (wanted->range) return code && code >= wanted->from && code <= wanted->to;
    if ((code & wanted->mask) != wanted->from || !code) return false;
    uint64_t next = code >> wanted->point & 0xFF;
    return !next || next == '.';
}

static bool has_text(km_loop *loop, const km_vector *lists, const km_value *code) {
    char room[KM_CODE_MAX];
    km_text wanted =
        code->type == KM_TYPE_TEXT ? code->text : (km_text){room, km_code_unpack(code->code, room)};
    for (uint32_t row = 0; row < loop->rows; row++) {
        if (km_bit(lists->known, row))
            km_bit_set(loop->out->is_true, row, km_list_has(lists->texts[row], wanted));
    }
    return true;
}

/* Whether one list has a code. */
static bool list_has(km_text list, uint64_t code) {
    char room[KM_CODE_MAX];
    wanted_codes wanted;
    if (code && short_text(list) == code) return true; /* the list is the code */
    if (single_item(list) && wanted_of(code, &wanted)) return is_wanted(&wanted, code_of_item(list));
    return km_list_has(list, (km_text){room, km_code_unpack(code, room)});
}

/* Each row asks for its own code. */
static bool has_own(km_loop *loop, const km_vector *lists, const km_vector *codes) {
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t is_true = 0, known = lists->known[w] & codes->known[w];
        for (uint64_t left = known; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left);
            bool found = list_has(lists->texts[row], (uint64_t)codes->numbers[row]);
            is_true |= (uint64_t)found << (row % 64);
        }
        loop->out->known[w] = known;
        loop->out->is_true[w] = is_true;
    }
    return true;
}

bool km_loop_has_code(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    code_lists lists;
    if (!a || !b || !km_loop_blank(loop)) return false;
    if (km_loop_argument_node(loop, 1)->op != KM_OP_CONST) return has_own(loop, a, b);
    km_value code = km_node_constant(km_loop_argument_node(loop, 1));
    wanted_codes wanted = {.range = loop->node->detail != 0, .from = code.code};
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    if (wanted.range) {
        wanted.to = km_node_constant(km_loop_argument_node(loop, 2)).code;
    } else if (code.type == KM_TYPE_TEXT || !wanted_of(code.code, &wanted)) {
        return has_text(loop, a, &code);
    }
    if (!lists_of(loop, a, &lists)) return false;
    uint32_t row = 0;
    for (uint32_t at = 0; at < lists.first[loop->rows]; at++) {
        if (!is_wanted(&wanted, lists.codes[at])) continue;
        while (lists.first[row + 1] <= at) row++;
        km_bit_set(loop->out->is_true, row, true);
    }
    return true;
}

/* Nearly all lists have one item, or none. */
bool km_loop_list_count(km_loop *loop) {
    const km_column *lists = km_loop_column(loop, km_loop_argument_node(loop, 0));
    bool made;
    uint64_t *odd = km_loop_shared(loop, &loop->out->own, (loop->words + 1) * sizeof *odd, &made);
    if (!lists) return km_loop_null(loop);
    if (!odd || !km_loop_room(loop)) return false;
    loop->out->filled = 0;
    const uint32_t *offsets = lists->values;
    memset(odd, 0, loop->words * sizeof *odd);
    memcpy(loop->out->known, lists->valid, loop->words * sizeof(uint64_t));
    km_mark_odd_lists(lists, loop->rows, odd);
    for (uint32_t row = 0; row < loop->rows; row++)
        km_loop_numbers(loop)[row] = offsets[row + 1] > offsets[row];
    for (uint32_t w = 0; w < loop->words; w++) {
        for (uint64_t left = odd[w]; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left);
            km_loop_numbers(loop)[row] = km_list_count(km_column_text(lists, row));
        }
    }
    return true;
}
