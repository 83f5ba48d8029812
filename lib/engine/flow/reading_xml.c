#include <pthread.h>

#include "base/together.h"
#include "engine/flow/bytes.h"
#include "engine/flow/reading.h"
#include "ingest/markup.h"

/* Envelopes are read before anything else, for their lines must be known before their claims are; what was
 * read of them waits as tables, which are then inputs like others. */

enum { HEAD = 4096 };

/* The first bytes of a stream are kept for those who read it. A pipe that is given by its path is not looked
 * at: its bytes come once. */
static kiem_status look_at(km_job *job, km_input_file *input, bool *is_envelope, km_error *error) {
    const bool is_file = !input->read && km_file_size(input->name) >= 0;
    km_buf *head = &input->head;
    km_bytes from;
    *is_envelope = false;
    if (input->role != KM_INPUT_CLAIMS || input->is_arrow || !(input->read || is_file)) return KIEM_OK;
    if (!km_buf_reserve(head, HEAD)) return km_nomem(error);
    KM_TRY(km_bytes_open(&from, input->name, input->read, input->user, KM_TEXT(""), error));
    kiem_status status = KIEM_OK;
    for (bool end = false; status == KIEM_OK && !end && head->length < HEAD;) {
        size_t taken;
        status = km_bytes_next(&from, head->data + head->length, HEAD - head->length, &taken, error);
        if (status == KIEM_OK) status = km_job_check_cancelled(job, error);
        end = !taken && !from.interrupted;
        head->length += taken;
    }
    km_bytes_close(&from);
    if (status == KIEM_OK) *is_envelope = km_markup_of(km_buf_view(head)) == KM_MARKUP_XML;
    if (is_file) km_buf_free(head);
    return status;
}

/* Envelopes being read: files by several threads, unless their rows go to the one temporary file; streams,
 * whose callbacks may share what they read from, by the caller's. */
typedef struct opening {
    km_job *job;
    uint32_t *numbers; /* of the inputs */
    size_t count;
    int threads;
    pthread_t caller; /* whose thread the callback is called on */
    atomic_ullong bytes;
} opening;

static kiem_status read_on(opening *o, km_envelope *envelope, km_bytes *from, char *room, size_t size,
                           bool *end, km_error *error) {
    km_job *job = o->job;
    size_t taken;
    KM_TRY(km_bytes_next(from, room, size, &taken, error));
    *end = !taken && !from->interrupted;
    KM_TRY(km_envelope_push(envelope, room, taken, *end, error));
    const uint64_t before = atomic_fetch_add(&o->bytes, taken);
    if (!pthread_equal(pthread_self(), o->caller)) return km_job_check_cancelled(job, error);
    job->now.bytes_done = before + taken;
    return km_job_tell(job, "read", error);
}

static kiem_status read_envelope(void *context, size_t item, km_error *error) {
    enum { ROOM = 1 << 18 };
    opening *o = context;
    km_job *job = o->job;
    km_input_file *input = &job->inputs[o->numbers[item]];
    km_spill *spill = job->options.memory ? &job->envelope_spill : NULL;
    km_bytes from;
    bool end = false;
    KM_TRY(km_envelope_new(job->mem, input->name, o->numbers[item], spill, &input->envelope, error));
    KM_TRY(km_bytes_open(&from, input->name, input->read, input->user, km_buf_view(&input->head), error));
    char *room = km_alloc(job->mem, ROOM);
    kiem_status status = room ? KIEM_OK : km_nomem(error);
    while (status == KIEM_OK && !end) status = read_on(o, input->envelope, &from, room, ROOM, &end, error);
    km_free(job->mem, room, ROOM);
    km_bytes_close(&from);
    km_buf_free(&input->head);
    return status == KIEM_OK ? km_envelope_close(input->envelope, error) : status;
}

static void take_table(km_input_file *input, km_envelope *envelope, km_input_role role, km_scope scope) {
    input->role = role;
    input->table = km_envelope_table(envelope, scope);
}

/* Input `number`, an envelope that was read, becomes one of claims; its lines become inputs behind all
 * others. */
static kiem_status open_tables(km_job *job, uint32_t number, bool lines, km_error *error) {
    static const struct {
        km_input_role role;
        km_scope scope;
    } kinds[] = {{KM_INPUT_DRUGS, KM_SCOPE_DRUG}, {KM_INPUT_SERVICES, KM_SCOPE_SERVICE}};
    km_envelope *envelope = job->inputs[number].envelope;
    take_table(&job->inputs[number], envelope, KM_INPUT_CLAIMS, KM_SCOPE_CLAIM);
    job->inputs[number].group = number + 1;
    for (size_t i = 0; lines && i < sizeof kinds / sizeof kinds[0]; i++) {
        km_input_file *added;
        KM_TRY(km_job_add_input(job, kinds[i].role, job->inputs[number].name, &added, error));
        take_table(added, envelope, kinds[i].role, kinds[i].scope);
        added->group = number + 1;
    }
    return KIEM_OK;
}

static kiem_status note_groups(km_job *job, km_error *error) {
    job->groups = km_alloc_zero(job->mem, job->input_count * sizeof *job->groups);
    if (!job->groups) return km_nomem(error);
    job->group_count = job->input_count;
    for (size_t i = 0; i < job->input_count; i++) job->groups[i] = job->inputs[i].group;
    job->claim_keys.groups = job->groups;
    for (int i = 0; i < KM_DETAIL_TABLES; i++) job->details[i].groups = job->groups;
    return KIEM_OK;
}

static kiem_status find_envelopes(opening *o, km_error *error) {
    km_job *job = o->job;
    if (job->options.memory) o->threads = 1;
    for (uint32_t i = 0; i < job->input_count; i++) {
        bool is_envelope;
        KM_TRY(look_at(job, &job->inputs[i], &is_envelope, error));
        if (!is_envelope) continue;
        o->numbers[o->count++] = i;
        if (job->inputs[i].read) o->threads = 1;
    }
    return KIEM_OK;
}

kiem_status km_job_open_envelopes(km_job *job, bool lines, km_error *error) {
    const size_t most = job->input_count;
    opening o = {.job = job, .threads = job->threads, .caller = pthread_self()};
    atomic_init(&o.bytes, 0);
    km_spill_init(&job->envelope_spill, job->mem, job->options.out ? job->options.out : "/tmp");
    o.numbers = km_alloc_array(job->mem, most, sizeof *o.numbers);
    kiem_status status = o.numbers ? find_envelopes(&o, error) : km_nomem(error);
    if (status == KIEM_OK) status = km_together(o.threads, o.count, read_envelope, &o, error);
    job->now.bytes_done = atomic_load(&o.bytes);
    for (size_t i = 0; status == KIEM_OK && i < o.count; i++)
        status = open_tables(job, o.numbers[i], lines, error);
    if (status == KIEM_OK && o.count) status = note_groups(job, error);
    km_free(job->mem, o.numbers, most * sizeof *o.numbers);
    return status;
}
