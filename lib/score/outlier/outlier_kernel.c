#include "score/outlier/outlier_kernel.h"

static bool runs_here(const km_outlier_kernel *kernel) {
#ifdef KIEM_X86_KERNELS
    if (kernel == &km_outlier_avx512) return __builtin_cpu_supports("avx512f");
    if (kernel == &km_outlier_avx2) return __builtin_cpu_supports("avx2");
#endif
    return kernel == &km_outlier_portable;
}

/* Fastest first. */
static const km_outlier_kernel *const kernels[] = {
#ifdef KIEM_X86_KERNELS
    &km_outlier_avx512,
    &km_outlier_avx2,
#endif
    &km_outlier_portable,
};

enum { KERNELS = sizeof kernels / sizeof kernels[0] };

const km_outlier_kernel *km_outlier_best_kernel(void) {
    for (int i = 0; i < KERNELS; i++) {
        if (runs_here(kernels[i])) return kernels[i];
    }
    return &km_outlier_portable;
}

const km_outlier_kernel *km_outlier_find_kernel(km_text name) {
    for (int i = 0; i < KERNELS; i++) {
        if (km_text_equal(name, km_text_from(kernels[i]->name)) && runs_here(kernels[i])) return kernels[i];
    }
    return NULL;
}
