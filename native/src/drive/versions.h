/* versions.h: what each strategy has run with lately, over restarts, so that an operator can
 * go back to it. The history of the desk's settings, not of its trading: the desk itself
 * does not know it. */
#ifndef CP_VERSIONS_H
#define CP_VERSIONS_H

#include "desk/desk.h"
#include "drive/journal.h"

#define CP_VERSION_PARTS 3u

typedef struct cp_versions {
    cp_strategy_version kept[CP_VERSION_MAX]; /* oldest first */
    uint32_t count;
    uint64_t latest; /* the highest number there was */
    /* Who asked for what is in a slot, or is about to be. */
    char asked_by[CP_STRATEGY_MAX][CP_WHO_SIZE];
    cp_strategy_version reading; /* parts of it have been read */
    uint32_t read_count;
} cp_versions;

/* Remember one. Of its name the CP_VERSION_EACH latest are kept; when there is no more room
 * the oldest of a name that is not the desk's (NULL: any) goes. */
void cp_versions_add(cp_versions *versions, const cp_strategy_version *version,
                     const cp_desk *desk);
/* The latest of that name, or NULL. */
const cp_strategy_version *cp_versions_find(const cp_versions *versions,
                                            const char *name);
/* What a strategy runs with, as a version. */
cp_strategy_version cp_version_of(const cp_strategy_config *config, int64_t wall_ns);

/* One record of a journal, whatever it says. -EBADMSG: not as they are written. */
int cp_versions_take(cp_versions *versions, const cp_journal_record *record);
/* The three records of one. */
void cp_version_write(const cp_strategy_version *version, cp_journal *journal,
                      uint64_t now_ns);

#endif /* CP_VERSIONS_H */
