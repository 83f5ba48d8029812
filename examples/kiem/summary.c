/* What kiem check prints when a job is done. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

/* ---- severities */

static int letters(const char *text) {
    int count = 0;
    for (; *text; text++) count += (*text & 0xC0) != 0x80;
    return count;
}

enum { SEVERITIES = 4 };
static const struct {
    const char *name, *amount, *vi, *en;
} severities[SEVERITIES] = {{"error", "error_amount", "lỗi dữ liệu", "error"},
                            {"violation", "violation_amount", "chưa đúng quy định", "violation"},
                            {"suspicion", "suspicion_amount", "dấu hiệu bất thường", "suspicion"},
                            {"notice", "notice_amount", "thông báo", "notice"}};

/* A word and blanks up to the next column. */
static void print_word(const char *word, int width) {
    printf("%s%*s", word, width - letters(word), "");
}

const char *cli_severity(const char *name) {
    for (int i = 0; i < SEVERITIES; i++) {
        if (strcmp(name, severities[i].name) == 0) return cli_say(severities[i].vi, severities[i].en);
    }
    return name;
}

/* The severity of a row in words. */
static void print_severity(const kiem_table *table, int64_t row) {
    char room[CLI_CELL];
    print_word(cli_severity(cli_text(table, row, "severity", room)), cli_vietnamese() ? 20 : 11);
}

static void print_severities(const kiem_table *totals) {
    const char *findings = cli_say("Phát hiện", "Findings"), *count = cli_say("số lượng", "count"),
               *money = cli_say("cần xem xét (đ)", "to review (VND)");
    printf("\n%s%*s%s%*s%s\n", findings, 41 - letters(findings) - letters(count), "", count,
           22 - letters(money), "", money);
    for (int i = 0; i < SEVERITIES; i++) {
        printf("  ");
        print_word(cli_say(severities[i].vi, severities[i].en), 28);
        printf(" %10s %21s\n", cli_grouped(cli_total(totals, severities[i].name), 2),
               cli_grouped(cli_total(totals, severities[i].amount), 2));
    }
}

/* ---- rules */

enum { TOP_RULES = 10 };

/* What a rule found, all its dated versions together. */
typedef struct rule_line {
    int64_t row, last, findings, amount; /* rows of its versions */
} rule_line;

static rule_line rule_at(const kiem_table *rules, int64_t row) {
    char id[CLI_CELL], other[CLI_CELL];
    rule_line line = {.row = row, .last = row - 1};
    cli_text(rules, row, "rule", id);
    while (line.last + 1 < kiem_table_rows(rules) &&
           strcmp(cli_text(rules, line.last + 1, "rule", other), id) == 0) {
        line.last++;
        line.findings += cli_number(rules, line.last, "findings");
        line.amount += cli_number(rules, line.last, "amount_at_risk");
    }
    return line;
}

/* Why rules did not run, counted by what they lack. */
typedef struct lacking {
    int64_t lines, tables, columns;
} lacking;

static void note_lacking(const kiem_table *rules, const rule_line *line, lacking *sum) {
    char needs[CLI_CELL];
    cli_text(rules, line->row, "needs", needs);
    if (!needs[0]) return;
    int is_line = strncmp(needs, "drug.", 5) == 0 || strncmp(needs, "service.", 8) == 0 ||
                  strncmp(needs, "doctor.", 7) == 0 || strncmp(needs, "machine.", 8) == 0 ||
                  strncmp(needs, "patient.supply_", 15) == 0;
    int is_table = strncmp(needs, "table ", 6) == 0;
    sum->lines += is_line;
    sum->tables += is_table;
    sum->columns += !is_line && !is_table;
}

static void print_lacking(const lacking *sum) {
    if (!(sum->lines + sum->tables + sum->columns)) return;
    printf(cli_say(
               "  không chạy: %lld quy tắc cần dòng chi tiết (--drugs, --services), %lld cần bảng (--table), "
               "%lld thiếu cột; "
               "xem summary.json\n",
               "  not run: %lld rules need lines (--drugs, --services), %lld a table (--table), %lld a "
               "column; see "
               "summary.json\n"),
           (long long)sum->lines, (long long)sum->tables, (long long)sum->columns);
}

/* Whether a rule spoke one step softer in all its versions that found something, and what it lacked. */
static int is_softened(const kiem_table *rules, const rule_line *line, char *without) {
    without[0] = 0;
    for (int64_t row = line->row; row <= line->last; row++) {
        if (!cli_number(rules, row, "findings")) continue;
        if (!cli_text(rules, row, "softened_without", without)[0]) return 0;
    }
    return without[0] != 0;
}

