/* Rows of XML2 (drugs, blood) and XML3 (services, beds, exams, supplies). */
#include "rows.h"

#include <string.h>

const char synth_drugs_header[] =
    "MA_LK,STT,MA_THUOC,MA_PP_CHEBIEN,MA_CSKCB_THUOC,MA_NHOM,TEN_THUOC,DON_VI_TINH,HAM_LUONG,DUONG_DUNG,DANG_"
    "BAO_CHE,"
    "LIEU_DUNG,CACH_DUNG,SO_DANG_KY,TT_THAU,PHAM_VI,TYLE_TT_BH,SO_LUONG,DON_GIA,THANH_TIEN_BV,THANH_TIEN_BH,"
    "T_NGUONKHAC_NSNN,T_NGUONKHAC_VTNN,T_NGUONKHAC_VTTN,T_NGUONKHAC_CL,T_NGUONKHAC,MUC_HUONG,T_BNTT,T_BNCCT,"
    "T_BHTT,"
    "MA_KHOA,MA_BAC_SI,MA_DICH_VU,NGAY_YL,NGAY_TH_YL,MA_PTTT,NGUON_CTRA,VET_THUONG_TP,DU_PHONG\n";

const char synth_services_header[] = "MA_LK,STT,MA_DICH_VU,MA_PTTT_QT,MA_VAT_TU,MA_NHOM,GOI_VTYT,TEN_VAT_TU,"
                                     "TEN_DICH_VU,MA_XANG_DAU,DON_VI_TINH,PHAM_VI,"
                                     "SO_LUONG,DON_GIA_BV,DON_GIA_BH,TT_THAU,TYLE_TT_DV,TYLE_TT_BH,THANH_"
                                     "TIEN_BV,THANH_TIEN_BH,T_TRANTT,MUC_HUONG,"
                                     "T_NGUONKHAC_NSNN,T_NGUONKHAC_VTNN,T_NGUONKHAC_VTTN,T_NGUONKHAC_CL,T_"
                                     "NGUONKHAC,T_BNTT,T_BNCCT,T_BHTT,MA_KHOA,"
                                     "MA_GIUONG,MA_BAC_SI,NGUOI_THUC_HIEN,MA_BENH,MA_BENH_YHCT,NGAY_YL,NGAY_"
                                     "TH_YL,NGAY_KQ,MA_PTTT,VET_THUONG_TP,"
                                     "PP_VO_CAM,VI_TRI_TH_DVKT,MA_MAY,MA_HIEU_SP,TAI_SU_DUNG,DU_PHONG\n";

struct row {
    const struct synth_setting *setting;
    const struct synth_claim *claim;
    const struct synth_line *line;
    const struct synth_item *item;
    struct synth_text *text;
};

static void comma(const struct row *row) {
    synth_put_char(row->text, ',');
}

static void word(const struct row *row, const char *text) {
    synth_put(row->text, text);
    comma(row);
}

/* A name may hold a decimal comma. */
static void name(const struct row *row, const char *text) {
    bool quoted = strchr(text, ',') != NULL;
    if (quoted) synth_put_char(row->text, '"');
    synth_put(row->text, text);
    word(row, quoted ? "\"" : "");
}

static void money(const struct row *row, int64_t hundredths) {
    synth_put_money(row->text, hundredths);
    comma(row);
}

static void number(const struct row *row, uint64_t n) {
    synth_put_number(row->text, n);
    comma(row);
}

static void exact(const struct row *row, int64_t thousandths) {
    synth_put_exact(row->text, thousandths);
    comma(row);
}

/* Minutes after the start of the claim; -1 leaves the cell empty. */
static void moment(const struct row *row, int32_t after) {
    if (after >= 0) synth_put_minute(row->text, row->claim->start + after);
    comma(row);
}

/* Unlike doctors have unlike numbers; no issuer is called T70. */
static void doctor(const struct row *row, uint16_t nth) {
    int32_t facility = row->line->lent ? row->line->lent - 1 : row->claim->facility;
    const struct synth_facility *f = &row->setting->world.facilities[facility];
    uint64_t ward = row->item->group == GROUP_EXAM ? 1 : synth_diagnoses[row->claim->diagnosis].ward;
    uint64_t id = ((uint64_t)facility * 389 + nth) * 50 + ward;
    synth_put_padded(row->text, id % 10000000, 7);
    synth_put(row->text, "/T");
    synth_put_padded(row->text, row->setting->world.provinces[f->province].code, 2);
    word(row, "-CCHN");
}

static void percent(const struct row *row, uint32_t permille) {
    synth_put_number(row->text, permille / 10);
    if (permille % 10) {
        synth_put_char(row->text, '.');
        synth_put_number(row->text, permille % 10);
    }
    comma(row);
}

static void department(const struct row *row) {
    uint8_t kind = row->claim->kind;
    bool clinic =
        kind == KIND_EXAM || kind == KIND_CHRONIC || kind == KIND_PICKUP || row->item->group == GROUP_EXAM;
    synth_put_char(row->text, 'K');
    synth_put_padded(row->text, clinic ? 1 : synth_diagnoses[row->claim->diagnosis].ward, 2);
    comma(row);
}

static void other_sources(const struct row *row) {
    word(row, "0,0"); /* the state, foreign aid */
    money(row, row->line->other);
    number(row, 0);
    money(row, row->line->other);
}

static void patient_and_fund(const struct row *row) {
    money(row, row->line->own);
    money(row, row->line->copay);
    money(row, row->line->fund);
}

