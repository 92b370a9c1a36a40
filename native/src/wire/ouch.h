/* ouch.h: Nasdaq OUCH 5.0, from bytes to messages and back.
 *
 * A message is fixed fields and, for most types, an appendage: a two-byte length and that
 * many bytes of elements, each a length, a tag and a value. SoupBinTCP carries one
 * message a packet, so the packet's payload is the message, all of it.
 *
 * One struct serves all 25 types; a type uses the fields its letter is named at. The same
 * letter means another thing in the other direction, so every call is told the direction.
 * Letters (side, time in force, reasons) stay as sent, known or not: what they mean and
 * whether they are allowed is the venue's or the desk's business. Lengths are exact.
 */
#ifndef CP_OUCH_H
#define CP_OUCH_H

#include "wire/bytes.h"

#define CP_OUCH_MONEY 10000              /* money in one step of a price on the wire */
#define CP_OUCH_PRICE_MAX 0x7735939Cu    /* 199,999.99, the highest limit price */
#define CP_OUCH_PRICE_MARKET 0x7FFFFFFFu /* a market order for a cross */
#define CP_OUCH_QTY_MAX 999999u

#define CP_OUCH_SYMBOL_SIZE 8
#define CP_OUCH_FIRM_SIZE 4
#define CP_OUCH_CL_ORD_ID_SIZE 14

#define CP_OUCH_TAG_COUNT 24  /* tags that are known */
#define CP_OUCH_UNKNOWN_MAX 8 /* elements of unknown tags that a message keeps */
#define CP_OUCH_OPTION_MAX 32 /* CP_OUCH_TAG_COUNT + CP_OUCH_UNKNOWN_MAX */
#define CP_OUCH_SIZE_MAX 388  /* of a message encode writes: 66 + 2 + 32 x (2 + 8) */

typedef enum cp_ouch_direction {
    CP_OUCH_INBOUND = 0, /* client to exchange */
    CP_OUCH_OUTBOUND = 1 /* exchange to client */
} cp_ouch_direction;

/* Options, by the tag on the wire. Text of four bytes goes through cp_ouch_text4, a peg
 * offset (signed, 1/10000) through cp_ouch_offset. */
typedef enum cp_ouch_tag {
    CP_OUCH_SECONDARY_REF = 1,          /* 8 bytes */
    CP_OUCH_FIRM = 2,                   /* text of 4 */
    CP_OUCH_MIN_QTY = 3,                /* 4 */
    CP_OUCH_CUSTOMER_TYPE = 4,          /* letter */
    CP_OUCH_MAX_FLOOR = 5,              /* 4: displayed part of a reserve order */
    CP_OUCH_PRICE_TYPE = 6,             /* letter */
    CP_OUCH_PEG_OFFSET = 7,             /* offset of 4 */
    CP_OUCH_DISCRETION_PRICE = 9,       /* 8 */
    CP_OUCH_DISCRETION_PRICE_TYPE = 10, /* letter */
    CP_OUCH_DISCRETION_OFFSET = 11,     /* offset of 4 */
    CP_OUCH_POST_ONLY = 12,             /* letter */
    CP_OUCH_RANDOM_RESERVES = 13,       /* 4 */
    CP_OUCH_ROUTE = 14,                 /* text of 4 */
    CP_OUCH_EXPIRE_TIME = 15,           /* 4: seconds to live */
    CP_OUCH_TRADE_NOW = 16,             /* letter */
    CP_OUCH_HANDLE_INST = 17,           /* letter */
    CP_OUCH_BBO_WEIGHT = 18,            /* letter */
    CP_OUCH_DISPLAY_QTY = 22,           /* 4 */
    CP_OUCH_DISPLAY_PRICE = 23,         /* 8 */
    CP_OUCH_GROUP_ID = 24,              /* 2 */
    CP_OUCH_SHARES_LOCATED = 25,        /* letter */
    CP_OUCH_LOCATE_BROKER = 26,         /* text of 4 */
    CP_OUCH_SIDE = 27,                  /* letter */
    CP_OUCH_USER_REF_IDX = 28           /* 1 */
} cp_ouch_tag;

/* Whether an appendage length is written when there are no options. */
typedef enum cp_ouch_form {
    CP_OUCH_FORM_STANDARD = 0, /* as the specification has it for the type */
    CP_OUCH_FORM_BARE = 1,     /* no length: the fixed fields alone */
    CP_OUCH_FORM_LENGTH = 2    /* a length, 0 if need be */
} cp_ouch_form;