static int ranks_above(const rule_line *a, const rule_line *b) {
    return a->amount > b->amount || (a->amount == b->amount && a->findings >= b->findings);
}

/* The rules with most money, then with most findings. */
static void print_rules(const kiem_table *rules) {
    rule_line shown[TOP_RULES], line;
    lacking missing = {0};
    int64_t count = 0;
    for (int64_t row = 0; row < kiem_table_rows(rules); row = line.last + 1) {
        line = rule_at(rules, row);
        note_lacking(rules, &line, &missing);
        if (!line.findings) continue;
        int64_t at = count < TOP_RULES ? count++ : TOP_RULES;
        for (; at > 0 && !ranks_above(&shown[at - 1], &line); at--) {
            if (at < TOP_RULES) shown[at] = shown[at - 1];
        }
        if (at < TOP_RULES) shown[at] = line;
    }
    printf("\n%s\n", cli_say("Quy tắc nhiều tiền nhất (kiem rules MÃ để xem giải thích)",
                             "Rules by money (kiem rules ID explains one)"));
    for (int64_t i = 0; i < count; i++) {
        char id[CLI_CELL], column[CLI_CELL];
        printf("  %-16s ", cli_text(rules, shown[i].row, "rule", id));
        print_severity(rules, shown[i].row);
        printf(" %10s %21s", cli_grouped(shown[i].findings, 0), cli_grouped(shown[i].amount, 2));
        if (is_softened(rules, &shown[i], column))
            printf(cli_say("  nhẹ hơn một bậc vì thiếu %s", "  one step softer for want of %s"), column);
        printf("\n");
    }
    print_lacking(&missing);
}

/* ---- claims */

enum { TOP_CLAIMS = 3 /* of each severity */ };

/* What names a claim: its MA_LK, or its row where it has none or a very long one. */
static const char *claim_name(const kiem_table *claims, int64_t row, char room[CLI_CELL]) {
    if (!cli_text(claims, row, "MA_LK", room)[0])
        snprintf(room, CLI_CELL, cli_say("dòng %lld", "row %lld"), (long long)cli_number(claims, row, "row"));
    return room;
}

/* No message: those may tell of a person, and what is printed is often kept in logs. */
static void print_shortlist(const kiem_table *claims, const char *out) {
    char facility[CLI_CELL], claim[CLI_CELL], rules[CLI_CELL];
    if (!kiem_table_rows(claims)) return;
    printf("\n%s%s\n", cli_say("Hồ sơ nên xem trước", "Claims to look at first"),
           out ? cli_say(" (lý do và căn cứ trong tệp shortlist)", " (reasons and law in the file shortlist)")
               : "");
    for (int64_t row = 0; row < kiem_table_rows(claims); row++) {
        if (cli_number(claims, row, "rank") > TOP_CLAIMS) continue;
        cli_text(claims, row, "rules", rules);
        printf("  ");
        print_severity(claims, row);
        printf(" %-6s %-24s %16s  %s\n", cli_text(claims, row, "facility", facility),
               claim_name(claims, row, claim), cli_grouped(cli_number(claims, row, "amount_at_risk"), 2),
               rules[0] ? rules : "...");
    }
}

kiem_status cli_print_summary(const kiem_job *job, const char *out, kiem_error *error) {
    static const char *const names[] = {"totals", "rules", "shortlist", "provinces"};
    enum { TOTALS, RULES, SHORTLIST, PROVINCES, TABLES };
    const kiem_table *tables[TABLES];
    for (int i = 0; i < TABLES; i++) {
        kiem_status status = kiem_job_table(job, names[i], &tables[i], error);
        if (status != KIEM_OK) return status;
    }
    printf("kiem %s\n", kiem_version_text());
    printf(cli_say("  %s dòng: %s đã kiểm tra, %s không đọc được\n", "  %s rows: %s judged, %s rejected\n"),
           cli_grouped(cli_total(tables[TOTALS], "rows"), 2),
           cli_grouped(cli_total(tables[TOTALS], "judged"), 2),
           cli_grouped(cli_total(tables[TOTALS], "rejected"), 2));
    print_severities(tables[TOTALS]);
    print_rules(tables[RULES]);
    print_shortlist(tables[SHORTLIST], out);
    cli_print_provinces(tables[PROVINCES]);
    if (out) printf(cli_say("\nKết quả: %s\n", "\nResults: %s\n"), out);
    return KIEM_OK;
}
