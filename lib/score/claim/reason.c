#include "score/claim/reason.h"

#include "base/exp2.h"

static const float LEAST_PART = 0.25f; /* half a spread: less is no reason */

/* As the kernels measure it. */
static float part_of(const km_scorer *scorer, const km_scored *claim, km_feature feature) {
    const float z = km_scorer_above(scorer, claim, feature);
    return z < (float)KM_PEER_CLIP ? z * z : (float)(KM_PEER_CLIP * KM_PEER_CLIP);
}

int km_scorer_reason_list(const km_scorer *scorer, uint64_t id, km_reason out[KM_REASONS_MAX]) {
    const km_scored *claim = km_scorer_find(scorer, id);
    const km_peer_group *group = claim ? km_scorer_group(scorer, claim) : NULL;
    float parts[KM_REASONS_MAX] = {0}, square = 0;
    int count = 0;
    if (!group) return 0;
    for (int f = 0; f < KM_FEATURE_COUNT; f++) square += part_of(scorer, claim, (km_feature)f);
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        const float part = part_of(scorer, claim, (km_feature)f);
        int at = count;
        while (at > 0 && part > parts[at - 1]) at--; /* equal parts stay in the order of the features */
        if (part < LEAST_PART || at == KM_REASONS_MAX) continue;
        /* the centre leans on the parent group and may lie below the median, which is what is written */
        if (claim->features.value[f] <= group->median[f]) continue;
        if (count < KM_REASONS_MAX) count++;
        for (int i = count - 1; i > at; i--) out[i] = out[i - 1], parts[i] = parts[i - 1];
        parts[at] = part;
        out[at] = (km_reason){.feature = (km_feature)f,
                              .value = claim->features.value[f],
                              .median = group->median[f],
                              .peers = group->known[f],
                              .percent = (int)(part * 100 / square)};
    }
    return count;
}

/* ---- words */

static void put_grouped(km_buf *buf, uint64_t value, char mark) {
    if (value >= 1000) {
        put_grouped(buf, value / 1000, mark);
        km_buf_char(buf, mark);
        km_buf_char(buf, (char)('0' + value / 100 % 10));
        km_buf_char(buf, (char)('0' + value / 10 % 10));
        km_buf_char(buf, (char)('0' + value % 10));
    } else {
        km_buf_int(buf, (int64_t)value);
    }
}

/* The nearest number with that many significant digits, `limit` being 10 to that. */
static uint64_t round_digits(uint64_t value, uint64_t limit) {
    uint64_t unit = 1;
    while (value / unit >= limit) unit *= 10;
    return (value + unit / 2) / unit * unit;
}

/* 1,25 tỷ, 12,5 triệu, 850.000 */
static void put_dong_vi(km_buf *buf, uint64_t dong) {
    static const struct {
        uint64_t size;
        const char *name;
    } units[] = {{1000000000, " tỷ"}, {1000000, " triệu"}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (dong < units[i].size) continue;
        uint64_t hundredths = dong % units[i].size / (units[i].size / 100);
        put_grouped(buf, dong / units[i].size, '.');
        if (hundredths) {
            km_buf_char(buf, ',');
            km_buf_char(buf, (char)('0' + hundredths / 10));
            if (hundredths % 10) km_buf_char(buf, (char)('0' + hundredths % 10));
        }
        km_buf_string(buf, units[i].name);
        return;
    }
    put_grouped(buf, dong, '.');
}

static const char *word_of(km_feature_unit unit, int value, bool vietnamese) {
    static const char *const yes[2][2] = {{"no", "yes"}, {"không", "có"}};
    static const char *const place[2][3] = {{"same province", "same region", "another region"},
                                            {"cùng tỉnh", "cùng vùng", "khác vùng"}};
    if (unit == KM_UNIT_YES) return yes[vietnamese][value > 0];
    return place[vietnamese][value < 0 ? 0 : value > 2 ? 2 : value];
}

/* 2.5, or 2,5 in Vietnamese; whole from ten on. */
static void put_times(km_buf *buf, float log, bool vietnamese) {
    const uint64_t tenths = (km_exp2((int32_t)((log + 16) * (float)KM_FEATURE_ONE)) * 10 + 32768) >> 16;
    put_grouped(buf, tenths < 100 ? tenths / 10 : (tenths + 5) / 10, vietnamese ? '.' : ',');
    if (tenths >= 100) return;
    km_buf_char(buf, vietnamese ? ',' : '.');
    km_buf_char(buf, (char)('0' + tenths % 10));
}

static void put_money(km_buf *buf, float log, float offset, uint64_t limit, bool vietnamese) {
    const uint64_t sum = km_exp2((int32_t)(log * (float)KM_FEATURE_ONE)), added = (uint64_t)offset;
    const uint64_t dong = round_digits(sum > added ? sum - added : 0, limit);
    if (vietnamese) {
        put_dong_vi(buf, dong);
    } else {
        put_grouped(buf, dong, ',');
    }
}

/* Of money, amounts have three digits and medians, which are known to 2 %, two. */
static void put_value(km_buf *buf, const km_feature_info *about, float value, bool median, bool vietnamese) {
    switch (about->unit) {
    case KM_UNIT_MONEY: put_money(buf, value, about->offset, median ? 100 : 1000, vietnamese); break;
    case KM_UNIT_SHARE:
        km_buf_int(buf, (int64_t)(value * 100 + 0.5f));
        km_buf_char(buf, '%');
        break;
    case KM_UNIT_TIMES: put_times(buf, value, vietnamese); break;
    case KM_UNIT_COUNT: put_grouped(buf, (uint64_t)value, vietnamese ? '.' : ','); break;
    case KM_UNIT_YES:
    case KM_UNIT_PLACE: km_buf_string(buf, word_of(about->unit, (int)value, vietnamese)); break;
    }
}

static void put_reason(km_buf *buf, const km_reason *reason, bool vietnamese) {
    const km_feature_info *about = km_feature_about(reason->feature);
    const char *unit = vietnamese ? about->unit_vi : about->unit_en;
    km_buf_string(buf, vietnamese ? about->label_vi : about->label_en);
    km_buf_char(buf, ' ');
    put_value(buf, about, reason->value, false, vietnamese);
    if (unit[0]) km_buf_char(buf, ' ');
    km_buf_string(buf, unit);
    km_buf_string(buf, vietnamese ? ", trung vị nhóm " : ", peer median ");
    put_value(buf, about, reason->median, true, vietnamese);
    km_buf_string(buf, " (");
    put_grouped(buf, reason->peers, vietnamese ? '.' : ',');
    km_buf_string(buf, vietnamese ? " hồ sơ), cao hơn, " : " claims), higher, ");
    km_buf_int(buf, reason->percent);
    km_buf_char(buf, '%');
}

void km_scorer_reasons(const km_scorer *scorer, uint64_t id, int32_t language, km_buf *buf) {
    km_reason reasons[KM_REASONS_MAX];
    int count = km_scorer_reason_list(scorer, id, reasons);
    for (int i = 0; i < count; i++) {
        if (i) km_buf_string(buf, "; ");
        put_reason(buf, &reasons[i], language == KIEM_LANG_VI);
    }
}
