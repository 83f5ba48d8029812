/* What an Arrow schema says of a column, as far as a field of a claim can use it. */
#ifndef KM_INGEST_ARROW_TYPE_H
#define KM_INGEST_ARROW_TYPE_H

#include <kiem/arrow_c.h>

#include "base/error.h"
#include "claim/field.h"

typedef enum km_arrow_kind {
    KM_ARROW_OTHER = 0, /* nothing kiem can read */
    KM_ARROW_NULL,
    KM_ARROW_BOOL,
    KM_ARROW_INT,
    KM_ARROW_UINT,
    KM_ARROW_FLOAT,
    KM_ARROW_DECIMAL,
    KM_ARROW_DATE,
    KM_ARROW_TIMESTAMP,
    KM_ARROW_TEXT,
    KM_ARROW_VIEW
} km_arrow_kind;

static inline bool km_arrow_is_text(km_arrow_kind kind) {
    return kind == KM_ARROW_TEXT || kind == KM_ARROW_VIEW;
}

typedef struct km_arrow_type {
    km_arrow_kind kind;
    uint8_t width;       /* bytes of a value; of an offset for text */
    uint8_t scale;       /* of a decimal */
    uint8_t index_width; /* of a dictionary's indices; 0: no dictionary */
    bool index_signed;
    int64_t ticks; /* of a date or timestamp in a minute; of a date counted in days: 0 */
    int32_t ahead; /* minutes to add to a timestamp, for its zone */
} km_arrow_type;

km_arrow_type km_arrow_type_of(const struct ArrowSchema *schema);
/* KIEM_E_FORMAT, with the names of both, when values of the type cannot stand in the field. */
kiem_status km_arrow_type_check(const km_arrow_type *type, const struct ArrowSchema *schema,
                                const km_field *field, km_place place, km_error *error);

#endif
