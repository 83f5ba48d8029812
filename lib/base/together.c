#include "base/together.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct together {
    km_together_work *work;
    void *context;
    size_t count;
    atomic_size_t next;
    pthread_mutex_t lock;
    /* under it: */
    size_t failed; /* the first item that failed, and its error */
    kiem_status status;
    km_error failure;
} together;

static void work_on(together *t, size_t item) {
    km_error error = {0};
    const kiem_status status = t->work(t->context, item, &error);
    if (status == KIEM_OK) return;
    pthread_mutex_lock(&t->lock);
    if (t->status == KIEM_OK || item < t->failed) {
        t->failed = item;
        t->status = status;
        t->failure = error;
    }
    atomic_store(&t->next, t->count);
    pthread_mutex_unlock(&t->lock);
}

static void *work_on_rest(void *context) {
    together *t = context;
    for (size_t item; (item = atomic_fetch_add(&t->next, 1)) < t->count;) work_on(t, item);
    return NULL;
}

static kiem_status work_alone(km_together_work *work, size_t count, void *context, km_error *error) {
    for (size_t item = 0; item < count; item++) KM_TRY(work(context, item, error));
    return KIEM_OK;
}

kiem_status km_together(int threads, size_t count, km_together_work *work, void *context, km_error *error) {
    pthread_t others[KM_TOGETHER_MAX];
    if (threads > KM_TOGETHER_MAX) threads = KM_TOGETHER_MAX;
    if (count < (size_t)(threads > 0 ? threads : 0)) threads = (int)count;
    if (threads <= 1) return work_alone(work, count, context, error);
    together t = {.work = work, .context = context, .count = count, .status = KIEM_OK};
    atomic_init(&t.next, 1);
    pthread_mutex_init(&t.lock, NULL);
    int started = 0;
    while (started < threads - 1 && pthread_create(&others[started], NULL, work_on_rest, &t) == 0) started++;
    work_on(&t, 0);
    work_on_rest(&t);
    for (int i = 0; i < started; i++) pthread_join(others[i], NULL);
    pthread_mutex_destroy(&t.lock);
    if (t.status != KIEM_OK && error) *error = t.failure;
    return t.status;
}
