/* Layout of the structs that cross the ABI: members are only added at the end, and a struct that grows is a
 * decision, taken here. Compiled as a test. */
#include <kiem/arrow_c.h>
#include <kiem/codes.h>

#define AT(type, member, offset)                                                                             \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has another size")
enum { P = sizeof(void *) };

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
SIZE(kiem_allocator, 5 * P);
SIZE(kiem_log_sink, 3 * P + 8);
SIZE(kiem_progress, 2 * P + 40);

/* Those of Arrow are fixed by its specification. */
AT(struct ArrowSchema, flags, 3 * P);
AT(struct ArrowSchema, children, 3 * P + 16);
AT(struct ArrowSchema, release, 5 * P + 16);
SIZE(struct ArrowSchema, 7 * P + 16);
AT(struct ArrowArray, buffers, 40);
AT(struct ArrowArray, dictionary, 2 * P + 40);
AT(struct ArrowArray, release, 3 * P + 40);
SIZE(struct ArrowArray, 5 * P + 40);
AT(struct ArrowArrayStream, release, 3 * P);
SIZE(struct ArrowArrayStream, 5 * P);

int main(void) {
    return 0;
}
