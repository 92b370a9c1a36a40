#include "base/mishap.h"

_Atomic uint32_t cp_mishap_chance[CP_MISHAP_COUNT];
_Atomic uint64_t cp_mishap_fired[CP_MISHAP_COUNT];
static _Atomic uint64_t drawn;

static const char *const names[CP_MISHAP_COUNT] = {
    [CP_MISHAP_ORDER_LINK_FULL] = "order_link_full",
    [CP_MISHAP_ORDER_LOST] = "order_lost",
    [CP_MISHAP_ORDER_LATE] = "order_late",
    [CP_MISHAP_ORDER_TWICE] = "order_twice",
    [CP_MISHAP_VENUE_SILENT] = "venue_silent",
    [CP_MISHAP_REJECT_STORM] = "reject_storm",
    [CP_MISHAP_VENUE_PULLS] = "venue_pulls",
    [CP_MISHAP_VENUE_ANEW] = "venue_anew",
    [CP_MISHAP_ACK_LOST] = "ack_lost",
    [CP_MISHAP_ACK_TWICE] = "ack_twice",
    [CP_MISHAP_FILL_LOST] = "fill_lost",
    [CP_MISHAP_FILL_TWICE] = "fill_twice",
    [CP_MISHAP_FILL_BEFORE_ACK] = "fill_before_ack",
    [CP_MISHAP_CANCEL_ACK_LOST] = "cancel_ack_lost",
    [CP_MISHAP_REPORTS_LATE] = "reports_late",
    [CP_MISHAP_REPORT_RING_FULL] = "report_ring_full",
    [CP_MISHAP_STRANGE_REPORT] = "strange_report",
    [CP_MISHAP_STRANGE_ORDER] = "strange_order",
    [CP_MISHAP_MD_LOST] = "md_lost",
    [CP_MISHAP_MD_TWICE] = "md_twice",
    [CP_MISHAP_MD_SWAPPED] = "md_swapped",
    [CP_MISHAP_MD_LATE] = "md_late",
    [CP_MISHAP_MD_RING_FULL] = "md_ring_full",
    [CP_MISHAP_CLOCK_STEP] = "clock_step",
    [CP_MISHAP_TIMER_STALL] = "timer_stall",
    [CP_MISHAP_NOTES_UNREAD] = "notes_unread",
    [CP_MISHAP_OPERATOR] = "operator",
    [CP_MISHAP_JOURNAL_STALL] = "journal_stall",
    [CP_MISHAP_JOURNAL_WRITE] = "journal_write",
    [CP_MISHAP_JOURNAL_SHORT] = "journal_short",
    [CP_MISHAP_JOURNAL_SYNC] = "journal_sync",
    [CP_MISHAP_JOURNAL_NO_FILE] = "journal_no_file",
    [CP_MISHAP_KILLED] = "killed",
    [CP_MISHAP_POWER_LOSS] = "power_loss",
};

void cp_mishaps_reset(uint64_t seed)
{
    for (uint32_t i = 0; i < CP_MISHAP_COUNT; i++) {
        atomic_store_explicit(&cp_mishap_chance[i], 0, memory_order_relaxed);
        atomic_store_explicit(&cp_mishap_fired[i], 0, memory_order_relaxed);
    }
    atomic_store_explicit(&drawn, seed, memory_order_relaxed);
}

/* A counter, mixed: threads may draw at once without a lock, and one thread always draws
 * the same. */
bool cp_mishap_fires(cp_mishap_point point)
{
    uint64_t step =
        atomic_fetch_add_explicit(&drawn, 0x9e3779b97f4a7c15u, memory_order_relaxed);
    uint32_t chance =
        atomic_load_explicit(&cp_mishap_chance[point], memory_order_relaxed);
    if ((uint32_t)(cp_mix(0x5eed, step) >> 48) >= chance)
        return false;
    atomic_fetch_add_explicit(&cp_mishap_fired[point], 1, memory_order_relaxed);
    return true;
}

const char *cp_mishap_name(uint32_t point)
{
    return point < CP_MISHAP_COUNT ? names[point] : NULL;
}
