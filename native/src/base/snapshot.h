/* snapshot.h: a seqlock: one thread shows a struct, any other copies it whole.
 *
 * The writer never waits. The struct travels as 64-bit words, each stored with release and
 * loaded with acquire: plain moves on x86, and ThreadSanitizer, which does not model
 * fences, can follow them.
 */
#ifndef CP_SNAPSHOT_H
#define CP_SNAPSHOT_H

#include <stdatomic.h>

#include "base/base.h"

typedef struct cp_snapshot {
    alignas(CP_LINE_PAIR) _Atomic uint64_t version; /* odd while it is being written */
    _Atomic uint64_t *words;
    size_t word_count;
} cp_snapshot;

/* For structs of `size` bytes, a multiple of 8. It reads as zeros until written. */
int cp_snapshot_init(cp_snapshot *snapshot, size_t size);
void cp_snapshot_free(cp_snapshot *snapshot);
void cp_snapshot_write(cp_snapshot *snapshot, const void *source);
void cp_snapshot_read(const cp_snapshot *snapshot, void *target);

#endif /* CP_SNAPSHOT_H */
