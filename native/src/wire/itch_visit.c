#include "wire/itch_visit.h"

#define INLINE __attribute__((always_inline)) static inline

INLINE void read_header(const uint8_t *m, uint8_t type, cp_itch_record *r)
{
    r->type = type;
    r->locate = cp_load_u16(m + 1);
    r->tracking = cp_load_u16(m + 3);
    r->time_ns = cp_itch_time_ns(m);
    r->order_ref = cp_load_u64(m + 11); /* of all but I */
}

INLINE void read_order(const uint8_t *m, cp_itch_record *r)
{
    r->side = m[19];
    r->shares = cp_load_u32(m + 20);
    memcpy(r->symbol, m + 24, sizeof r->symbol);
    r->price = cp_load_u32(m + 32);
}

INLINE void read_imbalance(const uint8_t *m, cp_itch_record *r)
{
    r->shares = cp_load_u64(m + 11);
    r->imbalance = cp_load_u64(m + 19);
    r->side = m[27];
    memcpy(r->symbol, m + 28, sizeof r->symbol);
    r->upper = cp_load_u32(m + 36);
    r->lower = cp_load_u32(m + 40);
    r->price = cp_load_u32(m + 44);
    r->code = m[48];
    r->flag = m[49];
}

/* `type` is a constant here: what is left of this is one type's fields and one call. */
INLINE void visit(const uint8_t *m, uint8_t type, cp_itch_record *r,
                  const cp_itch_visitors *visitors)
{
    cp_itch_visitor visitor = visitors->by_type[type];
    if (visitor == NULL)
        return;
    read_header(m, type, r);
    if (type == 'A' || type == 'F' || type == 'P')
        read_order(m, r);
    if (type == 'F')
        memcpy(r->mpid, m + 36, sizeof r->mpid);
    if (type == 'P')
        r->match = cp_load_u64(m + 36);
    if (type == 'E' || type == 'C' || type == 'X')
        r->shares = cp_load_u32(m + 19);
    if (type == 'E' || type == 'C')
        r->match = cp_load_u64(m + 23);
    if (type == 'C') {
        r->code = m[31];
        r->price = cp_load_u32(m + 32);
    }
    if (type == 'U') {
        r->new_ref = cp_load_u64(m + 19);
        r->shares = cp_load_u32(m + 27);
        r->price = cp_load_u32(m + 31);
    }
    if (type == 'I')
        read_imbalance(m, r);
    visitor(visitors->context, r);
}

static void visit_seldom(const uint8_t *m, uint32_t length, cp_itch_record *r,
                         const cp_itch_visitors *visitors)
{
    if (m[0] < 128 && visitors->by_type[m[0]] && cp_itch_record_decode(m, length, r) == 0)
        visitors->by_type[m[0]](visitors->context, r);
}

int cp_itch_visit(const uint8_t *bytes, uint64_t size, uint64_t *offset,
                  const cp_itch_visitors *visitors)
{
    cp_itch_record record = { 0 };
    for (;;) {
        const uint8_t *m;
        uint32_t length;
        int result = cp_itch_frame(bytes, size, offset, &m, &length);
        if (CP_UNLIKELY(result != 0))
            return result;
        switch (m[0]) {
        case 'A':
            visit(m, 'A', &record, visitors);
            break;
        case 'D':
            visit(m, 'D', &record, visitors);
            break;
        case 'U':
            visit(m, 'U', &record, visitors);
            break;
        case 'E':
            visit(m, 'E', &record, visitors);
            break;
        case 'X':
            visit(m, 'X', &record, visitors);
            break;
        case 'I':
            visit(m, 'I', &record, visitors);
            break;
        case 'F':
            visit(m, 'F', &record, visitors);
            break;
        case 'P':
            visit(m, 'P', &record, visitors);
            break;
        case 'C':
            visit(m, 'C', &record, visitors);
            break;
        default:
            visit_seldom(m, length, &record, visitors);
            break;
        }
    }
}
