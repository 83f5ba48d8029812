/* How much the reader costs on top of libcsv, measured side by side in one run:
 *
 *     bench_ingest [ROWS [ROUNDS]]
 *
 * The claims are invented here, always the same ones: 36 columns, about 350 bytes a row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingest/csv.h"
#include "ingest/reader.h"
#include "ingest/split.h"

enum { SLICE = 64 << 10, PUSH = 1 << 20 };

static uint64_t random_state = 1;

static uint64_t next_random(void) {
    uint64_t x = random_state += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

static int below(int bound) {
    return (int)(next_random() % (uint64_t)bound);
}

static const char *const columns =
    "MA_LK,STT,MA_BN,HO_TEN,SO_CCCD,NGAY_SINH,GIOI_TINH,DIA_CHI,MA_THE_BHYT,MA_DKBD,GT_THE_TU,GT_THE_DEN,"
    "CHAN_DOAN_RV,MA_BENH_CHINH,MA_BENH_KT,MA_DOITUONG_KCB,MA_NOI_DI,NGAY_VAO,NGAY_VAO_NOI_TRU,NGAY_RA,"
    "SO_NGAY_DTRI,KET_QUA_DTRI,MA_LOAI_RV,NGAY_TTOAN,T_THUOC,T_VTYT,T_TONGCHI_BV,T_TONGCHI_BH,T_BNTT,T_BNCCT,"
    "T_BHTT,T_NGUONKHAC,MA_LOAI_KCB,MA_KHOA,MA_CSKCB,NAM_QT\n";

static const char *const family[] = {"NGUYỄN", "TRẦN", "LÊ", "PHẠM", "HOÀNG", "VÕ", "ĐẶNG", "BÙI"};
static const char *const given[] = {"VĂN MỘT", "THỊ HAI", "VĂN BA", "THỊ BỐN", "MINH NĂM", "NGỌC SÁU"};
static const char *const disease[] = {"J20.9", "I10", "E11.9", "O82", "K29", "M54.5", "A09", "N18.5"};

static int append_row(char *out, size_t room, int number) {
    int month = 1 + below(12), day = 1 + below(28), stay = below(4) ? 0 : below(9);
    int last = day + stay > 28 ? 28 : day + stay;
    int inpatient = stay > 0, facility = 1001 + below(800), drugs = below(900000),
        total = drugs + below(4000000);
    int copay = below(2) ? total / 5 : 0;
    char admitted[16] = "", cents[8] = "";
    if (inpatient)
        snprintf(admitted, sizeof admitted, "2026%02d%02d%02d%02d", month, day, 8 + below(9), below(60));
    if (below(3) == 0) snprintf(cents, sizeof cents, ".%02d", below(100));
    return snprintf(
        out, room,
        "%05d%08d,%d,BN%07d,%s %s,0%011d,%d%02d%02d0000,%d,\"Thôn %d, Xã Thử, Tỉnh Thử\",%s4%02d%010d,%05d,"
        "20260101,20261231,%s,%s,%s,%s,%s,2026%02d%02d%02d%02d,%s,2026%02d%02d%02d%02d,%d,%d,1,"
        "2026%02d%02d1700,%d%s,%d,%d%s,%d%s,%d,%d,%d,0,%s,K%02d,%05d,2026\n",
        facility, number, number % 1000, below(5000000), family[below(8)], given[below(6)], below(2000000000),
        1930 + below(95), 1 + below(12), 1 + below(28), 1 + below(2), below(30), below(3) ? "GD" : "HT",
        below(97), below(2000000000), 1001 + below(800),
        below(2) ? "Viêm phế quản cấp" : "Tăng huyết áp vô căn", disease[below(8)], below(2) ? "" : "I10;E78",
        below(5) ? "1.1" : "3.3", below(6) ? "" : "79001", month, day, 6 + below(4), below(60), admitted,
        month, last, 10 + below(12), below(60), stay, 1 + below(3), month, last, drugs, cents, below(200000),
        total + below(1000), cents, total, cents, below(3000), copay, total - copay, inpatient ? "03" : "01",
        1 + below(50), facility);
}

static char *make_claims(int rows, size_t *size) {
    size_t room = 600 * (size_t)rows + 1000, used = strlen(columns);
    char *claims = malloc(room);
    if (!claims) return NULL;
    memcpy(claims, columns, used);
    for (int i = 0; i < rows; i++) used += (size_t)append_row(claims + used, room - used, i);
    *size = used;
    return claims;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

typedef struct counts {
    uint64_t fields, rows;
} counts;

static void count_field(void *cell, size_t size, void *data) {
    (void)cell;
    (void)size;
    ((counts *)data)->fields++;
}

static void count_row(int end, void *data) {
    (void)end;
    ((counts *)data)->rows++;
}

/* libcsv alone, in slices that end with a row. */
static uint64_t run_libcsv(const char *claims, size_t size) {
    counts seen = {0, 0};
    km_csv *csv;
    if (km_csv_new(km_mem_default(), ',', SLICE, &csv, NULL) != KIEM_OK) return 0;
    for (size_t at = 0; at < size;) {
        size_t step = size - at < SLICE ? size - at : SLICE;
        while (claims[at + step - 1] != '\n') step--;
        km_csv_record(csv, claims + at, step, count_field, count_row, &seen);
        at += step;
    }
    km_csv_free(csv);
    return seen.rows - 1;
}

