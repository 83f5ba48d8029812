#include "state/history/sweep.h"

#include "state/history/duplicates.h"
#include "state/history/pairs.h"

enum {
    DAYS_7 = 7 * KM_MINUTES_PER_DAY,
    DAYS_30 = 30 * KM_MINUTES_PER_DAY,
    DAYS_365 = 365 * KM_MINUTES_PER_DAY
};

void km_sweep_init(km_sweep *sweep, const km_mem *mem) {
    *sweep = (km_sweep){.mem = mem};
}

void km_sweep_free(km_sweep *sweep) {
    size_t n = sweep->capacity;
    km_free(sweep->mem, sweep->pairs, n * sizeof *sweep->pairs);
    km_free(sweep->mem, sweep->spare, n * sizeof *sweep->spare);
    km_free(sweep->mem, sweep->twins, n * sizeof *sweep->twins);
    km_free(sweep->mem, sweep->earlier, n * sizeof *sweep->earlier);
    km_free(sweep->mem, sweep->later, n * sizeof *sweep->later);
    km_free(sweep->mem, sweep->counts, n * sizeof *sweep->counts);
    km_free(sweep->mem, sweep->list, n * sizeof *sweep->list);
    km_free(sweep->mem, sweep->days, n * sizeof *sweep->days);
    km_free(sweep->mem, sweep->years, sweep->year_capacity * sizeof *sweep->years);
    km_sweep_init(sweep, sweep->mem);
}

static kiem_status reserve(km_sweep *sweep, size_t count, km_error *error) {
    if (count <= sweep->capacity) return KIEM_OK;
    size_t n = count < 64 ? 64 : count + count / 2;
    km_sweep_free(sweep);
    sweep->capacity = n;
    sweep->pairs = km_alloc_array(sweep->mem, n, sizeof *sweep->pairs);
    sweep->spare = km_alloc_array(sweep->mem, n, sizeof *sweep->spare);
    sweep->twins = km_alloc_array(sweep->mem, n, sizeof *sweep->twins);
    sweep->earlier = km_alloc_array(sweep->mem, n, sizeof *sweep->earlier);
    sweep->later = km_alloc_array(sweep->mem, n, sizeof *sweep->later);
    sweep->counts = km_alloc_array(sweep->mem, n, sizeof *sweep->counts);
    sweep->list = km_alloc_array(sweep->mem, n, sizeof *sweep->list);
    sweep->days = km_alloc_array(sweep->mem, n, sizeof *sweep->days);
    if (sweep->pairs && sweep->spare && sweep->twins && sweep->earlier && sweep->later && sweep->counts &&
        sweep->list && sweep->days) {
        return KIEM_OK;
    }
    km_sweep_free(sweep);
    return km_nomem(error);
}

/* ---- visits, and what they cost */

static int64_t amount_of(km_int128 sum) {
    return sum > INT64_MAX || sum <= INT64_MIN ? KM_NO_AMOUNT : (int64_t)sum;
}

static km_int128 fund_of(const km_episode *episode) {
    return episode->fund == KM_NO_AMOUNT ? 0 : episode->fund;
}

/* The windows end with claim i, and begin with claim week, month and year. */
static void count_visits(const km_episode *episodes, uint32_t count, km_visit *out) {
    uint32_t week = 0, month = 0, year = 0;
    km_int128 spent = 0;
    for (uint32_t i = 0; i < count; i++) {
        const km_minute in = episodes[i].in;
        while (episodes[week].in <= in - DAYS_7) week++;
        while (episodes[month].in <= in - DAYS_30) month++;
        spent += fund_of(&episodes[i]);
        for (; episodes[year].in <= in - DAYS_365; year++) spent -= fund_of(&episodes[year]);
        out[i].visits[KM_WINDOW_7D] = i - week + 1;
        out[i].visits[KM_WINDOW_30D] = i - month + 1;
        out[i].visits[KM_WINDOW_365D] = i - year + 1;
        out[i].spend_365d = amount_of(spent);
    }
}

