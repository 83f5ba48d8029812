#include "state/history/person.h"
#include "support/test.h"

static uint64_t person_key(km_text cards, km_text citizen) {
    const km_person_numbers numbers = km_person_numbers_of(cards, citizen);
    return numbers.card != KM_NO_PERSON ? numbers.card : numbers.citizen;
}

static void keys_are_read_and_printed(void) {
    static const struct {
        const char *cards, *citizen;
        const char *printed; /* "" for no key */
    } cases[] = {
        {"GD4790123456780", "", "0123456780"},
        {"GD4790123456780", "079180001234", "0123456780"},
        {"0123456780", "", "0123456780"},
        {"DN4017712345678;TE1790000000001", "", "7712345678"},
        {" HT2010123456780 ;", "", "0123456780"},
        {"TE179A123B45678", "", "A123B45678"},
        {"te179a123b45678", "", "A123B45678"},
        {"TE179Z0ZZ12345Z", "", "Z0ZZ12345Z"},
        {"TE1790000000001", "", "0000000001"},
        {"", "079180001234", "079180001234"},
        {"", "001180001234", "001180001234"},
        {"", "023456780", "023456780"},
        {"TE1790000000000", "079180001234", "079180001234"},
        {"TE1791234567890", "079180001234", "079180001234"},
        {"GD479012345678", "079180001234", "079180001234"},
        {"TE1790000000000", "", ""},
        {"TE1791111111111", "", ""},
        {"TE1791234567890", "", ""},
        {"TE1790123456789", "", "0123456789"},
        {"TE179AAAAAAAAAA", "", ""},
        {"KHONGCOTHEBHYTA", "", ""},
        {"GD479 123456780", "", ""},
        {"GD4790123456-80", "", ""},
        {"12345", "", ""},
        {"", "", ""},
        {";GD4790123456780", "", "0123456780"},
        {"TE1790000000000;GD4790123456780", "079180001234", "0123456780"},
        {"", "123456789012", ""},
        {"", "000000000000", ""},
        {"", "123456789", ""},
        {"", "07918000123A", ""},
        {"", "0791800012345", ""},
        {"", "B1234567", ""},
    };
    km_buf buf;
    km_buf_init(&buf, test_mem());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t key = person_key(km_text_from(cases[i].cards), km_text_from(cases[i].citizen));
        km_buf_clear(&buf);
        km_buf_person(&buf, key);
        TEST_TEXT_EQUAL(km_buf_view(&buf), cases[i].printed);
        CU_ASSERT_EQUAL(key == KM_NO_PERSON, cases[i].printed[0] == '\0');
    }
    km_buf_free(&buf);
}

static void the_same_digits_are_one_person_on_every_card(void) {
    uint64_t key = person_key(KM_TEXT("0123456780"), KM_TEXT(""));
    CU_ASSERT_EQUAL(person_key(KM_TEXT("GD4790123456780"), KM_TEXT("")), key);
    CU_ASSERT_EQUAL(person_key(KM_TEXT("HT2010123456780;GD4797777777770"), KM_TEXT("1")), key);
    CU_ASSERT_NOT_EQUAL(person_key(KM_TEXT("GD4790123456781"), KM_TEXT("")), key);
}

static void kinds_never_meet(void) {
    uint64_t seed = 21;
    km_buf buf;
    km_buf_init(&buf, test_mem());
    for (int i = 0; i < 5000; i++) {
        char text[13];
        for (int at = 0; at < 12; at++) text[at] = (char)('0' + test_random(&seed) % 10);
        text[12] = '\0';
        uint64_t card = person_key((km_text){text + 2, 10}, KM_TEXT(""));
        uint64_t citizen = person_key(KM_TEXT(""), (km_text){text, 12});
        uint64_t old = person_key(KM_TEXT(""), (km_text){text + 3, 9});
        CU_ASSERT_TRUE(card != citizen && citizen != old && card != old);
        km_buf_clear(&buf);
        km_buf_person(&buf, card);
        TEST_TEXT_EQUAL(km_buf_view(&buf), text + 2);
        km_buf_clear(&buf);
        km_buf_person(&buf, citizen);
        TEST_TEXT_EQUAL(km_buf_view(&buf), text);
        km_buf_clear(&buf);
        km_buf_person(&buf, old);
        TEST_TEXT_EQUAL(km_buf_view(&buf), text + 3);
    }
    km_buf_free(&buf);
}

TEST_MAIN("person", {"keys are read and printed", keys_are_read_and_printed},
          {"the same digits are one person on every card", the_same_digits_are_one_person_on_every_card},
          {"kinds never meet", kinds_never_meet})
