#include "base/hash.h"
#include "base/sort.h"
#include "engine/provinces.h"

/* Facilities beside their peers over the same days of three years. Until 2025-08-14 peers have the same tier,
 * class and specialty; since Decree 188/2025 the same technical level and kind. */

enum { HUNDREDTHS = 100 };

typedef struct peer_columns {
    const km_lookup *table;
    int column[3];
    km_day day;
} peer_columns;

static void find_columns(const km_job *job, km_day day, peer_columns *out) {
    bool old = day < km_day_from_civil(2025, 8, 15);
    *out = (peer_columns){.table = km_policy_table(job->policy, KM_TEXT("facilities")), .day = day};
    if (!out->table || !out->table->rows) {
        out->table = NULL;
        return;
    }
    out->column[0] = km_lookup_find_column(out->table, old ? KM_TEXT("tier") : KM_TEXT("technical_level"));
    out->column[1] = km_lookup_find_column(out->table, KM_TEXT("kind"));
    out->column[2] = old ? km_lookup_find_column(out->table, KM_TEXT("class")) : -1;
}

/* A number that facilities of the same kind share; 0 when nothing is known of it. */
static uint64_t peers_of(const peer_columns *from, uint64_t facility) {
    const km_value key = {.type = KM_TYPE_CODE, .known = true, .code = facility};
    int64_t row = from->table ? km_lookup_row(from->table, &key, from->day) : KM_LOOKUP_NO_ROW;
    uint64_t hash = 0;
    bool any = false;
    for (int i = 0; i < 3 && row != KM_LOOKUP_NO_ROW; i++) {
        const km_value *cell = from->column[i] >= 0 ? &from->table->column[from->column[i]].cells[row] : NULL;
        if (cell && cell->known && cell->text.length) {
            hash = km_hash(cell->text.ptr, cell->text.length, hash);
            any = true;
        }
        hash = km_mix64(hash + 1);
    }
    return any ? hash | 1 : 0;
}

static void read_costs(const km_job *job, uint64_t facility, km_visit_cost *out) {
    km_civil today = km_civil_from_day(job->outlooks.as_of);
    for (int i = 0; i < KM_WARNING_YEARS; i++) {
        km_int128 spent[KM_YEAR_DAYS], sum = 0;
        km_day up_to = km_day_from_civil(today.year - i, today.month, 1) + today.day - 1;
        km_ledger_facility_year(&job->ledger, facility, today.year - i, up_to, spent, &out->visits[i]);
        for (int day = 0; day < KM_YEAR_DAYS; day++) sum += spent[day];
        out->cost[i] = (double)sum / HUNDREDTHS;
    }
}

static int compare_peers(const void *a, const void *b, const void *context) {
    const km_visit_cost *left = (const km_visit_cost *)context + *(const uint32_t *)a;
    const km_visit_cost *right = (const km_visit_cost *)context + *(const uint32_t *)b;
    KM_ORDER_BY(peers);
    return (left > right) - (left < right);
}

/* Facilities of the ledger in the order of their codes. */
static kiem_status collect(km_job *job, km_visit_cost **rows, size_t *capacity, km_error *error) {
    km_ledger_month cell;
    uint64_t last = 0;
    peer_columns from;
    find_columns(job, job->outlooks.as_of, &from);
    for (size_t cursor = 0; km_ledger_next_month(&job->ledger, &cursor, &cell);) {
        if (cell.facility == last || !cell.facility) continue;
        bool is_new;
        uint32_t *place = km_map_insert(&job->warning_index, cell.facility, &is_new);
        size_t next = job->warning_index.count - 1;
        if (!place || !km_grow(job->mem, (void **)rows, capacity, next + 1, sizeof **rows))
            return km_nomem(error);
        last = cell.facility;
        *place = (uint32_t)next;
        (*rows)[next] = (km_visit_cost){.peers = peers_of(&from, last)};
        read_costs(job, last, &(*rows)[next]);
    }
    return KIEM_OK;
}

static kiem_status compare(km_job *job, const km_visit_cost *rows, uint32_t *order, km_error *error) {
    size_t count = job->warning_index.count;
    if (!km_grow(job->mem, (void **)&job->warnings, &job->warning_capacity, count, sizeof *job->warnings) ||
        !order) {
        return km_nomem(error);
    }
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    km_sort(order, count, sizeof *order, compare_peers, rows);
    km_warnings(rows, order, count, job->warnings);
    return KIEM_OK;
}

kiem_status km_job_compare_visits(km_job *job, km_error *error) {
    km_visit_cost *rows = NULL;
    size_t capacity = 0;
    kiem_status status = collect(job, &rows, &capacity, error);
    size_t count = job->warning_index.count;
    if (status == KIEM_OK && count) {
        uint32_t *order = km_alloc_array(job->mem, count, sizeof *order);
        status = compare(job, rows, order, error);
        km_free(job->mem, order, count * sizeof *order);
    }
    km_free(job->mem, rows, capacity * sizeof *rows);
    return status;
}

void km_job_put_peers(km_job *job, uint64_t facility) {
    km_result *out = &job->sinks[KM_TABLE_FACILITIES].chunk;
    const uint32_t *place = km_map_find(&job->warning_index, facility);
    const km_warning *own = place ? &job->warnings[*place] : NULL;
    if (!own) return;
    km_result_int(out, KM_FACILITY_PEERS, own->peers);
    if (own->has_cost) km_put_money(out, KM_FACILITY_COST_PER_VISIT, own->per_visit);
    if (own->has_growth) km_put_share(out, KM_FACILITY_GROWTH, own->growth);
    if (own->has_growth_before) km_put_share(out, KM_FACILITY_GROWTH_BEFORE, own->growth_before);
    if (own->has_peers) {
        km_put_money(out, KM_FACILITY_PEERS_COST_PER_VISIT, own->peers_per_visit);
        km_put_money(out, KM_FACILITY_POOLED_COST_PER_VISIT, own->pooled_per_visit);
    }
    if (own->has_peer_growth) km_put_share(out, KM_FACILITY_PEERS_GROWTH, own->peers_growth);
}
