/* Is this CSV in UTF-8? Looks at the first bytes of an input and refuses everything else with the one
 * sentence that helps: what it is, and how to convert it. */
#ifndef KM_INGEST_ENCODING_H
#define KM_INGEST_ENCODING_H

#include "base/error.h"
#include "base/text.h"

/* `head` is the start of the input, `whole` when it is all of it. *skip: bytes of a byte order mark to pass
 * over. Single rows that are not valid UTF-8 are no reason to refuse the file. */
kiem_status km_encoding_check(km_text head, bool whole, const char *file, size_t *skip, km_error *error);

#endif
