/* desk.h: everything the trading firm owns, as one step function object.
 *
 *     feed -> book -> strategy -> risk -> orders -> positions
 *
 * It is told market data, reports, controls and the time, and leaves orders and notes in
 * two outboxes, which the drive carries off and clears after each call. Time comes in as
 * `now_ns`, by which alone it decides; `clock` is read only to stamp the hops, and under
 * virtual time it always answers `now_ns`.
 *
 * When the orders outbox has reached its limit the link is full: the desk refuses the
 * order itself (CP_REFUSE_LINK) rather than losing it later.
 */
#ifndef CP_DESK_H
#define CP_DESK_H

#include "base/clock.h"
#include "base/histogram.h"
#include "base/message.h"
#include "base/outbox.h"

#define CP_DESK_ORDERS_MAX 1024 /* orders one step can leave */
#define CP_DESK_NOTES_MAX 1024  /* notes one step can leave; more are counted and lost */
#define CP_DESK_PARTICIPANT 1   /* what its orders carry as their participant */
#define CP_DESK_TIMER_NS 10000000 /* how often on_timer is to be called: 10 ms */
#define CP_DESK_IDS 65536u        /* client ids set aside at a time */

typedef struct cp_desk cp_desk;

/* Uses of cp_config: instruments, strategies, limits (with version and hash),
 * order_capacity (its books), desk_order_capacity, seed. -EINVAL with the reason. */
int cp_desk_create(cp_desk **desk, const cp_config *config, char *error);
void cp_desk_destroy(cp_desk *desk);

void cp_desk_on_md(cp_desk *desk, const cp_md *md, uint64_t now_ns,
                   const cp_clock *clock);
void cp_desk_on_report(cp_desk *desk, const cp_report *report, uint64_t now_ns,
                       const cp_clock *clock);
void cp_desk_on_control(cp_desk *desk, const cp_control *control, uint64_t now_ns);
void cp_desk_on_timer(cp_desk *desk, uint64_t now_ns, const cp_clock *clock);

/* The drive has put this order on the link at sent_ns (T4). */
void cp_desk_on_sent(cp_desk *desk, const cp_order *order, uint64_t sent_ns);
/* All that the step said is on its way: do what could wait until then. True: that has said
 * something as well. */
bool cp_desk_finish(cp_desk *desk);

/* Nothing has happened: fetch a little of what the next order will touch. Nothing is
 * decided, counted or said by it. */
void cp_desk_keep_warm(cp_desk *desk);

/* ---- journal and restart ---- */

/* Nothing may leave any more that is not recorded: halted, everything pulled, until it is
 * CP_TROUBLE_NONE again and the operator ends the halt. */
void cp_desk_on_journal(cp_desk *desk, cp_journal_trouble trouble, uint32_t error,
                        uint64_t safe, uint64_t now_ns);
/* Client ids below `end` may be used. */
void cp_desk_set_ids(cp_desk *desk, uint64_t end);
uint64_t cp_desk_next_id(const cp_desk *desk);
/* The time of its latest step. */
uint64_t cp_desk_now_ns(const cp_desk *desk);
/* Ids below `end` are never used again. */
void cp_desk_skip_ids(cp_desk *desk, uint64_t end);
/* The venue was there before this desk, and may have orders of another in its name: nothing
 * trades before it has listed them all, and pulling all pulls those too. */
void cp_desk_be_guest(cp_desk *desk);
/* What is in a slot. */
const cp_strategy_config *cp_desk_strategy(const cp_desk *desk, uint32_t slot);
/* Between recovering and trading: what it runs with has this number. */
void cp_desk_set_version(cp_desk *desk, uint32_t slot, uint64_t version);
/* Who is in a slot. */
void cp_desk_get_strategy(const cp_desk *desk, uint32_t slot, cp_journal_strategy *body);
/* What the desk sent the order for and what market it saw, for the journal. */
void cp_desk_describe(const cp_desk *desk, cp_journal_order *body);
/* What a restart must know beside orders and reports. */
void cp_desk_get_state(const cp_desk *desk, cp_journal_state *state);
/* Whether any of that but counts has changed since it was last asked. */
bool cp_desk_state_changed(cp_desk *desk);
/* Of positions, working orders and the state: equal when two desks agree about them. */
uint64_t cp_desk_journal_hash(const cp_desk *desk);
/* The limits in force, as records of CP_JOURNAL_LIMITS. */
void cp_desk_give_limits(const cp_desk *desk,
                         void (*add)(void *context, cp_journal_kind kind,
                                     const void *body, uint32_t size),
                         void *context);
/* Call `add` with the body of each record a snapshot is made of, its end last. */
void cp_desk_snapshot(const cp_desk *desk,
                      void (*add)(void *context, cp_journal_kind kind, const void *body,
                                  uint32_t size),
                      void *context);

/* How many records that would be. */
uint32_t cp_desk_snapshot_count(const cp_desk *desk);

/* Between begin and end a new desk is given what a journal holds, in its order. */
int cp_desk_recover_begin(cp_desk *desk); /* -ENOMEM */
/* -EBADMSG: not a record a desk of this config could have written. */
int cp_desk_recover(cp_desk *desk, const cp_journal_record *record);
/* A new trading day: what was earned and paid before it does not count against it. */
void cp_desk_recover_new_day(cp_desk *desk);
/* What is working is UNKNOWN now, and unless there was nothing to recover nothing trades
 * until the venue has been asked. -EINVAL: the journal holds something this config has no
 * place for; `error` says what. */
int cp_desk_recover_end(cp_desk *desk, bool is_restored, char *error);

/* ---- reading ---- */

cp_outbox *cp_desk_orders(cp_desk *desk);
cp_outbox *cp_desk_notes(cp_desk *desk);
/* Notes there have been, those included that found no room. */
uint64_t cp_desk_said(const cp_desk *desk);
/* T3 of the orders the step has sent; 0: none. */
uint64_t cp_desk_passed_ns(const cp_desk *desk);
/* By cp_hop; written by the desk's thread only, read by any. */
cp_histogram *cp_desk_histogram(cp_desk *desk, cp_hop hop);
void cp_desk_read(const cp_desk *desk, cp_desk_picture *picture, uint64_t now_ns);
/* Of every order sent, every fill, every position: equal for equal inputs. */
uint64_t cp_desk_hash(const cp_desk *desk);
/* Orders at the venue, or on their way there. */
uint32_t cp_desk_working_count(const cp_desk *desk);

#endif /* CP_DESK_H */
