/* What the history of a person says about each of his or her claims. One function serves a whole dump and,
 * given the same episodes, a single claim on-line. */
#ifndef KM_STATE_SWEEP_H
#define KM_STATE_SWEEP_H

#include "base/decimal.h"
#include "base/sort.h"
#include "state/history/episode.h"

#define KM_NO_EPISODE UINT32_MAX

typedef enum km_window { KM_WINDOW_7D = 0, KM_WINDOW_30D, KM_WINDOW_365D, KM_WINDOW_COUNT } km_window;
typedef enum km_reach { KM_REACH_DAY = 0, KM_REACH_30D, KM_REACH_365D, KM_REACH_COUNT } km_reach;

/* An earlier claim of the person that a claim is put beside. All but the first and the last are looked for
 * among the claims with the same year of birth and sex only, and never for a newborn under another's card. */
typedef enum km_partner {
    /* The same fingerprint, times, facility and diagnosis, and total and fund amount that differ by at most 2
     * dong (two NULLs are equal). Named is the first claim of the same two-dong cell of the amounts, else the
     * first of the neighbouring cells; it may be a duplicate itself. */
    KM_PARTNER_DUPLICATE = 0,
    /* No duplicate, of the same sort of care, come and gone within 60 minutes of this one, and equal to it in
     * two of facility, three-character diagnosis and total. The nearest of the 16 claims before. */
    KM_PARTNER_NEAR_DUPLICATE,
    /* For a stay that is no duplicate: of the stays that stand earlier, are no duplicates and not the one
     * this claim nearly repeats, the one that ends last (the first such), if it shares at least one minute
     * with this stay. No other shares more. */
    KM_PARTNER_OVERLAP,
    /* For a visit, the stay that ends last of those that began two days before it or earlier, if it goes on
     * for two days after it or longer. Treatment by day (04) is no such stay. */
    KM_PARTNER_INSIDE,
    /* For a visit, a visit with the same three-character diagnosis that began on the same day at another
     * facility, was not sent on and fetched no drugs only. The nearest of the 16 claims before. */
    KM_PARTNER_SAME_DAY,
    /* Of the stays ended when this claim begins, the one that ended last. */
    KM_PARTNER_PREVIOUS_STAY,
    /* The claim with result 5 that ended first, if it ended before this one begins. */
    KM_PARTNER_DEATH,
    /* For a delivery, the delivery before it that began at least 7 days earlier. */
    KM_PARTNER_DELIVERY,
    /* For an operation that removes an organ, the claim that removed it and ended first, if it ended before
     * this one begins. */
    KM_PARTNER_REMOVAL,
    /* A claim of the same number whose patient has another name and another year of birth or sex, all three
     * known of both and neither of them under one year old on the day of the claim: the first claim of such
     * a patient, or the first that differs from it. */
    KM_PARTNER_OTHER_IDENTITY,
    KM_PARTNER_COUNT
} km_partner;

/* The columns of one claim. Windows look back only, NGAY_VAO in (in - window, in], ties counted in the order
 * of the run, and hold the claim itself. */
typedef struct km_visit {
    uint32_t partner[KM_PARTNER_COUNT];  /* position among the episodes swept, or KM_NO_EPISODE */
    uint32_t visits[KM_WINDOW_COUNT];    /* claims */
    uint32_t facilities[KM_REACH_COUNT]; /* different facilities; the first on the same calendar day */
    uint32_t visit_days[KM_REACH_COUNT]; /* days with a visit that is no part of a long course */
    uint32_t same_diagnosis_7d;          /* claims with the same three characters; 0 without diagnosis */
    uint32_t inpatient_before_14d;       /* stays that ended in the 14 days before */
    uint32_t births_within_180d;         /* deliveries that began 7 to 180 days before this one */
    uint32_t distinct_cards;             /* groups, levels and provinces on the cards of 365 days */
    int64_t spend_365d, copay_year;      /* T_BHTT; T_BNCCT in the year of NGAY_RA; KM_NO_AMOUNT: too much */
    bool first_at_facility;              /* the person's earliest claim there */
    bool long_course;                    /* km_is_long_course */
    bool kind_known;                     /* without MA_LOAI_KCB nothing is known about overlap */
} km_visit;

/* A sum of co-payments in a year. */
typedef struct km_year_sum {
    int year;
    km_int128 sum;
} km_year_sum;

/* Memory for sweeps, grown to the largest person and used again. */
typedef struct km_sweep {
    const km_mem *mem;
    km_pair *pairs, *spare;
    struct km_twin *twins;
    uint32_t *earlier, *later, *counts, *list;
    km_day *days; /* of NGAY_VAO */
    size_t capacity;
    km_year_sum *years;
    size_t year_count, year_capacity;
} km_sweep;

void km_sweep_init(km_sweep *sweep, const km_mem *mem);
void km_sweep_free(km_sweep *sweep);

/* Fills one km_visit for each of the `count` episodes of one person, which stand in the order of a run. Takes
 * count * log(count) time whatever they are. */
kiem_status km_history_sweep(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out,
                             km_error *error);

#endif
