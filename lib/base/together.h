/* Items that do not depend on each other, worked on side by side. */
#ifndef KM_BASE_TOGETHER_H
#define KM_BASE_TOGETHER_H

#include <stddef.h>

#include "base/error.h"

enum { KM_TOGETHER_MAX = 64 /* threads */ };

typedef kiem_status km_together_work(void *context, size_t item, km_error *error);

/* Calls work for items 0 to count - 1 on as many threads, among them the caller's, which has item 0; threads
 * that cannot be started are done without. Items are begun in their order, and no more once one has failed:
 * the error is that of the first that fails, whatever the number of threads. */
kiem_status km_together(int threads, size_t count, km_together_work *work, void *context, km_error *error);

#endif
