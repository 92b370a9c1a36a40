/* fuzz.c: the program around a target.
 *
 *     fuzz_ouch N [SEED [FIRST]]   N mutated messages, from number FIRST on
 *     fuzz_ouch FILE...            inputs kept as files, once each
 *
 * A message follows from the seed and its number alone. When one breaks a promise, it is
 * written to a file and the command that makes it again is printed.
 */
#include "fuzz.h"

#include <signal.h>

#include "wire/bytes.h"

static const cp_fuzz_target *const target = &cp_fuzz_target_here;

/* ---- mutation ---------------------------------------------------------------------- */

static void put_number(cp_random *random, uint8_t *bytes, uint32_t size)
{
    uint32_t width = 1u << cp_fuzz_below(random, 4), at = cp_fuzz_below(random, size);
    if (width > size - at)
        width = size - at;
    cp_store_number(bytes + at, width, cp_fuzz_number(random));
}

/* A length close to the truth, or to what is left, finds an error of one. */
static void put_length(cp_random *random, uint8_t *bytes, uint32_t size)
{
    if (size < 2)
        return;
    uint32_t at = cp_fuzz_below(random, size - 1);
    uint32_t near = cp_fuzz_below(random, 2) == 0 ? cp_load_u16(bytes + at) : size - at;
    cp_store_u16(bytes + at, (uint16_t)(near + cp_fuzz_below(random, 7) - 3));
}

static uint32_t insert(cp_random *random, uint8_t *bytes, uint32_t size)
{
    uint32_t count = 1 + cp_fuzz_below(random, 40), at = cp_fuzz_below(random, size + 1);
    if (count > CP_FUZZ_SIZE_MAX - size)
        return size;
    memmove(bytes + at + count, bytes + at, size - at);
    if (cp_fuzz_below(random, 2) == 0)
        cp_fuzz_fill(random, bytes + at, count);
    else /* what stands there already, twice */
        memmove(bytes + at, bytes + at + count, count < size - at ? count : size - at);
    return size + count;
}

static uint32_t take_out(cp_random *random, uint8_t *bytes, uint32_t size)
{
    uint32_t at = cp_fuzz_below(random, size);
    uint32_t count =
        1 + cp_fuzz_below(random, cp_fuzz_below(random, 2) == 0 ? 4 : size - at);
    if (count > size - at)
        count = size - at;
    memmove(bytes + at, bytes + at + count, size - at - count);
    return size - count;
}

static uint32_t append(cp_random *random, uint8_t *bytes, uint32_t size)
{
    uint8_t other[CP_FUZZ_SIZE_MAX];
    uint32_t count = target->make(random, other);
    if (count > CP_FUZZ_SIZE_MAX - size)
        return size;
    memcpy(bytes + size, other, count);
    return size + count;
}

static uint32_t mutate(cp_random *random, uint8_t *bytes, uint32_t size)
{
    if (size == 0)
        return append(random, bytes, size);
    switch (cp_fuzz_below(random, 8)) {
    case 0:
        bytes[cp_fuzz_below(random, size)] ^= (uint8_t)(1u << cp_fuzz_below(random, 8));
        return size;
    case 1:
        put_number(random, bytes, size);
        return size;
    case 2:
    case 3:
        put_length(random, bytes, size);
        return size;
    case 4:
        return insert(random, bytes, size);
    case 5:
        return take_out(random, bytes, size);
    case 6:
        return cp_fuzz_below(random, size); /* cut off */
    default:
        return append(random, bytes, size);
    }
}

#ifdef CP_LIBFUZZER

/* ---- entry points of libFuzzer ----------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max,
                               unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t size_max);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size <= CP_FUZZ_SIZE_MAX)
        target->check(bytes, (uint32_t)size);
    return 0;
}

/* Its own mutations and ours by turns, then half of them mended. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t size_max,
                               unsigned int seed)
{
    uint8_t room[CP_FUZZ_SIZE_MAX];
    cp_random random;
    cp_random_init(&random, seed);
    if ((seed & 1) == 0 || size > CP_FUZZ_SIZE_MAX) {
        size = LLVMFuzzerMutate(bytes, size, size_max);
    } else {
        memcpy(room, bytes, size);
        size = mutate(&random, room, (uint32_t)size);
        size = size < size_max ? size : size_max;
        memcpy(bytes, room, size);
    }
    if ((seed & 2) == 0)
        target->mend(bytes, (uint32_t)size);
    return size;
}

#else

/* ---- the program ------------------------------------------------------------------- */

