/* What the ledger adds to reading claims: passes with and without it over the same bytes, in alternation, and
 * the time inside the ledger over the rest of its own pass, which other work on the machine disturbs less.
 *
 *     bench_ledger CLAIMS.csv [ROUNDS]
 *
 * For counts of instructions: valgrind --tool=callgrind bench_ledger CLAIMS.csv 1, and the share of
 * km_ledger_add. */
#include <string.h>

#include "ingest/reader.h"
#include "state/money/ledger.h"
#include "support/bench.h"

enum { PUSH = 1 << 20, ROUNDS_MAX = 64 };

typedef struct pass {
    uint64_t rows;
    double whole, ledger; /* seconds */
} pass;

static void add(km_ledger *ledger, const km_batch *batch, pass *seen) {
    km_error error;
    double start = now();
    check(km_ledger_add(ledger, batch, &error), &error);
    seen->ledger += now() - start;
}

/* With ledger NULL, reads alone. */
static pass read_pass(const char *claims, size_t size, km_ledger *ledger) {
    km_ingest_options options = {.scope = KM_SCOPE_CLAIM, .block_size = 256 << 10};
    km_reader *reader;
    km_error error;
    double start = now();
    pass seen = {0};
    memset(&options.wanted, 0xFF, sizeof options.wanted);
    check(km_reader_new(km_mem_default(), &options, &reader, &error), &error);
    for (size_t at = 0; at <= size; at += PUSH) {
        size_t step = size - at < PUSH ? size - at : PUSH;
        check(km_reader_push(reader, claims + at, step, &error), &error);
        if (step < PUSH) check(km_reader_finish(reader, &error), &error);
        for (km_batch *batch;;) {
            check(km_reader_next(reader, &batch, &error), &error);
            if (!batch) break;
            seen.rows += batch->rows;
            if (ledger) add(ledger, batch, &seen);
        }
    }
    km_reader_free(reader);
    seen.whole = now() - start;
    return seen;
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

int main(int argc, char **argv) {
    double paired[ROUNDS_MAX], inside[ROUNDS_MAX], spent[ROUNDS_MAX];
    size_t size;
    pass with = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: bench_ledger CLAIMS.csv [ROUNDS]\n");
        return 2;
    }
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    if (rounds < 1 || rounds > ROUNDS_MAX) rounds = 5;
    char *claims = read_file(argv[1], &size);
    for (int i = 0; i < rounds; i++) {
        km_ledger ledger;
        km_ledger_init(&ledger, km_mem_default());
        pass alone = read_pass(claims, size, NULL);
        with = read_pass(claims, size, &ledger);
        km_ledger_free(&ledger);
        paired[i] = with.whole / alone.whole - 1;
        inside[i] = with.ledger / (with.whole - with.ledger);
        spent[i] = 1e9 * with.ledger / (double)with.rows;
    }
    printf("%llu claims: the ledger adds %.1f %% to reading by its own time (%.0f ns a claim), %.1f %% by "
           "passes with "
           "and without it; medians of %d\n",
           (unsigned long long)with.rows, 100 * median(inside, rounds), median(spent, rounds),
           100 * median(paired, rounds), rounds);
    free(claims);
    return 0;
}
