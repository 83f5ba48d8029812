#include "rows.h"

#include <string.h>

static const char header_3176[] = "MA_LK,STT,MA_BN,HO_TEN,SO_CCCD,NGAY_SINH,GIOI_TINH,NHOM_MAU,MA_QUOCTICH,"
                                  "MA_DANTOC,MA_NGHE_NGHIEP,DIA_CHI,"
                                  "MATINH_CU_TRU,MAHUYEN_CU_TRU,MAXA_CU_TRU,DIEN_THOAI,MA_THE_BHYT,MA_DKBD,"
                                  "GT_THE_TU,GT_THE_DEN,NGAY_MIEN_CCT,"
                                  "LY_DO_VV,LY_DO_VNT,MA_LY_DO_VNT,CHAN_DOAN_VAO,CHAN_DOAN_RV,MA_BENH_CHINH,"
                                  "MA_BENH_KT,MA_BENH_YHCT,MA_PTTT_QT,"
                                  "MA_DOITUONG_KCB,MA_NOI_DI,MA_NOI_DEN,MA_TAI_NAN,NGAY_VAO,NGAY_VAO_NOI_TRU,"
                                  "NGAY_RA,GIAY_CHUYEN_TUYEN,SO_NGAY_DTRI,"
                                  "PP_DIEU_TRI,KET_QUA_DTRI,MA_LOAI_RV,GHI_CHU,NGAY_TTOAN,T_THUOC,T_VTYT,T_"
                                  "TONGCHI_BV,T_TONGCHI_BH,T_BNTT,T_BNCCT,"
                                  "T_BHTT,T_NGUONKHAC,T_BHTT_GDV,NAM_QT,THANG_QT,MA_LOAI_KCB,MA_KHOA,MA_"
                                  "CSKCB,MA_KHUVUC,CAN_NANG,CAN_NANG_CON,"
                                  "NAM_NAM_LIEN_TUC,NGAY_TAI_KHAM,MA_HSBA,MA_TTDV,DU_PHONG\n";

static const char header_4210[] =
    "MA_LK,STT,MA_BN,HO_TEN,NGAY_SINH,GIOI_TINH,DIA_CHI,MA_THE,MA_DKBD,GT_THE_TU,GT_THE_DEN,MIEN_CUNG_CT,TEN_"
    "BENH,"
    "MA_BENH,MA_BENHKHAC,MA_LYDO_VVIEN,MA_NOI_CHUYEN,MA_TAI_NAN,NGAY_VAO,NGAY_RA,SO_NGAY_DTRI,KET_QUA_DTRI,"
    "TINH_TRANG_RV,NGAY_TTOAN,T_THUOC,T_VTYT,T_TONGCHI,T_BNTT,T_BNCCT,T_BHTT,T_NGUONKHAC,T_NGOAIDS,NAM_QT,"
    "THANG_QT,"
    "MA_LOAI_KCB,MA_KHOA,MA_CSKCB,MA_KHUVUC,MA_PTTT_QT,CAN_NANG\n";

const char *synth_claims_header(int standard) {
    return standard == 4210 ? header_4210 : header_3176;
}

/* Common syllables put together at random around the word THỬ (test): nobody is called like this. */
static const char *const families[16] = {"NGUYỄN", "TRẦN", "LÊ", "PHẠM", "HOÀNG", "PHAN", "VŨ",  "ĐẶNG",
                                         "BÙI",    "ĐỖ",   "HỒ", "NGÔ",  "DƯƠNG", "LÝ",   "MAI", "TRỊNH"};
static const char *const givens[32] = {"AN",   "BÌNH", "CƯỜNG", "DUNG", "ĐỨC",   "GIANG", "HÀ",   "HẢI",
                                       "HẠNH", "HIẾU", "HOA",   "HÙNG", "HƯƠNG", "KHÁNH", "LAN",  "LINH",
                                       "LONG", "MAI",  "MINH",  "NAM",  "NGA",   "NGỌC",  "PHÚC", "QUÂN",
                                       "SƠN",  "TÂM",  "THẢO",  "THU",  "TRANG", "TÚ",    "VÂN",  "YẾN"};

/* ---- cells, each with the comma after it */

static void comma(struct synth_text *t) {
    synth_put_char(t, ',');
}

static void word(struct synth_text *t, const char *text) {
    synth_put(t, text);
    comma(t);
}

static void number(struct synth_text *t, uint64_t n) {
    synth_put_number(t, n);
    comma(t);
}

static void padded(struct synth_text *t, uint64_t n, int digits) {
    synth_put_padded(t, n, digits);
    comma(t);
}

