#include "state/history/run_file.h"

#include "state/history/person.h"

enum {
    LINK_BYTES = 16,
    KEY_BYTES = 2,
    AT_ONCE = 4096 /* records read before memory for more is asked for */
};

/* ---- writing */

static void encode(const km_episode *episode, unsigned char to[KM_EPISODE_BYTES]) {
    km_le_put(to, episode->person, 8);
    km_le_put(to + 8, (uint32_t)episode->in, 4);
    km_le_put(to + 12, (uint32_t)episode->out, 4);
    km_le_put(to + 16, episode->facility, 8);
    km_le_put(to + 24, episode->icd, 8);
    km_le_put(to + 32, episode->fingerprint, 8);
    km_le_put(to + 40, (uint64_t)episode->fund, 8);
    km_le_put(to + 48, (uint64_t)episode->copay, 8);
    km_le_put(to + 56, (uint64_t)episode->total, 8);
    km_le_put(to + 64, episode->about, 8);
    km_le_put(to + 72, episode->name, 4);
    km_le_put(to + 76, episode->key & UINT16_MAX, KEY_BYTES);
}

static kiem_status save_episodes(const km_run *run, km_section_writer *writer, km_error *error) {
    uint64_t texts = 0;
    const char *bytes = km_buf_view(&run->texts).ptr;
    for (size_t i = 0; i < run->count; i++) texts += run->episodes[i].key & UINT16_MAX;
    KM_TRY(km_section_begin(writer, KM_SECTION_EPISODES, 1,
                            16 + (uint64_t)run->count * KM_EPISODE_BYTES + texts, error));
    KM_TRY(km_section_put_u64(writer, run->count, error));
    KM_TRY(km_section_put_u64(writer, texts, error));
    for (size_t i = 0; i < run->count; i++) {
        unsigned char record[KM_EPISODE_BYTES];
        encode(&run->episodes[i], record);
        KM_TRY(km_section_put(writer, record, sizeof record, error));
    }
    for (size_t i = 0; i < run->count; i++) {
        km_text key = km_episode_key(&run->episodes[i], bytes);
        KM_TRY(km_section_put(writer, key.ptr, key.length, error));
    }
    return km_section_end(writer, error);
}

static kiem_status save_links(const km_links *links, km_section_writer *writer, km_error *error) {
    KM_TRY(km_section_begin(writer, KM_SECTION_LINKS, 1, 8 + (uint64_t)links->count * LINK_BYTES, error));
    KM_TRY(km_section_put_u64(writer, links->count, error));
    for (size_t i = 0; i < links->count; i++) {
        KM_TRY(km_section_put_u64(writer, links->items[i].citizen, error));
        KM_TRY(km_section_put_u64(writer, links->items[i].card, error));
    }
    return km_section_end(writer, error);
}

kiem_status km_run_save(const km_run *run, km_section_writer *writer, km_error *error) {
    KM_TRY(save_episodes(run, writer, error));
    return save_links(&run->links, writer, error);
}

/* ---- reading */

static bool time_holds(km_minute time) {
    return time >= KM_EPISODE_FIRST && time <= KM_EPISODE_LAST;
}

static bool decode(const unsigned char from[KM_EPISODE_BYTES], uint64_t key_at, km_episode *out) {
    *out = (km_episode){.person = km_le_get(from, 8),
                        .in = (km_minute)(uint32_t)km_le_get(from + 8, 4),
                        .out = (km_minute)(uint32_t)km_le_get(from + 12, 4),
                        .facility = km_le_get(from + 16, 8),
                        .icd = km_le_get(from + 24, 8),
                        .fingerprint = km_le_get(from + 32, 8),
                        .fund = (int64_t)km_le_get(from + 40, 8),
                        .copay = (int64_t)km_le_get(from + 48, 8),
                        .total = (int64_t)km_le_get(from + 56, 8),
                        .about = km_le_get(from + 64, 8),
                        .key = key_at << 16 | km_le_get(from + 76, KEY_BYTES),
                        .name = (uint32_t)km_le_get(from + 72, 4)};
    return km_person_valid(out->person) && time_holds(out->in) && time_holds(out->out) &&
           out->in <= out->out && !(out->about >> KM_ABOUT_BITS);
}

