#include "base/decimal.h"
#include "rules/apply.h"
#include "rules/resolve_parts.h"

/* ---- arithmetic */

static kiem_status add(km_resolver *r, km_op op, km_type type, int scale, km_node_id a, km_node_id b,
                       km_node_id *out) {
    km_node node = {.op = (uint8_t)op, .type = (uint8_t)type, .scale = (uint8_t)scale};
    return km_resolve_add(r, node, (km_node_id[]){a, b}, 2, out);
}

static kiem_status negate(km_resolver *r, km_node_id value, km_node_id *out) {
    km_node_id zero;
    int scale = km_resolve_at(r, value)->scale;
    KM_TRY(km_resolve_number(r, 0, scale, &zero));
    return add(r, KM_OP_SUBTRACT, KM_TYPE_NUMBER, scale, zero, value, out);
}

static kiem_status need_number(km_resolver *r, const km_syntax *at, km_node_id id) {
    if (km_resolve_type(r, id) == KM_TYPE_NUMBER) return KIEM_OK;
    return km_resolve_fail(r, at, "expected a number, this is a %s", km_type_name(km_resolve_type(r, id)));
}

static kiem_status need_whole(km_resolver *r, const km_syntax *at, km_node_id id) {
    KM_TRY(need_number(r, at, id));
    return km_resolve_at(r, id)->scale == 0 ? KIEM_OK : km_resolve_fail(r, at, "expected a whole number");
}

enum { INTERVAL_MAX = KM_SHIFT_DAYS_MAX * KM_MINUTES_PER_DAY /* so many minutes */ };

static const struct {
    const char *name;
    int minutes, months;
} units[] = {
    {"MINUTE", 1, 0}, {"HOUR", 60, 0}, {"DAY", KM_MINUTES_PER_DAY, 0}, {"MONTH", 0, 1}, {"YEAR", 0, 12}};

/* date or time + amount of a unit; minutes and hours are for times only. */
static kiem_status shift_date(km_resolver *r, const km_syntax *at, km_node_id date, km_node_id amount,
                              int minutes, int months, km_node_id *out) {
    km_node node = {.type = km_resolve_at(r, date)->type};
    if (months) {
        node.op = KM_OP_ADD_MONTHS;
    } else if (node.type == KM_TYPE_TIME) {
        node.op = KM_OP_ADD_MINUTES;
        node.number = minutes;
    } else if (minutes == KM_MINUTES_PER_DAY) {
        node.op = KM_OP_ADD_DAYS;
    } else {
        return km_resolve_fail(r, at, "hours and minutes can be added to a time, this is a date");
    }
    return km_resolve_add(r, node, (km_node_id[]){date, amount}, 2, out);
}

static kiem_status resolve_interval(km_resolver *r, const km_syntax *at, km_node_id date,
                                    const km_syntax *interval, bool minus, km_node_id *out) {
    int64_t amount;
    km_node_id amount_node;
    if (km_decimal_parse(interval->text, 0, &amount) != KM_NUMBER_OK) {
        return km_resolve_fail(r, interval, "an interval is written INTERVAL '2' DAY");
    }
    if (amount > INTERVAL_MAX || amount < -INTERVAL_MAX) {
        return km_resolve_fail(r, interval, "expected a whole number from %d to %d", -INTERVAL_MAX,
                               INTERVAL_MAX);
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        km_text unit = km_text_from(units[i].name), plural = interval->name;
        if (plural.length == unit.length + 1 && (plural.ptr[unit.length] | 32) == 's') plural.length--;
        if (!km_text_equal_fold(plural, unit)) continue;
        if (units[i].months) amount *= units[i].months;
        KM_TRY(km_resolve_number(r, minus ? -amount : amount, 0, &amount_node));
        return shift_date(r, at, date, amount_node, units[i].minutes, units[i].months, out);
    }
    return km_resolve_fail(r, interval, "units are MINUTE, HOUR, DAY, MONTH, YEAR");
}

static kiem_status resolve_date_sum(km_resolver *r, const km_syntax *at, bool minus, km_node_id a,
                                    km_node_id b, km_node_id *out) {
    km_type left = km_resolve_type(r, a), right = km_resolve_type(r, b);
    if (km_resolve_is_date(left) && right == KM_TYPE_NUMBER) { /* a bare number is days */
        KM_TRY(need_whole(r, at, b));
        if (minus) KM_TRY(negate(r, b, &b));
        return shift_date(r, at, a, b, KM_MINUTES_PER_DAY, 0, out);
    }
    if (minus && left == KM_TYPE_DATE && right == KM_TYPE_DATE)
        return add(r, KM_OP_DAYS_BETWEEN, KM_TYPE_NUMBER, 0, b, a, out);
    if (km_resolve_is_date(left) && km_resolve_is_date(right)) {
        return km_resolve_fail(r, at, "use days_between(from, to) or minutes_between(from, to)");
    }
    return km_resolve_fail_types(r, at, a, b);
}

