/* flow.h: everybody else in the market.
 *
 * A flow says when its next event is due and then submits it to the venue as other
 * participants' orders. It hears what became of them, like any participant.
 */
#ifndef CP_FLOW_H
#define CP_FLOW_H

#include "base/message.h"
#include "venue/venue.h"

#define CP_NEVER UINT64_MAX

/* ---- synthetic: a zero-intelligence market about a drifting efficient price --------- */

typedef struct cp_flow_synthetic cp_flow_synthetic;

/* Events are due from start_ns on: at that very time one for every resting order there is
 * to be, then as the rate says. Same seed and same reports, same orders: what is sent goes by
 * when it was due, not by when it was played. Quoters are CP_PARTICIPANT_BACKGROUND .. + 3,
 * then one who takes at random and one who takes what is stale. Where the rate is too low
 * for a book to keep up, the price moves less than volatility and drift say. -EINVAL: rate,
 * depth or order_qty 0 or beyond reason, a figure below 0 or not a number, or a price_start
 * that is not 1 .. price_max. */
int cp_flow_synthetic_create(cp_flow_synthetic **flow, const cp_flow_config *config,
                             const cp_instrument *instruments, uint32_t symbol_count,
                             uint64_t seed);
void cp_flow_synthetic_destroy(cp_flow_synthetic *flow);
void cp_flow_synthetic_start(cp_flow_synthetic *flow, uint64_t start_ns);
/* When the next event is due. */
uint64_t cp_flow_synthetic_next_ns(const cp_flow_synthetic *flow);
/* Submit that event (exactly one order message); reports about the flow's own orders
 * that the call left in the venue's outbox are for cp_flow_synthetic_on_report. */
void cp_flow_synthetic_step(cp_flow_synthetic *flow, cp_venue *venue, uint64_t now_ns);
void cp_flow_synthetic_on_report(cp_flow_synthetic *flow, const cp_report *report);

/* ---- replay: recorded order flow, event by event ------------------------------------ */

typedef struct cp_flow_replay cp_flow_replay;

/* The memory given must outlive the flow. locates[i]: stock locate of instruments[i];
 * The increment of each instrument says how 1/10000 dollars become increments. */
int cp_flow_replay_create_itch(cp_flow_replay **flow, const uint8_t *bytes, uint64_t size,
                               const cp_instrument *instruments, uint32_t symbol_count,
                               const uint16_t *locates, uint32_t order_capacity,
                               double speed);
/* `reference`, `levels`: see cp_engine_replay_events. */
int cp_flow_replay_create_events(cp_flow_replay **flow, const cp_flow_event *events,
                                 uint64_t count, const int64_t *reference,
                                 uint32_t levels, uint32_t symbol_count,
                                 uint32_t order_capacity, double speed);
void cp_flow_replay_destroy(cp_flow_replay *flow);
/* Recorded time begins to run now; speed 0: every event is due at once. */
void cp_flow_replay_start(cp_flow_replay *flow, uint64_t start_ns);
/* CP_NEVER: the recording is over. */
uint64_t cp_flow_replay_next_ns(const cp_flow_replay *flow);
/* Submit the next recorded message. It may take several orders; all their market data
 * and reports are in the venue's outboxes, which one recorded message cannot overfill. */
void cp_flow_replay_step(cp_flow_replay *flow, cp_venue *venue, uint64_t now_ns);
void cp_flow_replay_on_report(cp_flow_replay *flow, const cp_report *report);
/* Fidelity so far. That the desk traded a recorded order away is learnt from on_report;
 * that a recorded aggressor met the desk, in step. */
void cp_flow_replay_read(const cp_flow_replay *flow, cp_replay_picture *picture);
uint32_t cp_flow_replay_mismatches(const cp_flow_replay *flow, cp_mismatch *mismatches,
                                   uint32_t capacity);

#endif /* CP_FLOW_H */
