/* memory.h: large tables, zero and mapped before they are used.
 *
 * Tables that are reached at random cost a walk of the page tables a touch on small pages,
 * so huge ones are asked for; where the kernel has none, it is only slower.
 */
#ifndef CP_MEMORY_H
#define CP_MEMORY_H

#include "base/base.h"

#include <sys/mman.h>

#define CP_MEMORY_HUGE ((size_t)2 << 20) /* bytes of a huge page */

/* `size` zero bytes on a line of their own, or NULL. */
static inline void *cp_memory_take(size_t size)
{
    size_t line = size < CP_MEMORY_HUGE ? CP_LINE : CP_MEMORY_HUGE;
    size_t whole = (size + line - 1) / line * line;
    void *memory = aligned_alloc(line, whole == 0 ? line : whole);
    if (!memory)
        return NULL;
    if (line == CP_MEMORY_HUGE)
        (void)madvise(memory, whole, MADV_HUGEPAGE);
    memset(memory, 0, whole); /* which also maps all of it */
    return memory;
}

static inline void cp_memory_give(void *memory)
{
    free(memory);
}

#endif /* CP_MEMORY_H */
