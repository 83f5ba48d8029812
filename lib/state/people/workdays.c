#include "state/people/workdays.h"

#include <string.h>

#include "base/hash.h"
#include "base/sort.h"

bool km_spans_meet(const km_spans *a, const km_spans *b) {
    uint64_t both = 0;
    for (int i = 0; i < KM_SPAN_WORDS; i++) both |= a->bits[i] & b->bits[i];
    return both != 0;
}

static uint32_t count_spans(const km_spans *spans) {
    uint32_t count = 0;
    for (int i = 0; i < KM_SPAN_WORDS; i++) count += (uint32_t)__builtin_popcountll(spans->bits[i]);
    return count;
}

void km_workdays_init(km_workdays *all, const km_mem *mem) {
    *all = (km_workdays){.mem = mem, .mem_of_days = mem, .large = mem, .most = SIZE_MAX};
    km_arena_init(&all->names, mem);
    km_map_init(&all->by_name, mem);
    km_map_init(&all->by_day, mem);
}

enum { DAYS_LEAST = 64, SLOTS_A_DAY = 4 /* of the map, when it has just grown */ };

void km_workdays_limit(km_workdays *all, const km_mem *large, uint64_t memory) {
    uint64_t days = memory / (sizeof *all->days + SLOTS_A_DAY * sizeof(km_map_slot));
    all->large = large;
    all->most = days < DAYS_LEAST ? DAYS_LEAST : (size_t)days;
}

void km_workdays_free(km_workdays *all) {
    if (!all->mem) return;
    km_arena_free(&all->names);
    km_map_free(&all->by_name);
    km_map_free(&all->by_day);
    km_free(all->mem, all->workers, all->worker_capacity * sizeof *all->workers);
    km_free(all->mem_of_days, all->days, all->capacity * sizeof *all->days);
    km_free(all->large, all->parts, all->part_capacity * sizeof *all->parts);
    *all = (km_workdays){0};
}

/* ---- adding */

static bool is_worker(const km_worker *worker, const km_stint *stint) {
    return worker->facility == stint->facility && worker->kind == stint->kind &&
           worker->machine == stint->machine && km_text_equal(worker->name, stint->name);
}

static kiem_status find_worker(km_workdays *all, const km_stint *stint, uint32_t *out, km_error *error) {
    const uint64_t parts[] = {km_hash_text(stint->name), stint->facility, stint->kind, stint->machine};
    bool is_new;
    uint32_t *first = km_map_insert(&all->by_name, km_hash(parts, sizeof parts, 0), &is_new);
    if (!first) return km_nomem(error);
    for (uint32_t at = is_new ? 0 : *first; at; at = all->workers[at - 1].next) {
        *out = at - 1;
        if (is_worker(&all->workers[at - 1], stint)) return KIEM_OK;
    }
    if (!km_grow(all->mem, (void **)&all->workers, &all->worker_capacity, all->worker_count + 1,
                 sizeof *all->workers)) {
        return km_nomem(error);
    }
    km_worker worker = {.name = km_arena_text(&all->names, stint->name),
                        .facility = stint->facility,
                        .kind = stint->kind,
                        .machine = stint->machine,
                        .next = *first};
    if (!worker.name.ptr) return km_nomem(error);
    *out = (uint32_t)all->worker_count;
    all->workers[all->worker_count++] = worker;
    *first = *out + 1;
    return KIEM_OK;
}

/* The days so far may go on elsewhere: a day can have several parts. */
static kiem_status put_aside(km_workdays *all, km_error *error) {
    size_t count = all->part_count + all->count;
    if (!km_grow(all->large, (void **)&all->parts, &all->part_capacity, count, sizeof *all->parts))
        return km_nomem(error);
    memcpy(all->parts + all->part_count, all->days, all->count * sizeof *all->days);
    all->part_count = count;
    all->count = 0;
    km_map_free(&all->by_day);
    km_map_init(&all->by_day, all->mem);
    return KIEM_OK;
}

static kiem_status find_day(km_workdays *all, uint32_t worker, km_day day, km_workday **out,
                            km_error *error) {
    bool is_new;
    if (all->count >= all->most) KM_TRY(put_aside(all, error));
    if (!km_grow(all->mem, (void **)&all->days, &all->capacity, all->count + 1, sizeof *all->days))
        return km_nomem(error);
    uint32_t *place = km_map_insert(&all->by_day, (uint64_t)worker << 32 | (uint32_t)day, &is_new);
    if (!place) return km_nomem(error);
    if (is_new) {
        *place = (uint32_t)all->count;
        all->days[all->count++] = (km_workday){.worker = worker, .day = day};
    }
    *out = &all->days[*place];
    return KIEM_OK;
}

static uint16_t add_narrow(uint16_t a, uint16_t b) {
    return a + b < UINT16_MAX ? (uint16_t)(a + b) : UINT16_MAX;
}

static void add_spans(km_workday *day, const km_spans *present, const km_spans *operating) {
    for (int i = 0; i < KM_SPAN_WORDS; i++) {
        day->present.bits[i] |= present->bits[i];
        day->operating.bits[i] |= operating->bits[i];
    }
}