/* Whether a claim lies before the window that ends with another: the calendar day, or so many days. */
static bool outside(const km_sweep *sweep, const km_episode *episodes, uint32_t one, uint32_t now,
                    km_reach reach) {
    if (reach == KM_REACH_DAY) return sweep->days[one] != sweep->days[now];
    return episodes[one].in <= episodes[now].in - (reach == KM_REACH_30D ? DAYS_30 : DAYS_365);
}

static bool makes_visit_day(const km_episode *episode) {
    return km_episode_is_visit(episode) && !km_episode_flag(episode, KM_ABOUT_LONG_COURSE);
}

/* Days enter and leave the window whole, so the first such visit of each stands for it: counts[i] of these
 * are among the first i. */
static void count_visit_days(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    static const km_day days[KM_REACH_COUNT] = {1, 30, 365};
    uint32_t seen = 0;
    km_day last = INT32_MIN;
    for (uint32_t i = 0; i < count; i++) {
        km_day day = sweep->days[i];
        sweep->counts[i] = seen;
        if (day == last || !makes_visit_day(&episodes[i])) continue;
        last = day;
        seen++;
    }
    for (int reach = 0; reach < KM_REACH_COUNT; reach++) {
        uint32_t first = 0;
        for (uint32_t i = 0; i < count; i++) {
            km_day from = sweep->days[i] - days[reach];
            while (sweep->days[first] <= from) first++;
            uint32_t up_to = i + 1 < count ? sweep->counts[i + 1] : seen;
            out[i].visit_days[reach] = up_to - sweep->counts[first];
        }
    }
}

/* ---- different facilities and cards */

/* Links each claim to the one before and after it with the same key; one without a key to itself, so that it
 * neither enters nor leaves a window. */
static void link_equal(km_sweep *sweep, uint32_t count) {
    km_pair *pairs = sweep->pairs;
    km_sort_pairs(pairs, sweep->spare, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = pairs[i].index;
        bool same_before = i > 0 && pairs[i - 1].key == pairs[i].key;
        bool same_after = i + 1 < count && pairs[i + 1].key == pairs[i].key;
        sweep->earlier[at] = same_before ? pairs[i - 1].index : KM_NO_EPISODE;
        sweep->later[at] = same_after ? pairs[i + 1].index : KM_NO_EPISODE;
        if (!pairs[i].key) sweep->earlier[at] = sweep->later[at] = at;
    }
}

/* A key leaves the window with its last claim in it, and enters with a claim that has none before. */
static void count_linked(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_reach reach) {
    uint32_t first = 0, distinct = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (; outside(sweep, episodes, first, i, reach); first++) distinct -= sweep->later[first] >= i;
        uint32_t before = sweep->earlier[i];
        distinct += before == KM_NO_EPISODE || before < first;
        sweep->counts[i] = distinct;
    }
}

/* Many people go to one place. */
static void count_facilities(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    bool alike = true;
    for (uint32_t i = 0; i < count; i++) {
        sweep->pairs[i] = (km_pair){episodes[i].facility, i};
        alike = alike && episodes[i].facility == episodes[0].facility;
        out[i].first_at_facility = i == 0 && episodes[0].facility;
    }
    if (alike) return;
    link_equal(sweep, count);
    for (int reach = 0; reach < KM_REACH_COUNT; reach++) {
        count_linked(sweep, episodes, count, (km_reach)reach);
        for (uint32_t i = 0; i < count; i++) out[i].facilities[reach] = sweep->counts[i];
    }
    for (uint32_t i = 0; i < count; i++) out[i].first_at_facility = sweep->earlier[i] == KM_NO_EPISODE;
}

