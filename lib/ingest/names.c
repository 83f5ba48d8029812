#include "ingest/names.h"

typedef struct name_entry {
    const char *name;
    int field;
} name_entry;

typedef struct name_table {
    const name_entry *entries;
    size_t count;
} name_table;

#define CLAIM(name)                                                                                          \
    { #name, KM_CLAIM_##name }
#define CLAIM_AS(as, name)                                                                                   \
    { #as, KM_CLAIM_##name }
#define DRUG(name)                                                                                           \
    { #name, KM_DRUG_##name }
#define SERVICE(name)                                                                                        \
    { #name, KM_SERVICE_##name }

/* Decision 4210, table 1. */
static const name_entry claim_4210[] = {
    CLAIM(MA_LK),
    CLAIM(STT),
    CLAIM(MA_BN),
    CLAIM(HO_TEN),
    CLAIM(NGAY_SINH),
    CLAIM(GIOI_TINH),
    CLAIM(DIA_CHI),
    CLAIM_AS(MA_THE, MA_THE_BHYT),
    CLAIM(MA_DKBD),
    CLAIM(GT_THE_TU),
    CLAIM(GT_THE_DEN),
    CLAIM_AS(MIEN_CUNG_CT, NGAY_MIEN_CCT),
    CLAIM_AS(TEN_BENH, CHAN_DOAN_RV),
    CLAIM_AS(MA_BENH, MA_BENH_CHINH),
    CLAIM_AS(MA_BENHKHAC, MA_BENH_KT),
    CLAIM(MA_LYDO_VVIEN),
    CLAIM_AS(MA_NOI_CHUYEN, MA_NOI_DI),
    CLAIM(MA_TAI_NAN),
    CLAIM(NGAY_VAO),
    CLAIM(NGAY_RA),
    CLAIM(SO_NGAY_DTRI),
    CLAIM(KET_QUA_DTRI),
    CLAIM_AS(TINH_TRANG_RV, MA_LOAI_RV),
    CLAIM(NGAY_TTOAN),
    CLAIM(T_THUOC),
    CLAIM(T_VTYT),
    CLAIM(T_TONGCHI),
    CLAIM(T_BNTT),
    CLAIM(T_BNCCT),
    CLAIM(T_BHTT),
    CLAIM(T_NGUONKHAC),
    CLAIM(T_NGOAIDS),
    CLAIM(NAM_QT),
    CLAIM(THANG_QT),
    CLAIM(MA_LOAI_KCB),
    CLAIM(MA_KHOA),
    CLAIM(MA_CSKCB),
    CLAIM(MA_KHUVUC),
    CLAIM(MA_PTTT_QT),
    CLAIM(CAN_NANG),
};

/* 79a and 80a lists of letter 3360/BHXH-CSYT, their wider variants, and the names used before 2015. */
static const name_entry claim_79a[] = {
    CLAIM(STT),
    CLAIM(MA_BN),
    CLAIM(HO_TEN),
    CLAIM(NGAY_SINH),
    CLAIM(GIOI_TINH),
    CLAIM(DIA_CHI),
    CLAIM_AS(MA_THE, MA_THE_BHYT),
    CLAIM(MA_DKBD),
    CLAIM(GT_THE_TU),
    CLAIM(GT_THE_DEN),
    CLAIM_AS(MA_BENH, MA_BENH_CHINH),
    CLAIM_AS(MA_BENHKHAC, MA_BENH_KT),
    CLAIM(MA_LYDO_VVIEN),
    CLAIM_AS(MA_NOI_CHUYEN, MA_NOI_DI),
    CLAIM(NGAY_VAO),
    CLAIM(NGAY_RA),
    CLAIM(SO_NGAY_DTRI),
    CLAIM(KET_QUA_DTRI),
    CLAIM_AS(TINH_TRANG_RV, MA_LOAI_RV),
    CLAIM_AS(T_TONGCHI, T_TONGCHI_BH),
    CLAIM(T_XN),
    CLAIM(T_CDHA),
    CLAIM(T_THUOC),
    CLAIM(T_MAU),
    CLAIM(T_PTTT),
    CLAIM(T_VTYT),
    CLAIM(T_DVKT_TYLE),
    CLAIM(T_THUOC_TYLE),
    CLAIM(T_VTYT_TYLE),
    CLAIM(T_KHAM),
    CLAIM(T_VCHUYEN),
    CLAIM(T_BNTT),
    CLAIM(T_BHTT),
    CLAIM(T_NGOAIDS),
    CLAIM(MA_KHOA),
    CLAIM(NAM_QT),
    CLAIM(THANG_QT),
    CLAIM(MA_KHUVUC),
    CLAIM_AS(MA_LOAIKCB, MA_LOAI_KCB),
    CLAIM(MA_CSKCB),
    CLAIM(T_NGUONKHAC),
    CLAIM(MA_LK),
    CLAIM(T_GIUONG),
    CLAIM_AS(HOTEN, HO_TEN),
    CLAIM_AS(NAMSINH, NGAY_SINH),
    CLAIM_AS(GIOITINH, GIOI_TINH),
    CLAIM_AS(DIACHI, DIA_CHI),
    CLAIM_AS(MATHE, MA_THE_BHYT),
    CLAIM_AS(MABENH, MA_BENH_CHINH),
    CLAIM_AS(BENHKHAC, MA_BENH_KT),
    CLAIM_AS(NGAYDTR, SO_NGAY_DTRI),
    CLAIM_AS(NOIKCB, MA_CSKCB),
    CLAIM_AS(LOAIKCB, MA_LOAI_KCB),
    CLAIM_AS(GT_TU, GT_THE_TU),
    CLAIM_AS(GT_DEN, GT_THE_DEN),
};

/* In no decision: what exports call the time of receipt. */
static const name_entry claim_other[] = {CLAIM_AS(RECEIVED_ON, NGAY_GUI)};

static const name_entry drug_4210[] = {
    DRUG(MA_LK),     DRUG(STT),         DRUG(MA_THUOC),  DRUG(MA_NHOM),
    DRUG(TEN_THUOC), DRUG(DON_VI_TINH), DRUG(HAM_LUONG), DRUG(DUONG_DUNG),
    DRUG(LIEU_DUNG), DRUG(SO_DANG_KY),  DRUG(TT_THAU),   DRUG(PHAM_VI),
    DRUG(TYLE_TT),   DRUG(SO_LUONG),    DRUG(DON_GIA),   DRUG(THANH_TIEN),
    DRUG(MUC_HUONG), DRUG(T_NGUONKHAC), DRUG(T_BNTT),    DRUG(T_BHTT),
    DRUG(T_BNCCT),   DRUG(T_NGOAIDS),   DRUG(MA_KHOA),   DRUG(MA_BAC_SI),
    DRUG(MA_BENH),   DRUG(NGAY_YL),     DRUG(MA_PTTT),   {"TY_LE_TT", KM_DRUG_TYLE_TT},
};

static const name_entry service_4210[] = {
    SERVICE(MA_LK),      SERVICE(STT),         SERVICE(MA_DICH_VU),
    SERVICE(MA_VAT_TU),  SERVICE(MA_NHOM),     SERVICE(GOI_VTYT),
    SERVICE(TEN_VAT_TU), SERVICE(TEN_DICH_VU), SERVICE(DON_VI_TINH),
    SERVICE(PHAM_VI),    SERVICE(SO_LUONG),    SERVICE(DON_GIA),
    SERVICE(TT_THAU),    SERVICE(TYLE_TT),     SERVICE(THANH_TIEN),
    SERVICE(T_TRANTT),   SERVICE(MUC_HUONG),   SERVICE(T_NGUONKHAC),
    SERVICE(T_BNTT),     SERVICE(T_BHTT),      SERVICE(T_BNCCT),
    SERVICE(T_NGOAIDS),  SERVICE(MA_KHOA),     SERVICE(MA_GIUONG),
    SERVICE(MA_BAC_SI),  SERVICE(MA_BENH),     SERVICE(NGAY_YL),
    SERVICE(NGAY_KQ),    SERVICE(MA_PTTT),     {"TY_LE_TT", KM_SERVICE_TYLE_TT},
};

#define TABLE(entries)                                                                                       \
    { entries, sizeof entries / sizeof entries[0] }

/* 3176 and 130 use the fields' own names, from the first to DU_PHONG in their tables. */
static const name_table tables[KM_SCOPE_COUNT][KM_STANDARD_COUNT] = {
    [KM_SCOPE_CLAIM] = {[KM_STANDARD_4210] = TABLE(claim_4210), [KM_STANDARD_79A] = TABLE(claim_79a)},
    [KM_SCOPE_DRUG] = {[KM_STANDARD_4210] = TABLE(drug_4210)},
    [KM_SCOPE_SERVICE] = {[KM_STANDARD_4210] = TABLE(service_4210)},
};
static const name_table others[KM_SCOPE_COUNT] = {[KM_SCOPE_CLAIM] = TABLE(claim_other)};
static const int last_of_3176[KM_SCOPE_COUNT] = {[KM_SCOPE_CLAIM] = KM_CLAIM_DU_PHONG,
                                                 [KM_SCOPE_DRUG] = KM_DRUG_DU_PHONG,
                                                 [KM_SCOPE_SERVICE] = KM_SERVICE_DU_PHONG,
                                                 [KM_SCOPE_CARD] = -1};

const char *km_standard_name(km_standard standard) {
    static const char *const names[] = {"3176", "130", "4210", "79a"};
    return names[standard];
}

static int find_in(const name_table *table, km_text name) {
    for (size_t i = 0; i < table->count && name.length; i++) {
        if ((table->entries[i].name[0] | 0x20) != (name.ptr[0] | 0x20)) continue; /* as most are */
        if (km_text_equal_fold(km_text_from(table->entries[i].name), name)) return table->entries[i].field;
    }
    return -1;
}

/* The field of that name that a file can have. */
static int find_raw(km_scope scope, km_text name) {
    int count, field = km_field_find(scope, name);
    if (field < 0 || km_fields(scope, &count)[field].flags & KM_FIELD_COMPUTED) return -1;
    return field;
}

int km_name_in(km_scope scope, km_standard standard, km_text name) {
    if (standard == KM_STANDARD_4210 || standard == KM_STANDARD_79A)
        return find_in(&tables[scope][standard], name);
    int field = find_raw(scope, name);
    return field <= last_of_3176[scope] ? field : -1;
}

int km_name_field(km_scope scope, km_standard standard, km_text name) {
    int field = km_name_in(scope, standard, name);
    if (field < 0) field = find_raw(scope, name);
    if (field < 0) field = find_in(&others[scope], name);
    for (int i = 0; i < KM_STANDARD_COUNT && field < 0; i++) field = find_in(&tables[scope][i], name);
    return field;
}

const char *km_name_at(km_scope scope, km_standard standard, int number) {
    const name_table *table = &tables[scope][standard];
    if (table->entries) return (size_t)number < table->count ? table->entries[number].name : NULL;
    int count, left = number;
    const km_field *fields = km_fields(scope, &count);
    for (int i = 0; i <= last_of_3176[scope]; i++) {
        bool newer = scope == KM_SCOPE_CLAIM && i == KM_CLAIM_NHOM_MAU && standard == KM_STANDARD_130;
        if (!newer && !(fields[i].flags & KM_FIELD_COMPUTED) && !left--) return fields[i].name;
    }
    return NULL;
}

km_text km_name_nearest(km_scope scope, km_text name) {
    int count;
    const km_field *fields = km_fields(scope, &count);
    km_nearest nearest;
    km_nearest_init(&nearest, name);
    for (int i = 0; i < count; i++) {
        if (!(fields[i].flags & KM_FIELD_COMPUTED)) km_nearest_offer(&nearest, km_text_from(fields[i].name));
    }
    for (int i = 0; i < KM_STANDARD_COUNT; i++) {
        const name_table *table = &tables[scope][i];
        for (size_t k = 0; k < table->count; k++)
            km_nearest_offer(&nearest, km_text_from(table->entries[k].name));
    }
    return km_nearest_result(&nearest);
}
