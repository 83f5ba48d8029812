#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const names[SYNTH_FILES] = {"claims.csv", "drugs.csv", "services.csv", "labels.csv"};

FILE *synth_create(const struct synth_options *options, const char *name) {
    size_t length = strlen(options->out) + strlen(name) + 2;
    char *path = malloc(length);
    if (!path) return NULL;
    snprintf(path, length, "%s/%s", options->out, name);
    FILE *file = fopen(path, "wb");
    free(path);
    return file;
}

int synth_output_open(struct synth_output *output, const struct synth_setting *setting, bool details,
                      const char **failed_name) {
    const struct synth_options *options = setting->options;
    *output = (struct synth_output){.count = 0};
    *failed_name = options->out;
    if (mkdir(options->out, 0777) != 0 && errno != EEXIST) return SYNTH_CANNOT_WRITE;
    output->entries = malloc(SYNTH_BLOCK * sizeof *output->entries);
    output->places = malloc(SYNTH_BLOCK * sizeof *output->places);
    if (!output->entries || !output->places) return SYNTH_NO_MEMORY;
    const char *const headers[SYNTH_FILES] = {synth_claims_header(options->standard), synth_drugs_header,
                                              synth_services_header, "MA_LK,label,kind,amount,note\n"};
    for (int i = 0; i < SYNTH_FILES; i++) {
        if (!details && (i == SYNTH_DRUGS || i == SYNTH_SERVICES)) continue;
        *failed_name = names[i];
        output->files[i] = synth_create(options, names[i]);
        if (output->files[i]) setvbuf(output->files[i], NULL, _IOFBF, 1 << 20);
        if (!output->files[i] || fputs(headers[i], output->files[i]) < 0) return SYNTH_CANNOT_WRITE;
    }
    return SYNTH_OK;
}

static int by_discharge(const void *left, const void *right) {
    const struct synth_place *a = left, *b = right;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

static void write_bytes(struct synth_output *output, int file, const char *bytes, size_t count) {
    if (count > 0 && fwrite(bytes, 1, count, output->files[file]) != count) output->failed = true;
}

static void flush(struct synth_output *output) {
    for (int i = 0; i < SYNTH_FILES; i++) output->no_memory = output->no_memory || output->text[i].no_memory;
    if (output->no_memory) return;
    qsort(output->places, output->count, sizeof *output->places, by_discharge);
    for (uint32_t i = 0; i < output->count; i++) {
        const struct synth_entry *entry = &output->entries[output->places[i].entry];
        const char *row = output->text[SYNTH_CLAIMS].data + entry->from[SYNTH_CLAIMS];
        char number[24];
        int digits = snprintf(number, sizeof number, "%llu", (unsigned long long)++output->written);
        write_bytes(output, SYNTH_CLAIMS, row, SYNTH_ID_LENGTH + 1);
        write_bytes(output, SYNTH_CLAIMS, number, (size_t)digits);
        write_bytes(output, SYNTH_CLAIMS, row + SYNTH_ID_LENGTH + 1,
                    entry->to[SYNTH_CLAIMS] - entry->from[SYNTH_CLAIMS] - SYNTH_ID_LENGTH - 1);
        for (int file = SYNTH_DRUGS; file < SYNTH_FILES; file++) {
            if (!output->files[file]) continue;
            write_bytes(output, file, output->text[file].data + entry->from[file],
                        entry->to[file] - entry->from[file]);
        }
    }
    output->count = 0;
    for (int i = 0; i < SYNTH_FILES; i++) output->text[i].length = 0;
}

struct synth_entry *synth_output_begin(struct synth_output *output, const struct synth_claim *claim) {
    if (output->count == SYNTH_BLOCK) flush(output);
    if (output->no_memory) output->count = 0;
    output->places[output->count] = (struct synth_place){claim->end, output->count};
    struct synth_entry *entry = &output->entries[output->count++];
    for (int i = 0; i < SYNTH_FILES; i++) entry->from[i] = output->text[i].length;
    return entry;
}

void synth_output_end(struct synth_output *output, struct synth_entry *entry) {
    for (int i = 0; i < SYNTH_FILES; i++) entry->to[i] = output->text[i].length;
}

void synth_output_label(struct synth_output *output, uint64_t id, int label, const char *kind, int64_t amount,
                        const char *note, uint64_t related) {
    struct synth_text *text = &output->text[SYNTH_LABELS];
    synth_put_id(text, id);
    synth_put(text, label ? ",1," : ",0,");
    synth_put(text, kind);
    synth_put_char(text, ',');
    synth_put_money(text, amount);
    synth_put_char(text, ',');
    bool quoted = strchr(note, ',') != NULL;
    if (quoted) synth_put_char(text, '"');
    synth_put(text, note);
    if (related) {
        synth_put_char(text, ' ');
        synth_put_id(text, related);
    }
    if (quoted) synth_put_char(text, '"');
    synth_put_char(text, '\n');
}

int synth_output_close(struct synth_output *output) {
    if (output->places && !output->failed) flush(output);
    for (int i = 0; i < SYNTH_FILES; i++) {
        if (output->files[i] && fclose(output->files[i]) != 0) output->failed = true;
        output->files[i] = NULL;
        synth_text_close(&output->text[i]);
    }
    free(output->entries);
    free(output->places);
    output->entries = NULL;
    output->places = NULL;
    if (output->no_memory) return SYNTH_NO_MEMORY;
    return output->failed ? SYNTH_CANNOT_WRITE : SYNTH_OK;
}
