#include "state/history/pairs.h"

#include "state/history/person.h"

enum {
    NEAR_MINUTES = 60,
    LOOK_BACK = 16, /* claims looked at for what has no order to search by: one person can have a million */
    INSIDE_DAYS = 2,
    STAYS_AFTER = 14 * KM_MINUTES_PER_DAY,
    BIRTH_FROM =
        7 * KM_MINUTES_PER_DAY, /* closer together they are one delivery in two hospitals, or twins */
    BIRTH_TO = 180 * KM_MINUTES_PER_DAY
};

/* The claims of a person with one year of birth and sex: positions among the episodes, ascending. */
typedef struct group {
    const km_episode *episodes;
    const km_day *days;
    const uint32_t *list;
    uint32_t count;
    km_visit *out;
} group;

static const km_episode *at(const group *g, uint32_t i) {
    return &g->episodes[g->list[i]];
}
static km_visit *visit_at(const group *g, uint32_t i) {
    return &g->out[g->list[i]];
}
static bool is_duplicate(const group *g, uint32_t i) {
    return visit_at(g, i)->partner[KM_PARTNER_DUPLICATE] != KM_NO_EPISODE;
}

/* Stays begin in the order of the run, so of all earlier ones the one that ends last shares the most. The
 * second is kept for the claim that nearly repeats the first: sharing its time is no second finding. */
static void mark_overlaps(const group *g) {
    uint32_t last = KM_NO_EPISODE, second = KM_NO_EPISODE; /* positions among the episodes */
    for (uint32_t i = 0; i < g->count; i++) {
        const km_episode *self = at(g, i), *all = g->episodes;
        km_visit *visit = visit_at(g, i);
        if (!km_episode_is_stay(self) || is_duplicate(g, i)) continue;
        uint32_t other =
            last != KM_NO_EPISODE && visit->partner[KM_PARTNER_NEAR_DUPLICATE] == last ? second : last;
        if (other != KM_NO_EPISODE && all[other].out > self->in && self->out > self->in)
            visit->partner[KM_PARTNER_OVERLAP] = other;
        if (last == KM_NO_EPISODE || self->out > all[last].out) {
            second = last;
            last = g->list[i];
        } else if (second == KM_NO_EPISODE || self->out > all[second].out) {
            second = g->list[i];
        }
    }
}

/* Who is treated by day goes home, and may visit others. */
static bool holds_visits(const group *g, uint32_t i) {
    return km_episode_is_stay(at(g, i)) && km_episode_kind(at(g, i)) != KM_KIND_DAY_STAY &&
           !is_duplicate(g, i);
}

/* Stays enter two days after they begin. */
static void mark_inside(const group *g) {
    uint32_t last = KM_NO_EPISODE, next = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const km_episode *self = at(g, i);
        km_day day = g->days[g->list[i]];
        for (; g->days[g->list[next]] <= day - INSIDE_DAYS; next++) {
            if (!holds_visits(g, next)) continue;
            if (last == KM_NO_EPISODE || at(g, next)->out > g->episodes[last].out) last = g->list[next];
        }
        if (last == KM_NO_EPISODE || !km_episode_is_visit(self)) continue;
        if (km_day_of(g->episodes[last].out) - INSIDE_DAYS >= km_day_of(self->out))
            visit_at(g, i)->partner[KM_PARTNER_INSIDE] = last;
    }
}

static bool same_icd3(const km_episode *a, const km_episode *b) {
    return km_icd3(a) && km_icd3(a) == km_icd3(b);
}

static bool same_care(const km_episode *a, const km_episode *b) {
    return km_episode_is_stay(a) == km_episode_is_stay(b) && km_episode_is_visit(a) == km_episode_is_visit(b);
}

static bool nearly_equal(const km_episode *a, const km_episode *b) {
    int32_t apart = a->out - b->out;
    int equal = (a->facility && a->facility == b->facility) + same_icd3(a, b) +
                (a->total != KM_NO_AMOUNT && a->total == b->total);
    return equal >= 2 && apart <= NEAR_MINUTES && apart >= -NEAR_MINUTES && same_care(a, b);
}

