/* What a visit costs: its lines, and how the law divides them. */
#ifndef SYNTH_BILL_H
#define SYNTH_BILL_H

#include "case.h"

/* Makes the lines of a claim whose visit is known, and settles it. */
void synth_bill(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim);
/* Works out every amount again from quantities and prices, at the rate due unless the claim forces one. */
void synth_settle(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim);
/* The rate the law gives this claim, in thousandths. */
uint32_t synth_due(const struct synth_setting *setting, const struct synth_claim *claim);
/* One more line of this item at its usual price. */
struct synth_line *synth_add_item(const struct synth_setting *setting, struct synth_case *c,
                                  struct synth_claim *claim, uint16_t item, int64_t quantity);
void synth_exam_line(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim,
                     int ratio);
/* half up, as the law rounds money */
int64_t synth_share(int64_t amount, uint32_t permille);

#endif
