#include "support/reading.h"

static void check_reading(const km_ingest_options *options, km_text text, const char *rows,
                          const char *rejects) {
    reading got;
    reading_init(&got);
    TEST_OK(read_text(options, text, text.length, &got), &got.error);
    TEST_TEXT_EQUAL(km_buf_view(&got.rows), rows);
    TEST_TEXT_EQUAL(km_buf_view(&got.rejects), rejects);
    CU_ASSERT_EQUAL(got.counts.records, got.counts.rows + got.counts.rejects);
    CU_ASSERT_EQUAL(got.counts.bytes, text.length);
    reading_free(&got);
}

static void claims_of_every_standard_are_read(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    check_reading(
        &options,
        KM_TEXT("MA_LK,HO_TEN,NGAY_SINH,NHOM_MAU,DIA_CHI,MA_THE_BHYT,MA_BENH_CHINH,NGAY_VAO,T_BHTT,MA_LOAI_"
                "KCB,MA_CSKCB\n"
                "TEST1,NGUYỄN VĂN THỬ,198003150000,O+,\"Thôn Thử, Xã "
                "\"\"Thử\"\"\",GD4990000000001,J20.9,202601150820,97946.66,01,99999\n"
                "TEST2, LÊ THỬ ,1995,,,nan,o82,20260201,NULL,3,1001\n"),
        "2: MA_LK=TEST1 HO_TEN=NGUYỄN VĂN THỬ NGAY_SINH=1980-03-15 NHOM_MAU=O+ DIA_CHI=Thôn Thử, Xã \"Thử\" "
        "MA_THE_BHYT=GD4990000000001 MA_BENH_CHINH=J20.9 NGAY_VAO=2026-01-15 08:20 T_BHTT=97946.66 "
        "MA_LOAI_KCB=01 MA_CSKCB=99999 STANDARD=3176\n"
        "3: MA_LK=TEST2 HO_TEN=LÊ THỬ NGAY_SINH=1995 MA_BENH_CHINH=O82 NGAY_VAO=2026-02-01 00:00 "
        "MA_LOAI_KCB=03 "
        "MA_CSKCB=01001 STANDARD=3176\n",
        "");
    check_reading(
        &options,
        KM_TEXT("MA_LK,MA_THE,MA_BENH,T_TONGCHI,MA_LOAI_KCB,TINH_TRANG_RV\r\nA,HC4,I10,100,6,1\r\n"),
        "2: MA_LK=A MA_THE_BHYT=HC4 MA_BENH_CHINH=I10 MA_LOAI_RV=1 MA_LOAI_KCB=06 T_TONGCHI=100 "
        "STANDARD=4210\n",
        "");
    check_reading(&options,
                  KM_TEXT("\xEF\xBB\xBFstt;ma_bn;ma_the;ma_benh;t_tongchi;t_xn;t_bhtt;ma_khoa;ma_loaikcb\r\n"
                          "1;BN1;TE1;J06.9;78380;0;78380;\"K18;K28\";1"),
                  "2: STT=1 MA_BN=BN1 MA_THE_BHYT=TE1 MA_BENH_CHINH=J06.9 T_TONGCHI_BH=78380 T_BHTT=78380 "
                  "MA_LOAI_KCB=01 MA_KHOA=K18;K28 T_XN=0 STANDARD=79a\n",
                  "");
}

static void detail_lines_are_read(void) {
    km_ingest_options options = options_for(KM_SCOPE_DRUG);
    check_reading(
        &options,
        KM_TEXT("MA_LK,MA_THUOC,SO_LUONG,DON_GIA,THANH_TIEN_BV,TYLE_TT_BH,NGAY_YL\n"
                "TEST1,40.158,20.000,1350.000,27000,100,202601150915\n"),
        "2: MA_LK=TEST1 MA_THUOC=40.158 TYLE_TT_BH=100 SO_LUONG=20 DON_GIA=1350 THANH_TIEN_BV=27000 "
        "NGAY_YL=2026-01-15 09:15 STANDARD=3176\n",
        "");
    options = options_for(KM_SCOPE_SERVICE);
    check_reading(
        &options,
        KM_TEXT("MA_LK|MA_DICH_VU|GOI_VTYT|DON_GIA|TY_LE_TT|THANH_TIEN\nA|02.1896|G1|50600|30|15180\n"),
        "2: MA_LK=A MA_DICH_VU=02.1896 GOI_VTYT=G1 DON_GIA=50600 THANH_TIEN=15180 TYLE_TT=30 "
        "STANDARD=4210\n",
        "");
}

static void rows_are_numbered_as_in_a_spreadsheet(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    check_reading(&options, KM_TEXT("\nMA_LK,GHI_CHU\n\n1,a\n \t \n2,\"b\nc\"\n\r\n3,d\n"),
                  "4: MA_LK=1 GHI_CHU=a STANDARD=3176\n6: MA_LK=2 GHI_CHU=b\nc STANDARD=3176\n"
                  "8: MA_LK=3 GHI_CHU=d STANDARD=3176\n",
                  "");
}

