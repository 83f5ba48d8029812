/* Whether a workbook is whole. libxlsxwriter writes rows, and then sheets, to temporary files and does not
 * look whether the disk had room: what is missing would be missing without a word. */
#ifndef KIEM_CLI_WORKBOOK_WHOLE_H
#define KIEM_CLI_WORKBOOK_WHOLE_H

#include <stdint.h>
#include <xlsxwriter.h>

/* Before the workbook is closed: the bytes of rows that a sheet has in its temporary file, -1 when some of
 * them could not be written. */
int64_t cli_sheet_bytes(const lxw_worksheet *sheet);
/* After it was closed: whether the file holds so many sheets, each to its end and with its rows (at least
 * least[i] bytes). */
int cli_workbook_is_whole(const char *path, const int64_t *least, int sheets);

#endif
