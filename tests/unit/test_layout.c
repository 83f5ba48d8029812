#include "ingest/encoding.h"
#include "ingest/layout.h"
#include "support/test.h"

#define NAMES_3176                                                                                           \
    "MA_LK,STT,MA_BN,HO_TEN,SO_CCCD,NGAY_SINH,GIOI_TINH,NHOM_MAU,MA_QUOCTICH,MA_DANTOC,MA_NGHE_NGHIEP,"      \
    "DIA_CHI,MATINH_CU_TRU,MAHUYEN_CU_TRU,MAXA_CU_TRU,DIEN_THOAI,MA_THE_BHYT,MA_DKBD,GT_THE_TU,GT_THE_DEN,"  \
    "NGAY_MIEN_CCT,LY_DO_VV,LY_DO_VNT,MA_LY_DO_VNT,CHAN_DOAN_VAO,CHAN_DOAN_RV,MA_BENH_CHINH,MA_BENH_KT,"     \
    "MA_BENH_YHCT,MA_PTTT_QT,MA_DOITUONG_KCB,MA_NOI_DI,MA_NOI_DEN,MA_TAI_NAN,NGAY_VAO,NGAY_VAO_NOI_TRU,"     \
    "NGAY_RA,GIAY_CHUYEN_TUYEN,SO_NGAY_DTRI,PP_DIEU_TRI,KET_QUA_DTRI,MA_LOAI_RV,GHI_CHU,NGAY_TTOAN,T_THUOC," \
    "T_VTYT,T_TONGCHI_BV,T_TONGCHI_BH,T_BNTT,T_BNCCT,T_BHTT,T_NGUONKHAC,T_BHTT_GDV,NAM_QT,THANG_QT,"         \
    "MA_LOAI_KCB,MA_KHOA,MA_CSKCB,MA_KHUVUC,CAN_NANG,CAN_NANG_CON,NAM_NAM_LIEN_TUC,NGAY_TAI_KHAM,MA_HSBA,"   \
    "MA_TTDV,DU_PHONG"
#define NAMES_4210                                                                                           \
    "MA_LK,STT,MA_BN,HO_TEN,NGAY_SINH,GIOI_TINH,DIA_CHI,MA_THE,MA_DKBD,GT_THE_TU,GT_THE_DEN,MIEN_CUNG_CT,"   \
    "TEN_BENH,MA_BENH,MA_BENHKHAC,MA_LYDO_VVIEN,MA_NOI_CHUYEN,MA_TAI_NAN,NGAY_VAO,NGAY_RA,SO_NGAY_DTRI,"     \
    "KET_QUA_DTRI,TINH_TRANG_RV,NGAY_TTOAN,T_THUOC,T_VTYT,T_TONGCHI,T_BNTT,T_BNCCT,T_BHTT,T_NGUONKHAC,"      \
    "T_NGOAIDS,NAM_QT,THANG_QT,MA_LOAI_KCB,MA_KHOA,MA_CSKCB,MA_KHUVUC,MA_PTTT_QT,CAN_NANG"
#define NAMES_79A                                                                                            \
    "stt;ma_bn;ho_ten;ngay_sinh;gioi_tinh;dia_chi;ma_the;ma_dkbd;gt_the_tu;gt_the_den;ma_benh;ma_benhkhac;"  \
    "ma_lydo_vvien;ma_noi_chuyen;ngay_vao;ngay_ra;so_ngay_dtri;ket_qua_dtri;tinh_trang_rv;t_tongchi;t_xn;"   \
    "t_cdha;t_thuoc;t_mau;t_pttt;t_vtyt;t_dvkt_tyle;t_thuoc_tyle;t_vtyt_tyle;t_kham;t_vchuyen;t_bntt;"       \
    "t_bhtt;t_ngoaids;ma_khoa;nam_qt;thang_qt;ma_khuvuc;ma_loaikcb;ma_cskcb"
