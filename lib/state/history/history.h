/* Patient history: every claim of a job as an episode, and what the sweep found for its row.
 *
 * Episodes are kept apart by person in a fixed number of parts. Each part is sorted and swept on its own, so
 * parts can be swept side by side, and what does not fit in memory waits in a spill file: results depend on
 * neither. */
#ifndef KM_STATE_HISTORY_H
#define KM_STATE_HISTORY_H

#include "base/hash.h"
#include "base/stream.h"
#include "state/history/draft.h"
#include "state/history/facts.h"
#include "state/history/joins.h"
#include "state/history/patient.h"
#include "state/history/repeats.h"
#include "state/history/run.h"
#include "state/people/shared.h"

enum { KM_HISTORY_PARTS = 64, KM_HISTORY_STEP = 1024 /* rows between two entries of the index */ };

/* Episodes as they came, and the texts of their keys. */
typedef struct km_history_part {
    km_stream episodes, texts;
} km_history_part;

/* A place in a stream. */
typedef struct km_history_spot {
    uint32_t piece, at;
} km_history_spot;

/* What is known of a part when it is swept: the facts of its rows in their order, its patients in the order
 * of their keys. They lie in pieces as what was added does, so that they take the memory it leaves. */
typedef struct km_history_found {
    km_stream facts, patients;
    km_history_spot *index; /* where the facts of row first_row + i * KM_HISTORY_STEP would stand */
} km_history_found;

typedef enum km_history_stage { KM_HISTORY_OPEN = 0, KM_HISTORY_CLOSING, KM_HISTORY_CLOSED } km_history_stage;

typedef struct km_history {
    const km_mem *mem;
    const km_run *past; /* the claims of a state, or NULL */
    km_skips skips;
    km_history_stage stage;
    uint64_t memory_limit, in_memory; /* bytes */
    km_spill taken, swept;            /* what was added, what was found */
    km_history_part parts[KM_HISTORY_PARTS];
    km_history_part loose[KM_HISTORY_PARTS]; /* claims that a citizen number alone names */
    km_stream links;                         /* pairs of numbers seen together */
    uint64_t first_row, row_end;             /* rows + 1, as in an episode; equal when there are none */
    km_source_starts sources;                /* none: claims that are given again are not counted */
    km_repeats repeats;                      /* closed: by source */
    km_joins joins;
    km_shared shared;      /* closed: cards whose citizen number stands beside other cards too */
    km_pair *past_persons; /* person and first claim in `past`, by part */
    size_t past_starts[KM_HISTORY_PARTS + 1];
    km_history_found found[KM_HISTORY_PARTS];
    size_t index_count;
} km_history;

static inline unsigned km_history_part_of(uint64_t person) {
    return (unsigned)(km_mix64(person) >> 58);
}

void km_history_init(km_history *history, const km_mem *mem);
void km_history_free(km_history *history);
/* Before the first addition: what is kept takes this many bytes of memory, the rest goes to files in that
 * directory. Sweeping takes some on top, a part for each thread at work. */
void km_history_limit(km_history *history, uint64_t memory, const char *directory);
/* Starts from the sorted claims of a state, which must stay as they are until the history is closed. A claim
 * that the job has too is counted once, as it stands in the job. */
void km_history_start(km_history *history, const km_run *past);
/* Before closing: counts the claims that the job was given more than once. `starts` stays as it is until the
 * history is closed; sources begin with row 0 or 1. */
void km_history_tell_sources(km_history *history, const km_source_starts *starts);

/* Batches may come in any order and partition; each row once. On failure nothing was added. */
kiem_status km_history_add_drafts(km_history *history, const km_drafts *drafts, km_error *error);

/* Asks a closed history; one for each thread. */
typedef struct km_history_reader {
    const km_history *history;
    km_buf room;
    const km_facts *facts[KM_BATCH_ROWS]; /* of the rows of the last batch; NULL: without history */
} km_history_reader;

