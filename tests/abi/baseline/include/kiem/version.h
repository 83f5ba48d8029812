/* The version, written once: the build reads it from here. */
#ifndef KIEM_VERSION_H
#define KIEM_VERSION_H

#define KIEM_VERSION_MAJOR 0
#define KIEM_VERSION_MINOR 1
#define KIEM_VERSION_PATCH 0

#endif
