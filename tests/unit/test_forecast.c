#include "score/money/forecast.h"

#include <math.h>

#include "support/test.h"

/* TV4 of the methods: 12 weeks seen, 38 equal weeks to come. The weeks stand in the first 84 days, each day
 * with a seventh of its week. */
static const double shares[12] = {.018, .019, .021, .020, .019, .020, .021, .020, .019, .021, .020, .020};
static const double weeks[12] = {93.6, 100.7, 105, 104, 95, 106, 105, 106, 100.7, 113.4, 102, 110};

enum { SEEN = 12, LEFT = 38, TODAY = SEEN * KM_BLOCK_DAYS };

static double spent[KM_YEAR_DAYS];

static void make_season(km_season *season) {
    *season = (km_season){.year = 2023, .first = km_day_from_civil(2023, 1, 1)};
    season->days = (SEEN + LEFT) * KM_BLOCK_DAYS;
    for (int i = 0; i < season->days; i++) {
        season->share[i] =
            i < TODAY ? shares[i / KM_BLOCK_DAYS] / KM_BLOCK_DAYS : .762 / LEFT / KM_BLOCK_DAYS;
        season->before[i + 1] = season->before[i] + season->share[i];
        spent[i] = i < TODAY ? weeks[i / KM_BLOCK_DAYS] / KM_BLOCK_DAYS : 0;
    }
}

static km_outlook_input record(const km_season *season) {
    return (km_outlook_input){.season = season,
                              .spent = spent,
                              .today = TODAY,
                              .has_budget = true,
                              .budget = 5000,
                              .prior = km_province_prior,
                              .shape_variance = .02 * .02,
                              .widen = 1};
}

static void the_level_of_the_record(void) {
    double z[SEEN];
    km_level level;
    for (int i = 0; i < SEEN; i++) z[i] = log(weeks[i] / shares[i]);
    km_level_fit(&level, z, SEEN, km_province_prior, false);
    CU_ASSERT_DOUBLE_EQUAL(level.lag0, .00239439051, 5e-12);
    CU_ASSERT_DOUBLE_EQUAL(level.lag1, -.00193937140, 5e-12);
    CU_ASSERT_DOUBLE_EQUAL(level.noise, .00179647818, 5e-12);
    CU_ASSERT_DOUBLE_EQUAL(level.drift, .0000269473684, 5e-14);
    CU_ASSERT_DOUBLE_EQUAL(level.level, 8.56308946, 5e-9);
    CU_ASSERT_DOUBLE_EQUAL(level.variance, .000231633291, 5e-13);
}

static void the_forecast_of_the_record(void) {
    km_season season;
    km_outlook out;
    make_season(&season);
    km_outlook_input in = record(&season);
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_FORECAST);
    CU_ASSERT_EQUAL(out.weeks, SEEN);
    CU_ASSERT_DOUBLE_EQUAL(out.spent, 1241.4, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(out.forecast, 5230.33972, 5e-6);
    CU_ASSERT_DOUBLE_EQUAL(out.low80, 5069.3115, 5e-5);
    CU_ASSERT_DOUBLE_EQUAL(out.high80, 5398.1419, 5e-5);
    CU_ASSERT_DOUBLE_EQUAL(out.low95, 4986.7166, 5e-5);
    CU_ASSERT_DOUBLE_EQUAL(out.high95, 5489.8098, 5e-5);
    CU_ASSERT_DOUBLE_EQUAL(out.spent / out.expected, 5215.9664, 5e-5);
    CU_ASSERT_DOUBLE_EQUAL(out.pace, 1241.4 / (5000 * .238), 1e-9);
    /* weeks 35, 36 and 38 to come; a day of the week is the exact place */
    CU_ASSERT_EQUAL((out.exhausts_early - TODAY) / KM_BLOCK_DAYS + 1, 35);
    CU_ASSERT_EQUAL((out.exhausts - TODAY) / KM_BLOCK_DAYS + 1, 36);
    CU_ASSERT_EQUAL((out.exhausts_late - TODAY) / KM_BLOCK_DAYS + 1, 38);
    CU_ASSERT_DOUBLE_EQUAL(out.chance_over, .968, .0005);
}

