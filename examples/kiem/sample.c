#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "sample_list.h"
#include "table_file.h"

static const char help_vi[] =
    "kiem sample KẾT_QUẢ/claims.csv --size N [tuỳ chọn]\n"
    "\n"
    "Chọn N hồ sơ mà kiem check đã kiểm tra để xem lại, xác suất theo số tiền. Hãy điền các cột overpaid và\n"
    "outcome của danh sách, rồi chạy kiem estimate.\n"
    "\n"
    "  --size N      số hồ sơ cần chọn\n"
    "  --seed S      số nguyên quyết định lần chọn; mặc định 1\n"
    "  --by risk     xác suất theo amount_at_risk hoặc excess, số lớn hơn, ít nhất 1 % của T_BHTT (mặc "
    "định)\n"
    "  --by fund     xác suất theo T_BHTT: chọn mẫu theo đơn vị tiền tệ\n"
    "  --floor VND   mỗi hồ sơ được tính ít nhất bằng số này; mặc định 1000\n"
    "  --out FILE    ghi danh sách vào đâu; mặc định sample.csv. Tệp đã có được giữ nguyên\n"
    "  --lang vi|en  ngôn ngữ; mặc định vi\n";

static const char help_en[] =
    "kiem sample OUT/claims.csv --size N [options]\n"
    "\n"
    "Draws N of the claims that kiem check has judged, for review, with chances in proportion to money. Fill "
    "in\n"
    "the columns overpaid and outcome of the list, then run kiem estimate.\n"
    "\n"
    "  --size N      claims to be drawn\n"
    "  --seed S      a whole number that decides the draw; default 1\n"
    "  --by risk     chances by amount_at_risk or excess, the larger, at least 1 % of T_BHTT (default)\n"
    "  --by fund     chances by T_BHTT: monetary-unit sampling\n"
    "  --floor VND   every claim counts as at least this much; default 1000\n"
    "  --out FILE    where the list is written; default sample.csv. A file that is there stays as it is\n"
    "  --lang vi|en  language; default vi\n";

enum { FLOOR = 100000, PART_OF_FUND = 100 };

enum {
    FROM_FILE = 0,
    FROM_ROW,
    FROM_MA_LK,
    FROM_FACILITY,
    FROM_AT_RISK,
    FROM_EXCESS,
    FROM_T_BHTT,
    FROM_COLUMNS
};
static const char *const from_columns[FROM_COLUMNS] = {"file",           "row",    "MA_LK", "facility",
                                                       "amount_at_risk", "excess", "T_BHTT"};

typedef struct sample {
    const char *claims, *out;
    int64_t wanted, floor;
    uint64_t seed;
    int by_fund;
    /* the claims: */
    int64_t rows, fund, at_risk;
    int64_t *sizes, *offsets, *cells; /* offsets into keys; into text, of the first cell */
    char *keys, *text;
    size_t sizes_room, offsets_room, cells_room, keys_room, text_room, keys_used, text_used;
    uint64_t digest; /* of all claims and how they are drawn, whatever their order */
    double *chances;
    uint8_t *drawn;
} sample;

/* ---- the claims */

static int append(char **array, size_t *used, size_t *room, const char *text, size_t size) {
    char *grown = cli_room(*array, room, *used + size, 1);
    if (!grown) return 0;
    *array = grown;
    memcpy(grown + *used, text, size);
    *used += size;
    return 1;
}

/* Of MA_LK in its facility; where a layout has no MA_LK, of the place in the file. */
static int append_key(sample *s, const char *const *cells) {
    int named = cells[FROM_MA_LK][0] != '\0';
    const char *first = cells[named ? FROM_FACILITY : FROM_FILE],
               *second = cells[named ? FROM_MA_LK : FROM_ROW];
    return append(&s->keys, &s->keys_used, &s->keys_room, first, strlen(first) + 1) &&
           append(&s->keys, &s->keys_used, &s->keys_room, second, strlen(second));
}

static int room_for_row(sample *s) {
    size_t need = (size_t)s->rows + 2;
    void *sizes = cli_room(s->sizes, &s->sizes_room, need, sizeof *s->sizes);
    if (sizes) s->sizes = sizes;
    void *offsets = cli_room(s->offsets, &s->offsets_room, need, sizeof *s->offsets);
    if (offsets) s->offsets = offsets;
    void *cells = cli_room(s->cells, &s->cells_room, need, sizeof *s->cells);
    if (cells) s->cells = cells;
    return sizes && offsets && cells;
}

