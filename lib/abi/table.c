#include <string.h>

#include "abi/handles.h"

static void hold_table(void *object) {
    kiem_table *table = object;
    atomic_fetch_add(&table->references, 1);
}

static void release_table(void *object) {
    kiem_table *table = object;
    if (atomic_fetch_sub(&table->references, 1) != 1) return;
    kiem_env *env = table->env;
    km_result_free(&table->own);
    km_free(km_env_mem(env), table, sizeof *table);
    km_env_release(env);
}

kiem_status km_table_wrap(kiem_env *env, km_result *rows, kiem_table **out, km_error *error) {
    kiem_table *table = km_alloc_zero(km_env_mem(env), sizeof *table);
    if (!table) return km_nomem(error);
    table->env = km_env_hold(env);
    table->own = *rows;
    table->rows = &table->own;
    table->owner = (km_owner){table, hold_table, release_table};
    atomic_init(&table->references, 1);
    *rows = (km_result){0};
    *out = table;
    return KIEM_OK;
}

kiem_status km_table_copy(const kiem_table *table, kiem_table **out, km_error *error) {
    const km_result *from = table->rows;
    const km_mem *mem = km_env_mem(table->env);
    size_t size = (size_t)from->columns * sizeof(km_result_spec);
    km_result copy;
    km_result_spec *specs = km_alloc(mem, size);
    if (!specs) return km_nomem(error);
    for (int i = 0; i < from->columns; i++) specs[i] = from->column[i].spec;
    kiem_status status = km_result_init(&copy, mem, from->name, specs, from->columns, error);
    km_free(mem, specs, size);
    KM_TRY(status);
    status = km_result_append(&copy, from, error);
    if (status == KIEM_OK) status = km_table_wrap(table->env, &copy, out, error);
    km_result_free(&copy);
    return status;
}

kiem_status kiem_table_copy(const kiem_table *table, kiem_table **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(table && out, sink, "an argument is NULL");
    return km_table_copy(table, out, sink);
}

void kiem_table_free(kiem_table *table) {
    if (table) release_table(table);
}

const char *kiem_table_name(const kiem_table *table) {
    return table ? table->rows->name : "";
}

int64_t kiem_table_rows(const kiem_table *table) {
    return table ? (int64_t)table->rows->rows : 0;
}

int32_t kiem_table_columns(const kiem_table *table) {
    return table ? table->rows->columns : 0;
}

static const km_result_column *column_of(const kiem_table *table, int32_t column) {
    if (!table || column < 0 || column >= table->rows->columns) return NULL;
    return &table->rows->column[column];
}

const char *kiem_table_column_name(const kiem_table *table, int32_t column) {
    const km_result_column *at = column_of(table, column);
    return at ? at->spec.name : NULL;
}

const char *km_table_format(const km_result_spec *spec) {
    switch (spec->type) {
    case KM_TYPE_TEXT: return "u";
    case KM_TYPE_DATE: return "tdD";
    case KM_TYPE_BOOL: return "b";
    default: return spec->scale == 0 ? "l" : spec->scale == 2 ? "d:18,2" : "d:18,6";
    }
}

const char *kiem_table_column_format(const kiem_table *table, int32_t column) {
    const km_result_column *at = column_of(table, column);
    return at ? km_table_format(&at->spec) : NULL;
}

int32_t kiem_table_find(const kiem_table *table, const char *name) {
    return table && name ? km_result_find(table->rows, km_text_from(name)) : -1;
}

/* A table without rows has arrays all the same, so that callers need no special case. */
static const int64_t no_values[1];
static const uint8_t no_validity[8];

kiem_status kiem_table_values(const kiem_table *table, int32_t column, const int64_t **values,
                              const uint8_t **validity) {
    const km_result_column *at = column_of(table, column);
    if (!at || at->spec.type == KM_TYPE_TEXT || !values || !validity) return KIEM_E_ARGUMENT;
    *values = at->values ? at->values : no_values;
    *validity = at->valid ? (const uint8_t *)at->valid : no_validity;
    return KIEM_OK;
}

kiem_status kiem_table_texts(const kiem_table *table, int32_t column, const char **bytes,
                             const int64_t **offsets, const uint8_t **validity) {
    const km_result_column *at = column_of(table, column);
    if (!at || at->spec.type != KM_TYPE_TEXT || !bytes || !offsets || !validity) return KIEM_E_ARGUMENT;
    *bytes = at->bytes.data ? at->bytes.data : "";
    *offsets = at->values ? at->values : no_values;
    *validity = at->valid ? (const uint8_t *)at->valid : no_validity;
    return KIEM_OK;
}

kiem_status kiem_table_cell(const kiem_table *table, int64_t row, int32_t column, char *buffer, size_t size,
                            size_t *length) {
    char room[64];
    km_text text = {"", 0};
    km_buf plain;
    if (!column_of(table, column) || row < 0 || row >= (int64_t)table->rows->rows || (size && !buffer))
        return KIEM_E_ARGUMENT;
    km_value value = km_result_value(table->rows, column, (uint64_t)row);
    km_buf_init(&plain, km_env_mem(table->env));
    kiem_status status = KIEM_OK;
    if (value.known && value.type == KM_TYPE_TEXT) {
        text = value.text;
    } else if (value.known) {
        km_result_plain(&plain, &value);
        if (!km_buf_ok(&plain) || plain.length > sizeof room)
            status = KIEM_E_NOMEM;
        else
            memcpy(room, plain.data, plain.length);
        text = (km_text){room, plain.length};
    }
    km_buf_free(&plain);
    if (status != KIEM_OK) return status;
    if (length) *length = text.length;
    if (text.length + 1 > size) return KIEM_E_RANGE;
    memcpy(buffer, text.ptr, text.length);
    buffer[text.length] = '\0';
    return KIEM_OK;
}
