#include "score/claim/note.h"

#include <math.h>

#include "base/hash.h"
#include "score/claim/peer.h"
#include "score/log2f.h"

km_scale km_feature_scale(km_feature feature) {
    const km_feature_info *about = km_feature_about(feature);
    switch (about->unit) {
    case KM_UNIT_MONEY: return (km_scale){km_log2f(about->offset), 32, false};
    case KM_UNIT_SHARE: return (km_scale){0, 1024, false};
    case KM_UNIT_TIMES: return (km_scale){-24, 32, false};
    case KM_UNIT_COUNT:
    case KM_UNIT_YES:
    case KM_UNIT_PLACE: break;
    }
    return (km_scale){0, 1, true};
}

km_note_reader km_note_reader_of(const km_batch *batch, const km_place_tables *places) {
    km_note_reader reader = {.features = km_feature_reader_of(batch, places),
                             .icd = km_batch_cells(batch, KM_CLAIM_MA_BENH_CHINH),
                             .has_key = km_fieldset_has(&batch->present, KM_CLAIM_MA_LK)};
    for (int f = 0; f < KM_FEATURE_COUNT; f++) reader.scale[f] = km_feature_scale((km_feature)f);
    return reader;
}

uint64_t km_note_hash(const km_note_reader *reader, uint32_t row) {
    const km_feature_reader *from = &reader->features;
    const km_text key = reader->has_key ? km_batch_text(from->batch, KM_CLAIM_MA_LK, row) : (km_text){"", 0};
    const uint64_t marks[] = {(uint64_t)km_cells_int(&from->facility, row, 0),
                              (uint64_t)km_cells_int(&from->in, row, 0),
                              (uint64_t)km_total_int(&from->total, row, 0)};
    return km_hash(key.ptr, key.length, km_hash(marks, sizeof marks, 0));
}

static uint16_t bin_of(const km_scale *scale, float value) {
    return isnan(value) ? (uint16_t)KM_NOTE_NO_BIN : (uint16_t)km_sketch_bin(scale, value);
}

void km_note_read(const km_note_reader *reader, uint32_t row, km_peer_note *out) {
    const km_feature_reader *from = &reader->features;
    const uint64_t facility = (uint64_t)km_cells_int(&from->facility, row, 0);
    const km_day day = km_day_of((km_minute)km_cells_int(&from->out, row, 0));
    km_features features;
    km_features_read(from, row, &features);
    out->hash = km_note_hash(reader, row);
    out->key = km_peer_key(km_kind_code(&from->kind, row), (uint64_t)km_cells_int(&reader->icd, row, 0),
                           km_place_tier(from->places, facility, day));
    for (int f = 0; f < KM_FEATURE_COUNT; f++) out->bin[f] = bin_of(&reader->scale[f], features.value[f]);
    out->bin[KM_FEATURE_VISITS_30D] = out->bin[KM_FEATURE_FACILITIES_30D] = KM_NOTE_NO_BIN;
    if (!from->places->provinces) out->bin[KM_FEATURE_HOME_DISTANCE] = KM_NOTE_NO_BIN;
}

void km_note_features(const km_peer_note *note, km_features *out) {
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        const km_scale scale = km_feature_scale((km_feature)f);
        out->value[f] = note->bin[f] == KM_NOTE_NO_BIN ? NAN : km_sketch_middle(&scale, note->bin[f]);
    }
}
