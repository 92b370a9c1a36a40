/* feed.h: market data in, the desk's own copy of each book out.
 *
 * Sequence numbers run from 1 over all symbols. A number missed puts every book in doubt;
 * a message that does not fit its book puts that one in doubt. A book in doubt is stale:
 * it stands still, and only CP_MD_CLEAR, after which it is built anew, ends that. Trades
 * are facts either way: last price and volume go on.
 */
#ifndef CP_FEED_H
#define CP_FEED_H

#include "base/message.h"
#include "book/book.h"
#include "book/idmap.h"

/* What a message changed; several may be set. */
#define CP_FEED_PRICE 1u  /* the best price of a side */
#define CP_FEED_QTY 2u    /* the quantity at the best price of a side */
#define CP_FEED_TRADE 4u  /* last price and volume */
#define CP_FEED_GAP 8u    /* messages are missing: every book is stale now */
#define CP_FEED_DOUBT 16u /* this symbol's book is stale now */

/* The best of both sides and the last trade: what most decisions need, on one line. */
typedef struct cp_touch {
    int64_t price[2]; /* by cp_side; CP_PRICE_NONE when the side is empty */
    uint64_t qty[2];
    int64_t last;  /* CP_PRICE_NONE before the first trade */
    int64_t mark2; /* twice the price positions are valued at; CP_PRICE_NONE for none */
    uint32_t last_qty;
    uint8_t last_side; /* of the resting order */
    bool stale;
    uint8_t reserved[10];
} cp_touch;

static_assert(sizeof(cp_touch) == CP_LINE, "one line");

typedef struct cp_feed_symbol {
    cp_touch touch;
    cp_book book;
    uint64_t volume;
    uint64_t md_count;
    uint64_t last_md_ns;
    bool pausing;  /* not in CONTINUOUS: its book may cross, nothing trades as it looks */
    uint8_t phase; /* cp_phase, as it was told last */
} cp_feed_symbol;

typedef struct cp_feed {
    uint64_t expected; /* the next sequence number */
    uint64_t md_count;
    uint64_t gap_count;
    uint64_t duplicate_count;
    uint64_t misfit_count;               /* messages that did not fit their book */
    uint64_t gap_expected, gap_received; /* of the latest gap */
    uint32_t symbol_count;
    cp_pool pool;
    cp_pages pages;
    cp_idmap refs;
    cp_feed_symbol *symbols;
} cp_feed;

int cp_feed_init(cp_feed *feed, const cp_instrument *instruments, uint32_t symbol_count,
                 uint32_t order_capacity);
void cp_feed_free(cp_feed *feed);

/* What changed, as CP_FEED_* bits; 0 for a duplicate. */
uint32_t cp_feed_on_md(cp_feed *feed, const cp_md *md, uint64_t now_ns);

/* The book order the venue calls order_ref, or CP_NONE. */
static inline uint32_t cp_feed_find(const cp_feed *feed, uint64_t order_ref)
{
    return cp_idmap_get(&feed->refs, CP_NOBODY, order_ref);
}

#endif /* CP_FEED_H */
