#include "state/history/patient.h"

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static bool shows_transfer(const km_episode *episode) {
    return km_episode_flag(episode, KM_ABOUT_SENT_ON) || km_episode_flag(episode, KM_ABOUT_CAME_FROM);
}

static void add_overlap(const km_episode *self, const km_episode *other, km_patient *patient) {
    enum { CLOCKS_APART = 120 }; /* minutes by which two facilities may differ */
    const km_minute shared = (self->out < other->out ? self->out : other->out) - self->in;
    if (shared <= CLOCKS_APART || shows_transfer(self) || shows_transfer(other)) return;
    patient->overlaps++;
    patient->overlap_minutes += shared;
}

static void add_claim(const km_episode *self, const km_visit *visit, km_patient *patient) {
    patient->facilities += visit->first_at_facility;
    patient->stays += km_episode_is_stay(self);
    patient->long_courses += km_episode_flag(self, KM_ABOUT_LONG_COURSE);
    patient->max_visits_30d = larger(patient->max_visits_30d, visit->visits[KM_WINDOW_30D]);
    for (int i = 0; i < KM_REACH_COUNT; i++) {
        patient->max_visit_days[i] = larger(patient->max_visit_days[i], visit->visit_days[i]);
        patient->max_facilities[i] = larger(patient->max_facilities[i], visit->facilities[i]);
    }
    if (visit->spend_365d > patient->max_spend_365d) patient->max_spend_365d = visit->spend_365d;
    if (self->fund != KM_NO_AMOUNT) patient->fund += self->fund;
}

km_patient km_patient_of(const km_episode *episodes, const km_visit *visits, size_t count) {
    enum { YEAR = 365 * KM_MINUTES_PER_DAY };
    km_patient patient = {.person = episodes[0].person,
                          .claims = count,
                          .first = episodes[0].in,
                          .last = episodes[count - 1].in,
                          .max_spend_365d = KM_NO_AMOUNT};
    for (size_t i = 0; i < count; i++) {
        uint32_t other = visits[i].partner[KM_PARTNER_OVERLAP];
        add_claim(&episodes[i], &visits[i], &patient);
        if (other != KM_NO_EPISODE && episodes[i].in > patient.last - YEAR)
            add_overlap(&episodes[i], &episodes[other], &patient);
    }
    return patient;
}
