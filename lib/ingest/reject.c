#include "ingest/reject.h"

#include "claim/field.h"

void km_rejects_init(km_rejects *rejects, const km_mem *mem) {
    *rejects = (km_rejects){.mem = mem};
    km_buf_init(&rejects->text, mem);
}

void km_rejects_free(km_rejects *rejects) {
    if (!rejects->mem) return;
    km_free(rejects->mem, rejects->list, rejects->capacity * sizeof *rejects->list);
    km_buf_free(&rejects->text);
    *rejects = (km_rejects){0};
}

void km_rejects_clear(km_rejects *rejects) {
    rejects->count = 0;
    km_buf_clear(&rejects->text);
}

/* The first bytes of a text that hold at most `characters` characters; damaged UTF-8 counts in some way. */
static km_text first_characters(km_text text, size_t characters) {
    size_t i = 0;
    for (; i < text.length; i++) {
        bool starts = ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
        if (starts && characters-- == 0) break;
    }
    return (km_text){text.ptr, i};
}

void km_mask_line(km_buf *buf, km_text text, size_t characters) {
    size_t start = buf->length;
    km_mask(buf, first_characters(text, characters));
    for (size_t i = start; i < buf->length; i++) {
        unsigned char c = (unsigned char)buf->data[i];
        if (c < 0x20 || c >= 0x7F) buf->data[i] = '_';
    }
}

kiem_status km_rejects_add(km_rejects *rejects, km_reject place, km_text column, km_text reason,
                           km_text value, km_error *error) {
    if (!km_grow(rejects->mem, (void **)&rejects->list, &rejects->capacity, rejects->count + 1,
                 sizeof *rejects->list)) {
        return km_nomem(error);
    }
    km_buf *text = &rejects->text;
    place.column = text->length;
    km_buf_text(text, column);
    place.reason = text->length;
    km_buf_text(text, reason);
    place.value = text->length;
    km_mask_line(text, value, KM_REJECT_VALUE_MAX);
    place.end = text->length;
    if (!km_buf_ok(text)) return km_nomem(error);
    rejects->list[rejects->count++] = place;
    return KIEM_OK;
}

static km_text slice(const km_rejects *rejects, size_t from, size_t to) {
    return (km_text){km_buf_view(&rejects->text).ptr + from, to - from};
}

km_text km_reject_column(const km_rejects *rejects, size_t index) {
    const km_reject *reject = &rejects->list[index];
    return slice(rejects, reject->column, reject->reason);
}

km_text km_reject_reason(const km_rejects *rejects, size_t index) {
    const km_reject *reject = &rejects->list[index];
    return slice(rejects, reject->reason, reject->value);
}

km_text km_reject_value(const km_rejects *rejects, size_t index) {
    const km_reject *reject = &rejects->list[index];
    return slice(rejects, reject->value, reject->end);
}
