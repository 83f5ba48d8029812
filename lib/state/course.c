#include "state/course.h"

#include "claim/value.h"

/* Packed codes compare as their texts do, so that a range of three characters holds its subcodes. */
#define CODE(a, b, c) ((uint64_t)(a) << 56 | (uint64_t)(b) << 48 | (uint64_t)(c) << 40)
#define LAST          (((uint64_t)1 << 40) - 1)

typedef struct code_range {
    uint64_t from, to;
} code_range;

/* practice.md, section 2: X05 and X06. */
static const code_range long_courses[] = {
    {CODE('A', '1', '5'), CODE('A', '1', '9') | LAST}, {CODE('B', '2', '0'), CODE('B', '2', '4') | LAST},
    {CODE('C', '0', '0'), CODE('D', '4', '8') | LAST}, {CODE('D', '5', '6'), CODE('D', '5', '7') | LAST},
    {CODE('D', '6', '6'), CODE('D', '6', '8') | LAST}, {CODE('N', '1', '7'), CODE('N', '1', '9') | LAST},
    {CODE('Z', '4', '8'), CODE('Z', '5', '1') | LAST},
};
/* Beside another main diagnosis only these make the visit one of a series. */
static const code_range beside[] = {{CODE('N', '1', '8'), CODE('N', '1', '8') | LAST},
                                    {CODE('Z', '4', '8'), CODE('Z', '5', '1') | LAST}};

static bool in_ranges(uint64_t code, const code_range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (code >= ranges[i].from && code <= ranges[i].to) return true;
    }
    return false;
}

bool km_is_long_course(uint64_t main, km_text others) {
    km_text rest = others, part = {"", 0};
    if (in_ranges(main, long_courses, sizeof long_courses / sizeof long_courses[0])) return true;
    while (others.length && km_text_split(&rest, ';', &part)) {
        uint64_t code;
        part = km_text_trim(part);
        if (km_code_pack(part, &code) && in_ranges(code, beside, sizeof beside / sizeof beside[0]))
            return true;
    }
    return false;
}

bool km_is_delivery(uint64_t main) {
    return main >= CODE('O', '8', '0') && main <= (CODE('O', '8', '4') | LAST);
}

km_organ km_organ_removed(km_text operations) {
    static const struct {
        const char *prefix; /* of the code without its point */
        km_organ organ;
    } removals[] = {{"470", KM_ORGAN_APPENDIX},      {"471", KM_ORGAN_APPENDIX},
                    {"5122", KM_ORGAN_GALL_BLADDER}, {"5123", KM_ORGAN_GALL_BLADDER},
                    {"684", KM_ORGAN_UTERUS},        {"685", KM_ORGAN_UTERUS},
                    {"686", KM_ORGAN_UTERUS},        {"687", KM_ORGAN_UTERUS},
                    {"688", KM_ORGAN_UTERUS},        {"689", KM_ORGAN_UTERUS}};
    km_text rest = operations, part = {"", 0};
    while (operations.length && km_text_split(&rest, ';', &part)) {
        char digits[8];
        size_t length = 0;
        part = km_text_trim(part);
        for (size_t i = 0; i < part.length && length < sizeof digits; i++) {
            if (part.ptr[i] != '.') digits[length++] = part.ptr[i];
        }
        for (size_t i = 0; i < sizeof removals / sizeof removals[0]; i++) {
            if (km_text_starts((km_text){digits, length}, km_text_from(removals[i].prefix)))
                return removals[i].organ;
        }
    }
    return KM_ORGAN_NONE;
}