void km_history_reader_init(km_history_reader *reader, const km_history *history);
void km_history_reader_free(km_history_reader *reader);
/* Adds those history columns of a batch that was added before which are in `wanted` (NULL: all). Rows without
 * person or NGAY_VAO get NULLs; overlap_minutes is NULL too where the kind of care is not known. */
kiem_status km_history_attach(km_history_reader *reader, km_batch *batch, const km_fieldset *wanted,
                              km_error *error);
/* The person of a row of that batch, KM_NO_PERSON when it has none. */
uint64_t km_history_person(const km_history_reader *reader, uint32_t row);
/* Whether it repeats another claim, or nearly does. */
bool km_history_repeats(const km_history_reader *reader, uint32_t row);

enum { KM_PATIENTS_AT_ONCE = 256 };

/* Some patients of a part. */
typedef struct km_patient_window {
    size_t piece, taken; /* of the stream, and patients of that piece that were brought here */
    size_t next, count;  /* of those here: handed out, and all */
} km_patient_window;

/* The patients with a claim in the job, in the order of their keys. */
typedef struct km_patients {
    const km_history *history;
    km_patient *room; /* KM_PATIENTS_AT_ONCE of each part */
    km_patient_window windows[KM_HISTORY_PARTS];
    uint64_t first[KM_HISTORY_PARTS];      /* person of the next; UINT64_MAX after the last */
    uint8_t winners[2 * KM_HISTORY_PARTS]; /* of 2 i and 2 i + 1 the part whose next person comes first */
} km_patients;

kiem_status km_patients_open(km_patients *patients, const km_history *history, km_error *error);
void km_patients_close(km_patients *patients);
/* *more is false after the last. */
kiem_status km_patients_next(km_patients *patients, km_patient *out, bool *more, km_error *error);

/* ---- closing in steps, so that parts can be swept side by side (history_close.c) */

/* What a thread needs to sweep a part. */
typedef struct km_history_room {
    const km_mem *mem;
    km_episode *episodes, *group; /* of the part, of a person */
    size_t episode_capacity, group_capacity;
    size_t episode_count;
    km_buf texts, facts;
    km_pair *pairs, *spare, *places;
    size_t pair_capacity, spare_capacity, place_capacity, place_count;
    km_visit *visits;
    size_t visit_capacity;
    km_sweep sweep;
    size_t past_at;         /* next person of the past */
    km_repeats repeats;     /* of the part swept last, until it is kept */
    km_stream left;         /* memory of the parts kept before */
    km_history_found found; /* of the part swept last, until it is kept */
    size_t index_count;
} km_history_room;

void km_history_room_init(km_history_room *room, const km_mem *mem);
void km_history_room_free(km_history_room *room);
/* Gives back the memory that sweeping took; what was found stays until it is kept. */
void km_history_room_rest(km_history_room *room);
/* Sorts and sweeps; nothing can be added afterwards, and after a failure the history can only be freed. First
 * this; then each part once: swept, on any thread, and kept, one after another; then the end. */
kiem_status km_history_close_begin(km_history *history, km_error *error);
kiem_status km_history_sweep_part(const km_history *history, unsigned part, km_history_room *room,
                                  km_error *error);
kiem_status km_history_keep_part(km_history *history, unsigned part, km_history_room *room, km_error *error);
/* Adds where and when the state saw cards that share a citizen number (history_uses.c); before the end. */
kiem_status km_history_past_uses(const km_history *history, km_card_uses *uses, km_error *error);
void km_history_close_end(km_history *history);

/* ---- for the files of the history alone */

/* Adds one episode, its key text beside it. */
bool km_history_put(km_history *history, km_history_part *to, const km_episode *episode, const char *key);
/* Spills everything that was added if `more` bytes would be too much. */
kiem_status km_history_make_room(km_history *history, uint64_t more, km_error *error);
void km_history_part_free(km_history *history, km_history_part *part);

#endif