/* What rules found, or what lies above the peers: the larger; but every claim keeps a chance. */
static int64_t size_of(const sample *s, const int64_t *money) {
    int64_t least = money[FROM_T_BHTT] / PART_OF_FUND, size = money[FROM_AT_RISK];
    if (size < money[FROM_EXCESS]) size = money[FROM_EXCESS];
    if (size < least) size = least;
    if (s->by_fund) size = money[FROM_T_BHTT];
    return size < s->floor ? s->floor : size;
}

static int take_claim(void *user, cli_table_file *file, const char *const *cells) {
    sample *s = user;
    int64_t money[FROM_COLUMNS] = {0};
    for (int column = FROM_AT_RISK; column < FROM_COLUMNS; column++) {
        if (cells[column][0] && !cli_money_read(cells[column], &money[column]))
            return cli_table_refuse(file, column, "đây không phải là số tiền",
                                    "this is not an amount of money");
    }
    if (!room_for_row(s)) return EXIT_INTERNAL;
    s->sizes[s->rows] = size_of(s, money);
    s->offsets[s->rows] = (int64_t)s->keys_used;
    s->cells[s->rows] = (int64_t)s->text_used;
    if (!append_key(s, cells)) return EXIT_INTERNAL;
    uint64_t digest = (uint64_t)s->sizes[s->rows];
    for (int i = 0; i < FROM_COLUMNS; i++) {
        if (!append(&s->text, &s->text_used, &s->text_room, cells[i], strlen(cells[i]) + 1))
            return EXIT_INTERNAL;
        digest = list_digest(digest, cells[i]);
    }
    s->digest += digest;
    if (__builtin_add_overflow(s->at_risk, money[FROM_AT_RISK], &s->at_risk) ||
        __builtin_add_overflow(s->fund, money[FROM_T_BHTT], &s->fund))
        return cli_table_refuse(file, FROM_T_BHTT, "tổng số tiền vượt phạm vi tính",
                                "the amounts add up to more than fits");
    s->offsets[++s->rows] = (int64_t)s->keys_used;
    return EXIT_DONE;
}

static const char *cell_of(const sample *s, int64_t row, int column) {
    const char *cell = s->text + s->cells[row];
    for (; column > 0; column--) cell += strlen(cell) + 1;
    return cell;
}

/* ---- the list */

typedef struct listed {
    const sample *sample;
    int64_t row;
} listed;

/* By facility and MA_LK, as a reviewer travels. */
static int by_place(const void *a, const void *b) {
    static const int order[] = {FROM_FACILITY, FROM_MA_LK, FROM_FILE};
    const listed *left = a, *right = b;
    for (int i = 0; i < 3; i++) {
        int way =
            strcmp(cell_of(left->sample, left->row, order[i]), cell_of(right->sample, right->row, order[i]));
        if (way) return way;
    }
    const char *one = cell_of(left->sample, left->row, FROM_ROW),
               *other = cell_of(right->sample, right->row, FROM_ROW);
    size_t digits = strlen(one), others = strlen(other);
    return digits != others ? (digits < others ? -1 : 1) : strcmp(one, other);
}

