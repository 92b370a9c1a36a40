/* sessions.c: what a participant has asked for, or is held to (P10 .. P14). */
#include "venue/inside.h"

/* ---- settings --------------------------------------------------------------------- */

static void number_sessions(cp_venue *venue)
{
    for (uint32_t i = 0; i < venue->session_count; i++)
        venue->session_of[venue->sessions[i].settings.participant] = (uint16_t)(i + 1);
}

int cp_venue_set_session(cp_venue *venue, const cp_session *settings)
{
    cp_session_state *known = cp_session_of(venue, settings->participant);
    if (settings->throttle_count > 0 && settings->throttle_window_ns == 0)
        return -EINVAL;
    if (known) {
        known->settings = *settings;
        known->armed &= settings->dead_man_ns > 0;
        return 0;
    }
    if (venue->session_count == CP_SESSION_MAX)
        return -ENOSPC;
    uint32_t at = venue->session_count++;
    for (; at > 0 && venue->sessions[at - 1].settings.participant > settings->participant;
         at--)
        venue->sessions[at] = venue->sessions[at - 1];
    venue->sessions[at] = (cp_session_state){ .settings = *settings };
    number_sessions(venue);
    venue->watching = true;
    return 0;
}

/* ---- throttle --------------------------------------------------------------------- */

bool cp_throttle_passes(cp_venue *venue, const cp_order *order)
{
    cp_session_state *session = cp_session_of(venue, order->participant);
    const cp_session *settings = &session->settings;
    if (settings->throttle_count == 0)
        return true;
    if (venue->now_ns - session->window_start_ns >= settings->throttle_window_ns) {
        session->window_start_ns = venue->now_ns;
        session->window_count = 0;
    }
    if (session->window_count == settings->throttle_count)
        return false;
    session->window_count++;
    return true;
}

/* ---- silence and loss ------------------------------------------------------------- */

void cp_session_hear(cp_venue *venue, cp_session_state *session)
{
    if (session->settings.dead_man_ns == 0)
        return;
    session->armed = true;
    session->deadline_ns = venue->now_ns + session->settings.dead_man_ns;
}

static void pull_session(cp_venue *venue, cp_session_state *session, cp_reason reason)
{
    uint32_t pulled;
    uint32_t left = cp_pull_many(venue, session->settings.participant, CP_NOBODY,
                                 CP_SIDE_BOTH, reason, &pulled);
    session->pulling = left > 0 ? (uint8_t)reason : 0;
}

void cp_venue_on_disconnect(cp_venue *venue, uint16_t participant, uint64_t now_ns)
{
    cp_session_state *session = cp_session_of(venue, participant);
    if (!session)
        return;
    cp_begin_step(venue, now_ns);
    session->armed = false;
    if (session->settings.cancel_on_disconnect)
        pull_session(venue, session, CP_REASON_DISCONNECT);
    cp_end_step(venue);
}

static bool is_overdue(const cp_venue *venue, const cp_session_state *session)
{
    return session->armed && session->deadline_ns <= venue->now_ns;
}

void cp_sessions_do(cp_venue *venue)
{
    for (uint32_t i = 0; i < venue->session_count; i++) {
        cp_session_state *session = &venue->sessions[i];
        if (session->pulling) {
            pull_session(venue, session, (cp_reason)session->pulling);
            return;
        }
        if (is_overdue(venue, session)) {
            session->armed = false;
            pull_session(venue, session, CP_REASON_DEAD_MAN);
            return;
        }
    }
}

bool cp_sessions_have_more(const cp_venue *venue)
{
    for (uint32_t i = 0; i < venue->session_count; i++)
        if (venue->sessions[i].pulling || is_overdue(venue, &venue->sessions[i]))
            return true;
    return false;
}

/* ---- fees ------------------------------------------------------------------------- */

int cp_venue_set_tiers(cp_venue *venue, const cp_fee_tier *tiers, uint32_t count)
{
    if (count > CP_TIER_MAX)
        return -EINVAL;
    for (uint32_t i = 1; i < count; i++)
        if (tiers[i].from_qty <= tiers[i - 1].from_qty)
            return -EINVAL;
    for (uint32_t i = 0; i < count; i++)
        venue->tiers[i] = tiers[i];
    venue->tier_count = count;
    return 0;
}

int64_t cp_session_fee(cp_venue *venue, cp_session_state *session, int64_t fee,
                       cp_liquidity liquidity, uint32_t qty)
{
    int64_t more = 0;
    for (uint32_t i = 0;
         i < venue->tier_count && venue->tiers[i].from_qty <= session->traded_qty; i++)
        more =
            liquidity == CP_MAKER ? venue->tiers[i].maker_fee : venue->tiers[i].taker_fee;
    session->traded_qty += qty;
    int64_t sum;
    if (__builtin_add_overflow(fee, more, &sum))
        sum = fee > 0 ? INT64_MAX : -INT64_MAX;
    return cp_saturating_fee(sum, qty);
}

/* ---- drop copy -------------------------------------------------------------------- */

/* One list serves all: the line itself says whose it is. A list that nobody empties gets
 * no more, and that is counted. */
void cp_copy_report(cp_venue *venue, const cp_report *report)
{
    const cp_session_state *session = cp_session_of(venue, report->participant);
    if (!session->settings.drop_copy)
        return;
    if (cp_outbox_is_full(&venue->copies)) {
        venue->counters.copy_lost_count++;
        return;
    }
    *(cp_report *)cp_outbox_add(&venue->copies) = *report;
}