kiem_status km_workdays_add(km_workdays *all, const km_stint *stint, km_error *error) {
    uint32_t worker = 0;
    km_workday *day;
    KM_TRY(find_worker(all, stint, &worker, error));
    KM_TRY(find_day(all, worker, stint->day, &day, error));
    day->lines += stint->lines;
    day->cases += stint->cases;
    day->norm += stint->norm;
    day->norm_known = day->norm_known || stint->norm_known;
    day->fund += stint->fund;
    day->busy_spans += count_spans(&stint->busy);
    day->operating_spans += count_spans(&stint->operating);
    for (int i = 0; i < KM_DAY_HOURS; i++) day->hours[i] = add_narrow(day->hours[i], stint->hours[i]);
    add_spans(day, &stint->present, &stint->operating);
    return KIEM_OK;
}

/* ---- closing */

/* Doctors before machines; a doctor is one at all facilities, a machine is one at each. */
static int compare_persons(const km_worker *left, const km_worker *right) {
    KM_ORDER_BY(machine);
    int names = km_text_compare(left->name, right->name);
    if (names || !left->machine) return names;
    KM_ORDER_BY(facility);
    KM_ORDER_BY(kind);
    return 0;
}

static int by_person(const void *a, const void *b, const void *context) {
    (void)context;
    const km_worker *left = a, *right = b;
    int order = compare_persons(left, right);
    if (order) return order;
    KM_ORDER_BY(facility);
    return 0;
}

/* Workers stand by name and facility; `next`, which is needed no more, keeps where each one stood. */
static kiem_status sort_workers(km_workdays *all, km_error *error) {
    size_t count = all->worker_count;
    uint32_t *places = km_alloc_array(all->mem, count, sizeof *places);
    if (!places) return km_nomem(error);
    for (size_t i = 0; i < count; i++) all->workers[i].next = (uint32_t)i;
    km_sort(all->workers, count, sizeof *all->workers, by_person, NULL);
    for (size_t i = 0; i < count; i++) {
        km_worker *worker = &all->workers[i];
        worker->counted = INT32_MIN;
        worker->rank = i ? worker[-1].rank + (compare_persons(&worker[-1], worker) != 0) : 0;
        places[worker->next] = (uint32_t)i;
    }
    for (size_t i = 0; i < all->count; i++) {
        km_workday *day = &all->days[i];
        day->worker = places[day->worker];
        day->rank = all->workers[day->worker].rank;
    }
    km_free(all->mem, places, count * sizeof *places);
    return KIEM_OK;
}

/* All days are parts now, and the other way round. */
static kiem_status take_parts(km_workdays *all, km_error *error) {
    KM_TRY(put_aside(all, error));
    km_free(all->mem, all->days, all->capacity * sizeof *all->days);
    all->days = all->parts;
    all->count = all->part_count;
    all->capacity = all->part_capacity;
    all->mem_of_days = all->large;
    all->parts = NULL;
    all->part_count = all->part_capacity = 0;
    return KIEM_OK;
}

/* Adds up the parts of a day, which stand together. */
static void join_parts(km_workdays *all) {
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++) {
        const km_workday *part = &all->days[i];
        km_workday *last = kept ? &all->days[kept - 1] : NULL;
        if (!last || last->worker != part->worker || last->day != part->day) {
            all->days[kept++] = *part;
            continue;
        }
        last->lines += part->lines;
        last->cases += part->cases;
        last->norm += part->norm;
        last->norm_known = last->norm_known || part->norm_known;
        last->fund += part->fund;
        last->busy_spans += part->busy_spans;
        last->operating_spans += part->operating_spans;
        for (int h = 0; h < KM_DAY_HOURS; h++) last->hours[h] = add_narrow(last->hours[h], part->hours[h]);
        add_spans(last, &part->present, &part->operating);
    }
    all->count = kept;
}

static uint64_t worker_of(const void *day) {
    return ((const km_workday *)day)->worker;
}

static uint64_t rank_and_day(const void *item) {
    const km_workday *day = item;
    return (uint64_t)day->rank << 32 | ((uint32_t)day->day ^ 0x80000000u);
}

_Static_assert(sizeof(km_workday) <= 192, "what is kept for a day has grown");

kiem_status km_workdays_close(km_workdays *all, km_error *error) {
    km_map_free(&all->by_day);
    km_map_free(&all->by_name);
    if (all->part_count) KM_TRY(take_parts(all, error));
    KM_TRY(sort_workers(all, error));
    if (!km_sort_array(all->mem_of_days, (void **)&all->days, &all->capacity, all->count, sizeof *all->days,
                       worker_of) ||
        !km_sort_array(all->mem_of_days, (void **)&all->days, &all->capacity, all->count, sizeof *all->days,
                       rank_and_day)) {
        return km_nomem(error);
    }
    join_parts(all);
    return KIEM_OK;
}

/* ---- months */

static km_day month_of(km_day day) {
    km_civil civil = km_civil_from_day(day);
    return km_day_from_civil(civil.year, civil.month, 1);
}

