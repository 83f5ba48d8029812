/* The files of a run. Claims wait in a block and are written in the order of their discharge, so a small file
 * reads like a dump and memory does not grow with the number of claims. */
#ifndef SYNTH_OUTPUT_H
#define SYNTH_OUTPUT_H

#include "rows.h"

#include <stdio.h>

enum { SYNTH_CLAIMS, SYNTH_DRUGS, SYNTH_SERVICES, SYNTH_LABELS, SYNTH_FILES };
enum { SYNTH_BLOCK = 32768 };

struct synth_entry { /* where the text of one claim lies in the block */
    size_t from[SYNTH_FILES], to[SYNTH_FILES];
};

struct synth_place { /* the order of writing */
    int64_t end;     /* minute of discharge */
    uint32_t entry;  /* entries are in the order of their ids */
};

struct synth_output {
    FILE *files[SYNTH_FILES];
    struct synth_text text[SYNTH_FILES];
    struct synth_entry *entries;
    struct synth_place *places;
    uint32_t count;
    uint64_t written;
    bool failed, no_memory;
};

/* SYNTH_OK, SYNTH_CANNOT_WRITE or SYNTH_NO_MEMORY; `failed_name` names the file. */
int synth_output_open(struct synth_output *output, const struct synth_setting *setting, bool details,
                      const char **failed_name);
FILE *synth_create(const struct synth_options *options, const char *name);
struct synth_entry *synth_output_begin(struct synth_output *output, const struct synth_claim *claim);
void synth_output_end(struct synth_output *output, struct synth_entry *entry);
void synth_output_label(struct synth_output *output, uint64_t id, int label, const char *kind, int64_t amount,
                        const char *note, uint64_t related);
int synth_output_close(struct synth_output *output);

#endif
