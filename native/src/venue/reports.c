/* reports.c: the seldom half of what the venue says, and the hash of all of it. */
#include "venue/inside.h"

/* One word of the few a message says, times left out. The products do not wait for each
 * other, only the running hash waits for their sum; the factors are odd, so that a change
 * of any one word shows. */
static inline uint64_t digest(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    uint64_t sum = a * 0x9e3779b97f4a7c15u;
    sum ^= b * 0xbf58476d1ce4e5b9u + (b >> 32);
    sum += c * 0x94d049bb133111ebu + (c >> 32);
    sum ^= d * 0xd6e8feb86659fd93u + (d >> 32);
    return sum + e * 0xa0761d6478bd642fu + (e >> 32);
}

static inline uint64_t join(uint32_t high, uint32_t low)
{
    return (uint64_t)high << 32 | low;
}

/* The sequence is the count of what was hashed before: it need not be hashed itself. */
void cp_hash_md(cp_venue *venue, const cp_md *md)
{
    uint32_t what = (uint32_t)md->symbol << 16 | (uint32_t)md->kind << 8 | md->side;
    venue->counters.hash =
        cp_mix(venue->counters.hash,
               digest(md->order_ref, md->other_ref, (uint64_t)md->price,
                      join(md->qty, md->leaves), join(what, md->price_rest)));
}

static void hash_report(cp_venue *venue, const cp_report *report)
{
    uint32_t who = (uint32_t)report->participant << 16 | report->symbol;
    uint32_t what = (uint32_t)report->kind << 24 | (uint32_t)report->side << 16 |
                    (uint32_t)report->reason << 8 | report->liquidity;
    uint64_t names = report->client_id * 0xe7037ed1a0b428dbu ^ report->original_id;
    uint64_t refs = report->order_ref * 0x8ebc6af09c88c6e3u ^ report->match_ref;
    venue->counters.hash = cp_mix(
        venue->counters.hash, digest(names, refs, (uint64_t)report->price,
                                     join(report->qty, report->leaves), join(who, what)));
}

void cp_watch_report(cp_venue *venue, const cp_report *report)
{
    if (venue->hashing)
        hash_report(venue, report);
    if (venue->session_of[report->participant] != 0)
        cp_copy_report(venue, report);
}

void cp_refuse(cp_venue *venue, const cp_order *order, cp_reason reason)
{
    bool change = order->kind == CP_ORDER_CANCEL || order->kind == CP_ORDER_REDUCE ||
                  order->kind == CP_ORDER_REPLACE;
    cp_report_kind kind = change ? CP_REPORT_CHANGE_REJECTED : CP_REPORT_REJECTED;
    cp_report report = { .client_id = order->client_id,
                         .original_id = order->original_id,
                         .price = order->price,
                         .qty = order->qty,
                         .symbol = order->symbol,
                         .participant = order->participant,
                         .kind = (uint8_t)kind,
                         .side = order->side & 1, /* it may be the reason */
                         .reason = (uint8_t)reason };
    cp_emit_report(venue, &report);
}

void cp_cancel_taker(cp_venue *venue, const cp_taker *taker, uint32_t qty,
                     uint32_t leaves, cp_reason reason)
{
    cp_report report = { .client_id = taker->client_id,
                         .order_ref = taker->ref,
                         .price = taker->price,
                         .qty = qty,
                         .leaves = leaves,
                         .symbol = taker->symbol,
                         .participant = taker->participant,
                         .kind = CP_REPORT_CANCELLED,
                         .side = (uint8_t)taker->side,
                         .reason = (uint8_t)reason };
    cp_emit_report(venue, &report);
}

/* ---- records ---------------------------------------------------------------------- */

cp_record *cp_record_for(cp_venue *venue, uint32_t index)
{
    cp_book_order *order = &venue->pool.orders[index];
    if (order->serial & CP_SERIAL_RECORD)
        return cp_records_get(&venue->records, index);
    cp_record *record = cp_records_put(&venue->records, index);
    if (record)
        order->serial |= CP_SERIAL_RECORD;
    return record;
}

void cp_record_drop(cp_venue *venue, uint32_t index)
{
    cp_records_remove(&venue->records, index);
    venue->pool.orders[index].serial &= ~CP_SERIAL_RECORD;
}
