#include "book/refs.h"
#include "book/memory.h"

int cp_refs_init(cp_refs *refs, uint64_t ref_max, uint32_t page_count)
{
    *refs = (cp_refs){ 0 };
    if (page_count == 0 || page_count > CP_REFS_PAGES_MAX || ref_max > CP_REFS_MAX)
        return -EINVAL;
    uint64_t entry_count = (ref_max >> CP_REFS_PAGE_BITS) + 1;
    refs->directory = cp_memory_take(entry_count * sizeof *refs->directory);
    refs->homes = cp_memory_take(page_count * sizeof *refs->homes);
    refs->free_pages = cp_memory_take(page_count * sizeof *refs->free_pages);
    if (!refs->directory || !refs->homes || !refs->free_pages) {
        cp_refs_free(refs);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < page_count; i++)
        refs->free_pages[i] = page_count - 1 - i;
    refs->free_count = refs->free_count_min = refs->page_count = page_count;
    refs->limit = entry_count << CP_REFS_PAGE_BITS;
    return 0;
}

void cp_refs_free(cp_refs *refs)
{
    cp_memory_give(refs->directory);
    cp_memory_give(refs->homes);
    cp_memory_give(refs->free_pages);
    *refs = (cp_refs){ 0 };
}
