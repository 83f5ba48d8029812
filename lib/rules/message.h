/* Message templates: text with {FIELD} and {expression}; {{ stands for one brace. */
#ifndef KM_RULES_MESSAGE_H
#define KM_RULES_MESSAGE_H

#include "rules/resolve.h"
#include "rules/vector.h"

typedef struct km_message_part {
    km_text text;    /* literal text before the value */
    km_node_id node; /* or KM_NODE_NONE */
} km_message_part;

typedef struct km_message {
    km_message_part *parts; /* in the graph's arena */
    int count;
} km_message;

kiem_status km_message_compile(km_resolver *resolver, km_text source, km_place place, km_message *out);
/* Appends the message for one row. Numbers of 10,000 and more are grouped, dates written as the language
 * does; a NULL shows as "not known". Values of personal fields are masked. */
void km_message_render(km_buf *out, const km_message *message, km_frame *frame, uint32_t row, int language);

#endif
