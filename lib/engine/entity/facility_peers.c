#include <math.h>

#include "base/hash.h"
#include "base/sort.h"
#include "claim/due.h"
#include "engine/columns.h"
#include "engine/entity/entities.h"

/* Facilities beside their peers over the same days of three years. Until 2025-08-14 peers have the same tier,
 * class and specialty; since Decree 188/2025 the same technical level and kind. */

typedef struct peer_columns {
    const km_lookup *table;
    int column[3];
    km_day day;
} peer_columns;

static void find_columns(const km_job *job, km_day day, peer_columns *out) {
    /* its Art. 34(1) compares technical levels; Decree 75/2023 tiers and classes */
    bool old = km_before_decree_188(day);
    *out = (peer_columns){.table = km_policy_table(job->policy, KM_TEXT("facilities")), .day = day};
    if (!out->table) return;
    out->column[0] = km_lookup_find_column(out->table, old ? KM_TEXT("tier") : KM_TEXT("technical_level"));
    out->column[1] = km_lookup_find_column(out->table, KM_TEXT("kind"));
    out->column[2] = old ? km_lookup_find_column(out->table, KM_TEXT("class")) : -1;
}

/* A number that facilities of the same kind share; 0 when nothing is known of it. */
static uint64_t peers_of(const peer_columns *from, uint64_t facility) {
    const int64_t row = km_lookup_row_of_code(from->table, facility, from->day);
    uint64_t hash = 0;
    bool any = false;
    for (int i = 0; i < 3 && row != KM_LOOKUP_NO_ROW; i++) {
        const km_text cell = km_lookup_text(from->table, row, from->column[i]);
        if (cell.length) hash = km_hash(cell.ptr, cell.length, hash);
        any = any || cell.length;
        hash = km_mix64(hash + 1);
    }
    return any ? hash | 1 : 0;
}

/* What the table of facilities calls it: general, traditional, ... */
static void put_kind(const km_job *job, km_result *out, uint64_t facility) {
    peer_columns from;
    find_columns(job, job->outlooks.as_of, &from);
    const int64_t row = km_lookup_row_of_code(from.table, facility, from.day);
    const km_text kind = km_lookup_text(from.table, row, from.column[1]);
    if (kind.length) km_result_text(out, KM_FACILITY_KIND, kind);
}

static void read_costs(const km_job *job, uint64_t facility, km_day day, km_visit_cost *out) {
    int year = km_civil_from_day(day).year;
    for (int i = 0; i < KM_WARNING_YEARS; i++) {
        km_int128 spent[KM_YEAR_DAYS], sum = 0;
        km_day up_to = km_day_add_months(day, -12 * i); /* of 29 February: the 28th */
        km_ledger_facility_year(&job->ledger, facility, year - i, up_to, spent, &out->visits[i]);
        for (int k = 0; k < KM_YEAR_DAYS; k++) sum += spent[k];
        out->cost[i] = (double)sum / KM_DONG;
    }
}

static int compare_peers(const void *a, const void *b, const void *context) {
    const km_visit_cost *left = (const km_visit_cost *)context + *(const uint32_t *)a;
    const km_visit_cost *right = (const km_visit_cost *)context + *(const uint32_t *)b;
    KM_ORDER_BY(peers);
    return (left > right) - (left < right);
}

/* What is compared: facilities of the ledger in the order of their codes. */
typedef struct comparison {
    uint64_t *codes, *claims;
    km_visit_cost *rows;
    const km_facility_tally **tallies;
    uint32_t *order; /* by peers */
    size_t count;
} comparison;

static bool next_facility(const km_job *job, size_t *cursor, uint64_t *code) {
    km_ledger_month cell;
    uint64_t last = *code;
    do {
        if (!km_ledger_next_month(&job->ledger, cursor, &cell)) return false;
    } while (cell.facility == last || !cell.facility);
    *code = cell.facility;
    return true;
}

static void release(const km_job *job, comparison *all) {
    km_free(job->mem, all->codes, all->count * sizeof *all->codes);
    km_free(job->mem, all->claims, all->count * sizeof *all->claims);
    km_free(job->mem, all->rows, all->count * sizeof *all->rows);
    km_free(job->mem, all->tallies, all->count * sizeof *all->tallies);
    km_free(job->mem, all->order, all->count * sizeof *all->order);
}

static kiem_status collect(km_job *job, comparison *all, km_error *error) {
    uint64_t code = 0;
    for (size_t cursor = 0; next_facility(job, &cursor, &code);) all->count++;
    if (!all->count) return KIEM_OK;
    all->codes = km_alloc_array(job->mem, all->count, sizeof *all->codes);
    all->claims = km_alloc_array(job->mem, all->count, sizeof *all->claims);
    all->rows = km_alloc_array(job->mem, all->count, sizeof *all->rows);
    all->tallies = km_alloc_array(job->mem, all->count, sizeof *all->tallies);
    all->order = km_alloc_array(job->mem, all->count, sizeof *all->order);
    job->warnings = km_alloc_array(job->mem, all->count, sizeof *job->warnings);
    job->warning_count = job->warnings ? all->count : 0;
    if (!all->codes || !all->claims || !all->rows || !all->tallies || !all->order || !job->warnings)
        return km_nomem(error);
    code = 0;
    for (size_t cursor = 0, i = 0; next_facility(job, &cursor, &code); i++) {
        bool is_new;
        uint32_t *place = km_map_insert(&job->warning_index, code, &is_new);
        if (!place) return km_nomem(error);
        *place = (uint32_t)i;
        const uint32_t *tally = km_map_find(&job->facility_index, code);
        const km_facility *facility = km_facilities_find(&job->facilities, code);
        all->codes[i] = code;
        all->claims[i] = facility ? facility->claims : 0;
        all->tallies[i] = tally ? &job->facility_tallies[*tally] : NULL;
    }
    return KIEM_OK;
}

