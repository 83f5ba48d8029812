#include "engine/ledger/cards.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "state/money/ledger.h"

enum { INDEX_BITS = 14, CARD_LENGTH = 15, NUMBER_AT = 5, NUMBER_LENGTH = 10 };

_Static_assert(1 << INDEX_BITS == KM_CARD_REGISTERS, "one register for each index");

void km_cards_init(km_cards *cards, const km_mem *mem) {
    *cards = (km_cards){.mem = mem};
    km_map_init(&cards->index, mem);
}

void km_cards_free(km_cards *cards) {
    for (size_t i = 0; i < cards->count; i++)
        km_free(cards->mem, cards->groups[i].registers, KM_CARD_REGISTERS);
    km_map_free(&cards->index);
    km_free(cards->mem, cards->groups, cards->capacity * sizeof *cards->groups);
    km_cards_init(cards, cards->mem);
}

static km_card_group *group_of(km_cards *cards, uint64_t province, int year) {
    const uint64_t key = province | (uint64_t)year;
    const uint32_t *place = km_map_find(&cards->index, key);
    bool is_new;
    if (place) return &cards->groups[*place];
    if (!km_grow(cards->mem, (void **)&cards->groups, &cards->capacity, cards->count + 1,
                 sizeof *cards->groups)) {
        return NULL;
    }
    uint8_t *registers = km_alloc_zero(cards->mem, KM_CARD_REGISTERS);
    uint32_t *made = registers ? km_map_insert(&cards->index, key, &is_new) : NULL;
    if (!made) {
        km_free(cards->mem, registers, KM_CARD_REGISTERS);
        return NULL;
    }
    *made = (uint32_t)cards->count;
    cards->groups[cards->count] = (km_card_group){.province = province, .year = year, .registers = registers};
    return &cards->groups[cards->count++];
}

/* The ten characters inside the first card, which stay when group, level or province on it change. */
static bool card_number(km_text cards, km_text *out) {
    if (cards.length < CARD_LENGTH || memchr(cards.ptr, ';', CARD_LENGTH)) return false;
    *out = (km_text){cards.ptr + NUMBER_AT, NUMBER_LENGTH};
    return cards.length == CARD_LENGTH || cards.ptr[CARD_LENGTH] == ';';
}

/* Where a card is noted, and the zeros of its hash. */
typedef struct seen_card {
    uint8_t *to, zeros;
} seen_card;

static seen_card see(km_card_group *group, km_text number) {
    const uint64_t hash = km_hash(number.ptr, number.length, 0);
    const uint64_t rest = hash << INDEX_BITS | (uint64_t)1 << (INDEX_BITS - 1);
    group->claims++;
    return (seen_card){&group->registers[hash >> (64 - INDEX_BITS)], (uint8_t)(__builtin_clzll(rest) + 1)};
}

static void note(const seen_card *cards, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (*cards[i].to < cards[i].zeros) *cards[i].to = cards[i].zeros;
    }
}

/* Registers are scattered, so those of some cards are asked for before one is changed. */
kiem_status km_cards_add(km_cards *cards, const km_batch *batch, km_error *error) {
    enum { TOGETHER = 32 };
    const km_cells left = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    const km_cells settled = km_batch_cells(batch, KM_CLAIM_NAM_QT);
    const km_cells facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB);
    seen_card seen[TOGETHER];
    uint32_t count = 0;
    for (uint32_t row = 0; row < batch->rows; row++) {
        const int year = km_ledger_booking_year(
            km_cells_known(&left, row), (km_minute)km_cells_value(&left, row), km_cells_value(&settled, row));
        const uint64_t province = km_province_of((uint64_t)km_cells_value(&facility, row));
        km_text number;
        if (!year || !card_number(km_batch_text(batch, KM_CLAIM_MA_THE_BHYT, row), &number)) continue;
        km_card_group *group = group_of(cards, province, year);
        if (!group) return km_nomem(error);
        if (count == TOGETHER) {
            note(seen, count);
            count = 0;
        }
        seen[count] = see(group, number);
        KM_PREFETCH(seen[count].to);
        count++;
    }
    note(seen, count);
    return KIEM_OK;
}

/* Flajolet and others 2007; few cards are counted by the registers that are still empty. */
static double estimate(const uint8_t *registers) {
    const double count = KM_CARD_REGISTERS, bias = 0.7213 / (1 + 1.079 / count);
    int holding[UINT8_MAX + 1] = {0}; /* registers by what they hold */
    double sum = 0;
    for (int i = 0; i < KM_CARD_REGISTERS; i++) holding[registers[i]]++;
    for (int rank = 0; rank <= UINT8_MAX; rank++) sum += ldexp(holding[rank], -rank);
    double raw = bias * count * count / sum;
    return raw <= 2.5 * count && holding[0] ? count * log(count / holding[0]) : raw;
}

bool km_cards_visits(const km_cards *cards, km_cards_choice *choice, const void *context, double *out) {
    uint8_t registers[KM_CARD_REGISTERS] = {0};
    uint64_t claims = 0;
    for (size_t i = 0; i < cards->count; i++) {
        const km_card_group *group = &cards->groups[i];
        if (!choice(context, group->province, group->year)) continue;
        for (int k = 0; k < KM_CARD_REGISTERS; k++) {
            if (registers[k] < group->registers[k]) registers[k] = group->registers[k];
        }
        claims += group->claims;
    }
    double seen = claims ? estimate(registers) : 1;
    *out = (double)claims / seen;
    return claims > 0;
}