/* `in` and `out` name the types that have the field. */
typedef struct cp_ouch_message {
    uint64_t timestamp_ns;      /* out all: since midnight, exchange time */
    uint64_t price;             /* in O U, out A U D E T: 1/10000 */
    uint64_t order_ref;         /* out A U T: the exchange's name of the order */
    uint64_t match_number;      /* out E B */
    uint32_t user_ref_num;      /* all but in Q, out S; out Q: the next usable */
    uint32_t orig_user_ref_num; /* in U, out U: the order replaced */
    uint32_t quantity; /* in O U X M: intended total; out A U M: open; C D E: this time */
    uint32_t qty_prevented;                 /* out D: shares that would have traded */
    uint16_t reject;                        /* out J: why, CP_OUCH_REJECT_* */
    uint8_t type;                           /* the letter */
    uint8_t side;                           /* in O M, out A U M: B S T E */
    uint8_t tif;                            /* in O U, out A U: 0 3 5 6 E */
    uint8_t display;                        /* in O U, out A U T: Y N A Z */
    uint8_t capacity;                       /* in O, out A U: A P R O */
    uint8_t iso;                            /* in O U, out A U: Y N */
    uint8_t cross;                          /* in O, out A U: N O C H S R E A */
    uint8_t state;                          /* out A U: L live, D dead */
    uint8_t reason;                         /* out C D B R: a letter */
    uint8_t liquidity;                      /* out D E */
    uint8_t aiq_strategy;                   /* out D */
    uint8_t event;                          /* out S: S start of day, E end of day */
    char symbol[CP_OUCH_SYMBOL_SIZE];       /* in O C, out A U X: padded with spaces */
    char firm[CP_OUCH_FIRM_SIZE];           /* in C D E, out X G K: padded */
    char cl_ord_id[CP_OUCH_CL_ORD_ID_SIZE]; /* in O U, out A U B J: padded */

    /* The appendage, in the order of the wire: use the calls below. */
    uint8_t form; /* cp_ouch_form; decode says BARE or LENGTH */
    uint8_t option_count;
    uint8_t unknown_count; /* of them, of tags that are not known */
    uint8_t reserved;
    uint16_t skipped_count; /* decode: unknown elements too long or too many to keep */
    uint16_t reserved_2;
    uint32_t present; /* bit n: tag n is there; known tags only */
    uint8_t tags[CP_OUCH_OPTION_MAX];
    uint8_t sizes[CP_OUCH_OPTION_MAX];   /* of the value, 0 to 8 bytes */
    uint64_t values[CP_OUCH_OPTION_MAX]; /* not cleared past option_count */
} cp_ouch_message;

/* ---- what a type has --------------------------------------------------------------- */

/* Bytes of a type's fixed fields, or 0 for a type that direction does not have. */
uint32_t cp_ouch_fixed_size(cp_ouch_direction direction, uint8_t type);
/* Tags the specification lists for a type, bit n for tag n. Others decode all the same.
 */
uint32_t cp_ouch_listed_tags(cp_ouch_direction direction, uint8_t type);
/* May it have an appendage at all? All but System Event may. */
bool cp_ouch_has_appendage(cp_ouch_direction direction, uint8_t type);
/* Bytes of a tag's value, or 0 for a tag OUCH 5.0 does not have. */
uint32_t cp_ouch_tag_size(uint8_t tag);

/* ---- options ----------------------------------------------------------------------- */

static inline bool cp_ouch_has(const cp_ouch_message *message, cp_ouch_tag tag)
{
    return (message->present >> tag & 1) != 0;
}

/* The value of a known tag, or `absent` when it is not there. */
uint64_t cp_ouch_option(const cp_ouch_message *message, cp_ouch_tag tag, uint64_t absent);
/* Add a known tag, or give it another value. */
void cp_ouch_set_option(cp_ouch_message *message, cp_ouch_tag tag, uint64_t value);

static inline uint64_t cp_ouch_text4(const char text[4])
{
    return cp_load_number((const uint8_t *)text, 4);
}

static inline uint64_t cp_ouch_offset(int32_t offset)
{
    return (uint32_t)offset;
}

/* ---- the codec --------------------------------------------------------------------- */

/* Read one message of exactly `size` bytes. An appendage length is asked of no type and
 * taken from all but System Event.
 *   0         decoded, every byte accounted for
 *   -EPROTO   no bytes; not the type's length; an appendage whose length is not that of
 * its elements; an element without a tag; a known tag twice or of the wrong size -ENOTSUP
 * a type that direction does not have */
int cp_ouch_decode(cp_ouch_direction direction, const uint8_t *bytes, uint32_t size,
                   cp_ouch_message *message);