/* The exponent when the node is a constant 10^n, else -1. */
static int power_of_ten(const km_node *node) {
    if (node->op != KM_OP_CONST || node->scale != 0) return -1;
    for (int n = 0; n <= KM_SCALE_MAX; n++) {
        if (node->number == km_pow10(n)) return n;
    }
    return -1;
}

enum { QUOTIENT_SCALE = 6 };

static kiem_status resolve_quotient(km_resolver *r, km_node_id a, km_node_id b, km_node_id *out) {
    int digits = power_of_ten(km_resolve_at(r, b)), scale = km_resolve_at(r, a)->scale + digits;
    if (digits >= 0 && scale <= KM_SCALE_MAX) { /* exact */
        return km_resolve_add(
            r, (km_node){.op = KM_OP_SHIFT, .type = KM_TYPE_NUMBER, .scale = (uint8_t)scale}, &a, 1, out);
    }
    return add(r, KM_OP_DIVIDE, KM_TYPE_NUMBER, digits >= 0 ? KM_SCALE_MAX : QUOTIENT_SCALE, a, b, out);
}

static kiem_status resolve_product(km_resolver *r, km_node_id a, km_node_id b, km_node_id *out) {
    int scale = km_resolve_at(r, a)->scale + km_resolve_at(r, b)->scale;
    return add(r, KM_OP_MULTIPLY, KM_TYPE_NUMBER, scale > KM_SCALE_MAX ? KM_SCALE_MAX : scale, a, b, out);
}

kiem_status km_resolve_arithmetic(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_node_id a, b;
    const km_syntax *left = syntax->child[0], *right = syntax->child[syntax->children - 1];
    if (syntax->kind == KM_SYNTAX_NEGATE) {
        KM_TRY(km_resolve_node(r, left, &a));
        KM_TRY(need_number(r, left, a));
        return negate(r, a, out);
    }
    char symbol = syntax->text.ptr[0];
    bool sum = symbol == '+' || symbol == '-';
    if (sum && right->kind == KM_SYNTAX_INTERVAL) {
        KM_TRY(km_resolve_node(r, left, &a));
        if (!km_resolve_is_date(km_resolve_type(r, a))) {
            return km_resolve_fail(r, left, "an interval can only be added to a date or taken from one");
        }
        return resolve_interval(r, syntax, a, right, symbol == '-', out);
    }
    KM_TRY(km_resolve_node(r, left, &a));
    KM_TRY(km_resolve_node(r, right, &b));
    if (sum && (km_resolve_is_date(km_resolve_type(r, a)) || km_resolve_is_date(km_resolve_type(r, b)))) {
        return resolve_date_sum(r, syntax, symbol == '-', a, b, out);
    }
    KM_TRY(need_number(r, left, a));
    KM_TRY(need_number(r, right, b));
    if (symbol == '*') return resolve_product(r, a, b, out);
    if (symbol == '/') return resolve_quotient(r, a, b, out);
    KM_TRY(km_resolve_unify(r, syntax, &a, &b));
    return add(r, symbol == '+' ? KM_OP_ADD : KM_OP_SUBTRACT, KM_TYPE_NUMBER, km_resolve_at(r, a)->scale, a,
               b, out);
}

/* ---- functions */

enum { CALL_ARGUMENTS_MAX = 64 };

typedef struct call {
    km_resolver *r;
    const km_syntax *syntax;
    km_node_id argument[CALL_ARGUMENTS_MAX];
    int64_t detail; /* from the function table */
} call;

static kiem_status argument(call *c, int i) {
    return km_resolve_node(c->r, c->syntax->child[i], &c->argument[i]);
}

static kiem_status finish(call *c, km_node node, int count, km_node_id *out) {
    return km_resolve_add(c->r, node, c->argument, count, out);
}

static kiem_status need_type(call *c, int i, bool good, const char *expected) {
    if (good) return KIEM_OK;
    return km_resolve_fail(c->r, c->syntax->child[i], "expected %s, this is a %s", expected,
                           km_type_name(km_resolve_type(c->r, c->argument[i])));
}

