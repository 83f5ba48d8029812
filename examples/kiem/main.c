#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char usage[] =
    "kiem checks hospital health-insurance claims.\n"
    "\n"
    "  kiem check CLAIMS... [options]   judge every claim of one or more CSV files ('-' reads stdin)\n"
    "  kiem learn CLAIMS... -o STATE    keep what later runs need of these claims\n"
    "  kiem merge STATE... -o STATE     bring states together\n"
    "  kiem rules [ID] [options]        list the rules, or explain one\n"
    "  kiem sample CLAIMS.csv --size N  draw judged claims for review, by money\n"
    "  kiem estimate SAMPLE.csv         what a reviewed sample says of all claims\n"
    "  kiem synth [options]             write invented claims with labels, for trying things out\n"
    "  kiem --version\n"
    "\n"
    "kiem COMMAND --help tells the options. Exit status: 0 done, 1 findings at or above --fail-on,\n"
    "2 usage or policy error, 3 input could not be read, 4 internal.\n";

int cli_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("kiem: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_USAGE;
}

int cli_fail(const kiem_error *error, kiem_status status) {
    const char *message = kiem_error_message(error);
    if (status == CLI_TOLD) return EXIT_USAGE;
    fputs("kiem: ", stderr);
    if (kiem_error_file(error)[0]) fprintf(stderr, "%s", kiem_error_file(error));
    if (kiem_error_line(error) > 0) fprintf(stderr, ", row %lld", (long long)kiem_error_line(error));
    if (kiem_error_column(error) > 0) fprintf(stderr, ", column %lld", (long long)kiem_error_column(error));
    fprintf(stderr, "%s%s\n", kiem_error_file(error)[0] ? ": " : "",
            message[0] ? message : kiem_status_sentence(status));
    switch (status) {
    case KIEM_E_POLICY:
    case KIEM_E_ARGUMENT:
    case KIEM_E_NOT_FOUND: return EXIT_USAGE;
    case KIEM_E_IO:
    case KIEM_E_FORMAT: return EXIT_INPUT;
    default: return EXIT_INTERNAL;
    }
}

const char *cli_grouped(int64_t value, int scale, int vietnamese) {
    static char buffers[8][40];
    static int next;
    char digits[32], *out = buffers[next++ % 8], *to = out;
    for (; scale > 0; scale--) value /= 10;
    int length = snprintf(digits, sizeof digits, "%lld", (long long)(value < 0 ? -value : value));
    if (value < 0) *to++ = '-';
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) *to++ = vietnamese ? '.' : ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

int main(int argc, char **argv) {
    const char *command = argc > 1 ? argv[1] : "";
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like a full disk */
    if (strcmp(command, "check") == 0) return cli_check(argc - 2, argv + 2);
    if (strcmp(command, "rules") == 0) return cli_rules(argc - 2, argv + 2);
    if (strcmp(command, "learn") == 0) return cli_learn(argc - 2, argv + 2);
    if (strcmp(command, "merge") == 0) return cli_merge(argc - 2, argv + 2);
    if (strcmp(command, "sample") == 0) return cli_sample(argc - 2, argv + 2);
    if (strcmp(command, "estimate") == 0) return cli_estimate(argc - 2, argv + 2);
    if (strcmp(command, "synth") == 0) return cli_synth(argc - 2, argv + 2);
    if (strcmp(command, "--version") == 0) {
        printf("kiem %s\n", kiem_version_text());
        return EXIT_DONE;
    }
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0) {
        fputs(usage, stdout);
        return EXIT_DONE;
    }
    if (command[0]) fprintf(stderr, "kiem: there is no command '%s'\n\n", command);
    fputs(usage, stderr);
    return EXIT_USAGE;
}
