#include "score/entity/warning.h"

#include "support/test.h"

enum { MANY = 1000 };

static km_visit_cost row(uint64_t peers, double before_last, double last, double now) {
    return (km_visit_cost){.peers = peers,
                           .visits = {MANY, MANY, MANY},
                           .cost = {now * 1000 * MANY, last * 1000 * MANY, before_last * 1000 * MANY}};
}

/* TV9 of the methods: 780, 820, 943 thousand a visit; the peers' mean 860, their growth 9 %. */
static void the_warnings_of_the_record(void) {
    const km_visit_cost rows[] = {row(7, 780, 820, 943), row(7, 800, 800, 816), row(7, 700, 772.6, 821),
                                  row(8, 1, 1, 1), row(0, 1, 1, 2)};
    static const uint32_t order[] = {4, 0, 1, 2, 3};
    km_warning out[5];
    km_warnings(rows, order, 5, out);
    CU_ASSERT_DOUBLE_EQUAL(out[0].peers_per_visit, 860000, 1);
    CU_ASSERT_DOUBLE_EQUAL(out[0].pooled_per_visit, 860000, 1);
    CU_ASSERT_DOUBLE_EQUAL(out[0].per_visit / out[0].peers_per_visit, 1.0965, .00005);
    CU_ASSERT_DOUBLE_EQUAL(out[0].growth, .150, .0005);
    CU_ASSERT_DOUBLE_EQUAL(out[0].growth_before, .0513, .00005);
    CU_ASSERT_DOUBLE_EQUAL(out[0].growth - out[0].growth_before, .0987, .00005);
    CU_ASSERT_DOUBLE_EQUAL(out[0].peers_growth, (.15 + .02 + 821 / 772.6 - 1) / 3, 1e-9);
    CU_ASSERT_TRUE(out[0].above_peers && out[0].growth_above_peers && out[0].growth_above_own);
    CU_ASSERT_FALSE(out[1].above_peers || out[1].growth_above_peers);
    CU_ASSERT_TRUE(out[1].growth_above_own); /* 2 % after none */
    CU_ASSERT_EQUAL(out[0].peers, 3);
    CU_ASSERT_FALSE(out[3].has_peers); /* alone */
    CU_ASSERT_FALSE(out[4].has_peers || out[4].above_peers);
    CU_ASSERT_TRUE(out[4].growth_above_own);
}

static void few_visits_say_nothing(void) {
    km_visit_cost rows[] = {row(1, 1, 1, 9), row(1, 1, 1, 1), row(1, 1, 1, 1)};
    static const uint32_t order[] = {0, 1, 2};
    km_warning out[3];
    rows[0].visits[0] = KM_WARNING_VISITS - 1;
    km_warnings(rows, order, 3, out);
    CU_ASSERT_FALSE(out[0].has_cost || out[0].has_growth || out[0].above_peers);
    CU_ASSERT_TRUE(out[0].has_growth_before);
    CU_ASSERT_EQUAL(out[1].peers, 2);
    CU_ASSERT_FALSE(out[1].has_peers);
    km_warnings(rows, order, 0, out);
}

/* 13.78 % inpatients among peers with fewer; three times the money of the year before. */
static void shares_and_multiples(void) {
    km_visit_cost rows[] = {row(1, 1, 1, 3), row(1, 1, 1, 1), row(1, 1, 1, 1), row(1, 1, 1, 1)};
    static const uint32_t order[] = {0, 1, 2, 3};
    static const uint64_t stays[] = {1378, 800, 1000, 29};
    km_warning out[4];
    for (int i = 0; i < 4; i++) {
        rows[i].claims = i < 3 ? 10000 : KM_WARNING_VISITS - 1;
        rows[i].stays = stays[i];
    }
    km_warnings(rows, order, 4, out);
    CU_ASSERT_DOUBLE_EQUAL(out[0].inpatient_share, .1378, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(out[0].peers_inpatient_share, (.1378 + .08 + .1) / 3, 1e-9);
    CU_ASSERT_TRUE(out[0].has_peers_share && out[0].has_multiple);
    CU_ASSERT_FALSE(out[3].has_share);
    CU_ASSERT_DOUBLE_EQUAL(out[0].multiple, 3, 1e-9);
    rows[0].visits[1] = KM_WARNING_VISITS - 1;
    km_warnings(rows, order, 4, out);
    CU_ASSERT_FALSE(out[0].has_multiple);
}

TEST_MAIN("warning", {"the warnings of the record", the_warnings_of_the_record},
          {"few visits say nothing", few_visits_say_nothing}, {"shares and multiples", shares_and_multiples})
