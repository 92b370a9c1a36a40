#include "drive/log.h"

int cp_log_init(cp_log *log, uint64_t size)
{
    uint64_t count = (size + CP_LOG_SEGMENT_SIZE - 1) / CP_LOG_SEGMENT_SIZE;
    *log = (cp_log){ .segment_count = count < 2 ? 2 : count };
    log->segments = calloc(log->segment_count, sizeof *log->segments);
    if (!log->segments)
        return -ENOMEM;
    for (uint64_t i = 0; i < log->segment_count; i++) {
        log->segments[i].bytes = malloc(CP_LOG_SEGMENT_SIZE);
        if (!log->segments[i].bytes) {
            cp_log_free(log);
            return -ENOMEM;
        }
        /* Touched now, so that no message waits for the kernel to find the page. */
        memset(log->segments[i].bytes, 0, CP_LOG_SEGMENT_SIZE);
    }
    cp_log_clear(log, 1);
    return 0;
}

void cp_log_free(cp_log *log)
{
    for (uint64_t i = 0; log->segments && i < log->segment_count; i++)
        free(log->segments[i].bytes);
    free(log->segments);
    *log = (cp_log){ 0 };
}

void cp_log_clear(cp_log *log, uint64_t next)
{
    /* Segments keep counting, so that old cursors are seen to be old. */
    log->newest++;
    log->oldest = log->newest;
    log->next = next;
    cp_log_segment *segment = cp_log_segment_at(log, log->newest);
    segment->used = 0;
    segment->first = next;
}

void cp_log_turn(cp_log *log)
{
    log->newest++;
    if (log->newest - log->oldest == log->segment_count)
        log->oldest++;
    cp_log_segment *segment = cp_log_segment_at(log, log->newest);
    segment->used = 0;
    segment->first = log->next;
}

int cp_log_find(const cp_log *log, uint64_t sequence, cp_log_cursor *cursor)
{
    if (sequence < cp_log_first(log) || sequence > log->next)
        return -ERANGE;
    uint64_t number = log->newest;
    while (cp_log_segment_at(log, number)->first > sequence)
        number--;
    const cp_log_segment *segment = cp_log_segment_at(log, number);
    uint32_t offset = 0;
    for (uint64_t left = sequence - segment->first; left > 0; left--)
        offset += 2 + (uint32_t)cp_load_u16(segment->bytes + offset);
    *cursor = (cp_log_cursor){ number, offset };
    return 0;
}

uint32_t cp_log_read(const cp_log *log, cp_log_cursor *cursor, const uint8_t **bytes)
{
    CP_ASSERT(cp_log_holds(log, *cursor));
    const cp_log_segment *segment = cp_log_segment_at(log, cursor->segment);
    if (cursor->offset == segment->used && cursor->segment < log->newest) {
        *cursor = (cp_log_cursor){ cursor->segment + 1, 0 };
        segment = cp_log_segment_at(log, cursor->segment);
    }
    *bytes = segment->bytes + cursor->offset;
    return segment->used - cursor->offset;
}
