#include "ingest/source.h"

#include <string.h>

#include "base/buf.h"
#include "claim/batch.h"
#include "ingest/cells.h"
#include "ingest/encoding.h"
#include "ingest/split.h"

enum {
    SLICE = 256 << 10, /* bytes added at a time at most: they stay in the cache until they are cut */
    STEP = 4 << 10,    /* bytes added at a time to a block that is full but for its last record */
    LONG_KEPT = 256    /* bytes kept of a line that is too long, to show its shape */
};

struct km_source {
    const km_mem *mem;
    km_ingest_options options;
    km_buf head; /* the first bytes, until they settle the layout */
    bool opened, finished, failed;
    km_layout layout;
    km_splitter splitter;
    km_block *filling;   /* the block under work */
    size_t used;         /* bytes in it */
    size_t expected;     /* bytes of a block, by the one before it */
    bool skipping;       /* inside a line that is too long */
    int64_t row, offset; /* of the next line */
    uint64_t blocks;
    km_block *first, *last; /* complete, not fetched */
    km_block *spare;
    km_source_counts counts;
};

static kiem_status check_options(const km_ingest_options *options, km_error *error) {
    if (options->scope != KM_SCOPE_CLAIM && options->scope != KM_SCOPE_DRUG &&
        options->scope != KM_SCOPE_SERVICE)
        return km_fail(error, KIEM_E_ARGUMENT, "no file holds the scope %s", km_scope_name(options->scope));
    if (options->block_size > KM_BLOCK_SIZE_MAX || options->record_limit > KM_RECORD_LIMIT_MAX)
        return km_fail(error, KIEM_E_ARGUMENT, "block size or record limit out of bounds");
    return KIEM_OK;
}

kiem_status km_source_new(const km_mem *mem, const km_ingest_options *options, km_source **out,
                          km_error *error) {
    *out = NULL;
    KM_TRY(check_options(options, error));
    km_source *source = km_alloc_zero(mem, sizeof *source);
    if (!source) return km_nomem(error);
    source->mem = mem;
    source->options = *options;
    if (!source->options.block_size) source->options.block_size = KM_BLOCK_SIZE;
    if (!source->options.record_limit) source->options.record_limit = KM_RECORD_LIMIT;
    km_buf_init(&source->head, mem);
    *out = source;
    return KIEM_OK;
}

static void free_block(const km_mem *mem, km_block *block) {
    if (!block) return;
    km_free(mem, block->bytes, block->capacity);
    km_free(mem, block->lines, KM_BATCH_ROWS * sizeof *block->lines);
    km_free(mem, block, sizeof *block);
}

static void free_list(const km_mem *mem, km_block *list) {
    while (list) {
        km_block *block = list;
        list = block->next;
        free_block(mem, block);
    }
}

void km_source_free(km_source *source) {
    if (!source) return;
    km_buf_free(&source->head);
    km_layout_free(&source->layout);
    free_block(source->mem, source->filling);
    free_list(source->mem, source->first);
    free_list(source->mem, source->spare);
    km_free(source->mem, source, sizeof *source);
}

/* A block is not full yet when bytes are added, and holds less than a whole record behind its last line; then
 * come a step, and the newline that the last line may lack. As much again, untouched as a rule, is for cells
 * taken out of quotes. */
static size_t block_capacity(const km_source *source) {
    return 2 * (source->options.block_size + source->options.record_limit + STEP + 2) + KM_RECORD_SLACK;
}

static km_block *new_block(const km_source *source) {
    km_block *block = km_alloc_zero(source->mem, sizeof *block);
    if (!block) return NULL;
    block->capacity = block_capacity(source);
    block->bytes = km_alloc(source->mem, block->capacity);
    block->lines = km_alloc_array(source->mem, KM_BATCH_ROWS, sizeof *block->lines);
    if (block->bytes && block->lines) return block;
    free_block(source->mem, block);
    return NULL;
}