static kiem_status date_argument(call *c, int i) {
    KM_TRY(argument(c, i));
    return need_type(c, i, km_resolve_is_date(km_resolve_type(c->r, c->argument[i])), "a date or time");
}

static kiem_status word_argument(call *c, int i) {
    KM_TRY(argument(c, i));
    km_type type = km_resolve_type(c->r, c->argument[i]);
    return need_type(c, i, type == KM_TYPE_CODE || type == KM_TYPE_TEXT, "a text or code");
}

static kiem_status birth_argument(call *c, int i) {
    KM_TRY(argument(c, i));
    return need_type(c, i, km_resolve_type(c->r, c->argument[i]) == KM_TYPE_BIRTH, "a birth date");
}

static kiem_status literal_argument(call *c, int i, int64_t low, int64_t high, int64_t *out) {
    KM_TRY(argument(c, i));
    const km_node *node = km_resolve_at(c->r, c->argument[i]);
    bool literal = node->op == KM_OP_CONST && node->type == KM_TYPE_NUMBER && node->scale == 0;
    if (!literal || node->number < low || node->number > high) {
        return km_resolve_fail(c->r, c->syntax->child[i], "expected a whole number from %lld to %lld",
                               (long long)low, (long long)high);
    }
    *out = node->number;
    return KIEM_OK;
}

/* Whether a text may hold any letters: it is neither a list of codes, a card or catalogue number nor one of a
 * few words. */
static bool holds_words(const km_resolver *r, km_node_id id) {
    const km_node *node = km_resolve_at(r, id);
    const km_field *field = km_resolve_field(r, id);
    if (node->type != KM_TYPE_TEXT || node->op == KM_OP_CONST) return false;
    if (field) return !(field->flags & (KM_FIELD_LIST | KM_FIELD_CARD | KM_FIELD_CATALOGUE));
    if (node->op == KM_OP_LOOKUP) return !((const km_lookup *)node->extra)->column[node->number].words.length;
    for (int i = 0; i < node->count; i++) {
        if (holds_words(r, km_node_argument(r->graph, node, i))) return true;
    }
    return false;
}

static kiem_status call_substr(call *c, km_node_id *out) {
    int64_t start = 1, length = 1;
    KM_TRY(word_argument(c, 0));
    KM_TRY(literal_argument(c, 1, 1, 1000, &start));
    KM_TRY(literal_argument(c, 2, 1, 1000, &length));
    bool words = holds_words(c->r, c->argument[0]);
    bool code = km_resolve_type(c->r, c->argument[0]) == KM_TYPE_CODE || (length <= KM_CODE_MAX && !words);
    km_node node = {
        .op = KM_OP_SUBSTR, .type = code ? KM_TYPE_CODE : KM_TYPE_TEXT, .number = (start - 1) << 32 | length};
    return finish(c, node, 1, out);
}

static kiem_status call_of_word(call *c, km_node_id *out) { /* length, list_count, to_number */
    KM_TRY(word_argument(c, 0));
    return finish(c, (km_node){.op = (uint8_t)c->detail, .type = KM_TYPE_NUMBER}, 1, out);
}

static kiem_status code_like(call *c, int i, km_node_id *out) {
    km_value sample = {.type = KM_TYPE_CODE, .known = true};
    const km_syntax *syntax = c->syntax->child[i];
    km_node_id like;
    if (syntax->kind == KM_SYNTAX_STRING && syntax->text.length &&
        km_resolve_pack(syntax->text, true, &sample.code))
        return km_resolve_constant(c->r, &sample, out);
    sample.known = false;
    KM_TRY(km_resolve_constant(c->r, &sample, &like));
    KM_TRY(km_resolve_like(c->r, c->syntax->child[i], like, out));
    return need_type(c, i, km_resolve_type(c->r, *out) == KM_TYPE_CODE, "a code");
}

static kiem_status call_has_code(call *c, km_node_id *out) {
    KM_TRY(word_argument(c, 0));
    c->argument[1] = c->argument[2] = c->argument[0]; /* for the type in an error */
    for (int i = 1; i < c->syntax->children; i++) KM_TRY(code_like(c, i, &c->argument[i]));
    km_node node = {.op = KM_OP_HAS_CODE, .type = KM_TYPE_BOOL, .detail = c->syntax->children == 3};
    if (node.detail) {
        const km_node *end = km_resolve_at(c->r, c->argument[2]);
        if (end->op != KM_OP_CONST)
            return km_resolve_fail(c->r, c->syntax->child[2], "the end of a range must be a literal");
        km_value widened = {
            .type = KM_TYPE_CODE, .known = true, .code = km_code_range_end((uint64_t)end->number)};
        KM_TRY(km_resolve_constant(c->r, &widened, &c->argument[2]));
    }
    return finish(c, node, c->syntax->children, out);
}

