/* Loads, uses and unloads the library again and again: not a byte stays behind.
 *
 * usage: dlopen LIBKIEM.so     (with malloc's caches off, see tests/CMakeLists.txt) */
#include <dlfcn.h>
#include <kiem/kiem.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

enum { WARM = 3, ROUNDS = 20 };

typedef kiem_status policy_new(kiem_env *, const char *, kiem_policy **, kiem_error *);
typedef kiem_status policy_compile(kiem_policy *, kiem_error *);
typedef void policy_free(kiem_policy *);
typedef kiem_status policy_rules(const kiem_policy *, kiem_table **, kiem_error *);
typedef void table_free(kiem_table *);

/* ISO C has no way to turn a data pointer into one to a function; POSIX promises that this works. */
static void find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
}

static int use(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    policy_new *make;
    policy_compile *compile;
    policy_free *drop;
    policy_rules *list;
    table_free *drop_table;
    kiem_policy *policy = NULL;
    kiem_table *rules = NULL;
    find(library, "kiem_policy_new", &make);
    find(library, "kiem_policy_compile", &compile);
    find(library, "kiem_policy_free", &drop);
    find(library, "kiem_policy_rules", &list);
    find(library, "kiem_table_free", &drop_table);
    int good = make && compile && drop && list && drop_table && make(NULL, NULL, &policy, NULL) == KIEM_OK &&
               compile(policy, NULL) == KIEM_OK && list(policy, &rules, NULL) == KIEM_OK;
    if (good) drop_table(rules);
    if (policy) drop(policy);
    return dlclose(library) == 0 && good;
}

/* Lines of the memory map that name the library. */
static int still_mapped(void) {
    char line[1024];
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) count += strstr(line, "libkiem") != NULL;
    if (maps) fclose(maps);
    return count;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    for (int i = 0; i < WARM; i++) {
        if (!use(argv[1])) return 1;
    }
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < ROUNDS; i++) {
        if (!use(argv[1])) return 1;
    }
    size_t after = mallinfo2().uordblks;
    printf("%zu bytes in use before %d rounds, %zu after; mapped %d times\n", before, ROUNDS, after,
           still_mapped());
    return after > before || still_mapped();
}
