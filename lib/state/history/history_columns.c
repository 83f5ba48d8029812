#include "state/history/history_columns.h"

typedef enum source {
    COUNT_VISITS = 0,
    COUNT_FACILITIES,
    COUNT_VISIT_DAYS,
    COUNT_DIAGNOSES,
    COUNT_STAYS,
    COUNT_BIRTHS,
    COUNT_CARDS,
    SPENT,
    COPAID,
    LONG_COURSE,
    OVERLAP_MINUTES,
    /* of the partner */
    KEY,
    FACILITY,
    DIAGNOSIS,
    RESULT,
    SENT_ON,
    OUT,
    MINUTES_SINCE, /* its end */
    DAYS_SINCE,    /* its end */
    DAYS_BETWEEN   /* the beginnings */
} source;

static const struct {
    int field;
    source from;
    int of; /* the window, the reach or the partner */
} all[] = {
    {KM_CLAIM_duplicate_of, KEY, KM_PARTNER_DUPLICATE},
    {KM_CLAIM_near_duplicate_of, KEY, KM_PARTNER_NEAR_DUPLICATE},
    {KM_CLAIM_overlapping_claim, KEY, KM_PARTNER_OVERLAP},
    {KM_CLAIM_overlapping_facility, FACILITY, KM_PARTNER_OVERLAP},
    {KM_CLAIM_overlap_minutes, OVERLAP_MINUTES, KM_PARTNER_OVERLAP},
    {KM_CLAIM_overlap_transfer, SENT_ON, KM_PARTNER_OVERLAP},
    {KM_CLAIM_inside_stay, KEY, KM_PARTNER_INSIDE},
    {KM_CLAIM_inside_facility, FACILITY, KM_PARTNER_INSIDE},
    {KM_CLAIM_same_day_claim, KEY, KM_PARTNER_SAME_DAY},
    {KM_CLAIM_same_day_facility, FACILITY, KM_PARTNER_SAME_DAY},
    {KM_CLAIM_previous_stay, KEY, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_previous_facility, FACILITY, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_previous_diagnosis, DIAGNOSIS, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_previous_result, RESULT, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_previous_transfer, SENT_ON, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_previous_discharge, OUT, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_previous_discharge_minutes, MINUTES_SINCE, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_previous_discharge_days, DAYS_SINCE, KM_PARTNER_PREVIOUS_STAY},
    {KM_CLAIM_death_claim, KEY, KM_PARTNER_DEATH},
    {KM_CLAIM_after_death, DAYS_SINCE, KM_PARTNER_DEATH},
    {KM_CLAIM_previous_delivery, KEY, KM_PARTNER_DELIVERY},
    {KM_CLAIM_previous_delivery_days, DAYS_BETWEEN, KM_PARTNER_DELIVERY},
    {KM_CLAIM_removed_before, KEY, KM_PARTNER_REMOVAL},
    {KM_CLAIM_other_identity, KEY, KM_PARTNER_OTHER_IDENTITY},
    {KM_CLAIM_visits_7d, COUNT_VISITS, KM_WINDOW_7D},
    {KM_CLAIM_visits_30d, COUNT_VISITS, KM_WINDOW_30D},
    {KM_CLAIM_visits_365d, COUNT_VISITS, KM_WINDOW_365D},
    {KM_CLAIM_visit_days_30d, COUNT_VISIT_DAYS, KM_REACH_30D},
    {KM_CLAIM_visit_days_365d, COUNT_VISIT_DAYS, KM_REACH_365D},
    {KM_CLAIM_facilities_same_day, COUNT_FACILITIES, KM_REACH_DAY},
    {KM_CLAIM_facilities_30d, COUNT_FACILITIES, KM_REACH_30D},
    {KM_CLAIM_facilities_365d, COUNT_FACILITIES, KM_REACH_365D},
    {KM_CLAIM_same_diagnosis_7d, COUNT_DIAGNOSES, 0},
    {KM_CLAIM_inpatient_before_14d, COUNT_STAYS, 0},
    {KM_CLAIM_births_within_180d, COUNT_BIRTHS, 0},
    {KM_CLAIM_distinct_cards, COUNT_CARDS, 0},
    {KM_CLAIM_spend_365d, SPENT, 0},
    {KM_CLAIM_in_long_course, LONG_COURSE, 0},
    {KM_CLAIM_copay_year, COPAID, 0},
};
enum { COLUMNS = sizeof all / sizeof all[0] };

_Static_assert((int)COLUMNS <= (int)KM_HISTORY_COLUMNS_MAX, "more history columns than there is room for");

km_other km_other_of(const km_episode *self, const km_episode *other, const char *texts) {
    return (km_other){.in = other->in,
                      .out = other->out,
                      .facility = other->facility,
                      .icd = other->icd,
                      .shared_minutes = (other->out < self->out ? other->out : self->out) - self->in,
                      .result = (uint8_t)km_episode_result(other),
                      .sent_on = km_episode_flag(other, KM_ABOUT_SENT_ON),
                      .key = km_episode_key(other, texts)};
}

