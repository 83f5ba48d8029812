/* The whole run over files: read and learn, then judge, then the tables of facilities, provinces and
 * patients. */
#ifndef KM_ENGINE_JOB_H
#define KM_ENGINE_JOB_H

#include <kiem/arrow_c.h>
#include <stdatomic.h>

#include "engine/entity/facility_grade.h"
#include "engine/essential.h"
#include "engine/flow/details.h"
#include "engine/flow/paged.h"
#include "engine/flow/sink.h"
#include "engine/flow/spool.h"
#include "engine/flow/table_digest.h"
#include "engine/ledger/cards.h"
#include "engine/ledger/outlook.h"
#include "engine/ledger/prices.h"
#include "engine/months.h"
#include "engine/plans.h"
#include "engine/shortlist.h"
#include "engine/timings.h"
#include "engine/verdict.h"
#include "ingest/envelope.h"
#include "ingest/layout.h"
#include "ingest/reader.h"
#include "score/claim/scorer.h"
#include "score/entity/facility.h"
#include "state/history/history.h"
#include "state/people/supplies.h"
#include "state/people/workdays.h"
#include "state/state.h"

typedef enum km_input_role {
    KM_INPUT_CLAIMS = 0,
    KM_INPUT_DRUGS,
    KM_INPUT_SERVICES,
    KM_INPUT_BUDGETS
} km_input_role;

enum { KM_DETAIL_DRUGS = 0, KM_DETAIL_SERVICES, KM_DETAIL_TABLES };

/* One input, and what was seen of it. */
typedef struct km_input_file {
    km_input_role role;
    char *name;  /* as the caller gave it */
    char *label; /* in results: the last part of the path, or the whole name where two inputs share that */
    int64_t (*read)(void *user, void *buffer, size_t size);
    void *user;
    struct ArrowArrayStream arrow; /* its release is NULL: not read from Arrow */
    bool is_arrow;
    km_buf head;           /* bytes of a stream that were taken to see what it is */
    km_envelope *envelope; /* whose claims these are, or NULL */
    km_tag_table *table;   /* of an envelope, that the rows are read from, or NULL */
    uint32_t group;        /* to whose claims its lines belong */
    km_fieldset present;
    km_standard standard;
    uint64_t standard_code, orphans;
    uint32_t unknown_columns;
    char near[KM_NEAR_MAX]; /* see km_layout */
    km_buf unknown_names;   /* see km_unknown_names_put */
    km_essential essential;
    km_reader_counts counts;
    uint64_t base;        /* of claims: added to the numbers of its rows */
    km_repeated repeated; /* of claims: those that were given before */
    const km_plan *plan;  /* of claims, once all are read */
} km_input_file;

typedef struct km_job_options {
    char *out;
    char *pseudonym_key;
    bool ndjson, decimal_comma, has_as_of;
    uint32_t keep; /* bit i: the table of kind i, beside the small ones, which are always kept */
    bool map_2025; /* report provinces by the map since 2025-07-01 */
    int language;
    int threads;
    uint64_t memory;
    km_day as_of;
} km_job_options;

/* The largest amount of the claims, for telling where sums burst. */
typedef struct km_largest {
    int64_t hundredths, row;
    size_t input;
    int field;
    int column; /* of the file, from 1 */
} km_largest;

/* What one rule found. */
typedef struct km_rule_sum {
    uint64_t findings;
    km_int128 amount, amount_patient; /* counted, and owed to patients */
} km_rule_sum;

