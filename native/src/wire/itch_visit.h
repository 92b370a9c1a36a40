/* itch_visit.h: a run of ITCH 5.0 messages, each read whole and handed over by its type.
 *
 * The same fields as itch_record.h, at full speed: the types a market sends all day are read
 * by straight code, the others by that file's tables. The record is used again for the next
 * message and only what a type has is written, so a visitor reads its own type's fields and
 * no others.
 */
#ifndef CP_ITCH_VISIT_H
#define CP_ITCH_VISIT_H

#include "wire/itch_record.h"

typedef void (*cp_itch_visitor)(void *context, const cp_itch_record *record);

typedef struct cp_itch_visitors {
    cp_itch_visitor by_type[128]; /* by the letter; NULL passes it over */
    void *context;
} cp_itch_visitors;

/* Visit the records from *offset on. -ENODATA at the end-of-session mark, *offset past it;
 * -EPIPE at the end of the bytes; -EPROTO at a record that is none, *offset at it. Types
 * that ITCH 5.0 does not have are passed over. */
int cp_itch_visit(const uint8_t *bytes, uint64_t size, uint64_t *offset,
                  const cp_itch_visitors *visitors);

#endif /* CP_ITCH_VISIT_H */
