/* The names of columns that kiem does not know, for summary.json. */
#ifndef KM_ENGINE_UNKNOWN_NAMES_H
#define KM_ENGINE_UNKNOWN_NAMES_H

#include "base/buf.h"
#include "ingest/layout.h"

/* Puts the first of them as a JSON array, or nothing where the row they stand in may be a claim rather than a
 * header. A name that does not look like one is "column 7". A broken buffer tells that memory ran out. */
void km_unknown_names_put(km_buf *out, const km_layout *layout);

#endif
