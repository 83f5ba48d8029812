#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static const char learn_help_vi[] =
    "kiem learn HỒ_SƠ... -o TỆP [tuỳ chọn]\n"
    "\n"
    "Đọc hồ sơ và giữ trong một tệp những gì các lần chạy sau cần (lịch sử người bệnh, số tiền).\n"
    "\n"
    "  -o FILE           tệp ghi dữ liệu đã học; tệp đã có không bị ghi đè\n"
    "  --state FILE      học tiếp từ dữ liệu này; muốn cập nhật tệp của -o thì nêu tệp đó cả ở đây\n"
    "  --as-of DATE      ngày chốt dữ liệu (mặc định: ngày ra viện muộn nhất); nhờ đó kiem check về\n"
    "                    sau biết hồ sơ gửi chậm bao lâu\n"
    "  --again           học cả tệp hồ sơ đã học rồi: hồ sơ trong đó khi ấy được tính hai lần\n"
    "  --decimal-comma   trong tệp hồ sơ số được viết 1.234,50\n"
    "  --lang vi|en      ngôn ngữ; mặc định vi\n"
    "  --quiet           không in gì ngoài lỗi\n"
    "\n"
    "Tệp có số thẻ BHYT và số căn cước: chỉ chủ tệp đọc được (quyền 0600).\n";

static const char learn_help_en[] =
    "kiem learn CLAIMS... -o STATE [options]\n"
    "\n"
    "Reads claims and keeps what later runs need of them (patient history, money) in a state file.\n"
    "\n"
    "  -o FILE           where the state is written; a file that is there is not written over\n"
    "  --state FILE      go on from this state; to bring the file of -o up to date name it in both places\n"
    "  --as-of DATE      the day the claims were cut (default: their latest discharge), from which a later\n"
    "                    check learns how late claims come\n"
    "  --again           learn even a file that the state has learned: its claims then count twice\n"
    "  --decimal-comma   the claims have numbers written 1.234,50\n"
    "  --lang vi|en      language; default vi\n"
    "  --quiet           print nothing but errors\n"
    "\n"
    "The state holds card and citizen numbers: it is written for its owner alone (mode 0600).\n";

static const char merge_help_vi[] = "kiem merge TỆP... -o TỆP [tuỳ chọn]\n"
                                    "\n"
                                    "Gộp nhiều tệp dữ liệu đã học thành một; thứ tự không quan trọng.\n"
                                    "\n"
                                    "  -o FILE           ghi dữ liệu gộp vào đâu\n"
                                    "  --again           gộp cả những tệp đã học cùng một nguồn: hồ sơ của "
                                    "nguồn đó khi ấy được tính hai lần\n"
                                    "  --lang vi|en      ngôn ngữ; mặc định vi\n"
                                    "  --quiet           không in gì ngoài lỗi\n";

static const char merge_help_en[] =
    "kiem merge STATE... -o STATE [options]\n"
    "\n"
    "Brings together what several states have learned; the order does not matter.\n"
    "\n"
    "  -o FILE           where the merged state is written\n"
    "  --again           merge even states that have learned one source: its claims then count twice\n"
    "  --lang vi|en      language; default vi\n"
    "  --quiet           print nothing but errors\n";

/* ---- files */

static int64_t read_file(void *user, void *buffer, size_t size) {
    size_t taken = fread(buffer, 1, size, user);
    return taken || !ferror((FILE *)user) ? (int64_t)taken : -1;
}

static int32_t write_file(void *user, const void *bytes, size_t size) {
    return fwrite(bytes, 1, size, user) != size;
}

static int fail_named(const char *path, const kiem_error *error, kiem_status status) {
    cli_tell(path, kiem_error_message(error));
    return status == KIEM_E_NOMEM || status == KIEM_E_INTERNAL ? EXIT_INTERNAL : EXIT_INPUT;
}

int cli_state_load(const char *path, kiem_state **out, kiem_error *error) {
    FILE *file = fopen(path, "rb");
    if (!file) return cli_complain(path, "không mở được tệp dữ liệu đã học", "cannot open the state");
    kiem_status status = kiem_state_load(NULL, read_file, file, out, error);
    fclose(file);
    return status == KIEM_OK ? EXIT_DONE : fail_named(path, error, status);
}

/* ---- the file to be written: beside its place as FILE.part, then renamed, so that nobody meets half of it
 */

typedef struct place {
    const char *path;
    char part[4096];
    int descriptor; /* of the part; it holds a lock */
} place;

static int cannot_write(const place *to) {
    return cli_complain(to->part, "không ghi được tệp dữ liệu đã học", "cannot write the state");
}

/* What a run that is stopped takes away; it holds card numbers. */
static const char *volatile unfinished;

static void stop(int number) {
    if (unfinished) unlink(unfinished);
    raise(number); /* reset to what it does by default */
}