/* An empty block that starts at the next line. */
static kiem_status start_block(km_source *source, km_error *error) {
    km_block *block = source->spare;
    if (block) {
        source->spare = block->next;
    } else {
        block = new_block(source);
    }
    if (!block) return km_nomem(error);
    block->next = NULL;
    block->size = 0;
    block->count = block->records = 0;
    block->row = source->row;
    block->offset = source->offset;
    block->number = source->blocks;
    source->filling = block;
    source->used = 0;
    return KIEM_OK;
}

/* Hands the lines of the block under work out; what follows them moves to a new block. */
static kiem_status seal_block(km_source *source, size_t rest, km_error *error) {
    km_block *full = source->filling;
    size_t size = source->used - rest;
    source->blocks++;
    source->expected = full->size;
    KM_TRY(start_block(source, error));
    memcpy(source->filling->bytes, full->bytes + size, rest);
    source->used = rest;
    if (source->last) {
        source->last->next = full;
    } else {
        source->first = full;
    }
    source->last = full;
    return KIEM_OK;
}

static void add_line(km_source *source, km_line_kind kind, size_t size) {
    km_block *block = source->filling;
    block->lines[block->count++] = (km_line){(uint32_t)size, kind};
    block->size += size;
    block->records += kind != KM_LINE_BLANK;
    source->counts.records += kind != KM_LINE_BLANK;
    source->row++;
    source->offset += (int64_t)size;
}

/* A line too long ends its block, because its bytes do not stay: blocks are without gaps. */
static kiem_status cut_long_line(km_source *source, km_error *error) {
    km_block *block = source->filling;
    const char *start = block->bytes + block->size;
    size_t held = source->used - block->size, line = held;
    const char *newline = memchr(start, '\n', held);
    if (newline) line = (size_t)(newline - start) + 1;
    source->skipping = !newline;
    size_t limit = source->options.record_limit, kept = limit < LONG_KEPT ? limit : LONG_KEPT;
    add_line(source, KM_LINE_LONG, kept);
    source->offset += (int64_t)(line - kept);
    return seal_block(source, held - line, error);
}

static bool is_full(const km_source *source) {
    const km_block *block = source->filling;
    return block->size >= source->options.block_size || block->count == KM_BATCH_ROWS;
}

/* Passes over the rest of a line that is too long, of which `used` bytes are at hand. */
static void skip_line(km_source *source) {
    km_block *block = source->filling;
    const char *newline = memchr(block->bytes, '\n', source->used);
    size_t passed = newline ? (size_t)(newline - block->bytes) + 1 : source->used;
    source->offset += (int64_t)passed;
    block->offset = source->offset;
    source->skipping = !newline;
    source->used -= passed;
    memmove(block->bytes, block->bytes + passed, source->used);
}

/* Cuts every complete record of the bytes at hand. */
static kiem_status split_bytes(km_source *source, bool final, km_error *error) {
    static const km_line_kind kinds[] = {[KM_SPLIT_RECORD] = KM_LINE_RECORD,
                                         [KM_SPLIT_BLANK] = KM_LINE_BLANK,
                                         [KM_SPLIT_UNCLOSED] = KM_LINE_UNCLOSED};
    if (source->skipping) skip_line(source);
    while (!source->skipping) {
        km_block *block = source->filling;
        size_t taken;
        km_split_kind kind = km_split_next(&source->splitter, block->bytes + block->size,
                                           source->used - block->size, final, &taken);
        if (kind == KM_SPLIT_MORE) break;
        if (kind == KM_SPLIT_LONG) {
            KM_TRY(cut_long_line(source, error));
            continue;
        }
        add_line(source, kinds[kind], taken);
        if (is_full(source)) KM_TRY(seal_block(source, source->used - block->size, error));
    }
    return KIEM_OK;
}

static size_t block_room(const km_source *source) {
    size_t left = source->used < source->expected ? source->expected - source->used : STEP;
    return left < SLICE ? left : SLICE;
}

static kiem_status put(km_source *source, const char *bytes, size_t size, km_error *error);

