/* mishap.h: places where a test may make something go wrong.
 *
 * A place costs one load and a branch that is never taken unless a test has armed it. What
 * goes wrong there is written at the place itself, next to what happens otherwise. Which
 * fire, and when, follows from the seed alone.
 */
#ifndef CP_MISHAP_H
#define CP_MISHAP_H

#include <stdatomic.h>

#include "base/base.h"

typedef enum cp_mishap_point {
    /* on the way from the desk to the venue */
    CP_MISHAP_ORDER_LINK_FULL = 0,
    CP_MISHAP_ORDER_LOST,
    CP_MISHAP_ORDER_LATE,
    CP_MISHAP_ORDER_TWICE,
    CP_MISHAP_VENUE_SILENT, /* takes nothing for a while */
    CP_MISHAP_REJECT_STORM,
    CP_MISHAP_VENUE_PULLS, /* takes an order of ours off by itself */
    CP_MISHAP_VENUE_ANEW,  /* begins again, without our orders */
    /* on the way back */
    CP_MISHAP_ACK_LOST,
    CP_MISHAP_ACK_TWICE,
    CP_MISHAP_FILL_LOST,
    CP_MISHAP_FILL_TWICE,
    CP_MISHAP_FILL_BEFORE_ACK,
    CP_MISHAP_CANCEL_ACK_LOST,
    CP_MISHAP_REPORTS_LATE,
    CP_MISHAP_REPORT_RING_FULL,
    CP_MISHAP_STRANGE_REPORT, /* about an order that never was */
    CP_MISHAP_STRANGE_ORDER,  /* rests at the venue under our name, and is not ours */
    /* market data */
    CP_MISHAP_MD_LOST,
    CP_MISHAP_MD_TWICE,
    CP_MISHAP_MD_SWAPPED,
    CP_MISHAP_MD_LATE,
    CP_MISHAP_MD_RING_FULL,
    /* time and the operator */
    CP_MISHAP_CLOCK_STEP,
    CP_MISHAP_TIMER_STALL,
    CP_MISHAP_NOTES_UNREAD,
    CP_MISHAP_OPERATOR, /* any command, at any time */
    /* the journal */
    CP_MISHAP_JOURNAL_STALL,
    CP_MISHAP_JOURNAL_WRITE,   /* EIO */
    CP_MISHAP_JOURNAL_SHORT,   /* half of it, then ENOSPC */
    CP_MISHAP_JOURNAL_SYNC,    /* EIO */
    CP_MISHAP_JOURNAL_NO_FILE, /* no new segment: ENOSPC */
    /* the machine */
    CP_MISHAP_KILLED,     /* the desk's process dies; memory files stay */
    CP_MISHAP_POWER_LOSS, /* so do they */
    CP_MISHAP_COUNT
} cp_mishap_point;

/* Chance in 65536 of each place; 0: not armed. */
extern _Atomic uint32_t cp_mishap_chance[CP_MISHAP_COUNT];
extern _Atomic uint64_t cp_mishap_fired[CP_MISHAP_COUNT];

/* From now on by this seed; nothing is armed. */
void cp_mishaps_reset(uint64_t seed);
bool cp_mishap_fires(cp_mishap_point point);
const char *cp_mishap_name(uint32_t point);

static inline bool cp_mishap(cp_mishap_point point)
{
    return CP_UNLIKELY(atomic_load_explicit(&cp_mishap_chance[point],
                                            memory_order_relaxed) != 0) &&
           cp_mishap_fires(point);
}

#define CP_MISHAP(name) cp_mishap(CP_MISHAP_##name)

#endif /* CP_MISHAP_H */
