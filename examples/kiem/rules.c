#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"

static const char help_vi[] =
    "kiem rules [MÃ] [tuỳ chọn]\n"
    "\n"
    "  liệt kê các quy tắc đang dùng (mã, mức độ, có hiệu lực từ ngày nào, nội dung), hoặc giải thích\n"
    "  một quy tắc cùng các phiên bản, căn cứ và ví dụ của nó\n"
    "  --policy DIR, --rules F, --table NAME=F, --facilities F   như của kiem check\n"
    "  --format text|csv    csv in danh mục với mọi cột để mở bằng bảng tính; thông báo và căn cứ bằng\n"
    "                       hai thứ tiếng\n"
    "  --lang vi|en         ngôn ngữ; mặc định vi\n"
    "  --test               chạy ví dụ của mọi quy tắc, hoặc của MÃ; mã thoát 1 nếu có ví dụ không đạt\n";

static const char help_en[] =
    "kiem rules [ID] [options]\n"
    "\n"
    "  lists the rules in use (id, severity, in force since, what it is about), or explains one with\n"
    "  its versions, basis and examples\n"
    "  --policy DIR, --rules F, --table NAME=F, --facilities F   as for kiem check\n"
    "  --format text|csv    csv prints the catalogue with all columns, for a spreadsheet; messages and\n"
    "                       basis in both languages\n"
    "  --lang vi|en         language; default vi\n"
    "  --test               runs the examples of every rule, or of ID; exit status 1 if one fails\n";

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

static int is_wanted(const kiem_table *rules, int64_t row, const char *id) {
    return !id || strcmp(cell(rules, row, "id"), id) == 0;
}

