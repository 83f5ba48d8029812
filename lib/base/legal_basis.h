/* The legal basis of a rule as a reader of Vietnamese cites it. Rules name their basis in English; what kind
 * of document it is and which part counts are said in few words, and these are exchanged (legal_basis.def).
 * Numbers, names of fields and what is in no pair, such as a basis in Vietnamese, stay as they are. */
#ifndef KM_BASE_LEGAL_BASIS_H
#define KM_BASE_LEGAL_BASIS_H

#include "base/buf.h"

void km_legal_basis_vi(km_text english, km_buf *out);

#endif
