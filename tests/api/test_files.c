/* Jobs whose files and streams fail: a status that says what and where, no descriptor kept, no file left. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failing.h"

enum { PATH_ROOM = 256, TEXT_MAX = 1 << 16 };

static char root[PATH_ROOM]; /* a directory of this test's own */
static kiem_env *env;
static kiem_error *error;
static kiem_policy *policy;

static const char *in_root(const char *name) {
    static char paths[4][PATH_ROOM * 2];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    CU_ASSERT_FATAL(file != NULL);
    CU_ASSERT(fputs(text, file) >= 0 && fclose(file) == 0);
}

/* Entries of a directory but . and .. ; -1 when there is none. */
static int entries(const char *path) {
    DIR *folder = opendir(path);
    int count = folder ? -2 : -1;
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

static int descriptors(void) {
    return entries("/proc/self/fd");
}

/* The number that the next descriptor would get. */
static rlim_t next_descriptor(void) {
    const int next = dup(0);
    CU_ASSERT_FATAL(next >= 0);
    close(next);
    return (rlim_t)next;
}

/* Takes away what a job has written. */
static void clean(const char *path) {
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char name[PATH_ROOM * 3];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (remove(name) != 0 && entry->d_name[0] != '.') CU_FAIL("not removed");
    }
    if (folder) closedir(folder);
    rmdir(path);
}

/* ---- claims as a stream that may break */

enum { ROWS = 3000, ROW_ROOM = 96 };

typedef struct source {
    size_t rows, at, breaks; /* breaks: the byte at which it fails, 0 for none */
    int64_t answer;          /* of the read that fails; 1: more than there was room for */
} source;

static char claims[ROWS * ROW_ROOM];
static size_t ends[ROWS + 1]; /* of the header, of each row */

static void make_claims(void) {
    size_t length = (size_t)snprintf(
        claims, sizeof claims,
        "MA_LK,MA_THE_BHYT,GIOI_TINH,NGAY_VAO,NGAY_RA,MA_CSKCB,MA_LOAI_KCB,MA_BENH_CHINH,T_BHTT\n");
    ends[0] = length;
    for (size_t row = 1; row <= ROWS; row++) {
        length +=
            (size_t)snprintf(claims + length, sizeof claims - length,
                             "K%zu,GD47900%08zu,%d,202503%02zu0800,202503%02zu1200,79001,03,J18.9,%zu\n", row,
                             row % 50 + 1, row % 2 ? 1 : 2, row % 27 + 1, row % 27 + 1, 100000 + row);
        ends[row] = length;
    }
}

static int64_t read_rows(void *user, void *buffer, size_t size) {
    source *from = user;
    const size_t end = from->breaks ? from->breaks : ends[from->rows], left = end - from->at;
    if (from->breaks && !left) return from->answer > 0 ? (int64_t)size + 1 : from->answer;
    const size_t taken = left < size ? left : size;
    memcpy(buffer, claims + from->at, taken);
    from->at += taken;
    return (int64_t)taken;
}

typedef struct settings {
    const char *out, *memory, *threads;
} settings;

static kiem_status run_job(const settings *with, source *from, kiem_env *of, kiem_state *learns) {
    kiem_job *job = NULL;
    from->at = 0;
    kiem_status status = kiem_job_new(of, policy, &job, error);
    if (status == KIEM_OK && with->out) status = kiem_job_set(job, "out", with->out, error);
    if (status == KIEM_OK && with->memory) status = kiem_job_set(job, "memory", with->memory, error);
    if (status == KIEM_OK) status = kiem_job_set(job, "threads", with->threads ? with->threads : "1", error);
    if (status == KIEM_OK) status = kiem_job_add_stream(job, "claims", "rows.csv", read_rows, from, error);
    if (status == KIEM_OK) status = learns ? kiem_job_learn(job, learns, 0, error) : kiem_job_run(job, error);
    kiem_job_free(job);
    return status;
}

static void expect(kiem_status status, kiem_status expected, const char *part, const char *file) {
    CU_ASSERT_EQUAL(status, expected);
    CU_ASSERT_EQUAL(kiem_error_status(error), expected);
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), part));
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_file(error), file));
    if (status != expected || !strstr(kiem_error_message(error), part) ||
        !strstr(kiem_error_file(error), file))
        fprintf(stderr, "status %d: %s (%s), not %s\n", (int)status, kiem_error_message(error),
                kiem_error_file(error), part);
}

/* ---- memory */