/* The chances that the year so far and k weeks to come pass 5000, read from the chance at the end of a year
 * that ends there. */
static void the_run_out_of_the_record(void) {
    static const double chances[] = {.048, .234, .568, .848, .968};
    km_season season;
    make_season(&season);
    for (int i = 0; i < 5; i++) {
        km_season cut = season;
        km_outlook out;
        km_outlook_input in = record(&cut);
        cut.days = TODAY + (34 + i) * KM_BLOCK_DAYS;
        in.shape_variance *= (34 + i) / (double)LEFT;
        km_outlook_make(&out, &in);
        CU_ASSERT_DOUBLE_EQUAL(out.chance_over, chances[i], .0005);
    }
}

static void an_estimate_used_up_has_a_day(void) {
    km_season season;
    km_outlook out;
    make_season(&season);
    km_outlook_input in = record(&season);
    in.budget = weeks[0] + weeks[1] / 2;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.exhausts, 10);
    CU_ASSERT_EQUAL(out.exhausts_early, 10);
    CU_ASSERT_EQUAL(out.exhausts_late, 10);
    CU_ASSERT_EQUAL(out.chance_over, 1);
    in.budget = 90000;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.exhausts_early, KM_NO_DAY);
    CU_ASSERT_TRUE(out.chance_over < 1e-6);
    CU_ASSERT_TRUE(out.chance_well_below > 1 - 1e-6);
    in.has_budget = false;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.pace, 0);
    CU_ASSERT_DOUBLE_EQUAL(out.forecast, 5230.33972, 5e-6);
}

static void early_years_say_little(void) {
    km_season season;
    km_outlook out;
    make_season(&season);
    km_outlook_input in = record(&season);
    in.today = 3 * KM_BLOCK_DAYS + 6;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_EARLY);
    CU_ASSERT_TRUE(out.pace > 0.9 && out.forecast == 0 && out.exhausts == KM_NO_DAY);
    in.today = 4 * KM_BLOCK_DAYS;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_LOW);
    CU_ASSERT_TRUE(out.low80 < out.forecast && out.forecast < out.high80);
    in.today = season.days;
    for (int i = TODAY; i < season.days; i++) spent[i] = 15;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_CLOSED);
    CU_ASSERT_EQUAL(out.forecast, out.spent);
    CU_ASSERT_EQUAL(out.low95, out.spent);
    CU_ASSERT_EQUAL(out.expected, season.before[season.days]);
    in.budget = out.spent / 0.89;
    km_outlook_make(&out, &in);
    CU_ASSERT(out.chance_over == 0 && out.chance_well_below == 1);
    in.budget = out.spent / 0.91;
    km_outlook_make(&out, &in);
    CU_ASSERT(out.chance_over == 0 && out.chance_well_below == 0);
    spent[0] = -1e9;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_NONE);
}

/* However many weeks are over: what three of them with money bring is no forecast. */
static void weeks_without_money_tell_nothing(void) {
    km_season season;
    km_outlook out;
    make_season(&season);
    km_outlook_input in = record(&season);
    for (int i = 3 * KM_BLOCK_DAYS; i < TODAY; i++) spent[i] = 0;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_EARLY);
    CU_ASSERT(out.forecast == 0 && out.chance_well_below == 0);
    spent[TODAY - 1] = 90;
    km_outlook_make(&out, &in);
    CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_FORECAST);
}

/* Weeks that scatter by a factor, as those of few claims do: after six of them the interval of 80 % holds
 * about as many years as it says, where weeks of the assumed 4 % would let most slip. */
