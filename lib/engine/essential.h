/* Columns of claims that nearly everything rests on: what is said when one is missing or says nothing. */
#ifndef KM_ENGINE_ESSENTIAL_H
#define KM_ENGINE_ESSENTIAL_H

#include "base/error.h"
#include "base/text.h"
#include "claim/batch.h"
#include "ingest/names.h"

enum { KM_ESSENTIAL_FIELDS = 9, KM_ESSENTIAL_TEXT_MAX = 160 };

/* Rows of an input in which an essential field is NULL, empty or unreadable alike. */
typedef struct km_essential {
    uint64_t rows, null[KM_ESSENTIAL_FIELDS];
} km_essential;

void km_essential_note(km_essential *seen, const km_batch *batch);
/* Names of fields with commas between, "" when there is none: of those that have no column, and of those
 * that are NULL in most rows. `text` holds KM_ESSENTIAL_TEXT_MAX bytes. */
void km_essential_missing(const km_fieldset *present, km_standard standard, char *text);
void km_essential_unread(const km_essential *seen, const km_fieldset *present, char *text);

#endif
