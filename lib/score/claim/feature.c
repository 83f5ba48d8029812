#include "score/claim/feature.h"

#include <math.h>
#include <string.h>

#include "score/log2f.h"

enum { WORK_FROM = 7, WORK_TO = 17 /* hours of the day */ };

/* Floors: 0.25 of a doubling is 19 % of the money; five points of a share; one day, one visit. Larger where a
 * feature says little alone. */
static const km_feature_info about[KM_FEATURE_COUNT] = {
    [KM_FEATURE_COST] = {"cost", "total cost of the claim", KM_UNIT_MONEY, 0, 0.25f, "chi phí", "cost",
                         "đồng", "dong"},
    [KM_FEATURE_COST_PER_DAY] = {"cost_per_day", "total cost divided by treatment days, of stays and courses",
                                 KM_UNIT_MONEY, 0, 0.25f, "chi phí mỗi ngày", "cost per day", "đồng", "dong"},
    [KM_FEATURE_DRUGS_PER_DAY] = {"drugs_per_day", "drugs divided by treatment days", KM_UNIT_MONEY, 1000,
                                  0.5f, "tiền thuốc mỗi ngày", "drugs per day", "đồng", "dong"},
    [KM_FEATURE_SUPPLIES_PER_DAY] = {"supplies_per_day", "supplies divided by treatment days", KM_UNIT_MONEY,
                                     10000, 1, "tiền vật tư mỗi ngày", "supplies per day", "đồng", "dong"},
    [KM_FEATURE_SERVICES_PER_DAY] = {"services_per_day",
                                     "services, examinations and beds divided by treatment days",
                                     KM_UNIT_MONEY, 1000, 0.5f, "tiền dịch vụ mỗi ngày", "services per day",
                                     "đồng", "dong"},
    [KM_FEATURE_DRUG_SHARE] = {"drug_share", "drugs as a part of the cost", KM_UNIT_SHARE, 0, 0.05f,
                               "tỷ lệ thuốc", "drug share", "", ""},
    [KM_FEATURE_SUPPLY_SHARE] = {"supply_share", "supplies as a part of the cost", KM_UNIT_SHARE, 0, 0.02f,
                                 "tỷ lệ vật tư", "supply share", "", ""},
    [KM_FEATURE_BED_SHARE] = {"bed_share", "beds as a part of the cost, in lists that tell them",
                              KM_UNIT_SHARE, 0, 0.05f, "tỷ lệ tiền giường", "bed share", "", ""},
    [KM_FEATURE_SUPPLIES_TO_DRUGS] = {"supplies_to_drugs",
                                      "supplies beside drugs: many of the one and few of the other",
                                      KM_UNIT_TIMES, 20000, 0.5f, "vật tư so với thuốc", "supplies to drugs",
                                      "lần", "times"},
    [KM_FEATURE_DAYS] = {"days", "treatment days claimed", KM_UNIT_COUNT, 0, 1, "số ngày điều trị",
                         "treatment days", "ngày", "days"},
    [KM_FEATURE_DIAGNOSES] = {"diagnoses", "accompanying diagnoses", KM_UNIT_COUNT, 0, 1, "số bệnh kèm theo",
                              "accompanying diagnoses", "mã", "codes"},
    [KM_FEATURE_VISITS_30D] = {"visits_30d", "claims of the person in 30 days", KM_UNIT_COUNT, 0, 1,
                               "số lượt trong 30 ngày", "visits in 30 days", "lượt", "visits"},
    [KM_FEATURE_FACILITIES_30D] = {"facilities_30d", "facilities of the person in 30 days", KM_UNIT_COUNT, 0,
                                   0.5f, "số cơ sở trong 30 ngày", "facilities in 30 days", "cơ sở",
                                   "facilities"},
    [KM_FEATURE_OFF_HOURS] = {"off_hours", "hours between the admission and the nearest time from 7 to 18",
                              KM_UNIT_COUNT, 0, 2, "vào viện ngoài giờ", "admission off hours", "giờ",
                              "hours"},
    [KM_FEATURE_WEEKEND] = {"weekend", "admitted on a Saturday or Sunday", KM_UNIT_YES, 0, 1, "vào cuối tuần",
                            "admitted at a weekend", "", ""},
    [KM_FEATURE_HOME_DISTANCE] = {"home_distance",
                                  "from the province of registration to that of the facility: 0 the same, 1 "
                                  "the same economic region, 2 farther",
                                  KM_UNIT_PLACE, 0, 1, "nơi đăng ký so với cơ sở", "home against facility",
                                  "", ""},
};

const km_feature_info *km_feature_about(km_feature feature) {
    return &about[feature];
}

/* ---- places */