static void few_wild_weeks_have_a_wide_interval(void) {
    enum { YEARS = 400, FEW = 6 };
    uint64_t state = 20261123;
    km_season season;
    make_season(&season);
    km_outlook_input in = record(&season);
    in.today = FEW * KM_BLOCK_DAYS;
    in.shape_variance = 1e-9;
    int inside = 0;
    for (int year = 0; year < YEARS; year++) {
        double whole = 0, normal = 0;
        km_outlook out;
        for (int day = 0; day < season.days; day++) {
            if (day % KM_BLOCK_DAYS == 0) {
                normal = -6; /* twelve uniform numbers */
                for (int i = 0; i < 12; i++) {
                    state = state * 6364136223846793005u + 1442695040888963407u;
                    normal += (double)(state >> 11) * 0x1p-53;
                }
            }
            spent[day] = season.share[day] * exp(.35 * normal);
            whole += spent[day];
        }
        km_outlook_make(&out, &in);
        CU_ASSERT_EQUAL(out.status, KM_OUTLOOK_LOW);
        inside += out.low80 <= whole && whole <= out.high80;
    }
    CU_ASSERT_TRUE(inside >= YEARS * 7 / 10);
}

/* Hiding late claims and correcting for them gives the forecast of the full data. */
static void late_claims_do_not_lower_the_forecast(void) {
    static const double in_by_age[] = {.3, .5, .62, .71, .79, .86, .93, .97};
    double cut[KM_YEAR_DAYS], received[KM_YEAR_DAYS];
    km_season season;
    km_outlook full, late, blind;
    make_season(&season);
    km_outlook_input in = record(&season);
    in.dispersion = 1;
    km_outlook_make(&full, &in);
    for (int i = 0; i < KM_YEAR_DAYS; i++) {
        int age = TODAY - 1 - i;
        received[i] = age >= 0 && age < 8 ? in_by_age[age] : 1;
        cut[i] = spent[i] * received[i];
    }
    in.spent = cut;
    km_outlook_make(&blind, &in);
    in.received = received;
    km_outlook_make(&late, &in);
    CU_ASSERT_DOUBLE_EQUAL(late.spent + late.unreported, full.spent, 0.01 * full.spent);
    CU_ASSERT_DOUBLE_EQUAL(late.forecast, full.forecast, 0.02 * full.forecast);
    CU_ASSERT_TRUE(blind.forecast < late.forecast);
    CU_ASSERT_TRUE(late.weeks == SEEN - 1 && blind.weeks == SEEN);
}

static void learned_curves_use_students_t(void) {
    km_season season;
    km_outlook normal, student;
    make_season(&season);
    km_outlook_input in = record(&season);
    km_outlook_make(&normal, &in);
    in.shape_years = 3; /* t(0.975; 2) = 4.302653, z = 1.959964: of the curve's .02^2 of the variance */
    km_outlook_make(&student, &in);
    double variance = .0321532928 * .0321532928, ratio = 4.302653 / 1.959964;
    CU_ASSERT_DOUBLE_EQUAL(log((student.high95 - 1241.4) / 3988.93972),
                           1.959964 * sqrt(variance + .02 * .02 * (ratio * ratio - 1)), 1e-6);
    CU_ASSERT_TRUE(student.high80 > normal.high80);
    CU_ASSERT_DOUBLE_EQUAL(km_shape_variance((const double[]){.45, .45, .45}, 3), .02 * .02, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(km_shape_variance((const double[]){.45}, 1), .06 * .06, 1e-15);
    CU_ASSERT_TRUE(km_shape_variance((const double[]){.40, .50}, 2) > .1);
    in.rival = 9000;
    km_outlook_make(&student, &in);
    CU_ASSERT_EQUAL(student.high80, 9000);
}

TEST_MAIN("forecast", {"the level of the record", the_level_of_the_record},
          {"the forecast of the record", the_forecast_of_the_record},
          {"the run-out of the record", the_run_out_of_the_record},
          {"an estimate used up has a day", an_estimate_used_up_has_a_day},
          {"early years say little", early_years_say_little},
          {"weeks without money tell nothing", weeks_without_money_tell_nothing},
          {"few wild weeks have a wide interval", few_wild_weeks_have_a_wide_interval},
          {"late claims do not lower the forecast", late_claims_do_not_lower_the_forecast},
          {"learned curves use Student's t", learned_curves_use_students_t})
