#include "state/money/ledger_file.h"

#include <stddef.h>
#include <string.h>

#include "state/money/ledger_pages.h"

/* cut      u32 pages
 * page     u64 code, u32 period, u32 cells that follow; of provinces: the squares, u64 low, u64 high
 * cell     u16 number, u8 which sums are there (bit i: sum i; bit 7: with their high halves), u32 claims,
 * then of each such sum u64 low, and u32 high where they have them
 *
 * Cells of five sums are numbered first, then those of one.
 *
 * Cells that are what others leave of the days are not written (ledger_pages.h).
 *
 * Version 1 knew of a settlement the fund money alone, of a home all but what patients and others paid beside
 * it, and no ways of payment. */

enum { HIGHS = 0x80, HEAD = 8 + 4 + 4, CELL_HEAD = 2 + 1 + 4, UNKNOWN_HOME = KM_LEDGER_NOWHERE };

/* Where the cells of a page are. */
typedef struct shape {
    size_t cells_at, cells, smalls_at, smalls;
    bool squares, by_month;
} shape;

#define CELLS(type, first)  offsetof(type, first), sizeof(((type *)0)->first) / sizeof(km_ledger_cell)
#define SMALLS(type, first) offsetof(type, first), sizeof(((type *)0)->first) / sizeof(km_ledger_small)

static const shape shapes[KM_LEDGER_CUTS] = {
    [KM_LEDGER_PROVINCES] = {offsetof(km_ledger_province, day),
                             (sizeof(km_ledger_province) - offsetof(km_ledger_province, day)) /
                                 sizeof(km_ledger_cell),
                             offsetof(km_ledger_province, mixed),
                             (offsetof(km_ledger_province, day) - offsetof(km_ledger_province, mixed)) /
                                 sizeof(km_ledger_small),
                             true, true},
    [KM_LEDGER_FACILITIES] = {CELLS(km_ledger_facility, month), SMALLS(km_ledger_facility, day), false,
                              false},
    [KM_LEDGER_ORIGINS] = {CELLS(km_ledger_origins, home), 0, 0, false, false},
    [KM_LEDGER_RECEIPTS] = {0, 0, SMALLS(km_ledger_receipts, day), false, true}};

_Static_assert(offsetof(km_ledger_province, day) - offsetof(km_ledger_province, mixed) ==
                   (1 + KM_PART_COUNT + 1 + 4 * KM_LEDGER_LETTERS) * sizeof(km_ledger_small),
               "the cells of one sum stand without gaps");
_Static_assert(sizeof(km_ledger_province) - offsetof(km_ledger_province, day) ==
                   (31 * 2 + KM_LEDGER_LAGS + KM_PAYMENT_COUNT) * sizeof(km_ledger_cell),
               "the cells of five sums stand without gaps");

/* A cell of either kind, as it is written. */
typedef struct any_cell {
    int64_t *low;
    int32_t *high;
    uint32_t *claims;
    int sums;
} any_cell;

static any_cell cell_at(void *page, const shape *of, size_t number) {
    if (number < of->cells) {
        km_ledger_cell *cell = (km_ledger_cell *)((char *)page + of->cells_at) + number;
        return (any_cell){cell->low, cell->high, &cell->claims, KM_LEDGER_SUMS};
    }
    km_ledger_small *cell = (km_ledger_small *)((char *)page + of->smalls_at) + (number - of->cells);
    return (any_cell){&cell->low, &cell->high, &cell->claims, 1};
}

/* Which sums a cell has; 0 and no claims: nothing to be written. */
static unsigned sums_of(const any_cell *cell) {
    unsigned sums = 0;
    for (int i = 0; i < cell->sums; i++) {
        if (cell->low[i] || cell->high[i]) sums |= 1u << i;
        if (cell->high[i]) sums |= HIGHS;
    }
    return sums;
}

static size_t cell_bytes(unsigned sums) {
    size_t each = sums & HIGHS ? 12 : 8, bytes = CELL_HEAD;
    for (int i = 0; i < KM_LEDGER_SUMS; i++) bytes += sums >> i & 1 ? each : 0;
    return bytes;
}

/* ---- writing */

static uint64_t page_bytes(const km_ledger_page *page, const shape *of, uint32_t *cells) {
    uint64_t bytes = HEAD + (of->squares ? 16 : 0);
    *cells = 0;
    for (size_t i = 0; i < of->cells + of->smalls; i++) {
        any_cell cell = cell_at(page->cells, of, i);
        unsigned sums = sums_of(&cell);
        if (!sums && !*cell.claims) continue;
        bytes += cell_bytes(sums);
        ++*cells;
    }
    return bytes;
}

