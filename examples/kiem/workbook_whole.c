#include "workbook_whole.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static const char last_tag[] = "</worksheet>";
enum { TAG = sizeof last_tag - 1, BLOCK = 1 << 16 };

int64_t cli_sheet_bytes(const lxw_worksheet *sheet) {
    FILE *rows = sheet->optimize_tmpfile;
    return fflush(rows) == 0 && !ferror(rows) ? (int64_t)ftello(rows) : -1;
}

/* Reads the entry to its end; libarchive compares its checksum. */
static int is_whole_sheet(struct archive *archive, int64_t least) {
    static char room[TAG + BLOCK]; /* in front the last bytes of the block before */
    int64_t size = 0;
    la_ssize_t taken;
    memset(room, 0, TAG);
    while ((taken = archive_read_data(archive, room + TAG, BLOCK)) > 0) {
        size += taken;
        memmove(room, room + taken, TAG);
    }
    return taken == 0 && size >= least && memcmp(room, last_tag, TAG) == 0;
}

/* The sheet that an entry is, from 0, or -1. */
static int sheet_of(struct archive_entry *entry) {
    static const char head[] = "xl/worksheets/sheet";
    const char *name = archive_entry_pathname(entry);
    if (!name || strncmp(name, head, sizeof head - 1) != 0) return -1;
    return (int)strtol(name + sizeof head - 1, NULL, 10) - 1;
}

int cli_workbook_is_whole(const char *path, const int64_t *least, int sheets) {
    struct archive_entry *entry;
    struct archive *archive = archive_read_new();
    int whole = 0, status = ARCHIVE_FATAL;
    if (!archive) return 0;
    archive_read_support_format_zip(archive);
    if (archive_read_open_filename(archive, path, BLOCK) == ARCHIVE_OK) {
        while ((status = archive_read_next_header(archive, &entry)) == ARCHIVE_OK) {
            const int sheet = sheet_of(entry);
            if (sheet < 0) continue;
            if (sheet >= sheets || !is_whole_sheet(archive, least[sheet])) break;
            whole++;
        }
    }
    archive_read_free(archive);
    return status == ARCHIVE_EOF && whole == sheets;
}
