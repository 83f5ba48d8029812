/* The hot loop of the outlier scorer, one for each instruction set, all giving the same bits: every step
 * works on many rows side by side and never adds across them, so each row meets the same operations in the
 * same order however wide the registers are. */
#ifndef KM_SCORE_OUTLIER_KERNEL_H
#define KM_SCORE_OUTLIER_KERNEL_H

#include "score/outlier.h"

/* Rows handled at once; a tile is [column][KM_TILE] floats, aligned to 64 bytes. */
enum { KM_TILE = 64 };

struct km_outlier_kernel {
    const char *name;
    /* Takes standardised values in `tile`, leaves softened ones; `spare` is as large. Writes the distance
     * (unless the model gives it no weight) and the tail of each of the KM_TILE rows. */
    void (*tile)(const km_outlier *model, float *tile, float *spare, float *distance, float *tail);
};

extern const km_outlier_kernel km_outlier_portable;
#ifdef KIEM_X86_KERNELS
extern const km_outlier_kernel km_outlier_avx2;
extern const km_outlier_kernel km_outlier_avx512;
#endif

/* The fastest one this machine can run. */
const km_outlier_kernel *km_outlier_best_kernel(void);
/* The one of that name ("portable", "avx2", "avx512"), NULL when it is unknown or this machine cannot run it.
 */
const km_outlier_kernel *km_outlier_find_kernel(km_text name);

#endif
