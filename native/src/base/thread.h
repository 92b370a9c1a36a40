/* thread.h: a thread with a core of its own, and how it waits when there is nothing to do.
 *
 * Waiting trades latency against the rest of the machine: `spin` answers at once and owns
 * its core, `yield` lets others in, `park` sleeps on a futex that the other side rings,
 * bounded so that a lost ring costs CP_PARK_NS, not a stuck desk.
 */
#ifndef CP_THREAD_H
#define CP_THREAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/base.h"

#define CP_PARK_NS 500000 /* longest sleep */
#define CP_PARK_AFTER 200 /* empty looks before it sleeps: some 50 us */

/* The desk's thread calls code of a user's, whose recursion may have no end. One frame must
 * not be able to step over what lies below the stack: that costs addresses, no memory. */
#define CP_THREAD_STACK_SIZE ((size_t)8 << 20)
#define CP_THREAD_GUARD_SIZE ((size_t)16 << 20)

/* What one thread sleeps on. */
typedef struct cp_bell {
    alignas(CP_LINE_PAIR) _Atomic uint32_t rung; /* counts rings */
    _Atomic uint32_t sleeping;
} cp_bell;

typedef struct cp_thread {
    pthread_t id;
    const char *name;
    void (*run)(void *argument);
    void *argument;
    int32_t cpu;       /* core asked for; -1 for none */
    uint32_t priority; /* asked for, under SCHED_FIFO; 0 for none */
    bool started;
    _Atomic bool pinned;
    _Atomic uint32_t realtime; /* the priority it has */
    cp_waiting waiting;        /* never AUTO */
    cp_bell bell;
    uint32_t idle_count; /* the thread's own: empty looks in a row */
    uint32_t heard;      /* rings before its last look */

    /* Written by the thread, read by the screen. */
    alignas(CP_LINE_PAIR) _Atomic uint64_t busy_ns;
    _Atomic uint64_t total_ns;
    _Atomic uint64_t heartbeat_ns;
} cp_thread;

/* The core for the n-th pinned thread (from 0), counted from the last this process may
 * use; -1 when there are not enough. */
int32_t cp_thread_choose_cpu(uint32_t n);
uint32_t cp_thread_cpu_count(void);
/* `auto` becomes spin where the screen and both threads have a core each, else park. */
cp_waiting cp_thread_resolve(cp_waiting waiting);

int cp_thread_start(cp_thread *thread);
void cp_thread_join(cp_thread *thread);

/* Ring the other side's bell after giving it something; free unless it sleeps. */
void cp_bell_ring(cp_bell *bell);

/* Nothing to do this time round. */
void cp_thread_wait(cp_thread *thread);
static inline void cp_thread_found_work(cp_thread *thread)
{
    thread->idle_count = 0;
}

/* Keep every page the process has now in memory; negative errno when that is not allowed.
 * Pages that come later are not meant: under a limit they could not be had at all. */
int cp_thread_lock_memory(void);

void cp_thread_read(const cp_thread *thread, cp_thread_picture *picture);

#endif /* CP_THREAD_H */
