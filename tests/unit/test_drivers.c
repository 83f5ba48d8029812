#include "score/money/drivers.h"

#include <math.h>

#include "support/test.h"

enum { DONG = 100 };

/* visits, volume, price of each cell and year */
typedef struct made_cell {
    bool other, inpatient;
    int kind;
    double before[2], now[3];
} made_cell;

static km_driver_cell cell_of(const made_cell *made, double scale) {
    km_driver_cell cell = {made->other, made->inpatient, made->kind, {made->before[0], made->now[0]}, {0}, 0};
    cell.cost[0] = llround(made->before[0] * made->before[1] * scale);
    cell.cost[1] = llround(made->now[0] * made->now[1] * made->now[2] * scale);
    cell.price = made->now[2];
    return cell;
}

/* TV5 of the methods. */
static const made_cell record[] = {
    {false, false, 0, {800, .30}, {860, .31, 1.04}}, {false, true, 1, {90, 3}, {100, 3.1, 1.05}},
    {false, true, 2, {10, 12}, {15, 11.5, 1.05}},    {true, false, 0, {60, .5}, {75, .5, 1.04}},
    {true, true, 1, {30, 4}, {35, 4, 1.05}},         {true, true, 2, {10, 15}, {15, 15, 1.05}},
};
enum { CELLS = 6 };
static const double scale = 1e9; /* so that rounding to hundredths does not show */

static int64_t change_of(const km_driver_cell *cells, size_t count) {
    int64_t change = 0;
    for (size_t i = 0; i < count; i++) change += cells[i].cost[1] - cells[i].cost[0];
    return change;
}

static int64_t sum_of(const int64_t *effect) {
    int64_t sum = 0;
    for (int i = 0; i < KM_DRIVER_COUNT; i++) sum += effect[i];
    return sum;
}

static void the_split_of_the_record(void) {
    static const double wanted[KM_DRIVER_COUNT] = {101.1012, 34.9231, 24.6027, 54.6746, 48.9557, 11.8818, 0};
    km_driver_cell cells[CELLS];
    int64_t effect[KM_DRIVER_COUNT];
    for (int i = 0; i < CELLS; i++) cells[i] = cell_of(&record[i], scale);
    km_drivers_split(cells, CELLS, effect);
    for (int i = 0; i < KM_DRIVER_COUNT; i++)
        CU_ASSERT_DOUBLE_EQUAL((double)effect[i] / scale, wanted[i], .00005);
    CU_ASSERT_DOUBLE_EQUAL((double)sum_of(effect) / scale, 276.139, 1e-8);
    for (int i = 0; i < CELLS; i++) cells[i].price = 0;
    km_drivers_split(cells, CELLS, effect);
    CU_ASSERT_EQUAL(effect[KM_DRIVER_PRICE], 0);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_VOLUME] / scale, 48.9557 + 11.8818, .0001);
}

/* Cost by the factors of a set of years: bit i of `now` takes factor i from the present. */
static double cost_with(unsigned now) {
    double all[2] = {0}, origin[2][2] = {{0}}, care[2][2][2] = {{{0}}}, cost = 0;
    for (int i = 0; i < CELLS; i++) {
        for (int year = 0; year < 2; year++) {
            double visits = year ? record[i].now[0] : record[i].before[0];
            all[year] += visits;
            origin[record[i].other][year] += visits;
            care[record[i].other][record[i].inpatient][year] += visits;
        }
    }
    for (int i = 0; i < CELLS; i++) {
        const made_cell *cell = &record[i];
        const double *o = origin[cell->other], *k = care[cell->other][cell->inpatient];
        const double visits[2] = {cell->before[0], cell->now[0]};
        double factor[6][2];
        for (int year = 0; year < 2; year++) {
            factor[0][year] = all[year];
            factor[1][year] = o[year] / all[year];
            factor[2][year] = k[year] / o[year];
            factor[3][year] = visits[year] / k[year];
            factor[4][year] = year ? cell->now[2] : 1;
            factor[5][year] = year ? cell->now[1] : cell->before[1];
        }
        double product = 1;
        for (int f = 0; f < 6; f++) product *= factor[f][now >> f & 1];
        cost += product;
    }
    return cost;
}

/* Shapley's split needs no logarithm and gives nearly the same. */
static void shapley_agrees(void) {
    static const double wanted[6] = {101.1949, 34.9060, 24.6564, 54.4850, 49.0559, 11.8408};
    static const double factorial[7] = {1, 1, 2, 6, 24, 120, 720};
    km_driver_cell cells[CELLS];
    int64_t effect[KM_DRIVER_COUNT];
    for (int i = 0; i < CELLS; i++) cells[i] = cell_of(&record[i], scale);
    km_drivers_split(cells, CELLS, effect);
    for (int f = 0; f < 6; f++) {
        double value = 0;
        for (unsigned set = 0; set < 64; set++) {
            int size = 0;
            if (set >> f & 1) continue;
            for (int i = 0; i < 6; i++) size += (int)(set >> i & 1);
            value +=
                factorial[size] * factorial[5 - size] / 720 * (cost_with(set | 1u << f) - cost_with(set));
        }
        CU_ASSERT_DOUBLE_EQUAL(value, wanted[f], .00005);
        CU_ASSERT_DOUBLE_EQUAL((double)effect[f] / scale, value, .2);
    }
}