static int is_same(const struct stat *one, const struct stat *other) {
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* 1 locked, 0 another holds it, -1 the part has been renamed since it was opened. A file system without locks
 * does without. */
static int lock(const place *to) {
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat opened, named;
    if (fcntl(to->descriptor, F_SETLK, &whole) != 0 && (errno == EACCES || errno == EAGAIN)) return 0;
    return fstat(to->descriptor, &opened) == 0 && stat(to->part, &named) == 0 && is_same(&opened, &named)
               ? 1
               : -1;
}

/* From before the state is read that it goes on from: of two that learn into one file, the second would else
 * write over what the first has learned. */
static int reserve(place *to, const char *path) {
    int locked = -1;
    to->path = path;
    if (snprintf(to->part, sizeof to->part, "%s.part", path) >= (int)sizeof to->part)
        return cli_usage("-o quá dài", "-o is too long");
    while (locked < 0) {
        to->descriptor = open(to->part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (to->descriptor < 0) return cannot_write(to);
        locked = lock(to);
        if (locked != 1) close(to->descriptor);
    }
    if (locked) {
        unfinished = to->part;
        cli_on_stop(stop);
        return EXIT_DONE;
    }
    fprintf(stderr,
            cli_say("kiem: %s: một lệnh kiem khác đang ghi tệp này; hãy chạy lần lượt từng lệnh\n",
                    "kiem: %s: another kiem is writing this file; run one after the other\n"),
            path);
    return EXIT_INPUT;
}

static void give_up(place *to) {
    unfinished = NULL; /* as soon as it is gone, another run may make it anew */
    remove(to->part);
    close(to->descriptor);
}

/* Ends the reservation, whatever becomes of it. */
static int save(place *to, kiem_state *state, kiem_error *error) {
    FILE *file = NULL;
    if (ftruncate(to->descriptor, 0) == 0 && fchmod(to->descriptor, S_IRUSR | S_IWUSR) == 0)
        file = fdopen(to->descriptor, "wb");
    if (!file) {
        int result = cannot_write(to);
        give_up(to);
        return result;
    }
    kiem_status status = kiem_state_save(state, write_file, file, error);
    int result = status == KIEM_OK || status == KIEM_E_IO ? EXIT_DONE : fail_named(to->part, error, status);
    if (status == KIEM_E_IO || (result == EXIT_DONE && (fflush(file) != 0 || fsync(to->descriptor) != 0)))
        result = cannot_write(to);
    unfinished = NULL;
    if (result == EXIT_DONE && rename(to->part, to->path) != 0)
        result = cli_complain(to->path, "không đặt được tên tệp dữ liệu đã học", "cannot name the state");
    if (result != EXIT_DONE) remove(to->part);
    fclose(file); /* and with it the lock */
    return result;
}

/* ---- command lines */

typedef struct state_options {
    const char *inputs[CLI_INPUTS_MAX];
    int count;
    const char *out, *state, *as_of;
    int again, quiet, decimal_comma;
} state_options;

static int take(state_options *o, const char *name, const char *value, int learns) {
    if (strcmp(name, "--again") == 0) return o->again = 1, 1;
    if (strcmp(name, "--quiet") == 0) return o->quiet = 1, 1;
    if (learns && strcmp(name, "--decimal-comma") == 0) return o->decimal_comma = 1, 1;
    if (strcmp(name, "-o") == 0) return o->out = value, 2;
    if (learns && strcmp(name, "--as-of") == 0) return o->as_of = value, 2;
    if (learns && strcmp(name, "--state") == 0) return o->state = value, 2;
    return 0;
}

static int parse(state_options *o, int argc, char **argv, int learns) {
    for (int i = 0; i < argc;) {
        if (argv[i][0] != '-' || strcmp(argv[i], "-") == 0) {
            if (o->count == CLI_INPUTS_MAX)
                return cli_usage("hơn %d tệp", "more than %d files", CLI_INPUTS_MAX);
            o->inputs[o->count++] = argv[i++];
            continue;
        }
        int taken = take(o, argv[i], i + 1 < argc ? argv[i + 1] : NULL, learns);
        if (!taken)
            return cli_usage("không có tuỳ chọn '%s'; xem --help", "unknown option '%s'; see --help",
                             argv[i]);
        if (i + taken > argc)
            return cli_usage("tuỳ chọn %s cần một giá trị", "option %s needs a value", argv[i]);
        i += taken;
    }
    if (!o->count)
        return learns ? cli_usage("chưa cho tệp hồ sơ nào", "no claims given")
                      : cli_usage("chưa cho tệp dữ liệu đã học nào", "no states given");
    return o->out ? EXIT_DONE
                  : cli_usage("thiếu -o TỆP: ghi dữ liệu đã học vào đâu?",
                              "-o FILE is missing: where should the state go?");
}

static kiem_status learn_all(const state_options *o, cli_inputs *inputs, kiem_job *job, kiem_state *state,
                             kiem_error *error) {
    kiem_status status = kiem_job_set(job, "keep", "small", error);
    if (status == KIEM_OK && o->decimal_comma) status = kiem_job_set(job, "decimal_comma", "1", error);
    if (status == KIEM_OK && o->as_of) status = kiem_job_set(job, "as_of", o->as_of, error);
    if (!inputs) status = KIEM_E_NOMEM;
    for (int i = 0; i < o->count && status == KIEM_OK; i++)
        status = cli_inputs_add(inputs, job, "claims", o->inputs[i], error);
    return status == KIEM_OK ? kiem_job_learn(job, state, o->again, error) : status;
}

static int learn(const state_options *o, place *to, kiem_state *state, kiem_error *error) {
    kiem_job *job = NULL;
    const kiem_table *totals = NULL;
    cli_inputs *inputs = cli_inputs_new();
    kiem_status status = cli_job_new(NULL, o->quiet, &job, error);
    if (status == KIEM_OK) status = learn_all(o, inputs, job, state, error);
    if (status == KIEM_OK) status = kiem_job_table(job, "totals", &totals, error);
    int result = EXIT_DONE;
    if (status != KIEM_OK) {
        result = cli_inputs_tell(inputs) ? EXIT_INPUT : cli_fail(error, status);
        give_up(to);
    } else {
        result = save(to, state, error);
    }
    if (result == EXIT_DONE && !o->quiet) {
        printf(cli_say("%s dòng: %s đã học, %s không đọc được; dữ liệu đã học có %s hồ sơ\n",
                       "%s rows: %s learned, %s rejected; the state has %s claims\n"),
               cli_grouped(cli_total(totals, "rows"), 2), cli_grouped(cli_total(totals, "learned"), 2),
               cli_grouped(cli_total(totals, "rejected"), 2), cli_grouped(kiem_state_claims(state), 0));
    }
    kiem_job_free(job);
    cli_inputs_free(inputs);
    return result;
}

/* Something that would be lost: neither empty nor what is gone on from. */
static int is_there(const state_options *o) {
    struct stat there, from;
    if (stat(o->out, &there) != 0 || !S_ISREG(there.st_mode) || !there.st_size) return 0;
    return !o->state || stat(o->state, &from) != 0 || !is_same(&there, &from);
}

static int learn_into(const state_options *o, place *to, kiem_error *error) {
    kiem_state *state = NULL;
    int result = EXIT_DONE;
    if (is_there(o)) {
        result = cli_usage(
            "%s đã có và có thể chứa lịch sử; hãy học tiếp bằng --state %s, hoặc đặt tên tệp khác",
            "%s is there already and may hold a history; go on from it with --state %s, or name another file",
            o->out, o->out);
    } else if (o->state) {
        result = cli_state_load(o->state, &state, error);
    } else if (kiem_state_new(NULL, &state, error) != KIEM_OK) {
        result = cli_fail(error, KIEM_E_NOMEM);
    }
    if (result == EXIT_DONE) {
        result = learn(o, to, state, error);
    } else {
        give_up(to);
    }
    kiem_state_free(state);
    return result;
}

int cli_learn(int argc, char **argv) {
    static state_options o;
    static place to;
    kiem_error *error;
    if (argc > 0 && strcmp(argv[0], "--help") == 0)
        return fputs(cli_say(learn_help_vi, learn_help_en), stdout), EXIT_DONE;
    int result = parse(&o, argc, argv, 1);
    if (result != EXIT_DONE) return result;
    if (kiem_error_new(NULL, &error) != KIEM_OK) return EXIT_INTERNAL;
    result = reserve(&to, o.out);
    if (result == EXIT_DONE) result = learn_into(&o, &to, error);
    kiem_error_free(error);
    return result;
}

static int merge_all(const state_options *o, kiem_state **into, kiem_error *error) {
    int result = cli_state_load(o->inputs[0], into, error);
    for (int i = 1; i < o->count && result == EXIT_DONE; i++) {
        kiem_state *more = NULL;
        result = cli_state_load(o->inputs[i], &more, error);
        if (result != EXIT_DONE) return result;
        kiem_status status = kiem_state_merge(*into, more, o->again, error);
        kiem_state_free(more);
        if (status == KIEM_E_ARGUMENT) {
            cli_tell(o->inputs[i], kiem_error_message(error));
            return EXIT_USAGE;
        }
        if (status != KIEM_OK) result = cli_fail(error, status);
    }
    return result;
}

static int merge_into(const state_options *o, place *to, kiem_error *error) {
    kiem_state *state = NULL;
    int result = merge_all(o, &state, error);
    if (result == EXIT_DONE) {
        result = save(to, state, error);
    } else {
        give_up(to);
    }
    if (result == EXIT_DONE && !o->quiet)
        printf(cli_say("dữ liệu đã học có %s hồ sơ\n", "the state has %s claims\n"),
               cli_grouped(kiem_state_claims(state), 0));
    kiem_state_free(state);
    return result;
}

int cli_merge(int argc, char **argv) {
    static state_options o;
    static place to;
    kiem_error *error;
    if (argc > 0 && strcmp(argv[0], "--help") == 0)
        return fputs(cli_say(merge_help_vi, merge_help_en), stdout), EXIT_DONE;
    int result = parse(&o, argc, argv, 0);
    if (result != EXIT_DONE) return result;
    if (kiem_error_new(NULL, &error) != KIEM_OK) return EXIT_INTERNAL;
    result = reserve(&to, o.out);
    if (result == EXIT_DONE) result = merge_into(&o, &to, error);
    kiem_error_free(error);
    return result;
}