/* Whatever allocation fails, to the last: no file is left, not even one of a few complete ones. */
static void a_job_without_memory_leaves_no_file(void) {
    const settings with = {.out = in_root("out"), .memory = "1M"};
    source from = {.rows = 40};
    const int open_before = descriptors();
    atomic_store(&made, 0);
    CU_ASSERT_EQUAL_FATAL(run_job(&with, &from, env, NULL), KIEM_OK);
    const long total = atomic_load(&made), last = 60;
    CU_ASSERT(entries(with.out) > 5);
    clean(with.out);
    for (long n = 1; n <= total; n += n < 20 || n > total - last ? 1 : 1 + total / 150) {
        atomic_store(&made, 0);
        atomic_store(&fail_at, n);
        const kiem_status status = run_job(&with, &from, env, NULL);
        atomic_store(&fail_at, 0);
        CU_ASSERT(is_out_of_memory(status, error));
        CU_ASSERT(entries(with.out) <= 0);
        if (entries(with.out) > 0) fprintf(stderr, "%ld of %ld: %d files\n", n, total, entries(with.out));
        clean(with.out);
    }
    CU_ASSERT_EQUAL(descriptors(), open_before);
}

/* ---- streams */

static void a_stream_that_breaks_is_an_error_of_input(void) {
    const struct {
        size_t breaks;
        int64_t answer;
    } cases[] = {{1, -1}, {ends[0], INT64_MIN}, {ends[2] - 3, -2}, {ends[ROWS], -1}, {ends[ROWS / 2], 1}};
    static const char *const threads[] = {"1", "4"}, *const memory[] = {NULL, "1M"};
    const int open_before = descriptors();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int t = 0; t < 2; t++) {
            source from = {.rows = ROWS, .breaks = cases[i].breaks, .answer = cases[i].answer};
            const settings with = {.out = in_root("out"), .memory = memory[t], .threads = threads[t]};
            expect(run_job(&with, &from, NULL, NULL), KIEM_E_IO, "", "rows.csv");
            CU_ASSERT_EQUAL(entries(with.out), 0);
            CU_ASSERT_EQUAL(descriptors(), open_before);
        }
    }
}

static void a_state_that_cannot_learn_all_learns_nothing(void) {
    kiem_state *state;
    source from = {.rows = ROWS, .breaks = ends[ROWS], .answer = -1};
    const settings with = {.threads = "4"};
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(NULL, &state, NULL), KIEM_OK);
    expect(run_job(&with, &from, NULL, state), KIEM_E_IO, "", "rows.csv");
    CU_ASSERT_EQUAL(kiem_state_claims(state), 0);
    from = (source){.rows = ROWS};
    CU_ASSERT_EQUAL(run_job(&with, &from, NULL, state), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_claims(state), ROWS);
    kiem_state_free(state);
}

/* ---- result files that cannot be made, written or named */

static void names_that_are_taken_leave_no_file(void) {
    const settings with = {.out = in_root("out")};
    static const char *const names[] = {"shortlist.csv", "rejects.csv", "summary.json"};
    source from = {.rows = 10};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_ROOM * 3], inside[PATH_ROOM * 4];
        snprintf(path, sizeof path, "%s/%s", with.out, names[i]);
        snprintf(inside, sizeof inside, "%s/x", path);
        mkdir(with.out, 0777); /* it may be there */
        CU_ASSERT_EQUAL_FATAL(mkdir(path, 0777), 0);
        CU_ASSERT_EQUAL_FATAL(mkdir(inside, 0777), 0);
        expect(run_job(&with, &from, NULL, NULL), KIEM_E_IO, "cannot name the file: it is a directory",
               names[i]);
        CU_ASSERT_EQUAL(entries(with.out), 1); /* the one in the way */
        rmdir(inside);
        rmdir(path);
        clean(with.out);
    }
}

static void a_directory_that_cannot_be_made_is_told(void) {
    source from = {.rows = 10};
    write_file(in_root("plain"), "x");
    settings with = {.out = in_root("plain/out")};
    expect(run_job(&with, &from, NULL, NULL), KIEM_E_IO, "a part of the path is not a directory", "plain");
    with.out = "/proc/kiem";
    expect(run_job(&with, &from, NULL, NULL), KIEM_E_IO, "cannot make the directory", "/proc/kiem");
    with.out = in_root("plain");
    expect(run_job(&with, &from, NULL, NULL), KIEM_E_IO, "a part of the path is not a directory", "plain");
    remove(in_root("plain"));
}

/* ---- a full disk, as the limit of a file's size shows it */

static void limit(int what, rlim_t most, struct rlimit *before) {
    CU_ASSERT_EQUAL_FATAL(getrlimit(what, before), 0);
    const struct rlimit now = {most, before->rlim_max};
    CU_ASSERT_EQUAL_FATAL(setrlimit(what, &now), 0);
}

