#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char help_vi[] =
    "kiem check HỒ_SƠ... [tuỳ chọn]\n"
    "\n"
    "HỒ_SƠ là tệp CSV, hoặc XML của Bộ Y tế (GIAMDINHHS), trong đó có sẵn dòng thuốc và dịch vụ.\n"
    "Tệp có thể nén bằng gzip, zstd, xz; '-' đọc từ stdin.\n"
    "\n"
    "  --out DIR         ghi vào đó shortlist.csv findings.csv claims.csv facilities.csv provinces.csv\n"
    "                    patients.csv doctors.csv machines.csv units.csv rejects.csv summary.json\n"
    "  --workbook F.xlsx     ghi thêm bảng tính (Excel): nên xem trước, phát hiện, quy tắc, tỉnh, cơ sở\n"
    "  --drugs F         dòng thuốc của hồ sơ (XML2; có thể lặp lại)\n"
    "  --services F      dòng dịch vụ, giường và vật tư (XML3; có thể lặp lại)\n"
    "  --budgets F       dự toán: province_code,year,budget_vnd,decision\n"
    "  --facilities F    cơ sở KCB: facility_code,name,province_code,tier,technical_level,kind,class\n"
    "  --state F         đối chiếu với những hồ sơ mà kiem learn đã học vào tệp này\n"
    "  --rules F         quy tắc riêng (có thể lặp lại): quy tắc trùng mã thay quy tắc có sẵn\n"
    "  --policy DIR      quy tắc và bảng tra cứu thay cho bộ có sẵn, từng tệp một\n"
    "  --table NAME=F    các dòng của một bảng tra cứu (có thể lặp lại)\n"
    "  --format csv|ndjson   định dạng của các tệp kết quả; mặc định csv\n"
    "  --as-of DATE      cộng tiền đến ngày này (yyyy-mm-dd); mặc định: ngày ra viện muộn nhất\n"
    "  --province-map 63|34  các tỉnh như trước 2025-07-01 (mặc định) hoặc sau khi sáp nhập\n"
    "  --fdr SHARE       tỷ lệ báo nhầm chấp nhận được trong các hồ sơ khác thường; mặc định 0.05\n"
    "  --shortlist N     mỗi mức nêu N hồ sơ nhiều tiền nhất trong shortlist.csv; mặc định 100\n"
    "  --lang vi|en      ngôn ngữ; mặc định vi\n"
    "  --decimal-comma   trong tệp hồ sơ số được viết 1.234,50\n"
    "  --memory SIZE     giới hạn bộ nhớ giữ hồ sơ từ lúc đọc đến lúc kiểm tra (512M, 2G); phần vượt được\n"
    "                    ghi tạm ra đĩa\n"
    "  --threads N       số luồng; mặc định: bằng số bộ xử lý\n"
    "  --pseudonymise KEY    gọi người bệnh bằng mã băm theo khoá KEY, thay cho số trong thẻ (patients.csv "
    "và\n"
    "                    phát hiện về người bệnh; ở chỗ khác số thẻ đã được che)\n"
    "  --fail-on SEVERITY    mã thoát 1 khi có phát hiện mức error, violation, suspicion hoặc notice, hoặc\n"
    "                    nặng hơn\n"
    "  --json            in summary.json thay cho bản tóm tắt\n"
    "  --timings         in số giây của từng bước, cộng mọi luồng\n"
    "  --quiet           không in gì ngoài lỗi\n";

static const char help_en[] =
    "kiem check CLAIMS... [options]\n"
    "\n"
    "CLAIMS are CSV, or the ministry's XML (GIAMDINHHS), which brings the lines of drugs and services.\n"
    "They may be packed with gzip, zstd or xz; '-' reads stdin.\n"
    "\n"
    "  --out DIR         write shortlist.csv findings.csv claims.csv facilities.csv provinces.csv\n"
    "                    patients.csv doctors.csv machines.csv units.csv rejects.csv summary.json there\n"
    "  --workbook F.xlsx     a workbook for spreadsheets too: short list, findings, rules, provinces,\n"
    "                    facilities\n"
    "  --drugs F         drug lines of the claims (XML2; may be repeated)\n"
    "  --services F      service, bed and supply lines (XML3; may be repeated)\n"
    "  --budgets F       estimates: province_code,year,budget_vnd,decision\n"
    "  --facilities F    facilities: facility_code,name,province_code,tier,technical_level,kind,class\n"
    "  --state F         put the claims beside those that kiem learn kept in this file\n"
    "  --rules F         house rules (may be repeated): a rule with a known id replaces it\n"
    "  --policy DIR      rules and reference tables that replace the built-in ones, file by file\n"
    "  --table NAME=F    rows for a reference table (may be repeated)\n"
    "  --format csv|ndjson   of the result files; default csv\n"
    "  --as-of DATE      day up to which money is summed (yyyy-mm-dd); default: the latest discharge\n"
    "  --province-map 63|34  provinces as they were before 2025-07-01 (default) or as merged since\n"
    "  --fdr SHARE       share of false flags accepted among the unusual claims; default 0.05\n"
    "  --shortlist N     of each severity list the N claims with most money in shortlist.csv; default 100\n"
    "  --lang vi|en      language; default vi\n"
    "  --decimal-comma   the claims have numbers written 1.234,50\n"
    "  --memory SIZE     most memory for claims kept between reading and judging (512M, 2G); more go to a\n"
    "                    temporary file\n"
    "  --threads N       threads to use; default: as many as there are processors\n"
    "  --pseudonymise KEY    name patients by a hash made with KEY, not by the number inside the card\n"
    "                    (patients.csv and findings about patients; elsewhere card numbers are masked)\n"
    "  --fail-on SEVERITY    exit with 1 when there is a finding of error, violation, suspicion or notice,\n"
    "                    or a graver one\n"
    "  --json            print summary.json instead of the short summary\n"
    "  --timings         print the seconds of each stage, summed over threads\n"
    "  --quiet           print nothing but errors\n";

