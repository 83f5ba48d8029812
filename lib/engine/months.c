#include "engine/months.h"

#include <stdio.h>
#include <string.h>

enum {
    MANY = 100,      /* claims on either side: a few claims need not fall in every month */
    GAP_LONGEST = 3, /* months; who compares years gives the same months of each on purpose */
    SHOWN = 12,
    STRAY_GAP = 2,    /* months */
    STRAY_SHARE = 100 /* one in so many claims */
};

void km_months_note(km_months *months, const km_batch *batch) {
    const km_cells left = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    km_day day = 0;
    int month = -1; /* of that day, which most rows share with the one before */
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (!km_cells_known(&left, row)) continue;
        const km_day own = km_day_of((km_minute)km_cells_value(&left, row));
        if (month < 0 || own != day) {
            const km_civil civil = km_civil_from_day(own);
            month = (civil.year - KM_MONTHS_FIRST_YEAR) * 12 + civil.month - 1;
            day = own;
        }
        const int kept = month < KM_MONTHS ? month : KM_MONTHS - 1;
        if (kept < 0) continue;
        if (!months->claims[kept] || own > months->latest[kept]) months->latest[kept] = own;
        if (months->claims[kept] < UINT32_MAX) months->claims[kept]++;
    }
}

static void append(char *text, int month) {
    const size_t length = strlen(text);
    snprintf(text + length, KM_MONTHS_TEXT_MAX - length, "%s%04d-%02d", length ? ", " : "",
             KM_MONTHS_FIRST_YEAR + month / 12, month % 12 + 1);
}

void km_months_missing(const km_months *months, char *text) {
    int before = -1, shown = 0; /* the last month with claims */
    text[0] = '\0';
    for (int month = 0; month < KM_MONTHS; month++) {
        if (!months->claims[month]) continue;
        const int gap = before < 0 ? 0 : month - before - 1;
        const bool many = before >= 0 && months->claims[before] >= MANY && months->claims[month] >= MANY;
        for (int i = 1; many && gap <= GAP_LONGEST && i <= gap && shown < SHOWN; i++, shown++)
            append(text, before + i);
        before = month;
    }
}

uint32_t km_months_straggling(const km_months *months, km_day *before) {
    uint64_t all = 0, last = 0; /* last: since the last long gap */
    int earlier = -1;
    for (int month = 0; month < KM_MONTHS; month++) {
        if (!months->claims[month]) continue;
        if (earlier >= 0 && month - earlier > STRAY_GAP) last = 0, *before = months->latest[earlier];
        last += months->claims[month];
        all += months->claims[month];
        earlier = month;
    }
    return all - last >= MANY && last <= (all - last) / STRAY_SHARE ? (uint32_t)last : 0;
}
