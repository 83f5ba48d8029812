/* Who is inside an object at the moment: many that look at it, or one that changes it. What the public
 * headers tag [single] has a guard, so that a second thread, or a callback, gets KIEM_E_BUSY and not a data
 * race. */
#ifndef KM_ABI_GUARD_H
#define KM_ABI_GUARD_H

#include <stdatomic.h>

#include "base/error.h"

typedef atomic_int km_guard; /* how many look; -1: one changes it. All zeros: nobody is inside */

/* `what` names the object in the message. */
kiem_status km_guard_change(km_guard *guard, const char *what, km_error *error);
kiem_status km_guard_look(km_guard *guard, const char *what, km_error *error);
/* Ends what one of the two began. */
void km_guard_leave(km_guard *guard);

#endif
