#include "engine/policy/policy_load.h"

#include <dirent.h>
#include <string.h>

#include "base/sort.h"
#include "engine/flow/file.h"
#include "engine/policy/builtin.h"
#include "ingest/sheet_read.h"

/* The bytes of a policy file: from the directory when it has one, else the built-in one. False when neither
 * has it. */
static kiem_status file_bytes(const km_mem *mem, const char *directory, const char *name, km_buf *room,
                              km_text *out, bool *found, km_error *error) {
    *found = false;
    if (directory) {
        km_buf path;
        km_buf_init(&path, mem);
        kiem_status status = km_path_join(&path, directory, name, error);
        if (status == KIEM_OK && km_file_exists(path.data)) {
            km_buf_clear(room);
            status = km_file_read(path.data, room, error);
            *found = status == KIEM_OK;
            *out = km_buf_view(room);
        }
        km_buf_free(&path);
        if (status != KIEM_OK || *found) return status;
    }
    for (const km_builtin_file *file = km_builtin_policy; file->name; file++) {
        if (strcmp(file->name, name) != 0) continue;
        *out = (km_text){(const char *)file->bytes, file->size};
        *found = true;
    }
    return KIEM_OK;
}

static kiem_status read_sheet(const km_mem *mem, const char *directory, const char *name, km_sheet *sheet,
                              bool *found, km_error *error) {
    km_buf room;
    km_text text = {"", 0};
    km_buf_init(&room, mem);
    kiem_status status = file_bytes(mem, directory, name, &room, &text, found, error);
    if (status == KIEM_OK && *found) status = km_sheet_read(mem, name, text.ptr, text.length, sheet, error);
    km_buf_free(&room);
    return status;
}

kiem_status km_policy_load_rules(km_policy *policy, const char *name, km_text text, km_error *error) {
    km_sheet sheet = {0};
    KM_TRY(km_sheet_read(policy->mem, name, text.ptr, text.length, &sheet, error));
    kiem_status status = km_policy_add_rules(policy, &sheet, error);
    km_sheet_free(&sheet);
    return status;
}

static kiem_status load_rules_file(void *context, const char *directory, const char *name, km_error *error) {
    km_policy *policy = context;
    km_sheet sheet = {0};
    bool found;
    KM_TRY(read_sheet(policy->mem, directory, name, &sheet, &found, error));
    kiem_status status = found ? km_policy_add_rules(policy, &sheet, error) : KIEM_OK;
    km_sheet_free(&sheet);
    return status;
}

/* Every table named in the schema has a file of its own, table.csv. */
static kiem_status load_tables(km_policy *policy, const char *directory, const km_sheet *schema,
                               km_error *error) {
    int table;
    KM_TRY(km_sheet_need(schema, "table", &table, error));
    for (uint32_t row = 0; row < schema->rows; row++) {
        km_text name = km_sheet_cell(schema, row, table);
        if (row > 0 && km_text_equal(name, km_sheet_cell(schema, row - 1, table))) continue;
        char file[128];
        km_sheet sheet = {0};
        bool found;
        if (name.length > sizeof file - 5) {
            return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(schema, row, table),
                              "the name is too long");
        }
        snprintf(file, sizeof file, "%.*s.csv", KM_TEXT_ARG(name));
        KM_TRY(read_sheet(policy->mem, directory, file, &sheet, &found, error));
        if (!found) {
            return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(schema, row, table),
                              "there is no file %s for this table", file);
        }
        kiem_status status = km_policy_add_table(policy, name, schema, &sheet, error);
        km_sheet_free(&sheet);
        KM_TRY(status);
    }
    return KIEM_OK;
}

