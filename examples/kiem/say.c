#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* ---- language */

static int english;

int cli_vietnamese(void) {
    return !english;
}

const char *cli_say(const char *vietnamese_text, const char *english_text) {
    return english ? english_text : vietnamese_text;
}

static int set_language(const char *from, const char *value) {
    const int is_english = strcmp(value, "en") == 0;
    if (!is_english && strcmp(value, "vi") != 0) {
        cli_usage("%s nhận vi hoặc en, không nhận '%s'", "%s takes vi or en, not '%s'", from, value);
        return 0;
    }
    english = is_english;
    return 1;
}

int cli_take_language(int *argc, char **argv) {
    const char *ours = getenv("KIEM_LANG"), *value = NULL;
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        const int apart = strcmp(argv[i], "--lang") == 0;
        if (apart)
            value = i + 1 < *argc ? argv[++i] : "";
        else if (strncmp(argv[i], "--lang=", 7) == 0)
            value = argv[i] + 7;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    if (ours && ours[0] && !set_language("KIEM_LANG", ours)) return 0;
    return !value || set_language("--lang", value);
}

/* ---- what is wrong */

int cli_usage(const char *vietnamese, const char *english_text, ...) {
    va_list args;
    va_start(args, english_text);
    fputs("kiem: ", stderr);
    vfprintf(stderr, cli_say(vietnamese, english_text), args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_USAGE;
}

void cli_tell(const char *path, const char *message) {
    char shown[CLI_MESSAGE_MAX];
    kiem_message_in(english ? KIEM_LANG_EN : KIEM_LANG_VI, message, shown, sizeof shown);
    fprintf(stderr, "kiem: %s%s%s\n", path, path[0] ? ": " : "", shown);
}

/* The system words reasons in English; in Vietnamese stand those that a user can do something about. */
static const char *reason(int code) {
    if (english) return strerror(code);
    switch (code) {
    case ENOENT: return "không có tệp hoặc thư mục này";
    case EACCES:
    case EPERM: return "không có quyền truy cập";
    case EISDIR: return "đó là thư mục";
    case ENOTDIR: return "một phần của đường dẫn không phải thư mục";
    case ELOOP: return "đó là liên kết tượng trưng";
    case ENOSPC: return "đĩa đã đầy";
    case EROFS: return "hệ thống tệp chỉ cho đọc";
    default: return strerror(code);
    }
}

int cli_complain(const char *path, const char *vietnamese, const char *english_text) {
    const int code = errno;
    fprintf(stderr, "kiem: %s: %s: %s\n", path, cli_say(vietnamese, english_text), reason(code));
    return EXIT_INPUT;
}

int cli_fail(const kiem_error *error, kiem_status status) {
    const char *message = kiem_error_message(error);
    char place[CLI_MESSAGE_MAX], row[40] = "", column[40] = "";
    if (status == CLI_TOLD) return EXIT_USAGE;
    if (kiem_error_line(error) > 0)
        snprintf(row, sizeof row, cli_say(", dòng %lld", ", row %lld"), (long long)kiem_error_line(error));
    if (kiem_error_column(error) > 0)
        snprintf(column, sizeof column, cli_say(", cột %lld", ", column %lld"),
                 (long long)kiem_error_column(error));
    snprintf(place, sizeof place, "%s%s%s", kiem_error_file(error), row, column);
    cli_tell(place, message[0] ? message : kiem_status_sentence(status));
    switch (status) {
    case KIEM_E_POLICY:
    case KIEM_E_ARGUMENT:
    case KIEM_E_NOT_FOUND: return EXIT_USAGE;
    case KIEM_E_IO:
    case KIEM_E_FORMAT:
    case KIEM_E_RANGE: return EXIT_INPUT;
    default: return EXIT_INTERNAL;
    }
}

/* ---- numbers */

const char *cli_grouped(int64_t value, int scale) {
    static char buffers[8][40];
    static int next;
    char digits[32], *out = buffers[next++ % 8], *to = out;
    for (; scale > 0; scale--) value /= 10;
    int length = snprintf(digits, sizeof digits, "%lld", (long long)(value < 0 ? -value : value));
    if (value < 0) *to++ = '-';
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) *to++ = english ? ',' : '.';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}
