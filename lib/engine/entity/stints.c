#include "engine/entity/stints.h"

#include <string.h>

#include "base/hash.h"

void km_stints_init(km_stints *stints, const km_mem *mem) {
    *stints = (km_stints){.mem = mem};
    km_map_init(&stints->by_place, mem);
    km_map_init(&stints->by_doctor, mem);
}

void km_stints_free(km_stints *stints) {
    if (!stints->mem) return;
    km_free(stints->mem, stints->list, stints->capacity * sizeof *stints->list);
    km_map_free(&stints->by_place);
    km_map_free(&stints->by_doctor);
    *stints = (km_stints){0};
}

static const int columns[] = {KM_SERVICE_MA_NHOM,    KM_SERVICE_MA_BAC_SI, KM_SERVICE_NGUOI_THUC_HIEN,
                              KM_SERVICE_NGAY_YL,    KM_SERVICE_NGAY_KQ,   KM_SERVICE_NGAY_TH_YL,
                              KM_SERVICE_MA_MAY,     KM_SERVICE_SO_LUONG,  KM_SERVICE_T_BHTT,
                              KM_SERVICE_MA_DICH_VU, KM_SERVICE_STANDARD};

void km_stints_columns(km_fieldset *set) {
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) km_fieldset_add(set, columns[i]);
}

/* ---- names */

/* A licence number. What stands after its first point says that the work was done from afar, on loan or under
 * supervision: then nothing is known about where its owner was. */
typedef struct licence {
    km_text text;
    bool here;
} licence;

enum { NAME_LEAST = 4, NAME_MOST = 64, DIGITS_LEAST = 3, MACHINE_LEAST = 3 };

/* Placeholders, such as 0000000/HCM-CCHN, are nobody; the issuer stands after the stroke. */
static bool is_licence(km_text text) {
    int digits = 0;
    bool differ = false;
    char first = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.ptr[i];
        if (c == '(') return false; /* staff of the facility without a licence */
        if (c == '/') break;
        if (c < '0' || c > '9') continue;
        if (!digits++) first = c;
        differ = differ || c != first;
    }
    return text.length >= NAME_LEAST && text.length <= NAME_MOST && digits >= DIGITS_LEAST && differ;
}

/* The next licence of a list. */
static bool next_licence(km_text *rest, licence *out) {
    km_text part;
    while (rest->ptr && rest->length && km_text_split(rest, ';', &part)) {
        part = km_text_trim(part);
        const char *point = part.length ? memchr(part.ptr, '.', part.length) : NULL;
        out->here = !point;
        out->text = point ? (km_text){part.ptr, (size_t)(point - part.ptr)} : part;
        if (is_licence(out->text)) return true;
    }
    return false;
}

static bool first_licence(km_text list, licence *out) {
    return next_licence(&list, out);
}

/* ---- one line */

enum {
    GROUP_LAB = 1,
    GROUP_FUNCTION = 3,
    GROUP_SURGERY = 8,
    GROUP_EXAM = 13,
    GROUP_PROCEDURE = 18,
    LONGEST = KM_MINUTES_PER_DAY
};

#define NO_TIME   INT32_MIN
#define CODE_4210 KM_CODE('4', '2', '1', '0')

typedef struct line {
    uint32_t claim, number; /* of the line in the batch + 1 */
    uint64_t facility, kind;
    int64_t group;
    km_text orderers, performers, machines;
    km_minute ordered, done, resulted;
    int64_t fund, quantity, norm;
    bool norm_known, procedures_among; /* 4210: group 8 holds procedures too */
    bool again;                        /* of a claim that repeats another: the work was done once */
} line;

/* The stint of this claim with that name and day. */
static km_stint *stint_of(km_stints *all, const line *l, km_text name, bool machine, km_day day) {
    const uint64_t kind = machine ? l->kind : 0;
    const uint64_t parts[] = {km_hash_text(name), kind ^ machine, (uint64_t)l->claim << 32 | (uint32_t)day};
    bool is_new;
    uint32_t *newest = km_map_insert(&all->by_place, km_hash(parts, sizeof parts, 0), &is_new);
    if (!newest) return NULL;
    for (uint32_t i = is_new ? 0 : *newest; i; i = all->list[i - 1].next) {
        km_stint *at = &all->list[i - 1];
        if (at->claim == l->claim && at->day == day && at->machine == machine && at->kind == kind &&
            km_text_equal(at->name, name))
            return at;
    }
    if (!km_grow(all->mem, (void **)&all->list, &all->capacity, all->count + 1, sizeof *all->list))
        return NULL;
    all->list[all->count] = (km_stint){.name = name,
                                       .claim = l->claim,
                                       .facility = l->facility,
                                       .kind = kind,
                                       .machine = machine,
                                       .day = day,
                                       .next = *newest};
    *newest = (uint32_t)all->count + 1;
    return &all->list[all->count++];
}

static int minute_of_day(km_minute time) {
    return (int)((int64_t)time - (int64_t)km_day_of(time) * KM_MINUTES_PER_DAY);
}

