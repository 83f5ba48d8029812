#include "state/history/sweep.h"

#include <stdlib.h>

#include "support/test.h"

/* ---- the slow definition of every column, claim by claim */

static bool near(int64_t a, int64_t b) {
    if (a == KM_NO_AMOUNT || b == KM_NO_AMOUNT) return a == b;
    return llabs(a - b) <= 200;
}

static int64_t floor_cell(int64_t amount) {
    if (amount == KM_NO_AMOUNT) return INT64_MIN;
    int64_t cell = amount / 201;
    return amount % 201 < 0 ? cell - 1 : cell;
}

static bool same_cell(const km_episode *a, const km_episode *b) {
    return floor_cell(a->total) == floor_cell(b->total) && floor_cell(a->fund) == floor_cell(b->fund);
}

static bool equal_claims(const km_episode *a, const km_episode *b) {
    return a->fingerprint == b->fingerprint && a->in == b->in && a->out == b->out &&
           a->facility == b->facility && a->icd == b->icd && near(a->total, b->total) &&
           near(a->fund, b->fund);
}

static bool kind_is(const km_episode *a, const char *digits) {
    unsigned kind = km_episode_kind(a);
    return kind >= 1 && kind <= 10 && strchr(digits, (int)('0' + kind - 1)) != NULL;
}
static bool stay(const km_episode *a) {
    return kind_is(a, "3469");
}
static bool visit(const km_episode *a) {
    return kind_is(a, "12578");
}
static bool pickup(const km_episode *a) {
    return kind_is(a, "7");
}
static km_day day(km_minute time) {
    return km_day_of(time);
}
static int born(const km_episode *a) {
    return (int)km_episode_birth(a) >> 9;
}
static bool one_group(const km_episode *a, const km_episode *b) {
    return born(a) == born(b) && km_episode_sex(a) == km_episode_sex(b);
}
static bool same_illness(const km_episode *a, const km_episode *b) {
    return a->icd >> 40 && a->icd >> 40 == b->icd >> 40;
}

static uint32_t slow_visits(const km_episode *e, uint32_t i, int days) {
    uint32_t count = 0;
    for (uint32_t j = 0; j <= i; j++) count += e[j].in > e[i].in - days * 1440;
    return count;
}

/* reach 0: the calendar day. */
static bool within(const km_episode *a, const km_episode *now, int reach) {
    if (reach == 0) return day(a->in) == day(now->in);
    return a->in > now->in - (reach == 1 ? 30 : 365) * 1440;
}

static uint32_t slow_facilities(const km_episode *e, uint32_t i, int reach) {
    uint32_t count = 0;
    for (uint32_t j = 0; j <= i; j++) {
        bool again = !within(&e[j], &e[i], reach) || !e[j].facility;
        for (uint32_t k = 0; k < j && !again; k++)
            again = within(&e[k], &e[i], reach) && e[k].facility == e[j].facility;
        count += !again;
    }
    return count;
}

static uint32_t slow_cards(const km_episode *e, uint32_t i) {
    uint32_t count = 0;
    for (uint32_t j = 0; j <= i; j++) {
        bool again = !within(&e[j], &e[i], 2) || !km_episode_card(&e[j]);
        for (uint32_t k = 0; k < j && !again; k++)
            again = within(&e[k], &e[i], 2) && km_episode_card(&e[k]) == km_episode_card(&e[j]);
        count += !again;
    }
    return count;
}

static uint32_t slow_visit_days(const km_episode *e, uint32_t i, int days) {
    uint32_t count = 0;
    for (km_day d = day(e[i].in) - days + 1; d <= day(e[i].in); d++) {
        bool any = false;
        for (uint32_t j = 0; j <= i; j++)
            any = any || (day(e[j].in) == d && visit(&e[j]) && !km_episode_flag(&e[j], KM_ABOUT_LONG_COURSE));
        count += any;
    }
    return count;
}

static uint32_t slow_duplicate(const km_episode *e, uint32_t i) {
    uint32_t found = KM_NO_EPISODE;
    for (uint32_t j = i; j-- > 0;) {
        if (equal_claims(&e[j], &e[i])) found = j;
    }
    for (uint32_t j = i; j-- > 0;) {
        if (equal_claims(&e[j], &e[i]) && same_cell(&e[j], &e[i])) found = j;
    }
    return found;
}

