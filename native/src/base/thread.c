#include "base/thread.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint32_t cp_thread_cpu_count(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return 1;
    return (uint32_t)CPU_COUNT(&allowed);
}

int32_t cp_thread_choose_cpu(uint32_t n)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return -1;
    if ((uint32_t)CPU_COUNT(&allowed) <= n)
        return -1;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
        if (CPU_ISSET((size_t)cpu, &allowed) && n-- == 0)
            return cpu;
    return -1;
}

cp_waiting cp_thread_resolve(cp_waiting waiting)
{
    if (waiting != CP_WAIT_AUTO)
        return waiting;
    return cp_thread_cpu_count() >= 4 ? CP_WAIT_SPIN : CP_WAIT_PARK;
}

static void *begin(void *argument)
{
    cp_thread *thread = argument;
    pthread_setname_np(pthread_self(), thread->name);
    if (thread->cpu >= 0) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET((size_t)thread->cpu, &one);
        int result = pthread_setaffinity_np(pthread_self(), sizeof one, &one);
        atomic_store_explicit(&thread->pinned, result == 0, memory_order_relaxed);
    }
    if (thread->priority > 0) {
        struct sched_param asked = { .sched_priority = (int)thread->priority };
        if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &asked) == 0)
            atomic_store_explicit(&thread->realtime, thread->priority,
                                  memory_order_relaxed);
    }
    thread->run(thread->argument);
    return NULL;
}

int cp_thread_start(cp_thread *thread)
{
    CP_ASSERT(!thread->started && thread->waiting != CP_WAIT_AUTO);
    pthread_attr_t attributes;
    int result = pthread_attr_init(&attributes);
    if (result != 0)
        return -result;
    result = pthread_attr_setstacksize(&attributes, CP_THREAD_STACK_SIZE);
    if (result == 0)
        result = pthread_attr_setguardsize(&attributes, CP_THREAD_GUARD_SIZE);
    if (result == 0)
        result = pthread_create(&thread->id, &attributes, begin, thread);
    pthread_attr_destroy(&attributes);
    if (result != 0)
        return -result;
    thread->started = true;
    return 0;
}

int cp_thread_lock_memory(void)
{
    return mlockall(MCL_CURRENT) == 0 ? 0 : -errno;
}

void cp_thread_join(cp_thread *thread)
{
    if (thread->started)
        pthread_join(thread->id, NULL);
    thread->started = false;
}

void cp_bell_ring(cp_bell *bell)
{
    /* Sequentially consistent with the sleeper's order of writes: either we see it
     * sleeping and wake it, or it sees our ring before it sleeps. */
    atomic_fetch_add(&bell->rung, 1);
    if (atomic_load(&bell->sleeping))
        syscall(SYS_futex, &bell->rung, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* `heard` is what the bell had rung before the thread last looked for work: anything
 * given to it since has rung again, and the futex then does not sleep. */
static void sleep_on(cp_bell *bell, uint32_t heard)
{
    atomic_store(&bell->sleeping, 1);
    struct timespec most = { .tv_nsec = CP_PARK_NS };
    syscall(SYS_futex, &bell->rung, FUTEX_WAIT_PRIVATE, heard, &most, NULL, 0);
    atomic_store(&bell->sleeping, 0);
}

void cp_thread_wait(cp_thread *thread)
{
    uint32_t heard = thread->heard;
    thread->heard = atomic_load(&thread->bell.rung);
    thread->idle_count++;
    switch (thread->waiting) {
    case CP_WAIT_PARK:
        if (thread->idle_count > CP_PARK_AFTER) {
            sleep_on(&thread->bell, heard);
            return;
        }
        sched_yield();
        return;
    case CP_WAIT_YIELD:
        sched_yield();
        return;
    case CP_WAIT_AUTO:
    case CP_WAIT_SPIN:
        break;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

void cp_thread_read(const cp_thread *thread, cp_thread_picture *picture)
{
    memset(picture, 0, sizeof *picture);
    snprintf(picture->name, sizeof picture->name, "%s", thread->name);
    picture->cpu = thread->cpu;
    picture->pinned = atomic_load_explicit(&thread->pinned, memory_order_relaxed);
    picture->waiting = thread->waiting;
    picture->realtime = atomic_load_explicit(&thread->realtime, memory_order_relaxed);
    picture->busy_ns = atomic_load_explicit(&thread->busy_ns, memory_order_relaxed);
    picture->total_ns = atomic_load_explicit(&thread->total_ns, memory_order_relaxed);
    picture->heartbeat_ns =
        atomic_load_explicit(&thread->heartbeat_ns, memory_order_relaxed);
}
