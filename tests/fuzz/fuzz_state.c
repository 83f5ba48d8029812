/* Saved states: whatever the bytes are, they are refused or they are a state, which is then saved as the same
 * bytes (one of an earlier format as more), merged with itself and asked about a claim. Checksums would keep
 * a fuzzer out: here every checksum is made to hold before the bytes are read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "state/history/history.h"
#include "state/history/online.h"
#include "support/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct stream {
    const unsigned char *data;
    size_t length, at;
} stream;

static kiem_status get_bytes(void *user, void *bytes, size_t size, size_t *taken, km_error *error) {
    stream *from = user;
    size_t left = from->length - from->at;
    (void)error;
    *taken = size < left ? size : left;
    if (*taken) memcpy(bytes, from->data + from->at, *taken);
    from->at += *taken;
    return KIEM_OK;
}

static kiem_status put_bytes(void *user, const void *bytes, size_t size, km_error *error) {
    km_buf_append(user, bytes, size);
    return km_buf_ok(user) ? KIEM_OK : km_nomem(error);
}

/* Puts right the checksums of the header, of each section's head and payload, and of the end. */
static void make_sums_hold(unsigned char *data, size_t size) {
    uint64_t all = 0;
    if (size < 24) return;
    km_le_put(data + 16, km_hash(data, 16, 0), 8);
    for (size_t at = 24; size - at >= 32;) {
        km_le_put(data + at + 16, km_hash(data + at, 16, 0), 8);
        uint64_t length = km_le_get(data + at + 8, 8), hash = 0;
        bool end = km_le_get(data + at, 4) == KM_SECTION_END;
        at += 24;
        if (length > size - at || size - at - length < 8) return;
        if (end && length == 8) km_le_put(data + at, all, 8);
        for (size_t from = 0; from < length; from += KM_SECTION_BLOCK) {
            size_t left = (size_t)length - from, part = left < KM_SECTION_BLOCK ? left : KM_SECTION_BLOCK;
            hash = km_hash(data + at + from, part, hash);
        }
        at += (size_t)length;
        km_le_put(data + at, hash, 8);
        all = km_hash(data + at, 8, all);
        at += 8;
    }
}

static void require(bool holds) {
    if (!holds) abort();
}

/* Every claim of the state is swept, and the first asked about on-line. */
static void use(km_state *state) {
    km_history history;
    km_past past;
    km_history_init(&history, km_mem_default());
    km_history_start(&history, &state->run);
    require(test_history_close(&history, NULL) == KIEM_OK);
    km_history_free(&history);
    require(km_past_init(&past, km_mem_default(), state, NULL) == KIEM_OK);
    km_past_free(&past);
}

static void try_state(const unsigned char *data, size_t size) {
    km_state state, twice;
    km_buf saved;
    stream from = {data, size, 0};
    km_state_init(&state, km_mem_default());
    if (km_state_load(&state, get_bytes, &from, NULL) != KIEM_OK) {
        km_state_free(&state);
        return;
    }
    km_buf_init(&saved, km_mem_default());
    require(km_state_save(&state, put_bytes, &saved, NULL) == KIEM_OK);
    bool current = km_le_get(data + 10, 2) == KM_STATE_MINOR;
    require(current ? saved.length == size && memcmp(saved.data, data, size) == 0 : saved.length > size);
    stream again = {data, size, 0};
    km_state_init(&twice, km_mem_default());
    require(km_state_load(&twice, get_bytes, &again, NULL) == KIEM_OK);
    size_t count = state.run.count;
    kiem_status status =
        km_state_merge(&twice, &state, true, NULL); /* counts near 2^32 are too large twice */
    require(status == KIEM_E_RANGE || (status == KIEM_OK && twice.run.count == 2 * count));
    use(&twice);
    km_buf_free(&saved);
    km_state_free(&twice);
    km_state_free(&state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned char *copy = calloc(size ? size : 1, 1);
    if (!copy) return 0;
    if (size) memcpy(copy, data, size);
    try_state(copy, size);
    make_sums_hold(copy, size);
    try_state(copy, size);
    free(copy);
    return 0;
}
