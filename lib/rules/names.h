/* What names mean in expressions besides fields: reference tables, and named expressions (terms and columns).
 */
#ifndef KM_RULES_NAMES_H
#define KM_RULES_NAMES_H

#include "claim/field.h"
#include "claim/lookup.h"

/* A named expression of the policy: a term (`dialysis`) or a derived column (`benefit_rate_due`). */
typedef struct km_term {
    km_text name;
    km_scope scope;
    km_text expression;
    km_place place; /* of the expression, for messages */
    km_text meaning_vi, meaning_en, basis;
    bool is_column; /* its look-ups ask for the day of discharge, whatever date the rule that uses it has */
    int32_t node;   /* of a column, once compiled; -1 before */
} km_term;

typedef struct km_names {
    const km_lookup *const *lookups;
    size_t lookup_count;
    const km_term *terms;
    size_t term_count;
} km_names;

#endif
