/* The serial half of reading a CSV: bytes in, blocks of whole records out. It settles encoding, header and
 * layout on the first 64 KiB (so that nothing depends on how the bytes arrive), then only looks for line ends
 * and quotes; parsing is left to km_decoder, one per thread.
 *
 * Rows are numbered as a spreadsheet shows them: the header is row 1 when nothing stands above it, every
 * later record and every blank line is one row, and a newline inside quotes does not start a row. A line that
 * is given up because its quote never closes is one row. */
#ifndef KM_INGEST_SOURCE_H
#define KM_INGEST_SOURCE_H

#include "ingest/layout.h"
#include "ingest/options.h"

typedef enum km_line_kind {
    KM_LINE_RECORD = 0,
    KM_LINE_BLANK,
    KM_LINE_UNCLOSED, /* its quote is not closed within the record limit */
    KM_LINE_LONG      /* longer than the record limit; only its first bytes are here */
} km_line_kind;

typedef struct km_line {
    uint32_t size; /* with the line end */
    uint32_t kind; /* km_line_kind */
} km_line;

/* Whole records in a row, at most KM_BATCH_ROWS lines and about block_size bytes. It owns its bytes, so any
 * thread may decode it while the source goes on; there is as much room again behind `size`. Where blocks are
 * cut depends on the input and the options only. */
typedef struct km_block {
    struct km_block *next; /* for queues of whoever holds it */
    char *bytes;
    size_t size, capacity;
    int64_t row;             /* spreadsheet row of the first line */
    int64_t offset;          /* of the first byte in the file */
    uint64_t number;         /* 0, 1, 2, ... in the order of the file */
    uint32_t count, records; /* lines, and those of them that are not blank */
    km_line *lines;
} km_block;

typedef struct km_source km_source;

typedef struct km_source_counts {
    uint64_t bytes;   /* pushed so far */
    uint64_t records; /* in blocks so far, readable or not; without header and blank lines */
    bool header_only; /* finished without one record */
} km_source_counts;

kiem_status km_source_new(const km_mem *mem, const km_ingest_options *options, km_source **out,
                          km_error *error);
/* Every block taken must have been given back. */
void km_source_free(km_source *source);
/* Where the next bytes are to be put, and how many: as many as a block is expected to hold, then in small
 * steps until its last record is complete, so that little has to move to the next block. */
kiem_status km_source_room(km_source *source, char **room, size_t *size, km_error *error);
/* So many bytes were put there. Blocks that became complete wait to be fetched. After an error the source
 * takes no more bytes. */
kiem_status km_source_took(km_source *source, size_t size, km_error *error);
/* The same for bytes that are elsewhere. */
kiem_status km_source_push(km_source *source, const void *bytes, size_t size, km_error *error);
/* The input is complete. */
kiem_status km_source_finish(km_source *source, km_error *error);
/* NULL until the header is known. */
const km_layout *km_source_layout(const km_source *source);
/* The next block or NULL. Give it back to be used again, from the thread that drives the source. */
km_block *km_source_next_block(km_source *source);
void km_source_return_block(km_source *source, km_block *block);
km_source_counts km_source_get_counts(const km_source *source);

#endif
