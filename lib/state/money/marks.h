/* Marks of claims: for each province and year the claims with the smallest hashes, so that two sets of claims
 * can be asked whether they share any. What is kept does not depend on order or partition. */
#ifndef KM_STATE_MARKS_H
#define KM_STATE_MARKS_H

#include "base/mem.h"
#include "claim/batch.h"
#include "state/section.h"

enum { KM_MARKS = 256 /* kept of each province and year */ };

typedef struct km_mark_group {
    uint64_t province; /* first two characters of MA_CSKCB as a code */
    int year;          /* budget year, 0 when not known */
    uint32_t count;
    uint64_t hash[KM_MARKS]; /* ascending */
} km_mark_group;

typedef struct km_marks {
    const km_mem *mem;
    km_mark_group *groups; /* by province and year */
    size_t count, capacity;
} km_marks;

void km_marks_init(km_marks *marks, const km_mem *mem);
void km_marks_free(km_marks *marks);
/* Makes the groups of a batch, or of other marks: adding them afterwards cannot fail. */
kiem_status km_marks_expect(km_marks *marks, const km_batch *batch, km_error *error);
kiem_status km_marks_expect_all(km_marks *marks, const km_marks *more, km_error *error);
void km_marks_add(km_marks *marks, const km_batch *batch);
void km_marks_merge(km_marks *marks, const km_marks *more);

/* The part of the claims of `marks` that `other` has too, in a province and year: 0 to 1. */
double km_marks_shared(const km_marks *marks, const km_marks *other, uint64_t province, int year);

/* Inside a section of somebody else. */
uint64_t km_marks_bytes(const km_marks *marks);
kiem_status km_marks_put(const km_marks *marks, km_section_writer *writer, km_error *error);
kiem_status km_marks_get(km_marks *marks, km_section_reader *reader, km_error *error);

#endif