static void write_row(FILE *out, const sample *s, int64_t row, int64_t number, int64_t of) {
    enum { NUMBER = 40 };
    char numbers[8][NUMBER], mark[LIST_MARK_SIZE];
    const char *cells[LIST_COLUMNS];
    static const int copied[][2] = {{LIST_MA_LK, FROM_MA_LK},   {LIST_FACILITY, FROM_FACILITY},
                                    {LIST_FILE, FROM_FILE},     {LIST_ROW, FROM_ROW},
                                    {LIST_T_BHTT, FROM_T_BHTT}, {LIST_AT_RISK, FROM_AT_RISK},
                                    {LIST_EXCESS, FROM_EXCESS}};
    static const int written[] = {LIST_NUMBER, LIST_OF,   LIST_SIZE, LIST_PI,
                                  LIST_CLAIMS, LIST_SEED, LIST_DRAW};
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++)
        cells[copied[i][0]] = cell_of(s, row, copied[i][1]);
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) cells[written[i]] = numbers[i];
    snprintf(numbers[0], NUMBER, "%lld", (long long)number);
    snprintf(numbers[1], NUMBER, "%lld", (long long)of);
    snprintf(numbers[2], NUMBER, "%lld.%02d", (long long)(s->sizes[row] / 100), (int)(s->sizes[row] % 100));
    snprintf(numbers[3], NUMBER, "%.15f", s->chances[row]);
    snprintf(numbers[4], NUMBER, "%lld", (long long)s->rows);
    snprintf(numbers[5], NUMBER, "%llu", (unsigned long long)s->seed);
    snprintf(numbers[6], NUMBER, "k%016llx", (unsigned long long)s->digest);
    cells[LIST_CERTAIN] = s->chances[row] >= 1 ? "1" : "0";
    cells[LIST_BY] = s->by_fund ? "fund" : "risk";
    list_mark(cells, mark);
    cells[LIST_MARK] = mark;
    cells[LIST_OVERPAID] = cells[LIST_OUTCOME] = "";
    for (int i = 0; i < LIST_COLUMNS; i++) {
        if (i) fputc(',', out);
        cli_cell_write(out, cells[i]);
    }
    fputc('\n', out);
}

static int write_list(const sample *s, const listed *list, int64_t count) {
    FILE *out = fopen(s->out, "wx");
    if (!out && errno == EEXIST)
        return cli_usage("%s đã có và có thể chứa kết quả xem lại; hãy đặt tên tệp khác bằng --out",
                         "%s is there already and may hold a review; name another file with --out", s->out);
    if (!out) return cli_complain(s->out, "không ghi được danh sách", "cannot write the list");
    for (int i = 0; i < LIST_COLUMNS; i++) fprintf(out, "%s%s", i ? "," : "", list_columns[i]);
    fputc('\n', out);
    for (int64_t i = 0; i < count; i++) write_row(out, s, list[i].row, i + 1, count);
    int failed = ferror(out);
    if (fclose(out) == 0 && !failed) return EXIT_DONE;
    int result = cli_complain(s->out, "không ghi được danh sách", "cannot write the list");
    remove(s->out);
    return result;
}

static void tell(const sample *s, int64_t count, int64_t certain) {
    printf(cli_say("%s hồ sơ, %s đ đề nghị quỹ thanh toán, %s đ cần xem xét\n",
                   "%s claims, %s VND claimed of the fund, %s VND to review\n"),
           cli_grouped(s->rows, 0), cli_grouped(s->fund, 2), cli_grouped(s->at_risk, 2));
    printf(cli_say("đã chọn %s hồ sơ, trong đó %s hồ sơ chắc chắn được chọn (số tiền lớn); seed %llu\n",
                   "%s drawn, %s of them certain (large amounts); seed %llu\n"),
           cli_grouped(count, 0), cli_grouped(certain, 0), (unsigned long long)s->seed);
    printf(cli_say("Điền cột overpaid (đồng, 0 nếu đúng) hoặc outcome = not_found nếu cơ sở không có hồ "
                   "sơ.\nDanh sách: %s\n",
                   "Fill in overpaid (VND, 0 when right), or outcome = not_found for a file that is not "
                   "there.\nList: %s\n"),
           s->out);
}

static int list_drawn(const sample *s) {
    int64_t count = 0, certain = 0;
    for (int64_t row = 0; row < s->rows; row++) {
        count += s->drawn[row];
        certain += s->chances[row] >= 1;
    }
    listed *list = malloc(((size_t)count + 1) * sizeof *list);
    if (!list) return cli_usage("hết bộ nhớ", "out of memory"), EXIT_INTERNAL;
    count = 0;
    for (int64_t row = 0; row < s->rows; row++) {
        if (s->drawn[row]) list[count++] = (listed){s, row};
    }
    qsort(list, (size_t)count, sizeof *list, by_place);
    int result = write_list(s, list, count);
    if (result == EXIT_DONE) tell(s, count, certain);
    free(list);
    return result;
}

/* ---- running */

