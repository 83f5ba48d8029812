#include "state/history/course.h"

/* 0 to 63 for the first character, in the order of codes: letters are told apart. */
static unsigned letter_of(uint64_t code) {
    const unsigned first = (unsigned)(code >> 56), least = '@';
    return first < least ? 0 : first < least + 63 ? first - least : 63;
}

kiem_status km_courses_read(km_courses *courses, const km_lookup *table, km_error *error) {
    courses->count = 0;
    courses->letters = 0;
    int to = table ? km_lookup_find_column(table, KM_TEXT("code_to")) : -1;
    int beside = table ? km_lookup_find_column(table, KM_TEXT("beside")) : -1;
    if (to < 0 || beside < 0) return KIEM_OK;
    if (table->rows > KM_COURSES_MAX)
        return km_fail(error, KIEM_E_POLICY, "table long_courses has more than %d rows", KM_COURSES_MAX);
    for (uint32_t row = 0; row < table->rows; row++) {
        courses->list[courses->count++] =
            (km_course){.from = table->column[table->keys[0]].cells[row].code,
                        .to = km_code_range_end(table->column[to].cells[row].code),
                        .beside = table->column[beside].cells[row].number != 0};
    }
    for (int i = 0; i < courses->count; i++) {
        for (unsigned a = letter_of(courses->list[i].from); a <= letter_of(courses->list[i].to); a++)
            courses->letters |= (uint64_t)1 << a;
    }
    return KIEM_OK;
}

/* Packed codes compare as their texts do, so that a range of three characters holds its subcodes. */
static bool is_in(const km_courses *courses, uint64_t code, bool beside) {
    if (!(courses->letters >> letter_of(code) & 1)) return false;
    for (int i = 0; i < courses->count; i++) {
        const km_course *at = &courses->list[i];
        if (code >= at->from && code <= at->to && (at->beside || !beside)) return true;
    }
    return false;
}

/* Of a list, whose codes nobody has cleaned: in any case, perhaps with a dagger behind. */
static uint64_t code_of(km_text item) {
    enum { MOST = 5 }; /* A00.0 */
    uint64_t code = 0;
    item = km_text_trim(item);
    if (item.length > MOST) item.length = MOST;
    if (!km_code_pack(item, &code)) return 0;
    const uint64_t first = code >> 56;
    return first >= 'a' && first <= 'z' ? code ^ (uint64_t)32 << 56 : code;
}

bool km_is_long_course(const km_courses *courses, uint64_t main, km_text others) {
    km_text rest = others, part = {"", 0};
    if (!courses || !courses->count) return false;
    if (is_in(courses, main, false)) return true;
    while (others.length && km_text_split(&rest, ';', &part)) {
        if (is_in(courses, code_of(part), true)) return true;
    }
    return false;
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
