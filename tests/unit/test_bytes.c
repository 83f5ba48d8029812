/* The bytes of an input, whatever interrupts the reading of them. */
#define _DEFAULT_SOURCE 1 /* setitimer, usleep */

#include "engine/flow/bytes.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/test.h"

enum { PIECES = 5, PIECE = 3000, WAIT = 20000, EVERY = 3000 /* microseconds */ };

static void heard(int signal) {
    (void)signal;
}

static void *write_slowly(void *context) {
    const int *end = context;
    char piece[PIECE];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < PIECES; i++) {
        usleep(WAIT);
        if (write(*end, piece, sizeof piece) != PIECE) break;
    }
    usleep(WAIT);
    close(*end);
    return NULL;
}

/* Signals for this thread alone, whose handler does not ask for calls to be restarted. */
static void start_signals(struct sigaction *before) {
    struct sigaction action = {.sa_handler = heard};
    const struct itimerval often = {{0, EVERY}, {0, EVERY}};
    sigaction(SIGALRM, &action, before);
    setitimer(ITIMER_REAL, &often, NULL);
}

static void stop_signals(const struct sigaction *before) {
    const struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, before, NULL);
}

static void signals_do_not_end_a_file(void) {
    int ends[2];
    char name[32], room[1024];
    pthread_t writer;
    sigset_t alarm, old;
    struct sigaction before;
    km_bytes bytes;
    km_error error;
    size_t all = 0, taken = 1, interrupted = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, &old);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&writer, NULL, write_slowly, &ends[1]), 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    TEST_OK(km_bytes_open(&bytes, name, NULL, NULL, KM_TEXT(""), &error), &error);
    start_signals(&before);
    while (taken || bytes.interrupted) {
        const kiem_status status = km_bytes_next(&bytes, room, sizeof room, &taken, &error);
        TEST_OK(status, &error);
        if (status != KIEM_OK) break;
        all += taken;
        interrupted += bytes.interrupted;
    }
    stop_signals(&before);
    CU_ASSERT_EQUAL(all, PIECES * PIECE);
    CU_ASSERT_TRUE(interrupted > 0);
    pthread_join(writer, NULL);
    km_bytes_close(&bytes);
    close(ends[0]);
}

static void a_directory_is_no_file(void) {
    km_bytes bytes;
    km_error error;
    char room[16];
    size_t taken;
    TEST_OK(km_bytes_open(&bytes, "/", NULL, NULL, KM_TEXT(""), &error), &error);
    CU_ASSERT_EQUAL(km_bytes_next(&bytes, room, sizeof room, &taken, &error), KIEM_E_IO);
    km_bytes_close(&bytes);
}

static int64_t read_three(void *user, void *buffer, size_t size) {
    int *left = user;
    const size_t taken = size < 3 ? size : 3;
    memcpy(buffer, "xyz", taken);
    return (*left)-- > 0 ? (int64_t)taken : 0;
}

static void bytes_taken_before_come_first(void) {
    for (size_t size = 1; size < 8; size++) {
        char all[32] = "", room[8];
        int left = 1;
        size_t length = 0, taken = 1;
        km_bytes bytes;
        TEST_OK(km_bytes_open(&bytes, "a", read_three, &left, KM_TEXT("abcde"), NULL), NULL);
        while (taken) {
            TEST_OK(km_bytes_next(&bytes, room, size, &taken, NULL), NULL);
            memcpy(all + length, room, taken);
            length += taken;
        }
        TEST_TEXT_EQUAL(((km_text){all, 5 + (size < 3 ? size : 3)}), size == 1   ? "abcdex"
                                                                     : size == 2 ? "abcdexy"
                                                                                 : "abcdexyz");
        km_bytes_close(&bytes);
    }
}

TEST_MAIN("bytes", {"bytes taken before come first", bytes_taken_before_come_first},
          {"signals do not end a file", signals_do_not_end_a_file},
          {"a directory is no file", a_directory_is_no_file})
