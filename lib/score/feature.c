#include "score/feature.h"

#include "base/log2.h"

enum { HUNDREDTHS = 100, LARGEST_COUNT = INT32_MAX >> KM_FEATURE_BITS };

/* Floors: 0.25 of a doubling is 19 % of the money; five points of a share; one day, four hours, one
 * diagnosis, one visit, half a facility. */
static const km_feature_info about[KM_FEATURE_COUNT] = {
    [KM_FEATURE_COST] = {"cost", "total cost of the claim", KM_UNIT_MONEY, false, KM_FEATURE_ONE / 4,
                         "chi phí", "cost", "đồng", "dong"},
    [KM_FEATURE_FUND] = {"fund", "amount claimed from the fund", KM_UNIT_MONEY, false, KM_FEATURE_ONE / 4,
                         "quỹ chi trả", "fund amount", "đồng", "dong"},
    [KM_FEATURE_COST_PER_DAY] = {"cost_per_day", "total cost divided by treatment days, of stays and courses",
                                 KM_UNIT_MONEY, false, KM_FEATURE_ONE / 4, "chi phí mỗi ngày", "cost per day",
                                 "đồng", "dong"},
    [KM_FEATURE_DRUG_SHARE] = {"drug_share", "drugs as a part of the cost", KM_UNIT_SHARE, false,
                               KM_FEATURE_ONE / 20, "tỷ lệ thuốc", "drug share", "", ""},
    [KM_FEATURE_SUPPLY_SHARE] = {"supply_share", "supplies as a part of the cost", KM_UNIT_SHARE, false,
                                 KM_FEATURE_ONE / 20, "tỷ lệ vật tư", "supply share", "", ""},
    [KM_FEATURE_SERVICE_SHARE] = {"service_share", "services and beds as a part of the cost", KM_UNIT_SHARE,
                                  false, KM_FEATURE_ONE / 20, "tỷ lệ dịch vụ", "service share", "", ""},
    [KM_FEATURE_DAYS] = {"days", "treatment days claimed", KM_UNIT_COUNT, false, KM_FEATURE_ONE,
                         "số ngày điều trị", "treatment days", "ngày", "days"},
    [KM_FEATURE_STAY_HOURS] = {"stay_hours", "hours from admission to discharge", KM_UNIT_COUNT, true,
                               4 * KM_FEATURE_ONE, "thời gian từ vào đến ra",
                               "time from admission to discharge", "giờ", "hours"},
    [KM_FEATURE_DIAGNOSES] = {"diagnoses", "accompanying diagnoses", KM_UNIT_COUNT, false, KM_FEATURE_ONE,
                              "số bệnh kèm theo", "accompanying diagnoses", "mã", "codes"},
    [KM_FEATURE_VISITS_30D] = {"visits_30d", "claims of the person in 30 days", KM_UNIT_COUNT, false,
                               KM_FEATURE_ONE, "số lượt trong 30 ngày", "visits in 30 days", "lượt",
                               "visits"},
    [KM_FEATURE_FACILITIES_30D] = {"facilities_30d", "facilities of the person in 30 days", KM_UNIT_COUNT,
                                   false, KM_FEATURE_ONE / 2, "số cơ sở trong 30 ngày",
                                   "facilities in 30 days", "cơ sở", "facilities"},
};

const km_feature_info *km_feature_about(km_feature feature) {
    return &about[feature];
}

km_feature_reader km_feature_reader_of(const km_batch *batch) {
    return (km_feature_reader){
        .batch = batch,
        .total = km_batch_total(batch),
        .kind = km_batch_kind(batch),
        .hospital_total = km_batch_cells(batch, KM_CLAIM_T_TONGCHI_BV),
        .fund = km_batch_cells(batch, KM_CLAIM_T_BHTT),
        .drugs = km_batch_cells(batch, KM_CLAIM_T_THUOC),
        .supplies = km_batch_cells(batch, KM_CLAIM_T_VTYT),
        .days = km_batch_cells(batch, KM_CLAIM_SO_NGAY_DTRI),
        .in = km_batch_cells(batch, KM_CLAIM_NGAY_VAO),
        .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA),
        .visits_30d = km_batch_cells(batch, KM_CLAIM_visits_30d),
        .facilities_30d = km_batch_cells(batch, KM_CLAIM_facilities_30d),
    };
}

