#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

int cli_policy_option(cli_policy_options *options, const char *name, const char *value) {
    if (strcmp(name, "--policy") == 0) {
        options->directory = value;
    } else if (strcmp(name, "--facilities") == 0) {
        options->facilities = value;
    } else if (strcmp(name, "--rules") == 0 && options->rule_files < 64) {
        options->rules[options->rule_files++] = value;
    } else if (strcmp(name, "--table") == 0 && options->table_files < 64) {
        options->tables[options->table_files++] = value;
    } else {
        return 0;
    }
    return 1;
}

enum { TEXT_MAX = 256 << 20 };

/* A whole text file; NULL when it cannot be read. */
static char *read_text(const char *path, size_t *length) {
    FILE *stream = fopen(path, "rb");
    char *text = NULL;
    long size = -1;
    if (stream && fseek(stream, 0, SEEK_END) == 0) size = ftell(stream);
    if (size >= 0 && size < TEXT_MAX && fseek(stream, 0, SEEK_SET) == 0) text = malloc((size_t)size + 1);
    if (text && fread(text, 1, (size_t)size, stream) != (size_t)size) {
        free(text);
        text = NULL;
    }
    if (stream) fclose(stream);
    *length = text ? (size_t)size : 0;
    return text;
}

static kiem_status add_file(kiem_policy *policy, const char *table, const char *path, kiem_error *error) {
    size_t length;
    errno = 0;
    char *text = read_text(path, &length);
    if (!text && (errno == ENOENT || errno == EACCES)) {
        cli_usage("%s: không mở được tệp: không có tệp này, hoặc không có quyền đọc",
                  "%s: cannot open the file: there is no such file, or it may not be read", path);
        return CLI_TOLD;
    }
    if (!text) {
        cli_usage("%s: không đọc được tệp", "%s: the file cannot be read", path);
        return CLI_TOLD;
    }
    kiem_status status = table ? kiem_policy_set_table(policy, table, path, text, length, error)
                               : kiem_policy_add_rules(policy, path, text, length, error);
    free(text);
    return status;
}

static kiem_status add_tables(const cli_policy_options *options, kiem_policy *policy, kiem_error *error) {
    for (int i = 0; i < options->table_files; i++) {
        char name[64];
        const char *equals = strchr(options->tables[i], '=');
        size_t length = equals ? (size_t)(equals - options->tables[i]) : 0;
        if (!length || length >= sizeof name) {
            cli_usage("--table nhận TÊN=TỆP, không nhận '%s'", "--table takes NAME=FILE, not '%s'",
                      options->tables[i]);
            return CLI_TOLD;
        }
        memcpy(name, options->tables[i], length);
        name[length] = '\0';
        kiem_status status = add_file(policy, name, equals + 1, error);
        if (status != KIEM_OK) return status;
    }
    return options->facilities ? add_file(policy, "facilities", options->facilities, error) : KIEM_OK;
}

kiem_status cli_policy_open(const cli_policy_options *options, kiem_policy **out, kiem_error *error) {
    kiem_policy *policy = NULL;
    kiem_status status = kiem_policy_new(NULL, options->directory, &policy, error);
    for (int i = 0; i < options->rule_files && status == KIEM_OK; i++)
        status = add_file(policy, NULL, options->rules[i], error);
    if (status == KIEM_OK) status = add_tables(options, policy, error);
    if (status == KIEM_OK) {
        *out = policy;
    } else {
        kiem_policy_free(policy);
    }
    return status;
}

kiem_status cli_policy_load(const cli_policy_options *options, kiem_policy **out, kiem_error *error) {
    kiem_policy *policy = NULL;
    kiem_status status = cli_policy_open(options, &policy, error);
    if (status == KIEM_OK) status = kiem_policy_compile(policy, error);
    if (status == KIEM_OK) {
        *out = policy;
    } else {
        kiem_policy_free(policy);
    }
    return status;
}
