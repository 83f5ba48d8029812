#include "state/history/history_columns.h"

#include <stddef.h>
#include <string.h>

typedef enum source {
    COUNT = 0,
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

#define IN_VISIT(member) COUNT, offsetof(km_visit, member)

static const struct {
    int field;
    source from;
    int of; /* the partner, or where in a visit the count stands */
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
    {KM_CLAIM_visits_7d, IN_VISIT(visits[KM_WINDOW_7D])},
    {KM_CLAIM_visits_30d, IN_VISIT(visits[KM_WINDOW_30D])},
    {KM_CLAIM_visits_365d, IN_VISIT(visits[KM_WINDOW_365D])},
    {KM_CLAIM_visit_days_30d, IN_VISIT(visit_days[KM_REACH_30D])},
    {KM_CLAIM_visit_days_365d, IN_VISIT(visit_days[KM_REACH_365D])},
    {KM_CLAIM_facilities_same_day, IN_VISIT(facilities[KM_REACH_DAY])},
    {KM_CLAIM_facilities_30d, IN_VISIT(facilities[KM_REACH_30D])},
    {KM_CLAIM_facilities_365d, IN_VISIT(facilities[KM_REACH_365D])},
    {KM_CLAIM_same_diagnosis_7d, IN_VISIT(same_diagnosis_7d)},
    {KM_CLAIM_inpatient_before_14d, IN_VISIT(inpatient_before_14d)},
    {KM_CLAIM_births_within_180d, IN_VISIT(births_within_180d)},
    {KM_CLAIM_distinct_cards, IN_VISIT(distinct_cards)},
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

/* KM_NO_AMOUNT for NULL. */
static int64_t of_claim(const km_history_row *about, source from) {
    switch (from) {
    case SPENT: return about->visit->spend_365d;
    case COPAID: return about->visit->copay_year;
    case LONG_COURSE: return about->visit->long_course;
    case OVERLAP_MINUTES: return overlap_minutes(about);
    default: return KM_NO_AMOUNT;
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

/* The rows that are to be filled, in bits: those with a history, and those with each partner. */
typedef struct some_rows {
    uint32_t first, count;
    const km_history_row *rows;
    uint64_t known, with[KM_PARTNER_COUNT];
} some_rows;

static some_rows rows_of(uint32_t first, uint32_t count, const km_history_row *rows, bool partners) {
    some_rows some = {.first = first, .count = count, .rows = rows};
    for (uint32_t i = 0; i < count; i++) {
        if (!rows[i].visit) continue;
        some.known |= (uint64_t)1 << i;
        for (unsigned left = partners ? rows[i].has : 0; left; left &= left - 1)
            some.with[__builtin_ctz(left)] |= (uint64_t)1 << i;
    }
    return some;
}

static kiem_status put_keys(km_history_columns *columns, km_column *column, int of, const some_rows *some,
                            km_error *error) {
    uint32_t done = 0;
    for (uint64_t left = some->with[of]; left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        km_column_put_no_texts(column, some->first + done, i - done);
        if (!km_column_put_text(columns->batch->mem, column, some->first + i, some->rows[i].other[of].key))
            return km_nomem(error);
        done = i + 1;
    }
    km_column_put_no_texts(column, some->first + done, some->count - done);
    return KIEM_OK;
}

/* Columns of counts are narrow. */
static void put_counts(km_column *column, size_t offset, const some_rows *some) {
    int32_t *values = (int32_t *)column->values + some->first;
    for (uint32_t i = 0; i < some->count; i++) {
        if (some->rows[i].visit)
            memcpy(&values[i], (const char *)some->rows[i].visit + offset, sizeof *values);
    }
    column->valid[some->first / 64] |= some->known << some->first % 64;
}

static void put_numbers(km_column *column, size_t width, source from, int of, const some_rows *some) {
    const bool own = from <= OVERLAP_MINUTES;
    for (uint64_t left = own ? some->known : some->with[of]; left; left &= left - 1) {
        const uint32_t i = (uint32_t)__builtin_ctzll(left);
        const km_history_row *about = &some->rows[i];
        const int64_t value = own ? of_claim(about, from) : of_partner(&about->other[of], about->in, from);
        if (value != KM_NO_AMOUNT) km_column_put(column, width, some->first + i, value);
    }
}

kiem_status km_history_columns_put(km_history_columns *columns, uint32_t first, uint32_t count,
                                   const km_history_row *rows, km_error *error) {
    const some_rows some = rows_of(first, count, rows, columns->partners);
    for (int c = 0; c < columns->count; c++) {
        km_column *column = columns->at[c].column;
        const size_t width = columns->at[c].width;
        const source from = all[columns->at[c].number].from;
        const int of = all[columns->at[c].number].of;
        if (from == COUNT) {
            put_counts(column, (size_t)of, &some);
        } else if (from == KEY) {
            KM_TRY(put_keys(columns, column, of, &some, error));
        } else {
            put_numbers(column, width, from, of, &some);
        }
    }
    return KIEM_OK;
}
