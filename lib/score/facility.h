/* Facilities beside each other: what their claims cost against what such claims cost among all peers. */
#ifndef KM_SCORE_FACILITY_H
#define KM_SCORE_FACILITY_H

#include "base/decimal.h"
#include "score/scorer.h"

enum { KM_FACILITY_SCALE = 6, KM_FACILITIES_MIN = 8 /* with fewer, none stands out from the others */ };

typedef struct km_facility {
    uint64_t code;             /* 0 for claims without MA_CSKCB */
    uint64_t claims, compared; /* compared: those with peers and a total */
    km_int128 fund;            /* of all claims, hundredths of a dong */
    km_int128 observed;        /* total of the compared claims, hundredths */
    km_int128 expected;        /* sum of the winsorised means of their peer groups, 10^-6 dong */
    bool has_ratio, has_z;
    int64_t ratio; /* observed / expected, scale 6 */
    int64_t z;     /* of log(ratio) among the facilities, in spreads from their median, scale 6 */
} km_facility;

typedef struct km_facilities {
    const km_mem *mem;
    km_facility *rows; /* in the order of their codes */
    size_t count, capacity;
} km_facilities;

/* Compares the facilities of a fitted scorer. A cost above the 99th percentile of its peer group counts as
 * that percentile in the mean of the group. The ratio needs an expected cost; z needs KM_PEERS_MIN compared
 * claims and KM_FACILITIES_MIN such facilities. */
kiem_status km_facilities_compare(km_facilities *out, const km_mem *mem, const km_scorer *scorer,
                                  km_error *error);
void km_facilities_free(km_facilities *facilities);

#endif
