/* recent.h: how many orders of the same terms the last second saw, in fixed memory.
 *
 * Counted in steps of 2^29 ns, about half a second: the window is two whole steps and the
 * one under way, so never less than a second and at most 1.6. There is room for
 * CP_RECENT_SETS * CP_RECENT_WAYS different terms; of more, those longest not seen in
 * their set are forgotten.
 */
#ifndef CP_RECENT_H
#define CP_RECENT_H

#include "base/base.h"

#define CP_RECENT_STEP_BITS 29
#define CP_RECENT_STEPS 3
#define CP_RECENT_SETS 128u
#define CP_RECENT_WAYS 4u

typedef struct cp_terms {
    int64_t price;
    uint32_t qty;
    uint16_t symbol;
    uint8_t strategy;
    uint8_t side;
} cp_terms;

static_assert(CP_RECENT_STEPS == 3, "written out below");
static_assert(sizeof(cp_terms) == 16, "no padding: compared as bytes");

typedef struct cp_recent_entry {
    cp_terms terms;
    uint32_t step;                    /* the latest one counted; a lifetime fits */
    uint32_t counts[CP_RECENT_STEPS]; /* of it and those before, newest first */
} cp_recent_entry;

typedef struct cp_recent {
    alignas(CP_LINE) cp_recent_entry entries[CP_RECENT_SETS][CP_RECENT_WAYS];
    cp_terms terms;       /* those counted last, */
    cp_recent_entry *set; /* where they belong, */
    uint32_t found;       /* and where they stand there: bit an entry; 0: nowhere */
} cp_recent;

static_assert(sizeof(cp_recent_entry) * CP_RECENT_WAYS == CP_LINE_PAIR,
              "two lines a set");

static inline cp_recent_entry *cp_recent_set(cp_recent *recent, const cp_terms *terms)
{
    uint64_t words[2];
    memcpy(words, terms, sizeof(words));
    return recent->entries[cp_mix(words[0], words[1]) % CP_RECENT_SETS];
}

/* Bit i: entry i of the set is of these terms. Where it stands is a matter of chance, so
 * nothing here is a branch to be guessed. */
static inline uint32_t cp_recent_find(const cp_recent_entry *set, const cp_terms *terms)
{
    uint64_t wanted[2], its[2];
    uint32_t found = 0;
    memcpy(wanted, terms, sizeof(wanted));
    for (uint32_t i = 0; i < CP_RECENT_WAYS; i++) {
        memcpy(its, &set[i].terms, sizeof(its));
        uint64_t differs = (its[0] ^ wanted[0]) | (its[1] ^ wanted[1]);
        found |= (uint32_t)(differs == 0) << i;
    }
    return found;
}

/* Steps from the entry's latest until now; none counts beyond CP_RECENT_STEPS. */
static inline uint32_t cp_recent_past(const cp_recent_entry *entry, uint32_t step)
{
    uint32_t past = step > entry->step ? step - entry->step : 0;
    return past < CP_RECENT_STEPS ? past : CP_RECENT_STEPS;
}

/* Orders of these terms in the window that ends now. */
static inline uint32_t cp_recent_count(cp_recent *recent, const cp_terms *terms,
                                       uint64_t now_ns)
{
    recent->terms = *terms;
    cp_recent_entry *set = recent->set = cp_recent_set(recent, terms);
    uint32_t found = recent->found = cp_recent_find(set, terms);
    const cp_recent_entry *entry =
        &set[__builtin_ctz(found | 1u << (CP_RECENT_WAYS - 1))];
    uint32_t past = cp_recent_past(entry, (uint32_t)(now_ns >> CP_RECENT_STEP_BITS));
    uint64_t total = past < 1 ? entry->counts[2] : 0;
    total += past < 2 ? entry->counts[1] : 0;
    total += past < 3 ? entry->counts[0] : 0;
    total = found != 0 ? total : 0;
    return total < UINT32_MAX ? (uint32_t)total : UINT32_MAX;
}

/* One more of the terms that were counted last. */
static inline void cp_recent_add(cp_recent *recent, uint64_t now_ns)
{
    uint32_t step = (uint32_t)(now_ns >> CP_RECENT_STEP_BITS), oldest = 0;
    cp_recent_entry *set = recent->set;
    uint32_t found = recent->found;
    for (uint32_t i = 1; i < CP_RECENT_WAYS; i++)
        oldest = set[i].step < set[oldest].step ? i : oldest;
    cp_recent_entry *entry = &set[found != 0 ? (uint32_t)__builtin_ctz(found) : oldest];
    uint32_t past = found != 0 ? cp_recent_past(entry, step) : CP_RECENT_STEPS;
    uint32_t first = entry->counts[0], second = entry->counts[1];
    uint32_t third = entry->counts[2];
    entry->terms = recent->terms;
    entry->step = past > 0 ? step : entry->step;
    entry->counts[2] = past == 0 ? third : past == 1 ? second : past == 2 ? first : 0;
    entry->counts[1] = past == 0 ? second : past == 1 ? first : 0;
    first = past == 0 ? first : 0;
    entry->counts[0] = first + (first < UINT32_MAX);
}

#endif /* CP_RECENT_H */
