#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "sample_list.h"
#include "table_file.h"

static const char help_vi[] =
    "kiem estimate DANH_SÁCH.csv [tuỳ chọn]\n"
    "\n"
    "Đọc lại danh sách của kiem sample đã được xem, và cho biết điều đó nói gì về mọi hồ sơ. Ở mỗi dòng hãy "
    "điền\n"
    "  overpaid   số tiền quỹ bị đề nghị thừa, đồng: 0 nếu hồ sơ đúng, nhiều nhất bằng T_BHTT\n"
    "  outcome    not_found nếu cơ sở không xuất trình được hồ sơ (overpaid để trống); nếu không thì để "
    "trống\n"
    "             hoặc reviewed\n"
    "Mọi ô khác phải giữ nguyên: xác suất bị sửa sẽ làm sai mọi ước tính.\n"
    "\n"
    "  --confidence P   phần trăm, 50 đến 99; mặc định 95\n"
    "  --lang vi|en     ngôn ngữ; mặc định vi\n";

static const char help_en[] =
    "kiem estimate SAMPLE.csv [options]\n"
    "\n"
    "Reads a list of kiem sample back, reviewed, and tells what it says of all claims. In each row fill in\n"
    "  overpaid   what the fund was asked for too much, in dong: 0 when the claim is right, at most T_BHTT\n"
    "  outcome    not_found when the facility cannot show the file (overpaid stays empty); else empty or\n"
    "             reviewed\n"
    "All other cells must stay as they are: chances that were changed would make any estimate wrong.\n"
    "\n"
    "  --confidence P   percent, 50 to 99; default 95\n"
    "  --lang vi|en     language; default vi\n";

enum { LIST_MAX = 10000000, MISSING = 0, REVIEWED = 1, NOT_FOUND = 2 };

typedef struct review {
    const char *path;
    int confidence;
    /* the same in all rows, from the first: */
    char draw[LIST_MARK_SIZE];
    int64_t of, claims, seen;
    int by_fund;
    /* by number, from 0: */
    int64_t *overpaid, *full, *sizes; /* full: what the fund was asked for */
    double *chances;
    uint8_t *outcome;
} review;

/* ---- rows */

static int read_count(const char *text, int64_t most, int64_t *out) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno || value < 1 || value > most) return 0;
    *out = value;
    return 1;
}

static int begin(review *r, cli_table_file *file, const char *const *cells) {
    if (!read_count(cells[LIST_OF], LIST_MAX, &r->of) ||
        !read_count(cells[LIST_CLAIMS], INT64_MAX, &r->claims))
        return cli_table_refuse(file, LIST_OF, "đây không phải danh sách do kiem sample chọn",
                                "this is not a list that kiem sample has drawn");
    size_t of = (size_t)r->of;
    snprintf(r->draw, sizeof r->draw, "%s", cells[LIST_DRAW]);
    r->by_fund = strcmp(cells[LIST_BY], "fund") == 0;
    r->overpaid = calloc(of, sizeof *r->overpaid);
    r->full = calloc(of, sizeof *r->full);
    r->sizes = calloc(of, sizeof *r->sizes);
    r->chances = calloc(of, sizeof *r->chances);
    r->outcome = calloc(of, 1);
    return r->overpaid && r->full && r->sizes && r->chances && r->outcome ? EXIT_DONE : EXIT_INTERNAL;
}

