/* Patient history on made-up claims (2.5 a person, 1,500 facilities, a citizen number beside every second
 * card): nanoseconds a claim on a dump and in a state, bytes a claim in memory and in a file, and how long
 * one claim takes on-line. bench_history [thousands of claims ...] [dump], default 1000 and 4000; with "dump"
 * no state is made. */
#include <stdlib.h>
#include <time.h>

#include "state/history/history.h"
#include "state/history/online.h"
#include "support/history.h"
#include "support/test.h"

/* Of the processor, so that others at work do not count. */
static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void check(kiem_status status) {
    if (status == KIEM_OK) return;
    fprintf(stderr, "%s\n", km_status_sentence(status));
    exit(1);
}

/* ---- memory in use */

static size_t in_use, most_in_use;

static void *count_alloc(void *user, size_t size) {
    (void)user;
    in_use += size;
    if (in_use > most_in_use) most_in_use = in_use;
    return malloc(size);
}
static void count_release(void *user, void *ptr, size_t size) {
    (void)user;
    in_use -= size;
    free(ptr);
}
static void *count_resize(void *user, void *ptr, size_t old_size, size_t new_size) {
    (void)user;
    in_use += new_size - old_size;
    if (in_use > most_in_use) most_in_use = in_use;
    return realloc(ptr, new_size);
}
static const km_mem counting = {sizeof counting, NULL, count_alloc, count_resize, count_release};

/* ---- claims */

static void put(km_batch *batch, int field, uint32_t row, int64_t value) {
    int count;
    km_column_put(&batch->column[field], km_field_width(&km_fields(KM_SCOPE_CLAIM, &count)[field]), row,
                  value);
}

static void put_text(km_batch *batch, int field, uint32_t row, const char *text) {
    if (!km_column_put_text(batch->mem, &batch->column[field], row, km_text_from(text))) exit(1);
}

static void put_code(km_batch *batch, int field, uint32_t row, const char *text) {
    uint64_t code = 0;
    km_code_pack(km_text_from(text), &code);
    put(batch, field, row, (int64_t)code);
}

static void put_person(km_batch *batch, uint32_t row, uint64_t person) {
    char text[64];
    snprintf(text, sizeof text, "GD479%010llu", (unsigned long long)(person * 7919 % 9999999999u + 1));
    put_text(batch, KM_CLAIM_MA_THE_BHYT, row, text);
    snprintf(text, sizeof text, "0791%08llu", (unsigned long long)(person % 99999999u + 1));
    put_text(batch, KM_CLAIM_SO_CCCD, row, person % 2 ? text : "");
    snprintf(text, sizeof text, "NGUYỄN VĂN THỬ %llu", (unsigned long long)person);
    put_text(batch, KM_CLAIM_HO_TEN, row, text);
    put(batch, KM_CLAIM_NGAY_SINH, row, (int64_t)(1940 + person % 80) * 10000 + 315);
    put(batch, KM_CLAIM_GIOI_TINH, row, 1 + (int64_t)(person % 2));
}

static void put_claim(km_batch *batch, uint32_t row, uint64_t id, uint64_t persons, uint64_t *seed) {
    static const char *const kinds[] = {"01", "01", "01", "01", "02", "03", "05", "09"};
    char text[64];
    uint64_t kind = test_random(seed) % 8;
    int64_t days = kind == 5 ? 1 + (int64_t)(test_random(seed) % 9) : 1;
    km_day day = km_day_from_civil(2025, 1, 1) + (km_day)(test_random(seed) % 365);
    km_minute in = day * KM_MINUTES_PER_DAY + (km_minute)(test_random(seed) % 1440);
    int64_t cost = (int64_t)(20000000 + test_random(seed) % 100000000) * days;
    put_person(batch, row, test_random(seed) % persons);
    snprintf(text, sizeof text, "79001_2025_%09llu", (unsigned long long)id);
    put_text(batch, KM_CLAIM_MA_LK, row, text);
    put(batch, KM_CLAIM_NGAY_VAO, row, in);
    put(batch, KM_CLAIM_NGAY_RA, row, in + (km_minute)(days - 1) * KM_MINUTES_PER_DAY + 120);
    snprintf(text, sizeof text, "%05llu", (unsigned long long)(1000 + test_random(seed) % 1500 * 50));
    put_code(batch, KM_CLAIM_MA_CSKCB, row, text);
    snprintf(text, sizeof text, "%llX.0", (unsigned long long)(0xA00 + test_random(seed) % 600));
    put_code(batch, KM_CLAIM_MA_BENH_CHINH, row, text);
    put_code(batch, KM_CLAIM_MA_LOAI_KCB, row, kinds[kind]);
    put(batch, KM_CLAIM_KET_QUA_DTRI, row, 1);
    put(batch, KM_CLAIM_MA_LOAI_RV, row, 1);
    put(batch, KM_CLAIM_NAM_QT, row, 2025);
    put(batch, KM_CLAIM_THANG_QT, row, 1);
    put(batch, KM_CLAIM_T_TONGCHI_BH, row, cost);
    put(batch, KM_CLAIM_T_BHTT, row, cost / 5 * 4);
    put(batch, KM_CLAIM_T_BNCCT, row, cost - cost / 5 * 4);
    batch->row[row] = row + 2;
}