/* 0: no such day, no such minute. */
static void day_if(struct synth_text *t, int32_t day) {
    if (day) synth_put_day(t, day);
    comma(t);
}

static void minute_if(struct synth_text *t, int64_t minute) {
    if (minute) synth_put_minute(t, minute);
    comma(t);
}

static void put_name(struct synth_text *t, const struct synth_person *p) {
    synth_put(t, p->name_before);
    synth_put(t, families[p->family % 16]);
    synth_put(t, " THỬ ");
    synth_put(t, givens[p->given[0] % 32]);
    synth_put_char(t, ' ');
    synth_put(t, givens[p->given[1] % 32]);
    word(t, p->name_after);
}

static void put_address(struct synth_text *t, const struct synth_person *p) {
    if (p->long_address) synth_put(t, "\"Tổ 3, ");
    synth_put(t, "Xã Thử ");
    synth_put_number(t, p->ward);
    word(t, p->long_address ? "\"" : "");
}

static void put_birth(struct synth_text *t, const struct synth_person *p, bool old_layout) {
    const uint64_t minute = p->birth_known == SYNTH_BIRTH_MINUTE ? p->birth_minute : 0;
    if (p->birth_known == SYNTH_BIRTH_YEAR) {
        synth_put_padded(t, (uint64_t)synth_year(p->birth), 4);
        synth_put(t, old_layout ? "" : "00000000");
    } else {
        synth_put_day(t, p->birth);
        if (!old_layout) synth_put_padded(t, minute / 60 * 100 + minute % 60, 4);
    }
    comma(t);
}

static void put_facility(const struct synth_setting *setting, struct synth_text *t, int32_t facility) {
    if (facility >= 0) synth_put(t, setting->world.facilities[facility].code);
}

static void facility(const struct synth_setting *setting, struct synth_text *t, int32_t number) {
    put_facility(setting, t, number);
    comma(t);
}

static void amounts(struct synth_text *t, const int64_t *hundredths, size_t count) {
    for (size_t i = 0; i < count; i++) {
        synth_put_money(t, hundredths[i]);
        comma(t);
    }
}

void synth_put_id(struct synth_text *text, uint64_t id) {
    synth_put_char(text, 'K');
    synth_put_padded(text, id, SYNTH_ID_LENGTH - 1);
}

enum { CARD_NUMBER, CARD_HOME, CARD_FROM, CARD_TO };

static void put_card_part(const struct synth_setting *setting, struct synth_text *t,
                          const struct synth_claim *claim, const struct synth_card *card, int part) {
    switch (part) {
    case CARD_NUMBER:
        synth_put(t, card->group);
        synth_put_padded(t, claim->person->card_province, 2);
        synth_put(t, claim->person->card_number);
        break;
    case CARD_HOME: put_facility(setting, t, card->facility); break;
    case CARD_FROM: synth_put_day(t, card->from); break;
    default:
        if (!card->open_end) synth_put_day(t, card->to);
        break;
    }
}

static void put_cards(const struct synth_setting *setting, struct synth_text *t,
                      const struct synth_claim *claim) {
    for (int part = CARD_NUMBER; part <= CARD_TO; part++) {
        put_card_part(setting, t, claim, synth_claim_card(claim), part);
        if (claim->card_after >= 0) {
            synth_put_char(t, ';');
            put_card_part(setting, t, claim, &claim->person->cards[claim->card_after], part);
        }
        comma(t);
    }
}

void synth_settled_in(const struct synth_claim *claim, int *year, int *month) {
    int day;
    synth_civil(synth_claim_day(claim), year, month, &day);
    *month += claim->settle_later;
    if (*month > 12) *month = 12;
}

static void put_settlement(struct synth_text *t, const struct synth_claim *claim) {
    int year, month;
    synth_settled_in(claim, &year, &month);
    number(t, (uint64_t)year);
    padded(t, (uint64_t)month, 2);
}

static uint32_t body_weight(const struct synth_claim *claim) { /* hundredths of a kilogram */
    const struct synth_person *p = claim->person;
    int32_t days = synth_claim_day(claim) - p->birth;
    uint32_t own = (uint32_t)(p->given[0] * 3 + p->ward) % 100; /* the same at every visit */
    if (days < 60) return 290 + own;
    if (days < 365) return 500 + (uint32_t)days;
    if (days < 18 * 365) return 900 + (uint32_t)days * 7 / 10 + own;
    return 4500 + own * 25 + (p->sex == 1 ? 600 : 0);
}

static void put_body_weight(struct synth_text *t, const struct synth_claim *claim) {
    const uint32_t weight = body_weight(claim);
    synth_put_number(t, weight / 100);
    synth_put_char(t, '.');
    synth_put_padded(t, weight % 100, 2);
}

