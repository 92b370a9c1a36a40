/* exchange.h: the venue as others see it: order sessions (OUCH over SoupBinTCP), the feed
 * (ITCH over SoupBinTCP and MoldUDP64) and what was missed of it.
 *
 *     exchange.c      connections: accepted, logged in, listened to, timed out, cut off
 *     order_server.c  what users ask becomes orders; the venue's reports become answers
 *     feed_server.c   market data becomes the feed; snapshots; MoldUDP64
 *
 * Joined to the venue by the engine's three rings. All calls are for the thread that sees
 * to the sockets. Limits and what happens at them are in docs/exchange.md.
 */
#ifndef CP_EXCHANGE_H
#define CP_EXCHANGE_H

#include "drive/engine.h"
#include "drive/log.h"
#include "drive/net.h"
#include "drive/shadow.h"
#include "wire/itch_encode.h"
#include "wire/mold.h"
#include "wire/ouch.h"

#define CP_CLIENT_PACKET_MAX 512 /* bytes of the largest packet a client may send */
#define CP_ROUND_MAX 256         /* messages taken from one ring in one round */
#define CP_DUE_MAX 8192          /* cancels that wait for room on the way to the venue */
#define CP_SNAPSHOT_SESSION "GLIMPSE"

typedef enum cp_door { CP_DOOR_ORDERS = 0, CP_DOOR_FEED = 1 } cp_door;

/* One connection. */
typedef struct cp_guest {
    cp_stream stream;
    uint8_t door; /* cp_door */
    bool logged_in;
    bool leaving; /* closed as soon as what waits has been sent */
    bool is_snapshot;
    bool armed;        /* watched for being writable, too */
    uint32_t port;     /* ORDERS, logged in: whose */
    const cp_log *log; /* what it is sent, once logged in */
    cp_log_cursor cursor;
    uint64_t since_ns;
    char user[8];
    char peer[CP_PEER_SIZE];
} cp_guest;

/* One user's order entry: it outlives connections. */
typedef struct cp_port {
    cp_user user;
    uint16_t participant;
    bool disabled;    /* by the user: no new orders */
    bool sweeping;    /* some or all of its orders are being pulled */
    bool sweep_asked; /* the venue has been told */
    uint32_t guest;   /* its connection, or CP_NONE */
    uint32_t last_user_ref;
    uint32_t first, last;   /* its orders, by age; CP_NONE */
    uint32_t pulled;        /* by the sweep under way */
    uint16_t sweep_symbol;  /* what is being pulled: of one symbol, or CP_NOBODY */
    uint8_t sweep_side;     /* of one side, or CP_SIDE_BOTH */
    uint32_t mass_user_ref; /* of the mass cancel the sweep answers, or 0 */
    char mass_firm[CP_OUCH_FIRM_SIZE];
    char mass_symbol[CP_OUCH_SYMBOL_SIZE];
    cp_log log;
} cp_port;

/* An order between its entry and its end, as its user knows it. */
typedef struct cp_port_order {
    uint32_t user_ref;
    uint32_t port;
    uint32_t total;       /* intended size of the chain, executions included */
    uint32_t leaves;      /* as last reported; 0 before the venue has taken it */
    uint32_t display_qty; /* shown at a time; 0: all */
    uint32_t next, prev;  /* of the same user; CP_NONE */
    int64_t price;        /* increments */
    uint16_t symbol;
    uint8_t side; /* as sent: B S T E */
    uint8_t tif;
    uint8_t display;
    uint8_t capacity;
    bool market;
    uint8_t modifying; /* answers to Modify that are due */
    char cl_ord_id[CP_OUCH_CL_ORD_ID_SIZE];
} cp_port_order;

/* A cancel that waits for room. */
typedef struct cp_due {
    uint32_t port;
    uint32_t user_ref;
} cp_due;

typedef struct cp_exchange {
    cp_engine *engine;
    cp_net net;
    int listeners[2]; /* by cp_door */
    char session[CP_SOUP_SESSION_SIZE + 1];

    cp_guest *guests;
    uint32_t guest_count; /* places */
    uint32_t *active;     /* places in use */
    uint32_t active_count;
    uint64_t look_ns; /* when all sockets are looked at next */

    /* order_server.c */
    cp_port ports[CP_USER_MAX];
    uint32_t port_count;
    cp_port_order *orders;
    cp_pool order_pool; /* id: user_ref, owner: port */
    cp_idmap order_map;
    cp_due dues[CP_DUE_MAX];
    uint32_t due_count;
    uint32_t orders_claimed; /* lines of the order ring written and not yet published */

    /* feed_server.c */
    uint32_t steps[CP_SYMBOL_MAX]; /* 1/10000 in one increment */
    char names[CP_SYMBOL_MAX][CP_ITCH_SYMBOL_SIZE];
    uint8_t trading[CP_SYMBOL_MAX]; /* what ITCH calls the phase: T, Q or H */
    cp_log feed;
    cp_log snapshot;
    cp_shadow shadow;
    uint32_t snapshot_readers;
    uint64_t last_day_ns; /* time of the latest message: it never goes back */
    int mold_fd;
    bool mold_publishes;
    bool mold_blocked;
    cp_address mold_to;
    cp_log_cursor mold_cursor;
    uint64_t mold_sequence;
    uint64_t mold_said_ns;
} cp_exchange;

int cp_exchange_create(cp_exchange **exchange, cp_engine *engine, char *error);
void cp_exchange_destroy(cp_exchange *exchange);

/* Take in what has arrived; true when there was something. */
bool cp_exchange_receive(cp_exchange *exchange, uint64_t now_ns);
/* Send what the venue has said; true when there was something. */
bool cp_exchange_send(cp_exchange *exchange, uint64_t now_ns);
/* Is there nothing on the rings? */
bool cp_exchange_is_idle(void *exchange);
/* The day is over: say so to everybody and let go of them. */
void cp_exchange_close(cp_exchange *exchange);

/* ---- order_server.c -------------------------------------------------------------------- */

int cp_order_server_init(cp_exchange *exchange);
void cp_order_server_free(cp_exchange *exchange);
/* One OUCH message of a user; false: there is no room on the way to the venue, come again. */
bool cp_order_server_take(cp_exchange *exchange, cp_port *port, const uint8_t *bytes,
                          uint32_t size);
/* Reports become answers; true when there were any. */
bool cp_order_server_answer(cp_exchange *exchange);
/* Pull all its orders: its connection is gone. */
void cp_order_server_pull(cp_exchange *exchange, cp_port *port);
/* Send what waits for room on the way to the venue. */
void cp_order_server_carry(cp_exchange *exchange);
void cp_order_server_say_event(cp_exchange *exchange, uint8_t event);
/* ---- feed_server.c --------------------------------------------------------------------- */

int cp_feed_server_init(cp_exchange *exchange, char *error);
void cp_feed_server_free(cp_exchange *exchange);
/* Market data becomes the feed; true when there was any. */
bool cp_feed_server_publish(cp_exchange *exchange);
/* Write all that rests into exchange->snapshot, unless somebody is reading it. */
void cp_feed_server_take_snapshot(cp_exchange *exchange);
void cp_feed_server_mold_requests(cp_exchange *exchange);
void cp_feed_server_mold_publish(cp_exchange *exchange, bool is_end);
void cp_feed_server_say_event(cp_exchange *exchange, uint8_t event);

#endif /* CP_EXCHANGE_H */