#define NAMES_BEFORE_2015                                                                                    \
    "stt,hoten,namsinh,gioitinh,mathe,ma_dkbd,mabenh,ngay_vao,ngay_ra,ngaydtr,t_tongchi,t_xn,t_cdha,"        \
    "t_thuoc,t_mau,t_pttt,t_vtytth,t_vtyttt,t_dvktc,t_ktg,t_kham,t_vchuyen,t_bnct,t_bhtt,t_ngoaids,lydo_vv," \
    "benhkhac,noikcb,khoa,thang_qt,nam_qt,gt_tu,gt_den,diachi,giamdinh,t_xuattoan,lydo_xt,t_datuyen,"        \
    "t_vuottran,loaikcb,noi_ttoan,sophieu,ma_khoa"
#define NAMES_DRUG_4210                                                                                      \
    "MA_LK,STT,MA_THUOC,MA_NHOM,TEN_THUOC,DON_VI_TINH,HAM_LUONG,DUONG_DUNG,LIEU_DUNG,SO_DANG_KY,TT_THAU,"    \
    "PHAM_VI,TY_LE_TT,SO_LUONG,DON_GIA,THANH_TIEN,MUC_HUONG,T_NGUONKHAC,T_BNTT,T_BHTT,T_BNCCT,T_NGOAIDS,"    \
    "MA_KHOA,MA_BAC_SI,MA_BENH,NGAY_YL,MA_PTTT"

static kiem_status read_text(km_layout *layout, km_scope scope, km_text text, size_t *taken, int64_t *row,
                             km_error *error) {
    return km_layout_read(layout, test_mem(), scope, "claims.csv", text, true, taken, row, error);
}

static kiem_status read_header(km_layout *layout, km_scope scope, const char *header, km_error *error) {
    size_t taken;
    int64_t row;
    return read_text(layout, scope, km_text_from(header), &taken, &row, error);
}

static const char *field_name(const km_layout *layout, int column) {
    int count, field = layout->field[column];
    return field < 0 ? "-" : km_fields(layout->scope, &count)[field].name;
}

