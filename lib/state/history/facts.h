/* What the sweep found for one claim as it is kept until its row is judged: it names the other claims by what
 * columns tell of them, so that nothing else of the history is needed by then. */
#ifndef KM_STATE_FACTS_H
#define KM_STATE_FACTS_H

#include "base/buf.h"
#include "state/history/history_columns.h"

/* Its partners follow it in the order of km_partner, then come the facts of the next row. */
typedef struct km_facts {
    uint32_t row;   /* number of the row in the job + 1 */
    uint32_t bytes; /* with the partners, a multiple of 8 */
    uint64_t person;
    uint32_t visits[KM_WINDOW_COUNT], facilities[KM_REACH_COUNT];
    uint32_t same_diagnosis_7d, inpatient_before_14d;
    uint16_t visit_days[KM_REACH_COUNT], births_within_180d, distinct_cards;
    uint16_t has; /* one bit a partner, then kind_known and long_course */
    km_minute in;
    int64_t spend_365d, copay_year;
} km_facts;

_Static_assert(sizeof(km_facts) <= 80, "what is kept for every claim has grown");

/* Appends the facts of one of the episodes of a person; a broken buffer tells that memory ran out. */
void km_facts_put(km_buf *to, const km_episode *episodes, uint32_t self, const km_visit *visit,
                  const char *texts);
/* What columns are filled from; keys point into the facts. Partners are left out unless wanted. */
void km_facts_read(const km_facts *facts, bool partners, km_visit *visit, km_history_row *row);

static inline const km_facts *km_facts_next(const km_facts *facts) {
    return (const km_facts *)(const void *)((const char *)facts + facts->bytes);
}

#endif
