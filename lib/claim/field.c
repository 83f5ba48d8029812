#include "claim/field.h"

#define FIELD(name, type, scale, stratum, flags, meaning)                                                    \
    {#name, KM_TYPE_##type, scale, KM_STRATUM_##stratum, flags, sizeof #name - 1},
static const km_field claim_fields[] = {
#include "claim/fields_claim.def"
};
static const km_field drug_fields[] = {
#include "claim/fields_drug.def"
};
static const km_field service_fields[] = {
#include "claim/fields_service.def"
};
static const km_field card_fields[] = {
#include "claim/fields_card.def"
};
static const km_field facility_fields[] = {
#include "claim/fields_facility.def"
};
static const km_field province_fields[] = {
#include "claim/fields_province.def"
};
static const km_field patient_fields[] = {
#include "claim/fields_patient.def"
};
static const km_field doctor_fields[] = {
#include "claim/fields_doctor.def"
};
static const km_field machine_fields[] = {
#include "claim/fields_machine.def"
};
#undef FIELD

_Static_assert((int)KM_CLAIM_FIELD_COUNT <= (int)KM_FIELD_MAX, "fieldset too small");

static const struct {
    const char *name;
    const km_field *fields;
    int count;
} scopes[KM_SCOPE_COUNT] = {
    [KM_SCOPE_CLAIM] = {"claim", claim_fields, KM_CLAIM_FIELD_COUNT},
    [KM_SCOPE_DRUG] = {"drug", drug_fields, KM_DRUG_FIELD_COUNT},
    [KM_SCOPE_SERVICE] = {"service", service_fields, KM_SERVICE_FIELD_COUNT},
    [KM_SCOPE_CARD] = {"card", card_fields, KM_CARD_FIELD_COUNT},
    [KM_SCOPE_FACILITY] = {"facility", facility_fields, KM_OF_FACILITY_FIELD_COUNT},
    [KM_SCOPE_PROVINCE] = {"province", province_fields, KM_OF_PROVINCE_FIELD_COUNT},
    [KM_SCOPE_PATIENT] = {"patient", patient_fields, KM_OF_PATIENT_FIELD_COUNT},
    [KM_SCOPE_DOCTOR] = {"doctor", doctor_fields, KM_OF_DOCTOR_FIELD_COUNT},
    [KM_SCOPE_MACHINE] = {"machine", machine_fields, KM_OF_MACHINE_FIELD_COUNT},
};

void km_fieldset_join(km_fieldset *set, const km_fieldset *other) {
    for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++) set->bits[i] |= other->bits[i];
}

const km_field *km_fields(km_scope scope, int *count) {
    *count = scopes[scope].count;
    return scopes[scope].fields;
}

km_fieldset km_fieldset_of(km_scope scope) {
    km_fieldset all = {0};
    int count;
    km_fields(scope, &count);
    for (int i = 0; i < count; i++) km_fieldset_add(&all, i);
    return all;
}

int km_field_find(km_scope scope, km_text name) {
    const km_field *fields = scopes[scope].fields;
    if (!name.length) return -1;
    const char last = name.ptr[name.length - 1] | 0x20; /* names of one length mostly differ there */
    for (int i = 0; i < scopes[scope].count; i++) {
        if (fields[i].length != name.length || (fields[i].name[name.length - 1] | 0x20) != last) continue;
        if (km_text_equal_fold((km_text){fields[i].name, fields[i].length}, name)) return i;
    }
    return -1;
}

const char *km_scope_name(km_scope scope) {
    return scopes[scope].name;
}

int km_scope_find(km_text name) {
    for (int i = 0; i < KM_SCOPE_COUNT; i++) {
        if (km_text_equal_fold(km_text_from(scopes[i].name), name)) return i;
    }
    return -1;
}

size_t km_field_width(const km_field *field) {
    switch (field->type) {
    case KM_TYPE_TEXT: return 0;
    case KM_TYPE_DATE:
    case KM_TYPE_TIME:
    case KM_TYPE_BIRTH: return 4;
    default: return field->flags & KM_FIELD_NARROW ? 4 : 8;
    }
}

void km_mask(km_buf *buf, km_text text) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0xC0;
        if ((c & 0xC0) == 0x80) continue; /* rest of a multi-byte character */
        km_buf_char(buf, c >= '0' && c <= '9' ? '9' : letter ? 'A' : (char)c);
    }
}

enum { CARD_SHOWN = 5 /* group, level and province of a card */ };

static void show_cards(km_buf *buf, km_text list) {
    km_text rest = list, card;
    bool first = true;
    while (km_text_split(&rest, ';', &card)) {
        size_t shown = card.length < CARD_SHOWN ? card.length : CARD_SHOWN;
        if (!first) km_buf_char(buf, ';');
        first = false;
        km_buf_append(buf, card.ptr, shown);
        km_mask(buf, (km_text){card.ptr + shown, card.length - shown});
    }
}

void km_field_show(km_buf *buf, const km_field *field, const km_value *value) {
    if (value->known && value->type == KM_TYPE_TEXT && field->flags & KM_FIELD_PERSONAL) {
        km_mask(buf, value->text);
    } else if (value->known && field->flags & KM_FIELD_CARD) {
        show_cards(buf, value->text);
    } else {
        km_buf_value(buf, value);
    }
}
