#include "text.h"

#include "calendar.h"

#include <stdlib.h>

void synth_text_close(struct synth_text *text) {
    free(text->data);
    *text = (struct synth_text){0};
}

bool synth_text_grow(struct synth_text *text, size_t bytes) {
    size_t capacity = text->capacity ? text->capacity * 2 : 65536;
    while (capacity - text->length < bytes) capacity *= 2;
    char *grown = text->no_memory ? NULL : realloc(text->data, capacity);
    if (!grown) {
        text->no_memory = true;
        return false;
    }
    text->data = grown;
    text->capacity = capacity;
    return true;
}

/* Where up to 24 bytes may be written; NULL without memory. */
static char *at_end(struct synth_text *text) {
    if (text->capacity - text->length < 24 && !synth_text_grow(text, 24)) return NULL;
    return text->data + text->length;
}

void synth_put_padded(struct synth_text *text, uint64_t n, int digits) {
    char *out = at_end(text);
    if (!out) return;
    for (int i = digits - 1; i >= 0; i--, n /= 10) out[i] = (char)('0' + n % 10);
    text->length += (size_t)digits;
}

void synth_put_number(struct synth_text *text, uint64_t n) {
    int digits = 1;
    for (uint64_t rest = n; rest >= 10; rest /= 10) digits++;
    synth_put_padded(text, n, digits);
}

void synth_put_money(struct synth_text *text, int64_t hundredths) {
    synth_put_number(text, (uint64_t)(hundredths / 100));
    int64_t rest = hundredths % 100;
    if (rest == 0) return;
    synth_put_char(text, '.');
    if (rest % 10 == 0) {
        synth_put_padded(text, (uint64_t)(rest / 10), 1);
    } else {
        synth_put_padded(text, (uint64_t)rest, 2);
    }
}

void synth_put_exact(struct synth_text *text, int64_t thousandths) {
    synth_put_number(text, (uint64_t)(thousandths / 1000));
    synth_put_char(text, '.');
    synth_put_padded(text, (uint64_t)(thousandths % 1000), 3);
}

void synth_put_day(struct synth_text *text, int32_t day) {
    int year, month, of_month;
    synth_civil(day, &year, &month, &of_month);
    synth_put_padded(text, (uint64_t)(year * 10000 + month * 100 + of_month), 8);
}

void synth_put_minute(struct synth_text *text, int64_t minute) {
    synth_put_day(text, (int32_t)(minute / SYNTH_MINUTES));
    int64_t of_day = minute % SYNTH_MINUTES;
    synth_put_padded(text, (uint64_t)(of_day / 60 * 100 + of_day % 60), 4);
}
