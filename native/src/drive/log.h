/* log.h: a numbered stream of messages, kept so that anyone can read it again from any
 * number that is still there.
 *
 * Messages lie in it as SoupBinTCP packets, one behind the other, so what a connection is
 * sent is the log itself from its cursor on: replay and live are the same. Bounded: it is
 * a number of segments, and when the newest is full the oldest is written over. A reader
 * whose cursor was in it has lost its place, which is for the owner to notice.
 */
#ifndef CP_LOG_H
#define CP_LOG_H

#include "wire/soup.h"

#define CP_LOG_SEGMENT_SIZE (1u << 20)
#define CP_LOG_MESSAGE_MAX 1024 /* payload of one message */

typedef struct cp_log_segment {
    uint8_t *bytes;
    uint32_t used;
    uint64_t first; /* number of its first message */
} cp_log_segment;

typedef struct cp_log {
    cp_log_segment *segments;
    uint64_t segment_count;
    uint64_t oldest, newest; /* segments in use, counted since the start */
    uint64_t next;           /* number of the next message */
} cp_log;

/* A place between two messages, or inside one that has been sent in part. */
typedef struct cp_log_cursor {
    uint64_t segment;
    uint32_t offset;
} cp_log_cursor;

/* `size` bytes, rounded up to two segments at least. Numbering begins with 1. -ENOMEM. */
int cp_log_init(cp_log *log, uint64_t size);
void cp_log_free(cp_log *log);
/* Empty it; the next message has number `next`. */
void cp_log_clear(cp_log *log, uint64_t next);
void cp_log_turn(cp_log *log); /* for cp_log_claim */

static inline cp_log_segment *cp_log_segment_at(const cp_log *log, uint64_t segment)
{
    return &log->segments[segment % log->segment_count];
}

/* Room for a message of at most `size` bytes, CP_LOG_MESSAGE_MAX at most. */
static inline uint8_t *cp_log_claim(cp_log *log, uint32_t size)
{
    CP_ASSERT(size <= CP_LOG_MESSAGE_MAX);
    cp_log_segment *segment = cp_log_segment_at(log, log->newest);
    if (CP_UNLIKELY(segment->used + CP_SOUP_HEADER_SIZE + size > CP_LOG_SEGMENT_SIZE)) {
        cp_log_turn(log);
        segment = cp_log_segment_at(log, log->newest);
    }
    return segment->bytes + segment->used + CP_SOUP_HEADER_SIZE;
}

/* Add the message claimed, of `size` bytes. */
static inline void cp_log_publish(cp_log *log, uint32_t size)
{
    cp_log_segment *segment = cp_log_segment_at(log, log->newest);
    cp_soup_encode_header(segment->bytes + segment->used, CP_SOUP_SEQUENCED, size);
    segment->used += CP_SOUP_HEADER_SIZE + size;
    log->next++;
}

/* Number of the oldest message that is still there. */
static inline uint64_t cp_log_first(const cp_log *log)
{
    return cp_log_segment_at(log, log->oldest)->first;
}

static inline cp_log_cursor cp_log_end(const cp_log *log)
{
    return (cp_log_cursor){ log->newest, cp_log_segment_at(log, log->newest)->used };
}

/* The place before message `sequence`. -ERANGE: it is gone, or past the next. */
int cp_log_find(const cp_log *log, uint64_t sequence, cp_log_cursor *cursor);

/* Is what the cursor points at still there? */
static inline bool cp_log_holds(const cp_log *log, cp_log_cursor cursor)
{
    return cursor.segment >= log->oldest;
}

/* Bytes from the cursor on that lie together; none: it is at the end. The caller moves
 * cursor->offset past what it has used. */
uint32_t cp_log_read(const cp_log *log, cp_log_cursor *cursor, const uint8_t **bytes);

/* Bytes written since the cursor's place, at most: what a reader is behind. */
static inline uint64_t cp_log_behind(const cp_log *log, cp_log_cursor cursor)
{
    cp_log_cursor end = cp_log_end(log);
    return (end.segment - cursor.segment) * CP_LOG_SEGMENT_SIZE + end.offset -
           cursor.offset;
}

#endif /* CP_LOG_H */