static bool is_copy(const km_visit *seen, uint32_t j) {
    return seen[j].partner[KM_PARTNER_DUPLICATE] != KM_NO_EPISODE;
}

static uint32_t slow_overlap(const km_episode *e, uint32_t i, const km_visit *seen) {
    uint32_t found = KM_NO_EPISODE;
    int32_t most = 0;
    for (uint32_t j = 0; j < i && stay(&e[i]) && !is_copy(seen, i); j++) {
        if (!stay(&e[j]) || is_copy(seen, j) || !one_group(&e[j], &e[i])) continue;
        if (j == seen[i].partner[KM_PARTNER_NEAR_DUPLICATE]) continue;
        int32_t shared = (e[j].out < e[i].out ? e[j].out : e[i].out) - e[i].in;
        if (shared > most || (shared > 0 && shared == most && e[j].out > e[found].out)) {
            found = j;
            most = shared;
        }
    }
    return found;
}

static uint32_t slow_inside(const km_episode *e, uint32_t i, const km_visit *seen) {
    uint32_t last = KM_NO_EPISODE;
    for (uint32_t j = 0; j < i && visit(&e[i]); j++) {
        if (!stay(&e[j]) || km_episode_kind(&e[j]) == 4 + 1) continue;
        if (is_copy(seen, j) || !one_group(&e[j], &e[i])) continue;
        if (day(e[j].in) + 2 > day(e[i].in)) continue;
        if (last == KM_NO_EPISODE || e[j].out > e[last].out) last = j;
    }
    return last != KM_NO_EPISODE && day(e[last].out) - 2 >= day(e[i].out) ? last : KM_NO_EPISODE;
}

/* The claim that stands `steps` places before among those of one group; KM_NO_EPISODE when there is none. */
static uint32_t steps_back(const km_episode *e, uint32_t i, int steps) {
    for (uint32_t j = i; j-- > 0;) {
        if (one_group(&e[j], &e[i]) && --steps == 0) return j;
    }
    return KM_NO_EPISODE;
}

static uint32_t slow_near(const km_episode *e, uint32_t i, const km_visit *seen) {
    if (is_copy(seen, i)) return KM_NO_EPISODE;
    for (int step = 1; step <= 16; step++) {
        uint32_t j = steps_back(e, i, step);
        if (j == KM_NO_EPISODE) break;
        if (is_copy(seen, j) || abs(e[j].in - e[i].in) > 60 || abs(e[j].out - e[i].out) > 60) continue;
        if (stay(&e[j]) != stay(&e[i]) || visit(&e[j]) != visit(&e[i])) continue;
        int equal = (e[j].facility && e[j].facility == e[i].facility) + same_illness(&e[j], &e[i]) +
                    (e[j].total != KM_NO_AMOUNT && e[j].total == e[i].total);
        if (equal >= 2) return j;
    }
    return KM_NO_EPISODE;
}

static uint32_t slow_same_day(const km_episode *e, uint32_t i, const km_visit *seen) {
    if (is_copy(seen, i) || !visit(&e[i]) || pickup(&e[i])) return KM_NO_EPISODE;
    for (int step = 1; step <= 16; step++) {
        uint32_t j = steps_back(e, i, step);
        if (j == KM_NO_EPISODE || day(e[j].in) != day(e[i].in)) break;
        if (!visit(&e[j]) || pickup(&e[j]) || km_episode_flag(&e[j], KM_ABOUT_SENT_ON)) continue;
        if (e[j].facility != e[i].facility && same_illness(&e[j], &e[i])) return j;
    }
    return KM_NO_EPISODE;
}

static uint32_t slow_previous(const km_episode *e, uint32_t i, const km_visit *seen, uint32_t *recent) {
    uint32_t last = KM_NO_EPISODE;
    *recent = 0;
    for (uint32_t j = 0; j < i; j++) {
        if (!stay(&e[j]) || is_copy(seen, j) || !one_group(&e[j], &e[i]) || e[j].out > e[i].in) continue;
        if (last == KM_NO_EPISODE || e[j].out >= e[last].out) last = j;
        *recent += e[j].out < e[i].in && e[j].out > e[i].in - 14 * 1440;
    }
    return last;
}

