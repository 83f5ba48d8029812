#include "ingest/envelope.h"

#include <stdio.h>

#include "base/base64.h"
#include "ingest/layout.h"
#include "ingest/xml.h"

enum { FAULT_MAX = 160 };

static const struct {
    const char *part, *row; /* LOAIHOSO, and the element of a row */
    km_scope scope;
} kinds[KM_ENVELOPE_TABLES] = {{"XML1", "TONG_HOP", KM_SCOPE_CLAIM},
                               {"XML2", "CHI_TIET_THUOC", KM_SCOPE_DRUG},
                               {"XML3", "CHI_TIET_DVKT", KM_SCOPE_SERVICE}};

struct km_envelope {
    const km_mem *mem;
    const char *file;
    uint32_t input;
    km_tag_table tables[KM_ENVELOPE_TABLES]; /* as in `kinds` */
    km_rejects rejects;
    km_xml_events outer_events, inner_events;
    km_xml *outer;
    bool nomem;
    kiem_status kept; /* how keeping rows went */
    km_error *error;  /* of the call at work */
    int depth;        /* of elements, those of the document inside added */

    bool in_record, health_check;
    char fault[FAULT_MAX]; /* why the record cannot be read; empty: it can */
    km_buf fault_column;
    int64_t offset; /* of the record in the file */
    km_buf key;     /* its MA_LK */

    km_buf part, content; /* LOAIHOSO and NOIDUNGFILE */
    km_buf *collected;    /* that of the element at work, at the depth: */
    int collect_depth;

    km_tag_table *row; /* that the open row belongs to, or NULL; the row is at the depth: */
    int row_depth;
    km_buf column, cell; /* of the open cell */
};

/* ---- records */

static void fail_record(km_envelope *e, km_text column, const char *why) {
    if (e->fault[0]) return;
    snprintf(e->fault, sizeof e->fault, "%s", why);
    km_buf_clear(&e->fault_column);
    km_buf_text(&e->fault_column, column);
    if (!km_buf_ok(&e->fault_column)) e->nomem = true;
}

static void begin_record(km_envelope *e) {
    e->health_check = false;
    e->fault[0] = '\0';
    e->offset = km_xml_place(e->outer, NULL).offset;
    km_buf_clear(&e->key);
    km_buf_clear(&e->fault_column);
}

static kiem_status keep_or_reject(km_envelope *e, km_error *error) {
    km_tag_table *claims = &e->tables[0];
    for (int i = 0; i < KM_ENVELOPE_TABLES && e->fault[0]; i++) km_tag_table_drop(&e->tables[i]);
    if (e->fault[0] && !claims->dropped) claims->dropped = 1; /* a record has a row in any case */
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++) KM_TRY(km_tag_table_keep(&e->tables[i], error));
    if (!e->fault[0]) return KIEM_OK;
    const km_reject place = {.input = e->input, .row = (int64_t)claims->rows, .offset = e->offset};
    return km_rejects_add(&e->rejects, place, km_buf_view(&e->fault_column), km_text_from(e->fault),
                          KM_TEXT(""), error);
}

static void end_record(km_envelope *e) {
    if (e->in_record && !e->tables[0].open_rows)
        fail_record(e, KM_TEXT(""),
                    e->health_check ? "a health check (KHAMSUCKHOE), which is no claim"
                                    : "this HOSO has no XML1 (TONG_HOP)");
    if (e->kept == KIEM_OK) e->kept = keep_or_reject(e, e->error);
    begin_record(e);
}

/* ---- rows and cells */

static void note_put(km_envelope *e, km_tag_put put, km_text column) {
    static const char *const why[] = {[KM_TAG_TWICE] = "this element stands twice in one row",
                                      [KM_TAG_LONG] = "a row is longer than a row may be",
                                      [KM_TAG_MANY] = "its rows have too many different elements"};
    if (put == KM_TAG_NOMEM) e->nomem = true;
    if (put != KM_TAG_GOOD && put != KM_TAG_NOMEM)
        fail_record(e, put == KM_TAG_MANY ? KM_TEXT("") : column, why[put]);
}

