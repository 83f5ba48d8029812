#include "state/section.h"

#include <string.h>

#include "base/hash.h"

static const unsigned char magic[8] = {'k', 'i', 'e', 'm', 0x1A, 's', 't', '\n'};

enum { HEAD = 16, SUM = 8 /* bytes of a head and of its checksum */ };

/* ---- writing */

static kiem_status put_head(km_section_writer *writer, unsigned char head[HEAD + SUM], km_error *error) {
    km_le_put(head + HEAD, km_hash(head, HEAD, 0), SUM);
    return writer->write(writer->user, head, HEAD + SUM, error);
}

kiem_status km_sections_begin(km_section_writer *writer, km_write *write, void *user, km_error *error) {
    unsigned char head[HEAD + SUM] = {0};
    writer->write = write;
    writer->user = user;
    writer->left = writer->hash = writer->all = 0;
    writer->used = 0;
    memcpy(head, magic, sizeof magic);
    km_le_put(head + 8, KM_STATE_MAJOR, 2);
    km_le_put(head + 10, KM_STATE_MINOR, 2);
    return put_head(writer, head, error);
}

kiem_status km_section_begin(km_section_writer *writer, uint32_t name, uint32_t version, uint64_t length,
                             km_error *error) {
    unsigned char head[HEAD + SUM] = {0};
    km_le_put(head, name, 4);
    km_le_put(head + 4, version, 4);
    km_le_put(head + 8, length, 8);
    writer->left = length;
    writer->hash = 0;
    return put_head(writer, head, error);
}

static kiem_status flush(km_section_writer *writer, km_error *error) {
    size_t used = writer->used;
    writer->used = 0;
    if (!used) return KIEM_OK;
    writer->hash = km_hash(writer->block, used, writer->hash);
    return writer->write(writer->user, writer->block, used, error);
}

kiem_status km_section_put(km_section_writer *writer, const void *bytes, size_t size, km_error *error) {
    const unsigned char *from = bytes;
    if (size > writer->left) return km_fail(error, KIEM_E_INTERNAL, "a section is longer than announced");
    writer->left -= size;
    while (size) {
        size_t room = KM_SECTION_BLOCK - writer->used, part = size < room ? size : room;
        memcpy(writer->block + writer->used, from, part);
        writer->used += part;
        from += part;
        size -= part;
        if (writer->used == KM_SECTION_BLOCK) KM_TRY(flush(writer, error));
    }
    return KIEM_OK;
}

kiem_status km_section_put_u64(km_section_writer *writer, uint64_t value, km_error *error) {
    unsigned char bytes[8];
    km_le_put(bytes, value, 8);
    return km_section_put(writer, bytes, sizeof bytes, error);
}

kiem_status km_section_end(km_section_writer *writer, km_error *error) {
    unsigned char sum[SUM];
    if (writer->left) return km_fail(error, KIEM_E_INTERNAL, "a section is shorter than announced");
    KM_TRY(flush(writer, error));
    km_le_put(sum, writer->hash, SUM);
    writer->all = km_hash(sum, SUM, writer->all);
    return writer->write(writer->user, sum, SUM, error);
}

kiem_status km_sections_end(km_section_writer *writer, km_error *error) {
    uint64_t all = writer->all;
    KM_TRY(km_section_begin(writer, KM_SECTION_END, 1, SUM, error));
    KM_TRY(km_section_put_u64(writer, all, error));
    return km_section_end(writer, error);
}

/* ---- reading */

static kiem_status take(km_section_reader *reader, void *bytes, size_t size, km_error *error) {
    unsigned char *to = bytes;
    while (size) {
        size_t taken = 0;
        KM_TRY(reader->read(reader->user, to, size, &taken, error));
        if (!taken) return km_fail(error, KIEM_E_STATE, "the state is cut off: it ends in the middle");
        to += taken;
        size -= taken;
    }
    return KIEM_OK;
}

static bool head_holds(const unsigned char head[HEAD + SUM]) {
    return km_le_get(head + HEAD, SUM) == km_hash(head, HEAD, 0);
}