kiem_status km_policy_load_table(km_policy *policy, const char *directory, km_text table, const char *name,
                                 km_text text, km_error *error) {
    km_sheet schema = {0}, sheet = {0};
    bool found;
    if (!km_policy_table(policy, table)) {
        km_nearest nearest;
        km_nearest_init(&nearest, table);
        for (size_t i = 0; i < policy->lookup_count; i++)
            km_nearest_offer(&nearest, policy->lookups[i]->name);
        return km_fail(error, KIEM_E_NOT_FOUND, "no reference table is called '%.*s'%s", KM_TEXT_ARG(table),
                       km_nearest_hint(&nearest).text);
    }
    KM_TRY(read_sheet(policy->mem, directory, "tables.csv", &schema, &found, error));
    kiem_status status = km_sheet_read(policy->mem, name, text.ptr, text.length, &sheet, error);
    if (status == KIEM_OK) status = km_policy_add_table(policy, table, &schema, &sheet, error);
    km_sheet_free(&sheet);
    km_sheet_free(&schema);
    return status;
}

static kiem_status load_terms(km_policy *policy, const char *directory, const char *name, bool columns,
                              km_error *error) {
    km_sheet sheet = {0};
    bool found;
    KM_TRY(read_sheet(policy->mem, directory, name, &sheet, &found, error));
    kiem_status status = found ? km_policy_add_terms(policy, &sheet, columns, error) : KIEM_OK;
    km_sheet_free(&sheet);
    return status;
}

static bool is_builtin(const char *name) {
    for (const km_builtin_file *file = km_builtin_policy; file->name; file++) {
        if (strcmp(file->name, name) == 0) return true;
    }
    return false;
}

static int by_name(const void *a, const void *b, const void *context) {
    (void)context;
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum { RULE_FILES_MAX = 256, RULE_NAME_MAX = 256 };

/* Names of rule files the directory has besides those of the default policy, sorted. */
static kiem_status list_rules(const km_mem *mem, const char *directory, char *names[RULE_FILES_MAX],
                              size_t *count, km_error *error) {
    km_buf path;
    km_buf_init(&path, mem);
    kiem_status status = km_path_join(&path, directory, "rules", error);
    DIR *folder = status == KIEM_OK ? opendir(path.data) : NULL;
    km_buf_free(&path);
    *count = 0;
    for (struct dirent *entry; folder && status == KIEM_OK && (entry = readdir(folder));) {
        char name[RULE_NAME_MAX + 8];
        size_t length = strlen(entry->d_name);
        snprintf(name, sizeof name, "rules/%s", entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".csv") != 0 || is_builtin(name)) continue;
        if (*count == RULE_FILES_MAX) {
            status =
                km_fail(error, KIEM_E_POLICY, "more than %d rule files in one directory", RULE_FILES_MAX);
        } else {
            names[*count] = km_copy_text(mem, name, strlen(name));
            if (!names[*count]) status = km_nomem(error);
            *count += status == KIEM_OK;
        }
    }
    if (folder) closedir(folder);
    km_sort(names, *count, sizeof *names, by_name, NULL);
    return status;
}

/* Files rules/examples*.csv hold examples, the others rules. */
static bool is_examples(const char *name) {
    return strncmp(name, "rules/examples", 14) == 0;
}

/* Calls `load` for each file of rules, or of examples: those of the default policy, then those only the
 * directory has. */
static kiem_status each_rules_file(const km_mem *mem, const char *directory, bool examples,
                                   kiem_status (*load)(void *context, const char *directory, const char *name,
                                                       km_error *error),
                                   void *context, km_error *error) {
    kiem_status status = KIEM_OK;
    for (const km_builtin_file *file = km_builtin_policy; status == KIEM_OK && file->name; file++) {
        if (strncmp(file->name, "rules/", 6) == 0 && is_examples(file->name) == examples)
            status = load(context, directory, file->name, error);
    }
    if (!directory) return status;
    char *names[RULE_FILES_MAX];
    size_t count = 0;
    if (status == KIEM_OK) status = list_rules(mem, directory, names, &count, error);
    for (size_t i = 0; i < count; i++) {
        if (status == KIEM_OK && is_examples(names[i]) == examples)
            status = load(context, directory, names[i], error);
        km_free(mem, names[i], strlen(names[i]) + 1);
    }
    return status;
}

