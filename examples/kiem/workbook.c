/* The results as a workbook for spreadsheets (kiem check --workbook): headings in the reader's language,
 * numbers and days as such. libxlsxwriter is used here only. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "cli.h"
#include "workbook_whole.h"

/* ---- what the sheets hold */

typedef enum style { PLAIN, WRAPPED, MONEY, PERCENT, RATIO, DAY, HEADING, STYLES } style;

typedef struct column {
    const char *name, *vi, *en; /* of the result table; heading */
    int width;                  /* in digits */
    style style;
} column;

static const column shortlist_columns[] = {
    {"severity", "Mức", "Severity", 19, PLAIN},
    {"rank", "Thứ tự", "Rank", 8, PLAIN},
    {"MA_LK", "Mã hồ sơ (MA_LK)", "Claim (MA_LK)", 18, PLAIN},
    {"facility", "Cơ sở", "Facility", 9, PLAIN},
    {"T_BHTT", "Quỹ BHYT: số đề nghị", "Fund money asked for", 16, MONEY},
    {"amount_at_risk", "Cần xem xét", "To review", 16, MONEY},
    {"rules", "Quy tắc", "Rules", 18, WRAPPED},
    {"message", "Lý do", "Reason", 80, WRAPPED},
    {"basis", "Căn cứ", "Basis", 45, WRAPPED},
    {"findings", "Số phát hiện", "Findings", 9, PLAIN},
    {"file", "Tệp", "File", 18, PLAIN},
    {"row", "Dòng", "Row", 9, PLAIN},
};

static const column finding_columns[] = {
    {"severity", "Mức", "Severity", 19, PLAIN},
    {"rule", "Quy tắc", "Rule", 14, PLAIN},
    {"scope", "Về", "About", 12, PLAIN},
    {"subject", "Mã", "Key", 18, PLAIN},
    {"facility", "Cơ sở", "Facility", 9, PLAIN},
    {"amount_at_risk", "Cần xem xét", "To review", 16, MONEY},
    {"amount", "Riêng quy tắc này", "By this rule alone", 16, MONEY},
    {"amount_patient", "Tiền của người bệnh", "Money of the patient", 16, MONEY},
    {"message", "Lý do", "Reason", 80, WRAPPED},
    {"basis", "Căn cứ", "Basis", 45, WRAPPED},
    {"evidence", "Số liệu", "Evidence", 60, WRAPPED},
    {"file", "Tệp", "File", 18, PLAIN},
    {"row", "Dòng", "Row", 9, PLAIN},
};

static const column rule_columns[] = {
    {"rule", "Quy tắc", "Rule", 20, PLAIN},
    {"severity", "Mức", "Severity", 19, PLAIN},
    {"findings", "Số phát hiện", "Findings", 12, PLAIN},
    {"amount_at_risk", "Cần xem xét", "To review", 18, MONEY},
    {"amount_patient", "Tiền của người bệnh", "Money of the patient", 18, MONEY},
    {"cleared", "Được loại trừ", "Cleared", 12, PLAIN},
    {"needs", "Không chạy vì thiếu", "Not run for want of", 28, PLAIN},
    {"softened_without", "Nhẹ hơn một bậc vì thiếu", "A step softer for want of", 28, PLAIN},
};

static const column province_columns[] = {
    {"province", "Mã tỉnh", "Code", 8, PLAIN},
    {"name", "Tỉnh", "Province", 22, PLAIN},
    {"year", "Năm", "Year", 7, PLAIN},
    {"budget", "Dự toán", "Estimate", 20, MONEY},
    {"spent", "Số đề nghị", "Asked for", 20, MONEY},
    {"utilisation", "Đã dùng", "Used", 9, PERCENT},
    {"expected_by_now", "Theo mùa vụ đến nay", "Expected by now", 12, PERCENT},
    {"forecast", "Dự báo cả năm", "Forecast of the year", 20, MONEY},
    {"forecast_low", "Thấp (80 %)", "Low (80 %)", 20, MONEY},
    {"forecast_high", "Cao (80 %)", "High (80 %)", 20, MONEY},
    {"exhausts_on", "Hết dự toán ngày", "Runs out on", 12, DAY},
    {"chance_over", "Xác suất vượt", "Chance of passing it", 10, PERCENT},
    {"claims", "Số hồ sơ", "Claims", 12, PLAIN},
    {"cost_per_visit", "Chi phí một lượt", "Cost of a visit", 16, MONEY},
    {"growth", "Tăng so với cùng kỳ", "Growth", 12, PERCENT},
};

