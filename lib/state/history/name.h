/* A patient's name as 32 bits that cannot be read back: equal for names that differ only in accents, letter
 * case, blanks or the order of their words. */
#ifndef KM_STATE_NAME_H
#define KM_STATE_NAME_H

#include "base/text.h"

/* 0 for a text without letters and digits. */
uint32_t km_name_sign(km_text name);

#endif