/* coalesce, greatest, least: arguments of one type */
static kiem_status call_same(call *c, km_node_id *out) {
    km_node_id like = KM_NODE_NONE;
    int scale = 0;
    for (int i = 0; i < c->syntax->children && like == KM_NODE_NONE; i++) {
        if (!km_resolve_is_literal(c->syntax->child[i]))
            KM_TRY(km_resolve_node(c->r, c->syntax->child[i], &like));
    }
    if (like == KM_NODE_NONE)
        return km_resolve_fail(c->r, c->syntax, "at least one argument must not be a literal text");
    for (int i = 0; i < c->syntax->children; i++) {
        if (c->detail != KM_OP_COALESCE && c->syntax->child[i]->kind == KM_SYNTAX_NULL)
            return km_resolve_fail(c->r, c->syntax->child[i], "NULL can stand only in CASE and coalesce");
        KM_TRY(km_resolve_like(c->r, c->syntax->child[i], like, &c->argument[i]));
        KM_TRY(km_resolve_unify(c->r, c->syntax->child[i], &like, &c->argument[i]));
        if (km_resolve_at(c->r, c->argument[i])->scale > scale)
            scale = km_resolve_at(c->r, c->argument[i])->scale;
    }
    km_type type = km_resolve_type(c->r, like);
    for (int i = 0; i < c->syntax->children; i++) {
        if (type == KM_TYPE_NUMBER)
            KM_TRY(km_resolve_rescale(c->r, &c->argument[i], scale));
        else
            KM_TRY(km_resolve_unify(c->r, c->syntax->child[i], &like, &c->argument[i]));
    }
    if (c->detail != KM_OP_COALESCE && (type == KM_TYPE_BOOL || type == KM_TYPE_BIRTH)) {
        return km_resolve_fail(c->r, c->syntax, "there is no order of %ss", km_type_name(type));
    }
    return finish(c, (km_node){.op = (uint8_t)c->detail, .type = (uint8_t)type, .scale = (uint8_t)scale},
                  c->syntax->children, out);
}

static kiem_status call_abs(call *c, km_node_id *out) {
    KM_TRY(argument(c, 0));
    KM_TRY(need_number(c->r, c->syntax->child[0], c->argument[0]));
    return finish(c,
                  (km_node){.op = KM_OP_ABS,
                            .type = KM_TYPE_NUMBER,
                            .scale = km_resolve_at(c->r, c->argument[0])->scale},
                  1, out);
}

static kiem_status call_round(call *c, km_node_id *out) {
    int64_t digits = 0;
    KM_TRY(argument(c, 0));
    KM_TRY(need_number(c->r, c->syntax->child[0], c->argument[0]));
    if (c->syntax->children == 2) KM_TRY(literal_argument(c, 1, 0, KM_SCALE_MAX, &digits));
    *out = c->argument[0];
    return km_resolve_rescale(c->r, out, (int)digits);
}

static kiem_status call_part(call *c, km_node_id *out) {
    KM_TRY(argument(c, 0));
    km_type type = km_resolve_type(c->r, c->argument[0]);
    bool clock = c->detail == KM_HOUR || c->detail == KM_MINUTE_OF_HOUR;
    bool good = type == KM_TYPE_TIME || (type == KM_TYPE_DATE && !clock) ||
                (type == KM_TYPE_BIRTH && !clock && c->detail != KM_WEEKDAY);
    KM_TRY(need_type(c, 0, good, clock ? "a time" : "a date or time"));
    return finish(c, (km_node){.op = KM_OP_PART, .type = KM_TYPE_NUMBER, .detail = (uint8_t)c->detail}, 1,
                  out);
}

static kiem_status call_between(call *c, km_node_id *out) {
    KM_TRY(date_argument(c, 0));
    KM_TRY(date_argument(c, 1));
    return finish(c, (km_node){.op = (uint8_t)c->detail, .type = KM_TYPE_NUMBER}, 2, out);
}

static kiem_status call_date(call *c, km_node_id *out) {
    KM_TRY(date_argument(c, 0));
    *out = c->argument[0];
    return km_resolve_as_day(c->r, c->syntax->child[0], out);
}

