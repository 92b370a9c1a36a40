/* base.h: what every module of the core needs, and nothing else. */
#ifndef CP_BASE_H
#define CP_BASE_H

#include <assert.h>
#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cockpit.h"

#define CP_LINE 64         /* bytes of a cache line */
#define CP_LINE_PAIR 128   /* x86 fetches lines in pairs: one apart still collides */
#define CP_NONE UINT32_MAX /* "no index" */

#define CP_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define CP_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

/* A function of its own, though it could be made a part of its caller. */
#define CP_ALONE __attribute__((noinline))

/* From here on all memory may have changed, this object's too: what registers hold of it is
 * let go, and they are free for what comes. */
#define CP_FORGET(object) __asm__ volatile("" : : "r"(object) : "memory")

/* Say where, and stop the process: a core that has lost count of itself must not trade. */
_Noreturn static inline void cp_panic(const char *file, int line, const char *what)
{
    fprintf(stderr, "cockpit: %s:%d: this must hold and does not: %s\n", file, line,
            what);
    abort();
}

/* What only a programmer's error can break. On in every build: it ignores NDEBUG, which
 * Python's own build flags define. Operating errors get an -errno instead. */
#define CP_ASSERT(what) (CP_LIKELY(what) ? (void)0 : cp_panic(__FILE__, __LINE__, #what))

__extension__ typedef __int128 cp_i128;
__extension__ typedef unsigned __int128 cp_u128;

/* Write to every page of zeroed memory, so that the kernel maps it now and not at the first
 * use on the hot path: a fault costs some 30 us. (A compiler may turn an allocation and a
 * memset into an allocation of untouched zeros; these writes stay.) */
static inline void cp_prefault(void *memory, size_t size)
{
    volatile unsigned char *bytes = memory;
    for (size_t at = 0; at < size; at += 4096)
        bytes[at] = 0;
}

/* Fetch a line to be written to soon. gcc takes a function that does nothing but fetch for
 * one without effect and drops the call; the empty statement is an effect. */
static inline void cp_fetch(const void *line)
{
    __builtin_prefetch(line, 1);
    __asm__ volatile("");
}

/* The same of one to be read. */
static inline void cp_fetch_read(const void *line)
{
    __builtin_prefetch(line, 0);
    __asm__ volatile("");
}

/* Mix one more word into a running 64-bit hash (the finaliser of MurmurHash3). */
static inline uint64_t cp_mix(uint64_t hash, uint64_t word)
{
    hash ^= word;
    hash *= 0xff51afd7ed558ccdu;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53u;
    return hash ^ (hash >> 29);
}

#endif /* CP_BASE_H */
