/* Nanoseconds a claim of history, ledger and scorer, on made-up claims (2.5 a person, 1,500 facilities):
 * bench_state [millions of claims ...], default 1 and 5. */
#include <stdlib.h>
#include <time.h>

#include "score/claim/reason.h"
#include "score/entity/facility.h"
#include "state/history/history.h"
#include "state/money/ledger.h"
#include "support/history.h"
#include "support/scoring.h"
#include "support/test.h"

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void check(kiem_status status) {
    if (status == KIEM_OK) return;
    fprintf(stderr, "%s\n", km_status_sentence(status));
    exit(1);
}

static const int fields[] = {
    KM_CLAIM_MA_LK,        KM_CLAIM_MA_THE_BHYT, KM_CLAIM_HO_TEN,        KM_CLAIM_NGAY_VAO,
    KM_CLAIM_NGAY_RA,      KM_CLAIM_MA_CSKCB,    KM_CLAIM_MA_BENH_CHINH, KM_CLAIM_MA_LOAI_KCB,
    KM_CLAIM_NAM_QT,       KM_CLAIM_THANG_QT,    KM_CLAIM_SO_NGAY_DTRI,  KM_CLAIM_T_TONGCHI_BV,
    KM_CLAIM_T_TONGCHI_BH, KM_CLAIM_T_BHTT,      KM_CLAIM_T_BNCCT,       KM_CLAIM_T_BNTT,
    KM_CLAIM_T_NGUONKHAC,  KM_CLAIM_T_THUOC,     KM_CLAIM_T_VTYT};

static void put(km_batch *batch, int field, uint32_t row, int64_t value) {
    int count;
    km_column_put(&batch->column[field], km_field_width(&km_fields(KM_SCOPE_CLAIM, &count)[field]), row,
                  value);
}

static void put_text(km_batch *batch, int field, uint32_t row, const char *format, uint64_t number) {
    char text[64];
    int length = snprintf(text, sizeof text, format, (unsigned long long)number);
    if (!km_column_put_text(batch->mem, &batch->column[field], row, (km_text){text, (size_t)length})) exit(1);
}

static void put_code(km_batch *batch, int field, uint32_t row, const char *format, uint64_t number) {
    char text[16];
    uint64_t code = 0;
    int length = snprintf(text, sizeof text, format, (unsigned long long)number);
    km_code_pack((km_text){text, (size_t)length}, &code);
    put(batch, field, row, (int64_t)code);
}

static void make_row(km_batch *batch, uint32_t row, uint64_t id, uint64_t persons, uint64_t *seed) {
    static const char *const kinds[] = {"01", "01", "01", "01", "02", "03", "05", "09"};
    uint64_t person = test_random(seed) % persons, kind = test_random(seed) % 8;
    km_day day = km_day_from_civil(2025, 1, 1) + (km_day)(test_random(seed) % 365);
    km_minute in = day * KM_MINUTES_PER_DAY + (km_minute)(test_random(seed) % 1440);
    int64_t days = kind == 5 ? 1 + (int64_t)(test_random(seed) % 9) : 1;
    int64_t cost = (int64_t)(20000000 + test_random(seed) % 100000000) * days;
    put_text(batch, KM_CLAIM_MA_LK, row, "79001_2025_%09llu", id);
    put_text(batch, KM_CLAIM_MA_THE_BHYT, row, "GD479%010llu", person * 7919 % 9999999999u + 1);
    put_text(batch, KM_CLAIM_HO_TEN, row, "Nguyen Van Thu %llu", person);
    put(batch, KM_CLAIM_NGAY_VAO, row, in);
    put(batch, KM_CLAIM_NGAY_RA, row, in + (km_minute)(days - 1) * KM_MINUTES_PER_DAY + 120);
    put_code(batch, KM_CLAIM_MA_CSKCB, row, "%05llu", 1000 + test_random(seed) % 1500 * 50);
    put_code(batch, KM_CLAIM_MA_BENH_CHINH, row, "%llX.0", 0xA00 + test_random(seed) % 600);
    put_code(batch, KM_CLAIM_MA_LOAI_KCB, row, kinds[kind], 0);
    put(batch, KM_CLAIM_NAM_QT, row, 2025);
    put(batch, KM_CLAIM_THANG_QT, row, 1);
    put(batch, KM_CLAIM_SO_NGAY_DTRI, row, days);
    put(batch, KM_CLAIM_T_TONGCHI_BV, row, cost);
    put(batch, KM_CLAIM_T_TONGCHI_BH, row, cost);
    put(batch, KM_CLAIM_T_BHTT, row, cost / 5 * 4);
    put(batch, KM_CLAIM_T_BNCCT, row, cost - cost / 5 * 4);
    put(batch, KM_CLAIM_T_BNTT, row, 0);
    put(batch, KM_CLAIM_T_NGUONKHAC, row, 0);
    put(batch, KM_CLAIM_T_THUOC, row, cost / 100 * (int64_t)(test_random(seed) % 90));
    put(batch, KM_CLAIM_T_VTYT, row, cost / 100 * (int64_t)(test_random(seed) % 10));
    batch->row[row] = row + 2;
}

