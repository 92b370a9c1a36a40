/* queues.h: who stands at a price and in what sequence, many orders to a cache line.
 *
 * A queue is a chain of lines, each with up to twelve orders in the sequence they came. An
 * order knows its line, so it leaves without a look at its neighbours, which are far away
 * in memory; those behind it in the line close up. A line that empties leaves the chain.
 * Orders come at the end of the last line, so a queue whose middle goes stays thinly
 * filled: at worst a line an order.
 */
#ifndef CP_QUEUES_H
#define CP_QUEUES_H

#include "base/base.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define CP_QUEUE_SLOTS 12u

typedef struct cp_queue_line {
    uint32_t side; /* number of the side and key of the price it belongs to */
    uint32_t key;
    uint32_t next;                  /* line behind it, or CP_NONE */
    uint32_t prev;                  /* line before it, or CP_NONE */
    uint32_t slots[CP_QUEUE_SLOTS]; /* orders; CP_NONE behind the last */
} cp_queue_line;

static_assert(sizeof(cp_queue_line) == CP_LINE, "moved as one");

/* Lines to share. Number 0 is nobody's. */
typedef struct cp_queues {
    cp_queue_line *lines;
    uint32_t free_head; /* of a list through `next` */
    uint32_t fresh;     /* from here on none has ever been taken */
    uint32_t capacity;
    uint32_t reserved;
} cp_queues;

int cp_queues_init(cp_queues *queues, uint32_t line_count);
void cp_queues_free(cp_queues *queues);

/* A line with one order for the end of a queue, behind `prev` or CP_NONE; CP_NONE: all are
 * taken. */
uint32_t cp_queues_take(cp_queues *queues, uint32_t prev, uint32_t slot);
/* Take a line out of its chain and give it back. */
void cp_queues_give(cp_queues *queues, uint32_t number);

/* An order comes behind the others. False: there is no room. */
static inline bool cp_queue_append(cp_queue_line *line, uint32_t slot)
{
#ifdef __AVX512F__
    __m512i lanes = _mm512_load_si512(line);
    uint32_t room =
        _mm512_mask_cmpeq_epi32_mask(0xfff0, lanes, _mm512_set1_epi32(-1)); /* CP_NONE */
    __mmask16 next = (__mmask16)(room & (0 - room));
    lanes = _mm512_mask_set1_epi32(lanes, next, (int)slot);
    _mm512_store_si512(line, lanes);
    return room != 0;
#else
    uint32_t count = 0;
    for (uint32_t i = 0; i < CP_QUEUE_SLOTS; i++)
        count += line->slots[i] != CP_NONE;
    if (CP_UNLIKELY(count == CP_QUEUE_SLOTS))
        return false;
    line->slots[count] = slot;
    return true;
#endif
}

/* An order that is there goes. True: it was the last. */
static inline bool cp_queue_remove(cp_queue_line *line, uint32_t slot)
{
#ifdef __AVX512F__
    __m512i lanes = _mm512_load_si512(line), none = _mm512_set1_epi32(-1);
    __mmask16 stay =
        _mm512_cmpneq_epi32_mask(lanes, _mm512_set1_epi32((int)slot)) | 0x000f;
    lanes = _mm512_mask_compress_epi32(none, stay, lanes);
    _mm512_store_si512(line, lanes);
#else
    uint32_t moved[CP_QUEUE_SLOTS + 1], differ = 0;
    for (uint32_t i = 0; i < CP_QUEUE_SLOTS; i++)
        differ |= (uint32_t)(line->slots[i] != slot) << i;
    uint32_t at = (uint32_t)__builtin_ctz(~differ);
    memcpy(moved, line->slots, sizeof line->slots);
    moved[CP_QUEUE_SLOTS] = CP_NONE;
    for (uint32_t i = 0; i < CP_QUEUE_SLOTS; i++)
        line->slots[i] = i < at ? moved[i] : moved[i + 1];
#endif
    return line->slots[0] == CP_NONE;
}

#endif /* CP_QUEUES_H */