/* The input in hand, for the report of a broken promise. */
static struct {
    const uint8_t *bytes;
    uint32_t size;
    uint64_t seed, number;
    bool is_made; /* not from a file */
} input;

static void report(void)
{
    if (!input.is_made) {
        fprintf(stderr, "the input is the file named last\n");
        return;
    }
    char path[64];
    snprintf(path, sizeof path, "found-%s-%llu-%llu", target->name,
             (unsigned long long)input.seed, (unsigned long long)input.number);
    FILE *file = fopen(path, "wb");
    if (file != NULL) {
        fwrite(input.bytes, 1, input.size, file);
        fclose(file);
    }
    fprintf(stderr, "input of %u bytes in %s; again: fuzz_%s 1 %llu %llu\n", input.size,
            path, target->name, (unsigned long long)input.seed,
            (unsigned long long)input.number);
}

static void on_abort(int signal_number)
{
    report();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* Present when a sanitizer is linked in: it ends the process without SIGABRT. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

/* Check a copy of exactly the input's size, so that a byte read too many is seen. */
static bool check_copy(const uint8_t *bytes, uint32_t size)
{
    uint8_t *copy = malloc(size + (size == 0));
    CP_ASSERT(copy != NULL);
    memcpy(copy, bytes, size);
    input.bytes = copy;
    input.size = size;
    bool is_accepted = target->check(copy, size);
    free(copy);
    return is_accepted;
}

static bool fuzz_one(uint64_t seed, uint64_t number)
{
    uint8_t bytes[CP_FUZZ_SIZE_MAX];
    cp_random random;
    cp_random_init(&random, cp_mix(seed, number));
    uint32_t size = target->make(&random, bytes);
    CP_ASSERT(size <= CP_FUZZ_SIZE_MAX / 2);
    for (uint32_t count = cp_fuzz_below(&random, 4); count > 0; count--)
        size = mutate(&random, bytes, size);
    if (cp_fuzz_below(&random, 2) == 0)
        target->mend(bytes, size);
    input.seed = seed;
    input.number = number;
    return check_copy(bytes, size);
}

static int run_messages(uint64_t count, uint64_t seed, uint64_t first)
{
    uint64_t accepted = 0;
    input.is_made = true;
    for (uint64_t number = first; number < first + count; number++)
        accepted += fuzz_one(seed, number);
    printf("%s: %llu messages of seed %llu, %llu accepted\n", target->name,
           (unsigned long long)count, (unsigned long long)seed,
           (unsigned long long)accepted);
    /* A fuzzer whose messages are all refused, or all fine, looks at nothing. */
    return count >= 1000 && (accepted == 0 || accepted == count);
}

static int run_files(int count, char **paths)
{
    static uint8_t bytes[CP_FUZZ_SIZE_MAX];
    for (int i = 0; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        if (file == NULL) {
            perror(paths[i]);
            return 1;
        }
        uint32_t size = (uint32_t)fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        fprintf(stderr, "%s: %s\n", target->name, paths[i]);
        check_copy(bytes, size);
    }
    return 0;
}

int main(int count, char **words)
{
    if (count < 2) {
        fprintf(stderr, "usage: %s N [SEED [FIRST]] | FILE...\n", words[0]);
        return 2;
    }
    signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(report);
    if (words[1][strspn(words[1], "0123456789")] != '\0')
        return run_files(count - 1, words + 1);
    return run_messages(strtoull(words[1], NULL, 10),
                        count > 2 ? strtoull(words[2], NULL, 10) : 1,
                        count > 3 ? strtoull(words[3], NULL, 10) : 0);
}

#endif