/* -1 when the element is no row of a table that is read. */
static int kind_of_row(km_text name) {
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++) {
        if (km_text_equal_fold(name, km_text_from(kinds[i].row))) return i;
    }
    return -1;
}

static void open_cell(km_envelope *e, km_text name) {
    km_buf_clear(&e->column);
    km_buf_clear(&e->cell);
    km_buf_text(&e->column, name);
}

static void close_cell(km_envelope *e) {
    const km_text column = km_buf_view(&e->column), value = km_text_trim(km_buf_view(&e->cell));
    if (!km_buf_ok(&e->column) || !km_buf_ok(&e->cell))
        e->nomem = true;
    else
        note_put(e, km_tag_table_put(e->row, column, value), column);
}

/* A line that does not name its claim is of the claim beside which it stands. */
static void close_row(km_envelope *e) {
    static const km_text key = {"MA_LK", 5};
    if (e->row->scope == KM_SCOPE_CLAIM) {
        km_buf_clear(&e->key);
        km_buf_text(&e->key, km_tag_table_cell(e->row, key));
    } else if (e->key.length) {
        note_put(e, km_tag_table_fill(e->row, key, km_buf_view(&e->key)), key);
    } else if (e->in_record && !km_tag_table_cell(e->row, key).length) {
        fail_record(e, key, "a line without MA_LK, and no claim with one stands before it");
    }
    if (!km_tag_table_end_row(e->row) || !km_buf_ok(&e->key)) e->nomem = true;
    if (e->row->open.length > KM_ENVELOPE_RECORD_MAX) {
        fail_record(e, KM_TEXT(""), "a HOSO is larger than one may be");
        km_tag_table_drop(e->row);
    }
    e->row = NULL;
    if (!e->in_record) end_record(e);
}

/* ---- elements, of the envelope and of the documents inside */

/* Whether the element belongs to a row. */
static bool start_in_row(km_envelope *e, km_text name) {
    const int kind = e->row ? -1 : kind_of_row(name);
    if (e->row && e->depth == e->row_depth + 1) open_cell(e, name);
    if (kind >= 0) {
        e->row = &e->tables[kind];
        e->row_depth = e->depth;
    }
    if (km_text_equal_fold(name, KM_TEXT("KHAMSUCKHOE"))) e->health_check = true;
    return e->row != NULL;
}

static bool end_in_row(km_envelope *e) {
    if (!e->row) return false;
    if (e->depth == e->row_depth + 1)
        close_cell(e);
    else if (e->depth == e->row_depth)
        close_row(e);
    return true;
}

static void add_text(km_envelope *e, km_buf *to, km_text text, size_t most) {
    if (to->length + text.length <= most)
        km_buf_text(to, text);
    else
        fail_record(e, KM_TEXT(""), "a HOSO is larger than one may be");
    if (!km_buf_ok(to)) e->nomem = true;
}

static void stop_without_memory(km_envelope *e) {
    if (e->nomem || e->kept != KIEM_OK) km_xml_stop(e->outer);
}

static void on_inner_start(void *user, km_text name) {
    km_envelope *e = user;
    e->depth++;
    start_in_row(e, name);
}

static void on_inner_end(void *user, km_text name) {
    km_envelope *e = user;
    (void)name;
    end_in_row(e);
    e->depth--;
}

static void on_text(void *user, km_text text) {
    km_envelope *e = user;
    if (e->row && e->depth == e->row_depth + 1)
        add_text(e, &e->cell, text, KM_ENVELOPE_RECORD_MAX);
    else if (!e->row && e->collected && e->depth == e->collect_depth)
        add_text(e, e->collected, text, KM_ENVELOPE_RECORD_MAX);
}

