#include "rules/scalar.h"
#include "rules/vector_parts.h"

kiem_status km_frame_init(km_frame *frame, const km_mem *mem, const km_graph *graph, km_error *error) {
    *frame = (km_frame){.mem = mem, .graph = graph, .vector_count = graph->count};
    frame->vectors = km_alloc_zero(mem, graph->count * sizeof *frame->vectors);
    frame->context.regex = km_regex_scratch_new(mem);
    if (frame->vectors && frame->context.regex) return KIEM_OK;
    km_frame_free(frame);
    return km_nomem(error);
}

void km_frame_free(km_frame *frame) {
    if (!frame->mem) return;
    for (size_t i = 0; frame->vectors && i < frame->vector_count; i++) {
        km_vector *vector = &frame->vectors[i];
        km_free(frame->mem, vector->memory, vector->memory_size);
        km_free(frame->mem, vector->memo, vector->memo_size);
        km_free(frame->mem, vector->own.room, vector->own.size);
        km_free(frame->mem, vector->derived.room, vector->derived.size);
        km_free(frame->mem, vector->heads.room, vector->heads.size);
        km_values_free(frame, (km_node_id)i);
    }
    for (size_t i = 0; i < frame->spare_count; i++)
        km_free(frame->mem, frame->spares[i].memory, frame->spares[i].size);
    km_free(frame->mem, frame->vectors, frame->vector_count * sizeof *frame->vectors);
    km_regex_scratch_free(frame->context.regex);
    *frame = (km_frame){0};
}

void km_frame_begin(km_frame *frame, const km_input *input) {
    frame->input = input;
    frame->epoch++;
    for (int scope = 0; scope < KM_SCOPE_COUNT; scope++) {
        frame->rows[scope] = input->set[scope].batch ? input->set[scope].batch->rows : 0;
    }
}

void *km_frame_take(km_frame *frame, size_t need, size_t *size) {
    /* the last one given is the one in the cache; what is much too large is left for those who need it */
    for (size_t i = frame->spare_count; i-- > 0;) {
        km_spare spare = frame->spares[i];
        if (spare.size < need || spare.size > 3 * need) continue;
        frame->spares[i] = frame->spares[--frame->spare_count];
        *size = spare.size;
        return spare.memory;
    }
    *size = need;
    return km_alloc(frame->mem, need);
}

void km_frame_give(km_frame *frame, km_vector *vector) {
    if (frame->spare_count < KM_SPARES) {
        frame->spares[frame->spare_count++] = (km_spare){vector->memory, vector->memory_size};
    } else {
        km_free(frame->mem, vector->memory, vector->memory_size);
    }
    vector->memory = NULL;
    vector->memory_size = 0;
    vector->epoch = 0;
}

km_value km_frame_value(km_frame *frame, km_node_id id, uint32_t row) {
    const km_node *node = km_node_at(frame->graph, id);
    const km_vector *all = NULL;
    if (node->tree > KM_ALONE_MAX) all = km_frame_eval(frame, id);
    /* without memory for the batch the row alone still has its answer */
    if (!all) return km_scalar(&frame->context, frame->graph, frame->input, id, row);
    return km_vector_value(node, all, row);
}