static void mark_near_duplicates(const group *g) {
    for (uint32_t i = 1; i < g->count; i++) {
        if (is_duplicate(g, i)) continue;
        for (uint32_t k = i; k > 0 && i - k < LOOK_BACK;) {
            k--;
            if (at(g, k)->in < at(g, i)->in - NEAR_MINUTES) break;
            if (is_duplicate(g, k) || !nearly_equal(at(g, i), at(g, k))) continue;
            visit_at(g, i)->partner[KM_PARTNER_NEAR_DUPLICATE] = g->list[k];
            break;
        }
    }
}

static bool can_be_repeated(const km_episode *episode) {
    return km_episode_is_visit(episode) && km_episode_kind(episode) != KM_KIND_PICKUP;
}

static void mark_same_day(const group *g) {
    for (uint32_t i = 1; i < g->count; i++) {
        const km_episode *self = at(g, i);
        if (!can_be_repeated(self) || is_duplicate(g, i)) continue;
        for (uint32_t k = i; k > 0 && i - k < LOOK_BACK;) {
            const km_episode *other = at(g, --k);
            if (g->days[g->list[k]] != g->days[g->list[i]]) break;
            if (!can_be_repeated(other) || km_episode_flag(other, KM_ABOUT_SENT_ON)) continue;
            if (other->facility == self->facility || !same_icd3(self, other)) continue;
            visit_at(g, i)->partner[KM_PARTNER_SAME_DAY] = g->list[k];
            break;
        }
    }
}

/* Stays by the time they ended; those of one minute in the order of the run. */
static uint32_t stays_by_end(km_sweep *sweep, const group *g) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        if (!km_episode_is_stay(at(g, i)) || is_duplicate(g, i)) continue;
        uint64_t key = (uint64_t)((int64_t)at(g, i)->out - INT32_MIN);
        sweep->pairs[count++] = (km_pair){key, g->list[i]};
    }
    if (count > 1) km_sort_pairs(sweep->pairs, sweep->spare, count);
    return count;
}

static void mark_previous_stays(km_sweep *sweep, const group *g) {
    const km_pair *stays = sweep->pairs;
    uint32_t count = stays_by_end(sweep, g), ended = 0, recent = 0, before = 0;
    if (!count) return;
    for (uint32_t i = 0; i < g->count; i++) {
        km_minute in = at(g, i)->in;
        for (; ended < count; ended++) {
            km_minute out = g->episodes[stays[ended].index].out;
            if (out > in || (out == in && stays[ended].index >= g->list[i])) break;
        }
        while (before < ended && g->episodes[stays[before].index].out < in) before++;
        while (recent < before && g->episodes[stays[recent].index].out <= in - STAYS_AFTER) recent++;
        if (ended) visit_at(g, i)->partner[KM_PARTNER_PREVIOUS_STAY] = stays[ended - 1].index;
        visit_at(g, i)->inpatient_before_14d = before - recent;
    }
}

static void mark_deaths(const group *g) {
    uint32_t death = KM_NO_EPISODE;
    for (uint32_t i = 0; i < g->count; i++) {
        const km_episode *self = at(g, i);
        if (death != KM_NO_EPISODE && g->episodes[death].out < self->in)
            visit_at(g, i)->partner[KM_PARTNER_DEATH] = death;
        if (km_episode_result(self) != KM_RESULT_DEATH) continue;
        if (death == KM_NO_EPISODE || self->out < g->episodes[death].out) death = g->list[i];
    }
}

/* The list of deliveries stands in sweep->later. */
static void mark_deliveries(km_sweep *sweep, const group *g) {
    uint32_t *births = sweep->later, count = 0, from = 0, to = 0;
    for (uint32_t i = 0; i < g->count; i++) {
        const km_episode *self = at(g, i);
        if (!km_is_delivery(self->icd) || is_duplicate(g, i)) continue;
        while (from < count && g->episodes[births[from]].in < self->in - BIRTH_TO) from++;
        while (to < count && g->episodes[births[to]].in <= self->in - BIRTH_FROM) to++;
        visit_at(g, i)->births_within_180d = to - from;
        if (to) visit_at(g, i)->partner[KM_PARTNER_DELIVERY] = births[to - 1];
        births[count++] = g->list[i];
    }
}

