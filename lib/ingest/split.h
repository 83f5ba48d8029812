/* Cuts CSV text into records, exactly where libcsv (3.0.3, not strict) ends its rows: feeding libcsv one
 * record at a time gives the same fields as feeding it everything. A record ends at a newline outside quotes.
 * So the serial half of the reader runs at memchr speed and parsing can be shared out among threads.
 *
 * A record longer than the limit means an unclosed quote or garbage: its first physical line is given up and
 * the next line is tried as a record. The result does not depend on how the bytes arrive, at most limit + 1
 * bytes of a record are looked at, and every byte is looked at a small constant number of times. */
#ifndef KM_INGEST_SPLIT_H
#define KM_INGEST_SPLIT_H

#include "base/text.h"

typedef enum km_split_kind {
    KM_SPLIT_MORE = 0, /* the record does not end in these bytes */
    KM_SPLIT_RECORD,   /* a record with its line end; the last one of the input may lack it */
    KM_SPLIT_BLANK,    /* a line of nothing but blanks: libcsv gives no row for it */
    KM_SPLIT_UNCLOSED, /* the first line of a record that does not end within the limit or the input */
    KM_SPLIT_LONG      /* the first limit + 1 bytes of a line longer than the limit: skip to its end */
} km_split_kind;

typedef enum km_split_state {
    KM_SPLIT_OUTSIDE = 0,  /* outside quotes */
    KM_SPLIT_QUOTED,       /* inside quotes */
    KM_SPLIT_CLOSING,      /* after a quote inside quotes: the field ends here, or the quote was doubled */
    KM_SPLIT_CLOSING_BLANK /* and blanks after it */
} km_split_state;

/* How far a record has been looked at; positions count from its first byte. */
typedef struct km_split_run {
    size_t at;       /* bytes before this are done */
    size_t field;    /* outside quotes: a field starts here or later */
    size_t line_end; /* no newline from `at` to here; a newline here, or the end of what was seen */
    km_split_state state;
} km_split_run;

typedef struct km_splitter {
    char delimiter;
    size_t limit;
    km_split_run run;
    /* Where the last run that never left its quotes had come to. A later record that is still inside quotes
     * at one of the same newlines takes the same course, so it goes on from there: this keeps the time
     * linear. */
    km_split_run failed;
} km_splitter;

void km_splitter_init(km_splitter *splitter, char delimiter, size_t limit);
/* Looks for the record that starts at `bytes`. For every kind but MORE, *taken bytes are used up and the next
 * call starts behind them. After MORE the next call gets the same bytes and more behind them. `final`:
 * nothing follows. */
km_split_kind km_split_next(km_splitter *splitter, const char *bytes, size_t size, bool final, size_t *taken);

#endif
