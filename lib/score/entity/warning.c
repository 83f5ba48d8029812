#include "score/entity/warning.h"

static bool per_visit(const km_visit_cost *row, int year, double *out) {
    if (row->visits[year] < KM_WARNING_VISITS) return false;
    *out = row->cost[year] / (double)row->visits[year];
    return true;
}

static bool growth_of(const km_visit_cost *row, int year, double *out) {
    double now, before;
    if (!per_visit(row, year, &now) || !per_visit(row, year + 1, &before) || !(before > 0)) return false;
    *out = now / before - 1;
    return true;
}

static void own_figures(const km_visit_cost *row, km_warning *out) {
    *out = (km_warning){0};
    out->has_cost = per_visit(row, 0, &out->per_visit);
    out->has_growth = growth_of(row, 0, &out->growth);
    out->has_growth_before = growth_of(row, 1, &out->growth_before);
    out->has_multiple =
        row->visits[0] >= KM_WARNING_VISITS && row->visits[1] >= KM_WARNING_VISITS && row->cost[1] > 0;
    out->has_share = row->claims >= KM_WARNING_VISITS;
    if (out->has_share) out->inpatient_share = (double)row->stays / (double)row->claims;
    if (out->has_multiple) out->multiple = row->cost[0] / row->cost[1];
    out->growth_above_own = out->has_growth && out->has_growth_before && out->growth > out->growth_before;
}

/* Means over one group of peers. */
typedef struct peer_means {
    double costs, growths, money, visits;
    double shares;
    uint32_t with_cost, with_growth, with_share;
} peer_means;

static void compare(km_warning *out, const peer_means *means) {
    out->peers = means->with_cost;
    out->has_peers = means->with_cost >= KM_WARNING_PEERS;
    out->has_peer_growth = means->with_growth >= KM_WARNING_PEERS;
    if (out->has_peers) {
        out->peers_per_visit = means->costs / means->with_cost;
        out->pooled_per_visit = means->money / means->visits;
    }
    out->has_peers_share = means->with_share >= KM_WARNING_PEERS;
    if (out->has_peers_share) out->peers_inpatient_share = means->shares / means->with_share;
    if (out->has_peer_growth) out->peers_growth = means->growths / means->with_growth;
    out->above_peers = out->has_peers && out->has_cost && out->per_visit > out->peers_per_visit;
    out->growth_above_peers = out->has_peer_growth && out->has_growth && out->growth > out->peers_growth;
}

void km_warnings(const km_visit_cost *rows, const uint32_t *order, size_t count, km_warning *out) {
    for (size_t i = 0; i < count; i++) own_figures(&rows[i], &out[i]);
    for (size_t first = 0, end; first < count; first = end) {
        peer_means means = {0};
        for (end = first; end < count && rows[order[end]].peers == rows[order[first]].peers; end++) {
            const km_visit_cost *row = &rows[order[end]];
            const km_warning *own = &out[order[end]];
            if (own->has_cost) {
                means.costs += own->per_visit;
                means.money += row->cost[0];
                means.visits += (double)row->visits[0];
                means.with_cost++;
            }
            if (own->has_share) means.shares += own->inpatient_share, means.with_share++;
            if (own->has_growth) means.growths += own->growth, means.with_growth++;
        }
        for (size_t i = first; i < end && rows[order[first]].peers; i++) compare(&out[order[i]], &means);
    }
}