/* ---- parts */

static void collect(km_envelope *e, km_buf *into) {
    km_buf_clear(into);
    e->collected = into;
    e->collect_depth = e->depth;
}

static bool is_read(km_text part) {
    bool other = part.length > 0;
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++)
        other = other && !km_text_equal_fold(part, km_text_from(kinds[i].part));
    return !other;
}

static void fail_part(km_envelope *e, km_text part, km_xml_fault fault, km_place place) {
    char why[FAULT_MAX];
    if (fault == KM_XML_NOMEM) {
        e->nomem = true;
        return;
    }
    snprintf(why, sizeof why, "the document inside is no well-formed XML at its line %lld, column %lld",
             (long long)place.line, (long long)place.column);
    fail_record(e, part, fault == KM_XML_DOCTYPE ? "a document type declaration (DTD) is not accepted" : why);
}

/* The document in NOIDUNGFILE, where it is not elements but text or base64. */
static void read_part(km_envelope *e) {
    const km_text part = km_text_trim(km_buf_view(&e->part));
    km_text inside = km_text_trim(km_buf_view(&e->content)); /* of a byte order mark too */
    if (!inside.length || !is_read(part) || e->nomem) return;
    if (inside.ptr[0] != '<') {
        char *start = e->content.data + (inside.ptr - e->content.data);
        if (!km_base64_decode(start, &inside.length)) {
            fail_record(e, part, "NOIDUNGFILE is neither base64 nor XML");
            return;
        }
    }
    const int depth = e->depth;
    km_xml *inner = km_xml_new(e->mem, &e->inner_events);
    const km_xml_fault fault = inner ? km_xml_push(inner, inside.ptr, inside.length, true) : KM_XML_NOMEM;
    if (fault) fail_part(e, part, fault, inner ? km_xml_place(inner, NULL) : km_at(NULL, 0, 0));
    km_xml_free(inner);
    e->depth = depth;
    e->row = NULL;
}

static void on_start(void *user, km_text name) {
    km_envelope *e = user;
    e->depth++;
    if (start_in_row(e, name)) return;
    if (km_text_equal_fold(name, KM_TEXT("HOSO"))) {
        if (e->in_record)
            fail_record(e, KM_TEXT(""), "a HOSO stands inside another");
        else
            begin_record(e);
        e->in_record = true;
    } else if (km_text_equal_fold(name, KM_TEXT("FILEHOSO"))) {
        km_buf_clear(&e->part);
        km_buf_clear(&e->content);
    } else if (km_text_equal_fold(name, KM_TEXT("LOAIHOSO"))) {
        collect(e, &e->part);
    } else if (km_text_equal_fold(name, KM_TEXT("NOIDUNGFILE"))) {
        collect(e, &e->content);
    }
}

static void on_end(void *user, km_text name) {
    km_envelope *e = user;
    if (!end_in_row(e)) {
        if (e->collected && e->depth == e->collect_depth)
            e->collected = NULL;
        else if (km_text_equal_fold(name, KM_TEXT("FILEHOSO")))
            read_part(e);
        else if (km_text_equal_fold(name, KM_TEXT("HOSO")) && e->in_record) {
            end_record(e);
            e->in_record = false;
        }
    }
    e->depth--;
    stop_without_memory(e);
}

/* ---- the file */

static void init_bufs(km_envelope *e) {
    km_buf *bufs[] = {&e->fault_column, &e->key, &e->part, &e->content, &e->column, &e->cell};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) km_buf_init(bufs[i], e->mem);
}

