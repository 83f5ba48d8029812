/* Claims as notes for later comparisons, and back: see claim/peer_note.h. */
#ifndef KM_SCORE_NOTE_H
#define KM_SCORE_NOTE_H

#include "claim/peer_note.h"
#include "score/claim/feature.h"
#include "score/claim/sketch.h"

_Static_assert((int)KM_NOTE_FEATURES == (int)KM_FEATURE_COUNT && (int)KM_NOTE_BINS == (int)KM_SKETCH_BINS,
               "a note has a bin for each feature");

/* The bins of a feature. */
km_scale km_feature_scale(km_feature feature);

typedef struct km_note_reader {
    km_feature_reader features;
    km_cells icd;
    km_scale scale[KM_FEATURE_COUNT];
    bool has_key;
} km_note_reader;

km_note_reader km_note_reader_of(const km_batch *batch, const km_place_tables *places);
/* The same for a claim wherever and with whatever others it is read. */
uint64_t km_note_hash(const km_note_reader *reader, uint32_t row);
/* What a claim alone tells: not the features that its history gives, nor, without a table of provinces, how
 * far from home it is. */
void km_note_read(const km_note_reader *reader, uint32_t row, km_peer_note *out);
/* The middle of the bins. */
void km_note_features(const km_peer_note *note, km_features *out);

#endif
