/* OUCH 5.0: every type both ways with every field at its extremes, appendages, and that
 * nothing but an exact message is taken.
 *
 * The layouts below are written from the specification a second time, as the order of the
 * fields, and share nothing with the codec's tables of offsets.
 */
#include "pcap.h"
#include "base/random.h"
#include "wire/ouch.h"
#include "wire/soup.h"

/* Fields in the order of the wire, a letter each (see put_field). */
static const struct shape {
    cp_ouch_direction direction;
    uint8_t type;
    char mode; /* appendage length: a(lways), o(ptional), n(one) */
    uint32_t fixed_size;
    const char *fields;
    const char *tags;
} shapes[] = {
    { CP_OUCH_INBOUND, 'O', 'a', 45, "rbqsptdkixn",
      "2 3 4 5 6 7 9 10 11 12 13 15 16 17 24 25 26 28" },
    { CP_OUCH_INBOUND, 'U', 'a', 38, "orqptdin",
      "3 5 6 7 9 10 11 12 13 15 16 17 25 26 27 28" },
    { CP_OUCH_INBOUND, 'X', 'o', 9, "rq", "28" },
    { CP_OUCH_INBOUND, 'M', 'o', 10, "rbq", "25 26 28" },
    { CP_OUCH_INBOUND, 'C', 'a', 17, "rfs", "24 27 28" },
    { CP_OUCH_INBOUND, 'D', 'a', 9, "rf", "28" },
    { CP_OUCH_INBOUND, 'E', 'a', 9, "rf", "28" },
    { CP_OUCH_INBOUND, 'Q', 'o', 1, "", "28" },
    { CP_OUCH_OUTBOUND, 'S', 'n', 10, "zv", "" },
    { CP_OUCH_OUTBOUND, 'A', 'a', 62, "zrbqsptdwkixyn",
      "2 3 4 5 6 7 9 10 11 12 13 14 15 16 17 18 24 25 28" },
    { CP_OUCH_OUTBOUND, 'U', 'a', 66, "zorbqsptdwkixyn", "2 3 5 6 12 15 16 17 18 28" },
    { CP_OUCH_OUTBOUND, 'C', 'o', 18, "zrqe", "28" },
    { CP_OUCH_OUTBOUND, 'D', 'o', 32, "zrqegpla", "28" },
    { CP_OUCH_OUTBOUND, 'E', 'a', 34, "zrqplm", "28" },
    { CP_OUCH_OUTBOUND, 'B', 'o', 36, "zrmen", "28" },
    { CP_OUCH_OUTBOUND, 'J', 'o', 29, "zrjn", "28" },
    { CP_OUCH_OUTBOUND, 'P', 'o', 13, "zr", "28" },
    { CP_OUCH_OUTBOUND, 'I', 'o', 13, "zr", "28" },
    { CP_OUCH_OUTBOUND, 'T', 'o', 30, "zrpdw", "28" },
    { CP_OUCH_OUTBOUND, 'M', 'o', 18, "zrbq", "25 26 28" },
    { CP_OUCH_OUTBOUND, 'R', 'a', 14, "zre", "1 22 23 28" },
    { CP_OUCH_OUTBOUND, 'X', 'a', 25, "zrfs", "24 27 28" },
    { CP_OUCH_OUTBOUND, 'G', 'a', 17, "zrf", "28" },
    { CP_OUCH_OUTBOUND, 'K', 'a', 17, "zrf", "28" },
    { CP_OUCH_OUTBOUND, 'Q', 'o', 13, "zr", "28" },
};
#define SHAPE_COUNT (sizeof shapes / sizeof shapes[0])

