/* The legal warning tests: a facility's cost of a visit and its growth beside those of its peers.
 *
 * W1: above the mean of the peers (Decree 146/2018 Art. 21(1)(b) and 42 as amended by 75/2023). W2: growth
 * above the peers' mean growth; W3: growth above its own growth a year before (Decree 188/2025 Art. 34(1)).
 * About half of all facilities are above a mean: a warning alone is a notice. */
#ifndef KM_SCORE_WARNING_H
#define KM_SCORE_WARNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KM_WARNING_VISITS = 30 /* fewer say nothing about a mean */,
    KM_WARNING_PEERS = 3,
    KM_WARNING_YEARS = 3
};

/* A facility over the same part of three years: this one, the one before, and the one before that. */
typedef struct km_visit_cost {
    uint64_t peers; /* facilities with the same number are peers; 0: not known, none */
    uint64_t visits[KM_WARNING_YEARS];
    double cost[KM_WARNING_YEARS]; /* fund money, dong */
    uint64_t claims, stays;        /* of the months of this year, inpatients among them */
} km_visit_cost;

typedef struct km_warning {
    bool has_cost, has_growth, has_growth_before, has_peers, has_peer_growth;
    double per_visit, growth, growth_before; /* growth of the cost of a visit: 0.05 is 5 % */
    double peers_per_visit, peers_growth;    /* unweighted means over the peers, this facility among them */
    double pooled_per_visit;                 /* over the visits of all peers */
    uint32_t peers;                          /* with enough visits */
    bool above_peers, growth_above_peers, growth_above_own;
    bool has_multiple, has_share, has_peers_share;
    double inpatient_share, peers_inpatient_share; /* of claims; unweighted mean over the peers */
    double multiple;                               /* money of this year over that of the year before */
} km_warning;

/* `order` holds count numbers: those of `rows` sorted by `peers`. out[i] belongs to rows[i]. */
void km_warnings(const km_visit_cost *rows, const uint32_t *order, size_t count, km_warning *out);

#endif
