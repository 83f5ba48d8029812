/* Words of the rule language. */
#ifndef KM_RULES_TOKEN_H
#define KM_RULES_TOKEN_H

#include "base/text.h"

typedef enum km_token_kind {
    KM_TOKEN_END,
    KM_TOKEN_NAME,   /* letters, digits and _, starting with a letter or _ */
    KM_TOKEN_NUMBER, /* 12, 0.15 */
    KM_TOKEN_STRING, /* '...' with '' for one quote; text is what stands between the outer quotes */
    KM_TOKEN_SYMBOL, /* ( ) , . + - * / = <> != < <= > >= */
    KM_TOKEN_BAD     /* an unclosed string or a character that is no part of the language */
} km_token_kind;

typedef struct km_token {
    km_token_kind kind;
    km_text text;
    size_t offset; /* in the expression */
} km_token;

/* The next token at *offset, which is moved behind it. */
km_token km_token_next(km_text expression, size_t *offset);
bool km_token_is(const km_token *token, const char *symbol);
/* A name equal to this keyword, in any letter case. */
bool km_token_keyword(const km_token *token, const char *keyword);

#endif
