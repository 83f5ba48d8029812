#include "base/status.h"

static const struct {
    const char *name;
    const char *sentence;
} statuses[] = {
    [KIEM_OK] = {"OK", "no error"},
    [KIEM_E_ARGUMENT] = {"ARGUMENT", "an argument is wrong"},
    [KIEM_E_NOMEM] = {"NOMEM", "out of memory"},
    [KIEM_E_IO] = {"IO", "a file could not be read or written"},
    [KIEM_E_FORMAT] = {"FORMAT", "the input is not in a format kiem reads"},
    [KIEM_E_POLICY] = {"POLICY", "a rule or a reference table has an error"},
    [KIEM_E_STATE] = {"STATE", "the saved state cannot be used"},
    [KIEM_E_RANGE] = {"RANGE", "an exact amount does not fit"},
    [KIEM_E_BUSY] = {"BUSY", "the object is in use by another call"},
    [KIEM_E_CANCELLED] = {"CANCELLED", "stopped on request"},
    [KIEM_E_UNSUPPORTED] = {"UNSUPPORTED", "this version of the library does not support that"},
    [KIEM_E_NOT_FOUND] = {"NOT_FOUND", "no such name"},
    [KIEM_E_INTERNAL] = {"INTERNAL", "internal error"},
};

static int known(kiem_status status) {
    return status >= 0 && (size_t)status < sizeof statuses / sizeof statuses[0];
}

const char *km_status_name(kiem_status status) {
    return known(status) ? statuses[status].name : "UNKNOWN";
}

const char *km_status_sentence(kiem_status status) {
    return known(status) ? statuses[status].sentence : "unknown status";
}
