#include <unistd.h>

#include "base/base64.h"
#include "ingest/envelope.h"
#include "ingest/markup.h"
#include "ingest/reader.h"
#include "ingest/xml.h"
#include "support/test.h"

/* ---- base64 */

static void test_base64(void) {
    static const struct {
        const char *text, *bytes; /* bytes NULL: it is none */
    } cases[] = {{"", ""},
                 {"Zg==", "f"},
                 {"Zg", "f"},
                 {"Zm8=", "fo"},
                 {"Zm9v", "foo"},
                 {" Zm\r\n9v\tYg = =\n", "foob"},
                 {"Zm9vYmE=", "fooba"},
                 {"Zm9vYmFy", "foobar"},
                 {"+/+/", "\xfb\xff\xbf"},
                 {"Z", NULL},
                 {"Zm9vY", NULL},
                 {"Zg=", NULL},
                 {"Zg===", NULL},
                 {"Zg==Zg==", NULL},
                 {"Zm9=v", NULL},
                 {"Zm-_", NULL},
                 {"Zm\xc3\xa1", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char room[32];
        size_t size = strlen(cases[i].text);
        memcpy(room, cases[i].text, size);
        CU_ASSERT_EQUAL(km_base64_decode(room, &size), cases[i].bytes != NULL);
        if (cases[i].bytes) TEST_TEXT_EQUAL(((km_text){room, size}), cases[i].bytes);
    }
}

/* ---- tables whose cells come by name */

static void put_row(km_tag_table *table, const char *const *cells) {
    for (size_t i = 0; cells[i]; i += 2)
        CU_ASSERT_EQUAL(km_tag_table_put(table, km_text_from(cells[i]), km_text_from(cells[i + 1])),
                        KM_TAG_GOOD);
    CU_ASSERT_TRUE(km_tag_table_end_row(table));
}

/* All of it, read in pieces of `step` bytes. */
static kiem_status read_back(km_tag_table *table, size_t step, km_buf *out, km_error *error) {
    char room[64];
    size_t taken;
    do {
        KM_TRY(km_tag_table_read(table, room, step, &taken, error));
        km_buf_append(out, room, taken);
    } while (taken);
    return km_buf_ok(out) ? KIEM_OK : km_nomem(error);
}

static void test_table_becomes_csv(void) {
    for (size_t step = 1; step <= 64; step *= 4) {
        km_tag_table table;
        km_buf out;
        km_tag_table_init(&table, test_mem(), KM_SCOPE_CARD, NULL);
        km_buf_init(&out, test_mem());
        put_row(&table, (const char *[]){"MA_THE", "1", "x", "a,\"b\"\r\nc", NULL});
        TEST_OK(km_tag_table_keep(&table, NULL), NULL);
        put_row(&table, (const char *[]){"MA_THE", "dropped", "y", "z", NULL});
        km_tag_table_drop(&table);
        put_row(&table, (const char *[]){"y", "2", "MA_THE", "", NULL});
        TEST_OK(km_tag_table_keep(&table, NULL), NULL);
        CU_ASSERT_EQUAL(table.rows, 3);
        TEST_OK(read_back(&table, step, &out, NULL), NULL);
        TEST_TEXT_EQUAL(km_buf_view(&out), "MA_THE,x,y\n1,\"a,\"\"b\"\" \nc\",\n\n,,2\n");
        km_buf_free(&out);
        km_tag_table_free(&table);
    }
}

/* Names that came with rows that were dropped would fill the table; a short row does not cost its width. */
static void test_dropped_names_and_short_rows(void) {
    km_tag_table table;
    km_buf out;
    km_tag_table_init(&table, test_mem(), KM_SCOPE_CARD, NULL);
    km_buf_init(&out, test_mem());
    put_row(&table, (const char *[]){NULL});
    TEST_OK(km_tag_table_keep(&table, NULL), NULL);
    put_row(&table, (const char *[]){"x", "1", NULL});
    put_row(&table, (const char *[]){"y", "1", NULL});
    km_tag_table_drop(&table);
    CU_ASSERT_EQUAL(table.columns, 0);
    put_row(&table, (const char *[]){"a", "1", "b", "2", "c", "3", NULL});
    const size_t wide = table.open.length;
    put_row(&table, (const char *[]){NULL});
    put_row(&table, (const char *[]){"b", "4", NULL});
    CU_ASSERT_TRUE(table.open.length < 3 * wide);
    TEST_OK(km_tag_table_keep(&table, NULL), NULL);
    CU_ASSERT_EQUAL(table.rows, 6);
    TEST_OK(read_back(&table, 64, &out, NULL), NULL);
    TEST_TEXT_EQUAL(km_buf_view(&out), "a,b,c\n,,\n\n\n1,2,3\n,,\n,4,\n");
    km_buf_free(&out);
    km_tag_table_free(&table);
}

static void test_table_says_what_it_cannot_take(void) {
    static char much[KM_RECORD_LIMIT];
    km_tag_table table;
    memset(much, 'x', sizeof much);
    km_tag_table_init(&table, test_mem(), KM_SCOPE_CLAIM, NULL);
    CU_ASSERT_EQUAL(km_tag_table_put(&table, KM_TEXT("MA_LK"), KM_TEXT("")), KM_TAG_GOOD);
    CU_ASSERT_EQUAL(km_tag_table_put(&table, KM_TEXT("ma_lk"), KM_TEXT("A")), KM_TAG_TWICE);
    CU_ASSERT_EQUAL(km_tag_table_fill(&table, KM_TEXT("MA_LK"), KM_TEXT("B")), KM_TAG_GOOD);
    CU_ASSERT_EQUAL(km_tag_table_fill(&table, KM_TEXT("MA_LK"), KM_TEXT("C")), KM_TAG_GOOD);
    TEST_TEXT_EQUAL(km_tag_table_cell(&table, KM_TEXT("MA_LK")), "B");
    TEST_TEXT_EQUAL(km_tag_table_cell(&table, KM_TEXT("STT")), "");
    CU_ASSERT_EQUAL(km_tag_table_put(&table, KM_TEXT("STT"), (km_text){much, sizeof much}), KM_TAG_LONG);
    for (int i = 0; i < KM_TAG_COLUMNS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        km_tag_put put = km_tag_table_put(&table, km_text_from(name), KM_TEXT(""));
        CU_ASSERT_EQUAL(put, i + 2 < KM_TAG_COLUMNS_MAX ? KM_TAG_GOOD : KM_TAG_MANY);
    }
    km_tag_table_free(&table);
}

/* Its own columns come first, then all others of the standard: as many as there are fields. */
static void test_table_has_the_columns_of_its_standard(void) {
    static const struct {
        km_scope scope;
        km_standard standard;
        const char *own, *absent; /* NULL: none is */
    } cases[] = {{KM_SCOPE_CLAIM, KM_STANDARD_3176, "T_BHTT", "T_TONGCHI"},
                 {KM_SCOPE_CLAIM, KM_STANDARD_130, "T_BHTT", "NHOM_MAU"},
                 {KM_SCOPE_CLAIM, KM_STANDARD_4210, "MA_THE", "MA_THE_BHYT"},
                 {KM_SCOPE_DRUG, KM_STANDARD_4210, "TY_LE_TT", "TYLE_TT"},
                 {KM_SCOPE_SERVICE, KM_STANDARD_3176, "MA_VAT_TU", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_tag_table table;
        km_fieldset seen = {0};
        km_buf out;
        km_tag_table_init(&table, test_mem(), cases[i].scope, NULL);
        put_row(&table, (const char *[]){cases[i].own, "1", NULL});
        TEST_OK(km_tag_table_close(&table, cases[i].standard, NULL), NULL);
        CU_ASSERT_TRUE(table.columns > 20);
        km_buf_init(&out, test_mem());
        TEST_OK(read_back(&table, 64, &out, NULL), NULL);
        km_text rest = km_buf_view(&out), header, name;
        CU_ASSERT_TRUE(km_text_split(&rest, '\n', &header));
        for (size_t k = 0; km_text_split(&header, ',', &name); k++) {
            int field = km_name_field(cases[i].scope, cases[i].standard, name);
            CU_ASSERT_TRUE(field >= 0 && !km_fieldset_has(&seen, field));
            if (k == 0) TEST_TEXT_EQUAL(name, cases[i].own);
            km_fieldset_add(&seen, field);
            CU_ASSERT_FALSE(cases[i].absent && km_text_equal(name, km_text_from(cases[i].absent)));
        }
        km_buf_free(&out);
        km_tag_table_free(&table);
    }
}

/* ---- what is one */

static void test_markup(void) {
    static const struct {
        const char *head;
        km_markup markup;
    } cases[] = {{"", KM_MARKUP_NONE},
                 {"MA_LK,T_BHTT\n<A>,1", KM_MARKUP_NONE},
                 {"<", KM_MARKUP_NONE},
                 {"< 5,6", KM_MARKUP_NONE},
                 {"<5>", KM_MARKUP_NONE},
                 {"x <A>", KM_MARKUP_NONE},
                 {"<GIAMDINHHS>", KM_MARKUP_XML},
                 {"<giamdinhhs>", KM_MARKUP_XML},
                 {"<_a/>", KM_MARKUP_XML},
                 {"<ns0:GIAMDINHHS xmlns:ns0='x'>", KM_MARKUP_XML},
                 {"\xEF\xBB\xBF\r\n \t<?xml version='1.0'?>", KM_MARKUP_XML},
                 {"<?xml-stylesheet href='a'?><A>", KM_MARKUP_XML},
                 {"<?mso-application progid='x'?> 5", KM_MARKUP_XML},
                 {"<!-- <html> --><A>", KM_MARKUP_XML},
                 {"<!-- <html> ", KM_MARKUP_XML},
                 {"<?xml", KM_MARKUP_XML},
                 {"<!DOCTYPE GIAMDINHHS>", KM_MARKUP_XML},
                 {"<html>", KM_MARKUP_HTML},
                 {"<HTML xmlns:o='x'>", KM_MARKUP_HTML},
                 {"\n<table border=1>", KM_MARKUP_HTML},
                 {"<!-- x --> <!-- y -->\n<!doctype HTML>", KM_MARKUP_HTML},
                 {"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-'>", KM_MARKUP_HTML}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_EQUAL(km_markup_of(km_text_from(cases[i].head)), cases[i].markup);
    CU_ASSERT_EQUAL(km_markup_of(KM_TEXT("\xFF\xFE\n\0<\0!\0-\0-\0-\0-\0>\0<\0a\0")), KM_MARKUP_XML);
    CU_ASSERT_EQUAL(km_markup_of(KM_TEXT("\0<\0h\0t\0m\0l\0>")), KM_MARKUP_HTML);
    CU_ASSERT_EQUAL(km_markup_of(KM_TEXT("\x1F\x8B\x08<A>")), KM_MARKUP_NONE);
}

static void ignore_name(void *user, km_text name) {
    (void)user, (void)name;
}

/* What is pasted has blanks in front of the declaration, which XML forbids. In any pieces. */
static void test_what_stands_in_front(void) {
    static const struct {
        const char *text;
        size_t size;
        int64_t line, column, offset; /* of the fault behind it; 0, 0, 0: there is none */
    } cases[] = {
#define FRONT(bytes, line, column, offset) {bytes, sizeof(bytes) - 1, line, column, offset}
        FRONT("\xEF\xBB\xBF<?xml version='1.0'?><A/>", 0, 0, 0),
        FRONT("\xEF\xBB\xBF\xEF\xBB\xBF\r\n\t <?xml version='1.0' encoding='utf-16'?><A/>", 0, 0, 0),
        FRONT("\xFF\xFE\n\0 \0<\0A\0/\0>\0", 0, 0, 0),
        FRONT("\xFE\xFF\0\n\0<\0A\0/\0>", 0, 0, 0),
        FRONT(" \0<\0A\0/\0>\0", 0, 0, 0),
        FRONT("\0 \0<\0A\0/\0>", 0, 0, 0),
        FRONT("\0<\0A\0/\0>", 0, 0, 0),
        FRONT("\n \n  <A></B>", 3, 8, 10),
        FRONT("  <A>\n</B>", 2, 3, 8),
        FRONT("\xEF\xBB\xBF\n<A></B>", 2, 6, 9),
        FRONT("\0\n\0<\0A\0>\0&\0;", 2, 5, 10),
        FRONT("\n\xC2\xA0<A/>", 2, 1, 1),
        FRONT("\n \n", 3, 1, -1),
        FRONT("\n<A/><A/>", 2, 5, 5),
        FRONT("\n<A/>\n<?xml version='1.0'?><A/>", 3, 1, 6)};
    static const km_xml_events none = {ignore_name, ignore_name, ignore_name, NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t step = 1; step <= cases[i].size; step++) {
            km_xml *xml = km_xml_new(test_mem(), &none);
            km_xml_fault fault = KM_XML_GOOD;
            for (size_t at = 0; at < cases[i].size && !fault; at += step) {
                const size_t left = cases[i].size - at;
                fault = km_xml_push(xml, cases[i].text + at, left < step ? left : step, left <= step);
            }
            CU_ASSERT_EQUAL(fault != KM_XML_GOOD, cases[i].line != 0);
            const km_place place = km_xml_place(xml, NULL);
            if (fault) {
                CU_ASSERT_EQUAL(place.line, cases[i].line);
                CU_ASSERT_EQUAL(place.column, cases[i].column);
                CU_ASSERT_EQUAL(place.offset, cases[i].offset);
            }
            km_xml_free(xml);
        }
    }
}

/* ---- envelopes */

#define XML1(lk) "<TONG_HOP><MA_LK>" lk "</MA_LK><T_BHTT>1</T_BHTT></TONG_HOP>"
#define XML2     "<CHI_TIET_THUOC><MA_THUOC>40.1</MA_THUOC></CHI_TIET_THUOC>"
#define OF_B     "<CHI_TIET_THUOC><MA_LK>B</MA_LK></CHI_TIET_THUOC>"
#define FILE_OF(kind, content)                                                                               \
    "<FILEHOSO><LOAIHOSO>" kind "</LOAIHOSO><NOIDUNGFILE>" content "</NOIDUNGFILE></FILEHOSO>"
/* <TONG_HOP><MA_LK>B</MA_LK></TONG_HOP> */
#define B64 "PFRPTkdfSE9QPjxNQV9MSz5CPC9NQV9MSz48L1RPTkdfSE9QPg=="

static const char sample[] =
    "<GIAMDINHHS><DS>"
    "<HOSO>" FILE_OF("XML1", XML1("A"))
        FILE_OF("XML2",
                "<L>" XML2 XML2
                "</L>") "</HOSO>"
                        "<HOSO>" FILE_OF("XML1", XML1("C"))
                            FILE_OF("XML2", "*") "</HOSO>"
                                                 "<HOSO>" FILE_OF("XML2", "<![CDATA[<L>" OF_B "</L>]]>")
                                                     FILE_OF("XML1", B64)
                                                         FILE_OF("XML7", "*") "</HOSO></DS></GIAMDINHHS>";

typedef struct push_of_test {
    size_t step;
    km_spill *spill;
    km_buf out; /* the tables, one behind the other, and the rejects */
} push_of_test;

/* Of a table without quotes; the columns behind are those of the standard. */
static kiem_status show_two_columns(km_tag_table *table, km_buf *out) {
    km_buf all;
    km_buf_init(&all, test_mem());
    kiem_status status = read_back(table, 64, &all, NULL);
    km_text rest = km_buf_view(&all), line, cell;
    while (status == KIEM_OK && km_text_split(&rest, '\n', &line) && rest.ptr) {
        for (int i = 0; i < 2 && km_text_split(&line, ',', &cell); i++) {
            if (i) km_buf_char(out, ',');
            km_buf_text(out, cell);
        }
        km_buf_char(out, '\n');
    }
    km_buf_free(&all);
    return status;
}

static kiem_status show(km_envelope *envelope, km_buf *out) {
    static const km_scope scopes[] = {KM_SCOPE_CLAIM, KM_SCOPE_DRUG, KM_SCOPE_SERVICE};
    const km_rejects *rejects = km_envelope_rejects(envelope);
    for (size_t i = 0; i < 3; i++) {
        KM_TRY(show_two_columns(km_envelope_table(envelope, scopes[i]), out));
    }
    for (size_t i = 0; i < rejects->count; i++) {
        km_buf_int(out, rejects->list[i].row);
        km_buf_char(out, ' ');
        km_buf_text(out, km_reject_column(rejects, i));
        km_buf_char(out, ' ');
        km_buf_text(out, km_reject_reason(rejects, i));
    }
    return km_buf_ok(out) ? KIEM_OK : km_nomem(NULL);
}

static kiem_status push_sample(void *context) {
    push_of_test *how = context;
    km_envelope *envelope;
    km_buf_clear(&how->out);
    KM_TRY(km_envelope_new(test_mem(), "a.xml", 0, how->spill, &envelope, NULL));
    kiem_status status = KIEM_OK;
    for (size_t at = 0; at < sizeof sample - 1 && status == KIEM_OK; at += how->step) {
        size_t left = sizeof sample - 1 - at;
        status = km_envelope_push(envelope, sample + at, left < how->step ? left : how->step,
                                  left <= how->step, NULL);
    }
    if (status == KIEM_OK) status = km_envelope_close(envelope, NULL);
    if (status == KIEM_OK) status = show(envelope, &how->out);
    km_envelope_free(envelope);
    return status;
}

static const char shown[] = "MA_LK,T_BHTT\nA,1\n\nB,\n"
                            "MA_THUOC,MA_LK\n40.1,A\n40.1,A\n,B\n"
                            "MA_LK,STT\n"
                            "2 XML2 NOIDUNGFILE is neither base64 nor XML";

static void test_envelope_in_any_pieces(void) {
    for (size_t step = 1; step < sizeof sample; step += 7) {
        push_of_test how = {.step = step};
        km_buf_init(&how.out, test_mem());
        TEST_OK(push_sample(&how), NULL);
        TEST_TEXT_EQUAL(km_buf_view(&how.out), shown);
        km_buf_free(&how.out);
    }
}

static kiem_status push_and_free(void *context) {
    push_of_test *how = context;
    km_buf_init(&how->out, test_mem());
    kiem_status status = push_sample(how);
    km_buf_free(&how->out);
    return status;
}

static void test_envelope_without_memory(void) {
    push_of_test how = {.step = 100};
    CU_ASSERT_TRUE(test_out_of_memory(push_and_free, &how) > 30);
}

static void test_rows_in_a_file(void) {
    static char text[2 << 20];
    km_spill spill;
    km_envelope *envelope;
    km_buf out;
    km_spill_init(&spill, test_mem(), "/tmp");
    km_buf_init(&out, test_mem());
    TEST_OK(km_envelope_new(test_mem(), "a.xml", 0, &spill, &envelope, NULL), NULL);
    TEST_OK(km_envelope_push(envelope, "<X>", 3, false, NULL), NULL);
    size_t rows = 0, size = 0;
    for (; size + 200 < sizeof text; rows++) size += (size_t)snprintf(text + size, 200, XML1("%zu"), rows);
    TEST_OK(km_envelope_push(envelope, text, size, false, NULL), NULL);
    TEST_OK(km_envelope_push(envelope, text, size, false, NULL), NULL);
    TEST_OK(km_envelope_push(envelope, "</X>", 4, true, NULL), NULL);
    km_tag_table *claims = km_envelope_table(envelope, KM_SCOPE_CLAIM);
    CU_ASSERT_EQUAL(claims->rows, 2 * rows);
    TEST_OK(read_back(claims, 64, &out, NULL), NULL);
    size_t lines = 0;
    for (size_t i = 0; i < out.length; i++) lines += out.data[i] == '\n';
    CU_ASSERT_EQUAL(lines, 2 * rows + 1);
    km_buf_free(&out);
    km_envelope_free(envelope);
    km_spill_free(&spill);
}

/* A disk that fails is not a lack of memory. */
static void test_rows_in_a_file_that_is_gone(void) {
    static char text[KM_RECORD_LIMIT / 2];
    km_spill spill;
    km_tag_table table;
    km_buf out;
    km_error error = {0};
    memset(text, 'x', sizeof text);
    km_spill_init(&spill, test_mem(), "/tmp");
    km_buf_init(&out, test_mem());
    km_tag_table_init(&table, test_mem(), KM_SCOPE_CLAIM, &spill);
    for (size_t size = 0; size < 3 << 20; size += sizeof text) {
        km_tag_table_put(&table, KM_TEXT("GHI_CHU"), (km_text){text, sizeof text});
        CU_ASSERT_TRUE(km_tag_table_end_row(&table));
        TEST_OK(km_tag_table_keep(&table, &error), &error);
    }
    TEST_OK(km_tag_table_close(&table, KM_STANDARD_3176, &error), &error);
    CU_ASSERT_EQUAL(ftruncate(spill.file, 1 << 20), 0);
    CU_ASSERT_EQUAL(read_back(&table, 64, &out, &error), KIEM_E_IO);
    TEST_MESSAGE(&error, "cannot read a temporary file");
    km_buf_free(&out);
    km_tag_table_free(&table);
    km_spill_free(&spill);
}

/* What has no end yet would be gone through again with each piece: quadratic, and kept in memory. */
static void test_endless_tags(void) {
    static const char *const starts[] = {"<A><!--", "<A b='", "<A><?x ", "<A><!-- -->\n<b c='"};
    static char piece[1 << 16];
    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        km_error error = {0};
        km_envelope *envelope;
        TEST_OK(km_envelope_new(test_mem(), "a.xml", 0, NULL, &envelope, NULL), NULL);
        kiem_status status = km_envelope_push(envelope, starts[i], strlen(starts[i]), false, &error);
        size_t pieces = 0;
        for (; status == KIEM_OK && pieces < 1000; pieces++)
            status = km_envelope_push(envelope, piece, sizeof piece, false, &error);
        CU_ASSERT_EQUAL(pieces, KM_XML_TOKEN_MAX / sizeof piece);
        TEST_MESSAGE(&error, "a tag or comment is longer than");
        km_envelope_free(envelope);
    }
}

/* Text is no tag: it comes in pieces. */
static void test_long_text_is_taken(void) {
    static char piece[1 << 16];
    km_envelope *envelope;
    memset(piece, ' ', sizeof piece);
    TEST_OK(km_envelope_new(test_mem(), "a.xml", 0, NULL, &envelope, NULL), NULL);
    TEST_OK(km_envelope_push(envelope, "<A><![CDATA[", 12, false, NULL), NULL);
    for (size_t i = 0; i < 3 * KM_XML_TOKEN_MAX / sizeof piece; i++) {
        if (i == 100) TEST_OK(km_envelope_push(envelope, "]]>", 3, false, NULL), NULL);
        TEST_OK(km_envelope_push(envelope, piece, sizeof piece, false, NULL), NULL);
    }
    TEST_OK(km_envelope_push(envelope, "</A>", 4, true, NULL), NULL);
    km_envelope_free(envelope);
}

static void test_what_is_no_envelope(void) {
    static const struct {
        const char *text, *part;
        int64_t line, column;
    } cases[] = {{"<a>\n <b></a>", "no well-formed XML", 2, 7},
                 {"<a>\n <b>", "ends too early", 2, 5},
                 {"", "ends too early", 1, 1},
                 {"<!DOCTYPE a>\n<a/>", "DTD", 1, 12},
                 {"<a/>\n<a/>", "goes on behind its last element", 2, 1},
                 {"<a/>\n<?xml version='1.0'?><a/>", "goes on behind its last element", 2, 1},
                 {"<a>&b;</a>", "no well-formed XML", 1, 4},
                 {"<a>\xff</a>", "no well-formed XML", 1, 4},
                 {"<a/>", "no claims in this XML", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_error error = {0};
        km_envelope *envelope;
        TEST_OK(km_envelope_new(test_mem(), "a.xml", 0, NULL, &envelope, NULL), NULL);
        kiem_status status = km_envelope_push(envelope, cases[i].text, strlen(cases[i].text), true, &error);
        if (status == KIEM_OK) status = km_envelope_close(envelope, &error);
        CU_ASSERT_EQUAL(status, KIEM_E_FORMAT);
        TEST_MESSAGE(&error, cases[i].part);
        CU_ASSERT_EQUAL(error.line, cases[i].line);
        CU_ASSERT_EQUAL(error.column, cases[i].column);
        km_envelope_free(envelope);
    }
}

TEST_MAIN("envelope", {"base64", test_base64}, {"a table becomes CSV", test_table_becomes_csv},
          {"dropped names and short rows", test_dropped_names_and_short_rows},
          {"endless tags", test_endless_tags}, {"long text is taken", test_long_text_is_taken},
          {"what a table cannot take", test_table_says_what_it_cannot_take},
          {"columns of the standard", test_table_has_the_columns_of_its_standard}, {"markup", test_markup},
          {"what stands in front", test_what_stands_in_front}, {"in any pieces", test_envelope_in_any_pieces},
          {"without memory", test_envelope_without_memory}, {"rows in a file", test_rows_in_a_file},
          {"rows in a file that is gone", test_rows_in_a_file_that_is_gone},
          {"what is none", test_what_is_no_envelope})
