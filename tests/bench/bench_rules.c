/* What rules cost: 150 rules and all rules of the default policy beside reading claims and beside a pass of
 * libcsv that only counts fields, in alternation; and thousands of rules about single drugs, which the index
 * finds by code. Times are of the processor, so that other work on the machine counts little.
 *
 *     bench_rules CLAIMS.csv [ROUNDS [RULES]]
 *
 * With RULES only so many rules of the default policy are asked. */
#include <string.h>

#include "engine/policy/policy_load.h"
#include "ingest/reader.h"
#include "ingest/sheet_read.h"
#include "rules/judge.h"
#include "support/bench.h"
#include "support/libcsv_count.h"

enum { PUSH = 1 << 20, LINES = KM_BATCH_ROWS, CODES = 20000, PASSES = 200, ALL_RULES = 1 << 20 };

typedef struct run {
    size_t rules;                /* how many of those that can run shall */
    uint64_t rows, hits, trials; /* rules x rows */
} run;

/* Leaves so many of the rules that can run, evenly spread over the catalogue. */
static void thin_out(km_plan *plan, size_t wanted) {
    size_t all = 0, seen = 0;
    for (size_t i = 0; i < plan->policy->rule_count; i++) all += plan->rules[i].runs;
    for (size_t i = 0; i < plan->policy->rule_count; i++) {
        if (!plan->rules[i].runs) continue;
        plan->rules[i].runs = wanted >= all || (seen + 1) * wanted / all > seen * wanted / all;
        seen++;
    }
}

static void judge_claims(km_rule_judge *judge, km_plan *plan, km_batch *batch, run *seen) {
    km_error error;
    if (!plan->policy) {
        km_fieldset present[KM_SCOPE_COUNT] = {
            [KM_SCOPE_CLAIM] = batch->present, [KM_SCOPE_CARD] = km_card_fields_from(&batch->present)};
        const uint64_t standard[KM_SCOPE_COUNT] = {(uint64_t)km_batch_int(batch, KM_CLAIM_STANDARD, 0, 0)};
        check(km_plan_bind(plan, judge->policy, present, standard, &error), &error);
        thin_out(plan, seen->rules);
    }
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = batch}};
    check(km_rule_judge_batch(judge, plan, &input, &error), &error);
    seen->hits += judge->hit_count;
    for (size_t i = 0; i < judge->policy->rule_count; i++)
        seen->trials += plan->rules[i].runs ? batch->rows : 0;
}

/* Reads the claims and, with a policy, judges them. */
static double read_pass(const char *claims, size_t size, const km_policy *policy, run *seen) {
    km_ingest_options options = {.scope = KM_SCOPE_CLAIM};
    km_reads needs = {0};
    km_reader *reader;
    km_rule_judge judge = {0};
    km_plan plan = {0};
    km_error error;
    double start = now();
    *seen = (run){.rules = seen->rules};
    memset(&options.wanted, 0xFF, sizeof options.wanted);
    if (policy) km_policy_needs(policy, &needs);
    if (policy) check(km_rule_judge_init(&judge, km_mem_default(), policy, &error), &error);
    check(km_reader_new(km_mem_default(), &options, &reader, &error), &error);
    for (size_t at = 0; at <= size; at += PUSH) {
        size_t step = size - at < PUSH ? size - at : PUSH;
        check(km_reader_push(reader, claims + at, step, &error), &error);
        if (step < PUSH) check(km_reader_finish(reader, &error), &error);
        for (km_batch *batch;;) {
            check(km_reader_next(reader, &batch, &error), &error);
            if (!batch) break;
            seen->rows += batch->rows;
            if (policy) judge_claims(&judge, &plan, batch, seen);
        }
    }
    km_reader_free(reader);
    km_rule_judge_free(&judge);
    km_plan_free(&plan);
    return now() - start;
}

/* ---- libcsv alone */

