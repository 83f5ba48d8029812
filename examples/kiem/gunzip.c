#include "gunzip.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 16, GZIP_ALONE = 15 + 16 /* window bits; no other format */, MAGIC = 0x1f };

struct cli_gunzip {
    const char *path; /* to be opened, or NULL */
    int descriptor;   /* -1: not open */
    int begun, between, ended;
    cli_gunzip_fault fault;
    z_stream z;
    unsigned char head[8], *block; /* there are many files, of which few are open */
};

cli_gunzip *cli_gunzip_of_file(const char *path) {
    cli_gunzip *gunzip = calloc(1, sizeof *gunzip);
    if (!gunzip) return NULL;
    gunzip->path = path;
    gunzip->descriptor = -1;
    return gunzip;
}

cli_gunzip *cli_gunzip_of_descriptor(int descriptor, const void *head, size_t length) {
    cli_gunzip *gunzip = calloc(1, sizeof *gunzip);
    if (!gunzip) return NULL;
    gunzip->descriptor = descriptor;
    gunzip->z.avail_in = (uInt)(length < sizeof gunzip->head ? length : sizeof gunzip->head);
    memcpy(gunzip->head, head, gunzip->z.avail_in);
    gunzip->z.next_in = gunzip->head;
    return gunzip;
}

static void let_go(cli_gunzip *gunzip) {
    if (gunzip->begun) inflateEnd(&gunzip->z);
    if (gunzip->descriptor > STDIN_FILENO) close(gunzip->descriptor);
    free(gunzip->block);
    gunzip->block = NULL;
    gunzip->begun = 0;
    gunzip->descriptor = -1;
}

void cli_gunzip_free(cli_gunzip *gunzip) {
    if (!gunzip) return;
    let_go(gunzip);
    free(gunzip);
}

static int64_t end_with(cli_gunzip *gunzip, cli_gunzip_fault fault) {
    let_go(gunzip);
    gunzip->fault = fault;
    gunzip->ended = 1;
    return fault == CLI_GUNZIP_FINE ? 0 : -1;
}

static cli_gunzip_fault begin(cli_gunzip *gunzip) {
    if (gunzip->path) gunzip->descriptor = open(gunzip->path, O_RDONLY);
    if (gunzip->descriptor < 0) return CLI_GUNZIP_UNREAD;
    gunzip->block = malloc(BLOCK);
    if (!gunzip->block) return CLI_GUNZIP_MEMORY;
    if (inflateInit2(&gunzip->z, GZIP_ALONE) != Z_OK) return CLI_GUNZIP_MEMORY;
    gunzip->begun = 1;
    return CLI_GUNZIP_FINE;
}

/* Sees that there is something to unpack, unless the file has ended. */
static cli_gunzip_fault fill(cli_gunzip *gunzip) {
    if (gunzip->z.avail_in) return CLI_GUNZIP_FINE;
    ssize_t taken;
    do {
        taken = read(gunzip->descriptor, gunzip->block, BLOCK);
    } while (taken < 0 && errno == EINTR);
    if (taken < 0) return CLI_GUNZIP_UNREAD;
    gunzip->z.next_in = gunzip->block;
    gunzip->z.avail_in = (uInt)taken;
    return CLI_GUNZIP_FINE;
}

/* Files joined by cat are one. Between them, and behind the last, tapes and some programs leave zeros;
 * anything else may be a part that is damaged, with claims in it. */
static void skip_zeros(cli_gunzip *gunzip) {
    while (gunzip->z.avail_in && !gunzip->z.next_in[0]) {
        gunzip->z.next_in++;
        gunzip->z.avail_in--;
    }
}

/* One step; what was unpacked is counted in avail_out. */
static cli_gunzip_fault unpack(cli_gunzip *gunzip) {
    switch (inflate(&gunzip->z, Z_NO_FLUSH)) {
    case Z_STREAM_END: gunzip->between = 1; return CLI_GUNZIP_FINE;
    case Z_OK:
    case Z_BUF_ERROR: return CLI_GUNZIP_FINE;
    case Z_MEM_ERROR: return CLI_GUNZIP_MEMORY;
    default: return CLI_GUNZIP_DAMAGED;
    }
}

int64_t cli_gunzip_read(cli_gunzip *gunzip, void *buffer, size_t size) {
    const uInt room = size < INT_MAX ? (uInt)size : INT_MAX;
    cli_gunzip_fault fault = CLI_GUNZIP_FINE;
    if (gunzip->ended) return gunzip->fault == CLI_GUNZIP_FINE ? 0 : -1;
    if (!gunzip->begun) fault = begin(gunzip);
    gunzip->z.next_out = buffer;
    gunzip->z.avail_out = room;
    while (fault == CLI_GUNZIP_FINE && gunzip->z.avail_out == room) {
        fault = fill(gunzip);
        if (fault != CLI_GUNZIP_FINE) break;
        if (gunzip->between && !gunzip->z.avail_in) return end_with(gunzip, fault);
        if (gunzip->between) {
            skip_zeros(gunzip);
            if (!gunzip->z.avail_in) continue;
            if (gunzip->z.next_in[0] != MAGIC) return end_with(gunzip, CLI_GUNZIP_DAMAGED);
            inflateReset(&gunzip->z);
            gunzip->between = 0;
        }
        const int last = !gunzip->z.avail_in; /* what zlib still holds may come without more */
        fault = unpack(gunzip);
        if (last && fault == CLI_GUNZIP_FINE && !gunzip->between && gunzip->z.avail_out == room)
            fault = CLI_GUNZIP_CUT;
    }
    if (fault != CLI_GUNZIP_FINE) return end_with(gunzip, fault);
    return room - gunzip->z.avail_out;
}

cli_gunzip_fault cli_gunzip_failed(const cli_gunzip *gunzip) {
    return gunzip->fault;
}
