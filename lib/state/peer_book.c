#include "state/peer_book.h"

#include <string.h>

enum {
    FRESH_FEW = 1 << 18,                     /* codes: fewer are not worth counting */
    CODES_A_CLAIM = KM_NOTE_FEATURES + 1,    /* at most */
    SAMPLE_ROOM = KM_PEER_SAMPLE + (1 << 14) /* notes: beyond it the sample is cut */
};

void km_peer_book_init(km_peer_book *book, const km_mem *mem) {
    *book = (km_peer_book){.mem = mem, .last = UINT64_MAX, .settled = true};
}

void km_peer_book_free(km_peer_book *book) {
    km_free(book->mem, book->counts, book->capacity * sizeof *book->counts);
    km_free(book->mem, book->fresh, book->fresh_capacity * sizeof *book->fresh);
    km_free(book->mem, book->sample, book->sample_capacity * sizeof *book->sample);
    km_peer_book_init(book, book->mem);
}

/* ---- counts */

static bool expect_counts(km_peer_book *book, size_t more) {
    return km_grow(book->mem, (void **)&book->counts, &book->capacity, book->count + more,
                   sizeof *book->counts);
}

/* From the last to the first, so that it needs no room beside what was made. */
static void merge_counts(km_peer_book *book, const km_peer_count *more, size_t left) {
    if (!left) return;
    km_peer_count *all = book->counts;
    const size_t end = book->count + left;
    size_t own = book->count, to = end;
    while (left) {
        const uint64_t next = more[left - 1].code;
        if (own && all[own - 1].code > next) {
            all[--to] = all[--own];
            continue;
        }
        const bool both = own && all[own - 1].code == next;
        const uint64_t count = more[--left].count + (both ? all[own - 1].count : 0);
        own -= both;
        all[--to] = (km_peer_count){next, count};
    }
    memmove(all + own, all + to, (end - to) * sizeof *all);
    book->count = own + end - to;
}

static size_t count_runs(const km_pair *sorted, size_t count, km_peer_count *to) {
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        if (!made || to[made - 1].code != sorted[i].key) to[made++] = (km_peer_count){sorted[i].key, 0};
        to[made - 1].count++;
    }
    return made;
}

static bool count_fresh(km_peer_book *book) {
    const size_t count = book->fresh_count;
    if (!count) return true;
    km_pair *spare = km_alloc_array(book->mem, count, sizeof *spare);
    km_peer_count *more = km_alloc_array(book->mem, count, sizeof *more);
    size_t kinds = 0;
    if (spare && more) {
        km_sort_pairs(book->fresh, spare, count);
        kinds = count_runs(book->fresh, count, more);
    }
    const bool good = kinds && expect_counts(book, kinds);
    if (good) {
        merge_counts(book, more, kinds);
        book->fresh_count = 0;
    }
    km_free(book->mem, spare, count * sizeof *spare);
    km_free(book->mem, more, count * sizeof *more);
    return good;
}

/* ---- the sample */

static int compare_notes(const void *a, const void *b, const void *context) {
    const km_peer_note *left = a, *right = b;
    (void)context;
    KM_ORDER_BY(hash);
    KM_ORDER_BY(key);
    for (int f = 0; f < KM_NOTE_FEATURES; f++) KM_ORDER_BY(bin[f]);
    return 0;
}

static void cut_sample(km_peer_book *book) {
    km_sort(book->sample, book->sampled, sizeof *book->sample, compare_notes, NULL);
    if (book->sampled > KM_PEER_SAMPLE) book->sampled = KM_PEER_SAMPLE;
    if (book->sampled == KM_PEER_SAMPLE) book->last = book->sample[KM_PEER_SAMPLE - 1].hash;
}

static void put_note(km_peer_book *book, const km_peer_note *note) {
    book->settled = false;
    if (note->hash > book->last) return;
    if (book->sampled == SAMPLE_ROOM) cut_sample(book);
    book->sample[book->sampled++] = *note;
}

static bool expect_notes(km_peer_book *book, size_t more) {
    const size_t need = more < SAMPLE_ROOM - book->sampled ? book->sampled + more : SAMPLE_ROOM;
    return km_grow(book->mem, (void **)&book->sample, &book->sample_capacity, need, sizeof *book->sample);
}

/* ---- learning */

kiem_status km_peer_book_expect(km_peer_book *book, size_t claims, km_error *error) {
    book->settled = false;
    const size_t codes = claims * CODES_A_CLAIM, most = book->count > FRESH_FEW ? book->count : FRESH_FEW;
    if (book->fresh_count && book->fresh_count + codes > most && !count_fresh(book)) return km_nomem(error);
    if (!expect_notes(book, claims) || !km_grow(book->mem, (void **)&book->fresh, &book->fresh_capacity,
                                                book->fresh_count + codes, sizeof *book->fresh)) {
        return km_nomem(error);
    }
    return KIEM_OK;
}

