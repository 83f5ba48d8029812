/* The file of a saved state: a header, sections, and an end. Each section has a name, a version, a length and
 * a checksum, so that what is damaged, cut off or no state at all is refused before it is used.
 *
 * header   "kiem\x1Ast\n", u16 major, u16 minor, u32 0, u64 checksum of these 16 bytes
 * section  u32 name, u32 version, u64 length, u64 checksum of these 16 bytes, payload, u64 checksum of it
 * end      a section named END with the checksum of all sections' checksums as its payload
 *
 * Numbers are little-endian. A checksum is km_hash over blocks of 64 KiB, each seeded with the one before.
 * Bytes go out and come in through callbacks: a state larger than memory allows twice is written all the
 * same. */
#ifndef KM_STATE_SECTION_H
#define KM_STATE_SECTION_H

#include "base/error.h"
#include "base/mem.h"

enum { KM_STATE_MAJOR = 1, KM_STATE_MINOR = 2 /* 1.0 had no money, 1.1 less of it and no peers */ };
enum { KM_SECTION_BLOCK = 1 << 16 };

/* A name of four letters. */
#define KM_SECTION(a, b, c, d)                                                                               \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define KM_SECTION_END KM_SECTION('E', 'N', 'D', ' ')

/* Takes all bytes or fails. */
typedef kiem_status km_write(void *user, const void *bytes, size_t size, km_error *error);
/* Fills at most `size` bytes, *taken of them; 0 at the end. */
typedef kiem_status km_read(void *user, void *bytes, size_t size, size_t *taken, km_error *error);

typedef struct km_section_writer {
    km_write *write;
    void *user;
    uint64_t left, hash, all;
    size_t used;
    unsigned char block[KM_SECTION_BLOCK];
} km_section_writer;

kiem_status km_sections_begin(km_section_writer *writer, km_write *write, void *user, km_error *error);
/* `length` bytes of payload must be put before the section ends. */
kiem_status km_section_begin(km_section_writer *writer, uint32_t name, uint32_t version, uint64_t length,
                             km_error *error);
kiem_status km_section_put(km_section_writer *writer, const void *bytes, size_t size, km_error *error);
kiem_status km_section_put_u64(km_section_writer *writer, uint64_t value, km_error *error);
kiem_status km_section_end(km_section_writer *writer, km_error *error);
kiem_status km_sections_end(km_section_writer *writer, km_error *error);

typedef struct km_section_reader {
    km_read *read;
    void *user;
    unsigned minor; /* of the format the file was written in */
    uint32_t name, version;
    uint64_t length, left; /* of the payload */
    uint64_t hash, all;
    size_t used, filled;
    unsigned char block[KM_SECTION_BLOCK];
} km_section_reader;

/* KIEM_E_STATE when it is no state, or that of a later version. */
kiem_status km_sections_open(km_section_reader *reader, km_read *read, void *user, km_error *error);
/* The next section stands in name, version, length; the name is KM_SECTION_END after the last. */
kiem_status km_section_next(km_section_reader *reader, km_error *error);
kiem_status km_section_get(km_section_reader *reader, void *bytes, size_t size, km_error *error);
kiem_status km_section_get_u64(km_section_reader *reader, uint64_t *out, km_error *error);
/* All of the payload must have been taken; checks it. */
kiem_status km_section_close(km_section_reader *reader, km_error *error);
/* A failure that names the section being read: its contents are not what they should be. */
kiem_status km_section_damaged(const km_section_reader *reader, km_error *error);

/* ---- numbers as bytes */

static inline void km_le_put(unsigned char *to, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (unsigned char)(value >> (8 * i));
}
static inline uint64_t km_le_get(const unsigned char *from, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= (uint64_t)from[i] << (8 * i);
    return value;
}

#endif
