/* remote.h: an exchange in another process, as the desk's rings see it.
 *
 *     remote.c        two connections: made, logged in, listened to, timed out, made again
 *     order_client.c  the desk's orders as OUCH; answers as reports; what a break left open
 *     feed_client.c   ITCH as market data, by SoupBinTCP or MoldUDP64; books made whole again
 *     mold_client.c   datagrams put in order, and what is missing asked for
 *
 * All calls but cp_remote_is_up are for the thread that sees to the sockets.
 */
#ifndef CP_REMOTE_H
#define CP_REMOTE_H

#include "base/random.h"
#include "drive/engine.h"
#include "drive/net.h"
#include "drive/shadow.h"
#include "wire/itch_encode.h"
#include "wire/mold.h"
#include "wire/ouch.h"

#define CP_SERVER_PACKET_MAX 4096 /* bytes of the largest packet an exchange may send */
#define CP_ANSWER_NS 50000u       /* an exchange that is near has answered by then */
#define CP_MOLD_HELD_MAX 1024     /* datagrams that wait for an earlier one */

/* One connection to the exchange, which outlives its sockets. */
typedef struct cp_link {
    const char *name;
    cp_stream stream;
    cp_address address;
    uint32_t tag;
    uint32_t state; /* cp_link_state */
    uint32_t tries; /* that failed, since the last success */
    bool armed;
    bool waiting;     /* there may be a whole packet in what has been read */
    uint64_t read_ns; /* when that was */
    uint64_t since_ns, retry_at_ns;
    uint64_t connect_count, break_count;
    char session[CP_SOUP_SESSION_SIZE + 1]; /* empty: whichever there is */
    uint64_t next;                          /* number of the next message */
} cp_link;

/* An order we have sent, until its end. */
typedef struct cp_sent {
    uint64_t client_id; /* the desk's; of a stranger, one that no desk gives */
    uint64_t sent_ns;
    int64_t price;
    uint32_t user_ref; /* 0: of the journal, and not yet heard of */
    uint32_t total;    /* intended size of the chain, executions included */
    uint32_t leaves;   /* as last reported */
    uint32_t executed;
    uint32_t heard;         /* lots of what is said again that the journal counts */
    uint32_t next, prev;    /* by age; CP_NONE */
    uint32_t older, newer;  /* the order it is to replace, or be replaced by; CP_NONE */
    uint32_t by_id, by_ref; /* entries of the names */
    uint16_t symbol;
    uint8_t side;
    bool answered;
    bool cancel_sent;
    bool is_stranger; /* of a desk before us, and not in our journal */
    bool is_shown;    /* the desk has been told that it is there */
} cp_sent;

#define CP_QUESTIONS_MAX 1024

/* What the desk has asked: answered when the exchange has answered that account query. */
typedef struct cp_question {
    uint64_t original_id; /* 0: of all orders */
    uint64_t query;
} cp_question;

#define CP_COUNTED_MAX 1024

/* An execution that the desk's journal has counted. */
typedef struct cp_counted_match {
    uint64_t client_id;
    uint64_t match_ref;
} cp_counted_match;

typedef enum cp_feed_phase {
    CP_FEED_SNAPSHOT = 0, /* all that rests, and where the stream goes on */
    CP_FEED_PROBE = 1,    /* how far the stream has come */
    CP_FEED_STREAM = 2,
    CP_FEED_MOLD = 3 /* the stream comes as datagrams */
} cp_feed_phase;

/* A datagram that came before its time. */
typedef struct cp_held {
    uint64_t sequence;
    uint32_t size; /* 0: the place is free */
    uint8_t bytes[CP_MOLD_SIZE_ETHERNET];
} cp_held;

struct cp_remote {
    cp_engine *engine;
    cp_net net;
    cp_random random;
    cp_link orders, feed;
    _Atomic bool up;               /* orders may be sent */
    bool feed_waits;               /* it has been passed over once */
    uint64_t executed_count;       /* executions the desk was told of */
    uint32_t steps[CP_SYMBOL_MAX]; /* 1/10000 in one increment */
    char names[CP_SYMBOL_MAX][CP_ITCH_SYMBOL_SIZE];

    /* order_client.c */
    cp_sent *sent;
    uint32_t *sent_free;
    uint32_t sent_capacity, sent_free_count;
    uint32_t first, last; /* orders under way, by age */
    cp_pool names_pool; /* two a place: by client id (owner 0), by UserRefNum (owner 1) */
    cp_idmap names_map;
    uint32_t next_user_ref;
    bool ending_all; /* a new day: every order is being ended */
    bool asked;      /* how far the exchange has come, on this connection */
    bool settling;   /* it has answered: what it never had is being ended */
    bool name_due;   /* it is to be asked by name */
    bool named;      /* it has rejected what was asked by name */
    char asked_name[CP_OUCH_CL_ORD_ID_SIZE]; /* under which it was asked */
    uint32_t asked_ref;                      /* likewise */
    cp_question questions[CP_QUESTIONS_MAX];
    uint32_t question_first, question_count;
    bool query_due;             /* there are questions that no query follows yet */
    uint64_t query_count;       /* account queries since the link is up */
    uint64_t query_heard_count; /* and their answers */
    uint32_t unfollowed_count;  /* strangers there is no place for */
    bool was_ready;             /* all that was said before us has been heard */
    uint64_t heard_match;       /* executions up to it are in the journal */
    uint64_t match_max;         /* the latest one said */
    uint32_t unheard_count[CP_SYMBOL_MAX]; /* executions said again, in no journal */
    int64_t unheard_qty[CP_SYMBOL_MAX];    /* what they come to */
    uint64_t lost_before;
    uint32_t reports_claimed;
    cp_counted_match counted[CP_COUNTED_MAX];
    uint32_t counted_count;
    cp_histogram *tick_to_order, *order_to_ack;
    uint64_t sent_ns; /* when something was sent last */
    uint64_t practised_count;
    uint32_t unanswered_count;           /* orders that have no answer yet */
    uint64_t causes[CP_DESK_ORDERS_MAX]; /* T1 of what is about to be sent */

