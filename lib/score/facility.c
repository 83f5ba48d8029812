#include "score/facility.h"

#include "base/log2.h"
#include "base/map.h"
#include "base/sort.h"

_Static_assert(sizeof(km_facility) <= KM_SORT_SIZE_MAX, "km_sort takes no larger items");

enum { MONEY_SCALE = 2, MEAN_UNIT = 10000 /* means have four digits more than money */ };
enum { SMALLEST_SPREAD = KM_FEATURE_ONE / 16 /* in log2: 4 % of the cost */ };

/* Mean total of the members of a group with the largest hundredth cut; `spare` has room for all. */
static km_int128 winsorised_mean(const km_scored *members, uint32_t count, uint64_t *spare) {
    uint64_t with_total = 0;
    km_int128 sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (members[i].total >= 0) spare[with_total++] = (uint64_t)members[i].total;
    }
    if (!with_total) return 0;
    int64_t most = (int64_t)km_select(spare, with_total, (with_total * 99 + 99) / 100 - 1);
    for (uint32_t i = 0; i < count; i++) {
        if (members[i].total >= 0) sum += members[i].total < most ? members[i].total : most;
    }
    km_int128 divisor = (km_int128)with_total;
    return (sum * MEAN_UNIT + divisor / 2) / divisor;
}

static kiem_status fit_means(const km_mem *mem, const km_scorer *scorer, km_int128 *means, km_error *error) {
    size_t largest = 0;
    for (size_t i = 0; i < scorer->group_count; i++) {
        if (scorer->groups[i].count > largest) largest = scorer->groups[i].count;
    }
    uint64_t *spare = km_alloc_array(mem, largest, sizeof *spare);
    if (!spare) return km_nomem(error);
    for (size_t i = 0; i < scorer->group_count; i++) {
        const km_peer_group *group = &scorer->groups[i];
        means[i] = winsorised_mean(&scorer->claims[group->first], group->count, spare);
    }
    km_free(mem, spare, largest * sizeof *spare);
    return KIEM_OK;
}

static km_facility *facility_of(km_facilities *out, km_map *index, uint64_t code) {
    bool is_new;
    if (!km_grow(out->mem, (void **)&out->rows, &out->capacity, out->count + 1, sizeof *out->rows))
        return NULL;
    uint32_t *at = km_map_insert(index, code, &is_new);
    if (!at) return NULL;
    if (is_new) {
        *at = (uint32_t)out->count++;
        out->rows[*at] = (km_facility){.code = code};
    }
    return &out->rows[*at];
}

static kiem_status add_claims(km_facilities *out, km_map *index, const km_scorer *scorer,
                              const km_int128 *means, km_error *error) {
    for (size_t i = 0; i < scorer->count; i++) {
        const km_scored *claim = &scorer->claims[i];
        km_facility *facility = facility_of(out, index, claim->facility);
        if (!facility) return km_nomem(error);
        facility->claims++;
        facility->fund += claim->fund;
        if (claim->group == KM_NO_GROUP || claim->total < 0) continue;
        facility->compared++;
        facility->observed += claim->total;
        facility->expected += means[claim->group];
    }
    return KIEM_OK;
}

static int compare_codes(const void *a, const void *b, const void *context) {
    (void)context;
    const km_facility *left = a, *right = b;
    KM_ORDER_BY(code);
    return 0;
}

/* Keeps as many digits of the expected cost as fit in 64 bits. */
static void fit_ratio(km_facility *facility) {
    int64_t expected = 0;
    int scale = KM_FACILITY_SCALE;
    while (scale > 0 && !km_decimal_rescale(facility->expected, KM_FACILITY_SCALE, scale, &expected)) scale--;
    facility->has_ratio = expected > 0 && km_decimal_divide(facility->observed, MONEY_SCALE, expected, scale,
                                                            KM_FACILITY_SCALE, &facility->ratio);
}

/* log2(observed / expected) from the ratio's six decimals; facilities too small to judge are left out. */
static bool log_ratio(const km_facility *facility, int32_t *out) {
    if (!facility->has_ratio || facility->ratio <= 0 || facility->compared < KM_PEERS_MIN) return false;
    *out = km_log2((uint64_t)facility->ratio);
    return true;
}

static kiem_status fit_z(km_facilities *facilities, km_error *error) {
    const km_mem *mem = facilities->mem;
    size_t room = facilities->count;
    int32_t *logs = km_alloc_array(mem, room, sizeof *logs), log;
    uint64_t *spare = km_alloc_array(mem, room, sizeof *spare);
    bool enough = logs && spare;
    uint32_t count = 0;
    for (size_t i = 0; i < room && enough; i++) count += log_ratio(&facilities->rows[i], &logs[count]);
    if (enough && count >= KM_FACILITIES_MIN) {
        km_usual usual = km_usual_of(logs, count, SMALLEST_SPREAD, spare);
        for (size_t i = 0; i < room; i++) {
            km_facility *facility = &facilities->rows[i];
            if (!log_ratio(facility, &log)) continue;
            facility->has_z = km_decimal_divide((km_int128)log - usual.median, 0, usual.spread, 0,
                                                KM_FACILITY_SCALE, &facility->z);
        }
    }
    km_free(mem, logs, room * sizeof *logs);
    km_free(mem, spare, room * sizeof *spare);
    return enough ? KIEM_OK : km_nomem(error);
}

static kiem_status compare(km_facilities *out, km_map *index, const km_scorer *scorer, km_int128 *means,
                           km_error *error) {
    if (!means) return km_nomem(error);
    KM_TRY(fit_means(out->mem, scorer, means, error));
    KM_TRY(add_claims(out, index, scorer, means, error));
    km_sort(out->rows, out->count, sizeof *out->rows, compare_codes, NULL);
    for (size_t i = 0; i < out->count; i++) fit_ratio(&out->rows[i]);
    return fit_z(out, error);
}

kiem_status km_facilities_compare(km_facilities *out, const km_mem *mem, const km_scorer *scorer,
                                  km_error *error) {
    km_map index;
    *out = (km_facilities){.mem = mem};
    if (!scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is not fitted");
    km_map_init(&index, mem);
    km_int128 *means = km_alloc_array(mem, scorer->group_count, sizeof *means);
    kiem_status status = compare(out, &index, scorer, means, error);
    km_free(mem, means, scorer->group_count * sizeof *means);
    km_map_free(&index);
    if (status != KIEM_OK) km_facilities_free(out);
    return status;
}

void km_facilities_free(km_facilities *facilities) {
    if (facilities->rows)
        km_free(facilities->mem, facilities->rows, facilities->capacity * sizeof *facilities->rows);
    *facilities = (km_facilities){0};
}