static void a_full_disk_is_told(void) {
    static const rlim_t sizes[] = {0, 100, 5000, 20000, 60000};
    source from = {.rows = ROWS};
    const int open_before = descriptors();
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (int little = 0; little < 2; little++) {
            const settings with = {
                .out = in_root("out"), .memory = little ? "10K" : NULL, .threads = little ? "3" : "1"};
            struct rlimit before;
            limit(RLIMIT_FSIZE, sizes[i], &before);
            const kiem_status status = run_job(&with, &from, NULL, NULL);
            setrlimit(RLIMIT_FSIZE, &before);
            expect(status, KIEM_E_IO, "the disk is full", "out");
            CU_ASSERT_EQUAL(entries(with.out), 0);
            CU_ASSERT_EQUAL(descriptors(), open_before);
        }
    }
    signal(SIGXFSZ, SIG_DFL);
    const settings with = {.out = in_root("out"), .memory = "10K"};
    CU_ASSERT_EQUAL(run_job(&with, &from, NULL, NULL), KIEM_OK);
    clean(with.out);
}

/* ---- too many open files */

static void descriptors_that_run_out_are_told(void) {
    source from = {.rows = ROWS};
    const int open_before = descriptors();
    kiem_status status = KIEM_E_IO;
    int more = 0;
    for (; status != KIEM_OK && more < 64; more++) {
        const settings with = {.out = in_root("out"), .memory = "10K"};
        struct rlimit before;
        limit(RLIMIT_NOFILE, next_descriptor() + (rlim_t)more, &before);
        status = run_job(&with, &from, NULL, NULL);
        setrlimit(RLIMIT_NOFILE, &before);
        if (status != KIEM_OK) expect(status, KIEM_E_IO, "too many open files", "out");
        if (status != KIEM_OK) CU_ASSERT(entries(with.out) <= 0);
        CU_ASSERT_EQUAL(descriptors(), open_before);
        clean(with.out);
    }
    CU_ASSERT_EQUAL(status, KIEM_OK);
    CU_ASSERT(more > 10);
}

/* ---- inputs */

static kiem_status run_file(const char *role, const char *path) {
    kiem_job *job = NULL;
    source from = {.rows = 10};
    kiem_status status = kiem_job_new(NULL, policy, &job, error);
    if (status == KIEM_OK && strcmp(role, "claims") != 0)
        status = kiem_job_add_stream(job, "claims", "rows.csv", read_rows, &from, error);
    if (status == KIEM_OK) status = kiem_job_add_file(job, role, path, error);
    if (status == KIEM_OK) status = kiem_job_run(job, error);
    kiem_job_free(job);
    return status;
}

static void files_that_cannot_be_read_are_told(void) {
    static const char *const roles[] = {"claims", "drugs", "services", "budgets"};
    const int open_before = descriptors();
    for (int i = 0; i < 4; i++) {
        expect(run_file(roles[i], in_root("none.csv")), KIEM_E_IO, "there is no such file", "none.csv");
        expect(run_file(roles[i], root), KIEM_E_IO, "it is a directory", root);
        expect(run_file(roles[i], "/proc/self/mem"), KIEM_E_IO, "cannot read the file", "/proc/self/mem");
        struct rlimit before;
        limit(RLIMIT_NOFILE, next_descriptor(), &before);
        const kiem_status status = run_file(roles[i], in_root("none.csv"));
        setrlimit(RLIMIT_NOFILE, &before);
        expect(status, KIEM_E_IO, "too many open files", "none.csv");
        CU_ASSERT_EQUAL(descriptors(), open_before);
    }
}

/* ---- all */

static void open_all(void) {
    snprintf(root, sizeof root, "/tmp/kiem-test-XXXXXX");
    CU_ASSERT_FATAL(mkdtemp(root) != NULL);
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(env, &error), KIEM_OK);
    policy = few_rules();
    make_claims();
}

static void close_all(void) {
    kiem_policy_free(policy);
    kiem_error_free(error);
    kiem_env_free(env);
    rmdir(in_root("out"));
    CU_ASSERT_EQUAL(entries(root), 0);
    CU_ASSERT_EQUAL(rmdir(root), 0);
    CU_ASSERT_EQUAL(atomic_load(&live), 0);
}

int main(void) {
    static const api_test tests[] = {
        {"what is needed is made", open_all},
        {"a job without memory leaves no file", a_job_without_memory_leaves_no_file},
        {"a stream that breaks is an error of input", a_stream_that_breaks_is_an_error_of_input},
        {"a state that cannot learn all learns nothing", a_state_that_cannot_learn_all_learns_nothing},
        {"names that are taken leave no file", names_that_are_taken_leave_no_file},
        {"a directory that cannot be made is told", a_directory_that_cannot_be_made_is_told},
        {"a full disk is told", a_full_disk_is_told},
        {"descriptors that run out are told", descriptors_that_run_out_are_told},
        {"files that cannot be read are told", files_that_cannot_be_read_are_told},
        {"nothing is left", close_all}};
    return run_suite("files", tests, sizeof tests / sizeof tests[0]);
}
