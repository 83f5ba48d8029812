#include "score/money/season.h"

#include <math.h>

#include "support/policy_table.h"
#include "support/test.h"

static void load(km_calendar *calendar, km_season_weights *weights) {
    km_lookup holidays, season;
    km_error error;
    test_policy_table(&holidays, "holidays");
    test_policy_table(&season, "season");
    TEST_OK(km_calendar_read(calendar, test_mem(), &holidays, &error), &error);
    TEST_OK(km_season_weights_read(weights, &season, NULL, &error), &error);
    km_lookup_free(&season);
    km_lookup_free(&holidays);
}

static void mixed(km_season *out, const km_season_weights *weights, const km_calendar *calendar, int year,
                  double outpatient) {
    km_season_year made;
    km_season_year_make(&made, weights, calendar, year);
    km_season_of_mix(out, &made, outpatient);
}

static double until(const km_season *season, int month, int day) {
    return season->before[km_day_from_civil(season->year, month, day) - season->first + 1];
}

/* TV1 of the methods: months of 2023, %, and its cumulative shares. */
static void the_shipped_curve_of_2023(void) {
    static const double months[] = {6.15, 7.69, 8.45, 7.81, 8.03, 8.45, 8.59, 9.01, 8.09, 9.21, 9.16, 9.35};
    static const int ends[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    km_calendar calendar;
    km_season_weights weights;
    km_season season;
    km_season_year made;
    load(&calendar, &weights);
    mixed(&season, &weights, &calendar, 2023, weights.mix[0]);
    double before = 0;
    for (int month = 1; month <= 12; month++) {
        double now = until(&season, month, ends[month - 1]);
        CU_ASSERT_DOUBLE_EQUAL(100 * (now - before), months[month - 1], 0.00501);
        before = now;
    }
    CU_ASSERT_DOUBLE_EQUAL(before, 1, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(100 * until(&season, 3, 31), 22.294, 0.000501);
    CU_ASSERT_DOUBLE_EQUAL(100 * until(&season, 6, 30), 46.59, 0.00501);
    CU_ASSERT_DOUBLE_EQUAL(100 * until(&season, 9, 30), 72.28, 0.00501);
    CU_ASSERT_DOUBLE_EQUAL(100 * until(&season, 2, 15), 10.419, 0.000501);
    km_season_year_make(&made, &weights, &calendar, 2023);
    CU_ASSERT_DOUBLE_EQUAL(100 * until(&made.care[0], 6, 30), 46.43, 0.00501);
    CU_ASSERT_DOUBLE_EQUAL(100 * until(&made.care[1], 6, 30), 46.72, 0.00501);
    km_calendar_free(&calendar);
}

/* TV2: Thanh Hoa had used 58 % by mid 2025; a straight line says 115.8 %, the curve 125.5 %. */
static void thanh_hoa_is_ahead_of_the_curve(void) {
    km_calendar calendar;
    km_season_weights weights;
    km_season season;
    load(&calendar, &weights);
    mixed(&season, &weights, &calendar, 2025, weights.mix[0]);
    CU_ASSERT_DOUBLE_EQUAL(100 * until(&season, 6, 30), 46.21, 0.00501);
    CU_ASSERT_DOUBLE_EQUAL(0.58 / until(&season, 6, 30), 1.255, 0.0005);
    km_calendar_free(&calendar);
}

/* Near the published anchors in every year the calendar knows: a first half of about 45 %, eleven months of
 * about 90.9 %. */
static void curves_of_all_years_are_curves(void) {
    km_calendar calendar;
    km_season_weights weights;
    load(&calendar, &weights);
    for (int year = 2019; year <= 2027; year++) {
        km_season season;
        mixed(&season, &weights, &calendar, year, 0.45);
        CU_ASSERT_EQUAL(season.days, year % 4 ? 365 : 366);
        for (int i = 0; i < season.days; i++) {
            CU_ASSERT_TRUE(season.share[i] > 0 && season.share[i] < 0.006);
            CU_ASSERT_DOUBLE_EQUAL(season.before[i + 1] - season.before[i], season.share[i], 1e-12);
        }
        CU_ASSERT_DOUBLE_EQUAL(season.before[season.days], 1, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(until(&season, 6, 30), 0.46, 0.012);
        CU_ASSERT_DOUBLE_EQUAL(until(&season, 11, 30), 0.909, 0.009);
        CU_ASSERT_EQUAL(season.before[0], 0);
    }
    km_calendar_free(&calendar);
}

/* What the curve of one year says, learned for another, is that other year's curve: Tet moves with its date.
 */
static void a_learned_curve_follows_tet(void) {
    km_calendar calendar;
    km_season_weights weights;
    load(&calendar, &weights);
    km_season source, wanted, learned, flat;
    km_season_year of_2023, of_2024;
    mixed(&source, &weights, &calendar, 2023, 0.45);
    mixed(&wanted, &weights, &calendar, 2024, 0.45);
    mixed(&flat, &weights, &calendar, 2024, 0.45);
    learned = flat;
    km_season_year_make(&of_2023, &weights, &calendar, 2023);
    km_season_year_make(&of_2024, &weights, &calendar, 2024);
    CU_ASSERT_TRUE(km_season_learn(&learned, &of_2024, &of_2023, source.share));
    double worst = 0;
    for (int i = 0; i < wanted.days; i++)
        worst = fmax(worst, fabs(learned.before[i + 1] - wanted.before[i + 1]));
    CU_ASSERT_TRUE(worst < 0.006);
    CU_ASSERT_TRUE(worst > 1e-6); /* it was learned, not copied */
    CU_ASSERT_FALSE(km_season_learn(&learned, &of_2024, &of_2023, (double[KM_YEAR_DAYS]){0}));
    km_calendar_free(&calendar);
}

static void a_late_start_rescales_the_rest(void) {
    km_calendar calendar;
    km_season_weights weights;
    km_season whole, late;
    load(&calendar, &weights);
    mixed(&whole, &weights, &calendar, 2025, 0.45);
    late = whole;
    km_season_start_at(&late, 151); /* 1 June */
    double start = until(&whole, 5, 31);
    CU_ASSERT_EQUAL(until(&late, 5, 31), 0);
    CU_ASSERT_DOUBLE_EQUAL(until(&late, 9, 30), (until(&whole, 9, 30) - start) / (1 - start), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(until(&late, 12, 31), 1, 1e-12);
    km_calendar_free(&calendar);
}

static void known_steps_raise_what_follows(void) {
    km_calendar calendar;
    km_season_weights weights;
    km_season plain, stepped;
    km_lookup season, steps;
    km_error error;
    load(&calendar, &weights);
    mixed(&plain, &weights, &calendar, 2024, 0.45);
    test_policy_table(&season, "season");
    TEST_OK(test_policy_table_of(&steps, "cost_steps", "day|outpatient|inpatient",
                                 "2024-07-01|1.1|1.1|2023-07-01|2|2", &error),
            &error);
    TEST_OK(km_season_weights_read(&weights, &season, &steps, &error), &error);
    mixed(&stepped, &weights, &calendar, 2024, 0.45);
    double half = until(&plain, 6, 30);
    CU_ASSERT_DOUBLE_EQUAL(until(&stepped, 6, 30), half / (half + 1.1 * (1 - half)), 1e-5);
    CU_ASSERT_TRUE(km_season_skips(&weights, 2020));
    CU_ASSERT_FALSE(km_season_skips(&weights, 2024));
    km_lookup_free(&steps);
    km_lookup_free(&season);
    km_calendar_free(&calendar);
}

static void bad_tables_are_refused(void) {
    static const struct {
        const char *cells, *message;
    } cases[] = {
        {"weekday|1|1|1", "lacks a weekday"},
        {"weekday|8|1|1", "no such part of the curve in the row 'weekday' 8"},
        {"monthly|1|1|1", "no such part"},
        {"month|1|0|1", "not above 0 in the row 'month' 1"},
        {"tet_day|-41|1|1", "no such part"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_season_weights weights;
        km_lookup table;
        km_error error;
        TEST_OK(test_policy_table_of(&table, "season", "part|number|outpatient|inpatient", cases[i].cells,
                                     &error),
                &error);
        CU_ASSERT_EQUAL(km_season_weights_read(&weights, &table, NULL, &error), KIEM_E_POLICY);
        TEST_MESSAGE(&error, cases[i].message);
        km_lookup_free(&table);
    }
}

TEST_MAIN("season", {"the shipped curve of 2023", the_shipped_curve_of_2023},
          {"Thanh Hoa is ahead of the curve", thanh_hoa_is_ahead_of_the_curve},
          {"curves of all years are curves", curves_of_all_years_are_curves},
          {"a learned curve follows Tet", a_learned_curve_follows_tet},
          {"a late start rescales the rest", a_late_start_rescales_the_rest},
          {"known steps raise what follows", known_steps_raise_what_follows},
          {"bad tables are refused", bad_tables_are_refused})
