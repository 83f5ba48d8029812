/* Rows of the tables, in the official order of their columns. */
#ifndef SYNTH_ROWS_H
#define SYNTH_ROWS_H

#include "case.h"
#include "text.h"

enum { SYNTH_ID_LENGTH = 10 }; /* K000000001 */

void synth_put_id(struct synth_text *text, uint64_t id);
const char *synth_claims_header(int standard);
extern const char synth_drugs_header[];
extern const char synth_services_header[];
/* The row of a claim but for STT, which follows the id and is put in when the order of rows is known. */
void synth_claim_row(const struct synth_setting *setting, struct synth_text *text,
                     const struct synth_claim *claim, uint64_t id);
/* Rows of XML2 and XML3; the two texts grow by the lines of this claim. */
void synth_detail_rows(const struct synth_setting *setting, const struct synth_case *c,
                       struct synth_text *drugs, struct synth_text *services, const struct synth_claim *claim,
                       uint64_t id);
void synth_settled_in(const struct synth_claim *claim, int *year, int *month);

#endif
