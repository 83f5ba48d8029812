#include "score/money/season.h"

enum { WEEKDAYS = 7, MONTHS = 12, PARTS_SCALE = 1000 };

/* ---- weights from the policy */

typedef struct season_columns {
    int part, number, value[2];
} season_columns;

static kiem_status find_columns(const km_lookup *table, season_columns *at, km_error *error) {
    at->part = km_lookup_find_column(table, KM_TEXT("part"));
    at->number = km_lookup_find_column(table, KM_TEXT("number"));
    at->value[0] = km_lookup_find_column(table, KM_TEXT("outpatient"));
    at->value[1] = km_lookup_find_column(table, KM_TEXT("inpatient"));
    if (at->part < 0 || at->number < 0 || at->value[0] < 0 || at->value[1] < 0 ||
        table->column[at->part].type != KM_TYPE_CODE) {
        return km_fail(error, KIEM_E_POLICY,
                       "table 'season' needs the columns part, number, outpatient and inpatient");
    }
    return KIEM_OK;
}

static bool is_part(uint64_t code, const char *name) {
    uint64_t wanted = 0;
    return km_code_pack(km_text_from(name), &wanted) && wanted == code;
}

/* The place of a weight of one kind of care, or NULL when the part or number is not one of the curve's. */
static double *place_of(km_season_weights *out, uint64_t part, int64_t number, int care) {
    if (is_part(part, "weekday"))
        return number >= 1 && number <= WEEKDAYS ? &out->weekday[care][number - 1] : NULL;
    if (is_part(part, "month")) return number >= 1 && number <= MONTHS ? &out->month[care][number - 1] : NULL;
    if (is_part(part, "holiday")) return &out->holiday[care];
    if (is_part(part, "tet")) return &out->tet[care];
    if (is_part(part, "mix")) return &out->mix[care];
    if (!is_part(part, "tet_day") || number < -KM_SEASON_TET_SPAN || number > KM_SEASON_TET_SPAN) return NULL;
    return &out->around_tet[care][number + KM_SEASON_TET_SPAN];
}

static kiem_status read_row(km_season_weights *out, const km_lookup *table, const season_columns *at,
                            uint32_t row, km_error *error) {
    uint64_t part = table->column[at->part].cells[row].code;
    int64_t number = table->column[at->number].cells[row].number;
    if (is_part(part, "skip_yr")) {
        if (out->skip_count == KM_SEASON_SKIPS)
            return km_fail(error, KIEM_E_POLICY, "table 'season' skips more than %d years", KM_SEASON_SKIPS);
        out->skip_years[out->skip_count++] = (int)number;
        return KIEM_OK;
    }
    for (int care = 0; care < 2; care++) {
        double *place = place_of(out, part, number, care);
        int64_t weight = table->column[at->value[care]].cells[row].number;
        if (!place || weight <= 0) {
            char name[KM_CODE_MAX];
            return km_fail(error, KIEM_E_POLICY, "table 'season': %s in the row '%.*s' %lld",
                           place ? "a weight that is not above 0" : "no such part of the curve",
                           (int)km_code_unpack(part, name), name, (long long)number);
        }
        *place = (double)weight / PARTS_SCALE;
    }
    return KIEM_OK;
}

static kiem_status check_complete(const km_season_weights *weights, km_error *error) {
    bool complete = true;
    for (int care = 0; care < 2; care++) {
        complete = complete && weights->holiday[care] > 0 && weights->tet[care] > 0 && weights->mix[care] > 0;
        for (int i = 0; i < WEEKDAYS; i++) complete = complete && weights->weekday[care][i] > 0;
        for (int i = 0; i < MONTHS; i++) complete = complete && weights->month[care][i] > 0;
    }
    if (complete) return KIEM_OK;
    return km_fail(error, KIEM_E_POLICY, "table 'season' lacks a weekday, a month, holiday, tet or mix");
}

static kiem_status read_steps(km_season_weights *out, const km_lookup *table, km_error *error) {
    int day = km_lookup_find_column(table, KM_TEXT("day"));
    int value[2] = {km_lookup_find_column(table, KM_TEXT("outpatient")),
                    km_lookup_find_column(table, KM_TEXT("inpatient"))};
    if (day < 0 || value[0] < 0 || value[1] < 0 || table->rows > KM_SEASON_STEPS) {
        return km_fail(
            error, KIEM_E_POLICY,
            "table 'cost_steps' needs the columns day, outpatient and inpatient and at most %d rows",
            KM_SEASON_STEPS);
    }
    for (uint32_t row = 0; row < table->rows; row++) {
        out->step_day[row] = (km_day)table->column[day].cells[row].number;
        for (int care = 0; care < 2; care++) {
            int64_t factor = table->column[value[care]].cells[row].number;
            if (factor <= 0)
                return km_fail(error, KIEM_E_POLICY, "table 'cost_steps': a factor is not above 0");
            out->step_factor[care][row] = (double)factor / PARTS_SCALE;
        }
    }
    out->step_count = (int)table->rows;
    return KIEM_OK;
}

kiem_status km_season_weights_read(km_season_weights *out, const km_lookup *season, const km_lookup *steps,
                                   km_error *error) {
    season_columns at;
    *out = (km_season_weights){0};
    for (int care = 0; care < 2; care++) {
        for (int i = 0; i <= 2 * KM_SEASON_TET_SPAN; i++) out->around_tet[care][i] = 1;
    }
    KM_TRY(find_columns(season, &at, error));
    for (uint32_t row = 0; row < season->rows; row++) KM_TRY(read_row(out, season, &at, row, error));
    KM_TRY(check_complete(out, error));
    return steps ? read_steps(out, steps, error) : KIEM_OK;
}

