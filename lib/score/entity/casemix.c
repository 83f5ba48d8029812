#include "score/entity/casemix.h"

#include "base/hash.h"

void km_casemix_init(km_casemix *mix, const km_mem *mem) {
    *mix = (km_casemix){.mem = mem};
    km_map_init(&mix->unit_index, mem);
    km_map_init(&mix->cell_index, mem);
}

void km_casemix_free(km_casemix *mix) {
    km_free(mix->mem, mix->cases, mix->capacity * sizeof *mix->cases);
    km_free(mix->mem, mix->units, mix->unit_capacity * sizeof *mix->units);
    km_free(mix->mem, mix->cells, mix->cell_capacity * sizeof *mix->cells);
    km_map_free(&mix->unit_index);
    km_map_free(&mix->cell_index);
    km_casemix_init(mix, mix->mem);
}

#define NONE UINT32_MAX /* out of memory */

/* Of the unit, or of another one. */
static uint64_t unit_key(uint64_t facility, uint64_t department) {
    return facility ^ km_mix64(department);
}

/* The number of a unit, made if need be. */
static uint32_t unit_of(km_casemix *mix, uint64_t facility, uint64_t department) {
    for (uint64_t key = unit_key(facility, department);; key = km_mix64(key + 1)) { /* next: same hash */
        uint32_t *found = km_map_find(&mix->unit_index, key);
        if (found) {
            const km_case_unit *unit = &mix->units[*found];
            if (unit->facility == facility && unit->department == department) return *found;
            continue;
        }
        bool is_new;
        if (!km_grow(mix->mem, (void **)&mix->units, &mix->unit_capacity, mix->unit_count + 1,
                     sizeof *mix->units)) {
            return NONE;
        }
        uint32_t *made = km_map_insert(&mix->unit_index, key, &is_new);
        if (!made) return NONE;
        *made = (uint32_t)mix->unit_count;
        mix->units[mix->unit_count] = (km_case_unit){.facility = facility, .department = department};
        return (uint32_t)mix->unit_count++;
    }
}

static uint32_t cell_of(km_casemix *mix, uint32_t key) {
    uint32_t *found = km_map_find(&mix->cell_index, key);
    bool is_new;
    if (found) return *found;
    if (!km_grow(mix->mem, (void **)&mix->cells, &mix->cell_capacity, mix->cell_count + 1,
                 sizeof *mix->cells)) {
        return NONE;
    }
    found = km_map_insert(&mix->cell_index, key, &is_new);
    if (!found) return NONE;
    *found = (uint32_t)mix->cell_count;
    mix->cells[mix->cell_count] = key;
    return (uint32_t)mix->cell_count++;
}

/* ---- reading claims */

typedef struct columns {
    const km_batch *batch;
    km_total total;
    km_kind kind;
    km_cells icd, facility, fund, drugs, supplies, days, in, out;
    bool has_department;
} columns;

static columns columns_of(const km_batch *batch) {
    return (columns){.batch = batch,
                     .total = km_batch_total(batch),
                     .kind = km_batch_kind(batch),
                     .icd = km_batch_cells(batch, KM_CLAIM_MA_BENH_CHINH),
                     .facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
                     .fund = km_batch_cells(batch, KM_CLAIM_T_BHTT),
                     .drugs = km_batch_cells(batch, KM_CLAIM_T_THUOC),
                     .supplies = km_batch_cells(batch, KM_CLAIM_T_VTYT),
                     .days = km_batch_cells(batch, KM_CLAIM_SO_NGAY_DTRI),
                     .in = km_batch_cells(batch, KM_CLAIM_NGAY_VAO),
                     .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA),
                     .has_department = km_fieldset_has(&batch->present, KM_CLAIM_MA_KHOA)};
}

/* The first department of the list, cut to what a code holds. */
static uint64_t department_of(const columns *from, uint32_t row) {
    if (!from->has_department) return 0;
    km_text text = km_batch_text(from->batch, KM_CLAIM_MA_KHOA, row);
    uint64_t code = 0;
    size_t length = 0;
    while (length < text.length && length < KM_CODE_MAX && text.ptr[length] != ';')
        code = code << 8 | (unsigned char)text.ptr[length++];
    if (length && length < KM_CODE_MAX) code <<= 8 * (KM_CODE_MAX - length);
    return code;
}

