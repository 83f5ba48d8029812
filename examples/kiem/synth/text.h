/* A growing piece of text and the ways values are written into CSV cells. */
#ifndef SYNTH_TEXT_H
#define SYNTH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct synth_text {
    char *data;
    size_t length, capacity;
    bool no_memory;
};

void synth_text_close(struct synth_text *text);
/* Makes room for so many more bytes; false without memory. */
bool synth_text_grow(struct synth_text *text, size_t bytes);

/* A claim is about two hundred short pieces, so this stays inline. */
static inline void synth_put_bytes(struct synth_text *text, const char *bytes, size_t count) {
    if (text->capacity - text->length < count && !synth_text_grow(text, count)) return;
    memcpy(text->data + text->length, bytes, count);
    text->length += count;
}

static inline void synth_put(struct synth_text *text, const char *word) {
    synth_put_bytes(text, word, strlen(word));
}

static inline void synth_put_char(struct synth_text *text, char c) {
    synth_put_bytes(text, &c, 1);
}

void synth_put_number(struct synth_text *text, uint64_t n);
void synth_put_padded(struct synth_text *text, uint64_t n, int digits);
/* Hundredths of a dong: 1234, 1234.5, 1234.56 */
void synth_put_money(struct synth_text *text, int64_t hundredths);
/* Thousandths, always three decimals */
void synth_put_exact(struct synth_text *text, int64_t thousandths);
void synth_put_day(struct synth_text *text, int32_t day);       /* yyyymmdd */
void synth_put_minute(struct synth_text *text, int64_t minute); /* yyyymmddHHMM */

#endif
