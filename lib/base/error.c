#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void km_error_clear(km_error *error) {
    if (!error) return;
    error->status = KIEM_OK;
    error->line = error->column = 0;
    error->offset = -1;
    error->file[0] = error->message[0] = '\0';
}

/* Drops a multi-byte character that snprintf cut in half. */
static void mend_cut(char *text, size_t capacity) {
    size_t length = strlen(text);
    if (length + 1 < capacity) return;
    while (length > 0 && ((unsigned char)text[length - 1] & 0xC0) == 0x80) length--;
    if (length > 0 && (unsigned char)text[length - 1] >= 0xC0) length--;
    text[length] = '\0';
}

static void record(km_error *error, kiem_status status, const km_place *place, const char *format,
                   va_list args) {
    error->status = status;
    error->line = place->line;
    error->column = place->column;
    error->offset = place->offset;
    snprintf(error->file, sizeof error->file, "%s", place->file ? place->file : "");
    mend_cut(error->file, sizeof error->file);
    vsnprintf(error->message, sizeof error->message, format, args);
    mend_cut(error->message, sizeof error->message);
}

void km_error_set(km_error *error, kiem_status status, const char *format, ...) {
    if (!error) return;
    va_list args;
    va_start(args, format);
    record(error, status, &(km_place){.offset = -1}, format, args);
    va_end(args);
}

void km_error_set_at(km_error *error, kiem_status status, km_place place, const char *format, ...) {
    if (!error) return;
    va_list args;
    va_start(args, format);
    record(error, status, &place, format, args);
    va_end(args);
}
