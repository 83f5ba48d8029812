/* The ministry's XML: GIAMDINHHS with one HOSO a claim, whose tables XML1, XML2 and XML3 stand in NOIDUNGFILE
 * as base64, as text or as elements; or such a table alone. Bytes in, three tables out. Claims, drug and
 * service lines are told by the names of their rows (TONG_HOP, CHI_TIET_THUOC, CHI_TIET_DVKT), the same in
 * the envelopes of Decisions 4210, 130, 4750 and 3176; other tables are passed over. A HOSO of which a part
 * cannot be read is rejected as a whole: a claim without some of its lines would be judged wrongly. */
#ifndef KM_INGEST_ENVELOPE_H
#define KM_INGEST_ENVELOPE_H

#include "ingest/reject.h"
#include "ingest/tag_table.h"

typedef struct km_envelope km_envelope;

enum {
    KM_ENVELOPE_TABLES = 3,
    KM_ENVELOPE_RECORD_MAX = 64 << 20 /* bytes of one table of a HOSO */
};

/* `file` is its name in messages, `input` its number in rejects. `spill`: where rows go beyond a megabyte, or
 * NULL. */
kiem_status km_envelope_new(const km_mem *mem, const char *file, uint32_t input, km_spill *spill,
                            km_envelope **out, km_error *error);
void km_envelope_free(km_envelope *envelope);
/* The next bytes; `last` when the document ends with them. KIEM_E_FORMAT, with line and column, where it is
 * no well-formed XML; after an error no more may be pushed. */
kiem_status km_envelope_push(km_envelope *envelope, const void *bytes, size_t size, bool last,
                             km_error *error);
/* After the last bytes: the tables get their columns. KIEM_E_FORMAT when there was no claim. */
kiem_status km_envelope_close(km_envelope *envelope, km_error *error);
/* Claims, drug lines or service lines, by scope; the envelope's own. Their rows have as numbers the place of
 * the claim or line in the file, from 1. */
km_tag_table *km_envelope_table(km_envelope *envelope, km_scope scope);
/* One for each HOSO that could not be read, its row that of its claim. */
const km_rejects *km_envelope_rejects(const km_envelope *envelope);

#endif