kiem_status km_sections_open(km_section_reader *reader, km_read *read, void *user, km_error *error) {
    unsigned char head[HEAD + SUM];
    reader->read = read;
    reader->user = user;
    reader->all = 0;
    kiem_status status = take(reader, head, sizeof head, error);
    if (status == KIEM_E_STATE || (status == KIEM_OK && memcmp(head, magic, sizeof magic) != 0))
        return km_fail(error, KIEM_E_STATE, "this is no saved state of kiem");
    KM_TRY(status);
    if (!head_holds(head) || km_le_get(head + 12, 4))
        return km_fail(error, KIEM_E_STATE, "the state is damaged: its header");
    unsigned major = (unsigned)km_le_get(head + 8, 2), minor = (unsigned)km_le_get(head + 10, 2);
    reader->minor = minor;
    if (major == KM_STATE_MAJOR && minor <= KM_STATE_MINOR) return KIEM_OK;
    return km_fail(error, KIEM_E_STATE,
                   "the state has format %u.%u; this version of kiem reads %d.0 to %d.%d: update kiem, or "
                   "learn the claims again",
                   major, minor, KM_STATE_MAJOR, KM_STATE_MAJOR, KM_STATE_MINOR);
}

kiem_status km_section_next(km_section_reader *reader, km_error *error) {
    unsigned char head[HEAD + SUM];
    KM_TRY(take(reader, head, sizeof head, error));
    if (!head_holds(head)) return km_fail(error, KIEM_E_STATE, "the state is damaged: the head of a section");
    reader->name = (uint32_t)km_le_get(head, 4);
    reader->version = (uint32_t)km_le_get(head + 4, 4);
    reader->length = reader->left = km_le_get(head + 8, 8);
    reader->hash = 0;
    reader->used = reader->filled = 0;
    if (reader->name != KM_SECTION_END) return KIEM_OK;
    uint64_t all = reader->all, expected = 0;
    if (reader->version != 1) return km_section_damaged(reader, error);
    KM_TRY(km_section_get_u64(reader, &expected, error));
    KM_TRY(km_section_close(reader, error));
    return expected == all
               ? KIEM_OK
               : km_fail(error, KIEM_E_STATE, "the state is damaged: its sections do not belong together");
}

static kiem_status fill(km_section_reader *reader, km_error *error) {
    uint64_t left = reader->left;
    reader->used = 0;
    reader->filled = left < KM_SECTION_BLOCK ? (size_t)left : KM_SECTION_BLOCK;
    KM_TRY(take(reader, reader->block, reader->filled, error));
    reader->hash = km_hash(reader->block, reader->filled, reader->hash);
    return KIEM_OK;
}

kiem_status km_section_get(km_section_reader *reader, void *bytes, size_t size, km_error *error) {
    unsigned char *to = bytes;
    if (size > reader->left) return km_section_damaged(reader, error);
    while (size) {
        if (reader->used == reader->filled) KM_TRY(fill(reader, error));
        size_t there = reader->filled - reader->used, part = size < there ? size : there;
        memcpy(to, reader->block + reader->used, part);
        reader->used += part;
        reader->left -= part;
        to += part;
        size -= part;
    }
    return KIEM_OK;
}

kiem_status km_section_get_u64(km_section_reader *reader, uint64_t *out, km_error *error) {
    unsigned char bytes[8];
    KM_TRY(km_section_get(reader, bytes, sizeof bytes, error));
    *out = km_le_get(bytes, 8);
    return KIEM_OK;
}

kiem_status km_section_close(km_section_reader *reader, km_error *error) {
    unsigned char sum[SUM];
    if (reader->left) return km_section_damaged(reader, error);
    KM_TRY(take(reader, sum, SUM, error));
    if (km_le_get(sum, SUM) != reader->hash) return km_section_damaged(reader, error);
    reader->all = km_hash(sum, SUM, reader->all);
    return KIEM_OK;
}

kiem_status km_section_damaged(const km_section_reader *reader, km_error *error) {
    char name[5] = {0};
    for (int i = 0; i < 4; i++) {
        char c = (char)(reader->name >> (8 * i) & 0xFF);
        name[i] = (c >= 'A' && c <= 'Z') || c == ' ' ? c : '?';
    }
    return km_fail(error, KIEM_E_STATE, "the state is damaged: section %s", name);
}