/* ICD-9-CM volume 3 */
static const char *operation_code(const struct synth_claim *claim) {
    if (!claim->operated) return "";
    switch (synth_diagnoses[claim->diagnosis].operation) {
    case ITEM_CESAREAN: return "74.1";
    case ITEM_DELIVERY: return "73.59";
    case ITEM_APPENDECTOMY: return "47.01";
    case ITEM_HERNIA: return "53.00";
    case ITEM_GALLBLADDER: return "51.23";
    case ITEM_HAEMORRHOID: return "49.46";
    case ITEM_CATARACT: return "13.41";
    case ITEM_BONE_FIXATION: return "79.36";
    case ITEM_HIP: return "81.51";
    case ITEM_HYSTERECTOMY: return "68.49";
    case ITEM_STONE: return "56.0";
    case ITEM_THYROIDECTOMY: return "06.2";
    case ITEM_STENTING: return "36.07";
    case ITEM_ABSCESS: return "86.04";
    default: return "45.73";
    }
}

static void put_department(struct synth_text *t, const struct synth_claim *claim) {
    bool clinic = claim->kind == KIND_EXAM || claim->kind == KIND_CHRONIC || claim->kind == KIND_PICKUP;
    synth_put_char(t, 'K');
    padded(t, clinic ? 1 : synth_diagnoses[claim->diagnosis].ward, 2);
}

static const char *reason_for_visit(const struct synth_claim *claim) {
    if (claim->kind == KIND_CHRONIC) return "Khám định kỳ";
    if (claim->kind == KIND_PICKUP) return "Lĩnh thuốc";
    if (claim->route == SYNTH_REVISIT) return "Khám lại";
    return claim->route == SYNTH_EMERGENCY ? "Cấp cứu" : "Khám bệnh";
}

static void put_money_part(struct synth_text *t, const struct synth_money *m) {
    const int64_t money[] = {m->drugs, m->supplies, m->bv,    m->bh,  m->own,
                             m->copay, m->fund,     m->other, m->fund};
    amounts(t, money, sizeof money / sizeof *money);
}

static void put_person_part(const struct synth_setting *setting, struct synth_text *t,
                            const struct synth_claim *claim) {
    const struct synth_person *p = claim->person;
    const struct synth_province *province = &setting->world.provinces[p->province];
    bool merged = synth_claim_day(claim) >= synth_day(2025, 7, 1); /* no districts from then on */
    put_name(t, p);
    word(t, p->citizen);
    put_birth(t, p, false);
    synth_put_number(t, p->sex);
    synth_put(t, ",,000,");
    padded(t, p->people, 2);
    padded(t, p->job, 2);
    put_address(t, p);
    padded(t, merged ? province->merged : province->code, 2);
    if (!merged) synth_put_padded(t, (uint64_t)province->code * 10 % 900 + p->ward / 60 + 1, 3);
    comma(t);
    synth_put_padded(t, (uint64_t)province->code * 300 + p->ward, 5);
    synth_put(t, ",,");
}

static void put_illness_part(const struct synth_setting *setting, struct synth_text *t,
                             const struct synth_claim *claim) {
    const struct synth_diagnosis *d = &synth_diagnoses[claim->diagnosis];
    const struct synth_facility *f = &setting->world.facilities[claim->facility];
    day_if(t, claim->exempt_from);
    synth_put(t, reason_for_visit(claim));
    synth_put(t, claim->admitted ? ",Điều trị nội trú,," : ",,,");
    word(t, d->text);
    word(t, d->text);
    word(t, d->code);
    synth_put(t, claim->also);
    synth_put(t, ",,");
    word(t, operation_code(claim));
    bool minority = claim->person->area != 0;
    word(t, synth_route_code(claim->route, f, synth_is_inpatient(claim), minority, synth_claim_day(claim)));
    facility(setting, t, claim->came_from);
    facility(setting, t, claim->goes_to);
    if (claim->accident) synth_put_number(t, claim->accident);
    comma(t);
    minute_if(t, claim->start);
    minute_if(t, claim->admitted);
    minute_if(t, claim->end);
    if (claim->route == SYNTH_REFERRED) {
        synth_put(t, "GT");
        synth_put_number(t, (uint64_t)claim->start % 99991);
    }
    comma(t);
    synth_put_number(t, (uint64_t)synth_treatment_days(claim));
    synth_put(t, claim->operated ? ",Phẫu thuật," : ",,");
    number(t, claim->result);
    synth_put_number(t, claim->discharge);
    synth_put(t, ",,");
    minute_if(t, claim->end);
}