/* Pages that were made but never filled are left out. */
static uint32_t filled_pages(const km_ledger_cut *cut, const shape *of) {
    uint32_t pages = 0, cells;
    for (uint32_t i = 0; i < cut->ordered; i++) {
        page_bytes(&cut->pages[cut->order[i]], of, &cells);
        pages += cells > 0;
    }
    return pages;
}

uint64_t km_ledger_bytes(const km_ledger *ledger) {
    uint64_t bytes = 0;
    for (int i = 0; i < KM_LEDGER_CUTS; i++) {
        const km_ledger_cut *cut = &ledger->cuts[i];
        bytes += 4;
        for (uint32_t k = 0; k < cut->ordered; k++) {
            uint32_t cells;
            uint64_t size = page_bytes(&cut->pages[cut->order[k]], &shapes[i], &cells);
            if (cells) bytes += size;
        }
    }
    return bytes;
}

static kiem_status put_cell(const any_cell *cell, size_t number, km_section_writer *writer, km_error *error) {
    unsigned char bytes[CELL_HEAD + KM_LEDGER_SUMS * 12], *at = bytes + CELL_HEAD;
    unsigned sums = sums_of(cell);
    if (!sums && !*cell->claims) return KIEM_OK;
    km_le_put(bytes, number, 2);
    km_le_put(bytes + 2, sums, 1);
    km_le_put(bytes + 3, *cell->claims, 4);
    for (int i = 0; i < cell->sums; i++) {
        if (!(sums >> i & 1)) continue;
        km_le_put(at, (uint64_t)cell->low[i], 8);
        at += 8;
        if (!(sums & HIGHS)) continue;
        km_le_put(at, (uint32_t)cell->high[i], 4);
        at += 4;
    }
    return km_section_put(writer, bytes, (size_t)(at - bytes), error);
}

static kiem_status put_page(const km_ledger_page *page, const shape *of, km_section_writer *writer,
                            km_error *error) {
    unsigned char head[HEAD];
    uint32_t cells;
    page_bytes(page, of, &cells);
    if (!cells) return KIEM_OK;
    km_le_put(head, page->code, 8);
    km_le_put(head + 8, (uint32_t)page->period, 4);
    km_le_put(head + 12, cells, 4);
    KM_TRY(km_section_put(writer, head, sizeof head, error));
    if (of->squares) {
        km_int128 squares = ((const km_ledger_province *)page->cells)->squares;
        KM_TRY(km_section_put_u64(writer, (uint64_t)squares, error));
        KM_TRY(km_section_put_u64(writer, (uint64_t)(squares >> 64), error));
    }
    for (size_t i = 0; i < of->cells + of->smalls; i++) {
        any_cell cell = cell_at(page->cells, of, i);
        KM_TRY(put_cell(&cell, i, writer, error));
    }
    return KIEM_OK;
}

kiem_status km_ledger_put(const km_ledger *ledger, km_section_writer *writer, km_error *error) {
    for (int i = 0; i < KM_LEDGER_CUTS; i++) {
        const km_ledger_cut *cut = &ledger->cuts[i];
        unsigned char count[4];
        km_le_put(count, filled_pages(cut, &shapes[i]), 4);
        KM_TRY(km_section_put(writer, count, sizeof count, error));
        for (uint32_t k = 0; k < cut->ordered; k++)
            KM_TRY(put_page(&cut->pages[cut->order[k]], &shapes[i], writer, error));
    }
    return KIEM_OK;
}

/* Both cells of the own cards of a province's year; NULL where none is its own. */
static km_ledger_cell *own_home(const km_ledger_page *page) {
    int own = km_ledger_treating(page->code);
    return own == UNKNOWN_HOME ? NULL : ((km_ledger_origins *)page->cells)->home[own];
}

/* ---- version 1 */

enum { OLD_DAYS = 31 * 2, OLD_SMALLS = 1 + KM_PART_COUNT + 1 /* before the settlements */ };

/* A cell of a province as version 1 numbered them. */
static any_cell old_cell_at(void *page, const shape *of, size_t number) {
    if (number < OLD_DAYS) return cell_at(page, of, number);
    size_t small = number - OLD_DAYS;
    if (small < OLD_SMALLS) return cell_at(page, of, of->cells + small);
    small -= OLD_SMALLS;
    if (small >= KM_LEDGER_LAGS) return cell_at(page, of, of->cells + OLD_SMALLS + small - KM_LEDGER_LAGS);
    km_ledger_cell *cell = &((km_ledger_province *)page)->settled[small];
    return (any_cell){&cell->low[KM_LEDGER_FUND], &cell->high[KM_LEDGER_FUND], &cell->claims, 1};
}