/* As drawn: the check digits hold, and the row belongs to the same draw as the first. */
static int check_mark(const review *r, cli_table_file *file, const char *const *cells) {
    enum { OTHER_HALF = 9 };
    char mark[LIST_MARK_SIZE];
    if (!cells[LIST_PI][0]) return cli_table_refuse(file, LIST_PI, "thiếu pi", "pi is missing");
    list_mark(cells, mark);
    if (strncmp(mark, cells[LIST_MARK], OTHER_HALF) != 0) {
        return cli_table_refuse(
            file, LIST_MARK,
            "dòng không còn như kiem sample đã ghi; chỉ được điền overpaid và outcome (nếu bảng tính tự đổi "
            "cách viết số, hãy mở các cột khác ở dạng văn bản)",
            "the row is not as kiem sample wrote it; only overpaid and outcome may be filled in "
            "(a spreadsheet that rewrites numbers must take the other columns as text)");
    }
    if (strcmp(mark, cells[LIST_MARK]) != 0)
        return cli_table_refuse(file, LIST_PI, "size, pi hoặc certain không còn như kiem sample đã ghi",
                                "size, pi or certain is not as kiem sample wrote it");
    if (r->draw[0] && strcmp(cells[LIST_DRAW], r->draw) != 0)
        return cli_table_refuse(file, LIST_DRAW, "dòng thuộc lần chọn khác với các dòng trước",
                                "the row is of another draw than those before");
    return EXIT_DONE;
}

static int take_chance(review *r, cli_table_file *file, const char *const *cells, int64_t at) {
    const double below_one = 1 - 1e-15;
    char *end;
    double chance = strtod(cells[LIST_PI], &end);
    if (*end || !(chance > 0 && chance <= 1) || !cli_money_read(cells[LIST_SIZE], &r->sizes[at]))
        return cli_table_refuse(file, LIST_PI, "size, pi hoặc certain không còn như kiem sample đã ghi",
                                "size, pi or certain is not as kiem sample wrote it");
    int certain = strcmp(cells[LIST_CERTAIN], "1") == 0;
    r->chances[at] = certain ? 1 : chance < below_one ? chance : below_one;
    return EXIT_DONE;
}

static int take_outcome(review *r, cli_table_file *file, const char *const *cells, int64_t at) {
    const char *overpaid = cells[LIST_OVERPAID], *outcome = cells[LIST_OUTCOME];
    int not_found = strcmp(outcome, "not_found") == 0;
    if (cells[LIST_T_BHTT][0] && !cli_money_read(cells[LIST_T_BHTT], &r->full[at]))
        return cli_table_refuse(file, LIST_T_BHTT, "đây không phải là số tiền",
                                "this is not an amount of money");
    if (r->full[at] < 0) r->full[at] = 0;
    if (outcome[0] && !not_found && strcmp(outcome, "reviewed") != 0)
        return cli_table_refuse(file, LIST_OUTCOME, "outcome để trống, hoặc là reviewed hay not_found",
                                "outcome is empty, reviewed or not_found");
    if (!overpaid[0] && !not_found)
        return cli_table_refuse(file, LIST_OVERPAID,
                                "hồ sơ chưa được xem: overpaid để trống (nếu đúng thì ghi 0)",
                                "the claim is not reviewed: overpaid is empty (0 when it is right)");
    if (overpaid[0] && !cli_money_read(overpaid, &r->overpaid[at]))
        return cli_table_refuse(file, LIST_OVERPAID,
                                "overpaid không phải số tiền đồng như 125000 hoặc 125000.50",
                                "overpaid is not an amount in dong such as 125000 or 125000.50");
    if (r->overpaid[at] < 0)
        return cli_table_refuse(file, LIST_OVERPAID, "overpaid là số âm", "overpaid is negative");
    if (r->overpaid[at] > r->full[at])
        return cli_table_refuse(file, LIST_OVERPAID, "overpaid lớn hơn T_BHTT, số đề nghị quỹ thanh toán",
                                "overpaid is more than T_BHTT, what the fund was asked for");
    if (not_found && r->overpaid[at])
        return cli_table_refuse(file, LIST_OVERPAID, "hồ sơ không tìm thấy thì không có số tiền overpaid",
                                "a file that was not found has no amount overpaid");
    r->outcome[at] = not_found ? NOT_FOUND : REVIEWED;
    return EXIT_DONE;
}