static kiem_status call_to_date(call *c, km_node_id *out) {
    KM_TRY(argument(c, 0));
    KM_TRY(need_type(c, 0, km_resolve_type(c->r, c->argument[0]) == KM_TYPE_TEXT, "a text"));
    return finish(c, (km_node){.op = KM_OP_TO_DATE, .type = KM_TYPE_DATE}, 1, out);
}

static kiem_status call_age(call *c, km_node_id *out) { /* age_years, age_days */
    KM_TRY(birth_argument(c, 0));
    KM_TRY(date_argument(c, 1));
    return finish(c, (km_node){.op = (uint8_t)c->detail, .type = KM_TYPE_NUMBER}, 2, out);
}

static kiem_status call_age_at_least(call *c, km_node_id *out) {
    KM_TRY(birth_argument(c, 0));
    KM_TRY(argument(c, 1));
    KM_TRY(need_whole(c->r, c->syntax->child[1], c->argument[1]));
    KM_TRY(date_argument(c, 2));
    return finish(c, (km_node){.op = KM_OP_AGE_AT_LEAST, .type = KM_TYPE_BOOL, .detail = (uint8_t)c->detail},
                  3, out);
}

static const struct {
    const char *name;
    int least, most;
    kiem_status (*resolve)(call *c, km_node_id *out);
    int64_t detail;
} functions[] = {
    {"substr", 3, 3, call_substr, 0},
    {"length", 1, 1, call_of_word, KM_OP_LENGTH},
    {"list_count", 1, 1, call_of_word, KM_OP_LIST_COUNT},
    {"to_number", 1, 1, call_of_word, KM_OP_TO_NUMBER},
    {"has_code", 2, 3, call_has_code, 0},
    {"coalesce", 2, CALL_ARGUMENTS_MAX, call_same, KM_OP_COALESCE},
    {"greatest", 2, CALL_ARGUMENTS_MAX, call_same, KM_OP_GREATEST},
    {"least", 2, CALL_ARGUMENTS_MAX, call_same, KM_OP_LEAST},
    {"abs", 1, 1, call_abs, 0},
    {"round", 1, 2, call_round, 0},
    {"year", 1, 1, call_part, KM_YEAR},
    {"month", 1, 1, call_part, KM_MONTH},
    {"day", 1, 1, call_part, KM_DAY},
    {"hour", 1, 1, call_part, KM_HOUR},
    {"minute", 1, 1, call_part, KM_MINUTE_OF_HOUR},
    {"weekday", 1, 1, call_part, KM_WEEKDAY},
    {"date", 1, 1, call_date, 0},
    {"to_date", 1, 1, call_to_date, 0},
    {"days_between", 2, 2, call_between, KM_OP_DAYS_BETWEEN},
    {"minutes_between", 2, 2, call_between, KM_OP_MINUTES_BETWEEN},
    {"age_years", 2, 2, call_age, KM_OP_AGE_YEARS},
    {"age_days", 2, 2, call_age, KM_OP_AGE_DAYS},
    {"age_at_least", 3, 3, call_age_at_least, 12},
    {"months_at_least", 3, 3, call_age_at_least, 1},
};

enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static kiem_status unknown_function(km_resolver *r, const km_syntax *syntax) {
    km_nearest nearest;
    km_nearest_init(&nearest, syntax->name);
    static const char *const of_lines[] = {"sum", "count", "exists", "min", "max", "same"};
    for (size_t i = 0; i < FUNCTIONS; i++) km_nearest_offer(&nearest, km_text_from(functions[i].name));
    for (size_t i = 0; i < sizeof of_lines / sizeof of_lines[0]; i++)
        km_nearest_offer(&nearest, km_text_from(of_lines[i]));
    return km_resolve_fail(r, syntax, "unknown function '%.*s'%s", KM_TEXT_ARG(syntax->name),
                           km_nearest_hint(&nearest).text);
}

kiem_status km_resolve_call(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    call c = {.r = r, .syntax = syntax};
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (!km_text_equal_fold(syntax->name, km_text_from(functions[i].name))) continue;
        if (syntax->children < functions[i].least || syntax->children > functions[i].most) {
            return km_resolve_fail(
                r, syntax, "%s takes %d%s argument%s, %d given", functions[i].name, functions[i].least,
                functions[i].most > functions[i].least ? " or more" : "",
                functions[i].least == 1 && functions[i].most == 1 ? "" : "s", syntax->children);
        }
        c.detail = functions[i].detail;
        return functions[i].resolve(&c, out);
    }
    return unknown_function(r, syntax);
}