/* Claims and stays of the months of the year so far. */
static void count_stays(const km_job *job, comparison *all) {
    const km_civil today = km_civil_from_day(job->outlooks.as_of);
    km_ledger_month cell;
    for (size_t cursor = 0; km_ledger_next_month(&job->ledger, &cursor, &cell);) {
        const uint32_t *place = km_map_find(&job->warning_index, cell.facility);
        if (!place || cell.year != today.year || cell.month > today.month) continue;
        all->rows[*place].claims += cell.money.claims;
        if (cell.inpatient) all->rows[*place].stays += cell.money.claims;
    }
}

/* As it stood on the last day of a month. */
static kiem_status compare_month(km_job *job, comparison *all, int back, km_error *error) {
    const km_day day = km_grades_day(job->outlooks.as_of, back);
    peer_columns from;
    find_columns(job, day, &from);
    for (size_t i = 0; i < all->count; i++) {
        all->rows[i] = (km_visit_cost){.peers = peers_of(&from, all->codes[i])};
        read_costs(job, all->codes[i], day, &all->rows[i]);
        all->order[i] = (uint32_t)i;
    }
    if (!back) count_stays(job, all);
    km_sort(all->order, all->count, sizeof *all->order, compare_peers, all->rows);
    km_warnings(all->rows, all->order, all->count, job->warnings);
    const km_graded graded = {all->codes, job->warnings, all->tallies, all->claims,
                              all->rows,  all->order,    all->count};
    return km_grades_month(&job->grades, back, job->outlooks.as_of, &graded, error);
}

kiem_status km_job_compare_visits(km_job *job, km_error *error) {
    comparison all = {0};
    kiem_status status = collect(job, &all, error);
    for (int back = KM_GRADED_MONTHS - 1; all.count && status == KIEM_OK && back >= 0; back--)
        status = compare_month(job, &all, back, error);
    release(job, &all);
    return status;
}

static kiem_status put_grade(km_job *job, km_result *out, size_t place, uint64_t facility, km_error *error) {
    const km_facility_grade *grade = &job->grades.items[place];
    const km_warning *own = &job->warnings[place];
    const uint32_t *tally = km_map_find(&job->facility_index, facility);
    if (own->has_share) km_put_share(out, KM_FACILITY_INPATIENT_SHARE, own->inpatient_share);
    if (own->has_peers_share)
        km_put_share(out, KM_FACILITY_PEERS_INPATIENT_SHARE, own->peers_inpatient_share);
    if (own->has_multiple) km_put_ratio(out, KM_FACILITY_COST_MULTIPLE, own->multiple);
    put_kind(job, out, facility);
    km_result_int(out, KM_FACILITY_VIOLATION_CLAIMS,
                  tally ? (int64_t)job->facility_tallies[*tally].violations : 0);
    if (!isnan(grade->violation_multiple))
        km_put_ratio(out, KM_FACILITY_VIOLATION_MULTIPLE, grade->violation_multiple);
    if (grade->grade == KM_GRADE_NONE) return KIEM_OK;
    km_buf grounds;
    km_buf_init(&grounds, job->mem);
    km_grade_grounds(&job->grades, grade->grounds, &grounds);
    bool good = km_buf_ok(&grounds);
    km_result_text(out, KM_FACILITY_GRADE, km_text_from(km_grade_name(grade->grade)));
    if (good && grounds.length) km_result_text(out, KM_FACILITY_GRADE_GROUNDS, km_buf_view(&grounds));
    km_result_int(out, KM_FACILITY_MONTHS_HIGH, grade->months_high);
    km_buf_free(&grounds);
    return good ? KIEM_OK : km_nomem(error);
}

kiem_status km_job_put_peers(km_job *job, uint64_t facility, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_FACILITIES].chunk;
    const uint32_t *place = km_map_find(&job->warning_index, facility);
    const km_warning *own = place ? &job->warnings[*place] : NULL;
    if (!own) return KIEM_OK;
    km_result_int(out, KM_FACILITY_PEERS, own->peers);
    if (own->has_cost) km_put_money(out, KM_FACILITY_COST_PER_VISIT, own->per_visit);
    if (own->has_growth) km_put_share(out, KM_FACILITY_GROWTH, own->growth);
    if (own->has_growth_before) km_put_share(out, KM_FACILITY_GROWTH_BEFORE, own->growth_before);
    if (own->has_peers) {
        km_put_money(out, KM_FACILITY_PEERS_COST_PER_VISIT, own->peers_per_visit);
        km_put_money(out, KM_FACILITY_POOLED_COST_PER_VISIT, own->pooled_per_visit);
    }
    if (own->has_peer_growth) km_put_share(out, KM_FACILITY_PEERS_GROWTH, own->peers_growth);
    return put_grade(job, out, *place, facility, error);
}
