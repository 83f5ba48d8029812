#include "abi/guard.h"

enum { CHANGING = -1 };

static kiem_status busy(const char *what, km_error *error) {
    return km_fail(error, KIEM_E_BUSY, "the %s is in use by another call", what);
}

kiem_status km_guard_change(km_guard *guard, const char *what, km_error *error) {
    int nobody = 0;
    return atomic_compare_exchange_strong(guard, &nobody, CHANGING) ? KIEM_OK : busy(what, error);
}

kiem_status km_guard_look(km_guard *guard, const char *what, km_error *error) {
    int inside = atomic_load(guard);
    do {
        if (inside == CHANGING) return busy(what, error);
    } while (!atomic_compare_exchange_weak(guard, &inside, inside + 1));
    return KIEM_OK;
}

void km_guard_leave(km_guard *guard) {
    int changing = CHANGING;
    if (!atomic_compare_exchange_strong(guard, &changing, 0)) atomic_fetch_sub(guard, 1);
}
