/* What each operation means for single values. Both evaluators stand on this: the row-at-a-time one for
 * everything, the columnar one for the operations it has no loop for. */
#ifndef KM_RULES_APPLY_H
#define KM_RULES_APPLY_H

#include "rules/graph.h"

enum {
    KM_AGE_MONTHS_MAX = 12 * 200,
    KM_SHIFT_DAYS_MAX = 200 * 366, /* no rule moves a date by more than two centuries */
    KM_SHIFTED_MAX = 2 * 200 * 366 /* nor further than four from 1970, in several steps */
};

typedef struct km_apply_context {
    km_regex_scratch *regex; /* NULL: every match is NULL */
    uint64_t
        nulls_made; /* results that are NULL because of an overflow, a division by zero or a regex limit */
} km_apply_context;

/* The result of a node from the values of its arguments (not for FIELD, PARENT and the aggregates). */
km_value km_apply(km_apply_context *context, const km_node *node, const km_value *arguments);

/* Whether an order (<0, 0, >0) is what a comparison asks for. */
bool km_holds(km_comparison comparison, int order);
/* ADD, SUBTRACT, MULTIPLY, DIVIDE, RESCALE, SHIFT and ABS: false on overflow or division by zero. */
bool km_arithmetic(const km_node *node, int64_t a, int a_scale, int64_t b, int b_scale, int64_t *out);
/* Characters start .. start + length - 1. */
km_text km_substring(km_text text, size_t start, size_t length);
/* Three-way comparison of two known values of one type and scale; a code may be compared with a text. */
int km_value_compare(const km_value *a, const km_value *b);
/* SQL LIKE: % any text, _ one character. */
bool km_like(km_text text, km_text pattern);
/* Whether a list (parts separated by ';') has a code: equal, or going on with a point after it (I10 finds
 * I10.9). */
bool km_list_has(km_text list, km_text code);
/* Items of a list that are not empty. */
int64_t km_list_count(km_text list);

#endif
