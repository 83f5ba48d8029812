#include "state/money/marks.h"

#include <string.h>

#include "base/hash.h"
#include "base/sort.h"
#include "state/money/ledger.h"

void km_marks_init(km_marks *marks, const km_mem *mem) {
    *marks = (km_marks){.mem = mem};
}

void km_marks_free(km_marks *marks) {
    km_free(marks->mem, marks->groups, marks->capacity * sizeof *marks->groups);
    km_marks_init(marks, marks->mem);
}

/* ---- groups */

static bool stands_before(const km_mark_group *group, uint64_t province, int year) {
    return group->province != province ? group->province < province : group->year < year;
}

/* Where a group stands or would stand. */
static size_t place_of(const km_marks *marks, uint64_t province, int year) {
    size_t at;
    KM_BISECT(at, marks->count, stands_before(&marks->groups[at], province, year));
    return at;
}

static km_mark_group *find(const km_marks *marks, uint64_t province, int year) {
    size_t place = place_of(marks, province, year);
    km_mark_group *group = place < marks->count ? &marks->groups[place] : NULL;
    return group && group->province == province && group->year == year ? group : NULL;
}

static bool expect(km_marks *marks, uint64_t province, int year) {
    if (find(marks, province, year)) return true;
    if (!km_grow(marks->mem, (void **)&marks->groups, &marks->capacity, marks->count + 1,
                 sizeof *marks->groups)) {
        return false;
    }
    size_t place = place_of(marks, province, year);
    km_mark_group *at = &marks->groups[place];
    memmove(at + 1, at, (marks->count - place) * sizeof *at);
    *at = (km_mark_group){.province = province, .year = year};
    marks->count++;
    return true;
}

static void put(km_mark_group *group, uint64_t hash) {
    size_t at;
    if (group->count == KM_MARKS && hash > group->hash[KM_MARKS - 1]) return;
    KM_BISECT(at, group->count, group->hash[at] < hash);
    if (at < group->count && group->hash[at] == hash) return;
    uint32_t last = group->count < KM_MARKS ? group->count++ : KM_MARKS - 1;
    memmove(&group->hash[at + 1], &group->hash[at], (last - at) * sizeof *group->hash);
    group->hash[at] = hash;
}

/* ---- claims */

/* False for a claim without MA_LK. */
static bool read_claim(const km_batch *batch, uint32_t row, uint64_t *province, int *year, uint64_t *hash) {
    km_text key = km_batch_text(batch, KM_CLAIM_MA_LK, row);
    uint64_t facility = (uint64_t)km_batch_int(batch, KM_CLAIM_MA_CSKCB, row, 0);
    int64_t out = km_batch_int(batch, KM_CLAIM_NGAY_RA, row, INT64_MIN);
    *province = km_province_of(facility);
    *year = km_ledger_booking(out != INT64_MIN, out == INT64_MIN ? 0 : (km_minute)out,
                              km_batch_int(batch, KM_CLAIM_NAM_QT, row, 0),
                              km_batch_int(batch, KM_CLAIM_THANG_QT, row, 0))
                .year;
    *hash = km_hash(key.ptr, key.length, km_mix64(facility));
    return key.length > 0;
}

kiem_status km_marks_expect(km_marks *marks, const km_batch *batch, km_error *error) {
    for (uint32_t row = 0; row < batch->rows; row++) {
        uint64_t province, hash;
        int year;
        if (read_claim(batch, row, &province, &year, &hash) && !expect(marks, province, year))
            return km_nomem(error);
    }
    return KIEM_OK;
}

void km_marks_add(km_marks *marks, const km_batch *batch) {
    for (uint32_t row = 0; row < batch->rows; row++) {
        uint64_t province, hash;
        int year;
        if (read_claim(batch, row, &province, &year, &hash)) put(find(marks, province, year), hash);
    }
}

kiem_status km_marks_expect_all(km_marks *marks, const km_marks *more, km_error *error) {
    for (size_t i = 0; i < more->count; i++) {
        if (!expect(marks, more->groups[i].province, more->groups[i].year)) return km_nomem(error);
    }
    return KIEM_OK;
}

