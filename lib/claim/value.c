#include "claim/value.h"

const char *km_type_name(km_type type) {
    static const char *const names[] = {"condition", "number", "date", "time", "birth date", "code", "text"};
    return names[type];
}

size_t km_code_unpack(uint64_t code, char out[KM_CODE_MAX]) {
    km_put_low_first_8(out, km_reversed(code));
    return code ? KM_CODE_MAX - (size_t)__builtin_ctzll(code) / 8 : 0;
}

size_t km_icd_normalise(km_text cell, char *out, size_t capacity) {
    static const char *const marks[] = {"*", "\xE2\x80\xA0" /* dagger */, "\xE2\x9C\x9D" /* latin cross */};
    size_t length = 0;
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        km_text mark = km_text_from(marks[i]);
        if (cell.length < mark.length) continue;
        km_text tail = {cell.ptr + cell.length - mark.length, mark.length};
        if (km_text_equal(tail, mark)) cell = km_text_trim((km_text){cell.ptr, cell.length - mark.length});
    }
    for (size_t i = 0; i < cell.length; i++) {
        char c = cell.ptr[i];
        if (c == ' ' || c == '\t') continue;
        if (length == capacity) return capacity + 1;
        out[length++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
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