kiem_status km_envelope_new(const km_mem *mem, const char *file, uint32_t input, km_spill *spill,
                            km_envelope **out, km_error *error) {
    *out = NULL;
    km_envelope *e = km_alloc_zero(mem, sizeof *e);
    if (!e) return km_nomem(error);
    e->mem = mem;
    e->file = file;
    e->input = input;
    e->outer_events = (km_xml_events){on_start, on_end, on_text, e};
    e->inner_events = (km_xml_events){on_inner_start, on_inner_end, on_text, e};
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++) km_tag_table_init(&e->tables[i], mem, kinds[i].scope, spill);
    km_rejects_init(&e->rejects, mem);
    init_bufs(e);
    e->outer = km_xml_new(mem, &e->outer_events);
    if (!e->outer) {
        km_envelope_free(e);
        return km_nomem(error);
    }
    begin_record(e);
    *out = e;
    return KIEM_OK;
}

static void free_rooms(km_envelope *e) {
    km_buf *bufs[] = {&e->fault_column, &e->key, &e->part, &e->content, &e->column, &e->cell};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) km_buf_free(bufs[i]);
    km_xml_free(e->outer);
    e->outer = NULL;
}

void km_envelope_free(km_envelope *e) {
    if (!e) return;
    free_rooms(e);
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++) km_tag_table_free(&e->tables[i]);
    km_rejects_free(&e->rejects);
    km_free(e->mem, e, sizeof *e);
}

static kiem_status refuse(const km_envelope *e, km_xml_fault fault, km_error *error) {
    const km_place place = km_xml_place(e->outer, e->file);
    switch (fault) {
    case KM_XML_CUT:
        return km_fail_at(error, KIEM_E_FORMAT, place,
                          "the XML ends too early: the file was cut off, send it again");
    case KM_XML_DOCTYPE:
        return km_fail_at(error, KIEM_E_FORMAT, place, "a document type declaration (DTD) is not accepted");
    case KM_XML_DEEP:
        return km_fail_at(error, KIEM_E_FORMAT, place, "elements are nested deeper than %d",
                          KM_XML_DEPTH_MAX);
    case KM_XML_MORE:
        return km_fail_at(error, KIEM_E_FORMAT, place,
                          "the XML goes on behind its last element: were files put together? give each by "
                          "itself");
    case KM_XML_LONG:
        return km_fail_at(error, KIEM_E_FORMAT, place, "a tag or comment is longer than %d bytes",
                          KM_XML_TOKEN_MAX);
    default:
        return km_fail_at(error, KIEM_E_FORMAT, place,
                          "this is no well-formed XML: a tag or character is not as it should be here");
    }
}

kiem_status km_envelope_push(km_envelope *e, const void *bytes, size_t size, bool last, km_error *error) {
    e->error = error;
    const km_xml_fault fault = km_xml_push(e->outer, bytes, size, last);
    e->error = NULL;
    if (e->kept != KIEM_OK) return e->kept;
    if (e->nomem || fault == KM_XML_NOMEM) return km_nomem(error);
    return fault ? refuse(e, fault, error) : KIEM_OK;
}

kiem_status km_envelope_close(km_envelope *e, km_error *error) {
    const km_tag_table *claims = &e->tables[0];
    km_standard standard = KM_STANDARD_3176; /* when all were rejected */
    if (!claims->rows)
        return km_fail_at(error, KIEM_E_FORMAT, km_at(e->file, 0, 0),
                          "no claims in this XML: expected is GIAMDINHHS with HOSO, or TONG_HOP");
    if (claims->columns) {
        km_layout layout;
        KM_TRY(km_layout_of_names(&layout, e->mem, KM_SCOPE_CLAIM, e->file, claims->names, claims->columns,
                                  error));
        standard = layout.standard;
        km_layout_free(&layout);
    }
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++) KM_TRY(km_tag_table_close(&e->tables[i], standard, error));
    free_rooms(e); /* thousands of envelopes may wait to be judged */
    return KIEM_OK;
}

km_tag_table *km_envelope_table(km_envelope *e, km_scope scope) {
    int i = 0;
    while (kinds[i].scope != scope) i++;
    return &e->tables[i];
}

const km_rejects *km_envelope_rejects(const km_envelope *e) {
    return &e->rejects;
}
