#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "gunzip.h"

/* Compressed files are unpacked here, so that the library needs no compression of any kind. */

enum { BLOCK = 1 << 18, HEAD = 6 /* bytes that tell how a file is packed */ };

typedef struct packed {
    const char *path;
    cli_gunzip *gunzip; /* of gzip, else: */
    struct archive *archive;
    int failed, empty;
    int descriptor; /* of a pipe */
    char head[HEAD], *block;
    size_t head_length;
} packed;

struct cli_inputs {
    packed open[CLI_INPUTS_MAX];
    int count;
    int told; /* why one could not be opened */
    int took_stdin;
};

cli_inputs *cli_inputs_new(void) {
    return calloc(1, sizeof(cli_inputs));
}

void cli_inputs_free(cli_inputs *inputs) {
    if (!inputs) return;
    for (int i = 0; i < inputs->count; i++) {
        cli_gunzip_free(inputs->open[i].gunzip);
        archive_read_free(inputs->open[i].archive);
        if (inputs->open[i].block && inputs->open[i].descriptor > STDIN_FILENO)
            close(inputs->open[i].descriptor);
        free(inputs->open[i].block);
    }
    free(inputs);
}

static void warn(void *user, int32_t level, const char *message) {
    (void)user;
    (void)level;
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%60s\r", ""); /* where the progress stands */
    cli_tell("", message);
}

kiem_status cli_job_new(const kiem_policy *policy, int quiet, kiem_job **out, kiem_error *error) {
    const kiem_log_sink log = {.struct_size = sizeof log, .level = KIEM_LOG_WARNING, .write = warn};
    kiem_env *env = NULL;
    kiem_status status = quiet ? KIEM_OK : kiem_env_new(NULL, &log, &env);
    if (status == KIEM_OK) status = kiem_job_new(env, policy, out, error);
    kiem_env_free(env);
    return status;
}

/* What can be wrong with a packed file. */
typedef enum fault {
    FAULT_CUT = 0,
    FAULT_DAMAGED,
    FAULT_CUT_OR_DAMAGED,
    FAULT_FOLLOWED,
    FAULT_UNREAD,
    FAULT_MEMORY,
    FAULT_UNKNOWN_WAY
} fault;
static const struct {
    const char *vi, *en;
} faults[] = {
    [FAULT_CUT] = {"tệp kết thúc giữa chừng, hãy chép hoặc xuất lại",
                   "it ends too early: copy or export it again"},
    [FAULT_DAMAGED] = {"dữ liệu nén bị hỏng, hãy chép hoặc xuất lại",
                       "it is damaged: copy or export it again"},
    [FAULT_CUT_OR_DAMAGED] = {"tệp kết thúc giữa chừng hoặc bị hỏng, hãy chép hoặc xuất lại",
                              "it ends too early or is damaged: copy or export it again"},
    [FAULT_FOLLOWED] =
        {"sau phần nén có dữ liệu không nén, sẽ không được đọc; hãy tách thành tệp riêng",
         "behind what is packed stands what is not, and would not be read: make it a file of its own"},
    [FAULT_UNREAD] = {"không đọc được tệp", "it could not be read"},
    [FAULT_MEMORY] = {"hết bộ nhớ", "out of memory"},
    [FAULT_UNKNOWN_WAY] = {"kiểu nén này chưa hỗ trợ", "it is packed in a way that is not supported"},
};

/* What libarchive says of zstd and xz, in part. */
static const struct {
    const char *part;
    fault what;
} reasons[] = {
    {"runcated", FAULT_CUT},
    {"No progress", FAULT_CUT},
    {"memory", FAULT_MEMORY},
    {"Can't allocate", FAULT_MEMORY},
    {"Unsupported", FAULT_UNKNOWN_WAY},
    {"orrupt", FAULT_DAMAGED},
    {"decompression failed", FAULT_DAMAGED},
    {"Error reading", FAULT_UNREAD},
};

static int tell_fault(const char *path, fault what) {
    cli_usage("%s: không giải nén được: %s", "%s: cannot be unpacked: %s", path,
              cli_say(faults[what].vi, faults[what].en));
    return 1;
}

static int tell(const char *path, struct archive *archive) {
    const char *why = archive_error_string(archive);
    if (!why) return tell_fault(path, FAULT_CUT_OR_DAMAGED); /* some of the files that end too early */
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strstr(why, reasons[i].part)) return tell_fault(path, reasons[i].what);
    }
    cli_usage("%s: không giải nén được (%s)", "%s: cannot be unpacked (%s)", path, why);
    return 1;
}

static int tell_gunzip(const char *path, cli_gunzip_fault why) {
    static const fault what[] = {[CLI_GUNZIP_CUT] = FAULT_CUT,
                                 [CLI_GUNZIP_DAMAGED] = FAULT_DAMAGED,
                                 [CLI_GUNZIP_FOLLOWED] = FAULT_FOLLOWED,
                                 [CLI_GUNZIP_UNREAD] = FAULT_UNREAD,
                                 [CLI_GUNZIP_MEMORY] = FAULT_MEMORY};
    return tell_fault(path, what[why]);
}