static const struct {
    uint8_t tag, size;
} tag_sizes[] = {
    { 1, 8 },  { 2, 4 },  { 3, 4 },  { 4, 1 },  { 5, 4 },  { 6, 1 },
    { 7, 4 },  { 9, 8 },  { 10, 1 }, { 11, 4 }, { 12, 1 }, { 13, 4 },
    { 14, 4 }, { 15, 4 }, { 16, 1 }, { 17, 1 }, { 18, 1 }, { 22, 4 },
    { 23, 8 }, { 24, 2 }, { 25, 1 }, { 26, 4 }, { 27, 1 }, { 28, 1 },
};
#define TAG_COUNT (sizeof tag_sizes / sizeof tag_sizes[0])

static cp_random dice;

/* ---- images of messages ------------------------------------------------------------ */

struct image {
    uint8_t bytes[1024];
    uint32_t size;
};

static void put(struct image *image, uint64_t value, uint32_t size)
{
    for (uint32_t i = size; i-- > 0;)
        image->bytes[image->size++] = (uint8_t)(value >> (8 * i));
}

static void put_text(struct image *image, const char *text, uint32_t size)
{
    memcpy(image->bytes + image->size, text, size);
    image->size += size;
}

/* Values a field is tried at: all zeros, all ones, the top bit, bytes that differ. */
enum filling { ZEROS = 0, ONES, TOP_BIT, DIFFERENT, FILLING_COUNT };

static uint64_t fill(enum filling filling)
{
    uint64_t other = cp_random_u64(&dice);
    uint64_t values[] = { 0, UINT64_MAX, 0x8080808080808080u, other };
    return values[filling];
}

static void fill_text(enum filling filling, char *text, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        text[i] = (char)fill(filling);
}

/* What the letters above stand for. */
#define MEMBER(letter, size, name) { letter, size, offsetof(cp_ouch_message, name) }
static const struct {
    char letter;
    uint8_t size;
    uint16_t at;
} members[] = {
    MEMBER('r', 4, user_ref_num), MEMBER('o', 4, orig_user_ref_num),
    MEMBER('q', 4, quantity),     MEMBER('g', 4, qty_prevented),
    MEMBER('p', 8, price),        MEMBER('z', 8, timestamp_ns),
    MEMBER('w', 8, order_ref),    MEMBER('m', 8, match_number),
    MEMBER('j', 2, reject),       MEMBER('b', 1, side),
    MEMBER('t', 1, tif),          MEMBER('d', 1, display),
    MEMBER('k', 1, capacity),     MEMBER('i', 1, iso),
    MEMBER('x', 1, cross),        MEMBER('y', 1, state),
    MEMBER('e', 1, reason),       MEMBER('l', 1, liquidity),
    MEMBER('a', 1, aiq_strategy), MEMBER('v', 1, event),
    MEMBER('s', 8, symbol),       MEMBER('f', 4, firm),
    MEMBER('n', 14, cl_ord_id),
};

/* Fill one field of the message and put the same on the image. */
static void put_field(char letter, enum filling filling, cp_ouch_message *m,
                      struct image *image)
{
    uint32_t i = 0;
    while (members[i].letter != letter)
        CHECK(++i < sizeof members / sizeof members[0]);
    uint8_t *member = (uint8_t *)m + members[i].at;
    if (letter == 's' || letter == 'f' || letter == 'n') {
        fill_text(filling, (char *)member, members[i].size);
        put_text(image, (char *)member, members[i].size);
        return;
    }
    uint64_t value = fill(filling);
    memcpy(member, &value, members[i].size); /* its low bytes */
    put(image, value, members[i].size);
}

/* A message and its fixed fields on the wire. */
static void make(const struct shape *shape, enum filling filling, cp_ouch_message *m,
                 struct image *image)
{
    *m = (cp_ouch_message){ .type = shape->type };
    image->size = 0;
    put(image, shape->type, 1);
    for (const char *field = shape->fields; *field != '\0'; field++)
        put_field(*field, filling, m, image);
    CHECK_EQ(shape->fixed_size, image->size);
}