static void unreadable_rows_are_rejected_one_by_one(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    options.record_limit = 40;
    static const char text[] = "MA_LK,HO_TEN,T_BHTT\n"
                               "ok1,a,1\n"
                               "Ab1,x\n"          /* too few fields */
                               "ok2,b,2,,\n"      /* empty fields at the end do no harm */
                               "Cd2,x,2,9\n"      /* too many */
                               "Ef\rgh,x,3\n"     /* carriage return */
                               "ok3,c\r\r\n"      /* short, though its line end is odd */
                               "ok4,\xFF\xE1,4\n" /* not UTF-8 */
                               "ok5,\"a b\n"      /* a quote that does not close within 40 bytes */
                               "ok6,e,6\n"
                               "ok7,Nguyễn,7\n"
                               "1234567890123456789012345678901234567890,x,1\n" /* too long */
                               "ok8,g,8\n"
                               "ok9,\"never\n"
                               "ok10,i,10";
    check_reading(&options, km_text_from(text),
                  "2: MA_LK=ok1 HO_TEN=a T_BHTT=1 STANDARD=3176\n"
                  "4: MA_LK=ok2 HO_TEN=b T_BHTT=2 STANDARD=3176\n"
                  "10: MA_LK=ok6 HO_TEN=e T_BHTT=6 STANDARD=3176\n"
                  "11: MA_LK=ok7 HO_TEN=Nguyễn T_BHTT=7 STANDARD=3176\n"
                  "13: MA_LK=ok8 HO_TEN=g T_BHTT=8 STANDARD=3176\n"
                  "15: MA_LK=ok10 HO_TEN=i T_BHTT=10 STANDARD=3176\n",
                  "3@28 |expected 3 fields, found 2|AA9,A\n"
                  "5@44 |expected 3 fields, found 4|AA9,A,9,9\n"
                  "6@54 |carriage return inside the row|AA_AA,A,9\n"
                  "7@64 |expected 3 fields, found 2|AA9,A\n"
                  "8@72 HO_TEN|invalid UTF-8|AA9,AA,9\n"
                  "9@81 |quote not closed within 40 bytes|AA9,\"A A\n"
                  "12@113 |line longer than 40 bytes|9999999999999999999999999999999999999999\n"
                  "14@166 |quote not closed within 40 bytes|AA9,\"AAAAA\n");
}

static void nul_bytes_behind_the_head_reject_their_row(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    size_t size = 0, rows = 9000;
    char *text = km_alloc(test_mem(), rows * 10 + 20);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size += (size_t)sprintf(text, "MA_LK,STT\n");
    for (size_t i = 0; i < rows; i++) size += (size_t)sprintf(text + size, "LK%05zu,1\n", i);
    text[10 + 8500 * 10 + 3] = '\0';
    reading got;
    reading_init(&got);
    TEST_OK(read_text(&options, (km_text){text, size}, 0, &got), &got.error);
    CU_ASSERT_EQUAL(got.counts.rows, rows - 1);
    TEST_TEXT_EQUAL(km_buf_view(&got.rejects), "8502@85010 |NUL byte inside the row|AA9_999,9\n");
    reading_free(&got);
    km_free(test_mem(), text, rows * 10 + 20);
}