void km_peer_book_add(km_peer_book *book, const km_peer_note *note) {
    km_pair *to = book->fresh + book->fresh_count;
    to[0] = (km_pair){km_peer_code(note->key, 0, KM_NOTE_EVERY), 0};
    size_t made = 1;
    for (unsigned f = 0; f < KM_NOTE_FEATURES; f++) {
        if (note->bin[f] != KM_NOTE_NO_BIN)
            to[made++] = (km_pair){km_peer_code(note->key, f, note->bin[f]), 0};
    }
    book->fresh_count += made;
    book->claims++;
    put_note(book, note);
}

/* A settled book is not written to: threads may share it. */
kiem_status km_peer_book_settle(km_peer_book *book, km_error *error) {
    if (book->settled) return KIEM_OK;
    if (!count_fresh(book)) return km_nomem(error);
    km_free(book->mem, book->fresh, book->fresh_capacity * sizeof *book->fresh);
    book->fresh = NULL;
    book->fresh_capacity = 0;
    cut_sample(book);
    book->settled = true;
    return KIEM_OK;
}

kiem_status km_peer_book_expect_all(km_peer_book *book, const km_peer_book *more, km_error *error) {
    return expect_notes(book, more->sampled) && expect_counts(book, more->count) ? KIEM_OK : km_nomem(error);
}

void km_peer_book_merge(km_peer_book *book, const km_peer_book *more) {
    merge_counts(book, more->counts, more->count);
    for (size_t i = 0; i < more->sampled; i++) put_note(book, &more->sample[i]);
    cut_sample(book);
    book->settled = true;
    book->claims += more->claims;
}

/* ---- files
 *
 * u64 claims, u64 counts, then for each its code less the one before and its count, each as groups of seven
 * bits, the lowest first; u64 notes, then for each u64 hash, u32 key, sixteen u16 bins. */

enum { NOTE_BYTES = 8 + 4 + 2 * KM_NOTE_FEATURES, NUMBER_BYTES = 10, HEAD_BYTES = 3 * 8 };

static int put_number(unsigned char *to, uint64_t value) {
    int length = 0;
    for (; value >> 7; value >>= 7) to[length++] = (unsigned char)(value | 0x80);
    to[length++] = (unsigned char)value;
    return length;
}

static int put_count(unsigned char *to, const km_peer_count *counts, size_t i) {
    const int length = put_number(to, counts[i].code - (i ? counts[i - 1].code : 0));
    return length + put_number(to + length, counts[i].count);
}

static uint64_t bytes_of(const km_peer_book *book) {
    unsigned char room[2 * NUMBER_BYTES];
    uint64_t bytes = HEAD_BYTES + book->sampled * NOTE_BYTES;
    for (size_t i = 0; i < book->count; i++) bytes += (uint64_t)put_count(room, book->counts, i);
    return bytes;
}

static kiem_status save_note(const km_peer_note *note, km_section_writer *writer, km_error *error) {
    unsigned char bytes[NOTE_BYTES];
    km_le_put(bytes, note->hash, 8);
    km_le_put(bytes + 8, note->key, 4);
    for (int f = 0; f < KM_NOTE_FEATURES; f++) km_le_put(bytes + 12 + 2 * f, note->bin[f], 2);
    return km_section_put(writer, bytes, sizeof bytes, error);
}

kiem_status km_peer_book_save(const km_peer_book *book, km_section_writer *writer, km_error *error) {
    KM_TRY(km_section_begin(writer, KM_SECTION_PEERS, 1, bytes_of(book), error));
    KM_TRY(km_section_put_u64(writer, book->claims, error));
    KM_TRY(km_section_put_u64(writer, book->count, error));
    for (size_t i = 0; i < book->count; i++) {
        unsigned char room[2 * NUMBER_BYTES];
        KM_TRY(km_section_put(writer, room, (size_t)put_count(room, book->counts, i), error));
    }
    KM_TRY(km_section_put_u64(writer, book->sampled, error));
    for (size_t i = 0; i < book->sampled; i++) KM_TRY(save_note(&book->sample[i], writer, error));
    return km_section_end(writer, error);
}

/* In the one way in which it is written. After a failure nothing is read. */
static uint64_t get_number(km_section_reader *reader, kiem_status *status, km_error *error) {
    uint64_t value = 0;
    for (int shift = 0; shift < 63 && *status == KIEM_OK; shift += 7) {
        unsigned char byte = 0;
        *status = km_section_get(reader, &byte, 1, error);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte >> 7) continue;
        if (!byte && shift && *status == KIEM_OK) break;
        return value;
    }
    if (*status == KIEM_OK) *status = km_section_damaged(reader, error);
    return 0;
}

