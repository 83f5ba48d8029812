/* Which symbols the shared library shows. */
#ifndef KIEM_EXPORT_H
#define KIEM_EXPORT_H

#if defined(__GNUC__)
#define KIEM_API __attribute__((visibility("default")))
#else
#define KIEM_API
#endif

#endif
