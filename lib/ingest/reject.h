/* Rows that could not be read: kept with their place and a masked look at what stood there. */
#ifndef KM_INGEST_REJECT_H
#define KM_INGEST_REJECT_H

#include "base/buf.h"
#include "base/error.h"

enum { KM_REJECT_VALUE_MAX = 60 /* characters of the masked value */ };

typedef struct km_reject {
    uint32_t input;
    int64_t row;                       /* spreadsheet row */
    int64_t offset;                    /* of its first byte in the file */
    size_t column, reason, value, end; /* slices of km_rejects.text: see km_reject_column and the others */
} km_reject;

typedef struct km_rejects {
    const km_mem *mem;
    km_reject *list;
    size_t count, capacity;
    km_buf text;
} km_rejects;

void km_rejects_init(km_rejects *rejects, const km_mem *mem);
void km_rejects_free(km_rejects *rejects);
void km_rejects_clear(km_rejects *rejects);
/* `column` may be empty; `value` is masked here. */
kiem_status km_rejects_add(km_rejects *rejects, km_reject place, km_text column, km_text reason,
                           km_text value, km_error *error);

/* Name of the column at fault (empty when it is the whole row), reason, masked value. */
km_text km_reject_column(const km_rejects *rejects, size_t index);
km_text km_reject_reason(const km_rejects *rejects, size_t index);
km_text km_reject_value(const km_rejects *rejects, size_t index);

/* Appends km_mask of the text, at most `characters` of it, control characters as '_': one line, whatever the
 * bytes were. */
void km_mask_line(km_buf *buf, km_text text, size_t characters);

#endif
