#include "state/history/online.h"

#include "base/sort.h"
#include "state/history/history_columns.h"
#include "state/history/person.h"

enum { STEP = 64 /* claims between two entries of the index */ };

/* ---- the index */

static kiem_status index_persons(km_past *past, km_error *error) {
    past->count = past->run->count / STEP + 1;
    past->persons = km_alloc_array(past->mem, past->count, sizeof *past->persons);
    if (!past->persons) return km_nomem(error);
    for (size_t i = 0; i < past->count; i++)
        past->persons[i] = i * STEP < past->run->count ? past->run->episodes[i * STEP].person : UINT64_MAX;
    return KIEM_OK;
}

static int by_card(const void *a, const void *b, const void *context) {
    const km_link *left = a, *right = b;
    (void)context;
    KM_ORDER_BY(card);
    KM_ORDER_BY(citizen);
    return 0;
}

/* Citizen numbers with claims of their own stand together in the run. */
static kiem_status index_citizens(km_past *past, const km_links *links, km_error *error) {
    const km_run *run = past->run;
    for (size_t i = km_run_first_citizen(run), end; i < run->count; i = end) {
        uint64_t citizen = run->episodes[i].person;
        end = km_run_person_end(run, i);
        if (!km_person_is_citizen(citizen)) break;
        uint64_t card = km_links_person(links, citizen);
        if (card == citizen) continue;
        if (!km_grow(past->mem, (void **)&past->joined, &past->joined_capacity, past->joined_count + 1,
                     sizeof *past->joined)) {
            return km_nomem(error);
        }
        past->joined[past->joined_count++] = (km_link){citizen, card};
    }
    if (past->joined_count) km_sort(past->joined, past->joined_count, sizeof *past->joined, by_card, NULL);
    return KIEM_OK;
}

kiem_status km_past_init(km_past *past, const km_mem *mem, km_state *state, km_error *error) {
    *past = (km_past){.mem = mem, .run = &state->run};
    KM_TRY(km_state_settle(state, error));
    KM_TRY(km_links_join(&state->run.links, error));
    kiem_status status = index_persons(past, error);
    if (status == KIEM_OK) status = index_citizens(past, &state->run.links, error);
    if (status != KIEM_OK) km_past_free(past);
    return status;
}

void km_past_free(km_past *past) {
    km_free(past->mem, past->persons, past->count * sizeof *past->persons);
    km_free(past->mem, past->joined, past->joined_capacity * sizeof *past->joined);
    *past = (km_past){.mem = past->mem};
}

/* The first claim of a person, or where it would stand. */
static size_t first_of(const km_past *past, uint64_t person) {
    size_t low;
    KM_BISECT(low, past->count, past->persons[low] < person);
    size_t at = low ? (low - 1) * STEP : 0;
    while (at < past->run->count && past->run->episodes[at].person < person) at++;
    return at;
}

static uint64_t citizen_joined_with(const km_past *past, uint64_t card) {
    size_t at;
    KM_BISECT(at, past->joined_count, past->joined[at].card < card);
    bool found = at < past->joined_count && past->joined[at].card == card;
    return found ? past->joined[at].citizen : (uint64_t)KM_NO_PERSON;
}

/* ---- asking */

void km_online_init(km_online *online, const km_mem *mem, const km_past *past) {
    *online = (km_online){.mem = mem, .past = past};
    km_sweep_init(&online->sweep, mem);
}

void km_online_free(km_online *online) {
    km_sweep_free(&online->sweep);
    km_free(online->mem, online->episodes, online->episode_capacity * sizeof *online->episodes);
    km_free(online->mem, online->visits, online->visit_capacity * sizeof *online->visits);
    km_online_init(online, online->mem, online->past);
}

/* Appends the claims of one number that stand before the new claim, which is not met itself. */
static kiem_status append_past(km_online *online, size_t *count, uint64_t number, const km_episode *self,
                               const char *self_texts, km_error *error) {
    const km_run *run = online->past->run;
    const char *texts = km_buf_view(&run->texts).ptr;
    for (size_t i = first_of(online->past, number); i < run->count; i++) {
        km_episode episode = run->episodes[i];
        if (episode.person != number || episode.in > self->in) break;
        episode.person = self->person;
        int order = km_episode_order_by_self(&episode, texts, self, self_texts);
        if (order > 0) break;
        if (order == 0) continue;
        if (!km_grow(online->mem, (void **)&online->episodes, &online->episode_capacity, *count + 2,
                     sizeof episode)) {
            return km_nomem(error);
        }
        online->episodes[(*count)++] = episode;
    }
    return KIEM_OK;
}

/* The person's earlier claims in order, then the new one. */
static kiem_status gather(km_online *online, km_episode *self, const char *self_texts, size_t *count,
                          km_error *error) {
    const km_past *past = online->past;
    if (km_person_is_citizen(self->person)) self->person = km_links_person(&past->run->links, self->person);
    uint64_t other = citizen_joined_with(past, self->person);
    *count = 0;
    KM_TRY(append_past(online, count, self->person, self, self_texts, error));
    size_t own = *count;
    if (other != KM_NO_PERSON) KM_TRY(append_past(online, count, other, self, self_texts, error));
    if (*count > own && own)
        km_sort(online->episodes, *count, sizeof *self, km_episode_compare,
                km_buf_view(&past->run->texts).ptr);
    if (!km_grow(online->mem, (void **)&online->episodes, &online->episode_capacity, *count + 1,
                 sizeof *self) ||
        !km_grow(online->mem, (void **)&online->visits, &online->visit_capacity, *count + 1,
                 sizeof *online->visits)) {
        return km_nomem(error);
    }
    if (*count >= UINT32_MAX - 1) return km_fail(error, KIEM_E_RANGE, "a person has too many claims");
    online->episodes[(*count)++] = *self;
    return KIEM_OK;
}

static kiem_status ask(km_online *online, const km_episode_reader *reader, uint32_t row,
                       km_history_row *about, km_error *error) {
    km_episode self;
    uint64_t citizen;
    size_t count;
    *about = (km_history_row){0};
    if (km_episode_read(reader, row, &self, &citizen) != KM_EPISODE_READ) return KIEM_OK;
    km_text key = km_batch_text(reader->batch, KM_CLAIM_MA_LK, row);
    self.key = key.length < UINT16_MAX ? key.length : UINT16_MAX;
    KM_TRY(gather(online, &self, key.ptr, &count, error));
    KM_TRY(km_history_sweep(&online->sweep, online->episodes, (uint32_t)count, online->visits, error));
    const km_visit *visit = &online->visits[count - 1];
    about->visit = visit;
    about->in = online->episodes[count - 1].in;
    for (int i = 0; i < KM_PARTNER_COUNT; i++) {
        if (visit->partner[i] == KM_NO_EPISODE) continue;
        about->has |= 1u << i;
        about->other[i] = km_other_of(&online->episodes[count - 1], &online->episodes[visit->partner[i]],
                                      km_buf_view(&online->past->run->texts).ptr);
    }
    return KIEM_OK;
}

kiem_status km_online_attach(km_online *online, km_batch *batch, const km_fieldset *wanted, km_error *error) {
    km_episode_reader reader = km_episode_reader_of(batch, &online->past->courses);
    km_history_columns columns;
    KM_TRY(km_history_columns_add(&columns, batch, wanted, error));
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_history_row about;
        KM_TRY(ask(online, &reader, row, &about, error));
        KM_TRY(km_history_columns_put(&columns, row, 1, &about, error));
    }
    return KIEM_OK;
}