static void make_batch(km_batch *batch, uint64_t base, uint64_t end, uint64_t persons, uint64_t *seed) {
    km_fieldset set = {0};
    km_episode_columns(&set);
    check(km_batch_init(batch, km_mem_default(), KM_SCOPE_CLAIM, &set, KM_BATCH_ROWS, NULL));
    uint64_t rows = end - base < KM_BATCH_ROWS ? end - base : KM_BATCH_ROWS;
    for (uint32_t row = 0; row < rows; row++) put_claim(batch, row, base + row, persons, seed);
    batch->rows = (uint32_t)rows;
    batch->base = base;
}

/* Adds to *total the time of a call. */
#define TIMED(total, call)                                                                                   \
    do {                                                                                                     \
        double start = seconds();                                                                            \
        check(call);                                                                                         \
        (total) += seconds() - start;                                                                        \
    } while (0)

/* ---- a dump */

/* The columns that the rules of the built-in policy and the scorer read. */
static km_fieldset usual_columns(void) {
    static const int fields[] = {
        KM_CLAIM_duplicate_of,       KM_CLAIM_near_duplicate_of,  KM_CLAIM_overlapping_claim,
        KM_CLAIM_overlap_minutes,    KM_CLAIM_inside_stay,        KM_CLAIM_inside_facility,
        KM_CLAIM_same_day_claim,     KM_CLAIM_same_day_facility,  KM_CLAIM_previous_stay,
        KM_CLAIM_previous_facility,  KM_CLAIM_previous_diagnosis, KM_CLAIM_previous_discharge_minutes,
        KM_CLAIM_previous_discharge, KM_CLAIM_previous_result,    KM_CLAIM_previous_transfer,
        KM_CLAIM_death_claim,        KM_CLAIM_after_death,        KM_CLAIM_previous_delivery,
        KM_CLAIM_visits_30d,         KM_CLAIM_visit_days_30d,     KM_CLAIM_visit_days_365d,
        KM_CLAIM_facilities_30d,     KM_CLAIM_facilities_365d,    KM_CLAIM_copay_year};
    km_fieldset set = {0};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) km_fieldset_add(&set, fields[i]);
    return set;
}

static void run_dump(uint64_t claims) {
    double read = 0, add = 0, close = 0, attach = 0, ns = 1e9 / (double)claims;
    uint64_t seed = 1, again = 1, persons = claims * 2 / 5 + 1;
    km_fieldset wanted = usual_columns();
    km_history history;
    km_history_reader reader;
    km_batch batch;
    km_drafts drafts;
    km_drafts_init(&drafts, &counting, NULL);
    km_history_init(&history, &counting);
    km_history_reader_init(&reader, &history);
    in_use = most_in_use = 0;
    for (uint64_t base = 0; base < claims; base += KM_BATCH_ROWS) {
        make_batch(&batch, base, claims, persons, &seed);
        TIMED(read, km_drafts_read(&drafts, &batch, NULL));
        TIMED(add, km_history_add_drafts(&history, &drafts, NULL));
        km_batch_free(&batch);
    }
    km_drafts_free(&drafts);
    size_t learned = in_use;
    TIMED(close, test_history_close(&history, NULL));
    for (uint64_t base = 0; base < claims; base += KM_BATCH_ROWS) {
        make_batch(&batch, base, claims, persons, &again);
        TIMED(attach, km_history_attach(&reader, &batch, &wanted, NULL));
        km_batch_free(&batch);
    }
    printf("%llu claims, ns a claim: read %.0f, add %.0f, sort and sweep %.0f, attach %.0f, in all %.0f\n",
           (unsigned long long)claims, read * ns, add * ns, close * ns, attach * ns,
           (read + add + close + attach) * ns);
    printf("  bytes a claim: %.0f learned, %.0f closed, %.0f at most\n", (double)learned / (double)claims,
           (double)in_use / (double)claims, (double)most_in_use / (double)claims);
    km_history_reader_free(&reader);
    km_history_free(&history);
}

