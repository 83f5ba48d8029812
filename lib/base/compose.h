/* Vietnamese is written in two ways: a letter with its accents in one character, or the accents in characters
 * of their own behind it. What is read becomes the first way, Unicode's form C, so that names of services are
 * known by patterns written in it. */
#ifndef KM_BASE_COMPOSE_H
#define KM_BASE_COMPOSE_H

#include "base/buf.h"

/* Whether there may be an accent of its own; of bytes of whole characters, which may be many texts. */
bool km_has_accents(const char *bytes, size_t size);
/* The text itself when it has none, or is no UTF-8; else its form C, which lies in `room`. Without memory
 * `room` is broken. */
km_text km_compose(km_buf *room, km_text text);

#endif