/* Settles encoding, header and layout on the first bytes; those behind the header start the first block. */
static kiem_status open_head(km_source *source, bool whole, km_error *error) {
    km_text head = km_buf_view(&source->head);
    size_t skip, taken;
    int64_t row;
    KM_TRY(km_encoding_check(head, whole, source->options.file, &skip, error));
    km_text text = {head.ptr + skip, head.length - skip};
    KM_TRY(km_layout_read(&source->layout, source->mem, source->options.scope, source->options.file, text,
                          whole, &taken, &row, error));
    km_splitter_init(&source->splitter, source->layout.delimiter, source->options.record_limit);
    source->opened = true;
    source->expected = source->options.block_size;
    source->row = source->options.first_row ? source->options.first_row : row + 1;
    source->offset = (int64_t)(skip + taken);
    KM_TRY(start_block(source, error));
    KM_TRY(put(source, text.ptr + taken, text.length - taken, error));
    km_buf_free(&source->head);
    return KIEM_OK;
}

static kiem_status end(km_source *source, km_error *error) {
    if (!source->opened) KM_TRY(open_head(source, true, error));
    km_block *block = source->filling;
    if (source->used > block->size && block->bytes[source->used - 1] != '\n')
        block->bytes[source->used++] = '\n';
    KM_TRY(split_bytes(source, true, error));
    if (source->filling->count) KM_TRY(seal_block(source, 0, error));
    source->counts.header_only = source->counts.records == 0;
    return KIEM_OK;
}

static kiem_status check_usable(const km_source *source, km_error *error) {
    if (source->failed) return km_fail(error, KIEM_E_ARGUMENT, "this input was given up after an error");
    if (source->finished) return km_fail(error, KIEM_E_ARGUMENT, "this input is already finished");
    return KIEM_OK;
}

kiem_status km_source_room(km_source *source, char **room, size_t *size, km_error *error) {
    KM_TRY(check_usable(source, error));
    km_buf *head = &source->head;
    if (!source->opened) {
        if (!km_buf_reserve(head, KM_HEAD_SIZE - head->length)) return km_nomem(error);
        *room = head->data + head->length;
        *size = KM_HEAD_SIZE - head->length;
        return KIEM_OK;
    }
    *room = source->filling->bytes + source->used;
    *size = block_room(source);
    return KIEM_OK;
}

static kiem_status take(km_source *source, size_t size, km_error *error) {
    if (source->opened) {
        source->used += size;
        return split_bytes(source, false, error);
    }
    source->head.length += size;
    return source->head.length < KM_HEAD_SIZE ? KIEM_OK : open_head(source, false, error);
}

static kiem_status put(km_source *source, const char *bytes, size_t size, km_error *error) {
    while (size) {
        char *room;
        size_t step;
        KM_TRY(km_source_room(source, &room, &step, error));
        if (step > size) step = size;
        memcpy(room, bytes, step);
        KM_TRY(take(source, step, error));
        bytes += step;
        size -= step;
    }
    return KIEM_OK;
}

kiem_status km_source_took(km_source *source, size_t size, km_error *error) {
    kiem_status status = take(source, size, error);
    source->counts.bytes += size;
    source->failed = status != KIEM_OK;
    return status;
}

kiem_status km_source_push(km_source *source, const void *bytes, size_t size, km_error *error) {
    KM_TRY(check_usable(source, error));
    kiem_status status = put(source, bytes, size, error);
    source->counts.bytes += size;
    source->failed = status != KIEM_OK;
    return status;
}

kiem_status km_source_finish(km_source *source, km_error *error) {
    KM_TRY(check_usable(source, error));
    kiem_status status = end(source, error);
    source->failed = status != KIEM_OK;
    source->finished = true;
    return status;
}

const km_layout *km_source_layout(const km_source *source) {
    return source->opened ? &source->layout : NULL;
}

km_block *km_source_next_block(km_source *source) {
    km_block *block = source->first;
    if (!block) return NULL;
    source->first = block->next;
    if (!source->first) source->last = NULL;
    block->next = NULL;
    return block;
}

void km_source_return_block(km_source *source, km_block *block) {
    block->next = source->spare;
    source->spare = block;
}

km_source_counts km_source_get_counts(const km_source *source) {
    return source->counts;
}