static int64_t of_partner(const km_other *other, km_minute in, source from) {
    switch (from) {
    case FACILITY: return other->facility ? (int64_t)other->facility : KM_NO_AMOUNT;
    case DIAGNOSIS: return other->icd ? (int64_t)other->icd : KM_NO_AMOUNT;
    case RESULT: return other->result ? other->result : KM_NO_AMOUNT;
    case SENT_ON: return other->sent_on;
    case OUT: return other->out;
    case MINUTES_SINCE: return (int64_t)in - other->out;
    case DAYS_SINCE: return (int64_t)km_day_of(in) - km_day_of(other->out);
    case DAYS_BETWEEN: return (int64_t)km_day_of(in) - km_day_of(other->in);
    default: return KM_NO_AMOUNT;
    }
}

static int64_t overlap_minutes(const km_history_row *about) {
    if (!about->visit->kind_known) return KM_NO_AMOUNT;
    return about->has >> KM_PARTNER_OVERLAP & 1 ? about->other[KM_PARTNER_OVERLAP].shared_minutes : 0;
}

/* The number or code of a column, KM_NO_AMOUNT for NULL. */
static int64_t value_of(const km_history_row *about, source from, int of) {
    const km_visit *visit = about->visit;
    switch (from) {
    case COUNT_VISITS: return visit->visits[of];
    case COUNT_FACILITIES: return visit->facilities[of];
    case COUNT_VISIT_DAYS: return visit->visit_days[of];
    case COUNT_DIAGNOSES: return visit->same_diagnosis_7d;
    case COUNT_STAYS: return visit->inpatient_before_14d;
    case COUNT_BIRTHS: return visit->births_within_180d;
    case COUNT_CARDS: return visit->distinct_cards;
    case SPENT: return visit->spend_365d;
    case COPAID: return visit->copay_year;
    case LONG_COURSE: return visit->long_course;
    case OVERLAP_MINUTES: return overlap_minutes(about);
    default: return about->has >> of & 1 ? of_partner(&about->other[of], about->in, from) : KM_NO_AMOUNT;
    }
}

kiem_status km_history_columns_add(km_history_columns *columns, km_batch *batch, const km_fieldset *wanted,
                                   km_error *error) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    *columns = (km_history_columns){.batch = batch};
    for (size_t i = 0; i < COLUMNS; i++) {
        int field = all[i].field, at = columns->count;
        if (wanted && !km_fieldset_has(wanted, field)) continue;
        KM_TRY(km_batch_add_column(batch, field, error));
        columns->at[at].column = &batch->column[field];
        columns->at[at].number = (uint8_t)i;
        columns->at[at].width = (uint8_t)km_field_width(&fields[field]);
        columns->count++;
        columns->partners = columns->partners || all[i].from >= OVERLAP_MINUTES;
    }
    return KIEM_OK;
}

static km_text key_of(const km_history_row *about, int of) {
    return about->visit && about->has >> of & 1 ? about->other[of].key : (km_text){"", 0};
}

static kiem_status put_keys(km_history_columns *columns, km_column *column, int of, uint32_t first,
                            uint32_t count, const km_history_row *rows, km_error *error) {
    for (uint32_t i = 0; i < count; i++) {
        if (!km_column_put_text(columns->batch->mem, column, first + i, key_of(&rows[i], of)))
            return km_nomem(error);
    }
    return KIEM_OK;
}

/* Which partners any of the rows has: most have none. */
static unsigned partners_of(const km_history_row *rows, uint32_t count) {
    unsigned any = 0;
    for (uint32_t i = 0; i < count; i++) any |= rows[i].visit ? rows[i].has : 0;
    return any;
}

kiem_status km_history_columns_put(km_history_columns *columns, uint32_t first, uint32_t count,
                                   const km_history_row *rows, km_error *error) {
    unsigned any = columns->partners ? partners_of(rows, count) : 0;
    for (int c = 0; c < columns->count; c++) {
        km_column *column = columns->at[c].column;
        source from = all[columns->at[c].number].from;
        int of = all[columns->at[c].number].of;
        bool none = from > OVERLAP_MINUTES && !(any >> of & 1);
        if (from == KEY && none) {
            km_column_put_no_texts(column, first, count);
        } else if (from == KEY) {
            KM_TRY(put_keys(columns, column, of, first, count, rows, error));
        }
        if (from == KEY || none) continue;
        for (uint32_t i = 0; i < count; i++) {
            int64_t value = rows[i].visit ? value_of(&rows[i], from, of) : KM_NO_AMOUNT;
            if (value != KM_NO_AMOUNT) km_column_put(column, columns->at[c].width, first + i, value);
        }
    }
    return KIEM_OK;
}