static void add_sum(km_ledger_cell *to, const km_ledger_cell *from, int sum) {
    km_ledger_sum(&to->low[sum], &to->high[sum], from->low[sum]);
    to->high[sum] += from->high[sum];
}

/* The homes of the year a month lies in, made where none were written: then all cards are its own. */
static km_ledger_origins *homes_of(km_ledger *ledger, const km_ledger_page *month) {
    bool dated = month->period != KM_UNDATED_PERIOD;
    int32_t year = dated ? month->period / KM_LEDGER_MONTHS : KM_UNDATED_PERIOD;
    const km_ledger_slot *slot =
        km_ledger_page_of(&ledger->cuts[KM_LEDGER_ORIGINS], ledger->mem, month->code, year);
    return slot ? slot->cells : NULL;
}

/* What version 1 did not tell apart is booked where it is not known: a cut still holds all the money. */
static kiem_status complete_month(km_ledger *ledger, const km_ledger_page *page, km_error *error) {
    km_ledger_province *month = page->cells;
    km_ledger_origins *origins = homes_of(ledger, page);
    if (!origins) return km_nomem(error);
    memset(&month->settled[KM_USUAL_LAG], 0, sizeof *month->settled); /* now what the others leave */
    for (int i = 0; i < OLD_DAYS; i++) {
        const km_ledger_cell *day = &month->day[i / 2][i % 2];
        for (int sum = 0; sum < KM_LEDGER_SUMS; sum++) {
            if (sum != KM_LEDGER_FUND) add_sum(&month->settled[0], day, sum);
            add_sum(&month->paid[KM_PAYMENT_UNKNOWN], day, sum);
            if (sum > 2) add_sum(&origins->home[UNKNOWN_HOME][i % 2], day, sum);
        }
        month->paid[KM_PAYMENT_UNKNOWN].claims += day->claims;
    }
    return KIEM_OK;
}

static kiem_status complete(km_ledger *ledger, km_error *error) {
    const km_ledger_cut *origins = &ledger->cuts[KM_LEDGER_ORIGINS],
                        *months = &ledger->cuts[KM_LEDGER_PROVINCES];
    for (uint32_t i = 0; i < origins->count; i++) {
        km_ledger_origins *page = origins->pages[i].cells;
        for (int home = 0; home < KM_LEDGER_HOMES * 2; home++) {
            km_ledger_cell *cell = &page->home[home / 2][home % 2];
            cell->low[3] = cell->low[4] =
                0; /* the fourth was what is paid by the service, the fifth nothing */
            cell->high[3] = cell->high[4] = 0;
        }
        km_ledger_cell *own = own_home(&origins->pages[i]); /* now what the others leave */
        if (own) memset(own, 0, 2 * sizeof *own);
    }
    for (uint32_t i = 0; i < months->count; i++) KM_TRY(complete_month(ledger, &months->pages[i], error));
    return KIEM_OK;
}

/* ---- reading */

static kiem_status get_number(km_section_reader *reader, int size, uint64_t *out, km_error *error) {
    unsigned char bytes[8];
    KM_TRY(km_section_get(reader, bytes, (size_t)size, error));
    *out = km_le_get(bytes, size);
    return KIEM_OK;
}

static kiem_status get_cell(void *page, const shape *of, int64_t *last, km_section_reader *reader,
                            km_error *error) {
    uint64_t number, sums, claims, value;
    bool old = reader->version == 1 && of->squares; /* pages of provinces */
    size_t count = old ? OLD_DAYS + KM_LEDGER_LAGS + of->smalls : of->cells + of->smalls;
    KM_TRY(get_number(reader, 2, &number, error));
    KM_TRY(get_number(reader, 1, &sums, error));
    KM_TRY(get_number(reader, 4, &claims, error));
    if ((int64_t)number <= *last || number >= count) return km_section_damaged(reader, error);
    any_cell cell = old ? old_cell_at(page, of, number) : cell_at(page, of, number);
    *last = (int64_t)number;
    *cell.claims = (uint32_t)claims;
    for (int i = 0; i < cell.sums; i++) {
        if (!(sums >> i & 1)) continue;
        KM_TRY(km_section_get_u64(reader, &value, error));
        cell.low[i] = (int64_t)value;
        if (!(sums & HIGHS)) continue;
        KM_TRY(get_number(reader, 4, &value, error));
        cell.high[i] = (int32_t)(uint32_t)value;
    }
    bool as_written = sums == sums_of(&cell) && (sums || claims);
    return as_written ? KIEM_OK : km_section_damaged(reader, error);
}

