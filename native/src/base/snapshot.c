#include "base/snapshot.h"

int cp_snapshot_init(cp_snapshot *snapshot, size_t size)
{
    memset(snapshot, 0, sizeof *snapshot);
    if (size == 0 || size % sizeof(uint64_t) != 0)
        return -EINVAL;
    snapshot->words = calloc(size / sizeof(uint64_t), sizeof(uint64_t));
    if (!snapshot->words)
        return -ENOMEM;
    cp_prefault(snapshot->words, size);
    snapshot->word_count = size / sizeof(uint64_t);
    return 0;
}

void cp_snapshot_free(cp_snapshot *snapshot)
{
    free(snapshot->words);
    snapshot->words = NULL;
}

void cp_snapshot_write(cp_snapshot *snapshot, const void *source)
{
    const unsigned char *from = source;
    uint64_t version = atomic_load_explicit(&snapshot->version, memory_order_relaxed);
    CP_ASSERT(version % 2 == 0);

    atomic_store_explicit(&snapshot->version, version + 1, memory_order_relaxed);
    for (size_t i = 0; i < snapshot->word_count; i++) {
        uint64_t word;
        memcpy(&word, from + i * sizeof word, sizeof word);
        /* Pairs with the acquire in read: who sees this word also sees the odd version. */
        atomic_store_explicit(&snapshot->words[i], word, memory_order_release);
    }
    /* Pairs with the first acquire in read: an even version means every word is there. */
    atomic_store_explicit(&snapshot->version, version + 2, memory_order_release);
}

void cp_snapshot_read(const cp_snapshot *snapshot, void *target)
{
    unsigned char *to = target;
    uint64_t before, after;
    do {
        before = atomic_load_explicit(&snapshot->version, memory_order_acquire);
        for (size_t i = 0; i < snapshot->word_count; i++) {
            uint64_t word =
                atomic_load_explicit(&snapshot->words[i], memory_order_acquire);
            memcpy(to + i * sizeof word, &word, sizeof word);
        }
        after = atomic_load_explicit(&snapshot->version, memory_order_relaxed);
    } while (before != after || before % 2 != 0);
}
