#include "drive/shadow.h"

int cp_shadow_init(cp_shadow *shadow, uint32_t order_capacity)
{
    memset(shadow, 0, sizeof *shadow);
    shadow->first = shadow->last = CP_NONE;
    int result = cp_pool_init(&shadow->pool, order_capacity);
    if (result == 0)
        result = cp_idmap_init(&shadow->refs, &shadow->pool);
    if (result != 0)
        cp_shadow_free(shadow);
    return result;
}

void cp_shadow_free(cp_shadow *shadow)
{
    cp_idmap_free(&shadow->refs);
    cp_pool_free(&shadow->pool);
}

void cp_shadow_clear(cp_shadow *shadow)
{
    while (shadow->first != CP_NONE)
        cp_shadow_remove(shadow, shadow->first);
}

int cp_shadow_add(cp_shadow *shadow, uint64_t order_ref, uint16_t symbol, uint8_t side,
                  uint32_t price, uint32_t qty)
{
    if (qty == 0)
        return -EINVAL;
    if (cp_shadow_find(shadow, order_ref) != CP_NONE)
        return -EEXIST;
    uint32_t index = cp_pool_take(&shadow->pool);
    if (index == CP_NONE)
        return -ENOSPC;
    cp_book_order *orders = shadow->pool.orders;
    orders[index] = (cp_book_order){ .id = order_ref,
                                     .price = price,
                                     .qty = qty,
                                     .next = CP_NONE,
                                     .prev = shadow->last,
                                     .symbol = symbol & 0x7fffu,
                                     .side = side & 1u };
    if (shadow->last == CP_NONE)
        shadow->first = index;
    else
        orders[shadow->last].next = index;
    shadow->last = index;
    cp_idmap_put(&shadow->refs, index);
    return 0;
}

void cp_shadow_reduce(cp_shadow *shadow, uint32_t index, uint32_t qty)
{
    cp_book_order *order = &shadow->pool.orders[index];
    if (qty >= order->qty)
        cp_shadow_remove(shadow, index);
    else
        order->qty -= qty;
}

void cp_shadow_remove(cp_shadow *shadow, uint32_t index)
{
    cp_book_order *orders = shadow->pool.orders;
    cp_idmap_remove(&shadow->refs, index);
    uint32_t next = orders[index].next, prev = orders[index].prev;
    if (prev == CP_NONE)
        shadow->first = next;
    else
        orders[prev].next = next;
    if (next == CP_NONE)
        shadow->last = prev;
    else
        orders[next].prev = prev;
    cp_pool_give(&shadow->pool, index);
}