static void set_span(km_spans *spans, int span) {
    spans->bits[span / 64] |= (uint64_t)1 << (span % 64);
}

/* Midnight is what software fills in. */
static bool has_clock(km_minute when) {
    return minute_of_day(when) != 0;
}

static void add_cases(km_stint *stint, km_minute when, uint32_t cases) {
    uint16_t *hour = &stint->hours[minute_of_day(when) / 60];
    stint->cases += cases;
    if (!has_clock(when)) return;
    *hour = cases + *hour < UINT16_MAX ? (uint16_t)(*hour + cases) : UINT16_MAX;
}

/* Somebody was there. */
static bool add_presence(km_stints *all, const line *l, const licence *who, km_minute when) {
    if (when == NO_TIME || !who->here || !has_clock(when)) return true;
    km_stint *stint = stint_of(all, l, who->text, false, km_day_of(when));
    if (stint) set_span(&stint->present, minute_of_day(when) / KM_SPAN_MINUTES);
    return stint != NULL;
}

/* Spans that lie wholly within the work: two that follow each other share none. */
static bool add_work(km_stints *all, const line *l, const licence *who, bool operating) {
    km_minute from = l->done, to = l->resulted;
    if (from == NO_TIME || to == NO_TIME || to <= from || to - from > LONGEST) return true;
    for (km_day day = km_day_of(from); day <= km_day_of(to); day++) {
        int64_t midnight = (int64_t)day * KM_MINUTES_PER_DAY;
        int64_t first = from > midnight ? (from - midnight + KM_SPAN_MINUTES - 1) / KM_SPAN_MINUTES : 0;
        int64_t end = (to - midnight) / KM_SPAN_MINUTES;
        if (end > KM_DAY_SPANS) end = KM_DAY_SPANS;
        if (first >= end) continue;
        km_stint *stint = stint_of(all, l, who->text, false, day);
        if (!stint) return false;
        for (int64_t span = first; span < end; span++) {
            set_span(&stint->busy, (int)span);
            if (operating) set_span(&stint->operating, (int)span);
        }
    }
    return true;
}

static bool add_performers(km_stints *all, const line *l) {
    bool hands = l->group == GROUP_SURGERY || l->group == GROUP_PROCEDURE;
    km_text rest = l->performers;
    licence who;
    for (int i = 0; (hands || l->group == GROUP_EXAM) && next_licence(&rest, &who); i++) {
        bool operating = i == 0 && l->group == GROUP_SURGERY && !l->procedures_among;
        if (!add_presence(all, l, &who, l->done)) return false;
        if (hands && who.here && !l->again && !add_work(all, l, &who, operating)) return false;
    }
    return true;
}

static bool add_orderer(km_stints *all, const line *l) {
    licence who;
    bool ordered = (l->group >= GROUP_LAB && l->group <= GROUP_FUNCTION) || l->group == GROUP_SURGERY ||
                   l->group == GROUP_EXAM || l->group == GROUP_PROCEDURE;
    return !ordered || !first_licence(l->orderers, &who) || add_presence(all, l, &who, l->ordered);
}

/* What the doctor's lines of all days cost stands in the first stint. */
static bool add_fund(km_stints *all, km_stint *stint, int64_t fund) {
    bool is_new = false;
    if (!stint->lines) {
        const uint64_t parts[] = {km_hash_text(stint->name), stint->claim};
        uint32_t *first = km_map_insert(&all->by_doctor, km_hash(parts, sizeof parts, 0), &is_new);
        if (!first) return false;
        if (is_new) *first = (uint32_t)(stint - all->list);
        stint->first = *first;
    }
    stint->lines++;
    stint->fund += fund;
    all->list[stint->first].fund_of_claim += fund;
    return true;
}

/* A line counts once, for the first performer, or the one who ordered it. */
static bool add_line(km_stints *all, const line *l) {
    licence who;
    km_minute when = l->done != NO_TIME ? l->done : l->ordered;
    if (when == NO_TIME) return true;
    if (!first_licence(l->performers, &who) && !first_licence(l->orderers, &who)) return true;
    km_stint *stint = stint_of(all, l, who.text, false, km_day_of(when));
    if (!stint || !add_fund(all, stint, l->fund)) return false;
    stint->norm_known = stint->norm_known || l->norm_known;
    if (l->again) return true;
    stint->norm += (uint32_t)l->norm;
    if (l->group == GROUP_EXAM && who.here) add_cases(stint, when, 1);
    return true;
}

static bool add_machines(km_stints *all, const line *l) {
    km_minute when = l->done != NO_TIME ? l->done : l->ordered;
    km_text rest = l->machines, part;
    if (when == NO_TIME) return true;
    while (rest.ptr && rest.length && km_text_split(&rest, ';', &part)) {
        part = km_text_trim(part);
        if (part.length < MACHINE_LEAST || part.length > NAME_MOST) continue;
        km_stint *stint = stint_of(all, l, part, true, km_day_of(when));
        if (!stint) return false;
        if (stint->line == l->number) continue; /* named before in this cell */
        stint->line = l->number;
        stint->lines++;
        stint->fund += l->fund;
        if (!l->again) add_cases(stint, when, (uint32_t)l->quantity);
    }
    return true;
}