static void standards_are_recognised(void) {
    static const struct {
        km_scope scope;
        const char *header;
        km_standard standard;
        char delimiter;
        uint32_t columns, unknown;
    } cases[] = {
        {KM_SCOPE_CLAIM, NAMES_3176 "\n", KM_STANDARD_3176, ',', 66, 0},
        {KM_SCOPE_CLAIM, NAMES_4210 "\r\n", KM_STANDARD_4210, ',', 40, 0},
        {KM_SCOPE_CLAIM, NAMES_79A ";t_nguonkhac", KM_STANDARD_79A, ';', 41, 0},
        {KM_SCOPE_CLAIM, NAMES_79A ";noi_ttoan;giam_dinh;t_xuattoan;lydo_xt;t_datuyen;t_vuottran\n",
         KM_STANDARD_79A, ';', 46, 6},
        {KM_SCOPE_CLAIM, "MA_LK;T_GIUONG;" NAMES_79A ";t_nguonkhac\n", KM_STANDARD_79A, ';', 43, 0},
        {KM_SCOPE_CLAIM, NAMES_BEFORE_2015 "\n", KM_STANDARD_79A, ',', 43, 14},
        {KM_SCOPE_CLAIM, "MA_LK,MA_THE_BHYT,NGAY_VAO,NGAY_RA,T_BHTT\n", KM_STANDARD_3176, ',', 5, 0},
        {KM_SCOPE_CLAIM, "MA_LK|NGAY_VAO|T_BHTT\n", KM_STANDARD_3176, '|', 3, 0},
        {KM_SCOPE_CLAIM, "MA_LK\tMA_THE\tT_TONGCHI\tNGAY_VAO\n", KM_STANDARD_4210, '\t', 4, 0},
        {KM_SCOPE_CLAIM, "ma_bn,ma_the,ngay_vao,ngay_ra,t_tongchi,t_xn,t_bhtt\n", KM_STANDARD_79A, ',', 7, 0},
        {KM_SCOPE_DRUG, NAMES_DRUG_4210 "\n", KM_STANDARD_4210, ',', 27, 0},
        {KM_SCOPE_DRUG, "MA_LK,STT,MA_THUOC,SO_LUONG,DON_GIA,THANH_TIEN_BV,THANH_TIEN_BH\n", KM_STANDARD_3176,
         ',', 7, 0},
        {KM_SCOPE_SERVICE, "MA_LK,MA_DICH_VU,DON_GIA_BV,TYLE_TT_DV,NGAY_TH_YL\n", KM_STANDARD_3176, ',', 5,
         0},
        {KM_SCOPE_SERVICE, "MA_LK,MA_DICH_VU,DON_GIA,TYLE_TT,THANH_TIEN,NGAY_KQ\n", KM_STANDARD_4210, ',', 6,
         0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_layout layout;
        km_error error;
        TEST_OK(read_header(&layout, cases[i].scope, cases[i].header, &error), &error);
        CU_ASSERT_EQUAL(layout.standard, cases[i].standard);
        CU_ASSERT_EQUAL(layout.delimiter, cases[i].delimiter);
        CU_ASSERT_EQUAL(layout.columns, cases[i].columns);
        CU_ASSERT_EQUAL(layout.unknown, cases[i].unknown);
        if (layout.unknown != cases[i].unknown) fprintf(stderr, "case %zu: %u unknown\n", i, layout.unknown);
        km_layout_free(&layout);
    }
}

static void decision_130_is_3176_without_blood_group(void) {
    char header[sizeof NAMES_3176], *cut;
    memcpy(header, NAMES_3176, sizeof header);
    cut = strstr(header, "NHOM_MAU,");
    memmove(cut, cut + 9, strlen(cut + 9) + 1);
    km_layout layout;
    km_error error;
    TEST_OK(read_header(&layout, KM_SCOPE_CLAIM, header, &error), &error);
    CU_ASSERT_EQUAL(layout.standard, KM_STANDARD_130);
    uint64_t expected;
    km_code_pack(KM_TEXT("130"), &expected);
    CU_ASSERT_EQUAL(km_layout_standard_code(&layout), expected);
    km_layout_free(&layout);
    header[300] = '\0'; /* the same names, but only some of them: then 3176 */
    TEST_OK(read_header(&layout, KM_SCOPE_CLAIM, header, &error), &error);
    CU_ASSERT_EQUAL(layout.standard, KM_STANDARD_3176);
    km_layout_free(&layout);
}

static void old_names_mean_the_fields_of_today(void) {
    static const struct {
        km_scope scope;
        const char *header, *fields;
    } cases[] = {
        {KM_SCOPE_CLAIM, NAMES_4210,
         "MA_LK,STT,MA_BN,HO_TEN,NGAY_SINH,GIOI_TINH,DIA_CHI,MA_THE_BHYT,MA_DKBD,GT_THE_TU,GT_THE_DEN,"
         "NGAY_MIEN_CCT,CHAN_DOAN_RV,MA_BENH_CHINH,MA_BENH_KT,MA_LYDO_VVIEN,MA_NOI_DI,MA_TAI_NAN,NGAY_VAO,"
         "NGAY_RA,"
         "SO_NGAY_DTRI,KET_QUA_DTRI,MA_LOAI_RV,NGAY_TTOAN,T_THUOC,T_VTYT,T_TONGCHI,T_BNTT,T_BNCCT,T_BHTT,"
         "T_NGUONKHAC,T_NGOAIDS,NAM_QT,THANG_QT,MA_LOAI_KCB,MA_KHOA,MA_CSKCB,MA_KHUVUC,MA_PTTT_QT,CAN_NANG"},
        {KM_SCOPE_CLAIM, NAMES_79A,
         "STT,MA_BN,HO_TEN,NGAY_SINH,GIOI_TINH,DIA_CHI,MA_THE_BHYT,MA_DKBD,GT_THE_TU,GT_THE_DEN,MA_BENH_"
         "CHINH,"
         "MA_BENH_KT,MA_LYDO_VVIEN,MA_NOI_DI,NGAY_VAO,NGAY_RA,SO_NGAY_DTRI,KET_QUA_DTRI,MA_LOAI_RV,T_TONGCHI_"
         "BH,"
         "T_XN,T_CDHA,T_THUOC,T_MAU,T_PTTT,T_VTYT,T_DVKT_TYLE,T_THUOC_TYLE,T_VTYT_TYLE,T_KHAM,T_VCHUYEN,T_"
         "BNTT,"
         "T_BHTT,T_NGOAIDS,MA_KHOA,NAM_QT,THANG_QT,MA_KHUVUC,MA_LOAI_KCB,MA_CSKCB"},
        {KM_SCOPE_CLAIM, NAMES_BEFORE_2015,
         "STT,HO_TEN,NGAY_SINH,GIOI_TINH,MA_THE_BHYT,MA_DKBD,MA_BENH_CHINH,NGAY_VAO,NGAY_RA,SO_NGAY_DTRI,"
         "T_TONGCHI_BH,T_XN,T_CDHA,T_THUOC,T_MAU,T_PTTT,-,-,-,-,T_KHAM,T_VCHUYEN,-,T_BHTT,T_NGOAIDS,-,MA_"
         "BENH_KT,"
         "MA_CSKCB,-,THANG_QT,NAM_QT,GT_THE_TU,GT_THE_DEN,DIA_CHI,-,-,-,-,-,MA_LOAI_KCB,-,-,MA_KHOA"},
        {KM_SCOPE_CLAIM, " Ma_Lk ,\"t_bhtt\",received_on,'x',NGAY_GUI_BHXH,score",
         "MA_LK,T_BHTT,NGAY_GUI,-,-,-"},
        {KM_SCOPE_CLAIM, "MA_LK,NGAY_GUI,T_TONGCHI_BV,T_TONGCHI_BH,MA_THE",
         "MA_LK,NGAY_GUI,T_TONGCHI_BV,T_TONGCHI_BH,MA_THE_BHYT"},
        {KM_SCOPE_DRUG, "MA_LK,TY_LE_TT,THANH_TIEN,MA_BENH", "MA_LK,TYLE_TT,THANH_TIEN,MA_BENH"},
        {KM_SCOPE_SERVICE, "MA_LK,TY_LE_TT,DON_GIA,T_NGOAIDS", "MA_LK,TYLE_TT,DON_GIA,T_NGOAIDS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_layout layout;
        km_error error;
        TEST_OK(read_header(&layout, cases[i].scope, cases[i].header, &error), &error);
        km_text rest = km_text_from(cases[i].fields), name;
        for (int column = 0; km_text_split(&rest, ',', &name); column++) {
            CU_ASSERT_TRUE_FATAL(column < (int)layout.columns);
            TEST_TEXT_EQUAL(name, field_name(&layout, column));
            if (layout.field[column] >= 0) {
                CU_ASSERT_TRUE(km_fieldset_has(&layout.present, layout.field[column]));
                CU_ASSERT_EQUAL(km_layout_column(&layout, layout.field[column]), column);
            }
        }
        CU_ASSERT_EQUAL(km_layout_column(&layout, KM_CLAIM_GHI_CHU), -1);
        km_layout_free(&layout);
    }
}

static void header_row_is_found_and_measured(void) {
    static const struct {
        const char *text;
        size_t taken;
        int64_t row;
        uint32_t columns;
    } cases[] = {
        {"MA_LK,T_BHTT\nA,1\n", 13, 1, 2},
        {"MA_LK,T_BHTT\r\nA,1\n", 14, 1, 2},
        {"MA_LK,T_BHTT", 12, 1, 2},
        {"\r\n \t\nMA_LK,T_BHTT,,\nA,1\n", 20, 3, 2}, /* columns without a name at the end are none */
        {"MA_LK,\"ghi\nchu\",T_BHTT\nA,1\n", 23, 1, 3},
        {",MA_LK,,T_BHTT\n", 15, 1, 4},
        {"sep=;\r\nMA_LK;T_BHTT\r\nA;1\r\n", 21, 2, 2},
        {"SEP=,\n\nMA_LK,T_BHTT\n", 20, 3, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_layout layout;
        km_error error;
        size_t taken;
        int64_t row;
        TEST_OK(read_text(&layout, KM_SCOPE_CLAIM, km_text_from(cases[i].text), &taken, &row, &error),
                &error);
        CU_ASSERT_EQUAL(taken, cases[i].taken);
        CU_ASSERT_EQUAL(row, cases[i].row);
        CU_ASSERT_EQUAL(layout.columns, cases[i].columns);
        CU_ASSERT_EQUAL(layout.unknown, i == 4);
        km_layout_free(&layout);
    }
}

static void bad_headers_are_explained(void) {
    static const struct {
        km_scope scope;
        const char *header;
        const char *parts[3];
    } cases[] = {
        {KM_SCOPE_CLAIM,
         "MA_LK,T_BHTT,ma_lk\n",
         {"columns 1 ('MA_LK') and 3 ('ma_lk')", "both mean MA_LK", "rename"}},
        {KM_SCOPE_CLAIM,
         "MA_LK,MA_THE,NGAY_VAO,MA_THE_BHYT\n",
         {"'MA_THE'", "'MA_THE_BHYT'", "both mean MA_THE_BHYT"}},
        {KM_SCOPE_CLAIM, "ma_lk;ma_benh;mabenh\n", {"both mean MA_BENH_CHINH", "", ""}},
        {KM_SCOPE_CLAIM,
         "NGAYVAO,NGAY RA,x,T_BHT\n",
         {"not a header", "column 1 looks like NGAY_VAO", "column 4 looks like T_BHTT"}},
        {KM_SCOPE_DRUG, "a,b\n", {"none of its 2 columns", "MA_THUOC", ""}},
        {KM_SCOPE_CLAIM, "a;b;c\n", {"none of its 3 columns", "MA_BENH_CHINH", ""}},
        {KM_SCOPE_CLAIM, "MA_LK,\"T_BHTT\nA,1\n", {"does not end", "quotes", ""}},
        {KM_SCOPE_CLAIM, "MA_LK,T_BHTT\rA,1\r\n", {"carriage return", "tr ", ""}},
        {KM_SCOPE_CLAIM, ",,,\n", {"not a header", "", ""}},
        {KM_SCOPE_CLAIM, "MA_LK T_BHTT\n", {"not a header, but one cell", "not separated by comma", "MA_LK"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_layout layout;
        km_error error;
        CU_ASSERT_EQUAL(read_header(&layout, cases[i].scope, cases[i].header, &error), KIEM_E_FORMAT);
        CU_ASSERT_STRING_EQUAL(error.file, "claims.csv");
        CU_ASSERT_EQUAL(error.line, 1);
        for (size_t k = 0; k < 3; k++) TEST_MESSAGE(&error, cases[i].parts[k]);
    }
}

static void misspelt_names_are_guessed(void) {
    static const char *const cases[][2] = {
        {"MA_LK,MATHE_BHYT,NGAYVAO,T_BHT\n",
         "column 2 looks like MA_THE_BHYT, column 3 looks like NGAY_VAO, column 4 looks like T_BHTT"},
        {"MA_LK,T_BHT,T_BHTT,note,age,NGAY_SIN\n", "column 6 looks like NGAY_SINH"}, /* T_BHTT is there */
        {"MA_LK,T_BHTT,region\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_layout layout;
        km_error error;
        TEST_OK(read_header(&layout, KM_SCOPE_CLAIM, cases[i][0], &error), &error);
        CU_ASSERT_STRING_EQUAL(layout.near, cases[i][1]);
        km_layout_free(&layout);
    }
}

/* When the first row is data, its values must not get into the message. */
static void missing_headers_show_no_values(void) {
    km_layout layout;
    km_error error;
    const char *row = "LK0001,1,BN77,TRAN THI TEST,001080012345,GD4790123456789,200026.5,MA_LX\n";
    CU_ASSERT_EQUAL(read_header(&layout, KM_SCOPE_CLAIM, row, &error), KIEM_E_FORMAT);
    static const char *const values[] = {"LK0001", "BN77", "TRAN", "0010", "GD4", "200026", "MA_LX"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        CU_ASSERT_PTR_NULL(strstr(error.message, values[i]));
}

static void headers_longer_than_the_head_are_refused(void) {
    km_layout layout;
    km_error error;
    size_t taken;
    int64_t row;
    km_text cut = KM_TEXT("MA_LK,T_BHTT,NGAY_V");
    kiem_status status =
        km_layout_read(&layout, test_mem(), KM_SCOPE_CLAIM, NULL, cut, false, &taken, &row, &error);
    CU_ASSERT_EQUAL(status, KIEM_E_FORMAT);
    TEST_MESSAGE(&error, "does not end");
}

static kiem_status read_any_header(void *context) {
    km_layout layout;
    KM_TRY(read_header(&layout, KM_SCOPE_CLAIM, context, NULL));
    km_layout_free(&layout);
    return KIEM_OK;
}

static void headers_survive_lack_of_memory(void) {
    char header[] = NAMES_79A ";ghi chú riêng\n";
    CU_ASSERT_TRUE(test_out_of_memory(read_any_header, header) > 20);
}

/* ---- encodings */

#define ROWS_OF(row) row row row row row row row row

static void foreign_encodings_are_named(void) {
    static const struct {
        const char *bytes;
        size_t size;
        const char *seen, *advice;
    } cases[] = {
#define CASE(bytes, seen, advice) {bytes, sizeof(bytes) - 1, seen, advice}
        CASE("", "empty", ""),
        CASE("\xEF\xBB\xBF\r\n \t\n", "empty", ""),
        CASE("PK\x03\x04zip", "xlsx", "CSV UTF-8"),
        CASE("\x1F\x8B\x08zz", "gzip", "gzip -dc"),
        CASE("\x28\xB5\x2F\xFDzz", "zstd", "zstd -dc"),
        CASE("\xFD"
             "7zXZ",
             "xz", "xz -dc"),
        CASE("\xD0\xCF\x11\xE0\xA1\xB1", "old Excel", "CSV UTF-8"),
        CASE("<?xml version=\"1.0\"?><GIAMDINHHS>", "XML", "as claims"),
        CASE("\xEF\xBB\xBF\n<GIAMDINHHS xmlns:xsi=\"\">", "XML", "as claims"),
        CASE("<ns0:GIAMDINHHS xmlns:ns0=\"x\">", "XML", "as claims"),
        CASE("\xFF\xFE<\0A\0>\0", "XML", "as claims"),
        CASE("<html><table>", "HTML", "save"),
        CASE("<!DOCTYPE html>", "HTML", "save"),
        CASE("\xFF\xFEM\0A\0_\0L\0K\0\n\0", "UTF-16 (little", "iconv -f UTF-16 "),
        CASE("\xFE\xFF\0M\0A\0_\0L\0K\0\n", "UTF-16 (big", "iconv -f UTF-16 "),
        CASE("M\0A\0_\0L\0K\0,\0\xE0\x1E\n\0", "UTF-16 (little", "iconv -f UTF-16LE"),
        CASE("\0M\0A\0_\0L\0K\0,\x1E\xE0\0\n", "UTF-16 (big", "iconv -f UTF-16BE"),
        CASE("MA_LK,T_BHTT\n\0\0\0\x01\0\0\0\x02"
             "ab\0",
             "binary", "CSV"),
        CASE("MA_LK,HO_TEN\n" ROWS_OF(
                 "1,Nguy\xD4n V\xA8n Th\xDE Tr\xC7n L\xAA Ph\xB9m \xA7\xE7 \xAE\xAD\xEDng\n"),
             "TCVN3", "iconv -f TCVN"),
        CASE("MA_LK,HO_TEN\n" ROWS_OF("1,Nguy\xD4n V\xA8n Th\xDE Tr\xC7n L\xAA Ph\xB9m \xA7\xE7\n"), "TCVN3",
             "Unikey"),
        CASE("MA_LK,HO_TEN\n" ROWS_OF(
                 "1,Nguye\xE3n Va\xEAn Th\xF2 Tra\xE0n Le\xE2 Pha\xEFm \xD1o\xE3 \xF1\xF6\xF4\xF8ng\n"),
             "VNI", "uvconv"),
        CASE("MA_LK,HO_TEN\n" ROWS_OF("1,NGUYE\xC3N VA\xCAN TH\xD2 TRA\xC0N PHA\xCFM\n"), "VNI", "uvconv"),
        CASE("MA_LK,HO_TEN\n" ROWS_OF("1,Nguy\xEA\xDEn V\xE3n Tr\xE2\xCCn \xD0\xF4\xDE \xF0\xFD\xF5\xCCng\n"),
             "8-bit Vietnamese", "CP1258"),
        CASE("MA_LK,HO_TEN\n" ROWS_OF("1,\xFF\xFF \xFE\xFE \x81\x82\n"), "not valid UTF-8", "UTF-8"),
        CASE("MA_LK,T\xEAn\n1,a\n", "UTF-8", ""), /* a header cannot be rejected as a row */
        CASE("MA_LK,T_BHTT\rA,1\rB,2\r", "carriage returns", "tr "),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_error error;
        size_t skip;
        km_text head = {cases[i].bytes, cases[i].size};
        CU_ASSERT_EQUAL(km_encoding_check(head, true, "in.csv", &skip, &error), KIEM_E_FORMAT);
        CU_ASSERT_STRING_EQUAL(error.file, "in.csv");
        TEST_MESSAGE(&error, cases[i].seen);
        TEST_MESSAGE(&error, cases[i].advice);
    }
}

static void good_text_passes(void) {
    static const struct {
        const char *bytes;
        size_t size, skip;
        bool whole;
    } cases[] = {
#undef CASE
#define CASE(bytes, skip, whole) {bytes, sizeof(bytes) - 1, skip, whole}
        CASE("MA_LK,T_BHTT", 0, true),
        CASE("\xEF\xBB\xBFMA_LK,HO_TEN\r\n1,Nguyễn\r\n", 3, true),
        CASE("PK_ID,MA_LK\n", 0, true),
        CASE("MA_LK,HO_TEN\n1,Nguyễn\n2,Nguy\xEAn\n", 0, true), /* one damaged row is that row's matter */
        CASE("MA_LK,HO_TEN\n1,a\n2,Nguy\xEAn\n", 0, true),
        CASE("MA_LK,HO_TEN\n1,Nguy\xE1\xBB", 0, false), /* cut inside a character */
        CASE("MA_LK,T\xC3", 0, false),
        CASE("MA_LK,HO_TEN\n1,\"a\rb\"\n", 0, true),
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_error error;
        size_t skip;
        km_text head = {cases[i].bytes, cases[i].size};
        TEST_OK(km_encoding_check(head, cases[i].whole, NULL, &skip, &error), &error);
        CU_ASSERT_EQUAL(skip, cases[i].skip);
    }
}

TEST_MAIN("layout", {"standards are recognised", standards_are_recognised},
          {"decision 130 is 3176 without blood group", decision_130_is_3176_without_blood_group},
          {"old names mean the fields of today", old_names_mean_the_fields_of_today},
          {"header row is found and measured", header_row_is_found_and_measured},
          {"bad headers are explained", bad_headers_are_explained},
          {"misspelt names are guessed", misspelt_names_are_guessed},
          {"missing headers show no values", missing_headers_show_no_values},
          {"headers longer than the head are refused", headers_longer_than_the_head_are_refused},
          {"headers survive lack of memory", headers_survive_lack_of_memory},
          {"foreign encodings are named", foreign_encodings_are_named},
          {"good text passes", good_text_passes})
