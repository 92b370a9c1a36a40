/* fuzz.h: what a decoder gives to be fuzzed: how to make a message, how to mend one, and
 * what must hold of any bytes at all.
 *
 * Each fuzz_<decoder>.c is one target; fuzz.c is the program around it, or with
 * CP_LIBFUZZER the entry points clang's libFuzzer calls.
 */
#ifndef CP_FUZZ_H
#define CP_FUZZ_H

#include "base/base.h"
#include "base/random.h"

#define CP_FUZZ_SIZE_MAX 4096 /* bytes of an input */

typedef struct cp_fuzz_target {
    const char *name;
    /* Write a valid input of at most CP_FUZZ_SIZE_MAX / 2 bytes; its size. */
    uint32_t (*make)(cp_random *random, uint8_t *bytes);
    /* Make the lengths inside fit again, so that a mutation reaches what lies behind
     * them. */
    void (*mend)(uint8_t *bytes, uint32_t size);
    /* Decode, and CP_ASSERT what must hold. Was it accepted? */
    bool (*check)(const uint8_t *bytes, uint32_t size);
} cp_fuzz_target;

extern const cp_fuzz_target cp_fuzz_target_here; /* one a program */

static inline uint32_t cp_fuzz_below(cp_random *random, uint32_t bound)
{
    return bound == 0 ? 0 : (uint32_t)(cp_random_u64(random) % bound);
}

/* Zeros, ones, single bits and small numbers find more than even chances do. */
static inline uint64_t cp_fuzz_number(cp_random *random)
{
    uint64_t any = cp_random_u64(random);
    switch (cp_fuzz_below(random, 6)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return (uint64_t)1 << (any & 63);
    case 3:
        return any & 15;
    case 4:
        return UINT64_MAX - (any & 15);
    default:
        return any;
    }
}

static inline void cp_fuzz_fill(cp_random *random, uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)cp_fuzz_number(random);
}

#endif /* CP_FUZZ_H */
