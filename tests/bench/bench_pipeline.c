/* A whole job beside a bare libcsv pass that only counts fields, over the same file, in alternation.
 *
 * usage: bench_pipeline CLAIMS.csv OUT_DIR [RUNS [THREADS [MEMORY]]] */
#include <dirent.h>
#include <kiem/kiem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/libcsv_count.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double libcsv_pass(const char *path, libcsv_count *seen) {
    static char slice[64 << 10];
    struct csv_parser parser;
    double start = now();
    FILE *stream = fopen(path, "rb");
    if (!stream || csv_init(&parser, 0) != 0) exit(2);
    memset(seen, 0, sizeof *seen);
    for (size_t taken; (taken = fread(slice, 1, sizeof slice, stream)) > 0;) {
        csv_parse(&parser, slice, taken, libcsv_count_field, libcsv_count_row, seen);
    }
    csv_fini(&parser, libcsv_count_field, libcsv_count_row, seen);
    csv_free(&parser);
    fclose(stream);
    return now() - start;
}

static double job_pass(const char *path, const char *out, const char *threads, const char *memory) {
    kiem_job *job;
    kiem_error *error;
    double start = now();
    kiem_error_new(NULL, &error);
    kiem_status status = kiem_job_new(NULL, NULL, &job, error);
    if (status == KIEM_OK) status = kiem_job_set(job, "out", out, error);
    if (status == KIEM_OK) status = kiem_job_set(job, "keep", "small", error);
    if (status == KIEM_OK) status = kiem_job_set(job, "threads", threads, error);
    if (status == KIEM_OK && memory) status = kiem_job_set(job, "memory", memory, error);
    if (status == KIEM_OK) status = kiem_job_add_file(job, "claims", path, error);
    if (status == KIEM_OK) status = kiem_job_run(job, error);
    if (status != KIEM_OK) {
        fprintf(stderr, "%s\n", kiem_error_message(error));
        exit(2);
    }
    kiem_job_free(job);
    kiem_error_free(error);
    return now() - start;
}

/* Outputs go to a directory of their own that is not there before: some file systems write a file that takes
 * the place of another to the disk at once. */
static void remove_outputs(const char *out) {
    DIR *directory = opendir(out);
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        unlinkat(dirfd(directory), entry->d_name, 0);
    closedir(directory);
    rmdir(out);
}

static double fresh_job_pass(const char *path, const char *out, const char *threads, const char *memory) {
    char own[4096];
    if (snprintf(own, sizeof own, "%s/bench_pipeline", out) >= (int)sizeof own) exit(2);
    remove_outputs(own);
    mkdir(out, 0777);
    mkdir(own, 0777);
    double seconds = job_pass(path, own, threads, memory);
    remove_outputs(own);
    return seconds;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    enum { RUNS_MAX = 50 };
    double ratios[RUNS_MAX];
    libcsv_count seen;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_pipeline CLAIMS.csv OUT_DIR [RUNS [THREADS [MEMORY]]]\n");
        return 2;
    }
    int runs = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
    const char *threads = argc > 4 ? argv[4] : "1", *memory = argc > 5 ? argv[5] : NULL;
    if (runs < 1 || runs > RUNS_MAX) runs = 5;
    for (int i = 0; i < runs; i++) {
        double bare = libcsv_pass(argv[1], &seen), job = fresh_job_pass(argv[1], argv[2], threads, memory);
        ratios[i] = bare / job;
        printf("libcsv %7.3f s  %9.0f rows/s   kiem %7.3f s  %9.0f rows/s   ratio %.3f\n", bare,
               (double)seen.rows / bare, job, (double)seen.rows / job, ratios[i]);
    }
    qsort(ratios, (size_t)runs, sizeof *ratios, ascending);
    printf("median ratio %.3f (speed of kiem with %s thread%s / speed of a bare libcsv pass), %lu rows, %lu "
           "fields\n",
           ratios[runs / 2], threads, strcmp(threads, "1") == 0 ? "" : "s", seen.rows, seen.fields);
    return 0;
}