/* Decode an exact copy, so that the address sanitizer sees a byte read too many. */
static int decode_copy(cp_ouch_direction direction, const uint8_t *bytes, uint32_t size,
                       cp_ouch_message *m)
{
    uint8_t *copy = malloc(size + (size == 0));
    CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    int result = cp_ouch_decode(direction, copy, size, m);
    free(copy);
    return result;
}

/* Encode into exactly `size` bytes, refused into one fewer. */
static void check_encodes(cp_ouch_direction direction, const cp_ouch_message *m,
                          const uint8_t *want, uint32_t size)
{
    uint8_t *room = malloc(size);
    uint32_t got = 0;
    CHECK(room != NULL);
    CHECK_EQ(-ENOBUFS, cp_ouch_encode(direction, m, room, size - 1, &got));
    CHECK_EQ(0, cp_ouch_encode(direction, m, room, size, &got));
    CHECK_EQ(size, got);
    CHECK(memcmp(want, room, size) == 0);
    free(room);
}

static bool is_same(const cp_ouch_message *a, const cp_ouch_message *b)
{
    if (memcmp(a, b, offsetof(cp_ouch_message, form)) != 0 || a->present != b->present ||
        a->option_count != b->option_count)
        return false;
    for (uint32_t i = 0; i < a->option_count; i++) {
        if (a->tags[i] != b->tags[i] || a->sizes[i] != b->sizes[i] ||
            a->values[i] != b->values[i])
            return false;
    }
    return true;
}

/* Put elements for all known tags after the fixed fields, the same on the message. */
static void add_all_options(enum filling filling, cp_ouch_message *m, struct image *image)
{
    uint32_t length_at = image->size;
    put(image, 0, 2);
    for (uint32_t i = 0; i < TAG_COUNT; i++) {
        uint32_t size = tag_sizes[i].size;
        uint64_t value =
            size == 8 ? fill(filling) : fill(filling) & (((uint64_t)1 << 8 * size) - 1);
        cp_ouch_set_option(m, (cp_ouch_tag)tag_sizes[i].tag, value);
        put(image, size + 1, 1);
        put(image, tag_sizes[i].tag, 1);
        put(image, value, size);
    }
    cp_store_u16(image->bytes + length_at, (uint16_t)(image->size - length_at - 2));
}

/* ---- types ------------------------------------------------------------------------- */

static void knows_the_types_of_each_direction_and_no_others(void)
{
    for (uint32_t direction = 0; direction < 2; direction++) {
        for (uint32_t type = 0; type < 256; type++) {
            const struct shape *shape = NULL;
            for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
                if (shapes[i].direction == direction && shapes[i].type == type)
                    shape = &shapes[i];
            }
            uint8_t bytes[128] = { (uint8_t)type };
            cp_ouch_message m;
            CHECK_EQ(shape == NULL ? 0 : shape->fixed_size,
                     cp_ouch_fixed_size(direction, (uint8_t)type));
            CHECK_EQ(shape != NULL && shape->mode != 'n',
                     cp_ouch_has_appendage(direction, (uint8_t)type));
            uint32_t tags = 0;
            for (const char *tag = shape == NULL ? "" : shape->tags; *tag != '\0';) {
                char *rest;
                tags |= 1u << strtoul(tag, &rest, 10);
                tag = rest;
            }
            CHECK_EQ(tags, cp_ouch_listed_tags(direction, (uint8_t)type));
            if (shape != NULL)
                continue;
            uint32_t size;
            CHECK_EQ(-ENOTSUP, cp_ouch_decode(direction, bytes, sizeof bytes, &m));
            m = (cp_ouch_message){ .type = (uint8_t)type };
            CHECK_EQ(-ENOTSUP, cp_ouch_encode(direction, &m, bytes, sizeof bytes, &size));
        }
    }
}

static void knows_the_tags_and_their_sizes(void)
{
    uint8_t sizes[256] = { 0 };
    for (uint32_t i = 0; i < TAG_COUNT; i++)
        sizes[tag_sizes[i].tag] = tag_sizes[i].size;
    for (uint32_t tag = 0; tag < 256; tag++)
        CHECK_EQ(sizes[tag], cp_ouch_tag_size((uint8_t)tag));
    CHECK_EQ(CP_OUCH_TAG_COUNT, TAG_COUNT);
}