static int take_row(void *user, cli_table_file *file, const char *const *cells) {
    review *r = user;
    int64_t number = 0;
    int result = check_mark(r, file, cells);
    if (result == EXIT_DONE && !r->of) result = begin(r, file, cells);
    if (result != EXIT_DONE) return result;
    if (!read_count(cells[LIST_NUMBER], r->of, &number))
        return cli_table_refuse(file, LIST_NUMBER, "đây không phải danh sách do kiem sample chọn",
                                "this is not a list that kiem sample has drawn");
    if (r->outcome[number - 1])
        return cli_table_refuse(file, LIST_NUMBER, "number %lld có hai lần", "number %lld stands here twice",
                                (long long)number);
    result = take_chance(r, file, cells, number - 1);
    if (result == EXIT_DONE) result = take_outcome(r, file, cells, number - 1);
    r->seen++;
    return result;
}

/* A sample with rows left out is no longer the one that was drawn. */
static int check_whole(const review *r, const cli_table_file *file) {
    if (!r->of) return cli_table_refuse(file, -1, "danh sách không có dòng nào", "the list has no rows");
    for (int64_t i = 0; i < r->of; i++) {
        if (r->outcome[i]) continue;
        return cli_table_refuse(file, -1, "thiếu %lld trong %lld dòng; dòng thiếu đầu tiên là number %lld",
                                "%lld of %lld rows are missing; the first is number %lld",
                                (long long)(r->of - r->seen), (long long)r->of, (long long)i + 1);
    }
    return EXIT_DONE;
}

/* ---- words */

static int is_known(const kiem_table *table, const char *column) {
    return cli_text(table, 0, column, (char[CLI_CELL]){0})[0] != '\0';
}

static const char *money(const kiem_table *table, const char *column) {
    return cli_grouped(cli_number(table, 0, column), 2);
}

static const char *why_no_interval(const kiem_table *table) {
    char reason[CLI_CELL];
    return strcmp(cli_text(table, 0, "interval", reason), "few_drawn") == 0
               ? cli_say("không có khoảng tin cậy: dưới 20 hồ sơ được chọn ngẫu nhiên",
                         "no interval: fewer than 20 claims were drawn by chance")
               : cli_say("không có khoảng tin cậy: không hồ sơ nào được chọn ngẫu nhiên có chi thừa",
                         "no interval: none of the claims drawn by chance was overpaid");
}

static void print_total(const review *r, const kiem_table *table) {
    printf(cli_say("  ước tính chi thừa của mọi hồ sơ: %s đ\n",
                   "  estimated overpayment of all claims: %s VND\n"),
           money(table, "total"));
    if (is_known(table, "low")) {
        printf(cli_say("    khoảng tin cậy %d%%: %s đến %s đ\n", "    %d %% interval: %s to %s VND\n"),
               r->confidence, money(table, "low"), money(table, "high"));
    } else {
        printf("    %s\n", why_no_interval(table));
    }
    if (is_known(table, "upper")) {
        printf(cli_say("    theo đơn vị tiền tệ (Stringer), một phía %d%%: ít nhất %s đ, nhiều nhất %s đ\n",
                       "    by monetary units (Stringer), one-sided %d %%: at least %s, at most %s VND\n"),
               r->confidence, money(table, "lower"), money(table, "upper"));
    }
}

static int64_t count_of(const review *r, int outcome) {
    int64_t count = 0;
    for (int64_t i = 0; i < r->of; i++) count += r->outcome[i] == outcome;
    return count;
}

static void print_sample(const review *r, const kiem_table *table) {
    printf(
        cli_say("Ước tính để lập kế hoạch, độ tin cậy %d%%\n", "Estimate for planning, %d %% confidence\n"),
        r->confidence);
    printf(
        cli_say("  mẫu: %s trong %s hồ sơ, %s hồ sơ chắc chắn được chọn; %s đã xem, %s không tìm thấy tại cơ "
                "sở\n",
                "  sample: %s of %s claims, %s of them certain; %s reviewed, %s not found at the facility\n"),
        cli_grouped(r->of, 0), cli_grouped(r->claims, 0), cli_grouped(cli_number(table, 0, "certain"), 0),
        cli_grouped(count_of(r, REVIEWED), 0), cli_grouped(count_of(r, NOT_FOUND), 0));
    printf(cli_say("  chi thừa thấy trong mẫu: %s đ\n", "  overpayment found in the sample: %s VND\n"),
           money(table, "found"));
}