static const column facility_columns[] = {
    {"facility", "Cơ sở", "Facility", 10, PLAIN},
    {"claims", "Số hồ sơ", "Claims", 12, PLAIN},
    {"spent", "Số đề nghị", "Asked for", 20, MONEY},
    {"amount_at_risk", "Cần xem xét", "To review", 18, MONEY},
    {"year", "Năm", "Year", 7, PLAIN},
    {"spent_year", "Số đề nghị của năm", "Asked for in the year", 20, MONEY},
    {"cost_per_visit", "Chi phí một lượt", "Cost of a visit", 16, MONEY},
    {"growth", "Tăng so với cùng kỳ", "Growth", 12, PERCENT},
    {"observed_expected", "Chi phí so với cùng cơ cấu bệnh", "Cost after case mix", 12, RATIO},
    {"q_value", "q", "q", 9, RATIO},
    {"flagged", "Khác thường", "Flagged", 9, PLAIN},
    {"excess", "Phần vượt đáng tin", "Reliable excess", 18, MONEY},
    {"grade", "Mức cảnh báo", "Warning grade", 14, PLAIN},
};

static const column reject_columns[] = {
    {"file", "Tệp", "File", 24, PLAIN},
    {"row", "Dòng", "Row", 10, PLAIN},
    {"column", "Cột", "Column", 20, PLAIN},
    {"reason", "Lý do", "Reason", 80, WRAPPED},
    {"value", "Giá trị (đã che)", "Value (masked)", 24, PLAIN},
};

#define COLUMNS(list) list, (uint16_t)(sizeof list / sizeof list[0])
enum { SHEETS = 6 };
static const struct {
    const char *table, *vi, *en;
    const column *columns;
    uint16_t count;
} sheets[SHEETS] = {
    {"shortlist", "Nên xem trước", "Look at first", COLUMNS(shortlist_columns)},
    {"findings", "Phát hiện", "Findings", COLUMNS(finding_columns)},
    {"rules", "Quy tắc", "Rules", COLUMNS(rule_columns)},
    {"provinces", "Tỉnh", "Provinces", COLUMNS(province_columns)},
    {"facilities", "Cơ sở", "Facilities", COLUMNS(facility_columns)},
    {"rejects", "Không đọc được", "Rejected", COLUMNS(reject_columns)},
};

/* ---- cells */

typedef struct book {
    lxw_workbook *workbook;
    lxw_format *formats[STYLES];
} book;

enum {
    TEXT_MAX = 32000, /* a cell takes 32,767 characters */
    ROWS_MAX = LXW_ROW_MAX - 1,
    EPOCH = 25569 /* 1970-01-01 in days of a spreadsheet */
};

static void put_text(lxw_worksheet *sheet, uint32_t row, uint16_t at, const char *text, size_t length,
                     lxw_format *format) {
    static char room[TEXT_MAX + 1];
    if (length > TEXT_MAX) {
        for (length = TEXT_MAX; ((unsigned char)text[length] & 0xC0) == 0x80;) length--;
    }
    memcpy(room, text, length);
    room[length] = '\0';
    worksheet_write_string(sheet, row, at, room, format);
}

static void put_words(lxw_worksheet *sheet, uint32_t row, uint16_t at, const char *text, lxw_format *format) {
    put_text(sheet, row, at, text, strlen(text), format);
}

static const char *scope_words(const char *scope) {
    static const char *const words[][2] = {
        {"claim", "hồ sơ"},   {"drug", "dòng thuốc"},    {"service", "dòng dịch vụ"}, {"facility", "cơ sở"},
        {"province", "tỉnh"}, {"patient", "người bệnh"}, {"doctor", "bác sĩ"},        {"machine", "máy"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(scope, words[i][0]) == 0) return cli_say(words[i][1], words[i][0]);
    }
    return scope;
}

/* A cell of the table in the units of a spreadsheet; a NULL stays empty. */
static void put_cell(const book *b, lxw_worksheet *sheet, uint32_t to, uint16_t at, const kiem_table *table,
                     int64_t row, const column *of) {
    const int64_t *values, *offsets;
    const uint8_t *validity;
    const char *bytes;
    char room[CLI_CELL];
    int32_t from = kiem_table_find(table, of->name);
    lxw_format *format = b->formats[of->style];
    if (kiem_table_texts(table, from, &bytes, &offsets, &validity) == KIEM_OK) {
        if (!(validity[row / 8] >> (row % 8) & 1)) return;
        if (strcmp(of->name, "severity") == 0) {
            put_words(sheet, to, at, cli_severity(cli_text(table, row, of->name, room)), format);
        } else if (strcmp(of->name, "scope") == 0) {
            put_words(sheet, to, at, scope_words(cli_text(table, row, of->name, room)), format);
        } else {
            put_text(sheet, to, at, bytes + offsets[row], (size_t)(offsets[row + 1] - offsets[row]), format);
        }
    } else if (kiem_table_values(table, from, &values, &validity) == KIEM_OK) {
        if (!(validity[row / 8] >> (row % 8) & 1)) return;
        const char *kind = kiem_table_column_format(table, from);
        double scale = strcmp(kind, "d:18,2") == 0 ? 100 : strcmp(kind, "d:18,6") == 0 ? 1000000 : 1;
        double shift = strcmp(kind, "tdD") == 0 ? EPOCH : 0;
        worksheet_write_number(sheet, to, at, (double)values[row] / scale + shift, format);
    }
}

