#include "engine/risk.h"

#include <kiem/codes.h>

#include "base/sort.h"

static int graver_first(const void *a, const void *b, const void *context) {
    const km_risk *x = *(km_risk *const *)a, *y = *(km_risk *const *)b;
    (void)context;
    if (x->severity != y->severity) return x->severity > y->severity ? -1 : 1;
    if (x->amount != y->amount) return x->amount > y->amount ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* What the cause of a finding has been given before it. */
static int64_t given_to_cause(km_risk *const *sorted, size_t before, const km_risk *risk) {
    int64_t given = 0;
    for (size_t i = 0; i < before && risk->cause.length; i++) {
        if (km_text_equal(sorted[i]->cause, risk->cause)) given += sorted[i]->counted;
    }
    return given;
}

/* Notices carry no claim money. An error sends the file back to be corrected, so that nothing is paid on it
 * yet: only of a file that came twice is the money at risk (severity by family, practice of assessors). */
static bool carries_money(const km_risk *risk) {
    if (risk->severity == KIEM_SEVERITY_ERROR && !km_text_equal(risk->cause, KM_TEXT("duplicate")))
        return false;
    return risk->severity > KIEM_SEVERITY_NOTICE && risk->amount > 0;
}

int64_t km_risk_share(km_risk *risks, size_t count, int64_t fund, km_risk **scratch) {
    int64_t left = fund > 0 ? fund : 0, sum = 0;
    for (size_t i = 0; i < count; i++) scratch[i] = &risks[i];
    km_sort(scratch, count, sizeof(km_risk *), graver_first, NULL);
    for (size_t i = 0; i < count; i++) {
        km_risk *risk = scratch[i];
        int64_t part = carries_money(risk) ? risk->amount - given_to_cause(scratch, i, risk) : 0;
        if (part < 0) part = 0;
        if (part > left) part = left;
        risk->counted = part;
        left -= part;
        sum += part;
    }
    return sum;
}