static void bad_values_are_named_and_masked(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    static const char text[] = "T_BHTT,MA_LK,NGAY_VAO,GIOI_TINH,MA_KHUVUC\n"
                               "12a,A,99999999999,x;=é,K1\n"
                               "5,B,202601150820,1,K12345678\n"
                               "6,C,202601150820,1,K1\n"
                               "7,D,202601150820,\"Lê\n3abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq\",K1\n";
    check_reading(
        &options, km_text_from(text),
        "2: MA_LK=A MA_KHUVUC=K1 STANDARD=3176 bad_values=GIOI_TINH=A__A;NGAY_VAO=99999999999;T_BHTT=99A\n"
        "3: MA_LK=B GIOI_TINH=1 NGAY_VAO=2026-01-15 08:20 T_BHTT=5 STANDARD=3176 "
        "bad_values=MA_KHUVUC=A99999999\n"
        "4: MA_LK=C GIOI_TINH=1 NGAY_VAO=2026-01-15 08:20 T_BHTT=6 MA_KHUVUC=K1 STANDARD=3176\n"
        "5: MA_LK=D NGAY_VAO=2026-01-15 08:20 T_BHTT=7 MA_KHUVUC=K1 STANDARD=3176 "
        "bad_values=GIOI_TINH=AA_9AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "");
}

static void only_wanted_columns_are_kept(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    memset(&options.wanted, 0, sizeof options.wanted);
    km_fieldset_add(&options.wanted, KM_CLAIM_T_BHTT);
    km_fieldset_add(&options.wanted, KM_CLAIM_GHI_CHU);
    check_reading(&options, KM_TEXT("MA_LK,riêng,T_BHTT,NGAY_VAO\nA,x,1,bad\n\"B\",\"y\n\",2,bad\nC,1\n"),
                  "2: T_BHTT=1\n3: T_BHTT=2\n", "4@54 |expected 4 fields, found 2|A,9\n");
    km_reader *reader;
    km_batch *batch;
    CU_ASSERT_EQUAL_FATAL(km_reader_new(test_mem(), &options, &reader, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_reader_rejects(reader)->count, 0);
    CU_ASSERT_EQUAL(km_reader_push(reader, "MA_LK,T_BHTT\n1,2\n", 17, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_reader_finish(reader, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_reader_next(reader, &batch, NULL), KIEM_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(batch);
    CU_ASSERT_TRUE(km_fieldset_has(&batch->present, KM_CLAIM_T_BHTT));
    CU_ASSERT_FALSE(km_fieldset_has(&batch->present, KM_CLAIM_MA_LK));
    CU_ASSERT_FALSE(km_fieldset_has(&batch->present, KM_CLAIM_GHI_CHU));
    CU_ASSERT_FALSE(km_fieldset_has(&batch->present, KM_CLAIM_STANDARD));
    CU_ASSERT_EQUAL(batch->input, 3);
    CU_ASSERT_EQUAL(batch->base, 1000);
    km_reader_free(reader);
}

static void check_refused(const km_ingest_options *options, km_text text, int64_t line, int64_t column,
                          const char *first, const char *second) {
    reading got;
    reading_init(&got);
    CU_ASSERT_EQUAL(read_text(options, text, text.length, &got), KIEM_E_FORMAT);
    CU_ASSERT_EQUAL(got.error.line, line);
    CU_ASSERT_EQUAL(got.error.column, column);
    CU_ASSERT_STRING_EQUAL(got.error.file, "claims.csv");
    TEST_MESSAGE(&got.error, first);
    TEST_MESSAGE(&got.error, second);
    reading_free(&got);
}

static void unclear_numbers_refuse_the_file(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    static const char text[] = "MA_LK;T_BHTT;t_bntt\nA;1;2\nB;3;1.234.567\nC;1234,5;4\n";
    check_refused(&options, km_text_from(text), 3, 3, "t_bntt: a number written like 9.999.999",
                  "--decimal-comma");
    options.decimal_comma = true;
    check_reading(
        &options, km_text_from(text),
        "2: MA_LK=A T_BNTT=2 T_BHTT=1 STANDARD=3176\n3: MA_LK=B T_BNTT=1234567 T_BHTT=3 STANDARD=3176\n"
        "4: MA_LK=C T_BNTT=4 T_BHTT=1234.5 STANDARD=3176\n",
        "");
    check_refused(&options, KM_TEXT("MA_LK;T_BHTT\nA;1234.50\n"), 2, 2, "9999.99", "leave that option out");
    options = options_for(KM_SCOPE_CLAIM); /* in one row the first field counts */
    check_refused(&options, KM_TEXT("T_BHTT,MA_LK,T_THUOC\n1,A,1\n\"1,5\",B,\"2,55\"\n"), 3, 3, "T_THUOC",
                  "9,99");
}

/* 150.000 alone may be thousands; one amount that surely has decimals, in whatever row and column, settles
 * it. */
static void amounts_in_threes_need_a_sign_of_decimals(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    static const char *const thousands[] = {
        "MA_LK,T_BHTT,T_BNTT\nA,0,\nB,150.000,0\nC,243.648,0\n",
        "MA_LK,T_BHTT,T_BNTT,CAN_NANG\nA,500,0,50.25\nB,-20.000,0,3.5\n",
        "MA_LK,T_BHTT,T_BNTT\nA,150000,0\nB, 150.000 ,0\n",
    };
    for (size_t i = 0; i < sizeof thousands / sizeof thousands[0]; i++)
        check_refused(&options, km_text_from(thousands[i]), 3, 2, "T_BHTT: a number written like",
                      "--decimal-comma");
    static const char *const signs[] = {"50600.000", "0.000", "12.5", "0.50", "1234.50", "-1000.000"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        char text[200];
        reading got;
        reading_init(&got);
        snprintf(text, sizeof text, "MA_LK,T_BHTT,T_BNTT\nA,150.000,\nB,243.648,%s\n", signs[i]);
        TEST_OK(read_text(&options, km_text_from(text), 1000, &got), &got.error);
        km_buf_char(&got.rows, '\0');
        CU_ASSERT_PTR_NOT_NULL(strstr(got.rows.data, "2: MA_LK=A T_BHTT=150 STANDARD=3176"));
        CU_ASSERT_PTR_NOT_NULL(strstr(got.rows.data, "bad_values=T_BHTT=999.999"));
        reading_free(&got);
    }
    options.decimal_comma = true;
    check_refused(&options, KM_TEXT("MA_LK;T_BHTT\nA;150,000\n"), 2, 2, "999,999", "leave that option out");
    check_reading(&options, KM_TEXT("MA_LK;T_BHTT\nA;150.000\nB;1,5\n"),
                  "2: MA_LK=A T_BHTT=150000 STANDARD=3176\n3: MA_LK=B T_BHTT=1.5 STANDARD=3176\n", "");
}

static void foreign_input_is_refused_at_any_chunk_size(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    static const char text[] = "MA_LK,GHI_CHU\n1,Nguy\xD4n V\xA8n Th\xDE Tr\xC7n\n";
    for (size_t chunk = 1; chunk < 40; chunk += 13) {
        reading got;
        reading_init(&got);
        CU_ASSERT_EQUAL(read_text(&options, km_text_from(text), chunk, &got), KIEM_E_FORMAT);
        TEST_MESSAGE(&got.error, "TCVN3");
        CU_ASSERT_STRING_EQUAL(got.error.file, "claims.csv");
        reading_free(&got);
    }
}

static void a_reader_that_failed_takes_no_more(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    km_reader *reader;
    km_error error;
    CU_ASSERT_EQUAL_FATAL(km_reader_new(test_mem(), &options, &reader, &error), KIEM_OK);
    CU_ASSERT_EQUAL(km_reader_push(reader, "a,b\n1,2\n", 8, &error), KIEM_OK);
    CU_ASSERT_EQUAL(km_reader_finish(reader, &error), KIEM_E_FORMAT);
    CU_ASSERT_EQUAL(km_reader_push(reader, "x", 1, &error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(km_reader_finish(reader, &error), KIEM_E_ARGUMENT);
    km_reader_free(reader);
    CU_ASSERT_EQUAL_FATAL(km_reader_new(test_mem(), &options, &reader, &error), KIEM_OK);
    CU_ASSERT_EQUAL(km_reader_push(reader, "MA_LK\n", 6, &error), KIEM_OK);
    CU_ASSERT_EQUAL(km_reader_finish(reader, &error), KIEM_OK);
    CU_ASSERT_TRUE(km_reader_get_counts(reader).header_only);
    CU_ASSERT_EQUAL(km_reader_finish(reader, &error), KIEM_E_ARGUMENT);
    km_reader_free(reader);
    options.record_limit = (size_t)KM_RECORD_LIMIT_MAX + 1;
    CU_ASSERT_EQUAL(km_reader_new(test_mem(), &options, &reader, &error), KIEM_E_ARGUMENT);
    CU_ASSERT_PTR_NULL(reader);
}

static kiem_status read_a_little(void *context) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    options.block_size = 60;
    options.record_limit = 80;
    reading got;
    reading_init(&got);
    kiem_status status = read_text(&options, km_text_from(context), 10, &got);
    reading_free(&got);
    return status;
}

static void reading_survives_lack_of_memory(void) {
    char text[] =
        "MA_LK,HO_TEN,T_BHTT,NGAY_VAO,DIA_CHI\n1,a,1,202601150820,\"Thôn Thử, Xã "
        "Thử\"\n2,b,x,y,z\nshort,row\n"
        "4,\"open,\n5,Nguyễn Văn Thử Dài Hơn Một Chút,1,20260115,\"x\"\"y\"\n5,Tha\xCC\x89o,1,20260115,x\n\n";
    CU_ASSERT_TRUE(test_out_of_memory(read_a_little, text) > 60);
}

TEST_MAIN("reader", {"claims of every standard are read", claims_of_every_standard_are_read},
          {"detail lines are read", detail_lines_are_read},
          {"rows are numbered as in a spreadsheet", rows_are_numbered_as_in_a_spreadsheet},
          {"unreadable rows are rejected one by one", unreadable_rows_are_rejected_one_by_one},
          {"NUL bytes behind the head reject their row", nul_bytes_behind_the_head_reject_their_row},
          {"bad values are named and masked", bad_values_are_named_and_masked},
          {"only wanted columns are kept", only_wanted_columns_are_kept},
          {"unclear numbers refuse the file", unclear_numbers_refuse_the_file},
          {"amounts in threes need a sign of decimals", amounts_in_threes_need_a_sign_of_decimals},
          {"foreign input is refused at any chunk size", foreign_input_is_refused_at_any_chunk_size},
          {"a reader that failed takes no more", a_reader_that_failed_takes_no_more},
          {"reading survives lack of memory", reading_survives_lack_of_memory})
