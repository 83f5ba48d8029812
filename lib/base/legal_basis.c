#include "base/legal_basis.h"

#include <string.h>

typedef struct words {
    km_text english;
    const char *vietnamese;
} words;

static const words pairs[] = {
#define KM_WORDS(english, vietnamese) {{english, sizeof english - 1}, vietnamese},
#include "base/legal_basis.def"
#undef KM_WORDS
};

static bool is_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

/* Whether the words stand here, where none goes on, and are whole. */
static bool stand_at(km_text english, km_text text, size_t at) {
    const size_t end = at + english.length;
    if (end > text.length || memcmp(text.ptr + at, english.ptr, english.length) != 0) return false;
    return end == text.length || !is_of_word(english.ptr[english.length - 1]) || !is_of_word(text.ptr[end]);
}

static const words *longest_at(km_text text, size_t at) {
    const words *longest = NULL;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (pairs[i].english.ptr[0] != text.ptr[at]) continue;
        if (longest && pairs[i].english.length <= longest->english.length) continue;
        if (stand_at(pairs[i].english, text, at)) longest = &pairs[i];
    }
    return longest;
}

void km_legal_basis_vi(km_text english, km_buf *out) {
    for (size_t at = 0; at < english.length;) {
        const bool within = at && is_of_word(english.ptr[at]) && is_of_word(english.ptr[at - 1]);
        const words *found = within ? NULL : longest_at(english, at);
        if (found)
            km_buf_string(out, found->vietnamese);
        else
            km_buf_char(out, english.ptr[at]);
        at += found ? found->english.length : 1;
    }
}
