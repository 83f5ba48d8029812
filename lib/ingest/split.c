#include "ingest/split.h"

#include <string.h>

void km_splitter_init(km_splitter *splitter, char delimiter, size_t limit) {
    *splitter = (km_splitter){.delimiter = delimiter, .limit = limit};
}

static bool is_blank(const km_splitter *splitter, char c) {
    return (c == ' ' || c == '\t') && c != splitter->delimiter;
}

/* A quote opens a quoted field only as the first thing in a field, blanks before it aside. A carriage return
 * ends libcsv's row, so a field starts after it too. */
static bool opens_field(const km_splitter *splitter, const char *bytes, size_t field, size_t quote) {
    size_t i = quote;
    while (i > field && is_blank(splitter, bytes[i - 1])) i--;
    return i == field || bytes[i - 1] == splitter->delimiter || bytes[i - 1] == '\r';
}

static size_t find(const char *bytes, char c, size_t from, size_t end) {
    const char *found = from < end ? memchr(bytes + from, c, end - from) : NULL;
    return found ? (size_t)(found - bytes) : end;
}

/* Outside quotes: to the quote that opens a field, or to the newline that ends the record (true). */
static bool run_outside(const km_splitter *splitter, km_split_run *run, const char *bytes, size_t end) {
    bool known = run->line_end >= run->at && run->line_end < end && bytes[run->line_end] == '\n';
    if (!known) run->line_end = find(bytes, '\n', run->line_end > run->at ? run->line_end : run->at, end);
    size_t quote = find(bytes, '"', run->at, run->line_end);
    if (quote < run->line_end) {
        run->at = quote + 1;
        if (opens_field(splitter, bytes, run->field, quote)) run->state = KM_SPLIT_QUOTED;
        return false;
    }
    run->at = run->line_end + (run->line_end < end);
    return run->line_end < end;
}

static void run_quoted(const km_splitter *splitter, km_split_run *run, const char *bytes, size_t end) {
    if (run->at < splitter->failed.at) {
        size_t stop = splitter->failed.at;
        size_t quote = find(bytes, '"', run->at, stop), newline = find(bytes, '\n', run->at, quote);
        if (newline < quote) {
            *run = splitter->failed;
            return;
        }
    }
    size_t quote = find(bytes, '"', run->at, end);
    run->at = quote;
    if (quote == end) return;
    run->at++;
    run->state = KM_SPLIT_CLOSING;
}

static void start_field(km_split_run *run) {
    run->state = KM_SPLIT_OUTSIDE;
    run->field = run->at;
}

/* After a quote inside quotes, one byte on; true when the record ends. */
static bool run_closing(const km_splitter *splitter, km_split_run *run, const char *bytes) {
    char c = bytes[run->at++];
    if (c == '\n') return true;
    if (c == splitter->delimiter || c == '\r') {
        start_field(run);
    } else if (is_blank(splitter, c)) {
        run->state = KM_SPLIT_CLOSING_BLANK;
    } else if (c == '"' && run->state == KM_SPLIT_CLOSING_BLANK) {
        run->state = KM_SPLIT_CLOSING;
    } else {
        run->state = KM_SPLIT_QUOTED;
    }
    return false;
}

/* Goes on until the record ends (true, run->at behind its newline) or the bytes do. */
static bool run_on(const km_splitter *splitter, km_split_run *run, const char *bytes, size_t end) {
    while (run->at < end) {
        switch (run->state) {
        case KM_SPLIT_OUTSIDE:
            if (run_outside(splitter, run, bytes, end)) return true;
            break;
        case KM_SPLIT_QUOTED: run_quoted(splitter, run, bytes, end); break;
        case KM_SPLIT_CLOSING:
        case KM_SPLIT_CLOSING_BLANK:
            if (run_closing(splitter, run, bytes)) return true;
            break;
        }
    }
    return false;
}

static bool all_blank(const km_splitter *splitter, const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (!is_blank(splitter, bytes[i]) && bytes[i] != '\r' && bytes[i] != '\n') return false;
    }
    return true;
}

static size_t less(size_t a, size_t b) {
    return a > b ? a - b : 0;
}

/* The next record starts `taken` bytes further on. */
static km_split_kind finish(km_splitter *splitter, km_split_kind kind, size_t length, size_t *taken) {
    km_split_run *failed = &splitter->failed;
    failed->at = less(failed->at, length);
    failed->field = less(failed->field, length);
    failed->line_end = less(failed->line_end, length);
    splitter->run = (km_split_run){0};
    *taken = length;
    return kind;
}

km_split_kind km_split_next(km_splitter *splitter, const char *bytes, size_t size, bool final,
                            size_t *taken) {
    bool over = size > splitter->limit;
    size_t end = over ? splitter->limit + 1 : size;
    km_split_run *run = &splitter->run;
    if (run_on(splitter, run, bytes, end)) {
        bool blank = all_blank(splitter, bytes, run->at);
        return finish(splitter, blank ? KM_SPLIT_BLANK : KM_SPLIT_RECORD, run->at, taken);
    }
    if (size == 0 || (!over && !final)) return KM_SPLIT_MORE;
    if (!over && run->state != KM_SPLIT_QUOTED) {
        bool blank = all_blank(splitter, bytes, size);
        return finish(splitter, blank ? KM_SPLIT_BLANK : KM_SPLIT_RECORD, size, taken);
    }
    size_t newline = find(bytes, '\n', 0, end);
    if (newline == end && over) return finish(splitter, KM_SPLIT_LONG, end, taken);
    splitter->failed = *run;
    return finish(splitter, KM_SPLIT_UNCLOSED, newline == end ? end : newline + 1, taken);
}