#define CODE_MAX (((uint64_t)1 << 47) - 1)

static bool is_code(uint64_t code) {
    const unsigned feature = km_peer_code_feature(code), bin = km_peer_code_bin(code);
    return code <= CODE_MAX && (bin < KM_NOTE_BINS || (bin == KM_NOTE_EVERY && !feature));
}

/* The group at hand while counts are loaded: all claims, and those counted of a feature. */
typedef struct group {
    uint32_t key;
    unsigned feature;
    uint64_t every, counted;
} group;

/* No feature is counted more often than there are claims; they stand after feature 0 and before the others.
 */
static bool fits(group *at, uint64_t code, uint64_t count, bool first) {
    const bool every = km_peer_code_bin(code) == KM_NOTE_EVERY, other = km_peer_code_key(code) != at->key;
    if (other && !first && !at->every) return false;
    if (first || other) *at = (group){.key = km_peer_code_key(code)};
    if (km_peer_code_feature(code) != at->feature) at->counted = 0;
    at->feature = km_peer_code_feature(code);
    *(every ? &at->every : &at->counted) += count;
    return at->counted <= at->every || (!at->feature && !every);
}

static kiem_status load_counts(km_peer_book *book, km_section_reader *reader, km_error *error) {
    uint64_t left, code = 0, every = 0;
    group at = {0};
    KM_TRY(km_section_get_u64(reader, &left, error));
    if (left > reader->left) return km_section_damaged(reader, error); /* each takes bytes */
    for (; left; left--) {
        kiem_status status = KIEM_OK;
        const uint64_t step = get_number(reader, &status, error);
        const uint64_t count = get_number(reader, &status, error);
        KM_TRY(status);
        if ((book->count && !step) || step > CODE_MAX || !is_code(code += step) || !count ||
            count > book->claims || !fits(&at, code, count, !book->count)) {
            return km_section_damaged(reader, error);
        }
        if (km_peer_code_bin(code) == KM_NOTE_EVERY) every += count;
        if (every > book->claims) return km_section_damaged(reader, error);
        if (!km_grow(book->mem, (void **)&book->counts, &book->capacity, book->count + 1,
                     sizeof *book->counts)) {
            return km_nomem(error);
        }
        book->counts[book->count++] = (km_peer_count){code, count};
    }
    const bool whole = every == book->claims && (!book->count || at.every);
    return whole ? KIEM_OK : km_section_damaged(reader, error);
}

static kiem_status load_note(km_peer_note *note, km_section_reader *reader, km_error *error) {
    unsigned char bytes[NOTE_BYTES];
    KM_TRY(km_section_get(reader, bytes, sizeof bytes, error));
    *note = (km_peer_note){.hash = km_le_get(bytes, 8), .key = (uint32_t)km_le_get(bytes + 8, 4)};
    for (int f = 0; f < KM_NOTE_FEATURES; f++) {
        note->bin[f] = (uint16_t)km_le_get(bytes + 12 + 2 * f, 2);
        if (note->bin[f] >= KM_NOTE_BINS && note->bin[f] != KM_NOTE_NO_BIN)
            return km_section_damaged(reader, error);
    }
    return KIEM_OK;
}

static kiem_status load_sample(km_peer_book *book, km_section_reader *reader, km_error *error) {
    uint64_t notes;
    KM_TRY(km_section_get_u64(reader, &notes, error));
    if (notes != (book->claims < KM_PEER_SAMPLE ? book->claims : KM_PEER_SAMPLE) ||
        reader->left != notes * NOTE_BYTES) {
        return km_section_damaged(reader, error);
    }
    if (!expect_notes(book, (size_t)notes)) return km_nomem(error);
    for (; book->sampled < notes; book->sampled++) {
        km_peer_note *note = &book->sample[book->sampled];
        KM_TRY(load_note(note, reader, error));
        if (book->sampled && compare_notes(note - 1, note, NULL) > 0)
            return km_section_damaged(reader, error);
    }
    cut_sample(book);
    return KIEM_OK;
}

kiem_status km_peer_book_load(km_peer_book *book, km_section_reader *reader, km_error *error) {
    if (reader->version != 1) return km_section_damaged(reader, error);
    KM_TRY(km_section_get_u64(reader, &book->claims, error));
    if (book->claims >> 48) return km_section_damaged(reader, error);
    KM_TRY(load_counts(book, reader, error));
    KM_TRY(load_sample(book, reader, error));
    return km_section_close(reader, error);
}