static void print_csv(const kiem_table *rules, const char *only) {
    for (int32_t i = 0; i < kiem_table_columns(rules); i++)
        printf("%s%s", i ? "," : "", kiem_table_column_name(rules, i));
    putchar('\n');
    for (int64_t row = 0; row < kiem_table_rows(rules); row++) {
        if (!is_wanted(rules, row, only)) continue;
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

/* The first clause of a message, with "…" for what is filled in: what the rule is about. */
static void print_title(const char *message) {
    int depth = 0;
    for (const char *p = message; *p; p++) {
        if (*p == '{') {
            const char *end = strchr(p, '}');
            if (!end) break;
            fputs("…", stdout);
            p = end;
            continue;
        }
        depth += (*p == '(') - (*p == ')');
        if (depth == 0 && (*p == ';' || *p == '.') && (p[1] == ' ' || !p[1])) break;
        putchar(*p);
    }
    putchar('\n');
}

static void print_line(const kiem_table *rules, int64_t row) {
    printf("%-23s", cell(rules, row, "id"));
    printf(" %-10s", cell(rules, row, "severity"));
    printf(" %-10s ", cell(rules, row, "effective_from"));
    print_title(cell(rules, row, cli_say("message_vi", "message_en")));
}

static void print_part(const kiem_table *rules, int64_t row, const char *label, const char *column) {
    const char *text = cell(rules, row, column);
    if (strcmp(column, "severity") == 0) text = cli_severity(text);
    int width = 16; /* of letters, not bytes */
    for (const char *p = label; *p; p++) width += (*p & 0xC0) == 0x80;
    if (text[0]) printf("  %-*s %s\n", width, label, text);
}

static void explain(const kiem_table *rules, int64_t row) {
    const char *const parts[][3] = {{"mức độ", "severity", "severity"},
                                    {"phạm vi", "scope", "scope"},
                                    {"điều kiện", "condition", "condition"},
                                    {"trừ khi", "unless", "unless"},
                                    {"từ ngày", "from", "effective_from"},
                                    {"đến ngày", "to", "effective_to"},
                                    {"theo ngày", "date", "date_basis"},
                                    {"số tiền", "amount", "amount"},
                                    {"của người bệnh", "patient's money", "amount_patient"},
                                    {"cùng nguyên nhân", "cause", "cause"},
                                    {"căn cứ", "basis", cli_say("basis_vi", "basis")},
                                    {"trong đó", "where", cli_say("terms_vi", "terms_en")},
                                    {"đọc cột", "reads", "reads"},
                                    {"phép tính", "operations", "cost"},
                                    {"thông báo", "message (vi)", "message_vi"},
                                    {"thông báo (en)", "message", "message_en"}};
    printf("%s", cell(rules, row, "id"));
    printf("   (%s", cell(rules, row, "file"));
    printf(":%s)\n", cell(rules, row, "line"));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        print_part(rules, row, cli_say(parts[i][0], parts[i][1]), parts[i][2]);
    putchar('\n');
}

/* ---- examples */

/* Rules that have a column of this value ("1" for passed) in an example, of this rule. */
static int has_example(const kiem_table *examples, const char *id, int firing) {
    char rule[128];
    snprintf(rule, sizeof rule, "%s", id);
    for (int64_t row = 0; row < kiem_table_rows(examples); row++) {
        if (strcmp(cell(examples, row, "rule"), rule) != 0) continue;
        if ((strcmp(cell(examples, row, "expected"), "0") != 0) == firing) return 1;
    }
    return 0;
}

static void print_failure(const kiem_table *examples, int64_t row) {
    printf("%s", cell(examples, row, "file"));
    printf(":%s: ", cell(examples, row, "line"));
    printf("%s: ", cell(examples, row, "rule"));
    printf(cli_say("cần %s, ", "expected %s, "), cell(examples, row, "expected"));
    printf(cli_say("được %s\n", "got %s\n"), cell(examples, row, "got"));
}

/* Examples are claims with their lines; rules about whole facilities and provinces are tested on files. */
static int takes_examples(const kiem_table *rules, int64_t row) {
    const char *scope = cell(rules, row, "scope");
    return strcmp(scope, "facility") != 0 && strcmp(scope, "province") != 0;
}

static int test(const kiem_table *examples, const kiem_table *rules, const char *only) {
    int64_t failed = 0, lacking = 0;
    char id[128] = "";
    for (int64_t row = 0; row < kiem_table_rows(examples); row++) {
        if (strcmp(cell(examples, row, "passed"), "1") == 0) continue;
        print_failure(examples, row);
        failed++;
    }
    for (int64_t row = 0; row < kiem_table_rows(rules); row++) {
        if (strcmp(cell(rules, row, "id"), id) == 0) continue; /* another version of the rule before */
        if (!is_wanted(rules, row, only)) continue;
        snprintf(id, sizeof id, "%s", cell(rules, row, "id"));
        int firing = has_example(examples, id, 1), silent = has_example(examples, id, 0);
        if ((firing && silent) || !takes_examples(rules, row)) continue;
        printf(firing ? cli_say("%s chưa có ví dụ không cảnh báo\n",
                                "%s has no example on which it stays silent\n")
                      : cli_say("%s chưa có ví dụ có cảnh báo\n", "%s has no example on which it speaks\n"),
               id);
        lacking++;
    }
    printf(cli_say("%lld ví dụ, %lld không đạt; %lld quy tắc chưa đủ cả hai ví dụ\n",
                   "%lld examples, %lld failed; %lld rules without both examples\n"),
           (long long)kiem_table_rows(examples), (long long)failed, (long long)lacking);
    return failed ? EXIT_FINDINGS : EXIT_DONE;
}

static void print_examples(const kiem_table *examples, const char *id) {
    static const char *const parts[] = {"claim", "drugs", "services", "note"};
    for (int64_t row = 0; row < kiem_table_rows(examples); row++) {
        if (strcmp(cell(examples, row, "rule"), id) != 0) continue;
        const char *expected = cell(examples, row, "expected");
        if (strcmp(expected, "0") == 0) {
            printf("  %s\n", cli_say("ví dụ không cảnh báo", "example on which it is silent"));
        } else if (strcmp(expected, "not run") == 0) {
            printf("  %s\n", cli_say("ví dụ không chạy được", "example on which it cannot run"));
        } else {
            printf("  %s\n", cli_say("ví dụ có cảnh báo", "example on which it speaks"));
        }
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            const char *text = cell(examples, row, parts[i]);
            if (text[0]) printf("    %-9s %s\n", parts[i], text);
        }
    }
}

static int show(const kiem_table *rules, const kiem_table *examples, const char *id, int csv) {
    if (csv) {
        print_csv(rules, id);
        return EXIT_DONE;
    }
    for (int64_t row = 0; row < kiem_table_rows(rules); row++) {
        if (!id) {
            print_line(rules, row);
        } else if (is_wanted(rules, row, id)) {
            explain(rules, row);
        }
    }
    if (examples) print_examples(examples, id);
    return EXIT_DONE;
}

/* The row of a rule, or -1: ids are typed in small letters too. */
static int64_t find_rule(const kiem_table *rules, const char *id) {
    int64_t found = -1;
    for (int64_t row = 0; row < kiem_table_rows(rules); row++) {
        if (is_wanted(rules, row, id)) return row;
        if (found < 0 && strcasecmp(cell(rules, row, "id"), id) == 0) found = row;
    }
    return found;
}

/* The outcome of the examples; they need a policy of their own. KIEM_E_NOT_FOUND names the rule nearest to
 * one that there is not. */
static kiem_status run_examples(const cli_policy_options *options, const char *rule, kiem_table **out,
                                kiem_error *error) {
    kiem_policy *policy = NULL;
    kiem_status status = cli_policy_open(options, &policy, error);
    if (status == KIEM_OK) status = kiem_policy_test(policy, rule, out, error);
    kiem_policy_free(policy);
    return status;
}

typedef struct rules_options {
    cli_policy_options policy;
    const char *id;
    int csv, test, help;
} rules_options;

static int read_options(int argc, char **argv, rules_options *options) {
    for (int i = 0; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(name, "--help") == 0) {
            options->help = 1;
        } else if (strcmp(name, "--test") == 0) {
            options->test = 1;
        } else if (strncmp(name, "--", 2) != 0) {
            if (options->id)
                return cli_usage("mỗi lần một quy tắc, không phải cả '%s' và '%s'",
                                 "one rule at a time, not '%s' and '%s'", options->id, name);
            options->id = name;
        } else if (!value) {
            return cli_usage("tuỳ chọn %s cần một giá trị", "option %s needs a value", name);
        } else if (strcmp(name, "--format") == 0) {
            if (strcmp(value, "csv") != 0 && strcmp(value, "text") != 0)
                return cli_usage("--format nhận text hoặc csv, không nhận '%s'",
                                 "--format takes text or csv, not '%s'", value);
            options->csv = strcmp(value, "csv") == 0;
            i++;
        } else if (cli_policy_option(&options->policy, name, value)) {
            i++;
        } else {
            return cli_usage("không có tuỳ chọn '%s'; xem kiem rules --help",
                             "unknown option '%s'; see kiem rules --help", name);
        }
    }
    return EXIT_DONE;
}

