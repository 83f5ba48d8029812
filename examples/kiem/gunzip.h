/* gzip, unpacked with zlib, as libarchive does not look at the checksums: a damaged file would be read as far
 * as it goes, and what is missing would not be told. */
#ifndef KIEM_CLI_GUNZIP_H
#define KIEM_CLI_GUNZIP_H

#include <stddef.h>
#include <stdint.h>

typedef struct cli_gunzip cli_gunzip;

typedef enum cli_gunzip_fault {
    CLI_GUNZIP_FINE = 0,
    CLI_GUNZIP_CUT,      /* it ends too early */
    CLI_GUNZIP_DAMAGED,  /* or a checksum is wrong */
    CLI_GUNZIP_FOLLOWED, /* by what is not packed */
    CLI_GUNZIP_UNREAD,   /* the file could not be read */
    CLI_GUNZIP_MEMORY
} cli_gunzip_fault;

/* Of a file, which is opened when it is first read and closed at its end; NULL when out of memory. */
cli_gunzip *cli_gunzip_of_file(const char *path);
/* Of an open descriptor, from which a few bytes were taken already. */
cli_gunzip *cli_gunzip_of_descriptor(int descriptor, const void *head, size_t length);
void cli_gunzip_free(cli_gunzip *gunzip);
/* As a kiem_job reads a stream: bytes, 0 at the end, -1 after a fault. */
int64_t cli_gunzip_read(cli_gunzip *gunzip, void *buffer, size_t size);
cli_gunzip_fault cli_gunzip_failed(const cli_gunzip *gunzip);

#endif
