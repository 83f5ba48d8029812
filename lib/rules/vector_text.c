/* Loops over texts and codes. */
#include <string.h>

#include "base/decimal.h"
#include "rules/vector_parts.h"

static bool starts_with_digit(km_text text) {
    return text.length && text.ptr[0] >= '0' && text.ptr[0] <= '9';
}

/* Up to 18 digits and nothing else. */
static bool plain_digits(km_text text, int64_t *out) {
    int64_t number = 0;
    if (!starts_with_digit(text) || text.length > 18) return false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
        if (digit > 9) return false;
        number = number * 10 + (int64_t)digit;
    }
    *out = number;
    return true;
}

static uint64_t eight_bytes(const char *bytes) {
    uint64_t eight;
    memcpy(&eight, bytes, 8);
    return eight;
}

/* Bytes of single characters only: then characters are bytes. */
static bool all_plain(const char *bytes, size_t count) {
    uint64_t seen = 0;
    if (count >= 8) {
        for (size_t i = 0; i + 8 < count; i += 8) seen |= eight_bytes(bytes + i);
        seen |= eight_bytes(bytes + count - 8);
    } else {
        for (size_t i = 0; i < count; i++) seen |= (uint64_t)(unsigned char)bytes[i];
    }
    return !(seen & 0x8080808080808080u);
}

/* ---- patterns over codes */

/* Answers are kept in one word, so that rows are quick: the number, and whether it is known. */
typedef struct code_answer {
    uint64_t code; /* 0: nothing kept; no code is 0 */
    int64_t number;
    bool known;
} code_answer;

enum { CODES_KEPT = 512 };

static void answer_code(km_loop *loop, const km_vector *codes, uint32_t row, code_answer *kept) {
    km_value code = km_vector_value(km_loop_argument_node(loop, 0), codes, row);
    km_value answer = km_apply(&loop->frame->context, loop->node, &code);
    kept->code = code.code;
    kept->number = answer.known ? answer.number : 0;
    kept->known = answer.known;
}

/* A pattern over codes is asked for few different codes. */
bool km_loop_text_of_code(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    code_answer *kept = km_loop_memo(loop, CODES_KEPT * sizeof *kept);
    if (!a || !kept || !km_loop_blank(loop)) return false;
    bool condition = loop->node->type == KM_TYPE_BOOL;
    if (!condition) memset(loop->out->memory, 0, loop->rows * sizeof(int64_t));
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t is_true = 0, known = 0;
        for (uint64_t left = a->known[w]; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left), bit = row % 64;
            uint64_t code = (uint64_t)a->numbers[row];
            code_answer *answer = &kept[(code * 0x9E3779B97F4A7C15u) >> 55];
            if (answer->code != code || !code) {
                answer_code(loop, a, row, answer);
            } else if (!answer->known && loop->node->op == KM_OP_MATCHES) {
                loop->frame->context.nulls_made++;
            }
            known |= (uint64_t)answer->known << bit;
            if (condition) {
                is_true |= (uint64_t)(answer->number != 0) << bit;
            } else {
                km_loop_numbers(loop)[row] = answer->number;
            }
        }
        loop->out->known[w] = known;
        loop->out->is_true[w] = is_true;
    }
    return true;
}

/* ---- texts */

/* Short texts come again and again too. */
typedef struct text_answer {
    char text[14];
    uint8_t length; /* 0: nothing kept */
    bool is_true;
} text_answer;

enum { TEXTS_KEPT = 1024, TEXT_KEPT_MAX = sizeof((text_answer *)0)->text };

static text_answer *place_of(text_answer *kept, km_text text, text_answer *key) {
    uint64_t words[2];
    *key = (text_answer){.length = (uint8_t)text.length};
    memcpy(key->text, text.ptr, text.length);
    memcpy(words, key, sizeof words);
    return &kept[((words[0] ^ (words[1] * 0xC2B2AE3D27D4EB4Fu)) * 0x9E3779B97F4A7C15u) >> 54];
}

/* -1 when a limit was reached: that is not kept. */
static int matches(km_loop *loop, text_answer *kept, km_text text) {
    km_regex_scratch *scratch = loop->frame->context.regex;
    if (!text.length || text.length > TEXT_KEPT_MAX) return km_regex_match(loop->node->extra, scratch, text);
    text_answer key, *place = place_of(kept, text, &key);
    if (place->length == key.length && memcmp(place->text, key.text, sizeof key.text) == 0)
        return place->is_true;
    int match = km_regex_match(loop->node->extra, scratch, text);
    if (match < 0) return match;
    key.is_true = match > 0;
    *place = key;
    return match;
}

static int64_t text_number(km_loop *loop, km_text text, text_answer *kept, bool *known) {
    int64_t number = 0;
    int match;
    switch (loop->node->op) {
    case KM_OP_LIKE: return km_like(text, loop->node->text);
    case KM_OP_MATCHES:
        match = matches(loop, kept, text);
        loop->frame->context.nulls_made += match < 0;
        *known = match >= 0;
        return match > 0;
    default: /* TO_NUMBER */
        if (plain_digits(text, &number)) return number;
        *known = km_decimal_parse(text, 0, &number) == KM_NUMBER_OK;
        return *known ? number : 0;
    }
}