typedef struct km_job {
    const km_mem *mem;
    const km_policy *policy;
    km_job_options options;
    km_spill envelope_spill; /* of the rows of envelopes, under a limit of memory */
    uint32_t *groups;        /* of the inputs: each envelope is one, all others are 0; NULL without any */
    size_t group_count;
    km_input_file *inputs;
    size_t input_count, input_capacity;
    int32_t (*progress)(void *user, const kiem_progress *progress);
    void *progress_user;
    kiem_progress now;
    atomic_bool cancelled;
    bool started, done;
    int threads; /* at work */
    km_timings timings;

    km_fieldset wanted, kept;
    km_fieldset compared, bare; /* of those kept: read to compare peers; without their values */
    km_paged paged;
    bool is_paged;
    km_spool spool;
    km_details details[KM_DETAIL_TABLES];
    km_claim_keys claim_keys; /* kept when there are details */
    bool has_details;
    km_courses courses;
    km_history history;
    km_workdays workdays;         /* from the lines of services */
    km_card_uses card_uses;       /* of cards that share a citizen number */
    km_supplies supplies;         /* from the lines of drugs */
    km_state *learning;           /* where claims go that are learned only, or NULL */
    uint64_t learned_again;       /* claims that were learned and known already */
    km_digest *digest;            /* of the input being read, when it is wanted */
    km_table_digest table_digest; /* the same of a table */
    const km_origins *refused;    /* learned before, not to be learned again; NULL: any may be */
    km_ledger ledger;
    km_cards cards;
    km_prices prices;                 /* of lines, gathered while claims are judged */
    const km_peer_book *past_peers;   /* of a state, or NULL */
    const km_state_money *past_money; /* of a state, or NULL; with it: */
    km_marks marks;                   /* of the claims of the job */
    km_outlooks outlooks;             /* made when the table of facilities is */
    km_map warning_index;             /* facility code -> place in warnings */
    km_casemix casemix;               /* empty once facilities are compared */
    km_facilities facilities;         /* compared */
    km_casemix doctor_mix;            /* claims by the doctor of most of their money, where lines name them */
    km_facilities doctors;            /* compared */
    km_warning *warnings;
    size_t warning_count;
    km_grades grades;
    uint8_t merged[100]; /* number of each province since 2025-07-01, for the ledger */
    km_scorer scorer;
    km_budgets budgets;
    km_verdict verdict;
    km_shortlist shortlist;
    km_sink sinks[KM_TABLE_COUNT];
    uint64_t next_base; /* for the row numbers of the next input */
    int64_t last_row;   /* of the input being read */
    km_minute latest_discharge;
    bool has_discharge;
    uint32_t straggling; /* claims discharged so long after all others that as_of leaves them out */
    km_months months;
    km_largest largest;

    km_plans plans;
    km_plan entity_plan;    /* of the rules about derived tables */
    km_rule_sum *rule_sums; /* one for each rule */
    uint64_t severity_findings[KIEM_SEVERITY_ERROR + 1];
    km_int128 severity_amount[KIEM_SEVERITY_ERROR + 1];
    uint64_t judged, flagged_claims;
    km_int128 amount_at_risk;
    km_map flagged_people; /* person keys */
    km_map facility_index; /* facility code -> place in facility_tallies */
    km_facility_tally *facility_tallies;
    size_t facility_capacity;
    km_buf summary;
} km_job;

/* policy must be compiled and outlive the job. */
void km_job_init(km_job *job, const km_mem *mem, const km_policy *policy);
void km_job_free(km_job *job);
kiem_status km_job_set(km_job *job, km_text option, km_text value, km_error *error);
/* With read NULL, `name` is a path. */
kiem_status km_job_add(km_job *job, km_input_role role, const char *name,
                       int64_t (*read)(void *user, void *buffer, size_t size), void *user, km_error *error);
/* Claims or their lines from Arrow; the stream is moved on success only. */
kiem_status km_job_add_arrow(km_job *job, km_input_role role, const char *name,
                             struct ArrowArrayStream *stream, km_error *error);
kiem_status km_job_run(km_job *job, km_error *error);
/* In place of km_job_run: the claims of the job are added to the state and not judged. On failure it is as it
 * was. A source that the state has learned already is refused, unless `again`. */
kiem_status km_job_run_learning(km_job *job, km_state *state, bool again, km_error *error);

/* ---- the steps of a run, for the files of the job only; more of them in the headers of their rooms */

/* Opens the tables and the envelopes, with their lines or without, and names the inputs: how every run
 * starts. */
kiem_status km_job_start(km_job *job, bool lines, km_error *error);
/* One more input, while the job runs too. */
kiem_status km_job_add_input(km_job *job, km_input_role role, const char *name, km_input_file **out,
                             km_error *error);
/* Sorts and sweeps the history, part by part, with job->threads threads. */
kiem_status km_job_close_history(km_job *job, km_error *error);
/* Compares peers. */
kiem_status km_job_compare(km_job *job, km_error *error);
/* Judges every claim and fills the tables of findings and claims. */
kiem_status km_job_judge(km_job *job, km_error *error);
kiem_status km_job_summarise(km_job *job, km_error *error);
/* One row of the table of totals; `scale` digits of the value stand after the point. */
kiem_status km_job_put_total(km_job *job, const char *name, km_int128 value, int scale, km_error *error);
/* Tells the caller how far the job is; KIEM_E_CANCELLED when it is to stop. */
kiem_status km_job_tell(km_job *job, const char *phase, km_error *error);
/* The same without telling, for threads that are not the caller's. */
kiem_status km_job_check_cancelled(km_job *job, km_error *error);

#endif
