#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

enum {
    MILLION_DONG = 8, /* digits to drop from hundredths of a dong */
    ONE = 1000000,
    UNLIKELY_USE = 10 * ONE, /* rather an estimate in another unit */
    WIDTH = 20
};

/* A row of the table. */
typedef struct line {
    const kiem_table *table;
    int64_t row;
} line;

static int64_t number(const line *at, const char *column) {
    return cli_number(at->table, at->row, column);
}

static const char *text(const line *at, const char *column, char room[CLI_CELL]) {
    return cli_text(at->table, at->row, column, room);
}

/* A day as people write it: 31/12/2026 in Vietnamese; "" for none. */
static const char *day(const line *at, const char *column, char room[CLI_CELL]) {
    char iso[CLI_CELL];
    text(at, column, iso);
    const bool turned = cli_vietnamese() && strlen(iso) == 10;
    if (turned) snprintf(room, CLI_CELL, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
    if (!turned) snprintf(room, CLI_CELL, "%s", iso);
    return room;
}

static const char *millions(const line *at, const char *column) {
    return cli_grouped(number(at, column), MILLION_DONG);
}

/* What is used, with a mark where the season expects it by now. */
static void print_bar(int64_t used, int64_t expected) {
    int64_t full = used / (ONE / WIDTH), mark = expected < ONE ? expected / (ONE / WIDTH) : -1;
    putchar('[');
    for (int64_t i = 0; i < WIDTH; i++) fputs(i == mark ? "|" : i < full ? "#" : ".", stdout);
    fputs(full > WIDTH ? "+" : "]", stdout);
}

/* Whole tenths of a percent, as 99.96 % is not all; with the comma or point of the language. */
static void print_percent(int64_t ratio) {
    printf("%s%lld%c%lld", ratio < 0 ? "-" : "", (long long)((ratio < 0 ? -ratio : ratio) / 10000),
           cli_vietnamese() ? ',' : '.', (long long)((ratio < 0 ? -ratio : ratio) / 1000 % 10));
}

static void print_chance(const line *at) {
    int64_t percent = (number(at, "chance_over") + ONE / 200) / (ONE / 100);
    fputs(cli_say("; xác suất vượt ", "; chance of passing it "), stdout);
    if (percent < 1) {
        fputs(cli_say("dưới 1 %", "below 1 %"), stdout);
    } else if (percent > 99) {
        fputs(cli_say("trên 99 %", "above 99 %"), stdout);
    } else {
        printf("%lld %%", (long long)percent);
    }
}

static void print_run_out(const line *at) {
    char on[CLI_CELL], early[CLI_CELL], late[CLI_CELL];
    day(at, "exhausts_on", on);
    day(at, "exhausts_earliest", early);
    day(at, "exhausts_latest", late);
    if (strcmp(text(at, "status", (char[CLI_CELL]){0}), "used_up") == 0) {
        printf(cli_say("hết dự toán từ %s", "used up on %s"), on);
    } else if (!early[0] && !on[0]) {
        fputs(cli_say("không hết trong năm", "does not run out this year"), stdout);
    } else if (!on[0]) {
        printf(cli_say("có thể hết từ %s", "may run out from %s"), early);
    } else {
        printf(cli_say("hết ngày %s (%s đến %s)", "runs out %s (%s to %s)"), on, early,
               late[0] ? late : cli_say("năm sau", "next year"));
    }
    if (strcmp(text(at, "status", (char[CLI_CELL]){0}), "used_up") != 0) print_chance(at);
}

/* What makes the difference to the same months of the year before. */
static void print_drivers(const line *at) {
    static const struct {
        const char *column, *vietnamese, *english;
    } drivers[] = {{"driver_visits", "lượt", "visits"},
                   {"driver_out_of_province", "ngoại tỉnh", "out-of-province share"},
                   {"driver_inpatient_share", "nội trú", "inpatient share"},
                   {"driver_case_mix", "cơ cấu bệnh", "case mix"},
                   {"driver_price", "giá", "prices"},
                   {"driver_cost_per_visit", "chi phí một lượt", "cost of a visit"},
                   {"driver_corrections", "điều chỉnh", "corrections"}};
    int64_t change = number(at, "change");
    if (!number(at, "driver_months")) return;
    printf(cli_say("          so với %lld tháng cùng kỳ %s%s", "          against the same %lld months %s%s"),
           (long long)number(at, "driver_months"), change > 0 ? "+" : "", millions(at, "change"));
    if (number(at, "growth")) {
        fputs(number(at, "growth") > 0 ? " (+" : " (", stdout);
        print_percent(number(at, "growth") + (change < 0 ? -500 : 500));
        fputs(" %)", stdout);
    }
    for (size_t i = 0, shown = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        const char *amount = millions(at, drivers[i].column);
        if (strcmp(amount, "0") == 0 || strcmp(amount, "-0") == 0) continue;
        printf("%s%s %s%s", shown++ ? ", " : ": ", cli_say(drivers[i].vietnamese, drivers[i].english),
               amount[0] == '-' ? "" : "+", amount);
    }
    putchar('\n');
}

/* The year that is not over: how it will end. */
static void print_outlook(const line *at) {
    char evidence[CLI_CELL];
    text(at, "evidence", evidence);
    if (strcmp(evidence, "closed") == 0 || strcmp(evidence, "none") == 0) return;
    fputs("          ", stdout);
    if (strcmp(evidence, "too_early") == 0) {
        fputs(cli_say("chưa đủ bốn tuần để dự báo", "too early for a forecast: fewer than four weeks"),
              stdout);
    } else {
        printf(cli_say("cả năm %s (%s đến %s, 80 %%)", "year end %s (%s to %s, 80 %%)"),
               millions(at, "forecast"), millions(at, "forecast_low"), millions(at, "forecast_high"));
        if (strcmp(evidence, "low_evidence") == 0)
            fputs(cli_say(", ít dữ liệu", ", little evidence"), stdout);
        if (number(at, "budget")) {
            fputs("; ", stdout);
            print_run_out(at);
        }
    }
    putchar('\n');
    print_drivers(at);
}

static void print_province(const line *at) {
    char room[CLI_CELL];
    int64_t use = number(at, "utilisation");
    printf("  %-2s %lld ", text(at, "province", room), (long long)number(at, "year"));
    if (number(at, "budget")) print_bar(use, number(at, "expected_by_now"));
    printf(" %12s", millions(at, "spent"));
    if (number(at, "budget")) {
        printf(" / %12s  %s", millions(at, "budget"), use < 100000 ? "  " : use < ONE ? " " : "");
        print_percent(use);
        fputs(" %", stdout);
    } else {
        printf("   %s", text(at, "budget", room)[0] ? cli_say("(dự toán bằng 0)", "(an estimate of 0)")
                                                    : cli_say("(chưa có dự toán)", "(no estimate)"));
    }
    printf("  %s\n", text(at, "name", room));
    if (number(at, "budget") && use > UNLIKELY_USE)
        puts(cli_say(
            "          dự toán chưa bằng một phần mười số đề nghị: hãy kiểm tra dự toán có ghi bằng đồng "
            "không",
            "          the estimate is less than a tenth of what is requested: check that it is in dong"));
    print_outlook(at);
}

/* How late claims come was learned or assumed. */
static const char *lag_words(const char *source) {
    if (strcmp(source, "received") == 0) return cli_say("học từ ngày nhận", "learned from dates of receipt");
    if (strcmp(source, "states") == 0)
        return cli_say("học từ hai thời điểm chốt dữ liệu", "learned from the cut of the state and this one");
    return cli_say("độ trễ giả định", "assumed lag");
}

void cli_print_provinces(const kiem_table *provinces) {
    line at = {provinces, 0};
    int64_t rows = kiem_table_rows(provinces);
    char lag[CLI_CELL], season[CLI_CELL];
    if (!rows) return;
    printf("\n%s\n", cli_say("Sử dụng dự toán (số đề nghị, triệu đồng; không phải căn cứ từ chối thanh toán)",
                             "Use of the estimate (as requested, million VND; no ground to refuse a claim)"));
    for (; at.row < rows; at.row++) print_province(&at);
    at.row = rows - 1;
    text(&at, "lag_source", lag);
    text(&at, "season_source", season);
    printf(cli_say("  # đã dùng, | mức theo mùa vụ đến nay (%s); hồ sơ gửi chậm: %s\n",
                   "  # is used, | is what the season expects by now (%s); late claims: %s\n"),
           strcmp(season, "learned") == 0 ? cli_say("học từ các năm trước", "learned from earlier years")
                                          : cli_say("giả định", "assumed curve"),
           lag_words(lag));
}