static void print_law(void) {
    puts(cli_say(
        "Thu hồi theo từng hồ sơ và biên bản. Chưa biết văn bản nào đang có hiệu lực cho phép lấy tỷ lệ "
        "của mẫu\n"
        "tính cho mọi hồ sơ.",
        "Recovery follows single files and their minutes. No text in force is known that carries the "
        "rate of a\n"
        "sample to all files."));
}

static kiem_status work_out(const review *r, kiem_table **out, kiem_error *error) {
    return kiem_sample_estimate(NULL, r->overpaid, r->chances, r->by_fund ? r->sizes : NULL, r->of,
                                r->confidence, out, error);
}

static int report(review *r, kiem_error *error) {
    kiem_table *table = NULL;
    int64_t lost = count_of(r, NOT_FOUND);
    kiem_status status = work_out(r, &table, error);
    if (status != KIEM_OK) return cli_fail(error, status);
    print_sample(r, table);
    print_total(r, table);
    kiem_table_free(table);
    if (lost) {
        for (int64_t i = 0; i < r->of; i++) {
            if (r->outcome[i] == NOT_FOUND) r->overpaid[i] = r->full[i];
        }
        status = work_out(r, &table, error);
        if (status != KIEM_OK) return cli_fail(error, status);
        printf(cli_say("Nếu coi %s hồ sơ không tìm thấy là chi thừa toàn bộ\n",
                       "If the %s files that were not found count as overpaid in full\n"),
               cli_grouped(lost, 0));
        print_total(r, table);
        kiem_table_free(table);
    }
    print_law();
    return EXIT_DONE;
}

/* ---- running */

static int parse(review *r, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        int64_t number = 0;
        if (strncmp(name, "--", 2) != 0) {
            if (r->path) return cli_usage("mỗi lần một danh sách", "one list at a time");
            r->path = name;
            continue;
        }
        if (!value) return cli_usage("tuỳ chọn %s cần một giá trị", "option %s needs a value", name);
        if (strcmp(name, "--confidence") == 0) {
            if (!read_count(value, 99, &number) || number < 50)
                return cli_usage("--confidence nhận số phần trăm nguyên từ 50 đến 99, không nhận '%s'",
                                 "--confidence takes a whole percentage from 50 to 99, not '%s'", value);
            r->confidence = (int)number;
        } else {
            return cli_usage("không có tuỳ chọn '%s %s'; xem kiem estimate --help",
                             "unknown option '%s %s'; see kiem estimate --help", name, value);
        }
        i++;
    }
    return r->path ? EXIT_DONE
                   : cli_usage("chưa cho danh sách nào; xem kiem estimate --help",
                               "no list given; see kiem estimate --help");
}

int cli_estimate(int argc, char **argv) {
    review r = {.confidence = 95};
    kiem_error *error = NULL;
    if (argc > 0 && strcmp(argv[0], "--help") == 0)
        return fputs(cli_say(help_vi, help_en), stdout), EXIT_DONE;
    int result = parse(&r, argc, argv);
    if (result != EXIT_DONE) return result;
    if (kiem_error_new(NULL, &error) != KIEM_OK) return EXIT_INTERNAL;
    cli_table_file file = {.path = r.path,
                           .columns = list_columns,
                           .count = LIST_COLUMNS,
                           .should_be =
                               cli_say("danh sách do kiem sample chọn", "a list that kiem sample has drawn")};
    result = cli_table_read(&file, take_row, &r);
    if (result == EXIT_DONE) result = check_whole(&r, &file);
    if (result == EXIT_DONE) result = report(&r, error);
    kiem_error_free(error);
    free(r.overpaid);
    free(r.full);
    free(r.sizes);
    free(r.chances);
    free(r.outcome);
    return result;
}
