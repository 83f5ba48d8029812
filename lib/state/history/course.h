/* What a diagnosis says about how often a person may lawfully come, and which diagnoses and operations happen
 * only so often in a life. */
#ifndef KM_STATE_COURSE_H
#define KM_STATE_COURSE_H

#include "claim/lookup.h"

/* Illnesses treated in series of many visits: the ranges of table long_courses. */
enum { KM_COURSES_MAX = 64 };

typedef struct km_course {
    uint64_t from, to;
    bool beside; /* beside another main diagnosis too */
} km_course;

typedef struct km_courses {
    km_course list[KM_COURSES_MAX];
    int count;
    uint64_t letters; /* with which the codes of the ranges begin, in bits */
} km_courses;

/* Without a table there are none. */
kiem_status km_courses_read(km_courses *courses, const km_lookup *table, km_error *error);
/* `main` is a packed MA_BENH_CHINH, `others` is MA_BENH_KT; `courses` may be NULL. */
bool km_is_long_course(const km_courses *courses, uint64_t main, km_text others);

/* O80 to O84. */
static inline bool km_is_delivery(uint64_t main) {
    const uint64_t first = 0x4F38300000000000, last = 0x4F3834FFFFFFFFFF;
    return main - first <= last - first;
}

typedef enum km_organ {
    KM_ORGAN_NONE = 0,
    KM_ORGAN_APPENDIX,
    KM_ORGAN_GALL_BLADDER,
    KM_ORGAN_UTERUS,
    KM_ORGAN_COUNT
} km_organ;

/* The organ that an operation of the list MA_PTTT_QT (ICD-9-CM) removes whole; the first one found. */
km_organ km_organ_removed(km_text operations);

#endif
