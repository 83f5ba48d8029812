/* Elements of an XML document as they come, from bytes as they come; the room of expat. Nothing outside the
 * document is ever asked for: a document type declaration, by which entities come, is refused. */
#ifndef KM_INGEST_XML_H
#define KM_INGEST_XML_H

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    KM_XML_DEPTH_MAX = 64,
    KM_XML_TOKEN_MAX = 4 << 20 /* bytes of a tag with its attributes, or of a comment */
};

/* Names come without prefix, text in pieces as UTF-8. */
typedef struct km_xml_events {
    void (*start)(void *user, km_text name);
    void (*end)(void *user, km_text name);
    void (*text)(void *user, km_text text);
    void *user;
} km_xml_events;

typedef enum km_xml_fault {
    KM_XML_GOOD = 0,
    KM_XML_BROKEN,  /* no well-formed XML from a place on */
    KM_XML_CUT,     /* it ends before its last element does */
    KM_XML_DOCTYPE, /* a document type declaration */
    KM_XML_DEEP,    /* elements nested deeper than KM_XML_DEPTH_MAX */
    KM_XML_LONG,    /* a tag or comment beyond KM_XML_TOKEN_MAX */
    KM_XML_MORE,    /* something behind its last element */
    KM_XML_NOMEM
} km_xml_fault;

typedef struct km_xml km_xml;

/* `events` must outlive it. */
km_xml *km_xml_new(const km_mem *mem, const km_xml_events *events);
void km_xml_free(km_xml *xml);
/* The next bytes; `last` when the document ends with them. What the first bytes show of the encoding (UTF-8,
 * UTF-16) counts more than its declaration, which exports often get wrong; blanks in front of the document,
 * as pasting leaves them, are passed over. After a fault nothing more may be pushed. */
km_xml_fault km_xml_push(km_xml *xml, const void *bytes, size_t size, bool last);
/* Where it is, in the document: line and column from 1, offset from 0. */
km_place km_xml_place(const km_xml *xml, const char *file);
/* Ends the parse from within an event; km_xml_push then says good. */
void km_xml_stop(km_xml *xml);

#endif
