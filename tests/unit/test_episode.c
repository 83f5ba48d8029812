#include "state/history/episode.h"
#include "state/history/name.h"
#include "state/history/person.h"
#include "support/claims.h"
#include "support/policy_table.h"
#include "support/test.h"

static void names_are_told_apart_by_their_letters(void) {
    static const char *const same[][2] = {
        {"NGUYỄN VĂN ĐỨC", "nguyen van duc"},
        {"Lê Thị Hằng", "LE THI HANG"},
        {"TRẦN  ÁNH", "Ánh Trần"},
        {"HOÀNG YẾN", "Hoa\xCC\x80ng Ye\xCC\x82\xCC\x81n"},
        {"ÂU DƯƠNG Ỷ", "AU DUONG Y"},
    };
    static const char *const different[][2] = {
        {"NGUYỄN VĂN A", "NGUYỄN VĂN B"},         {"LÊ AN", "LÊ ANN"}, {"TRAN BINH", "TRAN BICH"}, {"AN", ""},
        {"CB TRAN THI BE 1", "CB TRAN THI BE 2"}, /* twins */
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        CU_ASSERT_EQUAL(km_name_sign(km_text_from(same[i][0])), km_name_sign(km_text_from(same[i][1])));
    for (size_t i = 0; i < sizeof different / sizeof different[0]; i++)
        CU_ASSERT_NOT_EQUAL(km_name_sign(km_text_from(different[i][0])),
                            km_name_sign(km_text_from(different[i][1])));
    CU_ASSERT_EQUAL(km_name_sign(KM_TEXT(" - .")), 0);
    CU_ASSERT_NOT_EQUAL(km_name_sign(KM_TEXT("\xE1")), 0); /* cut off: still defined */
}

static void courses_deliveries_and_removals_are_recognised(void) {
    static const struct {
        const char *main, *others;
        bool course, delivery;
    } diagnoses[] = {
        {"N18.5", "", true, false},
        {"C50", "", true, false},
        {"D48.9", "", true, false},
        {"D50", "", false, false},
        {"Z49.1", "", true, false},
        {"Z52", "", false, false},
        {"I10", "E11;N18.5", true, false},
        {"I10", "E11; n18.5", true, false},
        {"I10", "Z49.11\xE2\x80\xA0;E11", true, false}, /* a dagger */
        {"I10", "C50", false, false},
        {"I10", " Z51.1 ;E11", true, false},
        {"O80", "", false, true},
        {"O84.9", "", false, true},
        {"O85", "", false, false},
        {"", "", false, false},
        {"B24", "", true, false},
        {"A15.0", "", true, false},
    };
    static const struct {
        const char *operations;
        km_organ organ;
    } removals[] = {{"47.09", KM_ORGAN_APPENDIX}, {"86.22;51.23", KM_ORGAN_GALL_BLADDER},
                    {"68.49", KM_ORGAN_UTERUS},   {"51.21", KM_ORGAN_NONE},
                    {"", KM_ORGAN_NONE},          {"4709", KM_ORGAN_APPENDIX},
                    {"470", KM_ORGAN_APPENDIX},   {"4", KM_ORGAN_NONE}};
    km_lookup table;
    km_courses courses;
    km_error error;
    test_policy_table(&table, "long_courses");
    TEST_OK(km_courses_read(&courses, &table, &error), &error);
    km_lookup_free(&table);
    CU_ASSERT_FALSE(km_is_long_course(NULL, 0, KM_TEXT("N18")));
    for (size_t i = 0; i < sizeof diagnoses / sizeof diagnoses[0]; i++) {
        uint64_t code = 0;
        CU_ASSERT_TRUE(km_code_pack(km_text_from(diagnoses[i].main), &code));
        CU_ASSERT_EQUAL(km_is_long_course(&courses, code, km_text_from(diagnoses[i].others)),
                        diagnoses[i].course);
        CU_ASSERT_EQUAL(km_is_delivery(code), diagnoses[i].delivery);
    }
    for (size_t i = 0; i < sizeof removals / sizeof removals[0]; i++)
        CU_ASSERT_EQUAL(km_organ_removed(km_text_from(removals[i].operations)), removals[i].organ);
}

#define FIELDS                                                                                               \
    "MA_THE_BHYT|SO_CCCD|NGAY_SINH|MA_DOITUONG_KCB|NGAY_VAO|NGAY_RA|MA_LOAI_KCB|KET_QUA_DTRI|MA_LOAI_RV|MA_" \
    "NOI_DI|"                                                                                                \
    "MA_NOI_DEN|GIOI_TINH|HO_TEN"

static void a_newborn_is_a_patient_of_its_own(void) {
    static const struct {
        const char *row;
        bool newborn, linked;
    } cases[] = {
        {"GD4790000001201|079180000101|19900203|1.1|202601010800", false, true},
        {"GD4790000001201||20260101|1.7|202601010900", true, false},
        {"GD4790000001201||20260101||202601200900", true, false},  /* by age, where no route is sent */
        {"GD4790000001201||20260101||202602200900", false, false}, /* seven weeks old */
        {"GD4790000001201|079180000101|20260101|1.7|202601010900", true,
         false},                                                      /* a parent's number joins nothing */
        {"TE1790000001203||20260101|1.7|202601010900", false, false}, /* its own card */
        {";TE1790000001203||20260101|1.7|202601010900", false, false},
        {"GD4791111111111;TE1790000001203||20260101||202601010900", false,
         false},                                               /* of a list the usable one */
        {"GD4790000001201||2026||202601200900", false, false}, /* no day of birth */
        {"|079180000101|19900203|1.1|202601010800", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_batch batch;
        km_error error;
        km_episode episode;
        uint64_t citizen;
        TEST_OK(test_claims(&batch, FIELDS, &cases[i].row, 1, &error), &error);
        km_episode_reader reader = km_episode_reader_of(&batch, NULL);
        CU_ASSERT_EQUAL(km_episode_read(&reader, 0, &episode, &citizen), KM_EPISODE_READ);
        CU_ASSERT_EQUAL(km_person_is_newborn(episode.person), cases[i].newborn);
        CU_ASSERT_EQUAL(citizen != KM_NO_PERSON, cases[i].linked);
        CU_ASSERT_TRUE(km_person_valid(episode.person));
        km_batch_free(&batch);
    }
}

/* A list that begins with nothing, or with what only fills the field, is that of its first card. */
static void a_place_without_a_card_does_not_count(void) {
    static const char *const rows[] = {"DN4790000001201||19900203|1.1|202601010800",
                                       ";DN4790000001201||19900203|1.1|202601010800",
                                       "XX ; DN4790000001201||19900203|1.1|202601010800",
                                       "GD4791111111111;DN4790000001201||19900203|1.1|202601010800"};
    enum { ROWS = sizeof rows / sizeof rows[0] };
    km_batch batch;
    km_error error;
    km_episode episode[ROWS];
    uint64_t citizen;
    TEST_OK(test_claims(&batch, FIELDS, rows, ROWS, &error), &error);
    km_episode_reader reader = km_episode_reader_of(&batch, NULL);
    for (uint32_t i = 0; i < ROWS; i++) {
        CU_ASSERT_EQUAL(km_episode_read(&reader, i, &episode[i], &citizen), KM_EPISODE_READ);
        CU_ASSERT_NOT_EQUAL(km_episode_card(&episode[i]), 0);
        CU_ASSERT_EQUAL(km_episode_card(&episode[i]), km_episode_card(&episode[0]));
        CU_ASSERT_EQUAL(episode[i].fingerprint, episode[0].fingerprint);
    }
    km_batch_free(&batch);
}

/* Decision 4210 had a stay at a station as 05 and drugs by appointment as 06. */
static void kinds_of_old_files_are_those_of_today(void) {
    static const struct {
        const char *row;
        unsigned kind;
        bool stay;
    } cases[] = {{"HT3010000001201||202601010800|05|4210", 7, true},
                 {"HT3010000001201||202601010800|06|4210", KM_KIND_PICKUP, false},
                 {"HT3010000001201||202601010800|05|3176", 6, false},
                 {"HT3010000001201||202601010800|06|3176", 7, true},
                 {"HT3010000001201||202601010800|03|4210", 4, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_batch batch;
        km_error error;
        km_episode episode;
        uint64_t citizen;
        TEST_OK(test_claims(&batch, "MA_THE_BHYT|SO_CCCD|NGAY_VAO|MA_LOAI_KCB|STANDARD", &cases[i].row, 1,
                            &error),
                &error);
        km_episode_reader reader = km_episode_reader_of(&batch, NULL);
        CU_ASSERT_EQUAL(km_episode_read(&reader, 0, &episode, &citizen), KM_EPISODE_READ);
        CU_ASSERT_EQUAL(km_episode_kind(&episode), cases[i].kind);
        CU_ASSERT_EQUAL(km_episode_is_stay(&episode), cases[i].stay);
        km_batch_free(&batch);
    }
}

static void what_is_known_comes_back(void) {
    static const char *const row = "HT3010000001201||19551231||202601010800|202512310800|07|5|2|||2|LÊ AN";
    km_batch batch;
    km_error error;
    km_episode episode;
    uint64_t citizen;
    TEST_OK(test_claims(&batch, FIELDS, &row, 1, &error), &error);
    km_episode_reader reader = km_episode_reader_of(&batch, NULL);
    CU_ASSERT_EQUAL(km_episode_read(&reader, 0, &episode, &citizen), KM_EPISODE_READ);
    CU_ASSERT_EQUAL(km_episode_birth(&episode), (1955 - 1899) << 9 | 12 << 5 | 31);
    CU_ASSERT_EQUAL(km_episode_kind(&episode), KM_KIND_PICKUP);
    CU_ASSERT_EQUAL(km_episode_result(&episode), KM_RESULT_DEATH);
    CU_ASSERT_EQUAL(km_episode_sex(&episode), 2);
    CU_ASSERT_TRUE(km_episode_flag(&episode, KM_ABOUT_SENT_ON));
    CU_ASSERT_FALSE(km_episode_flag(&episode, KM_ABOUT_CAME_FROM));
    CU_ASSERT_TRUE(km_episode_is_visit(&episode) && !km_episode_is_stay(&episode));
    CU_ASSERT_EQUAL(episode.out, episode.in); /* never before */
    CU_ASSERT_EQUAL(episode.fund, KM_NO_AMOUNT);
    CU_ASSERT_EQUAL(episode.about >> KM_ABOUT_BITS, 0);
    CU_ASSERT_NOT_EQUAL(km_episode_card(&episode), 0);
    km_batch_free(&batch);
}

TEST_MAIN("episode", {"names are told apart by their letters", names_are_told_apart_by_their_letters},
          {"courses, deliveries and removals are recognised", courses_deliveries_and_removals_are_recognised},
          {"a newborn is a patient of its own", a_newborn_is_a_patient_of_its_own},
          {"a place without a card does not count", a_place_without_a_card_does_not_count},
          {"kinds of old files are those of today", kinds_of_old_files_are_those_of_today},
          {"what is known comes back", what_is_known_comes_back})