/* Most people have one card all along. */
static void count_cards(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    bool alike = true;
    for (uint32_t i = 0; i < count; i++) {
        sweep->pairs[i] = (km_pair){km_episode_card(&episodes[i]), i};
        alike = alike && sweep->pairs[i].key == sweep->pairs[0].key;
    }
    if (alike) return;
    link_equal(sweep, count);
    count_linked(sweep, episodes, count, KM_REACH_365D);
    for (uint32_t i = 0; i < count; i++) out[i].distinct_cards = sweep->counts[i];
}

static void count_diagnoses(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    km_pair *pairs = sweep->pairs;
    for (uint32_t i = 0; i < count; i++) pairs[i] = (km_pair){km_icd3(&episodes[i]), i};
    km_sort_pairs(pairs, sweep->spare, count);
    for (uint32_t i = 0, first = 0; i < count; i++) {
        while (pairs[first].key != pairs[i].key ||
               episodes[pairs[first].index].in <= episodes[pairs[i].index].in - DAYS_7) {
            first++;
        }
        out[pairs[i].index].same_diagnosis_7d = pairs[i].key ? i - first + 1 : 0;
    }
}

/* ---- co-payments */

/* The sum of a year, made if need be; the newest stands last. NULL when out of memory. */
static km_int128 *year_sum(km_sweep *sweep, int year) {
    for (size_t i = sweep->year_count; i-- > 0;) {
        if (sweep->years[i].year == year) return &sweep->years[i].sum;
    }
    if (!km_grow(sweep->mem, (void **)&sweep->years, &sweep->year_capacity, sweep->year_count + 1,
                 sizeof *sweep->years)) {
        return NULL;
    }
    sweep->years[sweep->year_count] = (km_year_sum){year, 0};
    return &sweep->years[sweep->year_count++].sum;
}

/* There are no more years than three hundred, most people meet one or two. */
static kiem_status add_copayments(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out,
                                  km_error *error) {
    sweep->year_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        km_int128 *sum = year_sum(sweep, km_civil_from_day(km_day_of(episodes[i].out)).year);
        if (!sum) return km_nomem(error);
        if (episodes[i].copay != KM_NO_AMOUNT) *sum += episodes[i].copay;
        out[i].copay_year = amount_of(*sum);
    }
    return KIEM_OK;
}

/* ---- all of them */

/* What is true of the only claim of a person, and the start for all others. */
static km_visit alone(const km_episode *episode) {
    const uint32_t day = makes_visit_day(episode), place = episode->facility != 0;
    km_visit visit = {.visits = {1, 1, 1},
                      .facilities = {place, place, place},
                      .visit_days = {day, day, day},
                      .same_diagnosis_7d = km_icd3(episode) != 0,
                      .distinct_cards = km_episode_card(episode) != 0,
                      .spend_365d = episode->fund == KM_NO_AMOUNT ? 0 : episode->fund,
                      .copay_year = episode->copay == KM_NO_AMOUNT ? 0 : episode->copay,
                      .first_at_facility = place,
                      .kind_known = km_episode_kind(episode) != 0,
                      .long_course = km_episode_flag(episode, KM_ABOUT_LONG_COURSE)};
    for (int i = 0; i < KM_PARTNER_COUNT; i++) visit.partner[i] = KM_NO_EPISODE;
    return visit;
}

kiem_status km_history_sweep(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out,
                             km_error *error) {
    for (uint32_t i = 0; i < count; i++) out[i] = alone(&episodes[i]);
    if (count < 2) return KIEM_OK;
    KM_TRY(reserve(sweep, count, error));
    for (uint32_t i = 0; i < count; i++) sweep->days[i] = km_day_of(episodes[i].in);
    KM_TRY(add_copayments(sweep, episodes, count, out, error));
    count_visits(episodes, count, out);
    count_visit_days(sweep, episodes, count, out);
    count_facilities(sweep, episodes, count, out);
    count_cards(sweep, episodes, count, out);
    count_diagnoses(sweep, episodes, count, out);
    km_mark_duplicates(sweep, episodes, count, out);
    km_mark_pairs(sweep, episodes, count, out);
    return KIEM_OK;
}
