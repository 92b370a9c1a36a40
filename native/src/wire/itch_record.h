/* itch_record.h: all 23 messages of ITCH 5.0 with every field they have, read and written.
 *
 * itch.h reads what books are made of, and fast; this reads and writes all there is. One
 * struct serves all types; a type uses the fields its letter is named at. Letters and codes
 * stay as sent, known or not, so what was read comes out as the same bytes. Glimpse's end
 * of snapshot (`G`, twenty digits) has calls of its own.
 */
#ifndef CP_ITCH_RECORD_H
#define CP_ITCH_RECORD_H

#include "wire/bytes.h"
#include "wire/itch.h"

#define CP_ITCH_SNAPSHOT_END 'G'
#define CP_ITCH_SNAPSHOT_END_SIZE 21

/* Prices are in 1/10000, those of `V` in 1/10^8. */
typedef struct cp_itch_record {
    uint64_t locate;
    uint64_t tracking;  /* the exchange's own */
    uint64_t time_ns;   /* since midnight, 48 bits */
    uint64_t order_ref; /* A F E C X D P; U: the order replaced */
    uint64_t new_ref;   /* U */
    uint64_t match;     /* E C P Q B */
    uint64_t shares;    /* A F E C X U P, 32 bits; Q, 64; I: paired */
    uint64_t imbalance; /* I */
    uint64_t price;     /* A F U P; C: of the trade; Q: of the cross; K: of the offering;
                           I J: reference; O: near execution */
    uint64_t upper;     /* J; O: upper collar; I: far price */
    uint64_t lower;     /* J; O: lower collar; I: near price */
    uint64_t highest;   /* O: highest price; V: level 1 */
    uint64_t lowest;    /* O: lowest price; V: level 2 */
    uint64_t level_3;   /* V */
    uint64_t count;     /* R: round lot; J: extensions */
    uint64_t leverage;  /* R */
    uint64_t when;      /* K: release, seconds; O: near execution, ns */
    uint8_t type;
    uint8_t side;  /* A F P: B S; I: direction; N: interest */
    uint8_t code;  /* S: event; H: state; Y h: action; W: level; K: qualifier; Q I: cross
                          type; C: printable; O: eligible; L: market maker mode; R: market
                          category */
    uint8_t flag;  /* H: reserved; h: market; I: variation; L: primary; R: financial
                          status */
    uint8_t state; /* L: participant's; R: authenticity */
    uint8_t odd_lots;       /* R: round lots only */
    uint8_t class;          /* R: issue classification */
    uint8_t short_sale;     /* R */
    uint8_t offering;       /* R: IPO */
    uint8_t luld_tier;      /* R */
    uint8_t traded_product; /* R: ETP */
    uint8_t inverse;        /* R */
    char symbol[8];         /* R H Y L K J h A F P Q I N O: padded with spaces */
    char mpid[4];           /* F L */
    char reason[4];         /* H */
    char subtype[2];        /* R */
} cp_itch_record;

/* Read one message of exactly `size` bytes.
 *   0         decoded, every byte accounted for
 *   -EPROTO   not the type's length
 *   -ENOTSUP  a type that ITCH 5.0 does not have */
int cp_itch_record_decode(const uint8_t *bytes, uint32_t size, cp_itch_record *record);

/* Write one message of cp_itch_length(record->type) bytes; CP_ITCH_LENGTH_MAX always
 * suffice.
 *   0         written
 *   -ENOTSUP  a type that ITCH 5.0 does not have
 *   -EINVAL   a number does not fit its field: nothing of use is written */
int cp_itch_record_encode(const cp_itch_record *record, uint8_t *bytes);

/* Glimpse: the snapshot ends; the live stream goes on with that number. -EPROTO: not one. */
void cp_itch_snapshot_end_encode(uint64_t sequence,
                                 uint8_t bytes[CP_ITCH_SNAPSHOT_END_SIZE]);
int cp_itch_snapshot_end_decode(const uint8_t *bytes, uint32_t size, uint64_t *sequence);

#endif /* CP_ITCH_RECORD_H */
