/* The list that kiem sample writes and kiem estimate reads back. */
#ifndef KIEM_SAMPLE_LIST_H
#define KIEM_SAMPLE_LIST_H

#include <stdint.h>

/* Columns in the order of the file. All but the last two are as drawn; those two are for the reviewer. */
enum {
    LIST_NUMBER = 0, /* 1 to LIST_OF */
    LIST_OF,
    LIST_MA_LK,
    LIST_FACILITY,
    LIST_FILE,
    LIST_ROW,
    LIST_T_BHTT,
    LIST_AT_RISK,
    LIST_EXCESS,
    LIST_SIZE,
    LIST_PI,
    LIST_CERTAIN,
    LIST_BY,     /* "risk" or "fund": what the sizes are */
    LIST_CLAIMS, /* drawn from */
    LIST_SEED,
    LIST_DRAW, /* the same in all rows of a draw, another for any other draw */
    LIST_MARK, /* check digits over the cells before */
    LIST_OVERPAID,
    LIST_OUTCOME,
    LIST_COLUMNS
};
extern const char *const list_columns[LIST_COLUMNS];

enum { LIST_MARK_SIZE = 24 };

/* Check digits: they find what slipped, in a spreadsheet or by hand; they are no seal. */
uint64_t list_digest(uint64_t before, const char *text);
/* Two halves, so that a changed chance (size, pi, certain) is told from other changes. */
void list_mark(const char *const *cells, char out[LIST_MARK_SIZE]);

#endif
