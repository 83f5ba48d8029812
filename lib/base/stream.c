#include "base/stream.h"

#include <string.h>

enum { FIRST_PIECE = 1 << 12, PIECE = 1 << 16 };

static void drop_piece(km_stream *stream, const km_mem *mem, km_stream_piece *piece) {
    if (!piece->data) return;
    km_free(mem, piece->data, piece->size);
    stream->in_memory -= piece->size;
    piece->data = NULL;
}

void km_stream_free(km_stream *stream, const km_mem *mem) {
    for (size_t i = 0; i < stream->count; i++) drop_piece(stream, mem, &stream->pieces[i]);
    km_free(mem, stream->pieces, stream->capacity * sizeof *stream->pieces);
    *stream = (km_stream){0};
}

bool km_stream_leave(km_stream *stream, const km_mem *mem, km_stream *spare) {
    if (!km_grow(mem, (void **)&spare->pieces, &spare->capacity, spare->count + stream->count,
                 sizeof *spare->pieces)) {
        return false;
    }
    for (size_t i = 0; i < stream->count; i++) {
        km_stream_piece *piece = &stream->pieces[i];
        if (!piece->data || piece->size < PIECE) continue;
        spare->pieces[spare->count++] = (km_stream_piece){.data = piece->data, .size = piece->size};
        spare->in_memory += piece->size;
        piece->data = NULL;
    }
    km_stream_free(stream, mem);
    return true;
}

static bool take_spare(km_stream *stream, size_t size) {
    km_stream *spare = stream->spare;
    if (!spare || !spare->count || km_stream_last(spare)->size < size) return false;
    const km_stream_piece piece = spare->pieces[--spare->count];
    spare->in_memory -= piece.size;
    stream->pieces[stream->count++] = piece;
    stream->in_memory += piece.size;
    return true;
}

/* The first pieces are small: most streams of a small job stay so. */
bool km_stream_add_piece(km_stream *stream, const km_mem *mem, size_t need) {
    size_t size = stream->count < 4 ? (size_t)FIRST_PIECE << stream->count : PIECE;
    if (size < need) size = need;
    if (!km_grow(mem, (void **)&stream->pieces, &stream->capacity, stream->count + 1, sizeof *stream->pieces))
        return false;
    if (take_spare(stream, size)) return true;
    char *data = km_alloc(mem, size);
    if (!data) return false;
    stream->pieces[stream->count++] = (km_stream_piece){.data = data, .size = size};
    stream->in_memory += size;
    return true;
}

km_stream_mark km_stream_here(const km_stream *stream) {
    const km_stream_piece *piece = km_stream_last(stream);
    return (km_stream_mark){stream->count, piece ? piece->used : 0, stream->length};
}

void km_stream_back(km_stream *stream, const km_mem *mem, km_stream_mark mark) {
    while (stream->count > mark.count) drop_piece(stream, mem, &stream->pieces[--stream->count]);
    if (stream->count) stream->pieces[stream->count - 1].used = mark.used;
    stream->length = mark.length;
}

kiem_status km_stream_spill(km_stream *stream, const km_mem *mem, km_spill *file, km_error *error) {
    for (size_t i = stream->count; i-- > 0;) {
        km_stream_piece *piece = &stream->pieces[i];
        if (!piece->data) break; /* those before it were written earlier */
        KM_TRY(km_spill_put(file, piece->data, piece->used, &piece->at, error));
        drop_piece(stream, mem, piece);
    }
    return KIEM_OK;
}

kiem_status km_stream_load_bytes(const km_stream *stream, size_t i, size_t from, size_t size,
                                 const km_spill *file, void *to, km_error *error) {
    const km_stream_piece *piece = &stream->pieces[i];
    if (!piece->data) return km_spill_get(file, piece->at + (int64_t)from, to, size, error);
    memcpy(to, piece->data + from, size);
    return KIEM_OK;
}

kiem_status km_stream_load_piece(const km_stream *stream, size_t i, const km_spill *file, void *to,
                                 km_error *error) {
    return km_stream_load_bytes(stream, i, 0, stream->pieces[i].used, file, to, error);
}

kiem_status km_stream_load(const km_stream *stream, const km_spill *file, void *to, km_error *error) {
    char *next = to;
    for (size_t i = 0; i < stream->count; i++) {
        KM_TRY(km_stream_load_piece(stream, i, file, next, error));
        next += stream->pieces[i].used;
    }
    return KIEM_OK;
}