static void dose(const struct row *row) {
    const struct synth_line *line = row->line;
    uint32_t times = line->per_day ? line->per_day : 1;
    synth_put(row->text, "1 ");
    synth_put(row->text, row->item->unit);
    synth_put(row->text, " * ");
    synth_put_number(row->text, times);
    synth_put(row->text, " lần/ngày * ");
    synth_put_number(row->text, (uint64_t)(line->quantity / 1000 / times));
    word(row, " ngày");
}

static void tender(const struct row *row) {
    synth_put(row->text, "1/QĐ-THU;G1;N");
    synth_put_number(row->text, 1 + row->line->item % 4u);
    word(row, ";2024");
}

static void drug_row(const struct row *row) {
    const struct synth_line *line = row->line;
    word(row, row->item->code);
    word(row, ","); /* MA_PP_CHEBIEN, MA_CSKCB_THUOC */
    number(row, row->item->group);
    name(row, row->item->name);
    word(row, row->item->unit);
    word(row, row->item->strength);
    word(row, row->item->route);
    comma(row);
    dose(row);
    comma(row);
    synth_put(row->text, "VD-0");
    synth_put_number(row->text, line->item);
    word(row, "-24");
    if (row->item->group == GROUP_BLOOD) {
        comma(row);
    } else {
        tender(row);
    }
    number(row, line->ratio_paid ? 1 : 2);
    number(row, line->ratio_paid);
    exact(row, line->quantity);
    exact(row, line->price_bv);
    money(row, line->amount_bv);
    money(row, line->amount_bh);
    other_sources(row);
    percent(row, line->rate);
    patient_and_fund(row);
    department(row);
    doctor(row, line->doctor);
    comma(row);
    moment(row, line->ordered);
    moment(row, line->done);
    synth_put(row->text, "1,1,,\n");
}

static void service_code(const struct row *row) {
    uint64_t ward = synth_diagnoses[row->claim->diagnosis].ward;
    switch (row->item->group) {
    case GROUP_SUPPLY: break;
    case GROUP_EXAM:
        synth_put_padded(row->text, row->line->ratio_service == 100 ? 2 : 15, 2);
        synth_put_char(row->text, '.');
        synth_put(row->text, row->item->code);
        break;
    case GROUP_BED:
    case GROUP_DAY_BED:
        synth_put_char(row->text, 'K');
        synth_put_padded(row->text, ward, 2);
        synth_put_char(row->text, '.');
        synth_put(row->text, row->item->code);
        break;
    default: synth_put(row->text, row->item->code); break;
    }
    comma(row);
}

/* A facility has one scanner of a kind, and some machines for what is done often. */
static void machine(const struct row *row) {
    const struct synth_facility *f = &row->setting->world.facilities[row->claim->facility];
    bool scanner = row->item == &synth_items[ITEM_MRI] || row->item == &synth_items[ITEM_CT_HEAD] ||
                   row->item == &synth_items[ITEM_CT_CHEST];
    if (row->item->group == GROUP_IMAGING) {
        synth_put(row->text, "HA.1.");
        synth_put_padded(row->text, row->setting->world.provinces[f->province].code, 2);
        synth_put(row->text, row->item->code);
        synth_put_char(row->text, '.');
        synth_put_number(row->text,
                         (uint64_t)row->claim->facility * 16 + (scanner ? 0 : row->line->performer % 16));
    }
    comma(row);
}

static void service_row(const struct row *row) {
    const struct synth_line *line = row->line;
    const struct synth_item *item = row->item;
    uint8_t group = item->group;
    bool supply = group == GROUP_SUPPLY, bed = group == GROUP_BED || group == GROUP_DAY_BED;
    bool performed = group <= GROUP_FUNCTION || group == GROUP_SURGERY || group == GROUP_PROCEDURE;
    service_code(row);
    comma(row);
    word(row, supply ? item->code : "");
    number(row, group);
    comma(row);
    word(row, supply ? item->name : "");
    word(row, supply ? "" : item->name);
    comma(row);
    word(row, bed ? "Ngày" : item->unit);
    number(row, 1);
    exact(row, line->quantity);
    exact(row, line->price_bv);
    exact(row, line->price_bh);
    if (supply) {
        tender(row);
    } else {
        comma(row);
    }
    number(row, line->ratio_service);
    number(row, line->ratio_paid);
    money(row, line->amount_bv);
    money(row, line->amount_bh);
    if (item->ceiling) synth_put_money(row->text, item->ceiling);
    comma(row);
    percent(row, line->rate);
    other_sources(row);
    patient_and_fund(row);
    department(row);
    word(row, bed ? "H001" : "");
    doctor(row, line->doctor);
    if (performed) {
        doctor(row, line->performer);
    } else {
        comma(row);
    }
    word(row, synth_diagnoses[row->claim->diagnosis].code);
    comma(row);
    moment(row, line->ordered);
    moment(row, performed ? line->done : -1);
    moment(row, line->resulted);
    synth_put(row->text, "1,,");
    if (group == GROUP_SURGERY) synth_put_char(row->text, '1');
    synth_put(row->text, ",,");
    machine(row);
    synth_put(row->text, ",,\n");
}

void synth_detail_rows(const struct synth_setting *setting, const struct synth_case *c,
                       struct synth_text *drugs, struct synth_text *services, const struct synth_claim *claim,
                       uint64_t id) {
    uint64_t drug_count = 0, service_count = 0;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        const struct synth_line *line = &synth_lines(c, claim)[i];
        const struct synth_item *item = &synth_items[line->item];
        bool drug = item->group == GROUP_DRUG || item->group == GROUP_BLOOD;
        struct row row = {setting, claim, line, item, drug ? drugs : services};
        synth_put_id(row.text, id);
        comma(&row);
        number(&row, drug ? ++drug_count : ++service_count);
        if (drug) {
            drug_row(&row);
        } else {
            service_row(&row);
        }
    }
}
