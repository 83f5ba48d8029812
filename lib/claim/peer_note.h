/* What is remembered of a claim as a peer of later ones: its peer group and, of each feature, the bin its
 * value falls in. What groups, features and bins stand for is settled where scores are made; here they are
 * numbers. */
#ifndef KM_CLAIM_PEER_NOTE_H
#define KM_CLAIM_PEER_NOTE_H

#include <stddef.h>
#include <stdint.h>

enum {
    KM_NOTE_FEATURES = 16,
    KM_NOTE_BINS = 1536,
    KM_NOTE_NO_BIN = 0xFFFF /* the claim lacks the feature */
};

typedef struct km_peer_note {
    uint64_t hash; /* of the claim: the same whenever and wherever it is learned */
    uint32_t key;  /* its finest peer group */
    uint16_t bin[KM_NOTE_FEATURES];
} km_peer_note;

/* How many claims of a group have a feature in a bin. */
typedef struct km_peer_count {
    uint64_t code; /* km_peer_code */
    uint64_t count;
} km_peer_count;

enum { KM_NOTE_EVERY = 2047 /* as the bin of feature 0: all claims of the group */ };

static inline uint64_t km_peer_code(uint32_t key, unsigned feature, unsigned bin) {
    return (uint64_t)key << 15 | (uint64_t)feature << 11 | bin;
}
static inline uint32_t km_peer_code_key(uint64_t code) {
    return (uint32_t)(code >> 15);
}
static inline unsigned km_peer_code_feature(uint64_t code) {
    return (unsigned)(code >> 11) & 15;
}
static inline unsigned km_peer_code_bin(uint64_t code) {
    return (unsigned)code & 2047;
}

/* Claims learned earlier: counts in the order of their codes, each once, and a sample of the claims in the
 * order of their hashes. */
typedef struct km_peer_past {
    const km_peer_count *counts;
    size_t count;
    const km_peer_note *sample;
    size_t sampled;
} km_peer_past;

#endif