static double libcsv_pass(const char *claims, size_t size) {
    enum { SLICE = 64 << 10 };
    struct csv_parser parser;
    libcsv_count seen = {0};
    if (csv_init(&parser, 0) != 0) exit(2);
    double start = now();
    for (size_t at = 0; at < size; at += SLICE)
        csv_parse(&parser, claims + at, size - at < SLICE ? size - at : SLICE, libcsv_count_field,
                  libcsv_count_row, &seen);
    csv_fini(&parser, libcsv_count_field, libcsv_count_row, &seen);
    double taken = now() - start;
    csv_free(&parser);
    if (!seen.fields) exit(2);
    return taken;
}

/* ---- rules about claims */

enum { ROUNDS_MAX = 64 };

typedef struct claims_bench {
    char *claims;
    size_t size;
    km_policy policy;
} claims_bench;

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

static void bench_claims(const claims_bench *bench, size_t rules, int rounds) {
    run plain = {0}, judged = {.rules = rules};
    double of_reading[ROUNDS_MAX], of_libcsv[ROUNDS_MAX], reading[ROUNDS_MAX], alone[ROUNDS_MAX];
    for (int i = 0; i < rounds; i++) {
        double libcsv = libcsv_pass(bench->claims, bench->size);
        double read = read_pass(bench->claims, bench->size, NULL, &plain);
        alone[i] = read_pass(bench->claims, bench->size, &bench->policy, &judged) - read;
        of_reading[i] = alone[i] / read;
        of_libcsv[i] = alone[i] / libcsv;
        reading[i] = read / libcsv;
    }
    double taken = median(alone, rounds);
    printf(
        "%llu rules, %llu claims, %llu findings: rules / libcsv pass %.3f, rules / reading %.3f, reading / "
        "libcsv pass %.3f (medians of %d), rules %.0f ns a claim, %.2f thousand million rules x rows/s\n",
        (unsigned long long)(judged.trials / judged.rows), (unsigned long long)judged.rows,
        (unsigned long long)judged.hits, median(of_libcsv, rounds), median(of_reading, rounds),
        median(reading, rounds), rounds, 1e9 * taken / (double)judged.rows,
        (double)judged.trials / taken / 1e9);
}

static void bench_file(const char *path, int rounds, size_t rules) {
    claims_bench bench;
    km_error error;
    bench.claims = read_file(path, &bench.size);
    check(km_policy_load(&bench.policy, km_mem_default(), NULL, &error), &error);
    check(km_policy_compile(&bench.policy, &error), &error);
    bench_claims(&bench, rules ? rules : 150, rounds);
    if (!rules) bench_claims(&bench, ALL_RULES, rounds);
    km_policy_free(&bench.policy);
    free(bench.claims);
}

/* ---- rules about single drugs */

static uint64_t random_state = 1;

static unsigned below(unsigned bound) {
    uint64_t x = random_state += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return (unsigned)((x ^ (x >> 31)) % bound);
}

static void load_drug_rules(km_policy *policy, int count) {
    km_sheet sheet = {0};
    km_buf text;
    km_error error;
    km_buf_init(&text, km_mem_default());
    km_buf_string(&text, "id,scope,severity,condition,effective_from,basis,message_vi,message_en\n");
    for (int i = 0; i < count; i++) {
        char row[160];
        snprintf(row, sizeof row, "D%05d,drug,error,MA_THUOC = '40.%u' AND SO_LUONG > %u,2020-01-01,x,a,b\n",
                 i, below(CODES), 20 + below(50));
        km_buf_string(&text, row);
    }
    km_policy_init(policy, km_mem_default());
    check(km_sheet_read(km_mem_default(), "drugs.csv", text.data, text.length, &sheet, &error), &error);
    check(km_policy_add_rules(policy, &sheet, &error), &error);
    check(km_policy_compile(policy, &error), &error);
    km_sheet_free(&sheet);
    km_buf_free(&text);
}

typedef struct lines {
    km_batch claims, drugs;
    uint32_t parent[LINES], first[LINES + 1];
} lines;

