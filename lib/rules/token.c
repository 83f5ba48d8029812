#include "rules/token.h"

#include <string.h>

static bool is_name_start(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static size_t number_length(km_text rest) {
    size_t i = 0;
    while (i < rest.length && is_digit(rest.ptr[i])) i++;
    if (i + 1 < rest.length && rest.ptr[i] == '.' && is_digit(rest.ptr[i + 1])) {
        for (i++; i < rest.length && is_digit(rest.ptr[i]);) i++;
    }
    return i;
}

/* Length of the string with its quotes, 0 when it is not closed. */
static size_t string_length(km_text rest) {
    for (size_t i = 1; i < rest.length; i++) {
        if (rest.ptr[i] != '\'') continue;
        if (i + 1 < rest.length && rest.ptr[i + 1] == '\'') {
            i++;
            continue;
        }
        return i + 1;
    }
    return 0;
}

static size_t symbol_length(km_text rest) {
    static const char *const two[] = {"<>", "!=", "<=", ">="};
    for (size_t i = 0; i < sizeof two / sizeof two[0]; i++) {
        if (km_text_starts(rest, km_text_from(two[i]))) return 2;
    }
    return strchr("(),.+-*/=<>", rest.ptr[0]) && rest.ptr[0] ? 1 : 0;
}

/* A blank, also the one that word processors do not break a line at. */
static size_t blank_length(km_text rest) {
    if (memchr(" \t\r\n", rest.ptr[0], 4)) return 1;
    return km_text_starts(rest, KM_TEXT("\xC2\xA0")) ? 2 : 0;
}

km_token km_token_next(km_text expression, size_t *offset) {
    size_t at = *offset;
    km_text rest = {expression.ptr + at, expression.length - at};
    for (size_t blank; rest.length && (blank = blank_length(rest)); at += blank)
        rest = (km_text){rest.ptr + blank, rest.length - blank};
    km_token token = {KM_TOKEN_END, {rest.ptr, 0}, at};
    if (rest.length) {
        size_t length = 0;
        if (is_name_start(rest.ptr[0])) {
            token.kind = KM_TOKEN_NAME;
            while (length < rest.length && (is_name_start(rest.ptr[length]) || is_digit(rest.ptr[length])))
                length++;
        } else if (is_digit(rest.ptr[0])) {
            token.kind = KM_TOKEN_NUMBER;
            length = number_length(rest);
        } else if (rest.ptr[0] == '\'') {
            token.kind = KM_TOKEN_STRING;
            length = string_length(rest);
        } else {
            token.kind = KM_TOKEN_SYMBOL;
            length = symbol_length(rest);
        }
        if (!length) { /* one character, which may have several bytes */
            token.kind = KM_TOKEN_BAD;
            length = 1;
            while (length < rest.length && ((unsigned char)rest.ptr[length] & 0xC0) == 0x80) length++;
        }
        token.text.length = length;
        at += length;
        if (token.kind == KM_TOKEN_STRING) token.text = (km_text){rest.ptr + 1, length - 2};
    }
    *offset = at;
    return token;
}

bool km_token_is(const km_token *token, const char *symbol) {
    return token->kind == KM_TOKEN_SYMBOL && km_text_equal(token->text, km_text_from(symbol));
}

bool km_token_keyword(const km_token *token, const char *keyword) {
    if (token->kind != KM_TOKEN_NAME) return false;
    if ((token->text.ptr[0] | 0x20) != (keyword[0] | 0x20)) return false; /* nearly always */
    return km_text_equal_fold(token->text, km_text_from(keyword));
}