int cli_rules(int argc, char **argv) {
    rules_options options = {0};
    int result = read_options(argc, argv, &options);
    if (result != EXIT_DONE) return result;
    if (options.help) {
        fputs(cli_say(help_vi, help_en), stdout);
        return EXIT_DONE;
    }
    kiem_error *error;
    kiem_policy *policy = NULL;
    kiem_table *rules = NULL, *examples = NULL;
    if (kiem_error_new(NULL, &error) != KIEM_OK) return EXIT_INTERNAL;
    kiem_status status = cli_policy_load(&options.policy, &policy, error);
    if (status == KIEM_OK) status = kiem_policy_rules(policy, &rules, error);
    const int64_t row = status == KIEM_OK && options.id ? find_rule(rules, options.id) : -1;
    char id[64];
    if (row >= 0) {
        snprintf(id, sizeof id, "%s", cell(rules, row, "id"));
        options.id = id;
    }
    if (status == KIEM_OK && (options.id || options.test))
        status = run_examples(&options.policy, options.id, &examples, error);
    if (status != KIEM_OK) {
        result = cli_fail(error, status);
    } else if (options.test) {
        result = test(examples, rules, options.id);
    } else {
        result = show(rules, examples, options.id, options.csv);
    }
    kiem_table_free(examples);
    kiem_table_free(rules);
    kiem_policy_free(policy);
    kiem_error_free(error);
    return result;
}
