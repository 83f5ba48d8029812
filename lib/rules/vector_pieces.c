/* Loops over pieces of texts. */
#include <string.h>

#include "rules/kernels.h"
#include "rules/vector_parts.h"

/* Bytes of single characters only: then characters are bytes. */
static inline bool all_plain(const char *bytes, size_t count) {
    uint64_t seen = 0;
    for (; count > 8; bytes += 8, count -= 8) seen |= km_eight_bytes(bytes);
    return !((seen | km_few_bytes(bytes, count)) & 0x8080808080808080u);
}

static km_text piece(km_text text, size_t start, size_t length) {
    if (text.length > start && all_plain(text.ptr, text.length)) {
        size_t rest = text.length - start;
        return (km_text){text.ptr + start, length < rest ? length : rest};
    }
    return km_substring(text, start, length);
}

/* The first eight bytes of each text as a code, read once for all pieces of them; 0 and not plain where a
 * piece of characters may not be one of bytes. */
typedef struct text_heads {
    int64_t *codes;
    uint64_t *plain;
} text_heads;

static void read_heads(const km_loop *loop, const km_vector *texts, const text_heads *heads) {
    for (uint32_t w = 0; w < loop->words; w++) {
        uint32_t start = w * 64, rows = loop->rows - start < 64 ? loop->rows - start : 64;
        uint64_t all_plain = 0;
        for (uint32_t bit = 0; bit < rows; bit++) {
            km_text text = texts->texts[start + bit];
            size_t count = text.length < KM_CODE_MAX ? text.length : KM_CODE_MAX;
            uint64_t bytes = count == KM_CODE_MAX ? km_eight_bytes(text.ptr) : km_few_bytes(text.ptr, count);
            bool plain = !(bytes & km_eight_times((char)0x80)) && !km_has_zero_byte(bytes | km_beyond(count));
            heads->codes[start + bit] = plain ? (int64_t)bytes : 0;
            all_plain |= (uint64_t)plain << bit;
        }
        heads->plain[w] = all_plain;
    }
}

static void heads_of_column(const km_loop *loop, const km_column *column, const text_heads *heads) {
    const uint32_t *offsets = column->values;
    uint32_t end = offsets[loop->rows];
    for (uint32_t row = 0; row < loop->rows; row++) {
        uint32_t at = offsets[row], length = offsets[row + 1] - at;
        uint64_t bytes = 0;
        if (length >= KM_CODE_MAX) {
            bytes = km_eight_bytes(column->bytes + at);
        } else if (length && end - at >= KM_CODE_MAX) { /* what follows is of the next texts */
            bytes = km_eight_bytes(column->bytes + at) & ~(UINT64_MAX >> (8 * length));
        } else if (length) {
            bytes = km_few_bytes(column->bytes + at, length);
        }
        heads->codes[row] = (int64_t)bytes;
    }
    memset(heads->plain, 0xFF, loop->words * sizeof *heads->plain);
}

/* False when out of memory. */
static bool heads_of(km_loop *loop, const km_column *column, const km_vector *texts, text_heads *heads) {
    bool made;
    size_t rows = (size_t)loop->words * 64;
    km_node_id id = km_node_argument(loop->frame->graph, loop->node, 0);
    int64_t *room =
        km_loop_shared(loop, &loop->frame->vectors[id].heads, (rows + loop->words + 1) * sizeof *room, &made);
    if (!room) return false;
    *heads = (text_heads){room, (uint64_t *)(room + rows)};
    if (made && column) heads_of_column(loop, column, heads);
    if (made && !column) read_heads(loop, texts, heads);
    return true;
}

static bool code_of_piece(km_text text, size_t start, size_t length, uint64_t *code) {
    km_text part = km_substring(text, start, length);
    return part.length && km_code_pack(part, code);
}

static bool substr_to_codes(km_loop *loop, size_t start, size_t length) {
    static const int64_t none = 0;
    bool within = start + length <= KM_CODE_MAX;
    const km_column *column = within ? km_loop_simple_column(loop, 0) : NULL;
    const km_vector *a = column ? NULL : km_loop_argument(loop, 0);
    text_heads heads;
    if ((!a && !column) || !km_loop_blank(loop) || !heads_of(loop, column, a, &heads)) return false;
    int64_t *out = km_loop_numbers(loop);
    const km_kernels *kernels = km_kernels_here();
    if (within) kernels->subcode(heads.codes, (unsigned)start, (unsigned)length, loop->rows, out);
    if (within && loop->rows) kernels->compare(KM_NE, 0, out, &none, true, loop->rows, loop->out->known);
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t done = within ? heads.plain[w] : 0, mask = km_loop_mask(loop, w);
        loop->out->known[w] &= done & mask;
        for (uint64_t left = a ? mask & ~done : 0; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left);
            uint64_t code;
            bool good = km_bit(a->known, row) && code_of_piece(a->texts[row], start, length, &code);
            out[row] = good ? (int64_t)code : 0;
            km_bit_set(loop->out->known, row, good);
        }
    }
    return true;
}

