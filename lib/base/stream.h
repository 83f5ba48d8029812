/* Bytes that are appended, and read from the start when all are there. They lie in memory piece by piece, so
 * growing moves nothing; pieces can be put in a spill file. */
#ifndef KM_BASE_STREAM_H
#define KM_BASE_STREAM_H

#include <string.h>

#include "base/spill.h"

typedef struct km_stream_piece {
    char *data; /* NULL: in the file */
    int64_t at;
    size_t used, size;
} km_stream_piece;

typedef struct km_stream {
    km_stream_piece *pieces;
    size_t count, capacity;
    uint64_t length;         /* of all pieces */
    uint64_t in_memory;      /* bytes asked of the allocator for pieces */
    struct km_stream *spare; /* whose pieces are taken before the allocator is asked, or NULL */
} km_stream;

/* Where a stream ended, to go back to. */
typedef struct km_stream_mark {
    size_t count, used;
    uint64_t length;
} km_stream_mark;

void km_stream_free(km_stream *stream, const km_mem *mem);
/* NULL when there is none. */
static inline km_stream_piece *km_stream_last(const km_stream *stream) {
    return stream->count ? &stream->pieces[stream->count - 1] : NULL;
}
/* A new last piece with room for so many bytes; false when out of memory. */
bool km_stream_add_piece(km_stream *stream, const km_mem *mem, size_t size);
/* Appends bytes that stay together; false when out of memory, then nothing was added. */
static inline bool km_stream_put(km_stream *stream, const km_mem *mem, const void *bytes, size_t size) {
    km_stream_piece *piece = km_stream_last(stream);
    if (!size) return true;
    if (!piece || !piece->data || piece->size - piece->used < size) {
        if (!km_stream_add_piece(stream, mem, size)) return false;
        piece = km_stream_last(stream);
    }
    memcpy(piece->data + piece->used, bytes, size);
    piece->used += size;
    stream->length += size;
    return true;
}
/* Frees the stream, but leaves the pieces that are in memory to another one to be taken from; false when
 * out of memory, then nothing changed. */
bool km_stream_leave(km_stream *stream, const km_mem *mem, km_stream *spare);
km_stream_mark km_stream_here(const km_stream *stream);
/* Forgets what was appended since; nothing may have been spilled in between. */
void km_stream_back(km_stream *stream, const km_mem *mem, km_stream_mark mark);
/* Puts all pieces in the file. On failure those not written stay in memory. */
kiem_status km_stream_spill(km_stream *stream, const km_mem *mem, km_spill *file, km_error *error);
/* Copies bytes of one piece, the whole piece, or all of them, to `to`. */
kiem_status km_stream_load_bytes(const km_stream *stream, size_t i, size_t from, size_t size,
                                 const km_spill *file, void *to, km_error *error);
kiem_status km_stream_load_piece(const km_stream *stream, size_t i, const km_spill *file, void *to,
                                 km_error *error);
kiem_status km_stream_load(const km_stream *stream, const km_spill *file, void *to, km_error *error);

#endif