/* Write one message; *size is its size. What decode has read comes out as the same bytes
 * unless elements were skipped.
 *   0         written
 *   -ENOTSUP  a type that direction does not have
 *   -EINVAL   options or a length where form or type allow none, or an option's value
 * does not fit its size -ENOBUFS  over `capacity` bytes: nothing is written;
 * CP_OUCH_SIZE_MAX always suffices */
int cp_ouch_encode(cp_ouch_direction direction, const cp_ouch_message *message,
                   uint8_t *bytes, uint32_t capacity, uint32_t *size);

/* ---- words ------------------------------------------------------------------------- */

/* Reasons of a Rejected. */
typedef enum cp_ouch_reject {
    CP_OUCH_REJECT_QUOTE_UNAVAILABLE = 0x01,
    CP_OUCH_REJECT_CLOSED = 0x02,
    CP_OUCH_REJECT_DISPLAY = 0x03,
    CP_OUCH_REJECT_MAX_FLOOR = 0x04,
    CP_OUCH_REJECT_PEG_TYPE = 0x05,
    CP_OUCH_REJECT_FAT_FINGER = 0x06,
    CP_OUCH_REJECT_HALTED = 0x07,
    CP_OUCH_REJECT_ISO = 0x08,
    CP_OUCH_REJECT_SIDE = 0x09,
    CP_OUCH_REJECT_PROCESSING = 0x0A,
    CP_OUCH_REJECT_CANCEL_PENDING = 0x0B,
    CP_OUCH_REJECT_FIRM = 0x0C,
    CP_OUCH_REJECT_MIN_QTY = 0x0D,
    CP_OUCH_REJECT_NO_CLOSING_PRICE = 0x0E,
    CP_OUCH_REJECT_OTHER = 0x0F,
    CP_OUCH_REJECT_CANCEL = 0x10,
    CP_OUCH_REJECT_PEGGING = 0x11,
    CP_OUCH_REJECT_CROSSED = 0x12,
    CP_OUCH_REJECT_QTY = 0x13,
    CP_OUCH_REJECT_CROSS = 0x14,
    CP_OUCH_REJECT_REPLACE = 0x15,
    CP_OUCH_REJECT_ROUTING = 0x16,
    CP_OUCH_REJECT_SYMBOL = 0x17,
    CP_OUCH_REJECT_TEST = 0x18,
    CP_OUCH_REJECT_LATE_LOC = 0x19,
    CP_OUCH_REJECT_RETAIL = 0x1A,
    CP_OUCH_REJECT_MIDPOINT_PRICE = 0x1B,
    CP_OUCH_REJECT_DESTINATION = 0x1C,
    CP_OUCH_REJECT_PRICE = 0x1D,
    CP_OUCH_REJECT_SHARES = 0x1E,
    CP_OUCH_REJECT_NOTIONAL = 0x1F,
    /* the exchange's own risk checks */
    CP_OUCH_REJECT_RISK_EXPOSURE = 0x20,
    CP_OUCH_REJECT_RISK_IMPACT = 0x21,
    CP_OUCH_REJECT_RISK_RESTRICTED = 0x22,
    CP_OUCH_REJECT_RISK_SHORT_RESTRICTED = 0x23,
    CP_OUCH_REJECT_RISK_ISO = 0x24,
    CP_OUCH_REJECT_RISK_ADV = 0x25,
    CP_OUCH_REJECT_RISK_FAT_FINGER = 0x26,
    CP_OUCH_REJECT_RISK_LOCATE = 0x27,
    CP_OUCH_REJECT_RISK_SYMBOL_RATE = 0x28,
    CP_OUCH_REJECT_RISK_PORT_RATE = 0x29,
    CP_OUCH_REJECT_RISK_DUPLICATE_RATE = 0x2A,
    CP_OUCH_REJECT_RISK_SHORT = 0x2B,
    CP_OUCH_REJECT_RISK_MARKET = 0x2C,
    CP_OUCH_REJECT_RISK_PRE_MARKET = 0x2D,
    CP_OUCH_REJECT_RISK_POST_MARKET = 0x2E,
    CP_OUCH_REJECT_RISK_SHORT_EXEMPT = 0x2F,
    CP_OUCH_REJECT_RISK_NOTIONAL = 0x30,
    CP_OUCH_REJECT_RISK_QTY = 0x31,
    CP_OUCH_REJECT_REG_SHO = 0x32,
    CP_OUCH_REJECT_RISK_IPO_MARKET = 0x33
} cp_ouch_reject;

#endif /* CP_OUCH_H */
