#include "book/ladder.h"

#include "book/memory.h"

int cp_pages_init(cp_pages *pages, uint32_t capacity)
{
    *pages = (cp_pages){ .free_head = CP_NONE };
    if (capacity == 0 || capacity == CP_NONE)
        return -EINVAL;
    /* Mapped at once, so that no step ever waits for the kernel. */
    pages->pages = cp_memory_take((size_t)capacity * sizeof(cp_page));
    if (!pages->pages)
        return -ENOMEM;
    for (uint32_t i = 0; i < capacity; i++) {
        for (uint32_t slot = 0; slot < CP_PAGE_LEVELS; slot++) {
            pages->pages[i].levels[slot].head = CP_NONE;
            pages->pages[i].levels[slot].tail = CP_NONE;
        }
        pages->pages[i].next_free = i + 1 < capacity ? i + 1 : CP_NONE;
    }
    pages->free_head = 0;
    pages->capacity = capacity;
    return 0;
}

void cp_pages_free(cp_pages *pages)
{
    cp_memory_give(pages->pages);
    *pages = (cp_pages){ .free_head = CP_NONE };
}

static uint64_t *allocate_words(uint32_t count)
{
    uint64_t *words = malloc(count * sizeof(*words));
    if (words)
        memset(words, 0, count * sizeof(*words));
    return words;
}

int cp_ladder_init(cp_ladder *ladder, uint32_t price_max)
{
    uint32_t page_count = (price_max >> CP_PAGE_BITS) + 1;
    uint32_t word_count = (page_count + 63) / 64;
    *ladder = (cp_ladder){ .best = CP_PRICE_NONE, .page_count = page_count };
    ladder->summary_count = (word_count + 63) / 64;
    ladder->table = malloc(page_count * sizeof(*ladder->table));
    ladder->occupied = allocate_words(word_count);
    ladder->summary = allocate_words(ladder->summary_count);
    if (!ladder->table || !ladder->occupied || !ladder->summary) {
        cp_ladder_free(ladder);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < page_count; i++)
        ladder->table[i] = NULL;
    return 0;
}

void cp_ladder_free(cp_ladder *ladder)
{
    free(ladder->table);
    free(ladder->occupied);
    free(ladder->summary);
    *ladder = (cp_ladder){ .best = CP_PRICE_NONE };
}

cp_page *cp_ladder_open(cp_ladder *ladder, cp_pages *pages, uint32_t place)
{
    CP_ASSERT(place < ladder->page_count && ladder->table[place] == NULL);
    if (pages->free_head == CP_NONE)
        return NULL;
    cp_page *page = &pages->pages[pages->free_head];
    pages->free_head = page->next_free;
    pages->taken_count++;
    ladder->table[place] = page;
    ladder->occupied[place / 64] |= 1ull << (place % 64);
    ladder->summary[place / 4096] |= 1ull << (place / 64 % 64);
    return page;
}

void cp_ladder_close(cp_ladder *ladder, cp_pages *pages, uint32_t place)
{
    cp_page *page = ladder->table[place];
    CP_ASSERT(page != NULL && page->summary == 0 && pages->taken_count > 0);
    ladder->table[place] = NULL;
    ladder->occupied[place / 64] &= ~(1ull << (place % 64));
    if (ladder->occupied[place / 64] == 0)
        ladder->summary[place / 4096] &= ~(1ull << (place / 64 % 64));
    page->next_free = pages->free_head;
    pages->free_head = (uint32_t)(page - pages->pages);
    pages->taken_count--;
}

/* The nearest place with a page below this one, or -1. The words of the summary are
 * walked one by one: one stands for four million prices. */
static int64_t place_below(const cp_ladder *ladder, uint32_t place)
{
    uint32_t word = place / 64;
    int bit = cp_bit_below(ladder->occupied[word], place % 64);
    if (bit >= 0)
        return (int64_t)word * 64 + bit;
    int64_t group = word / 64;
    int other = cp_bit_below(ladder->summary[group], word % 64);
    while (other < 0 && --group >= 0)
        if (ladder->summary[group] != 0)
            other = 63 - __builtin_clzll(ladder->summary[group]);
    if (other < 0)
        return -1;
    int64_t found = group * 64 + other;
    return found * 64 + (63 - __builtin_clzll(ladder->occupied[found]));
}

static int64_t place_above(const cp_ladder *ladder, uint32_t place)
{
    uint32_t word = place / 64;
    int bit = cp_bit_above(ladder->occupied[word], place % 64);
    if (bit >= 0)
        return (int64_t)word * 64 + bit;
    int64_t group = word / 64;
    int other = cp_bit_above(ladder->summary[group], word % 64);
    while (other < 0 && ++group < ladder->summary_count)
        if (ladder->summary[group] != 0)
            other = __builtin_ctzll(ladder->summary[group]);
    if (other < 0)
        return -1;
    int64_t found = group * 64 + other;
    return found * 64 + __builtin_ctzll(ladder->occupied[found]);
}

int64_t cp_ladder_page_below(const cp_ladder *ladder, uint32_t place)
{
    int64_t found = place_below(ladder, place);
    if (found < 0)
        return CP_PRICE_NONE;
    const cp_page *page = ladder->table[found];
    return (found << CP_PAGE_BITS) + cp_page_highest(page);
}

int64_t cp_ladder_page_above(const cp_ladder *ladder, uint32_t place)
{
    int64_t found = place_above(ladder, place);
    if (found < 0)
        return CP_PRICE_NONE;
    const cp_page *page = ladder->table[found];
    return (found << CP_PAGE_BITS) + cp_page_lowest(page);
}