km_place_tables km_place_tables_of(const km_lookup *facilities, const km_lookup *provinces) {
    km_place_tables tables = {facilities, provinces, -1, -1, -1};
    if (facilities) {
        tables.tier = km_lookup_find_column(facilities, KM_TEXT("tier"));
        tables.level = km_lookup_find_column(facilities, KM_TEXT("technical_level"));
    }
    if (provinces) tables.region = km_lookup_find_column(provinces, KM_TEXT("economic_region"));
    return tables;
}

uint32_t km_place_tier(const km_place_tables *tables, uint64_t facility, km_day day) {
    static const char *const names[KM_TIER_MAX] = {"commune", "district", "provincial", "central",
                                                   "initial", "basic",    "specialised"};
    const int64_t row = km_lookup_row_of_code(tables->facilities, facility, day);
    if (row == KM_LOOKUP_NO_ROW) return 0;
    km_text name = km_lookup_text(tables->facilities, row, tables->tier);
    if (!name.length) name = km_lookup_text(tables->facilities, row, tables->level);
    for (uint32_t i = 0; name.length && i < KM_TIER_MAX; i++) {
        if (km_text_equal(name, km_text_from(names[i]))) return i + 1;
    }
    return 0;
}

/* ---- features */

km_feature_reader km_feature_reader_of(const km_batch *batch, const km_place_tables *places) {
    return (km_feature_reader){
        .batch = batch,
        .places = places,
        .total = km_batch_total(batch),
        .kind = km_batch_kind(batch),
        .facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
        .hospital_total = km_batch_cells(batch, KM_CLAIM_T_TONGCHI_BV),
        .drugs = km_batch_cells(batch, KM_CLAIM_T_THUOC),
        .supplies = km_batch_cells(batch, KM_CLAIM_T_VTYT),
        .beds = km_batch_cells(batch, KM_CLAIM_T_GIUONG),
        .days = km_batch_cells(batch, KM_CLAIM_SO_NGAY_DTRI),
        .in = km_batch_cells(batch, KM_CLAIM_NGAY_VAO),
        .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA),
        .visits_30d = km_batch_cells(batch, KM_CLAIM_visits_30d),
        .facilities_30d = km_batch_cells(batch, KM_CLAIM_facilities_30d),
        .has_diagnoses = km_fieldset_has(&batch->present, KM_CLAIM_MA_BENH_KT),
        .has_home = km_fieldset_has(&batch->present, KM_CLAIM_MA_DKBD),
    };
}

int64_t km_feature_days(const km_feature_reader *reader, uint32_t row) {
    int64_t days = km_cells_int(&reader->days, row, INT64_MIN);
    if (days == INT64_MIN && km_cells_known(&reader->in, row) && km_cells_known(&reader->out, row)) {
        days = (km_cells_value(&reader->out, row) - km_cells_value(&reader->in, row)) / KM_MINUTES_PER_DAY;
    }
    return days < 1 ? 1 : days;
}

/* Amounts whose logarithms are wanted, in dong, NaN where there is none: those of the first features, and two
 * that make one together. The logarithms of all are taken side by side. */
enum { SUPPLIES = KM_FEATURE_SERVICES_PER_DAY + 1, DRUGS, AMOUNTS = 8 /* even: the last is not used */ };

static float dong_of(int64_t hundredths, int64_t days, float offset) {
    const int64_t dong = hundredths / KM_DONG / days;
    return (float)dong + offset;
}

/* The cost of a day is kept for stays and for courses of several days: of a visit it is the cost again, which
 * would count twice. */
static void read_cost(const km_feature_reader *reader, uint32_t row, int64_t days, float *dong) {
    const int64_t total = km_total_int(&reader->total, row, -1);
    const bool inpatient = km_kind_care(&reader->kind, row) == KM_CARE_IN;
    if (total < 0) return;
    dong[KM_FEATURE_COST] = dong_of(total, 1, 0);
    if (inpatient || days > 1) dong[KM_FEATURE_COST_PER_DAY] = dong_of(total, days, 0);
}

static float share(int64_t part, int64_t whole) {
    return (float)part / (float)whole;
}