/* Options that go to the job as they are. */
enum { OUT, SETTINGS = 9 };
static const char *const settings[SETTINGS][2] = {[OUT] = {"--out", "out"},
                                                  {"--format", "format"},
                                                  {"--as-of", "as_of"},
                                                  {"--memory", "memory"},
                                                  {"--threads", "threads"},
                                                  {"--province-map", "province_map"},
                                                  {"--pseudonymise", "pseudonym_key"},
                                                  {"--fdr", "fdr"},
                                                  {"--shortlist", "shortlist"}};

/* What the job reads, in this order. */
enum { CLAIMS, ROLES = 4 };
static const char *const roles[ROLES] = {[CLAIMS] = "claims", "drugs", "services", "budgets"};

typedef struct input {
    int role;
    const char *path;
} input;

typedef struct check {
    input inputs[CLI_INPUTS_MAX];
    int input_count;
    const char *settings[SETTINGS]; /* NULL: not given */
    const char *state, *fail_on, *workbook;
    int json, quiet, timings, decimal_comma, progress;
    cli_policy_options policy;
} check;

/* ---- command line */

static int set_flag(check *c, const char *name) {
    if (strcmp(name, "--json") == 0) return c->json = 1;
    if (strcmp(name, "--quiet") == 0) return c->quiet = 1;
    if (strcmp(name, "--timings") == 0) return c->timings = 1;
    if (strcmp(name, "--decimal-comma") == 0) return c->decimal_comma = 1;
    return 0;
}

static int by_role_and_path(const void *a, const void *b) {
    const input *x = *(const input *const *)a, *y = *(const input *const *)b;
    return x->role != y->role ? x->role - y->role : strcmp(x->path, y->path);
}

/* A file twice would make every claim a copy of itself. There may be tens of thousands. */
static int refuse_twice(const check *c) {
    static const input *sorted[CLI_INPUTS_MAX];
    for (int i = 0; i < c->input_count; i++) sorted[i] = &c->inputs[i];
    qsort(sorted, (size_t)c->input_count, sizeof(const input *), by_role_and_path);
    for (int i = 1; i < c->input_count; i++) {
        if (by_role_and_path(&sorted[i - 1], &sorted[i]) == 0 && strcmp(sorted[i]->path, "-") != 0)
            return cli_usage("%s được đưa vào hai lần", "%s is given twice", sorted[i]->path);
    }
    return EXIT_DONE;
}

static int add_input(check *c, int role, const char *path) {
    if (c->input_count == CLI_INPUTS_MAX)
        return cli_usage("hơn %d tệp", "more than %d files", CLI_INPUTS_MAX);
    c->inputs[c->input_count].role = role;
    c->inputs[c->input_count++].path = path;
    return EXIT_DONE;
}

enum { UNKNOWN = -1 };

/* EXIT_DONE, UNKNOWN when there is no such option, EXIT_USAGE when it is wrong (which is told). */
static int set_value(check *c, const char *name, const char *value) {
    for (int i = 0; i < SETTINGS; i++) {
        if (strcmp(name, settings[i][0]) == 0) return c->settings[i] = value, EXIT_DONE;
    }
    for (int role = CLAIMS + 1; role < ROLES; role++) {
        if (strcmp(name + 2, roles[role]) == 0) return add_input(c, role, value);
    }
    if (cli_policy_option(&c->policy, name, value)) return EXIT_DONE;
    if (strcmp(name, "--state") == 0) {
        if (c->state)
            return cli_usage("--state chỉ nhận một tệp; hãy gộp các tệp bằng kiem merge",
                             "--state takes one file; bring several together with kiem merge");
        return c->state = value, EXIT_DONE;
    }
    if (strcmp(name, "--fail-on") == 0) return c->fail_on = value, EXIT_DONE;
    if (strcmp(name, "--workbook") == 0) return c->workbook = value, EXIT_DONE;
    return UNKNOWN;
}