/* One line a claim is the hardest case: nothing is shared. */
static void make_lines(lines *made) {
    km_fieldset claim = {0}, drug = {0};
    km_error error;
    km_fieldset_add(&claim, KM_CLAIM_NGAY_RA);
    km_fieldset_add(&drug, KM_DRUG_MA_THUOC);
    km_fieldset_add(&drug, KM_DRUG_SO_LUONG);
    check(km_batch_init(&made->claims, km_mem_default(), KM_SCOPE_CLAIM, &claim, LINES, &error), &error);
    check(km_batch_init(&made->drugs, km_mem_default(), KM_SCOPE_DRUG, &drug, LINES, &error), &error);
    for (uint32_t i = 0; i < LINES; i++) {
        char code[16];
        snprintf(code, sizeof code, "40.%u", below(CODES));
        km_column_put(&made->claims.column[KM_CLAIM_NGAY_RA], 4, i, 28401000);
        km_column_put_text(km_mem_default(), &made->drugs.column[KM_DRUG_MA_THUOC], i, km_text_from(code));
        km_column_put(&made->drugs.column[KM_DRUG_SO_LUONG], 8, i, (int64_t)below(60) * 1000);
        made->claims.row[i] = made->drugs.row[i] = i + 2;
        made->parent[i] = made->first[i] = i;
    }
    made->claims.rows = made->drugs.rows = made->first[LINES] = LINES;
}

static double line_pass(km_rule_judge *judge, const km_plan *plan, lines *made, uint64_t *hits) {
    km_error error;
    double start = now();
    *hits = 0;
    for (int i = 0; i < PASSES; i++) {
        km_input input = {
            .set[KM_SCOPE_CLAIM] = {.batch = &made->claims},
            .set[KM_SCOPE_DRUG] = {.batch = &made->drugs, .parent = made->parent, .first = made->first}};
        check(km_rule_judge_batch(judge, plan, &input, &error), &error);
        *hits += judge->hit_count;
    }
    return 1e9 * (now() - start) / ((double)PASSES * LINES);
}

static void bench_drugs(int rounds) {
    static lines made;
    static const int counts[2] = {150, 5000};
    static const uint64_t standard[KM_SCOPE_COUNT];
    km_policy policy[2];
    km_plan plan[2];
    km_rule_judge judge[2];
    km_error error;
    double ratios[ROUNDS_MAX], best[2] = {0};
    uint64_t hits[2];
    make_lines(&made);
    km_fieldset present[KM_SCOPE_COUNT] = {
        [KM_SCOPE_CLAIM] = made.claims.present, [KM_SCOPE_DRUG] = made.drugs.present};
    for (int i = 0; i < 2; i++) {
        load_drug_rules(&policy[i], counts[i]);
        check(km_plan_bind(&plan[i], &policy[i], present, standard, &error), &error);
        check(km_rule_judge_init(&judge[i], km_mem_default(), &policy[i], &error), &error);
    }
    for (int round = 0; round < rounds; round++) {
        double taken[2];
        for (int i = 0; i < 2; i++) {
            taken[i] = line_pass(&judge[i], &plan[i], &made, &hits[i]);
            if (round == 0 || taken[i] < best[i]) best[i] = taken[i];
        }
        ratios[round] = taken[1] / taken[0];
    }
    qsort(ratios, (size_t)rounds, sizeof *ratios, by_value);
    for (int i = 0; i < 2; i++) {
        printf("%d drug rules: %.1f ns a line, %llu hits\n", counts[i], best[i], (unsigned long long)hits[i]);
        km_rule_judge_free(&judge[i]);
        km_plan_free(&plan[i]);
        km_policy_free(&policy[i]);
    }
    printf("5,000 / 150: %.2f (median of %d)\n", ratios[rounds / 2], rounds);
    km_batch_free(&made.claims);
    km_batch_free(&made.drugs);
}

int main(int argc, char **argv) {
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 7;
    size_t rules = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 0;
    if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: bench_rules CLAIMS.csv [ROUNDS [RULES]]\n");
        return 2;
    }
    bench_file(argv[1], rounds, rules);
    if (!rules) bench_drugs(rounds);
    return 0;
}