static void carries_every_field_of_every_type_at_its_extremes(void)
{
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        for (enum filling filling = ZEROS; filling < FILLING_COUNT; filling++) {
            cp_ouch_message m, back;
            struct image image;
            make(&shapes[i], filling, &m, &image);
            m.form = CP_OUCH_FORM_BARE;
            check_encodes(shapes[i].direction, &m, image.bytes, image.size);
            memset(&back, 0x5A, sizeof back);
            CHECK_EQ(0, decode_copy(shapes[i].direction, image.bytes, image.size, &back));
            CHECK(is_same(&m, &back));
            CHECK_EQ(CP_OUCH_FORM_BARE, back.form);
        }
    }
}

static void writes_an_appendage_length_where_the_specification_has_one(void)
{
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        cp_ouch_message m, back;
        struct image image;
        make(&shapes[i], DIFFERENT, &m, &image);
        if (shapes[i].mode == 'a')
            put(&image, 0, 2);
        check_encodes(shapes[i].direction, &m, image.bytes, image.size);
        if (shapes[i].mode == 'o')
            put(&image, 0, 2);
        if (shapes[i].mode == 'n')
            continue;
        /* Both forms are taken of every type, and come out as they came. */
        CHECK_EQ(0, decode_copy(shapes[i].direction, image.bytes, image.size, &back));
        CHECK_EQ(CP_OUCH_FORM_LENGTH, back.form);
        CHECK(is_same(&m, &back));
        check_encodes(shapes[i].direction, &back, image.bytes, image.size);
    }
}

static void refuses_any_tail_of_a_system_event(void)
{
    cp_ouch_message m;
    struct image image;
    uint8_t room[64];
    uint32_t size;
    make(&shapes[8], DIFFERENT, &m, &image);
    CHECK_EQ('S', m.type);
    m.form = CP_OUCH_FORM_LENGTH;
    CHECK_EQ(-EINVAL, cp_ouch_encode(CP_OUCH_OUTBOUND, &m, room, sizeof room, &size));
    m.form = CP_OUCH_FORM_STANDARD;
    cp_ouch_set_option(&m, CP_OUCH_USER_REF_IDX, 1);
    CHECK_EQ(-EINVAL, cp_ouch_encode(CP_OUCH_OUTBOUND, &m, room, sizeof room, &size));
    put(&image, 0, 2);
    CHECK_EQ(-EPROTO, decode_copy(CP_OUCH_OUTBOUND, image.bytes, image.size, &m));
}

/* ---- appendages -------------------------------------------------------------------- */

static void carries_every_option_at_its_extremes(void)
{
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        if (shapes[i].mode == 'n')
            continue;
        for (enum filling filling = ZEROS; filling < FILLING_COUNT; filling++) {
            cp_ouch_message m, back;
            struct image image;
            make(&shapes[i], filling, &m, &image);
            add_all_options(filling, &m, &image);
            check_encodes(shapes[i].direction, &m, image.bytes, image.size);
            CHECK_EQ(0, decode_copy(shapes[i].direction, image.bytes, image.size, &back));
            CHECK(is_same(&m, &back));
            for (uint32_t t = 0; t < TAG_COUNT; t++) {
                cp_ouch_tag tag = (cp_ouch_tag)tag_sizes[t].tag;
                CHECK(cp_ouch_has(&back, tag));
                CHECK(cp_ouch_option(&back, tag, 99) == cp_ouch_option(&m, tag, 98));
            }
        }
    }
}