static int draw(sample *s) {
    kiem_error *error = NULL;
    if (!s->rows)
        return cli_usage("%s: không có hồ sơ nào để chọn", "%s: there are no claims to draw from", s->claims),
               EXIT_INPUT;
    s->digest = s->digest * 31 + s->seed * 17 + (uint64_t)s->wanted * 5 + (uint64_t)s->by_fund;
    s->chances = malloc((size_t)s->rows * sizeof *s->chances);
    s->drawn = malloc((size_t)s->rows);
    if (!s->chances || !s->drawn || kiem_error_new(NULL, &error) != KIEM_OK)
        return cli_usage("hết bộ nhớ", "out of memory"), EXIT_INTERNAL;
    kiem_status status = kiem_sample_draw(NULL, s->sizes, s->keys, s->offsets, s->rows, s->wanted, s->seed,
                                          s->chances, s->drawn, error);
    int result = status == KIEM_OK ? list_drawn(s) : cli_fail(error, status);
    kiem_error_free(error);
    return result;
}

static int read_number(const char *text, uint64_t *out) {
    uint64_t value = 0;
    if (!*text) return 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return 0;
        unsigned digit = (unsigned)(*text - '0');
        if (value > (UINT64_MAX - digit) / 10) return 0;
        value = value * 10 + digit;
    }
    *out = value;
    return 1;
}

static int set_option(sample *s, const char *name, const char *value) {
    uint64_t number = 0;
    if (strcmp(name, "--size") == 0) {
        if (!read_number(value, &number) || !number || number > INT32_MAX)
            return cli_usage("--size nhận số hồ sơ, không nhận '%s'",
                             "--size takes a number of claims, not '%s'", value);
        s->wanted = (int64_t)number;
    } else if (strcmp(name, "--seed") == 0) {
        if (!read_number(value, &s->seed))
            return cli_usage("--seed nhận số nguyên, không nhận '%s'",
                             "--seed takes a whole number, not '%s'", value);
    } else if (strcmp(name, "--floor") == 0) {
        if (!cli_money_read(value, &s->floor) || s->floor <= 0)
            return cli_usage("--floor nhận số tiền lớn hơn 0, không nhận '%s'",
                             "--floor takes an amount above 0, not '%s'", value);
    } else if (strcmp(name, "--by") == 0) {
        if (strcmp(value, "fund") != 0 && strcmp(value, "risk") != 0)
            return cli_usage("--by nhận risk hoặc fund, không nhận '%s'", "--by takes risk or fund, not '%s'",
                             value);
        s->by_fund = strcmp(value, "fund") == 0;
    } else if (strcmp(name, "--out") == 0) {
        s->out = value;
    } else {
        return cli_usage("không có tuỳ chọn '%s %s'; xem kiem sample --help",
                         "unknown option '%s %s'; see kiem sample --help", name, value);
    }
    return EXIT_DONE;
}

static int parse(sample *s, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (s->claims) return cli_usage("mỗi lần một tệp claims.csv", "one claims.csv at a time");
            s->claims = argv[i];
            continue;
        }
        if (i + 1 >= argc)
            return cli_usage("tuỳ chọn %s cần một giá trị", "option %s needs a value", argv[i]);
        int result = set_option(s, argv[i], argv[i + 1]);
        if (result != EXIT_DONE) return result;
        i++;
    }
    if (!s->claims)
        return cli_usage("chưa cho tệp claims.csv nào; xem kiem sample --help",
                         "no claims.csv given; see kiem sample --help");
    return s->wanted ? EXIT_DONE
                     : cli_usage("thiếu --size N: cần chọn bao nhiêu hồ sơ?",
                                 "--size N is missing: how many claims are to be drawn?");
}

int cli_sample(int argc, char **argv) {
    sample s = {.out = "sample.csv", .floor = FLOOR, .seed = 1};
    if (argc > 0 && strcmp(argv[0], "--help") == 0)
        return fputs(cli_say(help_vi, help_en), stdout), EXIT_DONE;
    int result = parse(&s, argc, argv);
    cli_table_file file = {
        .path = s.claims,
        .columns = from_columns,
        .count = FROM_COLUMNS,
        .should_be = cli_say("tệp claims.csv do kiem check ghi", "the claims.csv that kiem check writes")};
    if (result == EXIT_DONE) result = cli_table_read(&file, take_claim, &s);
    if (result == EXIT_DONE) result = draw(&s);
    free(s.sizes);
    free(s.offsets);
    free(s.cells);
    free(s.keys);
    free(s.text);
    free(s.chances);
    free(s.drawn);
    return result;
}
