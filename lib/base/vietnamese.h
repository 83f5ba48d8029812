/* The languages of messages. The library words every message in English, once, where it is recorded; who
 * shows it to a reader of Vietnamese finds its partner here by reading the finished text back against the
 * formats it was made with. So nothing that fails has to know a language, threads carry none, and what cannot
 * be translated stays as it is. The pairs are rows of vietnamese.def. */
#ifndef KM_BASE_VIETNAMESE_H
#define KM_BASE_VIETNAMESE_H

#include "base/text.h"

/* Writes an English message in a language (KIEM_LANG_*), or as it is where it has no partner, with a final
 * NUL; cut at a character when there is no room. Allocates nothing. The length. */
size_t km_message_in(int language, km_text english, char *out, size_t size);

#endif
