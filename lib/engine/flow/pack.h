/* A batch of claims in few bytes, for the spool: fresh memory and disks cost more than the packing. A column
 * of numbers keeps the bytes in which its values differ, one that is all NULL or all the same keeps nothing,
 * and the offsets of a text column become lengths. */
#ifndef KM_ENGINE_PACK_H
#define KM_ENGINE_PACK_H

#include "claim/batch.h"

/* Packs the columns in `keep` into the buffer, in place of what it holds. Of those in `bare` it keeps only
 * which rows have a value: they come back as 0 or an empty text that is not NULL. */
kiem_status km_pack_batch(const km_batch *batch, const km_fieldset *keep, const km_fieldset *bare,
                          km_buf *out, km_error *error);
/* The columns in `wanted` of a packed batch. The batch stands in `room` and, its texts, in the packed bytes;
 * both must stay unchanged. Columns can be added; it is freed with km_batch_free. Packed bytes are trusted:
 * they never come from outside the process. */
kiem_status km_unpack_batch(km_batch *batch, const km_mem *mem, const void *packed, const km_fieldset *wanted,
                            km_buf *room, km_error *error);

#endif
