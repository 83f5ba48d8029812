/* What explains the years of provinces: published indicators, the change against the year before, peers and
 * ranks. Worked out for all of them in one pass over the ledger, as they are held beside each other. */
#ifndef KM_ENGINE_FIGURES_H
#define KM_ENGINE_FIGURES_H

#include "engine/job.h"
#include "score/money/drivers.h"

enum { KM_FIGURE_CELLS = 2 * 2 * KM_LEDGER_LETTERS };

/* Count and fund money of the same whole months: before is the year before. */
typedef struct km_change {
    uint64_t visits[2]; /* before, now */
    km_int128 fund[2];
} km_change;

/* One year of one province; in the order of the years of the outlooks. */
typedef struct km_figures {
    uint64_t code;
    int year, months; /* whole months that are over */
    bool compared;    /* the year before is there for these months */
    uint64_t region;  /* provinces with the same number lie in one region; 0: not known */
    km_driver_cell cells[KM_FIGURE_CELLS];
    km_change change;
    uint64_t before_first, before_last; /* claims of the first and last month compared, a year before */
    bool too_large;                     /* an amount of a cell does not fit */
    km_int128 total[2][2]; /* cost in scope of the months compared: before, now; by kind of care */
    bool priced;           /* prices are told apart from volume */
    uint64_t visits[2];    /* outpatient, inpatient; up to the month of as_of, like what follows */
    km_int128 fund[2], from_elsewhere, late; /* late: settled in a later month than that of the discharge */
    km_ledger_parts parts;
    bool payment_known;                      /* some claims tell how they are paid */
    km_money otherwise;                      /* paid by head or by case, not by the service */
    km_int128 home[KM_LEDGER_HOMES];         /* fund money by home province as reported, of the whole year */
    double growth, peers_growth, peers_cost; /* of fund money; means of the peers */
    int peers;                               /* provinces behind peers_growth, 0: too few */
    int cost_peers;
    bool has_growth, by_region; /* peers are of the region, else of the nation */
    int64_t utilisation;        /* in millionths */
    bool has_utilisation;
    int rank_utilisation, rank_cost; /* 0: none */
} km_figures;

/* One for each year of the outlooks, which must be closed. */
kiem_status km_job_figures(const km_job *job, km_figures **out, km_error *error);
/* Ranks and peers, once has_utilisation is set. */
void km_figures_compare(km_figures *figures, size_t count);
/* How lines are gathered for price indices. */
km_price_frame km_job_price_frame(const km_job *job);
/* Fund money of a visit in dong; false without visits. */
bool km_figures_cost(const km_figures *of, double *out);

#endif