static uint32_t slow_death(const km_episode *e, uint32_t i) {
    uint32_t first = KM_NO_EPISODE;
    for (uint32_t j = 0; j < i; j++) {
        if (km_episode_result(&e[j]) != 5 || !one_group(&e[j], &e[i])) continue;
        if (first == KM_NO_EPISODE || e[j].out < e[first].out) first = j;
    }
    return first != KM_NO_EPISODE && e[first].out < e[i].in ? first : KM_NO_EPISODE;
}

static uint32_t slow_delivery(const km_episode *e, uint32_t i, const km_visit *seen, uint32_t *within_180) {
    uint32_t last = KM_NO_EPISODE;
    *within_180 = 0;
    for (uint32_t j = 0; j < i && km_is_delivery(e[i].icd) && !is_copy(seen, i); j++) {
        if (!km_is_delivery(e[j].icd) || is_copy(seen, j) || !one_group(&e[j], &e[i])) continue;
        if (e[j].in > e[i].in - 7 * 1440) continue;
        last = j;
        *within_180 += e[j].in >= e[i].in - 180 * 1440;
    }
    return last;
}

static uint32_t slow_removal(const km_episode *e, uint32_t i, const km_visit *seen) {
    uint32_t found = KM_NO_EPISODE;
    for (uint32_t j = 0; j < i && km_episode_organ(&e[i]) && !is_copy(seen, i); j++) {
        if (km_episode_organ(&e[j]) != km_episode_organ(&e[i]) || is_copy(seen, j)) continue;
        if (!one_group(&e[j], &e[i]) || e[j].out >= e[i].in) continue;
        if (found == KM_NO_EPISODE || e[j].out < e[found].out) found = j;
    }
    return found;
}

/* The first birthday is over on the day of the claim; what is not known of a birth is taken as late. */
static bool at_least_one(const km_episode *e) {
    const int month = (int)km_episode_birth(e) >> 5 & 15, of_month = (int)km_episode_birth(e) & 31;
    const km_civil in = km_civil_from_day(day(e->in));
    const int years = in.year - 1899 - born(e);
    if (years != 1) return years > 1;
    if (in.month != month) return month && in.month > month;
    return of_month && in.day >= of_month;
}

static bool somebody(const km_episode *e) {
    return e->name && born(e) && (km_episode_sex(e) == 1 || km_episode_sex(e) == 2) && at_least_one(e);
}

static bool other_person(const km_episode *a, const km_episode *b) {
    return somebody(a) && somebody(b) && a->name != b->name && !one_group(a, b);
}

static uint32_t slow_identity(const km_episode *e, uint32_t i) {
    uint32_t first = 0;
    while (!somebody(&e[first])) {
        if (++first >= i) return KM_NO_EPISODE;
    }
    if (other_person(&e[first], &e[i])) return first;
    for (uint32_t j = first; j < i; j++) {
        if (other_person(&e[first], &e[j])) return other_person(&e[j], &e[i]) ? j : KM_NO_EPISODE;
    }
    return KM_NO_EPISODE;
}

static void slow_money(const km_episode *e, uint32_t i, int64_t *spent, int64_t *copaid) {
    int year = km_civil_from_day(day(e[i].out)).year;
    *spent = *copaid = 0;
    for (uint32_t j = 0; j <= i; j++) {
        if (within(&e[j], &e[i], 2) && e[j].fund != KM_NO_AMOUNT) *spent += e[j].fund;
        bool now = km_civil_from_day(day(e[j].out)).year == year;
        if (now && e[j].copay != KM_NO_AMOUNT) *copaid += e[j].copay;
    }
}

static uint32_t slow_diagnosis(const km_episode *e, uint32_t i) {
    uint32_t count = 0;
    for (uint32_t j = 0; j <= i; j++) count += same_illness(&e[j], &e[i]) && e[j].in > e[i].in - 7 * 1440;
    return count;
}