static void asks_and_sets_options_by_tag(void)
{
    cp_ouch_message m = { .type = 'O' };
    CHECK(!cp_ouch_has(&m, CP_OUCH_MIN_QTY));
    CHECK(cp_ouch_option(&m, CP_OUCH_MIN_QTY, 5) == 5);
    cp_ouch_set_option(&m, CP_OUCH_MIN_QTY, 100);
    cp_ouch_set_option(&m, CP_OUCH_FIRM, cp_ouch_text4("LIME"));
    cp_ouch_set_option(&m, CP_OUCH_PEG_OFFSET, cp_ouch_offset(-1));
    cp_ouch_set_option(&m, CP_OUCH_MIN_QTY, 200);
    CHECK_EQ(3, m.option_count);
    CHECK(cp_ouch_option(&m, CP_OUCH_MIN_QTY, 5) == 200);
    CHECK((int32_t)cp_ouch_option(&m, CP_OUCH_PEG_OFFSET, 0) == -1);
    uint8_t bytes[CP_OUCH_SIZE_MAX];
    uint32_t size;
    CHECK_EQ(0, cp_ouch_encode(CP_OUCH_INBOUND, &m, bytes, sizeof bytes, &size));
    CHECK_EQ(45 + 2 + 18, size);
    CHECK(memcmp(bytes + 45, "\0\022\5\3\0\0\0\310\5\2LIME\5\7\377\377\377\377", 20) ==
          0);
    /* A quantity cut to its low bits would be another quantity. */
    cp_ouch_set_option(&m, CP_OUCH_MIN_QTY, (uint64_t)UINT32_MAX + 1);
    CHECK_EQ(-EINVAL, cp_ouch_encode(CP_OUCH_INBOUND, &m, bytes, sizeof bytes, &size));
    m.form = CP_OUCH_FORM_BARE;
    cp_ouch_set_option(&m, CP_OUCH_MIN_QTY, 1);
    CHECK_EQ(-EINVAL, cp_ouch_encode(CP_OUCH_INBOUND, &m, bytes, sizeof bytes, &size));
}

/* A Cancel with the appendage given, its length in front. */
static int decode_cancel(const char *elements, uint32_t size, cp_ouch_message *m)
{
    struct image image = { .size = 0 };
    put_text(&image, "X\0\0\0\1\0\0\0\0", 9);
    put(&image, size, 2);
    put_text(&image, elements, size);
    return decode_copy(CP_OUCH_INBOUND, image.bytes, image.size, m);
}

static void refuses_elements_that_do_not_fill_the_appendage(void)
{
    cp_ouch_message m;
    CHECK_EQ(0, decode_cancel("\2\034\7", 3, &m));
    CHECK(cp_ouch_option(&m, CP_OUCH_USER_REF_IDX, 0) == 7);
    CHECK_EQ(-EPROTO, decode_cancel("\0", 1, &m));
    CHECK_EQ(-EPROTO, decode_cancel("\0\034\7", 3, &m));
    CHECK_EQ(-EPROTO, decode_cancel("\1", 1, &m));
    CHECK_EQ(-EPROTO, decode_cancel("\2\034\7\0", 4, &m));
    CHECK_EQ(-EPROTO, decode_cancel("\2\034\7\2", 4, &m));
    CHECK_EQ(-EPROTO, decode_cancel("\3\034\7", 3, &m));
    CHECK_EQ(-EPROTO, decode_cancel("\377\034\7", 3, &m));
}

static void refuses_a_known_tag_of_another_size_or_twice(void)
{
    cp_ouch_message m;
    for (uint32_t i = 0; i < TAG_COUNT; i++) {
        for (uint32_t size = 0; size < 255; size++) {
            char element[256] = { (char)(size + 1), (char)tag_sizes[i].tag };
            CHECK_EQ(size == tag_sizes[i].size ? 0 : -EPROTO,
                     decode_cancel(element, size + 2, &m));
        }
    }
    CHECK_EQ(-EPROTO, decode_cancel("\2\034\7\2\034\7", 6, &m));
}

