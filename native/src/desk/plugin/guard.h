/* guard.h: run a piece of code that may crash or never end, and come back from it.
 *
 * A crash is a signal on the thread that crashed (SIGSEGV, SIGBUS, SIGFPE, SIGILL), taken
 * on a stack of its own, so that a stack overflow is no worse than the rest: below the stack
 * a thread of ours has CP_THREAD_GUARD_SIZE that nobody may touch, a thread of others a
 * megabyte, which code compiled without probes (-fstack-clash-protection) could only step
 * over with a frame larger than that. A call that does not end is found by a watchdog thread, which looks four times a second and sends
 * a signal to the thread after CP_GUARD_ENDLESS_NS. Both jump back to where the code was
 * called from.
 *
 * What it cannot do: undo what the code has already written where it should not have, or
 * free a lock that it held when it was stopped. exit() and abort() end the process.
 */
#ifndef CP_GUARD_H
#define CP_GUARD_H

#include "base/base.h"

#define CP_GUARD_ENDLESS_NS 1000000000u /* wall time a call may take at the very most */
#define CP_GUARD_THREAD_MAX 64          /* threads at a time that run guarded code */

/* Install the handlers and start the watchdog; again: put the handlers back on top.
 * 0 or -errno. Before the first cp_guard_run; not for the core's own threads. */
int cp_guard_prepare(void);

/* Call code(argument). CP_FAULT_NONE when it came back by itself. The first call on a
 * thread sets it up (a few system calls); a thread too many runs its code unguarded. */
cp_fault cp_guard_run(void (*code)(void *argument), void *argument);

#endif /* CP_GUARD_H */