static uint32_t most_in_8h(const uint16_t *hours) {
    uint32_t most = 0;
    for (int first = 0; first + 8 <= KM_DAY_HOURS; first++) {
        uint32_t sum = 0;
        for (int i = first; i < first + 8; i++) sum += hours[i];
        if (sum > most) most = sum;
    }
    return most;
}

/* Hours of the clock from the first to the last case; at least a working day, and all of a day with a case
 * whose hour nobody knows. */
static uint32_t hours_in_use(const uint16_t *hours, uint32_t cases) {
    int first = KM_DAY_HOURS, last = -1;
    uint32_t known = 0;
    for (int i = 0; i < KM_DAY_HOURS; i++) {
        known += hours[i];
        if (!hours[i]) continue;
        if (first == KM_DAY_HOURS) first = i;
        last = i;
    }
    if (known < cases) return KM_DAY_HOURS;
    return last - first + 1 < 8 ? 8 : (uint32_t)(last - first + 1);
}

static void keep_larger(uint32_t *most, km_day *on, uint32_t value, km_day day) {
    if (value <= *most) return;
    *most = value;
    *on = day;
}

/* A day at all facilities: days first .. end - 1. */
static void add_day(const km_workdays *all, size_t first, size_t end, km_work_month *month) {
    km_day day = all->days[first].day;
    uint32_t busy = 0, norm = 0, operating = 0;
    km_spans once = {{0}}, twice = {{0}}, operated = {{0}};
    for (size_t i = first; i < end; i++) {
        const km_workday *at = &all->days[i];
        month->lines += at->lines;
        month->cases += at->cases;
        month->fund += at->fund;
        month->norm_known = month->norm_known || at->norm_known;
        keep_larger(&month->max_cases, &month->max_cases_on, at->cases, day);
        keep_larger(&month->max_cases_8h, &month->max_cases_8h_on, most_in_8h(at->hours), day);
        busy += at->busy_spans * KM_SPAN_MINUTES;
        norm += at->norm;
        operating += at->operating_spans;
        for (int w = 0; w < KM_SPAN_WORDS; w++) {
            operated.bits[w] |= at->operating.bits[w];
            twice.bits[w] |= once.bits[w] & at->present.bits[w];
            once.bits[w] |= at->present.bits[w];
        }
    }
    month->days++;
    month->hours += hours_in_use(all->days[first].hours, all->days[first].cases);
    keep_larger(&month->max_busy, &month->max_busy_on, busy, day);
    keep_larger(&month->max_norm, &month->max_norm_on, norm, day);
    const uint32_t at_once = operating - count_spans(&operated); /* at all facilities */
    keep_larger(&month->max_at_once, &month->max_at_once_on, at_once * KM_SPAN_MINUTES, day);
    uint32_t shared = count_spans(&twice);
    if (shared <= month->max_two_places) return;
    month->two_places_first = first;
    month->two_places_end = end;
    month->two_places = twice;
    keep_larger(&month->max_two_places, &month->max_two_places_on, shared, day);
}

static uint32_t count_facilities(km_workdays *all, size_t first, size_t end, km_day month) {
    uint32_t count = 0;
    for (size_t i = first; i < end; i++) {
        km_worker *worker = &all->workers[all->days[i].worker];
        count += worker->counted != month;
        worker->counted = month;
    }
    return count;
}

/* What was done in the three months before, if there was something in each of them. */
static uint64_t before(km_work_cursor *cursor, const km_work_month *month) {
    uint64_t sum = 0;
    for (int i = 0; i < 3; i++) {
        if (cursor->months[i] != km_day_add_months(month->month, i - 3)) return 0;
        if (!cursor->done[i]) return 0;
        sum += cursor->done[i];
    }
    return sum;
}

static void remember(km_work_cursor *cursor, const km_work_month *month, bool machine) {
    for (int i = 0; i < 2; i++) {
        cursor->months[i] = cursor->months[i + 1];
        cursor->done[i] = cursor->done[i + 1];
    }
    cursor->months[2] = month->month;
    cursor->done[2] = machine ? month->cases : month->lines;
}

bool km_workdays_next_month(km_workdays *all, km_work_cursor *cursor, km_work_month *out) {
    const km_workday *days = all->days;
    size_t first = cursor->next, end = first;
    if (first >= all->count) return false;
    const km_worker *worker = &all->workers[days[first].worker];
    *out = (km_work_month){.worker = worker, .month = month_of(days[first].day)};
    if (cursor->rank != days[first].rank) memset(cursor->done, 0, sizeof cursor->done);
    cursor->rank = days[first].rank;
    while (end < all->count && days[end].rank == cursor->rank && month_of(days[end].day) == out->month) {
        size_t day = end;
        while (end < all->count && days[end].rank == cursor->rank && days[end].day == days[day].day) end++;
        add_day(all, day, end, out);
    }
    out->facilities = count_facilities(all, first, end, out->month);
    out->before = before(cursor, out);
    remember(cursor, out, worker->machine);
    cursor->next = end;
    return true;
}
