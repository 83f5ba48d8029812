/* The ordinary, lawful care of a person over the run. */
#ifndef SYNTH_HISTORY_H
#define SYNTH_HISTORY_H

#include "visit.h"

/* Visits, stays, chronic care and revisits of c->persons[0], in order of time and without any overlap. */
void synth_history(const struct synth_setting *setting, struct synth_case *c);
/* Somebody of the usual mix with an ordinary history. */
void synth_ordinary(const struct synth_setting *setting, struct synth_case *c);
/* persons[0] of this kind; every field of the wish but the index counts. */
struct synth_person *synth_case_person(const struct synth_setting *setting, struct synth_case *c,
                                       struct synth_person_wish wish);
/* The usual person: any age from .. to, any group. */
struct synth_person_wish synth_anybody(int age_from, int age_to);
/* A five-year date already reached stays only with those whose co-payments stay far below six base salaries.
 */
void synth_check_five_years(const struct synth_case *c, struct synth_person *person);

#endif
