#include "support/policy_table.h"

#include "ingest/sheet_read.h"
#include "support/sheet.h"
#include "support/test.h"

static void read_file(const char *name, km_sheet *sheet) {
    char path[512];
    km_buf bytes;
    km_error error;
    snprintf(path, sizeof path, KIEM_SOURCE_DIR "/data/policy/%s.csv", name);
    FILE *file = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    km_buf_init(&bytes, test_mem());
    char part[4096];
    for (size_t read; file && (read = fread(part, 1, sizeof part, file)) > 0;)
        km_buf_append(&bytes, part, read);
    if (file) fclose(file);
    TEST_OK(km_sheet_read(test_mem(), path, bytes.data, bytes.length, sheet, &error), &error);
    km_buf_free(&bytes);
}

void test_policy_table(km_lookup *table, const char *name) {
    km_sheet schema = {0}, sheet = {0};
    km_error error;
    read_file("tables", &schema);
    read_file(name, &sheet);
    TEST_OK(km_lookup_build(table, test_mem(), km_text_from(name), &schema, &sheet, &error), &error);
    km_sheet_free(&sheet);
    km_sheet_free(&schema);
}

kiem_status test_policy_table_of(km_lookup *table, const char *name, const char *header, const char *cells,
                                 km_error *error) {
    km_sheet schema = {0};
    test_sheet made;
    read_file("tables", &schema);
    const km_sheet *sheet = test_sheet_make(&made, name, header, cells);
    kiem_status status = km_lookup_build(table, test_mem(), km_text_from(name), &schema, sheet, error);
    km_sheet_free(&schema);
    return status;
}