/* TV: A stays, B goes; nothing small stands in for zero. */
static void vanished_cells_belong_to_their_factor(void) {
    static const km_driver_cell cells[] = {
        {false, false, 0, {900, 1100}, {270000000, 363000000}, 0},
        {false, false, 1, {100, 0}, {400000000, 0}, 0},
    };
    int64_t effect[KM_DRIVER_COUNT];
    km_drivers_split(cells, 2, effect);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_VISITS] / 1e6, 29.947, .0005);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_CASE_MIX] / 1e6, -366.895, .0005);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_VOLUME] / 1e6, 29.947, .0005);
    CU_ASSERT_EQUAL(sum_of(effect), -307000000);
}

/* TV6: Nghe An, first quarter of 2023: 42.54 % more visits, 32.21 % more cost, now 1,026 billion. */
/* Half the visits at twice the cost: the weight is the cost itself, which the ratio of equals would not tell.
 */
static void equal_costs_have_their_cost_as_weight(void) {
    const km_driver_cell cell = {.visits = {20, 10}, .cost = {100000000, 100000000}};
    int64_t effect[KM_DRIVER_COUNT];
    km_drivers_split(&cell, 1, effect);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_VISITS], -1e8 * log(2), 1);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_VOLUME], 1e8 * log(2), 1);
    CU_ASSERT_EQUAL(sum_of(effect), 0);
}

static void visits_that_cost_nothing_are_corrections(void) {
    for (int period = 0; period < 2; period++) {
        km_driver_cell cell = {.visits = {5, 5}, .cost = {70000, 70000}};
        int64_t effect[KM_DRIVER_COUNT];
        cell.cost[period] = 0;
        km_drivers_split(&cell, 1, effect);
        CU_ASSERT_EQUAL(effect[KM_DRIVER_CORRECTIONS], period ? -70000 : 70000);
        CU_ASSERT_EQUAL(effect[KM_DRIVER_VOLUME], 0);
    }
}

static void nghe_an_first_quarter_2023(void) {
    int64_t now = (int64_t)1026000000000 * DONG, before = llround((double)now / 1.3221),
            effect[KM_DRIVER_COUNT];
    const km_driver_cell cell = {false, false, 0, {1309588 / 1.4254, 1309588}, {before, now}, 0};
    km_drivers_split(&cell, 1, effect);
    CU_ASSERT_DOUBLE_EQUAL((double)before / DONG / 1e9, 776.04, .005);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_VISITS] / DONG / 1e9, 317.3, .05);
    CU_ASSERT_DOUBLE_EQUAL((double)effect[KM_DRIVER_VOLUME] / DONG / 1e9, -67.3, .05);
    CU_ASSERT_EQUAL(sum_of(effect), now - before);
    CU_ASSERT_EQUAL(now / DONG / 1309588, 783452);
}

/* Whatever the cells hold, empty, new, gone or corrected, the parts add up to the last hundredth. */
static void nothing_is_left_over(void) {
    uint64_t seed = 7;
    for (int round = 0; round < 2000; round++) {
        km_driver_cell cells[40];
        int64_t effect[KM_DRIVER_COUNT];
        size_t count = 1 + test_random(&seed) % 40;
        for (size_t i = 0; i < count; i++) {
            cells[i] = (km_driver_cell){i & 1, i >> 1 & 1, (int)(i >> 2), {0}, {0}, 0};
            for (int year = 0; year < 2; year++) {
                if (test_random(&seed) % 5 == 0) continue;
                cells[i].visits[year] = (double)(1 + test_random(&seed) % 100000);
                cells[i].cost[year] = (int64_t)(test_random(&seed) % 100000000000000000);
                if (test_random(&seed) % 20 == 0) cells[i].cost[year] = -cells[i].cost[year] / 1000;
            }
        }
        km_drivers_split(cells, count, effect);
        CU_ASSERT_EQUAL(sum_of(effect), change_of(cells, count));
    }
    int64_t effect[KM_DRIVER_COUNT];
    km_drivers_split(NULL, 0, effect);
    CU_ASSERT_EQUAL(sum_of(effect), 0);
    const km_driver_cell born = {true, true, 0, {0, 5}, {0, 700}, 0};
    km_drivers_split(&born, 1, effect);
    CU_ASSERT_EQUAL(effect[KM_DRIVER_VISITS], 700);
}

TEST_MAIN("drivers", {"the split of the record", the_split_of_the_record}, {"Shapley agrees", shapley_agrees},
          {"vanished cells belong to their factor", vanished_cells_belong_to_their_factor},
          {"Nghe An, first quarter of 2023", nghe_an_first_quarter_2023},
          {"nothing is left over", nothing_is_left_over},
          {"equal costs have their cost as weight", equal_costs_have_their_cost_as_weight},
          {"visits that cost nothing are corrections", visits_that_cost_nothing_are_corrections})
