/* guard.c: see guard.h. */
#include "desk/plugin/guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"

#define LOOK_NS 250000000
#define STACK_SIZE 65536
#define FENCE_SIZE ((size_t)1 << 20) /* of a stack that somebody else has made */

/* Of one thread, and of another when that has ended. `entry` is odd while guarded code runs,
 * and goes on counting from thread to thread. */
typedef struct guard {
    _Atomic uint64_t entry;
    _Atomic uint64_t doomed; /* the entry that the watchdog gave up on */
    pthread_t thread;
    sigjmp_buf home;
    bool is_taken;  /* under `preparing` */
    bool has_stack; /* signals of the thread use `stack` */
    uint8_t *fence; /* what was taken off the end of the thread's own stack; or NULL */
    uint8_t stack[STACK_SIZE];
} guard;

static guard guards[CP_GUARD_THREAD_MAX];
static _Atomic uint32_t guard_count; /* those that were ever taken */
static _Thread_local guard *mine;
static pthread_key_t leaving; /* its destructor gives the guard of a thread back */

static pthread_mutex_t preparing = PTHREAD_MUTEX_INITIALIZER;
static bool watching;
static struct sigaction former[NSIG];

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

/* A real-time signal that libraries leave alone. */
static int watchdog_signal(void)
{
    return SIGRTMIN + 7;
}

static cp_fault fault_of(int number)
{
    return number == SIGFPE   ? CP_FAULT_ARITHMETIC
           : number == SIGILL ? CP_FAULT_ILLEGAL
                              : CP_FAULT_MEMORY;
}

static bool is_inside(const guard *g)
{
    return g && (atomic_load_explicit(&g->entry, memory_order_relaxed) & 1);
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)info, (void)context;
    if (is_inside(mine))
        siglongjmp(mine->home, (int)fault_of(number));
    /* Not ours: whoever was here before gets it when the instruction is tried again. */
    sigaction(number, &former[number], NULL);
}

static void on_watchdog(int number)
{
    (void)number;
    guard *g = mine;
    /* The call may have ended while the signal was on its way, and another begun. Pairs
     * with the release in look_at. */
    if (is_inside(g) && atomic_load_explicit(&g->doomed, memory_order_acquire) ==
                            atomic_load_explicit(&g->entry, memory_order_relaxed))
        siglongjmp(g->home, CP_FAULT_ENDLESS);
}

/* How long has this thread been in one call, by looks of ours? */
static void look_at(guard *g, uint64_t *seen, uint32_t *looks)
{
    /* Pairs with the release in enter: `thread` is set. */
    uint64_t entry = atomic_load_explicit(&g->entry, memory_order_acquire);
    *looks = (entry & 1) && entry == *seen ? *looks + 1 : 0;
    *seen = entry;
    if (*looks < CP_GUARD_ENDLESS_NS / LOOK_NS)
        return;
    atomic_store_explicit(&g->doomed, entry, memory_order_release);
    /* A thread that ends now waits for us in `leave`. */
    pthread_mutex_lock(&preparing);
    if (g->is_taken)
        pthread_kill(g->thread, watchdog_signal());
    pthread_mutex_unlock(&preparing);
}

static void *watch(void *argument)
{
    (void)argument;
    static uint64_t seen[CP_GUARD_THREAD_MAX];
    static uint32_t looks[CP_GUARD_THREAD_MAX];
    for (;;) {
        nanosleep(&(struct timespec){ .tv_nsec = LOOK_NS }, NULL);
        uint32_t count = atomic_load_explicit(&guard_count, memory_order_acquire);
        for (uint32_t i = 0; i < count; i++)
            look_at(&guards[i], &seen[i], &looks[i]);
    }
    return NULL;
}

static int start_watchdog(void)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    /* Signals are for others: the watchdog takes none. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return -error;
    pthread_detach(thread);
    watching = true;
    return 0;
}

/* SA_NODEFER: the handler is left by a jump, which must not leave the signal blocked. */
static int install(void)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    action.sa_sigaction = on_crash;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++) {
        struct sigaction now;
        if (sigaction(crashes[i], NULL, &now) != 0)
            return -errno;
        if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_crash)
            continue;
        former[crashes[i]] = now;
        if (sigaction(crashes[i], &action, NULL) != 0)
            return -errno;
    }
    struct sigaction bark = { .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART };
    bark.sa_handler = on_watchdog;
    sigemptyset(&bark.sa_mask);
    return sigaction(watchdog_signal(), &bark, NULL) == 0 ? 0 : -errno;
}

