#include <archive.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

/* Compressed files are unpacked here, so that the library needs no compression of any kind. */

typedef struct packed {
    struct archive *archive;
    const char *path;
    int failed, empty;
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
    for (int i = 0; i < inputs->count; i++) archive_read_free(inputs->open[i].archive);
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

/* What libarchive says of gzip, zstd and xz, in part, and what a reader is told instead. */
static const struct {
    const char *part, *vi, *en;
} reasons[] = {
    {"runcated", "tệp kết thúc giữa chừng, hãy chép hoặc xuất lại",
     "it ends too early: copy or export it again"},
    {"No progress", "tệp kết thúc giữa chừng, hãy chép hoặc xuất lại",
     "it ends too early: copy or export it again"},
    {"memory", "hết bộ nhớ", "out of memory"},
    {"Can't allocate", "hết bộ nhớ", "out of memory"},
    {"Unsupported", "kiểu nén này chưa hỗ trợ", "it is packed in a way that is not supported"},
    {"orrupt", "dữ liệu nén bị hỏng, hãy chép hoặc xuất lại", "it is damaged: copy or export it again"},
    {"decompression failed", "dữ liệu nén bị hỏng, hãy chép hoặc xuất lại",
     "it is damaged: copy or export it again"},
    {"Error reading", "không đọc được tệp", "it could not be read"},
    {"Failed to open", "không mở được tệp", "it could not be opened"},
};

static int tell(const char *path, struct archive *archive) {
    const char *why = archive_error_string(archive); /* NULL for some of the files that end too early */
    const char *text = cli_say("tệp kết thúc giữa chừng hoặc bị hỏng, hãy chép hoặc xuất lại",
                               "it ends too early or is damaged: copy or export it again");
    int known = !why;
    for (size_t i = 0; !known && i < sizeof reasons / sizeof reasons[0]; i++) {
        known = strstr(why, reasons[i].part) != NULL;
        if (known) text = cli_say(reasons[i].vi, reasons[i].en);
    }
    if (known)
        cli_usage("%s: không giải nén được: %s", "%s: cannot be unpacked: %s", path, text);
    else
        cli_usage("%s: không giải nén được (%s)", "%s: cannot be unpacked (%s)", path, why);
    return 1;
}

int cli_inputs_tell(const cli_inputs *inputs) {
    for (int i = 0; inputs && i < inputs->count; i++) {
        if (inputs->open[i].failed) return tell(inputs->open[i].path, inputs->open[i].archive);
    }
    return inputs && inputs->told;
}

/* gzip, zstd and xz, by their first bytes. Those of a pipe can be looked at once only: what unpacks them
 * passes on plain text as it is. */
static int is_packed(const char *path) {
    static const struct {
        const char *bytes;
        size_t length;
    } magic[] = {{"\x1f\x8b", 2}, {"\x28\xb5\x2f\xfd", 4}, {"\xfd\x37zXZ\0", 6}};
    char head[6] = {0};
    struct stat about;
    if (stat(path, &about) != 0 || S_ISDIR(about.st_mode)) return 0;
    if (!S_ISREG(about.st_mode)) return 1;
    FILE *stream = fopen(path, "rb");
    if (!stream) return 0;
    size_t taken = fread(head, 1, sizeof head, stream);
    fclose(stream);
    for (size_t i = 0; i < sizeof magic / sizeof magic[0]; i++) {
        if (taken >= magic[i].length && memcmp(head, magic[i].bytes, magic[i].length) == 0) return 1;
    }
    return 0;
}

static int64_t read_packed(void *user, void *buffer, size_t size) {
    packed *input = user;
    if (input->empty) return 0;
    la_ssize_t taken = archive_read_data(input->archive, buffer, size);
    input->failed = taken < 0;
    return taken;
}

/* path NULL: standard input. */
static struct archive *open_packed(cli_inputs *inputs, const char *path, int *empty) {
    enum { BLOCK = 1 << 18 };
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    if (!archive) return NULL;
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_zstd(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_format_raw(archive);
    archive_read_support_format_empty(archive);
    if (archive_read_open_filename(archive, path, BLOCK) == ARCHIVE_OK) {
        int status = archive_read_next_header(archive, &entry);
        *empty = status == ARCHIVE_EOF;
        if (status == ARCHIVE_OK || *empty) return archive;
    }
    inputs->told = tell(path ? path : "-", archive);
    archive_read_free(archive);
    return NULL;
}

kiem_status cli_inputs_add(cli_inputs *inputs, kiem_job *job, const char *role, const char *path,
                           kiem_error *error) {
    int is_stdin = strcmp(path, "-") == 0;
    if (is_stdin && inputs->took_stdin) {
        cli_usage("đầu vào chuẩn ('-') chỉ đọc được một lần", "standard input ('-') can be read once only");
        return CLI_TOLD;
    }
    inputs->took_stdin |= is_stdin;
    if (!is_stdin && !is_packed(path)) return kiem_job_add_file(job, role, path, error);
    if (inputs->count == CLI_INPUTS_MAX) return KIEM_E_RANGE;
    packed *input = &inputs->open[inputs->count];
    input->archive = open_packed(inputs, is_stdin ? NULL : path, &input->empty);
    input->path = path;
    if (!input->archive) return KIEM_E_IO;
    inputs->count++;
    return kiem_job_add_stream(job, role, path, read_packed, input, error);
}