/* Days of treatment as they are claimed, else the nights. */
static uint16_t stay_of(const columns *from, uint32_t row) {
    int64_t in = km_cells_int(&from->in, row, INT64_MIN), out = km_cells_int(&from->out, row, INT64_MIN);
    int64_t nights =
        in == INT64_MIN || out == INT64_MIN ? -1 : km_day_of((km_minute)out) - km_day_of((km_minute)in);
    int64_t days = km_cells_int(&from->days, row, nights);
    if (days < 0) return KM_CASE_NO_STAY;
    return days < KM_CASE_NO_STAY ? (uint16_t)days : KM_CASE_NO_STAY - 1;
}

/* Its first three characters, 0 for what has not the form of one: so that there can be only so many cells. */
static uint32_t block_of(uint64_t icd) {
    unsigned letter = (unsigned)(icd >> 56), tens = (unsigned)(icd >> 48 & 0xFF),
             ones = (unsigned)(icd >> 40 & 0xFF);
    bool good = letter - 'A' < 26 && tens - '0' < 10 && (ones - '0' < 10 || ones - 'A' < 26);
    return good ? (uint32_t)(icd >> 40) : 0;
}

static void read_case(const columns *from, uint32_t row, km_care care, km_case *out) {
    out->total = km_total_int(&from->total, row, KM_CASE_NO_TOTAL);
    if (out->total < 0) out->total = KM_CASE_NO_TOTAL; /* a correction has no peers */
    out->day = km_cells_known(&from->out, row) ? km_day_of((km_minute)km_cells_int(&from->out, row, 0))
                                               : KM_CASE_NO_DAY;
    out->stay = care == KM_CARE_IN ? stay_of(from, row) : KM_CASE_NO_STAY;
    out->has_free = care == KM_CARE_IN || km_cells_int(&from->drugs, row, 0) > 0 ||
                    km_cells_int(&from->supplies, row, 0) > 0;
}

static void add(km_casemix *mix, const columns *from, uint32_t row, km_case place) {
    const km_care care = km_kind_care(&from->kind, row);
    km_case *to = &mix->cases[mix->count++];
    *to = place;
    read_case(from, row, care, to);
    km_case_unit *unit = &mix->units[to->unit];
    const int64_t fund = km_cells_int(&from->fund, row, 0);
    unit->claims++;
    unit->fund += fund;
    if (to->total == KM_CASE_NO_TOTAL) return;
    unit->total += to->total;
    unit->paid += fund;
}

/* A claim on its way to its unit. */
typedef struct waiting {
    uint32_t row;
    uint64_t facility, part;
    km_case place;
} waiting;

enum { TOGETHER = 32 };

/* Units are scattered, so those of some claims are asked for before one is changed. */
static kiem_status add_some(km_casemix *mix, const columns *from, waiting *some, uint32_t count,
                            km_error *error) {
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t care = (uint32_t)km_kind_care(&from->kind, some[i].row);
        const uint64_t icd = (uint64_t)km_cells_int(&from->icd, some[i].row, 0);
        km_case *place = &some[i].place;
        *place = (km_case){.unit = unit_of(mix, some[i].facility, some[i].part),
                           .cell = cell_of(mix, care << 24 | block_of(icd))};
        if (place->unit == NONE || place->cell == NONE) return km_nomem(error);
        KM_PREFETCH(&mix->units[place->unit]);
    }
    for (uint32_t i = 0; i < count; i++) add(mix, from, some[i].row, some[i].place);
    return KIEM_OK;
}

static kiem_status expect(km_casemix *mix, uint32_t rows, km_error *error) {
    if (!km_grow(mix->mem, (void **)&mix->cases, &mix->capacity, mix->count + rows, sizeof *mix->cases))
        return km_nomem(error);
    return mix->count + rows < NONE
               ? KIEM_OK
               : km_fail(error, KIEM_E_RANGE, "more than 4,294,967,294 claims to compare");
}

kiem_status km_casemix_add_parts(km_casemix *mix, const km_batch *claims, const uint64_t *part,
                                 km_error *error) {
    const columns from = columns_of(claims);
    waiting some[TOGETHER];
    uint32_t count = 0;
    KM_TRY(expect(mix, claims->rows, error));
    for (uint32_t row = 0; row < claims->rows; row++) {
        if (part && !part[row]) continue;
        if (count == TOGETHER) {
            KM_TRY(add_some(mix, &from, some, count, error));
            count = 0;
        }
        some[count] = (waiting){.row = row,
                                .facility = (uint64_t)km_cells_int(&from.facility, row, 0),
                                .part = part ? part[row] : department_of(&from, row)};
        km_map_ask(&mix->unit_index, unit_key(some[count].facility, some[count].part));
        count++;
    }
    return add_some(mix, &from, some, count, error);
}

kiem_status km_casemix_add(km_casemix *mix, const km_batch *claims, km_error *error) {
    return km_casemix_add_parts(mix, claims, NULL, error);
}
