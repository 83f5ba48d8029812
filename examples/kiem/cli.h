/* The parts of the kiem command. Exit status: 0 done, 1 findings at or above --fail-on, 2 usage or policy
 * error, 3 input could not be read, 4 internal. */
#ifndef KIEM_CLI_H
#define KIEM_CLI_H

#include <kiem/kiem.h>

enum { EXIT_DONE = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_INPUT = 3, EXIT_INTERNAL = 4 };

int cli_check(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_synth(int argc, char **argv);
int cli_learn(int argc, char **argv);
int cli_merge(int argc, char **argv);
int cli_sample(int argc, char **argv);
int cli_estimate(int argc, char **argv);

/* Reads a state file; complains and gives the exit status when it cannot be read. */
int cli_state_load(const char *path, kiem_state **out, kiem_error *error);

/* Everything that is printed is in one language: that of --lang, wherever it stands on the command line, else
 * of KIEM_LANG, else Vietnamese. */
enum { CLI_MESSAGE_MAX = 4096 };
/* Takes --lang out of the command line; 0 when it is none of the two, which is told. */
int cli_take_language(int *argc, char **argv);
int cli_vietnamese(void);
const char *cli_say(const char *vietnamese, const char *english)
    __attribute__((format_arg(1), format_arg(2)));

/* Prints "kiem: file, row 3, column 4: message" to stderr and gives the exit status for it; CLI_TOLD:
 * somebody has told already what is wrong with the command line. */
enum { CLI_TOLD = -1 };
int cli_fail(const kiem_error *error, kiem_status status);
/* "kiem: message"; EXIT_USAGE. */
int cli_usage(const char *vietnamese, const char *english, ...)
    __attribute__((format(printf, 1, 3), format(printf, 2, 3)));
/* "kiem: path: what: why" after a call of the system has failed; EXIT_INPUT. */
int cli_complain(const char *path, const char *vietnamese, const char *english);
/* "kiem: path: message" with a message of the library. */
void cli_tell(const char *path, const char *message);

/* What is done, once, when the command is told to stop: Ctrl-C, SIGTERM, SIGHUP, but for those it was told to
 * ignore. A second one ends it at once. */
void cli_on_stop(void (*handler)(int number));

/* A job that tells on stderr what was read but may not be as meant, unless quiet. */
kiem_status cli_job_new(const kiem_policy *policy, int quiet, kiem_job **out, kiem_error *error);

/* Loads the policy a command line asks for: directory, house rules, tables (NAME=FILE), facilities. Any may
 * be absent. */
typedef struct cli_policy_options {
    const char *directory;
    const char *rules[64];
    int rule_files;
    const char *tables[64]; /* NAME=FILE */
    int table_files;
    const char *facilities;
} cli_policy_options;
/* Takes --policy, --rules, --table, --facilities; 1 when the option was one of them. */
int cli_policy_option(cli_policy_options *options, const char *name, const char *value);
/* As cli_policy_load, but not compiled yet. */
kiem_status cli_policy_open(const cli_policy_options *options, kiem_policy **out, kiem_error *error);
kiem_status cli_policy_load(const cli_policy_options *options, kiem_policy **out, kiem_error *error);

/* Inputs of a job: files, plain or compressed (gzip, zstd, xz), and "-" for standard input. They must outlive
 * the job's run. */
enum { CLI_INPUTS_MAX = 65536 };
typedef struct cli_inputs cli_inputs;
cli_inputs *cli_inputs_new(void);
void cli_inputs_free(cli_inputs *inputs);
/* 1 when the reason of a failure was told: a compressed file that could not be unpacked. */
int cli_inputs_tell(const cli_inputs *inputs);
kiem_status cli_inputs_add(cli_inputs *inputs, kiem_job *job, const char *role, const char *path,
                           kiem_error *error);

/* Prints a number with grouped digits into a rotating buffer: 12.500.000 or 12,500,000. `scale` digits are
 * dropped. */
const char *cli_grouped(int64_t value, int scale);

/* A cell of a result table: a number (0 for NULL), or text that fits in CLI_CELL bytes, else "". */
enum { CLI_CELL = 64 };
int64_t cli_number(const kiem_table *table, int64_t row, const char *column);
const char *cli_text(const kiem_table *table, int64_t row, const char *column, char room[CLI_CELL]);
/* The value of that name in the table of totals: hundredths. */
int64_t cli_total(const kiem_table *totals, const char *name);

/* A severity in words. */
const char *cli_severity(const char *name);

/* The results as a workbook. Begun before the job, so that a path that cannot be written is told at once;
 * then either written or dropped. Complain, and give the exit status. */
int cli_workbook_begin(const char *path);
int cli_workbook_write(const char *path, const kiem_job *job, kiem_error *error);
void cli_workbook_drop(const char *path);

/* Prints what a job found, in short; `out` is where its files are, or NULL. */
kiem_status cli_print_summary(const kiem_job *job, const char *out, kiem_error *error);
/* Prints the table of provinces: use of the estimate, forecast, and the day it runs out. */
void cli_print_provinces(const kiem_table *provinces);

#endif
