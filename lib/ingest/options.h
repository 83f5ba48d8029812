/* What every part of the reader needs to know about one input. */
#ifndef KM_INGEST_OPTIONS_H
#define KM_INGEST_OPTIONS_H

#include "claim/field.h"

enum {
    KM_BLOCK_SIZE = 768 << 10, /* two thousand claims: what is done once a batch is done seldom */
    KM_BLOCK_SIZE_MAX = 64 << 20,
    KM_RECORD_LIMIT = 64 << 10,
    KM_RECORD_LIMIT_MAX = 16 << 20,
    KM_HEAD_SIZE = 64 << 10 /* bytes at the start that settle encoding, header and layout */
};

typedef struct km_ingest_options {
    const char *file; /* name for messages, may be NULL; must outlive the reader */
    km_scope scope;
    km_fieldset wanted;  /* fields to keep: those of the file, and STANDARD and bad_values */
    uint32_t input;      /* number of the file in the job, for km_batch and rejects */
    uint64_t base;       /* see km_batch */
    int64_t first_row;   /* number of the first record; 0: that of its row in a spreadsheet */
    bool decimal_comma;  /* 1.234,50 instead of 1234.50 */
    size_t block_size;   /* bytes handed to a decoder at a time; 0: KM_BLOCK_SIZE */
    size_t record_limit; /* longest record in bytes; 0: KM_RECORD_LIMIT */
} km_ingest_options;

#endif