static int parse(check *c, int argc, char **argv) {
    for (int i = 0; i < argc; i++) {
        char *argument = argv[i], *equals = strchr(argument, '=');
        char name[64];
        if (strncmp(argument, "--", 2) != 0) {
            if (add_input(c, CLAIMS, argument) != EXIT_DONE) return EXIT_USAGE;
            continue;
        }
        size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
        if (length >= sizeof name)
            return cli_usage("không có tuỳ chọn '%s'", "unknown option '%s'", argument);
        memcpy(name, argument, length);
        name[length] = '\0';
        if (!equals && set_flag(c, name)) continue;
        const char *value = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
        int taken = set_value(c, name, value ? value : "");
        if (taken == UNKNOWN)
            return cli_usage("không có tuỳ chọn '%s'; xem kiem check --help",
                             "unknown option '%s'; see kiem check --help", name);
        if (!value) return cli_usage("tuỳ chọn %s cần một giá trị", "option %s needs a value", name);
        if (taken != EXIT_DONE) return taken;
    }
    return refuse_twice(c);
}

static int severity_rank(const char *name) {
    static const char *const names[] = {"notice", "suspicion", "violation", "error"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0) return i + 1;
    }
    return 0;
}

/* ---- running */

/* As wide in letters as the others, since one is written over another. */
static const char *phase_name(const char *phase) {
    static const char *const names[][3] = {{"read", "đọc     ", "read    "},
                                           {"history", "lịch sử ", "history "},
                                           {"score", "chấm    ", "score   "},
                                           {"judge", "kiểm tra", "judge   "},
                                           {"write", "ghi     ", "write   "}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(phase, names[i][0]) == 0) return cli_say(names[i][1], names[i][2]);
    }
    return phase;
}

static int32_t show_progress(void *user, const kiem_progress *progress) {
    (void)user;
    fprintf(stderr, "\r%s ", phase_name(progress->phase));
    if (progress->bytes_total)
        fprintf(stderr, "%3u%%  ", (unsigned)(progress->bytes_done * 100 / progress->bytes_total));
    fprintf(stderr, cli_say("%llu dòng ", "%llu rows "), (unsigned long long)progress->rows);
    return 0;
}

static kiem_status set_options(const check *c, kiem_job *job, kiem_error *error) {
    kiem_status status = kiem_job_set(job, "keep", c->workbook ? "findings,rejects" : "small", error);
    if (status == KIEM_OK) status = kiem_job_set(job, "lang", cli_vietnamese() ? "vi" : "en", error);
    if (status == KIEM_OK && c->decimal_comma) status = kiem_job_set(job, "decimal_comma", "1", error);
    for (int i = 0; i < SETTINGS && status == KIEM_OK; i++) {
        if (c->settings[i]) status = kiem_job_set(job, settings[i][1], c->settings[i], error);
    }
    return status;
}

static kiem_status add_inputs(const check *c, cli_inputs *inputs, kiem_job *job, kiem_error *error) {
    kiem_status status = inputs ? KIEM_OK : KIEM_E_NOMEM;
    for (int role = CLAIMS; role < ROLES; role++) {
        for (int i = 0; i < c->input_count && status == KIEM_OK; i++) {
            if (c->inputs[i].role == role)
                status = cli_inputs_add(inputs, job, roles[role], c->inputs[i].path, error);
        }
    }
    return status;
}

static void print_timings(const kiem_table *timings) {
    char room[CLI_CELL];
    printf("\n%s\n",
           cli_say("Thời gian từng bước (giây, cộng các luồng)", "Time by stage (seconds, threads summed)"));
    for (int64_t row = 0; row < kiem_table_rows(timings); row++) {
        long long milliseconds = (long long)(cli_number(timings, row, "seconds") / 1000);
        printf("  %-10s %6lld.%03lld\n", cli_text(timings, row, "stage", room), milliseconds / 1000,
               milliseconds % 1000);
    }
}

static int exit_status(const check *c, const kiem_table *totals) {
    static const char *const names[] = {"", "notice", "suspicion", "violation", "error"};
    if (cli_total(totals, "rejected") && !cli_total(totals, "judged")) return EXIT_INPUT;
    for (int i = c->fail_on ? severity_rank(c->fail_on) : 5; i < 5; i++) {
        if (cli_total(totals, names[i])) return EXIT_FINDINGS;
    }
    return EXIT_DONE;
}

