#include "support/ledger.h"

km_money test_ledger_sum(const km_ledger *ledger, uint64_t province) {
    km_money sum = {0};
    km_ledger_day day;
    for (size_t cursor = 0; km_ledger_next_day(ledger, &cursor, &day);) {
        if (!province || day.province == province) km_money_add(&sum, &day.money);
    }
    return sum;
}

static void print_number(km_buf *buf, km_int128 value) {
    km_buf_char(buf, ' ');
    km_buf_decimal(buf, (int64_t)value, 2); /* wider sums wrap, and still tell ledgers apart */
}

static void print_money(km_buf *buf, const km_money *money) {
    km_buf_int(buf, (int64_t)money->claims);
    print_number(buf, money->total);
    print_number(buf, money->fund);
    print_number(buf, money->copay);
    print_number(buf, money->outside);
    print_number(buf, money->other);
}

static void print_code(km_buf *buf, uint64_t code) {
    char text[KM_CODE_MAX];
    km_buf_append(buf, text, km_code_unpack(code, text));
}

/* Of whom, and of when or with what number. */
static void print_place(km_buf *buf, uint64_t code, int64_t number) {
    print_code(buf, code);
    km_buf_char(buf, ' ');
    km_buf_int(buf, number);
}

/* Ends a line. */
static void print_cell(km_buf *buf, bool inpatient, const km_money *money) {
    km_buf_string(buf, inpatient ? " in: " : " out: ");
    print_money(buf, money);
    km_buf_char(buf, '\n');
}

void test_ledger_days(km_buf *buf, const km_ledger *ledger) {
    km_ledger_day day;
    km_ledger_month month;
    for (size_t cursor = 0; km_ledger_next_day(ledger, &cursor, &day);) {
        print_place(buf, day.province, day.year);
        km_buf_char(buf, ' ');
        if (day.day != KM_UNDATED) km_buf_day(buf, day.day);
        print_cell(buf, day.inpatient, &day.money);
    }
    for (size_t cursor = 0; km_ledger_next_month(ledger, &cursor, &month);) {
        print_place(buf, month.facility, month.year);
        km_buf_char(buf, '/');
        km_buf_int(buf, month.month);
        print_cell(buf, month.inpatient, &month.money);
    }
}

typedef bool (*next_count)(const km_ledger *ledger, size_t *cursor, km_ledger_count *out);
static const struct {
    const char *name;
    next_count next;
} counts[] = {{"case", km_ledger_next_case}, {"receipt", km_ledger_next_receipt}};

typedef bool (*next_part)(const km_ledger *ledger, size_t *cursor, km_ledger_part *out);
static const struct {
    const char *name;
    next_part next;
} ways[] = {{"settled", km_ledger_next_settled}, {"paid", km_ledger_next_paid}};

static void print_ways(km_buf *buf, const km_ledger *ledger) {
    km_ledger_part cell;
    for (int i = 0; i < 2; i++) {
        for (size_t cursor = 0; ways[i].next(ledger, &cursor, &cell);) {
            km_buf_string(buf, ways[i].name);
            km_buf_char(buf, ' ');
            print_place(buf, cell.province, cell.year * 100 + cell.month);
            km_buf_string(buf, " slot ");
            km_buf_int(buf, cell.slot);
            km_buf_string(buf, ": ");
            print_money(buf, &cell.money);
            km_buf_char(buf, '\n');
        }
    }
}

void test_ledger_cuts(km_buf *buf, const km_ledger *ledger) {
    km_ledger_count cell;
    km_ledger_home home;
    print_ways(buf, ledger);
    for (int i = 0; i < 2; i++) {
        for (size_t cursor = 0; counts[i].next(ledger, &cursor, &cell);) {
            km_buf_string(buf, counts[i].name);
            km_buf_char(buf, ' ');
            print_place(buf, cell.code, cell.year * 100 + cell.month);
            if (cell.day != KM_UNDATED) km_buf_char(buf, ' '), km_buf_day(buf, cell.day);
            km_buf_string(buf, cell.other_province ? " other" : "");
            km_buf_string(buf, cell.inpatient ? " in" : "");
            km_buf_string(buf, " slot ");
            km_buf_int(buf, cell.slot);
            km_buf_string(buf, ": ");
            km_buf_int(buf, (int64_t)cell.claims);
            print_number(buf, cell.fund);
            km_buf_char(buf, '\n');
        }
    }
    for (size_t cursor = 0; km_ledger_next_home(ledger, &cursor, &home);) {
        km_buf_string(buf, "home ");
        print_place(buf, home.province, home.year);
        km_buf_string(buf, " from ");
        km_buf_int(buf, home.home);
        km_buf_string(buf, home.inpatient ? " in: " : ": ");
        print_money(buf, &home.money);
        km_buf_char(buf, '\n');
    }
}