static void make_batch(km_batch *batch, uint64_t base, uint64_t claims, uint64_t *seed) {
    km_fieldset set = {0};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) km_fieldset_add(&set, fields[i]);
    check(km_batch_init(batch, km_mem_default(), KM_SCOPE_CLAIM, &set, KM_BATCH_ROWS, NULL));
    uint64_t rows = claims - base < KM_BATCH_ROWS ? claims - base : KM_BATCH_ROWS;
    for (uint32_t row = 0; row < rows; row++) make_row(batch, row, base + row, claims * 2 / 5 + 1, seed);
    batch->rows = (uint32_t)rows;
    batch->base = base;
}

typedef struct times {
    double history_add, history_close, history_attach, ledger_add, casemix_add, scorer_add, scorer_fit,
        scorer_attach, facilities;
} times;

/* Adds to *total the time of a call. */
#define TIMED(total, call)                                                                                   \
    do {                                                                                                     \
        double start = seconds();                                                                            \
        check(call);                                                                                         \
        (total) += seconds() - start;                                                                        \
    } while (0)

static uint64_t level_of(const void *context, uint64_t facility) {
    (void)context;
    return facility >> 24 & 3;
}

static uint64_t province_of(const void *context, uint64_t facility) {
    (void)context;
    return facility >> 48;
}

/* The batches are made twice from the same seed rather than kept. */
static void run(uint64_t claims) {
    times t = {0};
    km_history history;
    km_history_reader reader;
    km_ledger ledger;
    km_scorer scorer;
    km_casemix casemix;
    km_facilities facilities;
    const km_facility_lore lore = {level_of, province_of, province_of, NULL, km_day_from_civil(2025, 12, 31)};
    km_batch batch;
    uint64_t seed = 1, again = 1;
    km_history_init(&history, km_mem_default());
    km_history_reader_init(&reader, &history);
    km_ledger_init(&ledger, km_mem_default());
    km_casemix_init(&casemix, km_mem_default());
    km_scorer_init(&scorer, km_mem_default());
    for (uint64_t base = 0; base < claims; base += KM_BATCH_ROWS) {
        make_batch(&batch, base, claims, &seed);
        TIMED(t.history_add, test_history_add(&history, &batch, NULL));
        TIMED(t.ledger_add, km_ledger_add(&ledger, &batch, NULL));
        TIMED(t.casemix_add, km_casemix_add(&casemix, &batch, NULL));
        km_batch_free(&batch);
    }
    TIMED(t.history_close, test_history_close(&history, NULL));
    TIMED(t.facilities, km_facilities_compare(&facilities, &casemix, &lore, NULL));
    km_casemix_free(&casemix);
    for (uint64_t base = 0; base < claims; base += KM_BATCH_ROWS) {
        make_batch(&batch, base, claims, &again);
        TIMED(t.history_attach, km_history_attach(&reader, &batch, NULL, NULL));
        TIMED(t.scorer_add, test_scorer_add(&scorer, &batch, NULL));
        km_batch_free(&batch);
    }
    TIMED(t.scorer_fit, km_scorer_fit(&scorer, NULL));
    make_batch(&batch, 0, claims, &again);
    TIMED(t.scorer_attach, km_scorer_attach(&scorer, &batch, NULL));
    double ns = 1e9 / (double)claims;
    printf("%llu claims, %zu peer groups, %u + %u ledger pages; ns a claim:\n", (unsigned long long)claims,
           scorer.group_count, ledger.cuts[KM_LEDGER_PROVINCES].count,
           ledger.cuts[KM_LEDGER_FACILITIES].count);
    printf("  history: add %.0f, sort and sweep %.0f, attach %.0f\n", t.history_add * ns,
           t.history_close * ns, t.history_attach * ns);
    printf("  ledger: add %.0f\n", t.ledger_add * ns);
    printf("  scorer: features %.0f, fit and rank %.0f, attach %.0f\n", t.scorer_add * ns, t.scorer_fit * ns,
           t.scorer_attach * 1e9 / batch.rows);
    printf("  facilities: add %.0f, compare %.0f\n", t.casemix_add * ns, t.facilities * ns);
    km_batch_free(&batch);
    km_facilities_free(&facilities);
    km_scorer_free(&scorer);
    km_ledger_free(&ledger);
    km_history_reader_free(&reader);
    km_history_free(&history);
}

int main(int argc, char **argv) {
    static const char *const standard[] = {"1", "5"};
    int count = argc > 1 ? argc - 1 : 2;
    for (int i = 0; i < count; i++) {
        const char *millions = argc > 1 ? argv[i + 1] : standard[i];
        run((uint64_t)strtoul(millions, NULL, 10) * 1000000);
    }
    return 0;
}