static bool in_range(const shape *of, uint64_t code, int32_t period, bool province) {
    const int32_t years = of->by_month ? KM_LEDGER_MONTHS : 1, first = 1900 * years, end = 2200 * years;
    if (province && code << 16) return false;
    return period == KM_UNDATED_PERIOD || (period >= first && period < end);
}

static kiem_status get_squares(km_ledger_province *page, km_section_reader *reader, km_error *error) {
    uint64_t low, high;
    KM_TRY(km_section_get_u64(reader, &low, error));
    KM_TRY(km_section_get_u64(reader, &high, error));
    if (high >> 63) return km_section_damaged(reader, error);
    page->squares = (km_int128)high * ((km_int128)UINT64_MAX + 1) + (km_int128)low;
    return KIEM_OK;
}

/* Cells that are what others leave are not written. */
static bool leaves_cells(const km_ledger_page *page, const shape *of, bool origins) {
    static const km_ledger_cell none;
    const km_ledger_cell *own = origins ? own_home(page) : NULL;
    if (own) return memcmp(own, &none, sizeof none) == 0 && memcmp(own + 1, &none, sizeof none) == 0;
    const km_ledger_province *month = page->cells;
    return !of->squares || (memcmp(&month->settled[KM_USUAL_LAG], &none, sizeof none) == 0 &&
                            memcmp(&month->paid[KM_USUAL_PAYMENT], &none, sizeof none) == 0);
}

/* Amounts have 64 bits: more than its claims can have come to a page does not hold, and sums of such pages
 * stay within theirs. */
static bool is_possible(void *page, const shape *of) {
    const int64_t claims = (int64_t)km_ledger_page_claims((int)(of - shapes), page);
    const km_int128 square = (km_int128)KM_LEDGER_SQUARED_MAX * KM_LEDGER_SQUARED_MAX;
    if (of->squares && ((km_ledger_province *)page)->squares > claims * square) return false;
    for (size_t i = 0; i < of->cells + of->smalls; i++) {
        const any_cell cell = cell_at(page, of, i);
        for (int sum = 0; sum < cell.sums; sum++) {
            if (cell.high[sum] > claims / 2 || cell.high[sum] < -claims / 2 - 1) return false;
        }
    }
    return claims <= UINT32_MAX;
}

static kiem_status get_page(km_ledger_cut *cut, const km_mem *mem, const shape *of, bool province,
                            km_section_reader *reader, km_error *error) {
    uint64_t code, period, cells;
    KM_TRY(km_section_get_u64(reader, &code, error));
    KM_TRY(get_number(reader, 4, &period, error));
    KM_TRY(get_number(reader, 4, &cells, error));
    const km_ledger_page *before = cut->count ? &cut->pages[cut->count - 1] : NULL;
    bool later = !before || before->code < code ||
                 (before->code == code && before->period < (int32_t)(uint32_t)period);
    if (!later || !cells || !in_range(of, code, (int32_t)(uint32_t)period, province))
        return km_section_damaged(reader, error);
    const km_ledger_slot *made = km_ledger_make_page(cut, mem, code, (int32_t)(uint32_t)period);
    if (!made) return km_nomem(error);
    void *page = made->cells;
    if (of->squares) KM_TRY(get_squares(page, reader, error));
    int64_t last = -1;
    for (uint64_t i = 0; i < cells; i++) KM_TRY(get_cell(page, of, &last, reader, error));
    bool origins = of == &shapes[KM_LEDGER_ORIGINS];
    bool well = reader->version == 1 || leaves_cells(&cut->pages[made->page], of, origins);
    return well && is_possible(page, of) ? KIEM_OK : km_section_damaged(reader, error);
}

kiem_status km_ledger_get(km_ledger *ledger, km_section_reader *reader, km_error *error) {
    for (int i = 0; i < KM_LEDGER_CUTS; i++) {
        uint64_t pages;
        KM_TRY(get_number(reader, 4, &pages, error));
        for (uint64_t k = 0; k < pages; k++) {
            KM_TRY(get_page(&ledger->cuts[i], ledger->mem, &shapes[i], i != KM_LEDGER_FACILITIES, reader,
                            error));
        }
    }
    if (reader->version == 1) KM_TRY(complete(ledger, error));
    const km_ledger_cut *months = &ledger->cuts[KM_LEDGER_PROVINCES];
    for (uint32_t i = 0; i < months->count; i++) {
        if (!homes_of(ledger, &months->pages[i])) return km_nomem(error);
    }
    ledger->fullest = km_ledger_fullest(ledger);
    return km_ledger_sort(ledger, error);
}