static void sweep_slowly(const km_episode *e, uint32_t count, km_visit *out) {
    static const km_visit none = {{0}, {0}, {0}, {0}, 0, 0, 0, 0, 0, 0, false, false, false};
    for (uint32_t i = 0; i < count; i++) {
        km_visit *v = &out[i];
        *v = none;
        v->partner[KM_PARTNER_DUPLICATE] = slow_duplicate(e, i);
        v->partner[KM_PARTNER_NEAR_DUPLICATE] = slow_near(e, i, out);
        v->partner[KM_PARTNER_OVERLAP] = slow_overlap(e, i, out);
        v->partner[KM_PARTNER_INSIDE] = slow_inside(e, i, out);
        v->partner[KM_PARTNER_SAME_DAY] = slow_same_day(e, i, out);
        v->partner[KM_PARTNER_PREVIOUS_STAY] = slow_previous(e, i, out, &v->inpatient_before_14d);
        v->partner[KM_PARTNER_DEATH] = slow_death(e, i);
        v->partner[KM_PARTNER_DELIVERY] = slow_delivery(e, i, out, &v->births_within_180d);
        v->partner[KM_PARTNER_REMOVAL] = slow_removal(e, i, out);
        v->partner[KM_PARTNER_OTHER_IDENTITY] = slow_identity(e, i);
        for (int w = 0; w < KM_WINDOW_COUNT; w++) {
            static const int days[] = {7, 30, 365};
            v->visits[w] = slow_visits(e, i, days[w]);
        }
        for (int r = 0; r < KM_REACH_COUNT; r++) {
            static const int days[] = {1, 30, 365};
            v->facilities[r] = slow_facilities(e, i, r);
            v->visit_days[r] = slow_visit_days(e, i, days[r]);
        }
        v->distinct_cards = slow_cards(e, i);
        v->same_diagnosis_7d = slow_diagnosis(e, i);
        slow_money(e, i, &v->spend_365d, &v->copay_year);
        v->kind_known = km_episode_kind(&e[i]) != 0;
        v->long_course = km_episode_flag(&e[i], KM_ABOUT_LONG_COURSE);
        v->first_at_facility = e[i].facility != 0;
        for (uint32_t j = 0; j < i; j++)
            v->first_at_facility = v->first_at_facility && e[j].facility != e[i].facility;
    }
}

/* ---- random people */

static uint64_t random_about(uint64_t *seed) {
    static const uint64_t kinds[] = {2, 2, 4, 5, 10, 8, 9, 0, KM_KIND_OTHER};
    uint64_t born = test_random(seed) % 12 ? 61 : 70 + test_random(seed) % 3, r = test_random(seed);
    uint64_t about = (born << 9 | (r % 5 ? 3 << 5 | 4 : 0)) << KM_ABOUT_BIRTH | (r % 9 ? 1ul : 2ul)
                                                                                    << KM_ABOUT_SEX;
    about |= kinds[r / 10 % 9] << KM_ABOUT_KIND | (uint64_t)(r / 100 % 12 == 0) << KM_ABOUT_SENT_ON;
    about |= (uint64_t)(r / 2000 % 3 == 0) << KM_ABOUT_LONG_COURSE;
    about |= (r / 10000 % 30 ? 1ul : 5ul) << KM_ABOUT_RESULT;
    about |= (r / 1000000 % 5 ? 0ul : 1 + r / 5000000 % 2) << KM_ABOUT_ORGAN;
    return about | (r / 100000000 % 3 ? 100 + r / 300000000 % 2 : 0) << KM_ABOUT_CARD;
}

static km_episode random_episode(uint64_t *seed, int spread) {
    static const uint32_t names[] = {1, 1, 1, 1, 1, 2, 2, 0};
    static const uint64_t icds[] = {0x4931300000000000, 0x493130302E310000 >> 8 << 8, 0x4F38300000000000,
                                    0x4A30300000000000, 0};
    km_minute in = (km_minute)(test_random(seed) % (uint64_t)spread);
    if (test_random(seed) % 2) in -= in % 1440;
    int64_t amount = (int64_t)(test_random(seed) % 4) * 97 - 200;
    return (km_episode){
        .person = 7,
        .in = in,
        .out = in +
               (km_minute)(test_random(seed) % 3 * (test_random(seed) % 2 ? 1440 : test_random(seed) % 9000)),
        .facility = test_random(seed) % (spread < 2000 ? 2 : 3),
        .icd = icds[test_random(seed) % 5],
        .fingerprint = test_random(seed) % 6 == 0,
        .total = test_random(seed) % 9 ? amount : KM_NO_AMOUNT,
        .fund = test_random(seed) % 9 ? (int64_t)(test_random(seed) % 3) * 150 : KM_NO_AMOUNT,
        .copay = test_random(seed) % 9 ? (int64_t)(test_random(seed) % 300) : KM_NO_AMOUNT,
        .about = random_about(seed),
        .name = names[test_random(seed) % 8],
    };
}