static void keeps_unknown_tags_as_they_came(void)
{
    /* Between two known ones: a tag without a value, one of eight bytes, one twice. */
    static const char elements[] = "\2\034\7\1\310\x09\310"
                                   "abcdefgh\2\023X\2\023Y\2\4R";
    cp_ouch_message m;
    uint8_t bytes[CP_OUCH_SIZE_MAX];
    uint32_t size, elements_size = sizeof elements - 1;
    CHECK_EQ(0, decode_cancel(elements, elements_size, &m));
    CHECK_EQ(6, m.option_count);
    CHECK_EQ(4, m.unknown_count);
    CHECK_EQ(0, m.skipped_count);
    CHECK(cp_ouch_option(&m, CP_OUCH_CUSTOMER_TYPE, 0) == 'R');
    CHECK_EQ(0, cp_ouch_encode(CP_OUCH_INBOUND, &m, bytes, sizeof bytes, &size));
    CHECK_EQ(11 + elements_size, size);
    CHECK(memcmp(bytes + 11, elements, elements_size) == 0);
}

static void skips_and_counts_unknown_tags_it_cannot_keep(void)
{
    cp_ouch_message m;
    CHECK_EQ(0, decode_cancel("\x0a\310abcdefghi\2\034\7", 14, &m));
    CHECK_EQ(1, m.skipped_count);
    CHECK_EQ(1, m.option_count);
    CHECK(cp_ouch_option(&m, CP_OUCH_USER_REF_IDX, 0) == 7);
    /* As many as an appendage can hold, then a known one: it is not crowded out. */
    static uint8_t bytes[11 + 65535];
    cp_store_u16(bytes + 9, 65535);
    bytes[0] = 'X';
    for (uint32_t at = 0; at < 65532; at += 2)
        memcpy(bytes + 11 + at, "\1\310", 2);
    memcpy(bytes + 11 + 65532, "\2\034\7", 3);
    CHECK_EQ(0, cp_ouch_decode(CP_OUCH_INBOUND, bytes, sizeof bytes, &m));
    CHECK_EQ(CP_OUCH_UNKNOWN_MAX, m.unknown_count);
    CHECK_EQ(32766 - CP_OUCH_UNKNOWN_MAX, m.skipped_count);
    CHECK(cp_ouch_option(&m, CP_OUCH_USER_REF_IDX, 0) == 7);
}

static void writes_the_largest_message_in_the_size_stated(void)
{
    const struct shape *replaced = &shapes[10];
    cp_ouch_message m;
    struct image image;
    make(replaced, ONES, &m, &image);
    CHECK_EQ(66, image.size);
    m.option_count = m.unknown_count = CP_OUCH_OPTION_MAX;
    for (uint32_t i = 0; i < CP_OUCH_OPTION_MAX; i++) {
        m.tags[i] = 200;
        m.sizes[i] = 8;
        m.values[i] = UINT64_MAX;
    }
    uint8_t *room = malloc(CP_OUCH_SIZE_MAX);
    uint32_t size;
    CHECK(room != NULL);
    CHECK_EQ(0, cp_ouch_encode(CP_OUCH_OUTBOUND, &m, room, CP_OUCH_SIZE_MAX, &size));
    CHECK_EQ(CP_OUCH_SIZE_MAX, size);
    free(room);
    m.sizes[3] = 9;
    uint8_t bytes[CP_OUCH_SIZE_MAX];
    CHECK_EQ(-EINVAL, cp_ouch_encode(CP_OUCH_OUTBOUND, &m, bytes, sizeof bytes, &size));
}

static void pads_texts_and_finds_their_end(void)
{
    char field[9];
    memset(field, 'x', sizeof field);
    cp_store_text(field, 8, "AAPL");
    CHECK(memcmp(field, "AAPL    x", 9) == 0);
    CHECK_EQ(4, cp_text_length(field, 8));
    cp_store_text(field, 8, "");
    CHECK(memcmp(field, "        x", 9) == 0);
    CHECK_EQ(0, cp_text_length(field, 8));
    cp_store_text(field, 8, "ABCDEFGHI");
    CHECK(memcmp(field, "ABCDEFGHx", 9) == 0);
    CHECK_EQ(8, cp_text_length(field, 8));
    CHECK_EQ(3, cp_text_length("A B\0 ", 5));
}

