/* refs.h: from an exchange's reference of an order to a slot, where references are dense.
 *
 * An exchange hands references out nearly in order and each once, so an order needs no
 * hashing: the reference is cut in two, page and place. A page of slots is taken from a
 * pool when the first order comes to it and goes back when its last one has left, so a day
 * of a billion references runs in the memory of the orders alive, as far as these stand
 * together: one order that stays all day holds its page.
 *
 * What stands in a slot is the owner's business; the owner leaves it empty when its order
 * leaves, and finds the slots of a fresh page so. All memory is taken at init.
 */
#ifndef CP_REFS_H
#define CP_REFS_H

#include "base/base.h"

#define CP_REFS_PAGE_BITS 9
#define CP_REFS_PAGE_SLOTS (1u << CP_REFS_PAGE_BITS)
#define CP_REFS_LIVE_BITS (CP_REFS_PAGE_BITS + 1) /* a page can be full */
#define CP_REFS_MAX ((1ull << 40) - 1)            /* of a reference */
#define CP_REFS_PAGES_MAX (1u << (32 - CP_REFS_LIVE_BITS))

typedef struct cp_refs {
    uint32_t *directory;  /* by page of references: page of slots above, how many of its
                            orders are alive below; 0: it has no page */
    uint32_t *homes;      /* by page of slots: the page of references it serves */
    uint32_t *free_pages; /* a stack: the page given back last is the warmest */
    uint32_t free_count;
    uint32_t free_count_min; /* the fewest there were */
    uint32_t page_count;
    uint64_t limit; /* references are below it */
} cp_refs;

/* References 0 .. ref_max, slots for page_count pages. The directory takes 4 bytes for
 * CP_REFS_PAGE_SLOTS references: 8 MB for a billion. -EINVAL: nothing, or more than
 * CP_REFS_MAX or CP_REFS_PAGES_MAX; -ENOMEM. */
int cp_refs_init(cp_refs *refs, uint64_t ref_max, uint32_t page_count);
void cp_refs_free(cp_refs *refs);

/* Slots there are, for the owner to provide. */
static inline uint64_t cp_refs_slot_count(const cp_refs *refs)
{
    return (uint64_t)refs->page_count << CP_REFS_PAGE_BITS;
}

static inline uint32_t cp_refs_slot(uint32_t entry, uint64_t ref)
{
    return (entry >> CP_REFS_LIVE_BITS << CP_REFS_PAGE_BITS) |
           ((uint32_t)ref & (CP_REFS_PAGE_SLOTS - 1));
}

/* The slot of a reference, or CP_NONE when no order near it is alive. The slot may be
 * empty: the owner looks. */
static inline uint32_t cp_refs_find(const cp_refs *refs, uint64_t ref)
{
    if (CP_UNLIKELY(ref >= refs->limit))
        return CP_NONE;
    uint32_t entry = refs->directory[ref >> CP_REFS_PAGE_BITS];
    return CP_UNLIKELY(entry == 0) ? CP_NONE : cp_refs_slot(entry, ref);
}

/* The slot for an order about to come, or CP_NONE: the reference is too large, or no page
 * is left. Nothing is taken before cp_refs_count, which follows without another call. */
static inline uint32_t cp_refs_place(const cp_refs *refs, uint64_t ref)
{
    if (CP_UNLIKELY(ref >= refs->limit))
        return CP_NONE;
    uint32_t entry = refs->directory[ref >> CP_REFS_PAGE_BITS];
    if (CP_LIKELY(entry != 0))
        return cp_refs_slot(entry, ref);
    if (CP_UNLIKELY(refs->free_count == 0))
        return CP_NONE;
    return cp_refs_slot(refs->free_pages[refs->free_count - 1] << CP_REFS_LIVE_BITS, ref);
}

/* An order has come to the slot that cp_refs_place named (`came` 1), or has left its slot
 * (`left` 1), or neither (0 and 0). */
static inline void cp_refs_count(cp_refs *refs, uint64_t ref, uint32_t came,
                                 uint32_t left)
{
    uint32_t *entry = &refs->directory[ref >> CP_REFS_PAGE_BITS];
    if (CP_UNLIKELY(*entry == 0)) {
        CP_ASSERT(came == 1 && refs->free_count > 0);
        uint32_t page = refs->free_pages[--refs->free_count];
        refs->homes[page] = (uint32_t)(ref >> CP_REFS_PAGE_BITS);
        *entry = page << CP_REFS_LIVE_BITS;
        if (refs->free_count < refs->free_count_min)
            refs->free_count_min = refs->free_count;
    }
    uint32_t now = *entry + came - left;
    *entry = now;
    if (CP_UNLIKELY((now & ((1u << CP_REFS_LIVE_BITS) - 1)) == 0)) {
        CP_ASSERT(refs->free_count < refs->page_count);
        refs->free_pages[refs->free_count++] = now >> CP_REFS_LIVE_BITS;
        *entry = 0;
    }
}

/* The reference of a slot with an order in it. */
static inline uint64_t cp_refs_of(const cp_refs *refs, uint32_t slot)
{
    uint64_t home = refs->homes[slot >> CP_REFS_PAGE_BITS];
    return home << CP_REFS_PAGE_BITS | (slot & (CP_REFS_PAGE_SLOTS - 1));
}

#endif /* CP_REFS_H */