static int report(const check *c, kiem_job *job, kiem_error *error) {
    const kiem_table *totals, *timings;
    const char *summary;
    kiem_status status = kiem_job_table(job, "totals", &totals, error);
    if (status == KIEM_OK) status = kiem_job_table(job, "timings", &timings, error);
    if (status == KIEM_OK) status = kiem_job_summary(job, &summary, error);
    if (status == KIEM_OK && c->workbook) {
        int written = cli_workbook_write(c->workbook, job, error);
        if (written != EXIT_DONE) return written;
    }
    if (status == KIEM_OK && c->json) fputs(summary, stdout);
    if (status == KIEM_OK && !c->json && !c->quiet) status = cli_print_summary(job, c->settings[OUT], error);
    if (status != KIEM_OK) return cli_fail(error, status);
    if (c->timings) print_timings(timings);
    return exit_status(c, totals);
}

/* The job keeps hold of the state. */
static int use_state(const char *path, kiem_job *job, kiem_error *error) {
    kiem_state *state = NULL;
    int result = cli_state_load(path, &state, error);
    kiem_status status = result == EXIT_DONE ? kiem_job_use_state(job, state, error) : KIEM_OK;
    kiem_state_free(state);
    return status == KIEM_OK ? result : cli_fail(error, status);
}

/* Ctrl-C asks the job to stop, so that it takes its unfinished files away; a second one does not wait. */
static kiem_job *volatile running;
static volatile sig_atomic_t interrupted;

static void interrupt(int number) {
    interrupted = number;
    kiem_job_cancel(running);
}

static void watch_signals(kiem_job *job) {
    running = job;
    if (job) cli_on_stop(interrupt);
}

static int run(const check *c, kiem_error *error) {
    kiem_policy *policy = NULL;
    kiem_job *job = NULL;
    cli_inputs *inputs = cli_inputs_new();
    kiem_status status = cli_policy_load(&c->policy, &policy, error);
    if (status != KIEM_OK) {
        int code = cli_fail(error, status);
        cli_inputs_free(inputs);
        return code == EXIT_INTERNAL ? code : EXIT_USAGE;
    }
    status = cli_job_new(policy, c->quiet, &job, error);
    if (status == KIEM_OK) status = set_options(c, job, error);
    int result = status == KIEM_OK ? EXIT_DONE : cli_fail(error, status);
    if (result == EXIT_DONE && c->state) result = use_state(c->state, job, error);
    if (result == EXIT_DONE && c->workbook) result = cli_workbook_begin(c->workbook);
    const int begun = result == EXIT_DONE;
    if (begun) {
        if (c->progress) kiem_job_on_progress(job, show_progress, NULL);
        watch_signals(job);
        status = add_inputs(c, inputs, job, error);
        if (status == KIEM_OK) status = kiem_job_run(job, error);
        if (c->progress) fprintf(stderr, "\r%60s\r", "");
        result = status == KIEM_OK         ? report(c, job, error)
                 : cli_inputs_tell(inputs) ? EXIT_INPUT
                                           : cli_fail(error, status);
    }
    watch_signals(NULL);
    if (begun && c->workbook) cli_workbook_drop(c->workbook); /* what is not whole */
    kiem_job_free(job);
    cli_inputs_free(inputs);
    kiem_policy_free(policy);
    if (status == KIEM_E_CANCELLED && interrupted) raise(interrupted); /* reset to what it does by default */
    return result;
}

static int has_claims(const check *c) {
    for (int i = 0; i < c->input_count; i++) {
        if (c->inputs[i].role == CLAIMS) return 1;
    }
    return 0;
}

int cli_check(int argc, char **argv) {
    static check c;
    kiem_error *error;
    if (argc > 0 && strcmp(argv[0], "--help") == 0) {
        fputs(cli_say(help_vi, help_en), stdout);
        return EXIT_DONE;
    }
    if (kiem_error_new(NULL, &error) != KIEM_OK) return EXIT_INTERNAL;
    int result = parse(&c, argc, argv);
    if (result == EXIT_DONE && !has_claims(&c))
        result = cli_usage("chưa cho tệp hồ sơ nào; xem kiem check --help",
                           "no claims given; see kiem check --help");
    if (result == EXIT_DONE && c.fail_on && !severity_rank(c.fail_on)) {
        result = cli_usage("--fail-on nhận error, violation, suspicion hoặc notice, không nhận '%s'",
                           "--fail-on takes error, violation, suspicion or notice, not '%s'", c.fail_on);
    }
    c.progress = !c.quiet && isatty(STDERR_FILENO);
    if (result == EXIT_DONE) result = run(&c, error);
    kiem_error_free(error);
    return result;
}