static kiem_status load_all(km_policy *policy, const char *directory, km_error *error) {
    km_sheet schema = {0};
    bool found;
    kiem_status status = read_sheet(policy->mem, directory, "tables.csv", &schema, &found, error);
    if (status == KIEM_OK) status = load_tables(policy, directory, &schema, error);
    km_sheet_free(&schema);
    if (status == KIEM_OK) status = load_terms(policy, directory, "terms.csv", false, error);
    if (status == KIEM_OK) status = load_terms(policy, directory, "columns.csv", true, error);
    if (status == KIEM_OK)
        status = each_rules_file(policy->mem, directory, false, load_rules_file, policy, error);
    return status;
}

kiem_status km_policy_load(km_policy *policy, const km_mem *mem, const char *directory, km_error *error) {
    if (directory) {
        DIR *folder = opendir(directory);
        if (!folder)
            return km_fail_at(error, KIEM_E_IO, km_at(directory, 0, 0),
                              "the policy directory cannot be opened");
        closedir(folder);
    }
    km_policy_init(policy, mem);
    kiem_status status = load_all(policy, directory, error);
    if (status != KIEM_OK) km_policy_free(policy);
    return status;
}

/* ---- examples */

static kiem_status load_examples_file(void *context, const char *directory, const char *name,
                                      km_error *error) {
    km_examples *examples = context;
    km_sheet sheet = {0};
    bool found;
    KM_TRY(read_sheet(examples->mem, directory, name, &sheet, &found, error));
    kiem_status status = found ? km_examples_add(examples, &sheet, error) : KIEM_OK;
    km_sheet_free(&sheet);
    return status;
}

/* Examples stand in for what a user would give: tables that are empty by default. */
static kiem_status fill_tables(km_policy *policy, const char *directory, const km_examples *examples,
                               km_error *error) {
    kiem_status status = KIEM_OK;
    km_buf text;
    km_buf_init(&text, policy->mem);
    for (size_t i = 0; i < policy->lookup_count && status == KIEM_OK; i++) {
        km_text table = policy->lookups[i]->name;
        if (policy->lookups[i]->rows) continue;
        km_buf_clear(&text);
        status = km_examples_table(examples, table, &text, error);
        if (status == KIEM_OK && text.length)
            status =
                km_policy_load_table(policy, directory, table, "rows of examples", km_buf_view(&text), error);
    }
    km_buf_free(&text);
    return status;
}

kiem_status km_policy_test(km_policy *policy, const char *directory, km_text only, km_result *out,
                           km_error *error) {
    km_examples examples;
    km_examples_init(&examples, policy->mem);
    kiem_status status = each_rules_file(policy->mem, directory, true, load_examples_file, &examples, error);
    if (status == KIEM_OK) status = fill_tables(policy, directory, &examples, error);
    if (status == KIEM_OK) status = km_policy_compile(policy, error);
    if (status == KIEM_OK) status = km_examples_run(&examples, policy, only, out, error);
    km_examples_free(&examples);
    return status;
}

kiem_status km_builtin_courses(km_courses *courses, const km_mem *mem, km_error *error) {
    km_sheet schema = {0}, sheet = {0};
    km_lookup table;
    bool found;
    KM_TRY(read_sheet(mem, NULL, "tables.csv", &schema, &found, error));
    kiem_status status = read_sheet(mem, NULL, "long_courses.csv", &sheet, &found, error);
    if (status == KIEM_OK)
        status = km_lookup_build(&table, mem, KM_TEXT("long_courses"), &schema, &sheet, error);
    if (status == KIEM_OK) {
        status = km_courses_read(courses, &table, error);
        km_lookup_free(&table);
    }
    km_sheet_free(&schema);
    km_sheet_free(&sheet);
    return status;
}
