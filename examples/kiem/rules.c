#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char help[] = "kiem rules [ID] [options]\n"
                           "\n"
                           "  lists the rules in force, or explains one with its history\n"
                           "  --policy DIR, --rules F, --table NAME=F, --facilities F   as for kiem check\n"
                           "  --format text|csv    csv prints the catalogue with all columns\n"
                           "  --lang vi|en         language of messages; default vi\n";

/* A cell of any length in memory that is kept until the next call. */
static const char *cell(const kiem_table *table, int64_t row, const char *column) {
    static char *room;
    static size_t size;
    size_t length = 0;
    int32_t at = kiem_table_find(table, column);
    kiem_status status = kiem_table_cell(table, row, at, room, size, &length);
    if (status == KIEM_E_RANGE) {
        free(room);
        size = length + 1;
        room = malloc(size);
        if (!room) size = 0;
        status = kiem_table_cell(table, row, at, room, size, &length);
    }
    return status == KIEM_OK ? room : "";
}

static void print_csv(const kiem_table *rules) {
    for (int32_t i = 0; i < kiem_table_columns(rules); i++)
        printf("%s%s", i ? "," : "", kiem_table_column_name(rules, i));
    putchar('\n');
    for (int64_t row = 0; row < kiem_table_rows(rules); row++) {
        for (int32_t i = 0; i < kiem_table_columns(rules); i++) {
            const char *text = cell(rules, row, kiem_table_column_name(rules, i));
            int quote = strpbrk(text, ",\"\n") != NULL;
            if (i) putchar(',');
            if (quote) putchar('"');
            for (; *text; text++) {
                if (*text == '"') putchar('"');
                putchar(*text);
            }
            if (quote) putchar('"');
        }
        putchar('\n');
    }
}

static void print_line(const kiem_table *rules, int64_t row) {
    printf("%-16s", cell(rules, row, "id"));
    printf(" %-10s", cell(rules, row, "severity"));
    printf(" %s\n", cell(rules, row, "basis"));
}

static void print_part(const kiem_table *rules, int64_t row, const char *label, const char *column) {
    const char *text = cell(rules, row, column);
    if (text[0]) printf("  %-16s %s\n", label, text);
}

static void explain(const kiem_table *rules, int64_t row, int vietnamese) {
    static const char *const parts[][3] = {{"mức độ", "severity", "severity"},
                                           {"phạm vi", "scope", "scope"},
                                           {"điều kiện", "condition", "condition"},
                                           {"trừ khi", "unless", "unless"},
                                           {"từ ngày", "from", "effective_from"},
                                           {"đến ngày", "to", "effective_to"},
                                           {"theo ngày", "date", "date_basis"},
                                           {"số tiền", "amount", "amount"},
                                           {"của người bệnh", "patient's money", "amount_patient"},
                                           {"căn cứ", "basis", "basis"},
                                           {"thông báo", "message", "message_vi"},
                                           {"message", "message", "message_en"}};
    printf("%s", cell(rules, row, "id"));
    printf("   (%s", cell(rules, row, "file"));
    printf(":%s)\n", cell(rules, row, "line"));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        print_part(rules, row, parts[i][!vietnamese], parts[i][2]);
    putchar('\n');
}

static int show(const kiem_table *rules, const char *id, int csv, int vietnamese) {
    int64_t found = 0;
    if (csv) {
        print_csv(rules);
        return EXIT_DONE;
    }
    for (int64_t row = 0; row < kiem_table_rows(rules); row++) {
        if (!id) {
            print_line(rules, row);
        } else if (strcmp(cell(rules, row, "id"), id) == 0) {
            explain(rules, row, vietnamese);
            found++;
        }
    }
    return !id || found ? EXIT_DONE : cli_usage("there is no rule '%s'; kiem rules lists them", id);
}

int cli_rules(int argc, char **argv) {
    cli_policy_options options = {0};
    const char *id = NULL;
    int csv = 0, vietnamese = 1;
    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return EXIT_DONE;
        }
        if (strncmp(argv[i], "--", 2) != 0) {
            id = argv[i];
            continue;
        }
        if (!value) return cli_usage("option %s needs a value", argv[i]);
        if (strcmp(argv[i], "--format") == 0 && (strcmp(value, "csv") == 0 || strcmp(value, "text") == 0)) {
            csv = strcmp(value, "csv") == 0;
        } else if (strcmp(argv[i], "--lang") == 0 && (strcmp(value, "vi") == 0 || strcmp(value, "en") == 0)) {
            vietnamese = strcmp(value, "vi") == 0;
        } else if (!cli_policy_option(&options, argv[i], value)) {
            return cli_usage("unknown option '%s %s'; see kiem rules --help", argv[i], value);
        }
        i++;
    }
    kiem_error *error;
    kiem_policy *policy = NULL;
    kiem_table *rules = NULL;
    if (kiem_error_new(NULL, &error) != KIEM_OK) return EXIT_INTERNAL;
    kiem_status status = cli_policy_load(&options, &policy, error);
    if (status == KIEM_OK) status = kiem_policy_rules(policy, &rules, error);
    int result = status == KIEM_OK ? show(rules, id, csv, vietnamese) : cli_fail(error, status);
    kiem_table_free(rules);
    kiem_policy_free(policy);
    kiem_error_free(error);
    return result;
}
