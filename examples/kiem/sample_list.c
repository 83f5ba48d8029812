#include "sample_list.h"

#include <stdio.h>

const char *const list_columns[LIST_COLUMNS] = {
    "number", "of",      "MA_LK", "facility", "file", "row",  "T_BHTT", "amount_at_risk", "excess", "size",
    "pi",     "certain", "by",    "claims",   "seed", "draw", "mark",   "overpaid",       "outcome"};

/* FNV-1a, the end of the text counted as a byte; then mixed, so that short texts spread. */
uint64_t list_digest(uint64_t before, const char *text) {
    uint64_t hash = before ^ 0xCBF29CE484222325u;
    do hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    while (*text++);
    hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93u;
    return hash ^ (hash >> 32);
}

void list_mark(const char *const *cells, char out[LIST_MARK_SIZE]) {
    uint64_t chance = list_digest(0, cells[LIST_DRAW]), other = chance;
    for (int i = 0; i < LIST_DRAW; i++) {
        int is_chance = i == LIST_SIZE || i == LIST_PI || i == LIST_CERTAIN;
        uint64_t *half = is_chance ? &chance : &other;
        *half = list_digest(*half, cells[i]);
    }
    snprintf(out, LIST_MARK_SIZE, "k%08x%08x", (unsigned)(other >> 32), (unsigned)(chance >> 32));
}
