/* What is usual: the correlations and a sample of the clean rows, found by leaving out what lies far off.
 *
 * Rows are whitened by a covariance that is shrunk to its own diagonal, the farthest quarter is left out, and
 * this is repeated; then the same around three centres at once, so that data of several kinds is not taken
 * for one wide cloud. Trimmed and shrunk covariance: Rousseeuw and Van Driessen 1999; Ledoit and Wolf 2004;
 * trimmed clusters: Garcia-Escudero and others 2008. */
#ifndef KM_SCORE_OUTLIER_CORE_H
#define KM_SCORE_OUTLIER_CORE_H

#include "base/error.h"
#include "base/mem.h"

typedef struct km_core {
    const km_mem *mem;
    size_t rows, columns;
    const double *u;     /* [rows][columns], softened */
    const double *floor; /* [columns] least variance */
    double *whiten;      /* [column j][i >= j]: W transposed, so that W u is a sum of its rows */
    double *centre;      /* [columns], what z = W (u - centre) starts from */
    double *picked;      /* [pick_count][columns], z of the clean rows chosen */
    size_t pick_count;
    void *memory;
    size_t memory_size;
} km_core;

/* Finds the clean rows and chooses at most `picks` of them by the seed. km_core_free afterwards, also after a
 * failure. */
kiem_status km_core_fit(km_core *core, size_t picks, uint64_t seed, km_error *error);
void km_core_free(km_core *core);

#endif
