/* Rows a second of the outlier scorer on 1,000,000 x 16 float32, for every kernel this machine has, beside
 * the read bandwidth of one core in the same run.
 *
 * usage: bench_outlier [ROWS [KERNEL]]   (taskset -c 1 keeps it on one core) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "score/outlier/outlier_kernel.h"

enum { COLUMNS = 16, REPEATS = 3, SLICES = 20 };

/* CPU time of this thread: what else runs on the machine costs little. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double uniform(uint64_t *state) {
    *state += 0x9E3779B97F4A7C15u;
    return (double)(km_mix64(*state) >> 11) * 0x1p-53;
}

/* Half the columns about normal, half skewed, as money is. */
static float *make(size_t rows) {
    float *values = malloc(rows * COLUMNS * sizeof *values);
    uint64_t state = 1;
    for (size_t i = 0; values && i < rows; i++) {
        float *row = values + i * COLUMNS;
        for (int j = 0; j < COLUMNS; j++) {
            const double normal = 2 * (uniform(&state) + uniform(&state) + uniform(&state) - 1.5);
            row[j] = (float)(j % 2 ? exp(normal) : normal + (j > 0 ? 0.5 * (double)row[j - 2] : 0));
        }
    }
    return values;
}

/* The best of REPEATS of each slice, added up. */
static double best_time(void (*run)(void *user, size_t first, size_t rows), void *user, size_t rows,
                        size_t slices) {
    double total = 0;
    for (size_t slice = 0; slice < slices; slice++) {
        const size_t first = rows * slice / slices, count = rows * (slice + 1) / slices - first;
        double best = 1e9;
        for (int repeat = 0; repeat < REPEATS; repeat++) {
            const double start = now();
            run(user, first, count);
            const double took = now() - start;
            if (took < best) best = took;
        }
        total += best;
    }
    return total;
}

/* Only reads, all rows at once, so that they come from memory. */
static void read_rows(void *user, size_t first, size_t rows) {
    const uint64_t *words = (const uint64_t *)(const void *)((const float *)user + first * COLUMNS);
    uint64_t sum[8] = {0};
    for (size_t i = 0; i < rows * COLUMNS / 2; i += 8) {
        for (size_t k = 0; k < 8; k++) sum[k] += words[i + k];
    }
    volatile uint64_t sink = 0;
    for (int k = 0; k < 8; k++) sink = sink ^ sum[k];
    (void)sink;
}

typedef struct scoring {
    const km_outlier *model;
    km_matrix matrix;
    double *scores;
} scoring;

static void score_rows(void *user, size_t first, size_t rows) {
    const scoring *s = user;
    km_matrix part = s->matrix;
    part.values = (const float *)part.values + first * COLUMNS;
    part.rows = rows;
    if (km_outlier_score(s->model, &part, s->scores + first, NULL) != KIEM_OK) abort();
}

static void report(const char *kernel, const char *what, double seconds, size_t rows, double limit) {
    const double rate = (double)rows / seconds;
    printf("%-9s %-22s %7.3f s  %8.2f M rows/s  %6.1f ns/row  %5.1f %% of the read bandwidth\n", kernel, what,
           seconds, rate / 1e6, 1e9 / rate, 100 * rate * COLUMNS * sizeof(float) / limit);
}

/* ---- the peer loop */

typedef struct peering {
    const km_outlier_kernel *kernel;
    km_peer_rows rows;
    float *scores;
} peering;

static void score_peers(void *user, size_t first, size_t rows) {
    const peering *p = user;
    km_peer_rows part = p->rows;
    part.values = (const float *)part.values + first * COLUMNS;
    part.group += first;
    part.count = rows;
    p->kernel->peers(&part, p->scores + first);
}

/* Rows in runs of one group, as the claim scorer holds them, and in random order. */
static int measure_peers(const char *name, const float *values, size_t rows, double limit) {
    enum { GROUPS = 512 };
    static km_peer_scale groups[GROUPS];
    static const float down[COLUMNS];
    peering p = {km_outlier_find_kernel(km_text_from(name)),
                 {values, COLUMNS * sizeof *values, NULL, rows, groups, down},
                 NULL};
    if (!p.kernel) return 0;
    uint32_t *group = malloc(rows * sizeof *group);
    p.rows.group = group;
    p.scores = malloc(rows * sizeof *p.scores);
    uint64_t state = 2;
    for (size_t g = 0; g < GROUPS; g++) {
        for (int j = 0; j < COLUMNS; j++) groups[g].inverse[j] = (float)(1 + uniform(&state));
    }
    for (int random = 0; random < 2 && group && p.scores; random++) {
        for (size_t i = 0; i < rows; i++) {
            group[i] = (uint32_t)(random ? uniform(&state) * GROUPS : (double)i * GROUPS / (double)rows);
        }
        const double seconds = best_time(score_peers, &p, rows, 1);
        report(name, random ? "peers in random order" : "peers grouped", seconds, rows, limit);
    }
    if (p.scores)
        printf("%-9s peers %016llx\n", name,
               (unsigned long long)km_hash(p.scores, rows * sizeof *p.scores, 0));
    free(p.scores);
    free(group);
    return 0;
}

/* The weight of the parts is forced, so that each path is measured whatever the data would choose. */
static int measure(const char *name, const km_matrix *matrix, double *scores, double limit) {
    km_outlier_options options = {.contamination = 0.1, .kernel = km_outlier_find_kernel(km_text_from(name))};
    if (!options.kernel) return 0;
    km_outlier model;
    km_error error;
    double fit = 1e9;
    km_outlier_init(&model, km_mem_default());
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        const double start = now();
        if (km_outlier_fit(&model, matrix, &options, &error) != KIEM_OK) return 1;
        if (now() - start < fit) fit = now() - start;
    }
    report(name, "fit", fit, matrix->rows, limit);
    for (int part = 0; part < 3; part++) {
        static const char *const titles[] = {"score, both parts", "score, distance only", "score, tail only"};
        model.distance_weight = part == 2 ? 0.0f : 0.5f;
        model.tail_weight = part == 1 ? 0.0f : 0.5f;
        scoring work = {&model, *matrix, scores};
        const double best = best_time(score_rows, &work, matrix->rows, SLICES);
        report(name, titles[part], best, matrix->rows, limit);
    }
    printf("%-9s scores %016llx\n", name,
           (unsigned long long)km_hash(scores, matrix->rows * sizeof *scores, 0));
    km_outlier_free(&model);
    return 0;
}

int main(int argc, char **argv) {
    const size_t rows = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : 1000000;
    float *values = make(rows);
    double *scores = calloc(rows, sizeof *scores);
    if (!values || !scores || rows == 0) abort();
    const km_matrix matrix = {values, false, rows, COLUMNS, COLUMNS * (int64_t)sizeof *values};
    const double limit = (double)(rows * COLUMNS * sizeof *values) / best_time(read_rows, values, rows, 1);
    printf("%zu rows of %d float32, read bandwidth of one core %.1f GB/s\n", rows, COLUMNS, limit / 1e9);
    int failed = 0;
    static const char *const names[] = {"avx512", "avx2", "portable"};
    for (int i = 0; i < 3; i++) {
        if (argc > 2 && strcmp(argv[2], names[i]) != 0) continue;
        failed |= measure_peers(names[i], values, rows, limit);
        failed |= measure(names[i], &matrix, scores, limit);
    }
    free(scores);
    free(values);
    return failed;
}
