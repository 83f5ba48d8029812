/* Runs in saved states. */
#ifndef KM_STATE_RUN_FILE_H
#define KM_STATE_RUN_FILE_H

#include "state/history/run.h"
#include "state/section.h"

#define KM_SECTION_EPISODES KM_SECTION('E', 'P', 'I', 'S')
#define KM_SECTION_LINKS    KM_SECTION('L', 'I', 'N', 'K')

/* Bytes an episode takes in a file, besides the text of its key. */
enum { KM_EPISODE_BYTES = 78 };

/* Writes a sorted run with tidy links as two sections. Runs of the same claims give the same bytes. */
kiem_status km_run_save(const km_run *run, km_section_writer *writer, km_error *error);
/* Reads the section that km_section_next has just found into an empty run. Its contents are checked: what
 * comes out is a sorted run, whatever the bytes are. */
kiem_status km_run_load_episodes(km_run *run, km_section_reader *reader, km_error *error);
kiem_status km_run_load_links(km_run *run, km_section_reader *reader, km_error *error);

#endif