    /* feed_client.c */
    uint32_t phase;  /* cp_feed_phase */
    uint64_t target; /* recovered once the stream has come so far */
    bool recovered;
    bool break_due; /* the desk is still to be told of a break */
    bool imaging;   /* the desk is being told all that rests */
    uint32_t image_count, image_at;
    uint32_t *image;       /* orders of the shadow */
    uint32_t image_symbol; /* next symbol to be cleared */
    uint64_t md_sequence;  /* of the desk's market data; not the exchange's */
    uint32_t md_claimed;
    cp_shadow shadow;
    uint16_t *symbol_of; /* by locate; CP_NOBODY */
    bool listed[CP_SYMBOL_MAX];
    bool unusable[CP_SYMBOL_MAX];      /* priced in steps we do not have */
    uint8_t phase_of[CP_SYMBOL_MAX];   /* cp_phase, as far as ITCH tells it */
    uint8_t phase_told[CP_SYMBOL_MAX]; /* and as the desk knows it */

    /* mold_client.c */
    int mold_fd;              /* -1: none */
    cp_address mold_requests; /* where to ask for what is missing */
    bool mold_begun;
    cp_held *held;
    uint32_t held_count;
    uint64_t gap_since_ns; /* 0: no gap */
    uint64_t asked_ns;
    uint32_t ask_count;
    bool gap_told; /* the desk's books are stale for it */
    uint64_t mold_heard_ns;
};

int cp_remote_create(cp_remote **remote, cp_engine *engine, char *error);
void cp_remote_destroy(cp_remote *remote);

/* Take in what has arrived; true when there was something. */
bool cp_remote_receive(cp_remote *remote, uint64_t now_ns);
/* Send what the desk has said; true when there was something. */
bool cp_remote_send(cp_remote *remote);
bool cp_remote_is_idle(void *remote);
/* Walk the way of data in and of an order out, as far as nothing comes of it: what the next
 * ones need stays at hand. */
void cp_remote_practise(cp_remote *remote);
/* Log out. */
void cp_remote_close(cp_remote *remote);

/* From the desk's thread. */
static inline bool cp_remote_is_up(const cp_remote *remote)
{
    return atomic_load_explicit(&remote->up, memory_order_relaxed);
}

/* Has an order just left whose answer may be here at any moment? From the thread that sees
 * to the sockets. */
static inline bool cp_remote_expects(const cp_remote *remote, uint64_t now_ns)
{
    return remote->unanswered_count > 0 && now_ns - remote->sent_ns < CP_ANSWER_NS;
}

/* The connection is no good: close it and try again later. */
void cp_link_break(cp_remote *remote, cp_link *link, const char *why);
/* This connection has done what it was for: make the next one at once. */
void cp_link_again(cp_remote *remote, cp_link *link);
void cp_link_set(cp_remote *remote, cp_link *link, cp_link_state state);

/* ---- order_client.c ------------------------------------------------------------------------ */

int cp_order_client_init(cp_remote *remote);
void cp_order_client_free(cp_remote *remote);
void cp_order_client_login(cp_remote *remote, cp_soup_login *login);
void cp_order_client_accepted(cp_remote *remote, const cp_soup_accepted *accepted);
void cp_order_client_refused(cp_remote *remote);
void cp_order_client_broken(cp_remote *remote);
/* Is there room for whatever one message makes the desk hear? */
bool cp_order_client_has_room(cp_remote *remote);
void cp_order_client_take(cp_remote *remote, const uint8_t *bytes, uint32_t size);
/* Orders off the ring; true when there were any. */
bool cp_order_client_send(cp_remote *remote);
/* What is under way besides; and reports to the desk. */
void cp_order_client_carry(cp_remote *remote);
void cp_order_client_practise(cp_remote *remote);

/* ---- feed_client.c ------------------------------------------------------------------------- */

int cp_feed_client_init(cp_remote *remote);
void cp_feed_client_free(cp_remote *remote);
void cp_feed_client_login(cp_remote *remote, cp_soup_login *login);
void cp_feed_client_accepted(cp_remote *remote, const cp_soup_accepted *accepted);
void cp_feed_client_refused(cp_remote *remote);
void cp_feed_client_broken(cp_remote *remote);
bool cp_feed_client_has_room(cp_remote *remote);
/* One message, the next of its stream. */
void cp_feed_client_take(cp_remote *remote, const uint8_t *bytes, uint32_t size);
/* The desk's books are not to be trusted from here on. */
void cp_feed_client_doubt(cp_remote *remote);
/* They are: build them anew. */
void cp_feed_client_trust(cp_remote *remote);
/* Start over with a snapshot. */
void cp_feed_client_restart(cp_remote *remote, const char *why);
void cp_feed_client_carry(cp_remote *remote);
void cp_feed_client_practise(void);

/* ---- mold_client.c -------------------------------------------------------------------------- */

int cp_mold_client_init(cp_remote *remote, char *error);
void cp_mold_client_free(cp_remote *remote);
/* From this number of the session on. */
void cp_mold_client_begin(cp_remote *remote);
bool cp_mold_client_receive(cp_remote *remote);
void cp_mold_client_on_timer(cp_remote *remote);

#endif /* CP_REMOTE_H */