static uint64_t run_splitter(const char *claims, size_t size) {
    uint64_t records = 0;
    km_splitter splitter;
    km_splitter_init(&splitter, ',', KM_RECORD_LIMIT);
    for (size_t at = 0, taken; at < size; at += taken, records++)
        km_split_next(&splitter, claims + at, size - at, true, &taken);
    return records - 1;
}

static km_ingest_options all_fields(size_t block_size) {
    km_ingest_options options = {.scope = KM_SCOPE_CLAIM, .block_size = block_size};
    memset(&options.wanted, 0xFF, sizeof options.wanted);
    return options;
}

static uint64_t run_source(const char *claims, size_t size, size_t block_size) {
    km_ingest_options options = all_fields(block_size);
    km_source *source;
    if (km_source_new(km_mem_default(), &options, &source, NULL) != KIEM_OK) return 0;
    for (size_t at = 0; at <= size; at += PUSH) {
        size_t step = size - at < PUSH ? size - at : PUSH;
        km_source_push(source, claims + at, step, NULL);
        if (step < PUSH) km_source_finish(source, NULL);
        for (km_block *block; (block = km_source_next_block(source));) km_source_return_block(source, block);
    }
    uint64_t records = km_source_get_counts(source).records;
    km_source_free(source);
    return records;
}

static uint64_t run_reader(const char *claims, size_t size, size_t block_size) {
    km_ingest_options options = all_fields(block_size);
    km_reader *reader;
    km_error error;
    if (km_reader_new(km_mem_default(), &options, &reader, &error) != KIEM_OK) return 0;
    kiem_status status = KIEM_OK;
    for (size_t at = 0; at <= size && status == KIEM_OK; at += PUSH) {
        size_t step = size - at < PUSH ? size - at : PUSH;
        km_batch *batch;
        status = km_reader_push(reader, claims + at, step, &error);
        if (status == KIEM_OK && step < PUSH) status = km_reader_finish(reader, &error);
        do {
            if (status == KIEM_OK) status = km_reader_next(reader, &batch, &error);
        } while (status == KIEM_OK && batch);
    }
    if (status != KIEM_OK) fprintf(stderr, "row %lld: %s\n", (long long)error.line, error.message);
    uint64_t rows = km_reader_get_counts(reader).rows;
    km_reader_free(reader);
    return rows;
}

typedef struct contest {
    const char *name;
    size_t block_size;
    uint64_t (*run)(const char *claims, size_t size, size_t block_size);
    double best;
} contest;

static uint64_t libcsv_contest(const char *claims, size_t size, size_t block_size) {
    (void)block_size;
    return run_libcsv(claims, size);
}

static uint64_t splitter_contest(const char *claims, size_t size, size_t block_size) {
    (void)block_size;
    return run_splitter(claims, size);
}

int main(int argc, char **argv) {
    int rows = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 300000;
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 9;
    size_t size;
    char *claims = rows > 0 ? make_claims(rows, &size) : NULL;
    if (!claims) return 2;
    contest contests[] = {{"libcsv, counting fields", 0, libcsv_contest, 0},
                          {"splitter", 0, splitter_contest, 0},
                          {"source, blocks of 256 KiB", 256 << 10, run_source, 0},
                          {"reader, blocks of 64 KiB", 64 << 10, run_reader, 0},
                          {"reader, blocks of 256 KiB", 256 << 10, run_reader, 0},
                          {"reader, blocks of 768 KiB", 768 << 10, run_reader, 0}};
    size_t count = sizeof contests / sizeof contests[0];
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < count; i++) {
            double start = now();
            uint64_t read = contests[i].run(claims, size, contests[i].block_size);
            double taken = now() - start;
            if (read != (uint64_t)rows)
                return fprintf(stderr, "%s read %llu rows\n", contests[i].name, (unsigned long long)read), 1;
            if (round == 0 || taken < contests[i].best) contests[i].best = taken;
        }
    }
    printf("%d rows, %.1f MB, %.0f bytes a row; best of %d\n", rows, (double)size / 1e6, (double)size / rows,
           rounds);
    for (size_t i = 0; i < count; i++) {
        double seconds = contests[i].best;
        printf("%-28s %7.1f ns/row  %6.2f M rows/s  %5.2f x libcsv\n", contests[i].name, seconds / rows * 1e9,
               rows / seconds / 1e6, seconds / contests[0].best);
    }
    free(claims);
    return 0;
}
