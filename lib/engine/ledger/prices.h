/* Price indices from lines: of each item its quantity and money in a province, kind of care and year, and
 * Fisher's index over the items that two years share. Sums are exact, so neither order nor threads matter. */
#ifndef KM_ENGINE_PRICES_H
#define KM_ENGINE_PRICES_H

#include "base/decimal.h"
#include "base/map.h"
#include "rules/input.h"
#include "state/money/ledger.h"

/* Quantity and money: of all months, and of the first months of a year that is not over. */
enum { KM_PRICE_WHOLE = 0, KM_PRICE_PART, KM_PRICE_SPANS };

typedef struct km_price_cell {
    uint64_t province; /* as it is reported, or the nation */
    uint64_t item;     /* hash of what names it; a part of the cost: km_cost_part */
    int32_t year;
    bool inpatient, is_part;
    km_int128 quantity[KM_PRICE_SPANS], amount[KM_PRICE_SPANS]; /* thousandths, hundredths of a dong */
} km_price_cell;

typedef struct km_prices {
    const km_mem *mem;
    km_map index; /* hash of what stands before the sums -> place in cells */
    km_price_cell *cells;
    size_t count, capacity;
} km_prices;

/* Under which province a claim is reported; months of the part. */
typedef struct km_price_frame {
    uint64_t (*reported)(const void *context, uint64_t province);
    const void *context;
    uint64_t nation;
    int part_months;
} km_price_frame;

void km_prices_init(km_prices *prices, const km_mem *mem);
void km_prices_free(km_prices *prices);
/* Adds the lines of a batch of claims. */
kiem_status km_prices_add(km_prices *prices, const km_input *input, const km_price_frame *frame,
                          km_error *error);
kiem_status km_prices_merge(km_prices *prices, const km_prices *more, km_error *error);
/* After the last addition. */
void km_prices_sort(km_prices *prices);

typedef struct km_price_index {
    double value;         /* of the year against the one before */
    km_int128 matched[2]; /* money of the items in both years: before, now; hundredths */
} km_price_index;

/* Once sorted. False when the two years share no item. */
bool km_prices_index(const km_prices *prices, uint64_t province, int year, bool inpatient, int span,
                     km_price_index *out);
/* Money of lines by part of the cost, and of all lines. */
void km_prices_parts(const km_prices *prices, uint64_t province, int year, km_int128 part[KM_PART_COUNT],
                     km_int128 *all);

#endif
