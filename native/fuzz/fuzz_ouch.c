/* OUCH 5.0. An input is a byte whose lowest bit is the direction, and one message. */
#include "fuzz.h"
#include "wire/ouch.h"

static const char letters[2][32] = { "OUXMCDEQ", "SAUCDEBJPITMRXGKQ" };

static uint32_t make_option(cp_random *random, uint8_t *bytes)
{
    uint8_t tag = (uint8_t)(1 + cp_fuzz_below(random, 29));
    uint32_t size = cp_ouch_tag_size(tag);
    if (size == 0)
        size = cp_fuzz_below(random, 12);
    bytes[0] = (uint8_t)(size + 1);
    bytes[1] = tag;
    cp_fuzz_fill(random, bytes + 2, size);
    return size + 2;
}

static uint32_t make(cp_random *random, uint8_t *bytes)
{
    uint32_t direction = cp_fuzz_below(random, 2);
    uint8_t type = (uint8_t)
        letters[direction][cp_fuzz_below(random, (uint32_t)strlen(letters[direction]))];
    uint32_t size = 1 + cp_ouch_fixed_size((cp_ouch_direction)direction, type);
    cp_fuzz_fill(random, bytes, size);
    bytes[0] = (uint8_t)((bytes[0] & ~1u) | direction);
    bytes[1] = type;
    if (cp_fuzz_below(random, 3) == 0 ||
        !cp_ouch_has_appendage((cp_ouch_direction)direction, type))
        return size;
    uint32_t length_at = size;
    size += 2;
    for (uint32_t count = cp_fuzz_below(random, 10); count > 0; count--)
        size += make_option(random, bytes + size);
    cp_store_u16(bytes + length_at, (uint16_t)(size - length_at - 2));
    return size;
}

static void mend(uint8_t *bytes, uint32_t size)
{
    if (size < 2)
        return;
    uint32_t fixed = cp_ouch_fixed_size((cp_ouch_direction)(bytes[0] & 1), bytes[1]);
    if (fixed != 0 && size >= 1 + fixed + 2)
        cp_store_u16(bytes + 1 + fixed, (uint16_t)(size - 1 - fixed - 2));
}

static void check_options(const cp_ouch_message *message)
{
    CP_ASSERT(message->option_count <= CP_OUCH_OPTION_MAX);
    CP_ASSERT(message->unknown_count <= CP_OUCH_UNKNOWN_MAX);
    CP_ASSERT((uint32_t)__builtin_popcount(message->present) + message->unknown_count ==
              message->option_count);
    for (uint32_t i = 0; i < message->option_count; i++) {
        CP_ASSERT(cp_number_fits(message->values[i], message->sizes[i]));
        if (cp_ouch_tag_size(message->tags[i]) != 0)
            CP_ASSERT(cp_ouch_option(message, (cp_ouch_tag)message->tags[i], ~0u) ==
                      message->values[i]);
    }
}

/* What was read comes out as the same bytes, and into not one byte fewer. */
static bool check(const uint8_t *bytes, uint32_t size)
{
    if (size == 0)
        return false;
    cp_ouch_direction direction = (cp_ouch_direction)(bytes[0] & 1);
    cp_ouch_message message, back;
    uint8_t again[CP_OUCH_SIZE_MAX];
    uint32_t again_size = 0;
    int result = cp_ouch_decode(direction, bytes + 1, size - 1, &message);
    CP_ASSERT(result == 0 || result == -EPROTO || result == -ENOTSUP);
    if (result != 0)
        return false;
    check_options(&message);
    CP_ASSERT(cp_ouch_encode(direction, &message, again, sizeof again, &again_size) == 0);
    if (message.skipped_count == 0) {
        CP_ASSERT(again_size == size - 1);
        CP_ASSERT(memcmp(bytes + 1, again, again_size) == 0);
    }
    CP_ASSERT(cp_ouch_decode(direction, again, again_size, &back) == 0);
    CP_ASSERT(memcmp(&message, &back, offsetof(cp_ouch_message, form)) == 0);
    CP_ASSERT(message.present == back.present && back.skipped_count == 0);
    CP_ASSERT(cp_ouch_encode(direction, &back, again, again_size - 1, &again_size) ==
              -ENOBUFS);
    return true;
}

const cp_fuzz_target cp_fuzz_target_here = { "ouch", make, mend, check };