/* ---- lengths ----------------------------------------------------------------------- */

static void refuses_every_message_cut_off_anywhere(void)
{
    cp_ouch_message m, back;
    struct image image;
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        uint32_t fixed = shapes[i].fixed_size;
        make(&shapes[i], ONES, &m, &image);
        if (shapes[i].mode != 'n')
            add_all_options(ONES, &m, &image);
        for (uint32_t cut = 0; cut < image.size; cut++) {
            /* The fixed fields alone are a message, too. */
            CHECK_EQ(cut == fixed ? 0 : -EPROTO,
                     decode_copy(shapes[i].direction, image.bytes, cut, &back));
        }
        CHECK_EQ(0, decode_copy(shapes[i].direction, image.bytes, image.size, &back));
        image.bytes[image.size] = 0;
        CHECK_EQ(-EPROTO,
                 decode_copy(shapes[i].direction, image.bytes, image.size + 1, &back));
    }
}

static void refuses_every_wrong_appendage_length(void)
{
    cp_ouch_message m, back;
    struct image image;
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        if (shapes[i].mode == 'n')
            continue;
        make(&shapes[i], ZEROS, &m, &image);
        add_all_options(DIFFERENT, &m, &image);
        uint8_t *length = image.bytes + shapes[i].fixed_size;
        uint32_t right = cp_load_u16(length);
        for (uint32_t said = 0; said <= UINT16_MAX; said += said < 300 ? 1 : 251) {
            cp_store_u16(length, (uint16_t)said);
            CHECK_EQ(said == right ? 0 : -EPROTO,
                     decode_copy(shapes[i].direction, image.bytes, image.size, &back));
        }
    }
}