/* ---- a state, and one claim at a time */

typedef struct stream {
    char *data;
    size_t length, at, capacity;
} stream;

static kiem_status put_bytes(void *user, const void *bytes, size_t size, km_error *error) {
    stream *to = user;
    if (!km_grow(km_mem_default(), (void **)&to->data, &to->capacity, to->length + size, 1))
        return km_nomem(error);
    memcpy(to->data + to->length, bytes, size);
    to->length += size;
    return KIEM_OK;
}

static kiem_status get_bytes(void *user, void *bytes, size_t size, size_t *taken, km_error *error) {
    stream *from = user;
    size_t left = from->length - from->at;
    (void)error;
    *taken = size < left ? size : left;
    memcpy(bytes, from->data + from->at, *taken);
    from->at += *taken;
    return KIEM_OK;
}

static int compare_times(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void ask(km_state *state, uint64_t persons) {
    enum { ASKED = 100000 };
    static double spent[ASKED];
    km_past past;
    km_online online;
    double index = 0;
    uint64_t seed = 77;
    km_fieldset set = {0}, wanted = usual_columns();
    km_batch batch;
    km_episode_columns(&set);
    TIMED(index, km_past_init(&past, km_mem_default(), state, NULL));
    km_online_init(&online, km_mem_default(), &past);
    for (int i = 0; i < ASKED; i++) {
        check(km_batch_init(&batch, km_mem_default(), KM_SCOPE_CLAIM, &set, 1, NULL));
        put_claim(&batch, 0, 900000000u + (uint64_t)i, persons, &seed);
        batch.rows = 1;
        spent[i] = 0;
        TIMED(spent[i], km_online_attach(&online, &batch, &wanted, NULL));
        km_batch_free(&batch);
    }
    qsort(spent, ASKED, sizeof *spent, compare_times);
    printf("  on-line: index %.1f ms; a claim %.2f us median, %.2f us 99 %%, %.2f us at most\n", index * 1e3,
           spent[ASKED / 2] * 1e6, spent[ASKED / 100 * 99] * 1e6, spent[ASKED - 1] * 1e6);
    km_online_free(&online);
    km_past_free(&past);
}

static void run_state(uint64_t claims) {
    double learn = 0, settle = 0, save = 0, load = 0, merge = 0, ns = 1e9 / (double)claims;
    uint64_t seed = 1, persons = claims * 2 / 5 + 1;
    km_state state, half[2], loaded;
    stream file = {0};
    km_state_init(&state, km_mem_default());
    km_state_init(&half[0], km_mem_default());
    km_state_init(&half[1], km_mem_default());
    for (uint64_t base = 0; base < claims; base += KM_BATCH_ROWS) {
        km_batch batch;
        make_batch(&batch, base, claims, persons, &seed);
        TIMED(learn, km_state_learn(&half[base / KM_BATCH_ROWS % 2], &batch, NULL));
        km_batch_free(&batch);
    }
    TIMED(settle, km_state_settle(&half[0], NULL));
    TIMED(settle, km_state_settle(&half[1], NULL));
    TIMED(merge, km_state_merge(&half[0], &half[1], false, NULL));
    km_state_free(&half[1]);
    TIMED(save, km_state_save(&half[0], put_bytes, &file, NULL));
    km_state_free(&half[0]);
    km_state_init(&loaded, km_mem_default());
    TIMED(load, km_state_load(&loaded, get_bytes, &file, NULL));
    printf("  state, ns a claim: learn %.0f, sort %.0f, merge of two halves %.0f, save %.0f, load %.0f\n",
           learn * ns, settle * ns, merge * ns, save * ns, load * ns);
    size_t texts = loaded.run.texts.length;
    printf("  file: %.1f bytes a claim, of which %.1f are the text of MA_LK and %.1f pairs of numbers\n",
           (double)file.length / (double)claims, (double)texts / (double)claims,
           (double)(loaded.run.links.count * 16) / (double)claims);
    km_free(km_mem_default(), file.data, file.capacity);
    ask(&loaded, persons);
    km_state_free(&loaded);
}

int main(int argc, char **argv) {
    static const char *const standard[] = {"1000", "4000"};
    int count = argc > 1 ? argc - 1 : 2;
    bool dump_only = argc > 2 && strcmp(argv[argc - 1], "dump") == 0;
    for (int i = 0; i < count - dump_only; i++) {
        const char *thousands = argc > 1 ? argv[i + 1] : standard[i];
        uint64_t claims = (uint64_t)strtoul(thousands, NULL, 10) * 1000;
        run_dump(claims);
        if (!dump_only) run_state(claims);
    }
    return 0;
}
