/* matches.h: which executions have been counted, so that none is counted twice.
 *
 * The latest few hundred, by client id and match number: a link that repeats itself does
 * so at once, or from where a connection broke. Client ids never come back, so neither a
 * restart of the venue nor one of the desk can make two executions look like one.
 */
#ifndef CP_MATCHES_H
#define CP_MATCHES_H

#include "base/base.h"

#define CP_MATCH_SETS 128u
#define CP_MATCH_WAYS 8u

typedef struct cp_counted {
    uint64_t client_id;
    uint64_t match_ref; /* 0: free */
} cp_counted;

typedef struct cp_matches {
    cp_counted entries[CP_MATCH_SETS][CP_MATCH_WAYS];
    uint8_t next[CP_MATCH_SETS]; /* the way written next: the oldest */
} cp_matches;

/* Remember it. False: it was there. */
static inline bool cp_matches_add(cp_matches *matches, uint64_t client_id,
                                  uint64_t match_ref)
{
    if (match_ref == 0) /* the venue gives it no number */
        return true;
    uint32_t set = (uint32_t)(cp_mix(client_id, match_ref) >> 32) % CP_MATCH_SETS;
    cp_counted *ways = matches->entries[set];
    for (uint32_t i = 0; i < CP_MATCH_WAYS; i++)
        if (ways[i].match_ref == match_ref && ways[i].client_id == client_id)
            return false;
    ways[matches->next[set]++ % CP_MATCH_WAYS] = (cp_counted){ client_id, match_ref };
    return true;
}

#endif /* CP_MATCHES_H */
