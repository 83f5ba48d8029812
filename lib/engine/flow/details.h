/* Detail lines (drugs, services) and the claims they belong to. XML2 and XML3 name their claim by MA_LK only,
 * come in any order and carry no facility; so lines are found by the hash of their MA_LK, and where two
 * claims share one, what belongs to which cannot be told. Inputs may be of groups, to whose claims their
 * lines belong: those of one envelope. */
#ifndef KM_ENGINE_DETAILS_H
#define KM_ENGINE_DETAILS_H

#include "engine/flow/spool.h"
#include "rules/input.h"

typedef struct km_detail_line {
    uint64_t hash;
    uint32_t item; /* batch in the spool */
    uint32_t row : 31;
    uint32_t used : 1; /* it has met its claim */
} km_detail_line;

enum { KM_DETAIL_VIEWS = 64, KM_DETAIL_ROOMS = 8 };

typedef struct km_details {
    const km_mem *mem;
    km_scope scope;
    km_fieldset kept;       /* columns to keep */
    km_fieldset present;    /* of them, those that every input has */
    bool any;               /* an input was read */
    const uint32_t *groups; /* of the inputs, by their number; NULL: all are of one */
    km_spool spool;
    km_detail_line *lines; /* by hash once closed, then in the order they came */
    size_t count, capacity;
} km_details;

/* The lines of one batch of claims: the working memory of one thread. */
typedef struct km_detail_rows {
    km_details *details;
    km_batch batch;
    uint32_t *parent, *first, *input; /* input: the number of the file a line came from */
    size_t parent_capacity, first_capacity, input_capacity;
    uint64_t unclear[KM_BATCH_WORDS];
    km_batch views[KM_DETAIL_VIEWS]; /* opened batches of the spool, by item modulo their number */
    uint32_t view_item[KM_DETAIL_VIEWS];
    km_buf rooms[KM_DETAIL_ROOMS]; /* what the first views stand on when it comes from the spool's file */
} km_detail_rows;

/* Hashes of the MA_LK of all claims, to see which two share one. */
typedef struct km_claim_keys {
    const km_mem *mem;
    const uint32_t *groups; /* as of the details */
    uint64_t *hashes;
    size_t count, capacity;
} km_claim_keys;

void km_claim_keys_init(km_claim_keys *keys, const km_mem *mem);
void km_claim_keys_free(km_claim_keys *keys);
kiem_status km_claim_keys_add(km_claim_keys *keys, const km_batch *claims, km_error *error);
/* Sorts; keeps the hashes that occur more than once. */
kiem_status km_claim_keys_close(km_claim_keys *keys, km_error *error);

/* The column that tells the claim of a line, or of a claim: MA_LK. */
int km_details_key(km_scope scope);
void km_details_init(km_details *details, const km_mem *mem, km_scope scope);
void km_details_free(km_details *details);
/* Takes the readable lines of an input; `present` are the columns the input has. */
kiem_status km_details_add(km_details *details, const km_batch *lines, km_error *error);
void km_details_note_input(km_details *details, const km_fieldset *present);
kiem_status km_details_close(km_details *details, km_error *error);
void km_detail_rows_init(km_detail_rows *rows, km_details *details);
void km_detail_rows_free(km_detail_rows *rows);
/* Sets the lines of a batch of claims in `input`; nothing when no details were read. Threads may do so side
 * by side, for different claims, once the details are closed. */
kiem_status km_detail_rows_attach(km_detail_rows *rows, const km_claim_keys *shared, km_input *input,
                                  km_error *error);
/* A line that met no claim. */
typedef struct km_orphan {
    uint32_t input;
    int64_t row; /* in its file */
    bool shared; /* several claims have its MA_LK; else none has */
} km_orphan;

/* The next of them, in the order they came: *cursor starts at 0; *more is false after the last. */
kiem_status km_details_next_orphan(km_detail_rows *rows, const km_claim_keys *keys, size_t *cursor,
                                   km_orphan *out, bool *more, km_error *error);

#endif
