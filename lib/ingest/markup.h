/* Markup among the inputs: XML, which is read, and HTML, which spreadsheets of the web are saved as. */
#ifndef KM_INGEST_MARKUP_H
#define KM_INGEST_MARKUP_H

#include "base/text.h"

typedef enum km_markup { KM_MARKUP_NONE = 0, KM_MARKUP_XML, KM_MARKUP_HTML } km_markup;

/* What the first bytes of an input are, in UTF-8 or UTF-16: told by its first element, behind blanks,
 * comments, instructions and the type of the document. XML where they end before that. */
km_markup km_markup_of(km_text head);

#endif