static void put_table(const book *b, lxw_worksheet *sheet, const kiem_table *table, const column *columns,
                      uint16_t count) {
    int64_t rows = kiem_table_rows(table) < ROWS_MAX ? kiem_table_rows(table) : ROWS_MAX;
    worksheet_freeze_panes(sheet, 1, 0);
    for (uint16_t i = 0; i < count; i++) {
        worksheet_set_column(sheet, i, i, columns[i].width, NULL);
        put_words(sheet, 0, i, cli_say(columns[i].vi, columns[i].en), b->formats[HEADING]);
    }
    for (int64_t row = 0; row < rows; row++) {
        for (uint16_t i = 0; i < count; i++)
            put_cell(b, sheet, (uint32_t)row + 1, i, table, row, &columns[i]);
    }
    worksheet_autofilter(sheet, 0, 0, (uint32_t)rows, (uint16_t)(count - 1U));
}

/* ---- the first sheet */

static void put_overview(const book *b, lxw_worksheet *sheet, const kiem_table *const tables[SHEETS],
                         const kiem_table *totals) {
    static const char *const names[][3] = {{"rows", "Số dòng", "Rows"},
                                           {"judged", "Đã kiểm tra", "Judged"},
                                           {"rejected", "Không đọc được", "Rejected"}};
    static const char *const severities[][2] = {{"error", "error_amount"},
                                                {"violation", "violation_amount"},
                                                {"suspicion", "suspicion_amount"},
                                                {"notice", "notice_amount"}};
    uint32_t row = 0;
    worksheet_set_column(sheet, 0, 0, 24, NULL);
    worksheet_set_column(sheet, 1, 2, 20, NULL);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++, row++) {
        put_words(sheet, row, 0, cli_say(names[i][1], names[i][2]), NULL);
        worksheet_write_number(sheet, row, 1, (double)cli_total(totals, names[i][0]) / 100,
                               b->formats[MONEY]);
    }
    row++;
    put_words(sheet, row, 0, cli_say("Phát hiện", "Findings"), b->formats[HEADING]);
    put_words(sheet, row, 1, cli_say("Số lượng", "Count"), b->formats[HEADING]);
    put_words(sheet, row++, 2, cli_say("Cần xem xét (đ)", "To review (VND)"), b->formats[HEADING]);
    for (size_t i = 0; i < sizeof severities / sizeof severities[0]; i++, row++) {
        put_words(sheet, row, 0, cli_severity(severities[i][0]), NULL);
        for (uint16_t k = 0; k < 2; k++)
            worksheet_write_number(sheet, row, (uint16_t)(k + 1),
                                   (double)cli_total(totals, severities[i][k]) / 100, b->formats[MONEY]);
    }
    row++;
    put_words(sheet, row++, 0,
              cli_say("Phát hiện là lý do để xem lại hồ sơ, không phải kết luận vi phạm.",
                      "A finding is a reason to look at a claim, never a verdict."),
              NULL);
    put_words(sheet, row++, 0,
              cli_say("Sử dụng dự toán trên 100 % không phải căn cứ từ chối thanh toán.",
                      "Use of the estimate above 100 % is no ground to refuse a claim."),
              NULL);
    for (int i = 0; i < SHEETS; i++) {
        char line[256];
        if (kiem_table_rows(tables[i]) <= ROWS_MAX) continue;
        snprintf(
            line, sizeof line,
            cli_say("Trang \"%s\" chỉ có %d dòng đầu trong %lld; tất cả nằm trong tệp kết quả (--out).",
                    "Sheet \"%s\" has the first %d rows of %lld; the result files have them all (--out)."),
            cli_say(sheets[i].vi, sheets[i].en), (int)ROWS_MAX, (long long)kiem_table_rows(tables[i]));
        put_words(sheet, row++, 0, line, NULL);
    }
    put_words(sheet, row, 0, "kiem", NULL);
    put_words(sheet, row, 1, kiem_version_text(), NULL);
}