bool km_season_skips(const km_season_weights *weights, int year) {
    for (int i = 0; i < weights->skip_count; i++) {
        if (weights->skip_years[i] == year) return true;
    }
    return false;
}

/* ---- curves */

static void begin(km_season *out, int year) {
    *out = (km_season){.year = year, .first = km_day_from_civil(year, 1, 1)};
    out->days = km_day_from_civil(year + 1, 1, 1) - out->first;
}

/* Scales the shares to 1 and sums them up. */
static void finish(km_season *out) {
    double sum = 0;
    for (int i = 0; i < out->days; i++) sum += out->share[i];
    for (int i = 0; i < out->days; i++) {
        out->share[i] = sum > 0 ? out->share[i] / sum : 0;
        out->before[i + 1] = out->before[i] + out->share[i];
    }
}

static double weight_of(const km_season_weights *weights, const km_calendar *calendar, km_day day, int month,
                        int care) {
    km_day_kind kind = km_calendar_kind(calendar, day);
    double weight = weights->month[care][month - 1];
    if (kind == KM_DAY_TET || kind == KM_DAY_TET_FIRST) return weight * weights->tet[care];
    if (kind == KM_DAY_HOLIDAY) return weight * weights->holiday[care];
    return weight * weights->weekday[care][km_weekday(day) - 1];
}

static void draw_care(km_season *out, const km_season_weights *weights, const km_calendar *calendar, int year,
                      int inpatient) {
    km_day tet = 0;
    bool has_tet = km_calendar_tet(calendar, year, &tet);
    begin(out, year);
    for (int i = 0; i < out->days; i++) {
        km_day day = out->first + i;
        double weight = weight_of(weights, calendar, day, km_civil_from_day(day).month, inpatient);
        bool plain = km_calendar_kind(calendar, day) == KM_DAY_PLAIN;
        if (has_tet && plain && day >= tet - KM_SEASON_TET_SPAN && day <= tet + KM_SEASON_TET_SPAN)
            weight *= weights->around_tet[inpatient][day - tet + KM_SEASON_TET_SPAN];
        for (int step = 0; step < weights->step_count; step++) {
            if (day >= weights->step_day[step] && km_civil_from_day(weights->step_day[step]).year == year)
                weight *= weights->step_factor[inpatient][step];
        }
        out->share[i] = weight;
    }
    finish(out);
}

/* Days that are alike from year to year. */
enum {
    TET_WEEKS = 4,
    CLASS_HOLIDAY = (2 * TET_WEEKS + 1) * WEEKDAYS,
    CLASS_PLAIN,
    CLASSES = CLASS_PLAIN + MONTHS * WEEKDAYS
};

static int class_of(const km_calendar *calendar, bool has_tet, km_day tet, km_day day) {
    int week_of_tet = tet - (km_weekday(tet) - 1); /* the Monday of that week */
    int weekday = km_weekday(day) - 1;
    int weeks = (day - weekday - week_of_tet) / WEEKDAYS;
    if (has_tet && weeks >= -TET_WEEKS && weeks <= TET_WEEKS) return (weeks + TET_WEEKS) * WEEKDAYS + weekday;
    if (km_calendar_kind(calendar, day) != KM_DAY_PLAIN) return CLASS_HOLIDAY;
    return CLASS_PLAIN + (km_civil_from_day(day).month - 1) * WEEKDAYS + weekday;
}

void km_season_year_make(km_season_year *out, const km_season_weights *weights, const km_calendar *calendar,
                         int year) {
    km_day tet = 0;
    bool has_tet = km_calendar_tet(calendar, year, &tet);
    for (int care = 0; care < 2; care++) draw_care(&out->care[care], weights, calendar, year, care);
    for (int i = 0; i < out->care[0].days; i++)
        out->alike[i] = (uint8_t)class_of(calendar, has_tet, tet, out->care[0].first + i);
}

void km_season_of_mix(km_season *out, const km_season_year *year, double outpatient) {
    const double shares[] = {outpatient, 1 - outpatient};
    km_season_blend(out, (const km_season *const[]){&year->care[0], &year->care[1]}, shares, 2);
}

void km_season_blend(km_season *out, const km_season *const *curves, const double *weights, int count) {
    begin(out, curves[0]->year);
    for (int i = 0; i < out->days; i++) {
        for (int k = 0; k < count; k++) out->share[i] += weights[k] * curves[k]->share[i];
    }
    finish(out);
}

void km_season_start_at(km_season *season, int from) {
    for (int i = 0; i < from && i < season->days; i++) season->share[i] = 0;
    finish(season);
}

/* ---- learning */

bool km_season_learn(km_season *out, const km_season_year *year, const km_season_year *taught,
                     const double *money) {
    double sum[CLASSES] = {0}, total = 0;
    int count[CLASSES] = {0};
    for (int i = 0; i < taught->care[0].days; i++) {
        int class = taught->alike[i];
        sum[class] += money[i];
        count[class]++;
        total += money[i];
    }
    if (!(total > 0)) return false;
    for (int i = 0; i < out->days; i++) {
        int class = year->alike[i];
        if (count[class] && sum[class] >= 0) out->share[i] = sum[class] / count[class] / total;
    }
    finish(out);
    return true;
}
