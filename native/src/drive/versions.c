/* versions.c: kept, read and written. */
#include "drive/versions.h"

static_assert(sizeof(cp_strategy_version) <= CP_VERSION_PARTS * CP_JOURNAL_BODY &&
                  sizeof(cp_strategy_version) > (CP_VERSION_PARTS - 1) * CP_JOURNAL_BODY,
              "as many parts as it takes");
/* Of the strategies there are, none is ever forgotten for one that is gone. */
static_assert(CP_VERSION_MAX >= CP_STRATEGY_MAX * CP_VERSION_EACH + 1,
              "room for one more");

static bool is_of(const cp_strategy_version *version, const char *name)
{
    return strncmp(version->name, name, CP_NAME_SIZE) == 0;
}

static void forget(cp_versions *versions, uint32_t index)
{
    cp_strategy_version *at = &versions->kept[index];
    versions->count--;
    memmove(at, at + 1, (versions->count - index) * sizeof *at);
}

static bool is_in_use(const cp_desk *desk, const char *name)
{
    for (uint32_t i = 0; desk && i < CP_STRATEGY_MAX; i++) {
        const cp_strategy_config *strategy = cp_desk_strategy(desk, i);
        if (strategy->used && strncmp(strategy->name, name, CP_NAME_SIZE) == 0)
            return true;
    }
    return false;
}

/* The oldest of its name when there are enough of that; else the oldest of one gone. */
static void make_room(cp_versions *versions, const char *name, const cp_desk *desk)
{
    uint32_t same = 0, oldest = 0;
    for (uint32_t i = versions->count; i-- > 0;) {
        if (!is_of(&versions->kept[i], name))
            continue;
        same++;
        oldest = i;
    }
    if (same >= CP_VERSION_EACH) {
        forget(versions, oldest);
        return;
    }
    if (versions->count < CP_VERSION_MAX)
        return;
    uint32_t gone = 0;
    while (gone + 1 < versions->count && (is_of(&versions->kept[gone], name) ||
                                          is_in_use(desk, versions->kept[gone].name)))
        gone++;
    forget(versions, gone);
}

void cp_versions_add(cp_versions *versions, const cp_strategy_version *version,
                     const cp_desk *desk)
{
    if (version->version > versions->latest)
        versions->latest = version->version;
    make_room(versions, version->name, desk);
    versions->kept[versions->count++] = *version;
}

const cp_strategy_version *cp_versions_find(const cp_versions *versions, const char *name)
{
    for (uint32_t i = versions->count; i-- > 0;)
        if (is_of(&versions->kept[i], name))
            return &versions->kept[i];
    return NULL;
}

cp_strategy_version cp_version_of(const cp_strategy_config *config, int64_t wall_ns)
{
    cp_strategy_version made = { .version = config->version,
                                 .hash = config->hash,
                                 .layout = cp_strategy_layout(config->kind),
                                 .wall_ns = wall_ns };
    memcpy(made.name, config->name, sizeof made.name);
    memcpy(made.parameters, config->parameters, sizeof made.parameters);
    return made;
}

/* ---- in a journal ----------------------------------------------------------------------- */

static uint32_t size_of_part(uint32_t part)
{
    size_t left = sizeof(cp_strategy_version) - part * (size_t)CP_JOURNAL_BODY;
    return (uint32_t)(left < CP_JOURNAL_BODY ? left : CP_JOURNAL_BODY);
}

/* A later file repeats what is known by then. */
static bool is_known(const cp_versions *versions, const cp_strategy_version *version)
{
    for (uint32_t i = 0; i < versions->count; i++)
        if (memcmp(&versions->kept[i], version, sizeof *version) == 0)
            return true;
    return false;
}

static int take_part(cp_versions *versions, const cp_journal_record *record)
{
    cp_strategy_version *reading = &versions->reading;
    if (record->part != 0 && record->part != versions->read_count)
        return -EBADMSG;
    memcpy((uint8_t *)reading + record->part * (size_t)CP_JOURNAL_BODY, record->body,
           size_of_part(record->part));
    versions->read_count = record->part + 1u;
    if (versions->read_count < CP_VERSION_PARTS)
        return 0;
    versions->read_count = 0;
    if (!memchr(reading->name, 0, sizeof reading->name) ||
        !memchr(reading->who, 0, sizeof reading->who))
        return -EBADMSG;
    if (!is_known(versions, reading))
        cp_versions_add(versions, reading, NULL);
    return 0;
}

int cp_versions_take(cp_versions *versions, const cp_journal_record *record)
{
    if (record->kind == CP_JOURNAL_STRATEGY) {
        cp_journal_strategy body;
        memcpy(&body, record->body, sizeof body);
        if (body.version > versions->latest)
            versions->latest = body.version;
    }
    if (record->kind != CP_JOURNAL_PARAMETERS)
        return 0;
    return record->part < CP_VERSION_PARTS ? take_part(versions, record) : -EBADMSG;
}

void cp_version_write(const cp_strategy_version *version, cp_journal *journal,
                      uint64_t now_ns)
{
    for (uint16_t part = 0; part < CP_VERSION_PARTS; part++)
        cp_journal_add(journal, CP_JOURNAL_PARAMETERS, part, now_ns,
                       (const uint8_t *)version + part * (size_t)CP_JOURNAL_BODY,
                       size_of_part(part));
}
