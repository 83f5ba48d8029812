/* What benchmarks share: processor time, so that other work on the machine counts little, a file in memory,
 * and errors that end the program. */
#ifndef KM_SUPPORT_BENCH_H
#define KM_SUPPORT_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"

static inline double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static inline void check(kiem_status status, const km_error *error) {
    if (status == KIEM_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(2);
}

static inline char *read_file(const char *path, size_t *size) {
    FILE *stream = fopen(path, "rb");
    if (!stream || fseek(stream, 0, SEEK_END) != 0) exit(2);
    *size = (size_t)ftell(stream);
    rewind(stream);
    char *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, stream) != *size) exit(2);
    fclose(stream);
    return bytes;
}

static inline int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#endif
