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

static_assert(sizeof(cp_terms) == 16, "no padding: compared as bytes");

typedef struct cp_recent_entry {
    cp_terms terms;
    uint64_t step;                    /* the latest one counted */
    uint32_t counts[CP_RECENT_STEPS]; /* of it and those before, newest first */
    uint32_t reserved;
} cp_recent_entry;

typedef struct cp_recent {
    cp_recent_entry entries[CP_RECENT_SETS][CP_RECENT_WAYS];
} cp_recent;

static inline cp_recent_entry *cp_recent_set(cp_recent *recent, const cp_terms *terms)
{
    uint64_t words[2];
    memcpy(words, terms, sizeof(words));
    return recent->entries[cp_mix(words[0], words[1]) % CP_RECENT_SETS];
}

static inline bool cp_recent_is(const cp_recent_entry *entry, const cp_terms *terms)
{
    return entry->terms.price == terms->price &&
           memcmp(&entry->terms.qty, &terms->qty, 8) == 0;
}

/* Orders of these terms in the window that ends now. */
static inline uint32_t cp_recent_count(cp_recent *recent, const cp_terms *terms,
                                       uint64_t now_ns)
{
    uint64_t step = now_ns >> CP_RECENT_STEP_BITS;
    const cp_recent_entry *set = cp_recent_set(recent, terms);
    for (uint32_t i = 0; i < CP_RECENT_WAYS; i++) {
        if (!cp_recent_is(&set[i], terms))
            continue;
        uint64_t past = step > set[i].step ? step - set[i].step : 0;
        uint64_t total = 0;
        for (uint64_t j = 0; j + past < CP_RECENT_STEPS; j++)
            total += set[i].counts[j];
        return total < UINT32_MAX ? (uint32_t)total : UINT32_MAX;
    }
    return 0;
}

static inline void cp_recent_add(cp_recent *recent, const cp_terms *terms,
                                 uint64_t now_ns)
{
    uint64_t step = now_ns >> CP_RECENT_STEP_BITS;
    cp_recent_entry *set = cp_recent_set(recent, terms), *entry = set;
    for (uint32_t i = 0; i < CP_RECENT_WAYS; i++) {
        if (cp_recent_is(&set[i], terms)) {
            entry = &set[i];
            break;
        }
        if (set[i].step < entry->step)
            entry = &set[i];
    }
    if (!cp_recent_is(entry, terms))
        *entry = (cp_recent_entry){ .terms = *terms, .step = step };
    while (entry->step < step) {
        bool is_old = step - entry->step >= CP_RECENT_STEPS;
        for (uint32_t i = CP_RECENT_STEPS - 1; i > 0; i--)
            entry->counts[i] = is_old ? 0 : entry->counts[i - 1];
        entry->counts[0] = 0;
        entry->step = is_old ? step : entry->step + 1;
    }
    if (entry->counts[0] < UINT32_MAX)
        entry->counts[0]++;
}

#endif /* CP_RECENT_H */
