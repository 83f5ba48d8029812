/* Checks a file of claims and counts what was found.
 *
 * cc check_file.c $(pkg-config --cflags --libs kiem) && ./a.out claims.csv */
#include <kiem/kiem.h>
#include <stdio.h>

int main(int argc, char **argv) {
    kiem_job *job = NULL;
    const kiem_table *findings = NULL;
    kiem_error *error = NULL;
    kiem_error_new(NULL, &error);
    if (argc == 2 && kiem_job_new(NULL, NULL, &job, error) == KIEM_OK &&
        kiem_job_add_file(job, "claims", argv[1], error) == KIEM_OK && kiem_job_run(job, error) == KIEM_OK &&
        kiem_job_table(job, "findings", &findings, error) == KIEM_OK) {
        printf("%lld findings\n", (long long)kiem_table_rows(findings));
    } else {
        const char *message = argc == 2 ? kiem_error_message(error) : "usage: check_file CLAIMS.csv";
        fprintf(stderr, "%s%s%s\n", kiem_error_file(error), *kiem_error_file(error) ? ": " : "", message);
    }
    int failed = findings == NULL;
    kiem_job_free(job);
    kiem_error_free(error);
    return failed;
}
