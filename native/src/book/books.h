/* books.h: the books of every symbol of an ITCH 5.0 feed, for following a whole exchange.
 *
 *     refs    the exchange's reference of an order -> the slot it stands in (refs.h)
 *     orders  by slot: shares left, side, and price or place in a queue, 8 bytes
 *     flat    the levels of each side, shares and orders at each (flat.h)
 *     queues  whose turn it is at a level, if that is kept (queues.h)
 *
 * Level books (CP_BOOKS_LEVELS, "L2") know how much rests at a price; order books
 * (CP_BOOKS_QUEUES, "L3") also whose turn it is. book.h is the book for few symbols that
 * are traded and prices that go anywhere; this one is for thousands that are watched.
 *
 * A message that does not fit is counted, changes nothing and is never fatal: a feed joined
 * in the middle of a day is full of them. The symbol is the message's locate. Order books
 * refuse one that is not the order's own; level books trust it: where it lies, levels may be
 * wrong and memory is not.
 */
#ifndef CP_BOOKS_H
#define CP_BOOKS_H

#include "book/flat.h"
#include "book/queues.h"
#include "book/refs.h"

#define CP_BOOKS_LEVELS 0 /* what is kept */
#define CP_BOOKS_QUEUES 1

#define CP_BOOKS_LEVEL 1 /* what a message changed: a level of some side */
#define CP_BOOKS_BEST 2  /* the best level of a side, or which that is */

#define CP_BOOKS_SIDE_SHIFT 31        /* of a word: the side of an order */
#define CP_BOOKS_LOW_BITS 0x7fffffffu /* the key of its price; with queues its line */

typedef struct cp_books_order {
    uint32_t qty; /* shares left; 0: no order is here */
    uint32_t word;
} cp_books_order;

static_assert(sizeof(cp_books_order) == 8, "none astride");

typedef struct cp_books_limits {
    uint64_t ref_max;      /* largest reference */
    uint32_t page_count;   /* of CP_REFS_PAGE_SLOTS references with an order among them */
    uint32_t symbol_count; /* locates are below it */
    uint32_t level_count;  /* beyond the CP_FLAT_NEAR best of each side (flat.h) */
    uint32_t line_count;   /* of queues, if they are kept (queues.h) */
    uint32_t reserved;
} cp_books_limits;

/* Messages by what became of them. */
typedef struct cp_books_counts {
    uint64_t message_count;  /* whole messages seen */
    uint64_t change_count;   /* of these, about a book */
    uint64_t unknown_count;  /* of these, refused with -ENOENT */
    uint64_t refused_count;  /* with any other -errno */
    uint64_t no_space_count; /* of these, with -ENOSPC */
    uint64_t excess_count;   /* applied, but more shares went than there were */
    uint64_t live_count;     /* orders alive */
} cp_books_counts;

typedef struct cp_books {
    cp_refs refs;
    cp_flat flat;
    cp_queues queues;       /* without queues it has no lines */
    cp_books_order *orders; /* by slot */
    cp_books_counts counts;
} cp_books;

/* One order of a queue. */
typedef struct cp_books_place {
    uint64_t ref;
    uint32_t qty;
    uint32_t reserved;
} cp_books_place;

/* `kind` is CP_BOOKS_LEVELS or CP_BOOKS_QUEUES. All memory is taken here. -EINVAL, -ENOMEM */
int cp_books_init(cp_books *books, int kind, const cp_books_limits *limits);
void cp_books_free(cp_books *books);

/* Apply one whole message, its length that of its type. What it changed, as CP_BOOKS_*
 * bits; 0 for a message that is about no book; -errno, and nothing has changed:
 *   -ENOENT     unknown reference, or that of an order of another symbol
 *   -EEXIST     the reference is that of an order which is there
 *   -EINVAL     no shares, or neither buy nor sell
 *   -ERANGE     price above CP_FLAT_PRICE_MAX, or locate or reference above the limits
 *   -EOVERFLOW  more shares or orders at a price than a level counts
 *   -ENOSPC     no page of references, no levels or no lines left
 * When the new half of a replacement is refused the old order is gone all the same, as it
 * is at the exchange. */
int cp_books_apply(cp_books *books, const uint8_t *message);

/* Apply the records of a file or of a block from *offset on, as cp_itch_frame finds them.
 * -ENODATA at the end-of-session mark, *offset past it; -EPIPE at the end of the bytes;
 * -EPROTO at a record that is none, *offset at it. Much faster than one by one: memory is
 * asked for ahead. */
int cp_books_play(cp_books *books, const uint8_t *bytes, uint64_t size, uint64_t *offset);

/* Copy the best levels, at most `capacity`; how many. Prices in 1/10000; own_qty is left
 * 0. */
uint32_t cp_books_depth(const cp_books *books, uint16_t locate, cp_side side,
                        cp_level *levels, uint32_t capacity);
/* Levels of a side. */
uint32_t cp_books_level_count(const cp_books *books, uint16_t locate, cp_side side);
/* Order books: copy the orders at a price, first in first out, at most `capacity`; how
 * many. */
uint32_t cp_books_queue(const cp_books *books, uint16_t locate, cp_side side,
                        uint32_t price, cp_books_place *places, uint32_t capacity);
/* Walk everything and assert: sides sorted, no level empty, pages hold as many as they
 * count, levels what the orders say, queues linked both ways. For tests. */
void cp_books_check(const cp_books *books);

#endif /* CP_BOOKS_H */