static void compare_visits(const km_visit *fast, const km_visit *slow) {
    for (int p = 0; p < KM_PARTNER_COUNT; p++) CU_ASSERT_EQUAL(fast->partner[p], slow->partner[p]);
    for (int w = 0; w < KM_WINDOW_COUNT; w++) CU_ASSERT_EQUAL(fast->visits[w], slow->visits[w]);
    for (int r = 0; r < KM_REACH_COUNT; r++) {
        CU_ASSERT_EQUAL(fast->facilities[r], slow->facilities[r]);
        CU_ASSERT_EQUAL(fast->visit_days[r], slow->visit_days[r]);
    }
    CU_ASSERT_EQUAL(fast->same_diagnosis_7d, slow->same_diagnosis_7d);
    CU_ASSERT_EQUAL(fast->inpatient_before_14d, slow->inpatient_before_14d);
    CU_ASSERT_EQUAL(fast->births_within_180d, slow->births_within_180d);
    CU_ASSERT_EQUAL(fast->distinct_cards, slow->distinct_cards);
    CU_ASSERT_EQUAL(fast->spend_365d, slow->spend_365d);
    CU_ASSERT_EQUAL(fast->copay_year, slow->copay_year);
    CU_ASSERT_EQUAL(fast->first_at_facility, slow->first_at_facility);
    CU_ASSERT_EQUAL(fast->kind_known, slow->kind_known);
    CU_ASSERT_EQUAL(fast->long_course, slow->long_course);
}

static void sweep_agrees_with_the_slow_definition(void) {
    enum { MOST = 60 };
    uint64_t seed = 31, met[KM_PARTNER_COUNT] = {0};
    km_sweep sweep;
    km_sweep_init(&sweep, test_mem());
    for (int round = 0; round < 6000; round++) {
        km_episode episodes[MOST];
        km_visit visits[MOST], slow[MOST];
        km_error error;
        uint32_t count = 1 + (uint32_t)(test_random(&seed) % (round % 10 ? 12 : MOST));
        int spread = round % 3 == 0 ? 1700 : round % 3 == 1 ? 90 * 1440 : 800 * 1440;
        for (uint32_t i = 0; i < count; i++) {
            episodes[i] = random_episode(&seed, spread);
            episodes[i].row = i;
        }
        km_sort(episodes, count, sizeof *episodes, km_episode_compare, "");
        TEST_OK(km_history_sweep(&sweep, episodes, count, visits, &error), &error);
        sweep_slowly(episodes, count, slow);
        for (uint32_t i = 0; i < count; i++) {
            compare_visits(&visits[i], &slow[i]);
            for (int p = 0; p < KM_PARTNER_COUNT; p++) met[p] += slow[i].partner[p] != KM_NO_EPISODE;
        }
    }
    for (int p = 0; p < KM_PARTNER_COUNT; p++) CU_ASSERT_TRUE(met[p] > 100);
    km_sweep_free(&sweep);
}

/* On-line a claim is the last of those before it: what it is told must not depend on what comes later. */
static void later_claims_change_nothing(void) {
    enum { MOST = 40 };
    uint64_t seed = 77;
    km_sweep sweep;
    km_sweep_init(&sweep, test_mem());
    for (int round = 0; round < 300; round++) {
        km_episode episodes[MOST];
        km_visit all[MOST], part[MOST];
        km_error error;
        for (uint32_t i = 0; i < MOST; i++) episodes[i] = random_episode(&seed, 90 * 1440);
        km_sort(episodes, MOST, sizeof *episodes, km_episode_compare, "");
        TEST_OK(km_history_sweep(&sweep, episodes, MOST, all, &error), &error);
        for (uint32_t count = 1; count <= MOST; count += 3) {
            TEST_OK(km_history_sweep(&sweep, episodes, count, part, &error), &error);
            compare_visits(&part[count - 1], &all[count - 1]);
        }
    }
    km_sweep_free(&sweep);
}

/* ---- the edges of time */

