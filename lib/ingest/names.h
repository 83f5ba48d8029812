/* Which field a column name means in each layout of a claim dump. */
#ifndef KM_INGEST_NAMES_H
#define KM_INGEST_NAMES_H

#include "claim/field.h"

/* In the order in which a tie is decided. 130 has the names of 3176 without NHOM_MAU. */
typedef enum km_standard {
    KM_STANDARD_3176 = 0,
    KM_STANDARD_130,
    KM_STANDARD_4210,
    KM_STANDARD_79A,
    KM_STANDARD_COUNT
} km_standard;

/* "3176", "130", "4210", "79a": the value of the field STANDARD. */
const char *km_standard_name(km_standard standard);
/* The field of a column that belongs to the layout, -1 when it does not. Names are taken without case. */
int km_name_in(km_scope scope, km_standard standard, km_text name);
/* The field of a column in a file of the layout: by the layout's own names, else by the field's name, else by
 * another layout's name for it (vendors mix them); -1 when unknown. */
int km_name_field(km_scope scope, km_standard standard, km_text name);
/* The columns of a layout, numbered from 0; NULL after the last. One field may have two names in it. */
const char *km_name_at(km_scope scope, km_standard standard, int number);
/* The known name nearest to an unknown one, empty when none is near. */
km_text km_name_nearest(km_scope scope, km_text name);

#endif
