/* What is learned of claims as peers of later ones: whole counts of what they are like in each group, and a
 * sample of them, those with the least hashes. Both come out the same from any order, partition and tree of
 * merges, bit for bit. */
#ifndef KM_STATE_PEER_BOOK_H
#define KM_STATE_PEER_BOOK_H

#include "base/error.h"
#include "base/sort.h"
#include "claim/peer_note.h"
#include "state/section.h"

#define KM_SECTION_PEERS KM_SECTION('P', 'E', 'E', 'R')

enum { KM_PEER_SAMPLE = 1 << 16 };

typedef struct km_peer_book {
    const km_mem *mem;
    uint64_t claims;
    km_peer_count *counts;
    size_t count, capacity;
    km_pair *fresh; /* codes learned since, as they came */
    size_t fresh_count, fresh_capacity;
    km_peer_note *sample; /* settled: in order, at most KM_PEER_SAMPLE */
    size_t sampled, sample_capacity;
    uint64_t last; /* no hash beyond it can be in the sample */
    bool settled;  /* nothing was learned since km_peer_book_settle */
} km_peer_book;

void km_peer_book_init(km_peer_book *book, const km_mem *mem);
void km_peer_book_free(km_peer_book *book);
/* Makes room for so many claims; what has been learned stays the same. */
kiem_status km_peer_book_expect(km_peer_book *book, size_t claims, km_error *error);
/* A claim that room was made for. */
void km_peer_book_add(km_peer_book *book, const km_peer_note *note);
/* Counts what was learned since: needed before all of the calls below. */
kiem_status km_peer_book_settle(km_peer_book *book, km_error *error);
/* Makes room for what another has learned; both must be settled. */
kiem_status km_peer_book_expect_all(km_peer_book *book, const km_peer_book *more, km_error *error);
/* Adds it. */
void km_peer_book_merge(km_peer_book *book, const km_peer_book *more);
static inline km_peer_past km_peer_book_past(const km_peer_book *book) {
    return (km_peer_past){book->counts, book->count, book->sample, book->sampled};
}

kiem_status km_peer_book_save(const km_peer_book *book, km_section_writer *writer, km_error *error);
/* Into an empty book. */
kiem_status km_peer_book_load(km_peer_book *book, km_section_reader *reader, km_error *error);

#endif