static void odd_times_are_defined(void) {
    enum { CLAIMS = 6 };
    static const uint64_t stay_kind = (uint64_t)4 << KM_ABOUT_KIND;
    km_episode episodes[CLAIMS] = {
        {.in = KM_EPISODE_FIRST, .out = KM_EPISODE_LAST, .about = stay_kind, .fund = INT64_MAX},
        {.in = 0, .out = 0, .about = stay_kind, .fund = INT64_MAX},
        {.in = 0, .out = 0, .about = stay_kind, .facility = 1, .fund = KM_NO_AMOUNT},
        {.in = 0, .out = 52560000, .about = stay_kind, .facility = 2, .fund = -5},
        {.in = 1440, .out = 1440, .about = (uint64_t)2 << KM_ABOUT_KIND, .fund = 7},
        {.in = KM_EPISODE_LAST, .out = KM_EPISODE_LAST, .about = stay_kind, .fund = 9},
    };
    km_visit visits[CLAIMS];
    km_sweep sweep;
    km_error error;
    km_sweep_init(&sweep, test_mem());
    TEST_OK(km_history_sweep(&sweep, episodes, CLAIMS, visits, &error), &error);
    CU_ASSERT_EQUAL(visits[0].spend_365d, INT64_MAX);
    CU_ASSERT_EQUAL(visits[3].partner[KM_PARTNER_OVERLAP], 0);
    CU_ASSERT_EQUAL(visits[2].partner[KM_PARTNER_OVERLAP], KM_NO_EPISODE);
    CU_ASSERT_EQUAL(visits[2].partner[KM_PARTNER_PREVIOUS_STAY], 1);
    CU_ASSERT_EQUAL(visits[4].spend_365d, KM_NO_AMOUNT);
    CU_ASSERT_EQUAL(visits[5].spend_365d, 9);
    km_sweep_free(&sweep);
}

/* ---- one person with very many claims */

static void sweep_in_time(km_episode *episodes, uint32_t count, km_visit *visits) {
    km_sweep sweep;
    km_error error;
    km_sweep_init(&sweep, test_mem());
    km_sort(episodes, count, sizeof *episodes, km_episode_compare, "");
    TEST_OK(km_history_sweep(&sweep, episodes, count, visits, &error), &error);
    km_sweep_free(&sweep);
}

/* A quadratic sweep would take hours here, and the test run would stop it. */
static void one_person_with_a_million_claims_stays_fast(void) {
    enum { MANY = 1000000 };
    km_episode *episodes = km_alloc_array(test_mem(), MANY, sizeof *episodes);
    km_visit *visits = km_alloc_array(test_mem(), MANY, sizeof *visits);
    uint64_t seed = 51;
    /* long stays that all overlap, at as many facilities */
    for (uint32_t i = 0; i < MANY; i++) {
        episodes[i] = (km_episode){.person = 7,
                                   .in = (km_minute)i,
                                   .out = 9000000,
                                   .facility = i,
                                   .about = (uint64_t)4 << KM_ABOUT_KIND,
                                   .row = i};
    }
    sweep_in_time(episodes, MANY, visits);
    CU_ASSERT_EQUAL(visits[MANY - 1].partner[KM_PARTNER_OVERLAP], 0);
    CU_ASSERT_EQUAL(visits[MANY - 1].facilities[KM_REACH_30D], 30 * 1440);
    /* the same minute and facility throughout, with amounts that almost match */
    for (uint32_t i = 0; i < MANY; i++) {
        episodes[i] = (km_episode){.person = 7,
                                   .out = 10,
                                   .about = (uint64_t)4 << KM_ABOUT_KIND,
                                   .total = (int64_t)(test_random(&seed) % 900),
                                   .fund = (int64_t)(test_random(&seed) % 900),
                                   .row = i};
    }
    sweep_in_time(episodes, MANY, visits);
    CU_ASSERT_EQUAL(visits[MANY - 1].visits[KM_WINDOW_7D], MANY);
    CU_ASSERT_EQUAL(visits[0].partner[KM_PARTNER_DUPLICATE], KM_NO_EPISODE);
    CU_ASSERT_NOT_EQUAL(visits[MANY - 1].partner[KM_PARTNER_DUPLICATE], KM_NO_EPISODE);
    km_free(test_mem(), visits, MANY * sizeof *visits);
    km_free(test_mem(), episodes, MANY * sizeof *episodes);
}

TEST_MAIN("sweep", {"sweep agrees with the slow definition", sweep_agrees_with_the_slow_definition},
          {"later claims change nothing", later_claims_change_nothing},
          {"odd times are defined", odd_times_are_defined},
          {"one person with a million claims stays fast", one_person_with_a_million_claims_stays_fast})
