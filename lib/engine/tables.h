/* The result tables; their columns stand in tables.def. */
#ifndef KM_ENGINE_TABLES_H
#define KM_ENGINE_TABLES_H

#include "base/decimal.h"
#include "claim/result.h"
#include "ingest/reject.h"

typedef enum km_table_kind {
    KM_TABLE_FINDINGS = 0,
    KM_TABLE_CLAIMS,
    KM_TABLE_SHORTLIST,
    KM_TABLE_FACILITIES,
    KM_TABLE_PROVINCES,
    KM_TABLE_PATIENTS,
    KM_TABLE_DOCTORS,
    KM_TABLE_MACHINES,
    KM_TABLE_UNITS,
    KM_TABLE_REJECTS,
    KM_TABLE_FILES, /* the tables before this one are result files; those from here on are small and only
                       handed out */
    KM_TABLE_RULES = KM_TABLE_FILES,
    KM_TABLE_TOTALS,
    KM_TABLE_TIMINGS,
    KM_TABLE_COUNT
} km_table_kind;

/* The columns of each, counted from 0. */
#define TABLE(kind, name)            enum {
#define COLUMN(constant, name, type) constant,
#define END                                                                                                  \
    }                                                                                                        \
    ;
#include "engine/tables.def"
#undef TABLE
#undef COLUMN
#undef END

/* "findings", "claims", ... */
const char *km_table_name(km_table_kind kind);
/* The kind of that name, or -1. */
int km_table_find(km_text name);
/* Fails with KIEM_E_RANGE: sums in hundredths go up to 92 million billion dong. */
kiem_status km_sum_too_large(km_error *error);
/* A sum in hundredths. */
kiem_status km_table_put_sum(km_result *table, int column, km_int128 sum, km_error *error);
/* Adds reject number i as a row, its reason in a language (KIEM_LANG_*). */
kiem_status km_table_put_reject(km_result *table, km_text file, const km_rejects *all, size_t i, int language,
                                km_error *error);
void km_table_put_reason(km_result *table, km_text reason, int language);
kiem_status km_table_init(km_result *table, const km_mem *mem, km_table_kind kind, km_error *error);

#endif
