#include "claim/value.h"

const char *km_type_name(km_type type) {
    static const char *const names[] = {"condition", "number", "date", "time", "birth date", "code", "text"};
    return names[type];
}

static uint64_t byte_at(const char *bytes, size_t i) {
    return (uint64_t)(unsigned char)bytes[i];
}

/* Four bytes, the first lowest; compilers make one load of it. */
static uint64_t four_bytes(const char *bytes) {
    return byte_at(bytes, 0) | byte_at(bytes, 1) << 8 | byte_at(bytes, 2) << 16 | byte_at(bytes, 3) << 24;
}

/* Up to eight bytes, the first lowest, without a loop: the pieces may overlap. */
static uint64_t low_first(const char *bytes, size_t count) {
    if (count >= 4) return four_bytes(bytes) | four_bytes(bytes + count - 4) << (8 * (count - 4));
    if (!count) return 0;
    return byte_at(bytes, 0) | byte_at(bytes, count / 2) << (8 * (count / 2)) |
           byte_at(bytes, count - 1) << (8 * (count - 1));
}

static uint64_t reversed(uint64_t x) {
    x = (x & 0x00FF00FF00FF00FFu) << 8 | (x >> 8 & 0x00FF00FF00FF00FFu);
    x = (x & 0x0000FFFF0000FFFFu) << 16 | (x >> 16 & 0x0000FFFF0000FFFFu);
    return x << 32 | x >> 32;
}

/* The classical test for a zero byte: only those borrow from their top bit. */
static bool has_zero_byte(uint64_t x) {
    return ((x - 0x0101010101010101u) & ~x & 0x8080808080808080u) != 0;
}

bool km_code_pack(km_text text, uint64_t *out) {
    if (text.length > KM_CODE_MAX) return false;
    uint64_t bytes = low_first(text.ptr, text.length),
             beyond = text.length < KM_CODE_MAX ? UINT64_MAX << (8 * text.length) : 0;
    if (has_zero_byte(bytes | beyond)) return false;
    *out = reversed(bytes);
    return true;
}

size_t km_code_unpack(uint64_t code, char out[KM_CODE_MAX]) {
    size_t length = 0;
    for (; length < KM_CODE_MAX && code; code <<= 8) out[length++] = (char)(code >> 56);
    return length;
}

uint64_t km_code_range_end(uint64_t code) {
    uint64_t fill = UINT64_MAX;
    for (uint64_t rest = code; rest; rest <<= 8) fill >>= 8;
    return code | fill;
}

void km_buf_value(km_buf *buf, const km_value *value) {
    char code[KM_CODE_MAX];
    if (!value->known) return;
    switch (value->type) {
    case KM_TYPE_BOOL: km_buf_char(buf, value->number ? '1' : '0'); break;
    case KM_TYPE_NUMBER: km_buf_decimal(buf, value->number, value->scale); break;
    case KM_TYPE_DATE: km_buf_day(buf, (km_day)value->number); break;
    case KM_TYPE_TIME: km_buf_minute(buf, (km_minute)value->number); break;
    case KM_TYPE_BIRTH: km_buf_birth(buf, (int32_t)value->number); break;
    case KM_TYPE_CODE: km_buf_append(buf, code, km_code_unpack(value->code, code)); break;
    case KM_TYPE_TEXT: km_buf_text(buf, value->text); break;
    }
}