static void leave(void *argument)
{
    guard *g = argument;
    CP_ASSERT(g == mine && !is_inside(g));
    stack_t none = { .ss_flags = SS_DISABLE };
    if (g->has_stack)
        sigaltstack(&none, NULL);
    /* The stack is kept for another thread, which may want all of it. */
    if (g->fence)
        mprotect(g->fence, FENCE_SIZE, PROT_READ | PROT_WRITE);
    g->fence = NULL;
    mine = NULL;
    pthread_mutex_lock(&preparing);
    g->is_taken = false;
    pthread_mutex_unlock(&preparing);
}

/* The key, then the watchdog: once. */
static int start(void)
{
    int error = pthread_key_create(&leaving, leave);
    if (error)
        return -error;
    error = start_watchdog();
    if (error)
        pthread_key_delete(leaving);
    return error;
}

int cp_guard_prepare(void)
{
    pthread_mutex_lock(&preparing);
    int error = install();
    if (!error && !watching)
        error = start();
    pthread_mutex_unlock(&preparing);
    return error;
}

/* Threads of Python's and others have a page below their stack, which one frame can step
 * over into the next thread's. The deep end of the stack, which nobody has come to yet, is
 * made a fence. The kernel keeps other things away from the first thread's. */
static uint8_t *fence_off(void)
{
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0, page_guard = 0;
    if (gettid() == getpid() || pthread_getattr_np(pthread_self(), &attributes) != 0)
        return NULL;
    pthread_attr_getstack(&attributes, &low, &size);
    pthread_attr_getguardsize(&attributes, &page_guard);
    pthread_attr_destroy(&attributes);
    uint8_t here;
    if (page_guard >= FENCE_SIZE || (uintptr_t)low % 4096 != 0 ||
        (uintptr_t)&here < (uintptr_t)low + 2 * FENCE_SIZE)
        return NULL;
    return mprotect(low, FENCE_SIZE, PROT_NONE) == 0 ? low : NULL;
}

static guard *take_place(void)
{
    guard *found = NULL;
    pthread_mutex_lock(&preparing);
    for (uint32_t i = 0; !found && i < CP_GUARD_THREAD_MAX; i++)
        if (!guards[i].is_taken)
            found = &guards[i];
    if (found && pthread_setspecific(leaving, found) != 0)
        found = NULL;
    if (found) {
        found->is_taken = true;
        found->thread = pthread_self();
        uint32_t count = (uint32_t)(found - guards) + 1;
        /* Pairs with the acquire in watch. */
        if (count > atomic_load_explicit(&guard_count, memory_order_relaxed))
            atomic_store_explicit(&guard_count, count, memory_order_release);
    }
    pthread_mutex_unlock(&preparing);
    return found;
}

/* A guard for this thread, which may not want to see the signals blocked. */
static void adopt(void)
{
    guard *g = take_place();
    if (!g)
        return;
    stack_t now, ours = { .ss_sp = g->stack, .ss_size = STACK_SIZE };
    g->has_stack = sigaltstack(NULL, &now) == 0 && (now.ss_flags & SS_DISABLE) &&
                   sigaltstack(&ours, NULL) == 0;
    g->fence = fence_off();
    sigset_t needed;
    sigemptyset(&needed);
    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigaddset(&needed, crashes[i]);
    sigaddset(&needed, watchdog_signal());
    pthread_sigmask(SIG_UNBLOCK, &needed, NULL);
    mine = g;
}

/* One writer, this thread; the watchdog reads. */
static void step_entry(guard *g)
{
    uint64_t entry = atomic_load_explicit(&g->entry, memory_order_relaxed);
    atomic_store_explicit(&g->entry, entry + 1, memory_order_release);
    atomic_signal_fence(memory_order_seq_cst);
}

cp_fault cp_guard_run(void (*code)(void *argument), void *argument)
{
    if (CP_UNLIKELY(!mine))
        adopt();
    if (CP_UNLIKELY(!mine)) {
        code(argument);
        return CP_FAULT_NONE;
    }
    CP_ASSERT(!is_inside(mine));
    int fault = sigsetjmp(mine->home, 0);
    if (CP_LIKELY(fault == 0)) {
        step_entry(mine);
        code(argument);
    }
    step_entry(mine);
    return (cp_fault)fault;
}
