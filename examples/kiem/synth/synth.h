/* Invented claims for demonstrations and tests: lawful histories, lawful cases that look unusual, and planted
 * abnormal ones, with a labels file that says which is which. Plain C and libc; it knows nothing of the
 * library. */
#ifndef SYNTH_H
#define SYNTH_H

#include <stddef.h>
#include <stdint.h>

enum { SYNTH_OK = 0, SYNTH_BAD_OPTION = 2, SYNTH_CANNOT_WRITE = 3, SYNTH_NO_MEMORY = 4 };
enum { SYNTH_DETAILS_AUTO = -1, SYNTH_DETAILS_OFF = 0, SYNTH_DETAILS_ON = 1 };

struct synth_options {
    uint64_t claims;
    uint64_t seed;
    uint32_t planted_ppm;  /* share of the claims planted abnormal, in millionths */
    const char *out;       /* directory; made when it does not exist */
    int32_t from, to;      /* yyyymmdd, both included; discharges lie between them */
    const char *provinces; /* two-digit codes of the list before July 2025, joined by commas */
    int details;           /* drugs.csv and services.csv; AUTO writes them up to 100,000 claims */
    int standard;          /* 3176 or 4210: the columns of claims.csv */
    int vietnamese;        /* language of errors */
};

void synth_options_default(struct synth_options *options);

/* Reads --claims --seed --fraud --out --from --to --provinces --details on|off|auto --standard; the words do
 * not include the program's or the command's name. Text of an option is kept by pointer. */
int synth_options_parse(struct synth_options *options, int count, char *const *words, char *error,
                        size_t error_size);

/* Writes claims.csv, budgets.csv, facilities.csv, labels.csv, README.txt and, with details, drugs.csv and
 * services.csv. The same options give the same bytes on every machine. Returns SYNTH_OK or one of the codes
 * above. */
int synth_run(const struct synth_options *options, char *error, size_t error_size);

#endif
