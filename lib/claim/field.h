/* The field tables: what kiem knows of each column of a claim and its detail lines. One list per scope,
 * written once in fields_*.def, feeds the reader, the rule language and the docs. */
#ifndef KM_CLAIM_FIELD_H
#define KM_CLAIM_FIELD_H

#include "claim/value.h"

typedef enum km_scope {
    KM_SCOPE_CLAIM = 0, /* XML1 */
    KM_SCOPE_DRUG,      /* XML2 */
    KM_SCOPE_SERVICE,   /* XML3 */
    KM_SCOPE_CARD,      /* the parallel card lists inside a claim */
    KM_SCOPE_FACILITY,  /* derived: from here on no rows of a file, and no rows of a claim */
    KM_SCOPE_PROVINCE,
    KM_SCOPE_PATIENT,
    KM_SCOPE_DOCTOR,  /* a doctor's month, from the lines of services */
    KM_SCOPE_MACHINE, /* a machine's month */
    KM_SCOPE_COUNT
} km_scope;

/* A column may read lower strata only; a rule runs in the highest stratum it reads. */
typedef enum km_stratum { KM_STRATUM_RAW = 0, KM_STRATUM_HISTORY, KM_STRATUM_SCORE } km_stratum;

enum {
    KM_FIELD_LIST = 1 << 0,      /* several values separated by ';' */
    KM_FIELD_ICD = 1 << 1,       /* upper-cased, dagger and asterisk dropped; ranges include subcodes */
    KM_FIELD_PERSONAL = 1 << 2,  /* never printed */
    KM_FIELD_CARD = 1 << 3,      /* printed with only group, level and province */
    KM_FIELD_MONEY = 1 << 4,     /* decides whether the file's decimal mark can be known */
    KM_FIELD_NARROW = 1 << 5,    /* stored in 32 bits */
    KM_FIELD_PAD2 = 1 << 6,      /* lost leading zero restored: 1 -> 01 */
    KM_FIELD_PAD5 = 1 << 7,      /* lost leading zero restored: 1001 -> 01001 */
    KM_FIELD_COMPUTED = 1 << 8,  /* not in a file: made by kiem */
    KM_FIELD_CATALOGUE = 1 << 9, /* codes of a catalogue with thousands of entries */
    KM_FIELD_DAYS = 1 << 10      /* text of days, yyyymmdd where they are well-formed */
};

typedef struct km_field {
    const char *name;
    km_type type;
    uint8_t scale;
    km_stratum stratum;
    uint16_t flags;
    uint8_t length; /* of the name */
} km_field;

/* Field numbers: KM_CLAIM_MA_LK, KM_DRUG_MA_THUOC, KM_SERVICE_MA_NHOM, KM_CARD_TU, ... */
#define FIELD(name, type, scale, stratum, flags, meaning) KM_CLAIM_##name,
enum {
#include "claim/fields_claim.def"
    KM_CLAIM_FIELD_COUNT
};
#undef FIELD
#define FIELD(name, type, scale, stratum, flags, meaning) KM_DRUG_##name,
enum {
#include "claim/fields_drug.def"
    KM_DRUG_FIELD_COUNT
};
#undef FIELD
#define FIELD(name, type, scale, stratum, flags, meaning) KM_SERVICE_##name,
enum {
#include "claim/fields_service.def"
    KM_SERVICE_FIELD_COUNT
};
#undef FIELD
#define FIELD(name, type, scale, stratum, flags, meaning) KM_CARD_##name,
enum {
#include "claim/fields_card.def"
    KM_CARD_FIELD_COUNT
};
#undef FIELD

#define FIELD(name, type, scale, stratum, flags, meaning) KM_OF_FACILITY_##name,
enum {
#include "claim/fields_facility.def"
    KM_OF_FACILITY_FIELD_COUNT
};
#undef FIELD
#define FIELD(name, type, scale, stratum, flags, meaning) KM_OF_PROVINCE_##name,
enum {
#include "claim/fields_province.def"
    KM_OF_PROVINCE_FIELD_COUNT
};
#undef FIELD
#define FIELD(name, type, scale, stratum, flags, meaning) KM_OF_PATIENT_##name,
enum {
#include "claim/fields_patient.def"
    KM_OF_PATIENT_FIELD_COUNT
};
#undef FIELD
#define FIELD(name, type, scale, stratum, flags, meaning) KM_OF_DOCTOR_##name,
enum {
#include "claim/fields_doctor.def"
    KM_OF_DOCTOR_FIELD_COUNT
};
#undef FIELD
#define FIELD(name, type, scale, stratum, flags, meaning) KM_OF_MACHINE_##name,
enum {
#include "claim/fields_machine.def"
    KM_OF_MACHINE_FIELD_COUNT
};
#undef FIELD

enum { KM_FIELD_MAX = 192 /* no scope has more fields than a km_fieldset holds */ };

/* A set of fields of one scope. */
typedef struct km_fieldset {
    uint64_t bits[KM_FIELD_MAX / 64];
} km_fieldset;

static inline bool km_fieldset_has(const km_fieldset *set, int field) {
    return set->bits[field / 64] >> (field % 64) & 1;
}
static inline void km_fieldset_add(km_fieldset *set, int field) {
    set->bits[field / 64] |= (uint64_t)1 << (field % 64);
}
static inline void km_fieldset_remove(km_fieldset *set, int field) {
    set->bits[field / 64] &= ~((uint64_t)1 << (field % 64));
}
/* Adds every field of `other` to `set`. */
void km_fieldset_join(km_fieldset *set, const km_fieldset *other);

/* The fields of a scope, *count of them. */
const km_field *km_fields(km_scope scope, int *count);
/* All of them. */
km_fieldset km_fieldset_of(km_scope scope);
/* The number of a field by name, any letter case; -1 when there is none. */
int km_field_find(km_scope scope, km_text name);
/* "claim", "drug", "service", "card", "facility", "province", "patient", "doctor", "machine". */
const char *km_scope_name(km_scope scope);
/* The scope of that name, or -1. */
int km_scope_find(km_text name);
/* Bytes one value takes in a column: 4 or 8; 0 for text. */
size_t km_field_width(const km_field *field);

/* Appends a value of this field the way findings may show it: personal fields masked (A for letters, 9 for
 * digits), cards with their first five characters only, everything else plain. */
void km_field_show(km_buf *buf, const km_field *field, const km_value *value);
/* Appends the text with letters as A, digits as 9, other ASCII as it is, every other character as A. */
void km_mask(km_buf *buf, km_text text);

#endif
