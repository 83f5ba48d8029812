/* The rules of a policy as a table. */
#ifndef KM_ENGINE_CATALOGUE_H
#define KM_ENGINE_CATALOGUE_H

#include "claim/result.h"
#include "rules/policy.h"

kiem_status km_catalogue(const km_policy *policy, const km_mem *mem, km_result *out, km_error *error);

#endif
