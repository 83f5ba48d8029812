/* Cells of records where they lie. A group of records is cut before any of it is decoded, so that decoding
 * can go column by column while the bytes are still in the cache; nothing is copied but text, once, to where
 * it stays. */
#ifndef KM_INGEST_CELLS_H
#define KM_INGEST_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KM_GROUP = 64,        /* records: as many as a word has bits */
    KM_CELL_SLACK = 16,   /* bytes that may be read behind the last cell */
    KM_RECORD_SLACK = 64, /* and behind a record that is being cut */
    KM_PLACES = 80        /* from one list of places to the next: a power of two would share few cache sets */
};

/* The cells of one column: row i is bytes[from[i] .. to[i]). */
typedef struct km_cell_texts {
    const char *bytes;
    const uint32_t *from, *to;
    uint32_t rows;
} km_cell_texts;

/* Cells one behind the other: row i ends where row i + 1 starts. */
static inline km_cell_texts km_cells_in_a_row(const char *bytes, const uint32_t *offsets, uint32_t rows) {
    return (km_cell_texts){bytes, offsets, offsets + 1, rows};
}

/* Where the cells of one record lie: cell c goes from at[2 * c * KM_PLACES] to at[(2 * c + 1) * KM_PLACES]. A
 * record may have more cells than there are columns; those have no place. */
typedef struct km_cell_places {
    uint32_t *at;
    uint32_t columns;
} km_cell_places;

static inline uint32_t *km_cell_from(const km_cell_places *places, uint32_t column) {
    return places->at + 2 * (size_t)column * KM_PLACES;
}
static inline uint32_t *km_cell_to(const km_cell_places *places, uint32_t column) {
    return km_cell_from(places, column) + KM_PLACES;
}

/* What was found in a record. */
typedef struct km_record_shape {
    uint32_t fields;
    uint32_t rows; /* other than 1: carriage returns inside the record */
    bool overfull; /* a field behind the last column is not empty */
} km_record_shape;

#endif
