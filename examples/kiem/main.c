#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char usage_vi[] =
    "kiem kiểm tra hồ sơ thanh toán chi phí khám chữa bệnh BHYT.\n"
    "\n"
    "  kiem check HỒ_SƠ... [tuỳ chọn]     kiểm tra mọi hồ sơ trong các tệp CSV hoặc XML ('-' đọc từ stdin)\n"
    "  kiem learn HỒ_SƠ... -o TỆP         học từ các hồ sơ này những gì lần chạy sau cần\n"
    "  kiem merge TỆP... -o TỆP           gộp nhiều tệp dữ liệu đã học\n"
    "  kiem rules [MÃ] [tuỳ chọn]         liệt kê quy tắc, hoặc giải thích một quy tắc\n"
    "  kiem sample KQ/claims.csv ...      chọn hồ sơ đã kiểm tra để xem lại, theo số tiền\n"
    "  kiem estimate MẪU.csv              mẫu đã xem lại cho biết gì về mọi hồ sơ\n"
    "  kiem synth [tuỳ chọn]              tạo hồ sơ giả định có nhãn, để chạy thử\n"
    "  kiem --version\n"
    "\n"
    "kiem LỆNH --help cho biết các tuỳ chọn. --lang vi|en: ngôn ngữ của mọi lệnh; mặc định theo biến môi "
    "trường\n"
    "KIEM_LANG, không có thì vi. Mã thoát: 0 xong, 1 có phát hiện từ mức --fail-on trở lên, 2 sai cách dùng "
    "hoặc\n"
    "sai quy tắc, 3 không đọc được dữ liệu, 4 lỗi bên trong chương trình.\n"
    "In English: kiem --help --lang en\n";

static const char usage_en[] =
    "kiem checks hospital health-insurance claims.\n"
    "\n"
    "  kiem check CLAIMS... [options]   judge every claim of CSV or XML files ('-' reads stdin)\n"
    "  kiem learn CLAIMS... -o STATE    keep what later runs need of these claims\n"
    "  kiem merge STATE... -o STATE     bring states together\n"
    "  kiem rules [ID] [options]        list the rules, or explain one\n"
    "  kiem sample OUT/claims.csv ...   draw judged claims for review, by money\n"
    "  kiem estimate SAMPLE.csv         what a reviewed sample says of all claims\n"
    "  kiem synth [options]             write invented claims with labels, for trying things out\n"
    "  kiem --version\n"
    "\n"
    "kiem COMMAND --help tells the options. --lang vi|en: the language of any command; by default that of "
    "the\n"
    "environment variable KIEM_LANG, else vi. Exit status: 0 done, 1 findings at or above --fail-on, 2 usage "
    "or\n"
    "policy error, 3 input could not be read, 4 internal.\n";

typedef struct command {
    const char *name;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {{"check", cli_check}, {"learn", cli_learn},   {"merge", cli_merge},
                                   {"rules", cli_rules}, {"sample", cli_sample}, {"estimate", cli_estimate},
                                   {"synth", cli_synth}};

/* A file opened while one of these is closed would take its number, and what is printed would go into it. */
static int open_standard_streams(void) {
    int file;
    do {
        file = open("/dev/null", O_RDWR);
    } while (file >= 0 && file <= STDERR_FILENO);
    return file < 0 || close(file) == 0;
}

/* What was printed may be all that is wanted of a run, and a full disk shows only here. */
static int end_with(int result) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return result;
    if (!errno) errno = EIO; /* it was when something was printed */
    cli_complain("stdout", "không ghi được", "cannot be written");
    return result == EXIT_DONE || result == EXIT_FINDINGS ? EXIT_INPUT : result;
}

static int run(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(name, commands[i].name) == 0) return commands[i].run(argc - 2, argv + 2);
    }
    if (strcmp(name, "--version") == 0) {
        printf("kiem %s\n", kiem_version_text());
        return EXIT_DONE;
    }
    int asked = strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0;
    if (name[0] && !asked) cli_usage("không có lệnh '%s'\n", "there is no command '%s'\n", name);
    fputs(cli_say(usage_vi, usage_en), asked ? stdout : stderr);
    return asked ? EXIT_DONE : EXIT_USAGE;
}

int main(int argc, char **argv) {
    if (!open_standard_streams()) return EXIT_INTERNAL;
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    return end_with(cli_take_language(&argc, argv) ? run(argc, argv) : EXIT_USAGE);
}