bool km_loop_text(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    text_answer *kept = NULL;
    if (loop->node->op == KM_OP_MATCHES) {
        kept = km_loop_memo(loop, TEXTS_KEPT * sizeof *kept);
        if (!kept) return false;
    }
    if (!a || !km_loop_blank(loop)) return false;
    bool condition = loop->node->type == KM_TYPE_BOOL;
    if (!condition) memset(loop->out->memory, 0, loop->rows * sizeof(int64_t));
    for (uint32_t w = 0; w < loop->words; w++) {
        for (uint64_t left = a->known[w]; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left);
            bool known = true;
            int64_t answer = text_number(loop, a->texts[row], kept, &known);
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

bool km_loop_length(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    for (uint32_t row = 0; row < loop->rows; row++) {
        km_text text = km_bit(a->known, row) ? a->texts[row] : (km_text){"", 0};
        bool plain = all_plain(text.ptr, text.length);
        km_loop_numbers(loop)[row] = (int64_t)(plain ? text.length : km_utf8_count(text));
    }
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

static uint64_t code_of_item(km_text item) {
    uint64_t code = 0;
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
    char text[KM_CODE_MAX];
    size_t length = km_code_unpack(code, text);
    if (!length || length == KM_CODE_MAX) return false;
    *wanted = (wanted_codes){.from = code_of_item((km_text){text, length}),
                             .mask = ~(UINT64_MAX >> (8 * length)),
                             .point = (unsigned)(56 - 8 * length)};
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

/* Each row asks for its own code. */
static bool has_own(km_loop *loop, const km_vector *lists, const km_vector *codes) {
    code_lists index;
    if (!lists_of(loop, lists, &index)) return false;
    for (uint32_t row = 0; row < loop->rows; row++) {
        bool known = km_bit(lists->known, row) && km_bit(codes->known, row), found = false;
        wanted_codes wanted;
        uint64_t code = (uint64_t)codes->numbers[row];
        km_bit_set(loop->out->known, row, known);
        if (!known || index.first[row] == index.first[row + 1]) continue;
        if (wanted_of(code, &wanted)) {
            for (uint32_t at = index.first[row]; at < index.first[row + 1] && !found; at++)
                found = is_wanted(&wanted, index.codes[at]);
        } else {
            char room[KM_CODE_MAX];
            found = km_list_has(lists->texts[row], (km_text){room, km_code_unpack(code, room)});
        }
        km_bit_set(loop->out->is_true, row, found);
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

bool km_loop_list_count(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    for (uint32_t row = 0; row < loop->rows; row++)
        km_loop_numbers(loop)[row] = km_bit(a->known, row) ? km_list_count(a->texts[row]) : 0;
    return true;
}

/* ---- pieces */

static km_text piece(km_text text, size_t start, size_t length) {
    if (text.length > start && all_plain(text.ptr, text.length)) {
        size_t rest = text.length - start;
        return (km_text){text.ptr + start, length < rest ? length : rest};
    }
    return km_substring(text, start, length);
}

/* A piece of plain text of at most eight bytes as a code; false when the long way is needed. */
static bool plain_code(km_text text, size_t start, size_t length, uint64_t *code) {
    size_t end = start + length < text.length ? start + length : text.length;
    if (end <= start || !km_code_pack((km_text){text.ptr + start, end - start}, code)) return false;
    return !(*code & 0x8080808080808080u) && all_plain(text.ptr, start);
}

static bool code_of_piece(km_text text, size_t start, size_t length, uint64_t *code) {
    if (plain_code(text, start, length, code)) return true;
    km_text part = km_substring(text, start, length);
    return part.length && km_code_pack(part, code);
}

static bool substr_to_codes(km_loop *loop, const km_vector *a, size_t start, size_t length) {
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t w = 0; w < loop->words; w++) {
        uint32_t end = loop->rows - w * 64 < 64 ? loop->rows - w * 64 : 64;
        uint64_t known = 0;
        for (uint32_t bit = 0; bit < end; bit++) {
            uint32_t row = w * 64 + bit;
            uint64_t code = 0;
            bool good = (a->known[w] >> bit & 1) && code_of_piece(a->texts[row], start, length, &code);
            out[row] = good ? (int64_t)code : 0;
            if (good) known |= (uint64_t)1 << bit;
        }
        loop->out->known[w] = known;
    }
    return true;
}

bool km_loop_substr(km_loop *loop) {
    size_t start = (size_t)(loop->node->number >> 32), length = (size_t)(loop->node->number & 0xFFFFFFFF);
    bool text = loop->node->type == KM_TYPE_TEXT;
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    if (!text) return substr_to_codes(loop, a, start, length);
    for (uint32_t row = 0; row < loop->rows; row++) {
        km_text part = {"", 0};
        if (km_bit(a->known, row)) part = piece(a->texts[row], start, length);
        km_loop_texts(loop)[row] = part.length ? part : (km_text){"", 0};
        km_bit_set(loop->out->known, row, part.length > 0);
    }
    return true;
}