void km_marks_merge(km_marks *marks, const km_marks *more) {
    for (size_t i = 0; i < more->count; i++) {
        const km_mark_group *from = &more->groups[i];
        km_mark_group *to = find(marks, from->province, from->year);
        for (uint32_t k = 0; k < from->count; k++) put(to, from->hash[k]);
    }
}

/* Up to the last hash that both would have kept, a claim that both have is in both. */
double km_marks_shared(const km_marks *marks, const km_marks *other, uint64_t province, int year) {
    const km_mark_group *a = find(marks, province, year), *b = find(other, province, year);
    uint32_t common = 0, seen = 0, k = 0;
    if (!a || !b) return 0;
    uint64_t last = b->count == KM_MARKS ? b->hash[KM_MARKS - 1] : UINT64_MAX;
    for (uint32_t i = 0; i < a->count && a->hash[i] <= last; i++, seen++) {
        while (k < b->count && b->hash[k] < a->hash[i]) k++;
        common += k < b->count && b->hash[k] == a->hash[i];
    }
    return seen ? (double)common / seen : 0;
}

/* ---- saving: empty groups are left out, so that the bytes tell of claims alone */

enum { GROUP_BYTES = 8 + 4 + 4, YEAR_LAST = 2199, YEAR_FIRST = 1900 };

uint64_t km_marks_bytes(const km_marks *marks) {
    uint64_t bytes = 8;
    for (size_t i = 0; i < marks->count; i++) {
        if (marks->groups[i].count) bytes += GROUP_BYTES + 8 * (uint64_t)marks->groups[i].count;
    }
    return bytes;
}

static kiem_status put_group(const km_mark_group *group, km_section_writer *writer, km_error *error) {
    unsigned char head[GROUP_BYTES];
    km_le_put(head, group->province, 8);
    km_le_put(head + 8, (uint64_t)group->year, 4);
    km_le_put(head + 12, group->count, 4);
    KM_TRY(km_section_put(writer, head, sizeof head, error));
    for (uint32_t i = 0; i < group->count; i++) KM_TRY(km_section_put_u64(writer, group->hash[i], error));
    return KIEM_OK;
}

kiem_status km_marks_put(const km_marks *marks, km_section_writer *writer, km_error *error) {
    uint64_t groups = 0;
    for (size_t i = 0; i < marks->count; i++) groups += marks->groups[i].count > 0;
    KM_TRY(km_section_put_u64(writer, groups, error));
    for (size_t i = 0; i < marks->count; i++) {
        if (marks->groups[i].count) KM_TRY(put_group(&marks->groups[i], writer, error));
    }
    return KIEM_OK;
}

static kiem_status get_group(km_marks *marks, km_section_reader *reader, km_error *error) {
    unsigned char head[GROUP_BYTES];
    KM_TRY(km_section_get(reader, head, sizeof head, error));
    uint64_t province = km_le_get(head, 8), year = km_le_get(head + 8, 4), count = km_le_get(head + 12, 4);
    bool known_year = year == 0 || (year >= YEAR_FIRST && year <= YEAR_LAST);
    if (province << 16 || !known_year || count < 1 || count > KM_MARKS)
        return km_section_damaged(reader, error);
    if (place_of(marks, province, (int)year) != marks->count || find(marks, province, (int)year))
        return km_section_damaged(reader, error);
    if (!expect(marks, province, (int)year)) return km_nomem(error);
    km_mark_group *group = &marks->groups[marks->count - 1];
    for (; group->count < count; group->count++) {
        uint64_t *hash = &group->hash[group->count];
        KM_TRY(km_section_get_u64(reader, hash, error));
        if (group->count && hash[-1] >= *hash) return km_section_damaged(reader, error);
    }
    return KIEM_OK;
}

kiem_status km_marks_get(km_marks *marks, km_section_reader *reader, km_error *error) {
    uint64_t groups;
    KM_TRY(km_section_get_u64(reader, &groups, error));
    for (uint64_t i = 0; i < groups; i++) KM_TRY(get_group(marks, reader, error));
    return KIEM_OK;
}
