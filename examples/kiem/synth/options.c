#include "calendar.h"
#include "synth.h"

#include <stdio.h>
#include <string.h>

void synth_options_default(struct synth_options *options) {
    *options = (struct synth_options){
        .claims = 20000,
        .seed = 1,
        .planted_ppm = 0,
        .out = NULL,
        .from = 0, /* by the standard */
        .to = 0,
        .provinces = "01,79,70,38,40,48,66,92",
        .details = SYNTH_DETAILS_AUTO,
        .standard = 3176,
    };
}

static bool read_count(const char *word, uint64_t *value) {
    uint64_t n = 0;
    if (*word == '\0') return false;
    for (; *word; word++) {
        if (*word < '0' || *word > '9' || n > UINT64_MAX / 10 - 1) return false;
        n = n * 10 + (uint64_t)(*word - '0');
    }
    *value = n;
    return true;
}

/* 0, 0.02 or 1 in millionths; no locale, no double */
static bool read_rate(const char *word, uint32_t *ppm) {
    if ((word[0] != '0' && word[0] != '1') || (word[1] != '\0' && word[1] != '.')) return false;
    uint32_t n = (uint32_t)(word[0] - '0') * 1000000, unit = 100000;
    for (const char *digit = word + (word[1] ? 2 : 1); *digit; digit++, unit /= 10) {
        if (*digit < '0' || *digit > '9' || unit == 0) return false;
        n += (uint32_t)(*digit - '0') * unit;
    }
    *ppm = n;
    return n <= 1000000;
}

/* yyyy-mm-dd */
static bool read_date(const char *word, int32_t *date) {
    if (strlen(word) != 10 || word[4] != '-' || word[7] != '-') return false;
    int32_t n = 0;
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7) continue;
        if (word[i] < '0' || word[i] > '9') return false;
        n = n * 10 + (word[i] - '0');
    }
    *date = n;
    return synth_date_exists(n);
}

static bool read_details(const char *word, int *details) {
    if (strcmp(word, "on") == 0)
        *details = SYNTH_DETAILS_ON;
    else if (strcmp(word, "off") == 0)
        *details = SYNTH_DETAILS_OFF;
    else if (strcmp(word, "auto") == 0)
        *details = SYNTH_DETAILS_AUTO;
    else
        return false;
    return true;
}

static bool read_option(struct synth_options *options, const char *name, const char *value, bool *known) {
    uint64_t n = 0;
    *known = true;
    if (strcmp(name, "--claims") == 0) return read_count(value, &options->claims);
    if (strcmp(name, "--seed") == 0) return read_count(value, &options->seed);
    if (strcmp(name, "--fraud") == 0) return read_rate(value, &options->planted_ppm);
    if (strcmp(name, "--from") == 0) return read_date(value, &options->from);
    if (strcmp(name, "--to") == 0) return read_date(value, &options->to);
    if (strcmp(name, "--details") == 0) return read_details(value, &options->details);
    if (strcmp(name, "--standard") == 0) {
        if (!read_count(value, &n) || (n != 3176 && n != 4210)) return false;
        options->standard = (int)n;
        return true;
    }
    if (strcmp(name, "--out") == 0)
        options->out = value;
    else if (strcmp(name, "--provinces") == 0)
        options->provinces = value;
    else
        *known = false;
    return *known;
}

int synth_options_parse(struct synth_options *options, int count, char *const *words, char *error,
                        size_t error_size) {
    for (int i = 0; i < count; i += 2) {
        bool known;
        const char *value = i + 1 < count ? words[i + 1] : "";
        if (read_option(options, words[i], value, &known)) continue;
        if (!known)
            snprintf(error, error_size,
                     options->vietnamese ? "không có tuỳ chọn '%s'; xem kiem synth --help"
                                         : "unknown option '%s'; see kiem synth --help",
                     words[i]);
        else
            snprintf(error, error_size,
                     options->vietnamese ? "'%s' không phải giá trị của %s" : "'%s' is no value for %s",
                     value, words[i]);
        return SYNTH_BAD_OPTION;
    }
    if (!options->out) {
        snprintf(error, error_size, options->vietnamese ? "thiếu --out DIR" : "--out DIR is needed");
        return SYNTH_BAD_OPTION;
    }
    return SYNTH_OK;
}