int cli_inputs_tell(const cli_inputs *inputs) {
    for (int i = 0; inputs && i < inputs->count; i++) {
        const packed *input = &inputs->open[i];
        if (input->failed && input->gunzip) return tell_gunzip(input->path, cli_gunzip_failed(input->gunzip));
        if (input->failed) return tell(input->path, input->archive);
    }
    return inputs && inputs->told;
}

/* How a file is packed, by its first bytes. */
typedef enum packing { PLAIN = 0, GZIP, OTHER /* zstd or xz */ } packing;

static packing packing_of(const char *head, size_t length) {
    static const struct {
        const char *bytes;
        size_t length;
        packing is;
    } magic[] = {{"\x1f\x8b", 2, GZIP}, {"\x28\xb5\x2f\xfd", 4, OTHER}, {"\xfd\x37zXZ\0", 6, OTHER}};
    for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++) {
        if (length >= magic[i].length && memcmp(head, magic[i].bytes, magic[i].length) == 0)
            return magic[i].is;
    }
    return PLAIN;
}

/* Of a file that can be read again. */
static packing packing_of_file(const char *path) {
    char head[HEAD];
    FILE *stream = fopen(path, "rb");
    if (!stream) return PLAIN;
    const size_t taken = fread(head, 1, sizeof head, stream);
    fclose(stream);
    return packing_of(head, taken);
}

/* What can be read only once: a pipe, the standard input. */
static int is_pipe(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && !S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode);
}

static int64_t read_packed(void *user, void *buffer, size_t size) {
    packed *input = user;
    if (input->empty) return 0;
    const int64_t taken = input->gunzip ? cli_gunzip_read(input->gunzip, buffer, size)
                                        : (int64_t)archive_read_data(input->archive, buffer, size);
    input->failed = taken < 0;
    return taken;
}

/* ---- what libarchive reads of a pipe: first what was taken to see what it is. Plain text it passes on. */

static la_ssize_t read_pipe(struct archive *archive, void *user, const void **block) {
    packed *input = user;
    ssize_t taken;
    *block = input->block;
    if (input->head_length) {
        memcpy(input->block, input->head, input->head_length);
        taken = (ssize_t)input->head_length;
        input->head_length = 0;
        return taken;
    }
    do {
        taken = read(input->descriptor, input->block, BLOCK);
    } while (taken < 0 && errno == EINTR);
    if (taken < 0) archive_set_error(archive, errno, "Error reading");
    return taken;
}

static int open_archive(packed *input) {
    struct archive_entry *entry;
    struct archive *archive = input->archive = archive_read_new();
    if (!archive) return tell_fault(input->path, FAULT_MEMORY);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_format_raw(archive);
    archive_read_support_format_empty(archive);
    const int status = input->block ? archive_read_open(archive, input, NULL, read_pipe, NULL)
                                    : archive_read_open_filename(archive, input->path, BLOCK);
    if (status == ARCHIVE_OK) {
        const int next = archive_read_next_header(archive, &entry);
        input->empty = next == ARCHIVE_EOF;
        if (next == ARCHIVE_OK || input->empty) return 0;
    }
    return tell(input->path, archive);
}

/* Whether it is told that this failed. */
static int open_pipe(packed *input, int is_stdin) {
    size_t length = 0;
    input->descriptor = is_stdin ? STDIN_FILENO : open(input->path, O_RDONLY);
    if (input->descriptor < 0) return tell_fault(input->path, FAULT_UNREAD);
    for (ssize_t taken = 1; taken && length < HEAD;) {
        taken = read(input->descriptor, input->head + length, HEAD - length);
        if (taken < 0 && errno != EINTR) return tell_fault(input->path, FAULT_UNREAD);
        if (taken > 0) length += (size_t)taken;
    }
    if (packing_of(input->head, length) == GZIP) {
        input->gunzip = cli_gunzip_of_descriptor(input->descriptor, input->head, length);
        return input->gunzip ? 0 : tell_fault(input->path, FAULT_MEMORY);
    }
    input->head_length = length;
    input->block = malloc(BLOCK);
    return input->block ? open_archive(input) : tell_fault(input->path, FAULT_MEMORY);
}

static int open_file(packed *input, packing is) {
    if (is == OTHER) return open_archive(input);
    input->gunzip = cli_gunzip_of_file(input->path);
    return input->gunzip ? 0 : tell_fault(input->path, FAULT_MEMORY);
}

kiem_status cli_inputs_add(cli_inputs *inputs, kiem_job *job, const char *role, const char *path,
                           kiem_error *error) {
    const int is_stdin = strcmp(path, "-") == 0;
    if (is_stdin && inputs->took_stdin) {
        cli_usage("đầu vào chuẩn ('-') chỉ đọc được một lần", "standard input ('-') can be read once only");
        return CLI_TOLD;
    }
    inputs->took_stdin |= is_stdin;
    const int pipe = is_stdin || is_pipe(path);
    const packing is = pipe ? PLAIN : packing_of_file(path);
    if (!pipe && is == PLAIN) return kiem_job_add_file(job, role, path, error);
    if (inputs->count == CLI_INPUTS_MAX) return KIEM_E_RANGE;
    packed *input = &inputs->open[inputs->count++];
    input->path = path;
    inputs->told = pipe ? open_pipe(input, is_stdin) : open_file(input, is);
    return inputs->told ? KIEM_E_IO : kiem_job_add_stream(job, role, path, read_packed, input, error);
}
