#include "engine/plans.h"

#include <string.h>

enum { LOOKED_AT = 16 /* exports write few kinds of files; more are bound again */ };

struct km_bound_plan {
    km_bound_plan *next;
    km_plan_key key;
    km_plan plan;
};

void km_plans_init(km_plans *plans, const km_mem *mem) {
    *plans = (km_plans){.mem = mem};
}

void km_plans_free(km_plans *plans) {
    while (plans->first) {
        km_bound_plan *bound = plans->first;
        plans->first = bound->next;
        km_plan_free(&bound->plan);
        km_free(plans->mem, bound, sizeof *bound);
    }
}

static void put_first(km_plans *plans, km_bound_plan *bound) {
    bound->next = plans->first;
    plans->first = bound;
}

/* Takes the plan of that key out of the list; NULL when it is not among those used last. */
static km_bound_plan *take(km_plans *plans, const km_plan_key *key) {
    km_bound_plan **link = &plans->first;
    for (int i = 0; *link && i < LOOKED_AT; i++, link = &(*link)->next) {
        km_bound_plan *bound = *link;
        if (memcmp(&bound->key, key, sizeof *key) != 0) continue;
        *link = bound->next;
        return bound;
    }
    return NULL;
}

kiem_status km_plans_bind(km_plans *plans, const km_policy *policy, const km_plan_key *key,
                          const km_plan **out, km_error *error) {
    km_bound_plan *bound = take(plans, key);
    if (!bound) {
        bound = km_alloc_zero(plans->mem, sizeof *bound);
        if (!bound) return km_nomem(error);
        bound->key = *key;
        const kiem_status status = km_plan_bind(&bound->plan, policy, key->present, key->standard, error);
        if (status != KIEM_OK) {
            km_free(plans->mem, bound, sizeof *bound);
            return status;
        }
    }
    put_first(plans, bound);
    *out = &bound->plan;
    return KIEM_OK;
}
