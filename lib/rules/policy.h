/* A policy: rules, terms and reference tables, loaded from sheets and compiled into one graph. Immutable once
 * compiled and then for any thread. */
#ifndef KM_RULES_POLICY_H
#define KM_RULES_POLICY_H

#include "rules/code_index.h"
#include "rules/message.h"

/* One dated version of a rule. Texts live as long as the policy. */
typedef struct km_rule {
    km_text id;
    km_scope scope;
    int severity;
    km_text condition_text, unless_text, amount_text, amount_patient_text, date_basis_text;
    km_text cause;
    km_text basis[2], message_text[2]; /* by language */
    km_day from, to;                   /* INT32_MIN and INT32_MAX when open */
    km_text file;
    int64_t line;
    /* compiled */
    km_node_id condition, unless, amount, amount_patient;
    km_node_id active; /* whether the row's date lies in from..to; KM_NODE_NONE when both are open */
    km_message message[2];
    km_reads condition_reads, all_reads; /* the first without what columns are made of */
    km_stratum stratum;
    int key; /* field in the code index by which the rule is found; -1: it is tried on every row */
} km_rule;

typedef struct km_policy {
    const km_mem *mem;
    km_arena arena;
    km_graph graph;
    km_lookup **lookups;
    size_t lookup_count, lookup_capacity;
    km_term *terms;
    size_t term_count, term_capacity;
    km_rule *rules; /* sorted by id and from date once compiled */
    size_t rule_count, rule_capacity;
    size_t off_count; /* behind them once compiled: switched off, of no use but for their ids */
    km_names names;
    km_reads column_reads;
    km_code_index codes;
    bool compiled;
} km_policy;

void km_policy_init(km_policy *policy, const km_mem *mem);
void km_policy_free(km_policy *policy);

/* Adds a reference table described by `schema` (tables.csv), replacing one of the same name. */
kiem_status km_policy_add_table(km_policy *policy, km_text name, const km_sheet *schema,
                                const km_sheet *sheet, km_error *error);
/* Rows name,scope,expression and optionally meaning_vi,meaning_en,basis,unit; a name already there is
 * replaced. Terms take the date of the rule that uses them; columns always that of discharge. */
kiem_status km_policy_add_terms(km_policy *policy, const km_sheet *sheet, bool columns, km_error *error);
/* Rule rows (see the documentation of rules). A rule of this sheet replaces every version of the same id that
 * was there before; rows of one sheet with the same id are dated versions. Switching off what is not there is
 * an error. */
kiem_status km_policy_add_rules(km_policy *policy, const km_sheet *sheet, km_error *error);
/* Checks and compiles everything added so far. */
kiem_status km_policy_compile(km_policy *policy, km_error *error);

/* The compiled expression of a column, or KM_NODE_NONE when there is none of that name. */
km_node_id km_policy_column(const km_policy *policy, km_text name);
/* Whether a rule of the compiled policy was switched off. */
bool km_policy_is_off(const km_policy *policy, km_text id);
const km_lookup *km_policy_table(const km_policy *policy, km_text name);

/* "notice", "suspicion", "violation", "error", "off". */
const char *km_severity_name(int severity);
/* The severity of that name, or -1. */
int km_severity_find(km_text name);

#endif