static void mark_removals(const group *g) {
    uint32_t first[KM_ORGAN_COUNT] = {KM_NO_EPISODE, KM_NO_EPISODE, KM_NO_EPISODE, KM_NO_EPISODE};
    for (uint32_t i = 0; i < g->count; i++) {
        const km_episode *self = at(g, i);
        km_organ organ = km_episode_organ(self);
        if (organ == KM_ORGAN_NONE || is_duplicate(g, i)) continue;
        uint32_t *before = &first[organ];
        if (*before != KM_NO_EPISODE && g->episodes[*before].out < self->in)
            visit_at(g, i)->partner[KM_PARTNER_REMOVAL] = *before;
        if (*before == KM_NO_EPISODE || self->out < g->episodes[*before].out) *before = g->list[i];
    }
}

/* What happened at all: most people were never in a bed. */
typedef struct events {
    bool stay, death, delivery, removal;
} events;

static events events_of(const group *g) {
    events any = {0};
    for (uint32_t i = 0; i < g->count; i++) {
        const km_episode *self = at(g, i);
        any.stay |= km_episode_is_stay(self);
        any.death |= km_episode_result(self) == KM_RESULT_DEATH;
        any.delivery |= km_is_delivery(self->icd);
        any.removal |= km_episode_organ(self) != KM_ORGAN_NONE;
    }
    return any;
}

static void mark_group(km_sweep *sweep, const group *g) {
    const events any = events_of(g);
    mark_near_duplicates(g);
    mark_same_day(g);
    if (any.stay) {
        mark_previous_stays(sweep, g);
        mark_overlaps(g);
        mark_inside(g);
    }
    if (any.death) mark_deaths(g);
    if (any.delivery) mark_deliveries(sweep, g);
    if (any.removal) mark_removals(g);
}

/* Year of birth and sex, 0 for what is not known. */
static uint64_t identity(const km_episode *episode) {
    return (uint64_t)(km_episode_birth(episode) >> 9) << 2 | km_episode_sex(episode);
}

/* On the day of the claim; who may have been one, where month or day of birth are unknown, counts as one. */
static bool is_infant(const km_episode *episode) {
    const unsigned month = 15 << 5, day = 31, birth = km_episode_birth(episode);
    const km_civil in = km_civil_from_day(km_day_of(episode->in));
    const unsigned born = birth | (birth & month ? 0 : month) | (birth & day ? 0 : day);
    return (int)born > ((in.year - 1 - 1899) << 9 | in.month << 5 | in.day);
}

/* Named, born, a man or a woman, and no infant, who may be named after a parent. */
static bool is_somebody(const km_episode *episode) {
    enum { UNDETERMINED = 3 };
    const unsigned sex = km_episode_sex(episode);
    return episode->name && km_episode_birth(episode) && sex && sex != UNDETERMINED && !is_infant(episode);
}

static bool another_person(const km_episode *a, const km_episode *b) {
    return a->name != b->name && identity(a) != identity(b);
}

/* Against the first claim of somebody, and against the first one that differs from it. */
static void mark_identities(const km_episode *episodes, uint32_t count, km_visit *out) {
    uint32_t first = KM_NO_EPISODE, second = KM_NO_EPISODE;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_somebody(&episodes[i])) continue;
        if (first == KM_NO_EPISODE) {
            first = i;
        } else if (another_person(&episodes[first], &episodes[i])) {
            out[i].partner[KM_PARTNER_OTHER_IDENTITY] = first;
            if (second == KM_NO_EPISODE) second = i;
        } else if (second != KM_NO_EPISODE && another_person(&episodes[second], &episodes[i])) {
            out[i].partner[KM_PARTNER_OTHER_IDENTITY] = second;
        }
    }
}

void km_mark_pairs(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    bool alike = true;
    if (km_person_is_newborn(episodes->person)) return;
    for (uint32_t i = 0; i < count; i++) {
        alike = alike && identity(&episodes[i]) == identity(&episodes[0]);
        sweep->pairs[i] = (km_pair){identity(&episodes[i]), i};
    }
    if (!alike) {
        km_sort_pairs(sweep->pairs, sweep->spare, count);
        mark_identities(episodes, count, out);
    }
    for (uint32_t i = 0; i < count; i++) sweep->list[i] = sweep->pairs[i].index;
    for (uint32_t first = 0, end; first < count; first = end) {
        uint64_t who = identity(&episodes[sweep->list[first]]);
        for (end = first + 1; end < count && identity(&episodes[sweep->list[end]]) == who;) end++;
        group g = {episodes, sweep->days, sweep->list + first, end - first, out};
        if (g.count > 1) mark_group(sweep, &g);
    }
}
