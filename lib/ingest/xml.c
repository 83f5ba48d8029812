#include "ingest/xml.h"

#include <expat.h>
#include <string.h>

struct km_xml {
    const km_mem *mem;
    const km_xml_events *events;
    XML_Parser parser; /* made when the first bytes have come, which show the encoding */
    char first[2];
    size_t seen;    /* of them */
    int64_t pushed; /* bytes */
    int depth;
    km_xml_fault fault;
    bool stopped;
};

/* ---- memory: expat's hooks know no user pointer, so that they find it where the thread has put it for the
 * length of a call, and no size, so that it stands in front of each piece */

static _Thread_local const km_mem *at_work;

typedef union piece {
    size_t size; /* of all of it */
    max_align_t align;
} piece;

static void *take_piece(size_t size) {
    if (size > SIZE_MAX - sizeof(piece)) return NULL;
    piece *taken = km_alloc(at_work, size + sizeof(piece));
    if (!taken) return NULL;
    taken->size = size + sizeof(piece);
    return taken + 1;
}

static void give_piece(void *ptr) {
    piece *given = ptr ? (piece *)ptr - 1 : NULL;
    if (given) km_free(at_work, given, given->size);
}

static void *resize_piece(void *ptr, size_t size) {
    if (!ptr) return take_piece(size);
    size_t before = ((piece *)ptr - 1)->size - sizeof(piece);
    void *taken = take_piece(size);
    if (!taken) return NULL;
    memcpy(taken, ptr, before < size ? before : size);
    give_piece(ptr);
    return taken;
}

/* ---- events */

static void fail(km_xml *xml, km_xml_fault fault) {
    if (!xml->fault) xml->fault = fault;
    XML_StopParser(xml->parser, XML_FALSE);
}

static km_text name_of(const XML_Char *name) {
    const char *colon = strrchr(name, ':');
    return km_text_from(colon ? colon + 1 : name);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes) {
    km_xml *xml = user;
    (void)attributes;
    if (++xml->depth > KM_XML_DEPTH_MAX)
        fail(xml, KM_XML_DEEP);
    else
        xml->events->start(xml->events->user, name_of(name));
}

static void XMLCALL on_end(void *user, const XML_Char *name) {
    km_xml *xml = user;
    xml->depth--;
    if (!xml->stopped && !xml->fault) xml->events->end(xml->events->user, name_of(name));
}

static void XMLCALL on_text(void *user, const XML_Char *text, int length) {
    const km_xml *xml = user;
    xml->events->text(xml->events->user, (km_text){text, (size_t)length});
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system,
                               const XML_Char *public_id, int internal) {
    (void)name, (void)system, (void)public_id, (void)internal;
    fail(user, KM_XML_DOCTYPE);
}

/* ---- documents */

km_xml *km_xml_new(const km_mem *mem, const km_xml_events *events) {
    km_xml *xml = km_alloc_zero(mem, sizeof *xml);
    if (!xml) return NULL;
    xml->mem = mem;
    xml->events = events;
    return xml;
}

void km_xml_free(km_xml *xml) {
    if (!xml) return;
    const km_mem *before = at_work;
    at_work = xml->mem;
    if (xml->parser) XML_ParserFree(xml->parser);
    at_work = before;
    km_free(xml->mem, xml, sizeof *xml);
}

/* Two bytes to a character: a mark of byte order, or a zero beside the first one. */
static bool is_utf16(const km_xml *xml) {
    const unsigned char a = (unsigned char)xml->first[0], b = (unsigned char)xml->first[1];
    return xml->seen == 2 && ((a == 0xFF && b == 0xFE) || (a == 0xFE && b == 0xFF) || !a || !b);
}

static bool open_parser(km_xml *xml) {
    static const XML_Memory_Handling_Suite hooks = {take_piece, resize_piece, give_piece};
    xml->parser = XML_ParserCreate_MM(is_utf16(xml) ? NULL : "UTF-8", &hooks, NULL);
    if (!xml->parser) return false;
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    return true;
}

static km_xml_fault fault_of(enum XML_Error code, bool last) {
    switch (code) {
    case XML_ERROR_NO_MEMORY: return KM_XML_NOMEM;
    case XML_ERROR_UNKNOWN_ENCODING:
    case XML_ERROR_INCORRECT_ENCODING: return KM_XML_ENCODING;
    case XML_ERROR_NO_ELEMENTS:
    case XML_ERROR_UNCLOSED_TOKEN:
    case XML_ERROR_PARTIAL_CHAR:
    case XML_ERROR_UNCLOSED_CDATA_SECTION: return last ? KM_XML_CUT : KM_XML_BROKEN;
    default: return KM_XML_BROKEN;
    }
}

static km_xml_fault parse(km_xml *xml, const char *bytes, size_t size, bool last) {
    enum { STEP = 1 << 20 };
    do {
        size_t step = size < STEP ? size : STEP;
        size -= step;
        bool ok = XML_Parse(xml->parser, bytes, (int)step, last && !size) == XML_STATUS_OK;
        if (xml->stopped || xml->fault) return xml->fault;
        if (!ok) return xml->fault = fault_of(XML_GetErrorCode(xml->parser), last && !size);
        bytes += step;
        xml->pushed += (int64_t)step;
        /* what is not at its end yet is kept, and gone through again with each piece */
        if (xml->pushed - XML_GetCurrentByteIndex(xml->parser) > KM_XML_TOKEN_MAX)
            return xml->fault = KM_XML_LONG;
    } while (size);
    return KM_XML_GOOD;
}

static km_xml_fault push(km_xml *xml, const char *bytes, size_t size, bool last) {
    while (xml->seen < sizeof xml->first && size) {
        xml->first[xml->seen++] = *bytes++;
        size--;
    }
    if (!xml->parser) {
        if (xml->seen < sizeof xml->first && !last) return KM_XML_GOOD;
        if (!open_parser(xml)) return KM_XML_NOMEM;
        const km_xml_fault fault = parse(xml, xml->first, xml->seen, false);
        if (fault) return fault;
    }
    return parse(xml, bytes, size, last);
}

km_xml_fault km_xml_push(km_xml *xml, const void *bytes, size_t size, bool last) {
    const km_mem *before = at_work;
    at_work = xml->mem;
    km_xml_fault fault = push(xml, bytes, size, last);
    at_work = before;
    return fault;
}

km_place km_xml_place(const km_xml *xml, const char *file) {
    if (!xml->parser) return km_at(file, 1, 1);
    return (km_place){file, (int64_t)XML_GetCurrentLineNumber(xml->parser),
                      (int64_t)XML_GetCurrentColumnNumber(xml->parser) + 1,
                      (int64_t)XML_GetCurrentByteIndex(xml->parser)};
}

void km_xml_stop(km_xml *xml) {
    xml->stopped = true;
    XML_StopParser(xml->parser, XML_FALSE);
}
