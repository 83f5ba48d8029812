#include "ingest/xml.h"

#include <expat.h>
#include <string.h>

struct km_xml {
    const km_mem *mem;
    const km_xml_events *events;
    XML_Parser parser; /* made when the first bytes have come, which show the encoding */
    char first[2];
    size_t seen; /* of them */
    enum { UTF_8, UTF_16_LITTLE, UTF_16_BIG } encoding;
    bool begun; /* the document, behind marks of byte order and blanks: */
    int64_t skipped, skipped_lines, skipped_columns; /* bytes, line ends, and blanks of the last line */
    int64_t pushed;                                  /* bytes of the document */
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
static void look_at_first(km_xml *xml) {
    const unsigned char a = (unsigned char)xml->first[0], b = (unsigned char)xml->first[1];
    if (xml->seen == 2 && ((a == 0xFF && b == 0xFE) || !b)) xml->encoding = UTF_16_LITTLE;
    if (xml->seen == 2 && ((a == 0xFE && b == 0xFF) || !a)) xml->encoding = UTF_16_BIG;
}

static bool open_parser(km_xml *xml) {
    static const XML_Memory_Handling_Suite hooks = {take_piece, resize_piece, give_piece};
    static const char *const names[] = {"UTF-8", "UTF-16LE", "UTF-16BE"};
    look_at_first(xml);
    xml->parser = XML_ParserCreate_MM(names[xml->encoding], &hooks, NULL);
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
    case XML_ERROR_JUNK_AFTER_DOC_ELEMENT: return KM_XML_MORE;
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

/* How many bytes stand in front of the document. */
static size_t skip_blanks(km_xml *xml, const char *bytes, size_t size) {
    size_t i = 0;
    for (; i < size; i++) {
        const bool blank = bytes[i] && strchr(" \t\r\n", bytes[i]);
        if (!blank && !memchr(xml->encoding == UTF_8 ? "\xEF\xBB\xBF" : "\xFF\xFE", bytes[i], 3)) break;
        if (blank) xml->skipped_columns++;
        if (bytes[i] == '\n') {
            xml->skipped_lines++;
            xml->skipped_columns = 0;
        }
    }
    xml->skipped += (int64_t)i;
    xml->begun = i < size;
    return i;
}

static km_xml_fault parse_behind_blanks(km_xml *xml, const char *bytes, size_t size, bool last) {
    if (!xml->begun) {
        const size_t blanks = skip_blanks(xml, bytes, size);
        bytes += blanks;
        size -= blanks;
        if (xml->begun && xml->encoding == UTF_16_BIG && xml->skipped % 2) { /* half of its first character */
            xml->skipped--;
            const km_xml_fault fault = parse(xml, "", 1, false);
            if (fault) return fault;
        }
    }
    return parse(xml, bytes, size, last);
}

static km_xml_fault push(km_xml *xml, const char *bytes, size_t size, bool last) {
    while (xml->seen < sizeof xml->first && size) {
        xml->first[xml->seen++] = *bytes++;
        size--;
    }
    if (!xml->parser) {
        if (xml->seen < sizeof xml->first && !last) return KM_XML_GOOD;
        if (!open_parser(xml)) return KM_XML_NOMEM;
        const km_xml_fault fault = parse_behind_blanks(xml, xml->first, xml->seen, false);
        if (fault) return fault;
    }
    return parse_behind_blanks(xml, bytes, size, last);
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
    const int64_t line = (int64_t)XML_GetCurrentLineNumber(xml->parser);
    const int64_t column = (int64_t)XML_GetCurrentColumnNumber(xml->parser) + 1;
    const int64_t offset = (int64_t)XML_GetCurrentByteIndex(xml->parser);
    return (km_place){file, line + xml->skipped_lines, column + (line == 1 ? xml->skipped_columns : 0),
                      offset < 0 ? -1 : offset + xml->skipped};
}

void km_xml_stop(km_xml *xml) {
    xml->stopped = true;
    XML_StopParser(xml->parser, XML_FALSE);
}
