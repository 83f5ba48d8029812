/* Every published constant has its value for ever: append here, never change a line. Compiled as a test. */
#include <kiem/codes.h>

#define SAME(name, value) _Static_assert((name) == (value), #name " has changed")
SAME(KIEM_OK, 0);
SAME(KIEM_E_ARGUMENT, 1);
SAME(KIEM_E_NOMEM, 2);
SAME(KIEM_E_IO, 3);
SAME(KIEM_E_FORMAT, 4);
SAME(KIEM_E_POLICY, 5);
SAME(KIEM_E_STATE, 6);
SAME(KIEM_E_RANGE, 7);
SAME(KIEM_E_BUSY, 8);
SAME(KIEM_E_CANCELLED, 9);
SAME(KIEM_E_UNSUPPORTED, 10);
SAME(KIEM_E_NOT_FOUND, 11);
SAME(KIEM_E_INTERNAL, 12);
SAME(KIEM_SEVERITY_OFF, 0);
SAME(KIEM_SEVERITY_NOTICE, 1);
SAME(KIEM_SEVERITY_SUSPICION, 2);
SAME(KIEM_SEVERITY_VIOLATION, 3);
SAME(KIEM_SEVERITY_ERROR, 4);
SAME(KIEM_LOG_DEBUG, 10);
SAME(KIEM_LOG_INFO, 20);
SAME(KIEM_LOG_WARNING, 30);
SAME(KIEM_LANG_VI, 0);
SAME(KIEM_LANG_EN, 1);
SAME(KIEM_FLOAT32, 32);
SAME(KIEM_FLOAT64, 64);

/* Layout of the structs that cross the ABI: members are only added at the end. */
#define AT(type, member, offset)                                                                             \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved")
AT(kiem_allocator, struct_size, 0);
AT(kiem_allocator, user, sizeof(size_t));
AT(kiem_allocator, alloc, 2 * sizeof(size_t));
AT(kiem_allocator, resize, 3 * sizeof(size_t));
AT(kiem_allocator, release, 4 * sizeof(size_t));
AT(kiem_log_sink, struct_size, 0);
AT(kiem_log_sink, user, sizeof(size_t));
AT(kiem_log_sink, level, 2 * sizeof(size_t));
AT(kiem_log_sink, write, 2 * sizeof(size_t) + 8);
AT(kiem_progress, struct_size, 0);
AT(kiem_progress, phase, sizeof(size_t));
AT(kiem_progress, bytes_done, 2 * sizeof(size_t));
AT(kiem_progress, bytes_total, 2 * sizeof(size_t) + 8);
AT(kiem_progress, rows, 2 * sizeof(size_t) + 16);
AT(kiem_progress, rejects, 2 * sizeof(size_t) + 24);
AT(kiem_progress, findings, 2 * sizeof(size_t) + 32);

int main(void) {
    return 0;
}
