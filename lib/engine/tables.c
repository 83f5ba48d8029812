#include "engine/tables.h"

#include "base/vietnamese.h"

#define TEXT  KM_TYPE_TEXT, 0
#define COUNT KM_TYPE_NUMBER, 0
#define MONEY KM_TYPE_NUMBER, 2
#define RATIO KM_TYPE_NUMBER, 6
#define FLAG  KM_TYPE_BOOL, 0
#define DAY   KM_TYPE_DATE, 0

#define TABLE(kind, name)            static const km_result_spec name[] = {
#define COLUMN(constant, name, type) {name, type},
#define END                                                                                                  \
    }                                                                                                        \
    ;
#include "engine/tables.def"
#undef TABLE
#undef COLUMN
#undef END

#define TABLE(kind, name) [KM_TABLE_##kind] = {#name, name, (int)(sizeof name / sizeof name[0])},
#define COLUMN(constant, name, type)
#define END
static const struct {
    const char *name;
    const km_result_spec *specs;
    int columns;
} tables[KM_TABLE_COUNT] = {
#include "engine/tables.def"
};

const char *km_table_name(km_table_kind kind) {
    return tables[kind].name;
}

int km_table_find(km_text name) {
    for (int i = 0; i < KM_TABLE_COUNT; i++) {
        if (km_text_equal(name, km_text_from(tables[i].name))) return i;
    }
    return -1;
}

kiem_status km_table_init(km_result *table, const km_mem *mem, km_table_kind kind, km_error *error) {
    return km_result_init(table, mem, tables[kind].name, tables[kind].specs, tables[kind].columns, error);
}

kiem_status km_sum_too_large(km_error *error) {
    return km_fail(error, KIEM_E_RANGE,
                   "a sum is more than 90 million billion dong: some amounts of the input are not what their "
                   "column says");
}

kiem_status km_table_put_sum(km_result *table, int column, km_int128 sum, km_error *error) {
    if (sum > INT64_MAX || sum < INT64_MIN) return km_sum_too_large(error);
    km_result_int(table, column, (int64_t)sum);
    return KIEM_OK;
}

void km_table_put_reason(km_result *table, km_text reason, int language) {
    char shown[512];
    const size_t length = km_message_in(language, reason, shown, sizeof shown);
    km_result_text(table, KM_REJECT_REASON, (km_text){shown, length});
}

kiem_status km_table_put_reject(km_result *table, km_text file, const km_rejects *all, size_t i, int language,
                                km_error *error) {
    km_text column = km_reject_column(all, i);
    km_result_text(table, KM_REJECT_FILE, file);
    km_result_int(table, KM_REJECT_ROW, all->list[i].row);
    if (all->list[i].offset >= 0) km_result_int(table, KM_REJECT_OFFSET, all->list[i].offset);
    if (column.length) km_result_text(table, KM_REJECT_COLUMN, column);
    km_table_put_reason(table, km_reject_reason(all, i), language);
    km_result_text(table, KM_REJECT_VALUE, km_reject_value(all, i));
    return km_result_end_row(table, error);
}