static kiem_status load_records(km_run *run, km_section_reader *reader, uint64_t count, uint64_t texts,
                                km_error *error) {
    uint64_t key_at = 0;
    for (uint64_t i = 0; i < count; i++) {
        unsigned char record[KM_EPISODE_BYTES];
        KM_TRY(km_section_get(reader, record, sizeof record, error));
        if (!km_grow(run->mem, (void **)&run->episodes, &run->capacity, run->count + 1,
                     sizeof *run->episodes))
            return km_nomem(error);
        if (!decode(record, key_at, &run->episodes[run->count])) return km_section_damaged(reader, error);
        key_at += run->episodes[run->count++].key & UINT16_MAX;
    }
    return key_at == texts ? KIEM_OK : km_section_damaged(reader, error);
}

static kiem_status load_texts(km_run *run, km_section_reader *reader, uint64_t texts, km_error *error) {
    while (texts) {
        char part[AT_ONCE];
        size_t size = texts < sizeof part ? (size_t)texts : sizeof part;
        KM_TRY(km_section_get(reader, part, size, error));
        km_buf_append(&run->texts, part, size);
        if (!km_buf_ok(&run->texts)) return km_nomem(error);
        texts -= size;
    }
    return KIEM_OK;
}

kiem_status km_run_load_episodes(km_run *run, km_section_reader *reader, km_error *error) {
    uint64_t count, texts;
    if (reader->version != 1 || run->count) return km_section_damaged(reader, error);
    KM_TRY(km_section_get_u64(reader, &count, error));
    KM_TRY(km_section_get_u64(reader, &texts, error));
    if (count >= UINT32_MAX || texts > reader->left || count * KM_EPISODE_BYTES != reader->left - texts)
        return km_section_damaged(reader, error);
    KM_TRY(load_records(run, reader, count, texts, error));
    KM_TRY(load_texts(run, reader, texts, error));
    const char *bytes = km_buf_view(&run->texts).ptr;
    for (size_t i = 1; i < run->count; i++) {
        if (km_episode_order(&run->episodes[i - 1], bytes, &run->episodes[i], bytes) > 0)
            return km_section_damaged(reader, error);
    }
    return km_section_close(reader, error);
}

static bool link_holds(const km_links *links, const km_link *link) {
    const km_link *before = links->count ? &links->items[links->count - 1] : NULL;
    if (!km_person_valid(link->citizen) || !km_person_is_citizen(link->citizen)) return false;
    if (!km_person_valid(link->card) || km_person_is_citizen(link->card) || km_person_is_newborn(link->card))
        return false;
    return !before || before->citizen < link->citizen ||
           (before->citizen == link->citizen && before->card < link->card);
}

kiem_status km_run_load_links(km_run *run, km_section_reader *reader, km_error *error) {
    km_links *links = &run->links;
    uint64_t count;
    if (reader->version != 1 || links->count) return km_section_damaged(reader, error);
    KM_TRY(km_section_get_u64(reader, &count, error));
    if (count >= UINT32_MAX || count * LINK_BYTES != reader->left) return km_section_damaged(reader, error);
    for (uint64_t i = 0; i < count; i++) {
        km_link link;
        KM_TRY(km_section_get_u64(reader, &link.citizen, error));
        KM_TRY(km_section_get_u64(reader, &link.card, error));
        if (!link_holds(links, &link)) return km_section_damaged(reader, error);
        if (!km_grow(links->mem, (void **)&links->items, &links->capacity, links->count + 1,
                     sizeof *links->items)) {
            return km_nomem(error);
        }
        links->items[links->count++] = link;
    }
    links->tidy = links->count;
    return km_section_close(reader, error);
}
