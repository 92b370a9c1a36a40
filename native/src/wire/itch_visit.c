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

/* What comes seldom and is read by straight code all the same. */
INLINE void visit_other(const uint8_t *m, uint32_t length, cp_itch_record *r,
                        const cp_itch_visitors *visitors)
{
    switch (m[0]) {
    case 'U':
        visit(m, 'U', r, visitors);
        break;
    case 'E':
        visit(m, 'E', r, visitors);
        break;
    case 'X':
        visit(m, 'X', r, visitors);
        break;
    case 'I':
        visit(m, 'I', r, visitors);
        break;
    case 'F':
        visit(m, 'F', r, visitors);
        break;
    case 'P':
        visit(m, 'P', r, visitors);
        break;
    case 'C':
        visit(m, 'C', r, visitors);
        break;
    default:
        visit_seldom(m, length, r, visitors);
        break;
    }
}

/* As cp_itch_frame, with one look at the size where any message fits and another at the
 * length where it is the type's. */
INLINE int frame(const uint8_t *bytes, uint64_t size, uint64_t *offset,
                 const uint8_t **message, uint32_t *length)
{
    if (CP_LIKELY(size - *offset >= 2 + CP_ITCH_LENGTH_MAX)) {
        const uint8_t *m = bytes + *offset + 2;
        uint32_t said = cp_load_u16(m - 2), expected = cp_itch_length(m[0]);
        if (CP_LIKELY(said == expected && expected != 0)) {
            *message = m;
            *length = said;
            *offset += 2 + (uint64_t)said;
            return 0;
        }
    }
    return cp_itch_frame(bytes, size, offset, message, length);
}

/* What type comes next is a coin's throw between two, and the processor guesses it wrong
 * every other time. So the next message is framed and its type read before this one is
 * handed over: a wrong guess is found out as soon as it is made. */
int cp_itch_visit(const uint8_t *bytes, uint64_t size, uint64_t *offset,
                  const cp_itch_visitors *visitors)
{
    cp_itch_record record = { 0 };
    const uint8_t *m, *next;
    uint32_t length, next_length;
    CP_ASSERT(*offset <= size);
    int result = frame(bytes, size, offset, &m, &length);
    while (CP_LIKELY(result == 0)) {
        uint32_t type = m[0];
        result = frame(bytes, size, offset, &next, &next_length);
        if (type == 'A')
            visit(m, 'A', &record, visitors);
        else if (type == 'D')
            visit(m, 'D', &record, visitors);
        else
            visit_other(m, length, &record, visitors);
        m = next;
        length = next_length;
    }
    return result;
}