static void put(km_features *features, km_feature feature, int64_t value) {
    features->value[feature] = (int32_t)value;
    features->present |= (uint32_t)1 << feature;
}

static void put_count(km_features *features, km_feature feature, int64_t count) {
    if (count < 0) return;
    put(features, feature, (count < LARGEST_COUNT ? count : LARGEST_COUNT) * KM_FEATURE_ONE);
}

/* Days for the cost of a day: those claimed, else those between admission and discharge, at least one. */
static int64_t days_of(const km_feature_reader *reader, uint32_t row, int64_t stay) {
    int64_t days = km_cells_int(&reader->days, row, stay / KM_MINUTES_PER_DAY);
    return days < 1 ? 1 : days;
}

/* The cost of a day is kept for stays and for courses of several days: of a visit it is the cost again, which
 * would count twice. */
static void read_money(const km_feature_reader *reader, uint32_t row, int64_t stay, km_features *out) {
    int64_t total = km_total_int(&reader->total, row, -1), fund = km_cells_int(&reader->fund, row, -1);
    int64_t days = days_of(reader, row, stay);
    bool inpatient = km_kind_care(&reader->kind, row) == KM_CARE_IN;
    if (total >= 0) {
        int32_t cost = km_log2((uint64_t)total / HUNDREDTHS);
        int32_t per_day = days == 1 ? cost : cost - km_log2((uint64_t)days);
        put(out, KM_FEATURE_COST, cost);
        if (inpatient || days > 1) put(out, KM_FEATURE_COST_PER_DAY, per_day < 0 ? 0 : per_day);
    }
    if (fund >= 0) put(out, KM_FEATURE_FUND, km_log2((uint64_t)fund / HUNDREDTHS));
}

/* part / whole for 0 <= part <= whole; the second form is for wholes whose product would pass 64 bits. */
static int64_t share(int64_t part, int64_t whole) {
    if (whole <= INT64_MAX / KM_FEATURE_ONE) return part * KM_FEATURE_ONE / whole;
    return part / (whole / KM_FEATURE_ONE);
}

/* Shares of the cost at hospital price, which is what T_THUOC and T_VTYT add up. */
static void read_shares(const km_feature_reader *reader, uint32_t row, km_features *out) {
    int64_t whole = km_cells_int(&reader->hospital_total, row, km_total_int(&reader->total, row, 0));
    int64_t drugs = km_cells_int(&reader->drugs, row, -1),
            supplies = km_cells_int(&reader->supplies, row, -1);
    bool drugs_fit = drugs >= 0 && drugs <= whole, supplies_fit = supplies >= 0 && supplies <= whole;
    if (whole <= 0) return;
    if (drugs_fit) put(out, KM_FEATURE_DRUG_SHARE, share(drugs, whole));
    if (supplies_fit) put(out, KM_FEATURE_SUPPLY_SHARE, share(supplies, whole));
    if (drugs_fit && supplies_fit && drugs <= whole - supplies) {
        put(out, KM_FEATURE_SERVICE_SHARE, share(whole - supplies - drugs, whole));
    }
}

static int64_t count_codes(km_text list) {
    km_text part;
    int64_t count = 0;
    if (!list.length) return 0;
    while (km_text_split(&list, ';', &part)) count += km_text_trim(part).length > 0;
    return count;
}

void km_features_read(const km_feature_reader *reader, uint32_t row, km_features *out) {
    int64_t stay = -1;
    *out = (km_features){0};
    if (km_cells_known(&reader->in, row) && km_cells_known(&reader->out, row)) {
        stay = km_cells_int(&reader->out, row, 0) - km_cells_int(&reader->in, row, 0);
    }
    read_money(reader, row, stay, out);
    read_shares(reader, row, out);
    put_count(out, KM_FEATURE_DAYS, km_cells_int(&reader->days, row, -1));
    put_count(out, KM_FEATURE_STAY_HOURS, stay < 0 ? -1 : stay / 60);
    if (km_fieldset_has(&reader->batch->present, KM_CLAIM_MA_BENH_KT)) {
        put_count(out, KM_FEATURE_DIAGNOSES,
                  count_codes(km_batch_text(reader->batch, KM_CLAIM_MA_BENH_KT, row)));
    }
    put_count(out, KM_FEATURE_VISITS_30D, km_cells_int(&reader->visits_30d, row, -1));
    put_count(out, KM_FEATURE_FACILITIES_30D, km_cells_int(&reader->facilities_30d, row, -1));
}