/* ---- the file */

static void make_formats(book *b) {
    for (int i = 0; i < STYLES; i++) {
        b->formats[i] = workbook_add_format(b->workbook);
        format_set_align(b->formats[i], LXW_ALIGN_VERTICAL_TOP);
    }
    format_set_text_wrap(b->formats[WRAPPED]);
    format_set_num_format(b->formats[MONEY], "#,##0");
    format_set_num_format(b->formats[PERCENT], "0.0%");
    format_set_num_format(b->formats[RATIO], "0.000");
    format_set_num_format(b->formats[DAY], "dd/mm/yyyy");
    format_set_bold(b->formats[HEADING]);
    format_set_text_wrap(b->formats[HEADING]);
    format_set_bg_color(b->formats[HEADING], 0xDDE6F0);
}

/* The same results are the same bytes: the workbook bears the day of the report, not that of its making. */
static void set_day(const book *b, const kiem_table *provinces) {
    const int64_t day = kiem_table_rows(provinces) ? cli_number(provinces, 0, "as_of") : 3653;
    lxw_doc_properties properties = {.created = (time_t)(day * 86400)};
    workbook_set_properties(b->workbook, &properties);
}

static void part_name(const char *path, char *room, size_t size) {
    snprintf(room, size, "%s.part", path);
}

enum { PATH_ROOM = 4096 };

int cli_workbook_begin(const char *path) {
    char part[PATH_ROOM + 8];
    size_t length = strlen(path);
    if (length < 6 || length >= PATH_ROOM || strcmp(path + length - 5, ".xlsx") != 0)
        return cli_usage("--workbook nhận tên tệp kết thúc bằng .xlsx, không nhận '%s'",
                         "--workbook takes a name that ends in .xlsx, not '%s'", path);
    part_name(path, part, sizeof part);
    /* now, not when all is done */
    const int file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0) return cli_complain(errno == ELOOP ? part : path, "không ghi được", "cannot be written");
    close(file);
    return EXIT_DONE;
}

void cli_workbook_drop(const char *path) {
    char part[PATH_ROOM + 8];
    part_name(path, part, sizeof part);
    unlink(part);
}

/* Takes the workbook away. */
static int close_book(lxw_workbook *workbook, lxw_worksheet *const made[1 + SHEETS], const char *path,
                      const char *part) {
    int64_t bytes[1 + SHEETS];
    int whole = 1;
    for (int i = 0; i <= SHEETS; i++) {
        bytes[i] = cli_sheet_bytes(made[i]);
        whole &= bytes[i] >= 0;
    }
    errno = 0;
    if (workbook_close(workbook) != LXW_NO_ERROR)
        return cli_complain(path, "không ghi được", "cannot be written");
    if (whole && cli_workbook_is_whole(part, bytes, 1 + SHEETS)) return EXIT_DONE;
    cli_usage("%s: không ghi được: /tmp không còn chỗ cho các tệp tạm",
              "%s: cannot be written: there was no room for its temporary files in /tmp", path);
    return EXIT_INPUT;
}

static int write_book(const char *path, const kiem_table *const tables[SHEETS], const kiem_table *totals) {
    char part[PATH_ROOM + 8];
    lxw_worksheet *made[1 + SHEETS];
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    part_name(path, part, sizeof part);
    book b = {.workbook = workbook_new_opt(part, &options)};
    if (!b.workbook) return cli_complain(path, "không ghi được", "cannot be written");
    make_formats(&b);
    set_day(&b, tables[3]);
    made[0] = workbook_add_worksheet(b.workbook, cli_say("Tóm tắt", "Overview"));
    put_overview(&b, made[0], tables, totals);
    for (int i = 0; i < SHEETS; i++) {
        made[i + 1] = workbook_add_worksheet(b.workbook, cli_say(sheets[i].vi, sheets[i].en));
        put_table(&b, made[i + 1], tables[i], sheets[i].columns, sheets[i].count);
    }
    const int result = close_book(b.workbook, made, path, part);
    if (result != EXIT_DONE) return result;
    return rename(part, path) == 0 ? EXIT_DONE : cli_complain(path, "không ghi được", "cannot be written");
}

int cli_workbook_write(const char *path, const kiem_job *job, kiem_error *error) {
    const kiem_table *tables[SHEETS], *totals;
    kiem_status status = kiem_job_table(job, "totals", &totals, error);
    for (int i = 0; i < SHEETS && status == KIEM_OK; i++)
        status = kiem_job_table(job, sheets[i].table, &tables[i], error);
    return status == KIEM_OK ? write_book(path, tables, totals) : cli_fail(error, status);
}