/* ---- all lines */

typedef struct reader {
    const km_batch *lines;
    km_cells group, ordered, done, resulted, fund, quantity, standard;
    const km_node *kind_node, *norm_node;
    const km_vector *kind, *norm; /* NULL: not to be had from this input */
} reader;

enum { QUANTITY_SCALE = 1000, QUANTITY_MOST = 1000, NORM_MOST = KM_MINUTES_PER_DAY };

static int64_t within(int64_t value, int64_t least, int64_t most) {
    return value < least ? least : value > most ? most : value;
}

static line read_line(const reader *r, uint32_t row) {
    line l = {.group = km_cells_int(&r->group, row, 0),
              .orderers = km_batch_text(r->lines, KM_SERVICE_MA_BAC_SI, row),
              .performers = km_batch_text(r->lines, KM_SERVICE_NGUOI_THUC_HIEN, row),
              .machines = km_batch_text(r->lines, KM_SERVICE_MA_MAY, row),
              .ordered = (km_minute)km_cells_int(&r->ordered, row, NO_TIME),
              .done = (km_minute)km_cells_int(&r->done, row, NO_TIME),
              .resulted = (km_minute)km_cells_int(&r->resulted, row, NO_TIME),
              .fund = km_cells_int(&r->fund, row, 0),
              .quantity = within(km_cells_int(&r->quantity, row, 0) / QUANTITY_SCALE, 1, QUANTITY_MOST),
              .procedures_among = (uint64_t)km_cells_int(&r->standard, row, 0) == CODE_4210};
    if (r->kind) {
        km_value kind = km_vector_value(r->kind_node, r->kind, row);
        if (kind.known && !km_code_pack(kind.text, &l.kind)) l.kind = 0;
    }
    if (r->norm) {
        km_value norm = km_vector_value(r->norm_node, r->norm, row);
        l.norm_known = norm.known;
        if (norm.known) l.norm = within(norm.number, 0, NORM_MOST);
    }
    return l;
}

static kiem_status column(km_rule_judge *judge, const km_plan *plan, const char *name, km_type type,
                          const km_node **node, const km_vector **values, km_error *error) {
    km_node_id id = km_policy_column(judge->policy, km_text_from(name));
    if (id == KM_NODE_NONE || !km_plan_has(plan, id)) return KIEM_OK;
    *node = km_node_at(&judge->policy->graph, id);
    if ((*node)->type != type || (*node)->scope != KM_SCOPE_SERVICE || (*node)->scale) return KIEM_OK;
    *values = km_frame_eval(&judge->frame, id);
    return *values ? KIEM_OK : km_nomem(error);
}

kiem_status km_stints_read(km_stints *stints, km_rule_judge *judge, const km_plan *plan,
                           const km_input *input, const km_history_reader *history, km_error *error) {
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    const km_rowset *set = &input->set[KM_SCOPE_SERVICE];
    stints->count = 0;
    km_map_clear(&stints->by_place);
    km_map_clear(&stints->by_doctor);
    if (!set->batch) return KIEM_OK;
    reader r = {.lines = set->batch,
                .group = km_batch_cells(set->batch, KM_SERVICE_MA_NHOM),
                .ordered = km_batch_cells(set->batch, KM_SERVICE_NGAY_YL),
                .done = km_batch_cells(set->batch, KM_SERVICE_NGAY_TH_YL),
                .resulted = km_batch_cells(set->batch, KM_SERVICE_NGAY_KQ),
                .fund = km_batch_cells(set->batch, KM_SERVICE_T_BHTT),
                .quantity = km_batch_cells(set->batch, KM_SERVICE_SO_LUONG),
                .standard = km_batch_cells(set->batch, KM_SERVICE_STANDARD)};
    KM_TRY(column(judge, plan, "machine_kind", KM_TYPE_TEXT, &r.kind_node, &r.kind, error));
    KM_TRY(column(judge, plan, "norm_minutes", KM_TYPE_NUMBER, &r.norm_node, &r.norm, error));
    for (uint32_t claim = 0; claim < claims->rows; claim++) {
        uint64_t facility = (uint64_t)km_batch_int(claims, KM_CLAIM_MA_CSKCB, claim, 0);
        const bool again = km_history_repeats(history, claim);
        for (uint32_t row = set->first[claim]; row < set->first[claim + 1]; row++) {
            line l = read_line(&r, row);
            l.facility = facility;
            l.claim = claim;
            l.number = row + 1;
            l.again = again;
            if (!add_line(stints, &l) || !add_orderer(stints, &l) || !add_performers(stints, &l) ||
                !add_machines(stints, &l)) {
                return km_nomem(error);
            }
        }
    }
    return KIEM_OK;
}
