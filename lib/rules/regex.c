#include "rules/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

/* Enough for any sensible pattern over one field; a pathological pattern gives NULL after about a
 * millisecond. */
enum { MATCH_LIMIT = 100000, DEPTH_LIMIT = 10000, HEAP_LIMIT_KIB = 1024 };

struct km_regex {
    const km_mem *mem;
    pcre2_code *code;
};

struct km_regex_scratch {
    const km_mem *mem;
    pcre2_match_context *context;
    pcre2_match_data *data;
    bool ran_out;
};

/* pcre2 releases without a size, so each block starts with its own. */
enum { HEADER = 16 };

static void *regex_alloc(size_t size, void *user) {
    const km_mem *mem = user;
    unsigned char *block = km_alloc(mem, size + HEADER);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    return block + HEADER;
}

static void regex_release(void *ptr, void *user) {
    size_t size;
    if (!ptr) return;
    unsigned char *block = (unsigned char *)ptr - HEADER;
    memcpy(&size, block, sizeof size);
    km_free(user, block, size + HEADER);
}

static pcre2_general_context *general_context(const km_mem *mem) {
    return pcre2_general_context_create(regex_alloc, regex_release, (void *)(uintptr_t)mem);
}

kiem_status km_regex_new(const km_mem *mem, km_text pattern, km_regex **out, size_t *error_offset,
                         char *message, size_t message_size) {
    int code = PCRE2_ERROR_NOMEMORY;
    PCRE2_SIZE offset = 0;
    km_regex *regex = km_alloc_zero(mem, sizeof *regex);
    pcre2_general_context *general = regex ? general_context(mem) : NULL;
    pcre2_compile_context *compile = general ? pcre2_compile_context_create(general) : NULL;
    if (compile) {
        regex->mem = mem;
        pcre2_set_compile_extra_options(compile, PCRE2_EXTRA_MATCH_LINE);
        regex->code = pcre2_compile((PCRE2_SPTR)pattern.ptr, pattern.length, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY,
                                    &code, &offset, compile);
    }
    bool compiled = compile && regex->code;
    pcre2_compile_context_free(compile);
    pcre2_general_context_free(general);
    if (compiled) {
        *out = regex;
        return KIEM_OK;
    }
    km_free(mem, regex, sizeof *regex);
    if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED) return KIEM_E_NOMEM;
    *error_offset = offset;
    if (message_size) {
        message[0] = '\0';
        pcre2_get_error_message(code, (PCRE2_UCHAR *)message, message_size);
    }
    return KIEM_E_POLICY;
}

void km_regex_free(km_regex *regex) {
    if (!regex) return;
    pcre2_code_free(regex->code);
    km_free(regex->mem, regex, sizeof *regex);
}

/* pcre2 takes room at the first match and keeps it: taken here, a lack of memory is seen, where in a match it
 * would pass for an unknown result. */
static bool take_room(km_regex_scratch *scratch, pcre2_general_context *general) {
    int code;
    PCRE2_SIZE offset;
    pcre2_compile_context *compile = pcre2_compile_context_create(general);
    pcre2_code *any = compile ? pcre2_compile((PCRE2_SPTR) "x", 1, 0, &code, &offset, compile) : NULL;
    int count = any ? pcre2_match(any, (PCRE2_SPTR) "x", 1, 0, 0, scratch->data, scratch->context) : -1;
    pcre2_code_free(any);
    pcre2_compile_context_free(compile);
    return count >= 0;
}

km_regex_scratch *km_regex_scratch_new(const km_mem *mem) {
    km_regex_scratch *scratch = km_alloc_zero(mem, sizeof *scratch);
    pcre2_general_context *general = scratch ? general_context(mem) : NULL;
    if (general) {
        scratch->mem = mem;
        scratch->context = pcre2_match_context_create(general);
        scratch->data = pcre2_match_data_create(1, general);
    }
    bool ready = general && scratch->context && scratch->data && take_room(scratch, general);
    pcre2_general_context_free(general);
    if (scratch && !ready) {
        scratch->mem = mem;
        km_regex_scratch_free(scratch);
        return NULL;
    }
    if (!scratch) return NULL;
    pcre2_set_match_limit(scratch->context, MATCH_LIMIT);
    pcre2_set_depth_limit(scratch->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(scratch->context, HEAP_LIMIT_KIB);
    return scratch;
}

void km_regex_scratch_free(km_regex_scratch *scratch) {
    if (!scratch) return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    km_free(scratch->mem, scratch, sizeof *scratch);
}

int km_regex_match(const km_regex *regex, km_regex_scratch *scratch, km_text text) {
    int count = pcre2_match(regex->code, (PCRE2_SPTR)text.ptr, text.length, 0, PCRE2_NO_UTF_CHECK,
                            scratch->data, scratch->context);
    if (count == PCRE2_ERROR_NOMEMORY) scratch->ran_out = true;
    if (count >= 0) return 1;
    return count == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

bool km_regex_ran_out(km_regex_scratch *scratch) {
    bool ran_out = scratch && scratch->ran_out;
    if (scratch) scratch->ran_out = false;
    return ran_out;
}