/* Pieces of texts of single bytes. */
static bool pieces_of_column(km_loop *loop, const km_column *column, size_t start, size_t length) {
    if (!km_loop_room(loop)) return false;
    const uint32_t *offsets = column->values;
    km_text *out = km_loop_texts(loop);
    for (uint32_t w = 0; w < loop->words; w++) {
        uint32_t first = w * 64, rows = loop->rows - first < 64 ? loop->rows - first : 64;
        uint64_t known = 0;
        for (uint32_t bit = 0; bit < rows; bit++) {
            size_t at = offsets[first + bit], size = offsets[first + bit + 1] - at;
            size_t rest = size > start ? size - start : 0;
            out[first + bit] =
                (km_text){rest ? column->bytes + at + start : "", length < rest ? length : rest};
            known |= (uint64_t)(rest > 0) << bit;
        }
        loop->out->known[w] = length ? known : 0;
    }
    return true;
}

bool km_loop_substr(km_loop *loop) {
    size_t start = (size_t)(loop->node->number >> 32), length = (size_t)(loop->node->number & 0xFFFFFFFF);
    if (loop->node->type != KM_TYPE_TEXT) return substr_to_codes(loop, start, length);
    const km_column *column = km_loop_simple_column(loop, 0);
    if (column) return pieces_of_column(loop, column, start, length);
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_blank(loop)) return false;
    for (uint32_t row = 0; row < loop->rows; row++) {
        km_text part = {"", 0};
        if (km_bit(a->known, row)) part = piece(a->texts[row], start, length);
        km_loop_texts(loop)[row] = part.length ? part : (km_text){"", 0};
        km_bit_set(loop->out->known, row, part.length > 0);
    }
    return true;
}

/* Of codes, whose bytes nearly always are characters. An empty piece is NULL. */
bool km_loop_subcode(km_loop *loop) {
    static const int64_t none = 0;
    size_t start = (size_t)(loop->node->number >> 32), length = (size_t)(loop->node->number & 0xFFFFFFFF);
    const km_kernels *kernels = km_kernels_here();
    const km_vector *a = km_loop_argument(loop, 0);
    uint64_t bytes = 0;
    if (!a || !km_loop_room(loop)) return false;
    if (!loop->rows) return true;
    int64_t *out = km_loop_numbers(loop);
    kernels->subcode(a->numbers, (unsigned)start, (unsigned)length, loop->rows, out);
    for (uint32_t row = 0; row < loop->rows; row++) bytes |= (uint64_t)a->numbers[row];
    for (uint32_t row = 0; bytes & km_eight_times((char)0x80) && row < loop->rows; row++) {
        char room[KM_CODE_MAX];
        uint64_t code = 0;
        code_of_piece((km_text){room, km_code_unpack((uint64_t)a->numbers[row], room)}, start, length, &code);
        out[row] = (int64_t)code;
    }
    kernels->compare(KM_NE, 0, out, &none, true, loop->rows, loop->out->known);
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] &= a->known[w];
    return true;
}

/* ---- patterns of a head */

/* Whether a pattern is up to eight bytes and then anything. */
static bool is_head(km_text pattern) {
    size_t length = pattern.length - 1;
    return pattern.length > 1 && length <= KM_CODE_MAX && pattern.ptr[length] == '%' &&
           !memchr(pattern.ptr, '%', length) && !memchr(pattern.ptr, '_', length) &&
           !memchr(pattern.ptr, '\0', length);
}

bool km_loop_like(km_loop *loop) {
    const km_column *column = km_loop_simple_column(loop, 0);
    km_text pattern = loop->node->text;
    text_heads heads;
    bool made;
    if (!column || !is_head(pattern)) return km_loop_text(loop);
    if (!km_loop_room(loop) || !heads_of(loop, column, NULL, &heads)) return false;
    int64_t wanted = (int64_t)km_few_bytes(pattern.ptr, pattern.length - 1);
    int64_t *codes = km_loop_shared(loop, &loop->out->own, ((size_t)loop->rows + 1) * sizeof *codes, &made);
    if (!codes) return false;
    const km_kernels *kernels = km_kernels_here();
    kernels->subcode(heads.codes, 0, (unsigned)(pattern.length - 1), loop->rows, codes);
    if (loop->rows) kernels->compare(KM_EQ, 0, codes, &wanted, true, loop->rows, loop->out->is_true);
    for (uint32_t w = 0; w < loop->words; w++) {
        loop->out->known[w] = column->valid[w];
        loop->out->is_true[w] &= column->valid[w];
    }
    return true;
}
