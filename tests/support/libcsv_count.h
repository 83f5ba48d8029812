/* libcsv that only counts: what reading is held against. */
#ifndef KM_SUPPORT_LIBCSV_COUNT_H
#define KM_SUPPORT_LIBCSV_COUNT_H

#include <csv.h>

typedef struct libcsv_count {
    unsigned long fields, rows;
} libcsv_count;

static inline void libcsv_count_field(void *cell, size_t size, void *data) {
    (void)cell;
    (void)size;
    ((libcsv_count *)data)->fields++;
}

static inline void libcsv_count_row(int end, void *data) {
    (void)end;
    ((libcsv_count *)data)->rows++;
}

#endif
