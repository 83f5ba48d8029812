#include "score/outlier/outlier.h"

#include "score/outlier/outlier_kernel.h"

void km_outlier_init(km_outlier *model, const km_mem *mem) {
    *model = (km_outlier){.mem = mem};
}

void km_outlier_free(km_outlier *model) {
    km_free(model->mem, model->memory, model->memory_size);
    km_outlier_init(model, model->mem);
}

kiem_status km_outlier_allocate(km_outlier *model, uint32_t columns, uint32_t references,
                                size_t features_length, km_error *error) {
    const size_t d = columns, slots = km_outlier_groups(references) * KM_OUTLIER_NEAREST;
    const size_t floats = 4 * d + km_triangle(d) + slots * (d + 1);
    const size_t size = 2 * d * sizeof(double) + floats * sizeof(float) + features_length + 1;
    void *memory = km_alloc_zero(model->mem, size);
    if (!memory) return km_nomem(error);
    km_outlier_free(model);
    model->memory = memory;
    model->memory_size = size;
    model->columns = columns;
    model->references = references;
    model->centre = memory;
    model->inverse = model->centre + d;
    model->low = (float *)(void *)(model->inverse + d);
    model->upward = model->low + d;
    model->downward = model->upward + d;
    model->offset = model->downward + d;
    model->whiten = model->offset + d;
    model->reference = model->whiten + km_triangle(d);
    model->half = model->reference + slots * d;
    model->features = (char *)(model->half + slots);
    model->features_length = features_length;
    model->kernel = km_outlier_best_kernel();
    return KIEM_OK;
}
