/* The default policy, compiled into the library: the files of data/policy. */
#ifndef KM_ENGINE_BUILTIN_H
#define KM_ENGINE_BUILTIN_H

#include <stddef.h>

typedef struct km_builtin_file {
    const char *name; /* path below data/policy, for example "rules/card.csv" */
    const unsigned char *bytes;
    size_t size;
} km_builtin_file;

/* Sorted by name; the last entry has a NULL name. */
extern const km_builtin_file km_builtin_policy[];

#endif