static void put_end_part(const struct synth_setting *setting, struct synth_text *t,
                         const struct synth_claim *claim, uint64_t id) {
    const struct synth_person *p = claim->person;
    put_settlement(t, claim);
    padded(t, claim->kind, 2);
    put_department(t, claim);
    facility(setting, t, claim->facility);
    if (p->area) {
        synth_put_char(t, 'K');
        synth_put_number(t, p->area);
    }
    comma(t);
    put_body_weight(t, claim);
    comma(t);
    if (claim->child_weights) synth_put(t, claim->child_weights);
    comma(t);
    day_if(t, p->five_years);
    if (claim->revisit) synth_put_day(t, claim->revisit);
    synth_put(t, ",BA");
    synth_put_number(t, id);
    synth_put(t, ",,\n");
}

static void put_hospital_number(struct synth_text *t, const struct synth_claim *claim) {
    const char *digits = claim->person->number;
    uint64_t n = 0;
    for (int i = 0; i < 10; i++) n = n * 10 + (uint64_t)(digits[i] - '0');
    synth_put_padded(t, synth_mix(n, (uint64_t)(uint32_t)claim->facility) % 100000000, 8);
}

/* One digit; the 4210 list ends at 6, so a short stay is sent as a stay. */
static int old_kind(int kind) {
    switch (kind) {
    case KIND_COURSE: return 2;
    case KIND_STAY:
    case KIND_SHORT_STAY: return 3;
    case KIND_DAY_STAY: return 4;
    case KIND_PICKUP: return 6;
    default: return 1;
    }
}

/* In 4210 the co-payment off-network is the rest of the part the fund shares; what lies outside is paid by
 * the patient. */
static void put_old_money(struct synth_text *t, const struct synth_claim *claim) {
    const struct synth_money *m = &claim->money;
    int64_t copay = m->copay, own = m->own;
    const struct synth_card *card = synth_claim_card(claim);
    uint32_t level = synth_level_rate(card->group, card->group[2], synth_claim_day(claim));
    if (claim->route == SYNTH_OWN_CHOICE && claim->rate < level && !claim->force_rate) {
        int64_t shared = claim->rate == 0 ? 0 : (m->bh * claim->rate + level / 2) / level;
        copay = shared - m->fund;
        own += m->bh - shared;
    }
    const int64_t money[] = {m->drugs, m->supplies, m->bv, own, copay, m->fund, m->other, m->fund};
    amounts(t, money, sizeof money / sizeof *money);
}

static void claim_row_4210(const struct synth_setting *setting, struct synth_text *t,
                           const struct synth_claim *claim) {
    const struct synth_person *p = claim->person;
    const struct synth_diagnosis *d = &synth_diagnoses[claim->diagnosis];
    int32_t day = synth_claim_day(claim), first = (int32_t)(claim->start / SYNTH_MINUTES);
    put_name(t, p);
    put_birth(t, p, true);
    number(t, p->sex);
    put_address(t, p);
    put_cards(setting, t, claim);
    day_if(t, claim->exempt_from);
    word(t, d->text);
    word(t, d->code);
    word(t, claim->also);
    number(t, (uint64_t)synth_old_route_code(claim->route));
    facility(setting, t, claim->came_from);
    if (claim->accident) synth_put_number(t, claim->accident);
    comma(t);
    minute_if(t, claim->start);
    minute_if(t, claim->end);
    number(t, (uint64_t)(old_kind(claim->kind) >= 2 ? day - first + 1 : 1));
    number(t, claim->result);
    number(t, claim->discharge);
    minute_if(t, claim->end);
    put_old_money(t, claim);
    put_settlement(t, claim);
    number(t, (uint64_t)old_kind(claim->kind));
    put_department(t, claim);
    facility(setting, t, claim->facility);
    if (p->area) synth_put(t, p->area == 1 ? "K1" : p->area == 2 ? "K2" : "K3");
    comma(t);
    word(t, operation_code(claim));
    if (day - p->birth < 365) put_body_weight(t, claim);
    synth_put_char(t, '\n');
}

void synth_claim_row(const struct synth_setting *setting, struct synth_text *text,
                     const struct synth_claim *claim, uint64_t id) {
    synth_put_id(text, id);
    comma(text);
    comma(text); /* after the place of STT */
    put_hospital_number(text, claim);
    comma(text);
    if (setting->options->standard == 4210) {
        claim_row_4210(setting, text, claim);
        return;
    }
    put_person_part(setting, text, claim);
    put_cards(setting, text, claim);
    put_illness_part(setting, text, claim);
    put_money_part(text, &claim->money);
    put_end_part(setting, text, claim, id);
}