/* Parts of the cost at hospital price, which is what T_THUOC and T_VTYT add up. */
static void read_parts(const km_feature_reader *reader, uint32_t row, int64_t days, float *dong,
                       float *value) {
    const int64_t whole = km_cells_int(&reader->hospital_total, row, km_total_int(&reader->total, row, -1));
    const int64_t drugs = km_cells_int(&reader->drugs, row, -1),
                  supplies = km_cells_int(&reader->supplies, row, -1),
                  beds = km_cells_int(&reader->beds, row, -1);
    const bool drugs_fit = drugs >= 0 && drugs <= whole, supplies_fit = supplies >= 0 && supplies <= whole;
    if (drugs_fit) {
        dong[KM_FEATURE_DRUGS_PER_DAY] = dong_of(drugs, days, about[KM_FEATURE_DRUGS_PER_DAY].offset);
        if (whole) value[KM_FEATURE_DRUG_SHARE] = share(drugs, whole);
    }
    if (supplies_fit) {
        dong[KM_FEATURE_SUPPLIES_PER_DAY] =
            dong_of(supplies, days, about[KM_FEATURE_SUPPLIES_PER_DAY].offset);
        if (whole) value[KM_FEATURE_SUPPLY_SHARE] = share(supplies, whole);
    }
    if (beds >= 0 && beds <= whole && whole) value[KM_FEATURE_BED_SHARE] = share(beds, whole);
    if (!drugs_fit || !supplies_fit) return;
    const float offset = about[KM_FEATURE_SUPPLIES_TO_DRUGS].offset;
    dong[SUPPLIES] = dong_of(supplies, 1, offset);
    dong[DRUGS] = dong_of(drugs, 1, offset);
    if (drugs > whole - supplies) return;
    dong[KM_FEATURE_SERVICES_PER_DAY] =
        dong_of(whole - supplies - drugs, days, about[KM_FEATURE_SERVICES_PER_DAY].offset);
}

static void take_logarithms(float *dong, float *value) {
    for (int i = 0; i < AMOUNTS; i++) dong[i] = dong[i] >= 0 ? km_log2f(dong[i]) : NAN;
    memcpy(value, dong, SUPPLIES * sizeof *value);
    value[KM_FEATURE_SUPPLIES_TO_DRUGS] = dong[SUPPLIES] - dong[DRUGS];
}

static int64_t count_codes(km_text list) {
    km_text part;
    int64_t count = 0;
    if (!list.length) return 0;
    while (km_text_split(&list, ';', &part)) count += km_text_trim(part).length > 0;
    return count;
}

static void put_count(float *value, km_feature feature, int64_t count) {
    if (count >= 0) value[feature] = (float)count;
}

static void read_admission(const km_feature_reader *reader, uint32_t row, float *value) {
    if (!km_cells_known(&reader->in, row)) return;
    const km_minute in = (km_minute)km_cells_value(&reader->in, row);
    const km_day day = km_day_of(in);
    const int hour = (int)((in - (int64_t)day * KM_MINUTES_PER_DAY) / 60);
    const int off = hour < WORK_FROM ? WORK_FROM - hour : hour > WORK_TO ? hour - WORK_TO : 0;
    value[KM_FEATURE_OFF_HOURS] = (float)off;
    value[KM_FEATURE_WEEKEND] = km_weekday(day) >= 6 ? 1.0f : 0.0f;
}

static km_text region_of(const km_place_tables *places, uint64_t province) {
    const int64_t row = km_lookup_row_of_code(places->provinces, province, 0);
    return km_lookup_text(places->provinces, row, places->region);
}

static void read_home(const km_feature_reader *reader, uint32_t row, float *value) {
    const uint64_t facility = (uint64_t)km_cells_value(&reader->facility, row);
    const km_text home =
        reader->has_home ? km_batch_text(reader->batch, KM_CLAIM_MA_DKBD, row) : (km_text){0};
    const km_place_tables *places = reader->places;
    if (home.length < 2 || !facility) return;
    const uint64_t there = km_province_of(facility), here = km_few_bytes(home.ptr, 2);
    value[KM_FEATURE_HOME_DISTANCE] = 0;
    if (here == there) return;
    const km_text first = region_of(places, here), second = region_of(places, there);
    value[KM_FEATURE_HOME_DISTANCE] = first.length && km_text_equal(first, second) ? 1.0f : 2.0f;
}

void km_features_read(const km_feature_reader *reader, uint32_t row, km_features *out) {
    const int64_t days = km_feature_days(reader, row);
    float *value = out->value;
    float dong[AMOUNTS];
    for (int f = 0; f < KM_FEATURE_COUNT; f++) value[f] = NAN;
    for (int i = 0; i < AMOUNTS; i++) dong[i] = NAN;
    read_cost(reader, row, days, dong);
    read_parts(reader, row, days, dong, value);
    take_logarithms(dong, value);
    put_count(value, KM_FEATURE_DAYS, km_cells_int(&reader->days, row, -1));
    if (reader->has_diagnoses) {
        put_count(value, KM_FEATURE_DIAGNOSES,
                  count_codes(km_batch_text(reader->batch, KM_CLAIM_MA_BENH_KT, row)));
    }
    put_count(value, KM_FEATURE_VISITS_30D, km_cells_int(&reader->visits_30d, row, -1));
    put_count(value, KM_FEATURE_FACILITIES_30D, km_cells_int(&reader->facilities_30d, row, -1));
    read_admission(reader, row, value);
    read_home(reader, row, value);
}