static void survives_random_bytes(void)
{
    uint8_t bytes[256];
    uint32_t good = 0, size_again;
    for (uint32_t round = 0; round < 300000; round++) {
        const struct shape *shape = &shapes[cp_random_u64(&dice) % SHAPE_COUNT];
        uint32_t size = (uint32_t)(cp_random_u64(&dice) % 96);
        if ((round & 1) != 0)
            size = shape->fixed_size + (uint32_t)(cp_random_u64(&dice) % 12);
        for (uint32_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(cp_random_u64(&dice) >> 11);
        if ((round & 1) != 0) { /* past the first looks: type and appendage length fit */
            bytes[0] = shape->type;
            if (size >= shape->fixed_size + 2)
                cp_store_u16(bytes + shape->fixed_size,
                             (uint16_t)(size - shape->fixed_size - 2));
            for (uint32_t i = shape->fixed_size + 2; i < size; i++)
                bytes[i] &= 7;
        }
        cp_ouch_message m;
        if (decode_copy(shape->direction, bytes, size, &m) != 0 || m.skipped_count > 0)
            continue;
        uint8_t again[CP_OUCH_SIZE_MAX];
        CHECK_EQ(0,
                 cp_ouch_encode(shape->direction, &m, again, sizeof again, &size_again));
        CHECK(size_again == size && memcmp(again, bytes, size) == 0);
        good++;
    }
    CHECK(good > 1000);
}

/* ---- recordings -------------------------------------------------------------------- */

static void check_recorded_fields(const cp_ouch_message *m)
{
    if (m->type == 'O') {
        CHECK(memcmp(m->symbol, "CVLT    ", 8) == 0 && m->side == 'T');
        CHECK(m->quantity == 225 && m->price == 630200 && m->tif == '0');
        CHECK(cp_ouch_option(m, CP_OUCH_FIRM, 0) == cp_ouch_text4("LIME"));
    } else if (m->type == 'A') {
        CHECK(memcmp(m->symbol, "ADBE    ", 8) == 0 && m->side == 'B');
        CHECK(m->quantity == 40 && m->price == 4777800 && m->tif == '5');
        CHECK(cp_ouch_option(m, CP_OUCH_FIRM, 0) == cp_ouch_text4("MLRO"));
        CHECK(cp_ouch_option(m, CP_OUCH_BBO_WEIGHT, 0) == '0');
    }
}

/* One SoupBinTCP packet, or several, with an OUCH message each. */
static void take_recorded(const uint8_t *payload, uint32_t size, const char *file)
{
    uint8_t ouch[CP_OUCH_SIZE_MAX], soup[CP_SOUP_HEADER_SIZE + CP_OUCH_SIZE_MAX];
    for (uint32_t at = 0; at < size;) {
        cp_soup_packet packet;
        cp_ouch_message m;
        uint32_t ouch_size = 0, soup_size;
        CHECK_EQ(0, cp_soup_frame(payload + at, size - at, CP_SOUP_PACKET_MAX, &packet));
        bool is_data =
            packet.type == CP_SOUP_SEQUENCED || packet.type == CP_SOUP_UNSEQUENCED;
        if (is_data) {
            cp_ouch_direction direction =
                packet.type == CP_SOUP_SEQUENCED ? CP_OUCH_OUTBOUND : CP_OUCH_INBOUND;
            CHECK_EQ(0,
                     cp_ouch_decode(direction, packet.payload, packet.payload_size, &m));
            CHECK_EQ(0, m.unknown_count + m.skipped_count);
            CHECK_EQ(0, m.present & ~cp_ouch_listed_tags(direction, m.type));
            CHECK_EQ(0, cp_ouch_encode(direction, &m, ouch, sizeof ouch, &ouch_size));
            if (strstr(file, "EnterOrder") != NULL ||
                strstr(file, "OrderAccepted") != NULL)
                check_recorded_fields(&m);
            for (uint32_t cut = 0; cut < packet.payload_size; cut++) {
                CHECK_EQ(cut == cp_ouch_fixed_size(direction, m.type) ? 0 : -EPROTO,
                         decode_copy(direction, packet.payload, cut, &m));
            }
        }
        CHECK_EQ(0, cp_soup_encode(packet.type, ouch, ouch_size, soup, sizeof soup,
                                   &soup_size));
        CHECK_EQ(packet.size, soup_size);
        CHECK(memcmp(payload + at, soup, soup_size) == 0);
        at += packet.size;
    }
}

static void rebuilds_recorded_packets_byte_for_byte(void)
{
    uint32_t count = cp_pcap_take_all("Ouch.v5.0", take_recorded);
    if (count == 0) {
        puts("skipped rebuilds_recorded_packets_byte_for_byte: no recordings here");
        return;
    }
    printf("   %u packets\n", count);
}

int main(void)
{
    cp_random_init(&dice, 50);
    RUN(knows_the_types_of_each_direction_and_no_others);
    RUN(knows_the_tags_and_their_sizes);
    RUN(carries_every_field_of_every_type_at_its_extremes);
    RUN(writes_an_appendage_length_where_the_specification_has_one);
    RUN(refuses_any_tail_of_a_system_event);
    RUN(carries_every_option_at_its_extremes);
    RUN(asks_and_sets_options_by_tag);
    RUN(refuses_elements_that_do_not_fill_the_appendage);
    RUN(refuses_a_known_tag_of_another_size_or_twice);
    RUN(keeps_unknown_tags_as_they_came);
    RUN(skips_and_counts_unknown_tags_it_cannot_keep);
    RUN(writes_the_largest_message_in_the_size_stated);
    RUN(pads_texts_and_finds_their_end);
    RUN(refuses_every_message_cut_off_anywhere);
    RUN(refuses_every_wrong_appendage_length);
    RUN(survives_random_bytes);
    RUN(rebuilds_recorded_packets_byte_for_byte);
    return 0;
}
