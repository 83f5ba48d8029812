/* Bytes written as letters, RFC 4648 with the alphabet of its section 4. */
#ifndef KM_BASE_BASE64_H
#define KM_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Decodes in place; blanks and line ends are passed over, the padding may be missing. *size: of the text,
 * then of the bytes. False when it is something else. */
bool km_base64_decode(char *text, size_t *size);

#endif
