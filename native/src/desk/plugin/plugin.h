/* plugin.h: strategies of a user's: loaded, checked, called under guard. */
#ifndef CP_PLUGIN_H
#define CP_PLUGIN_H

#include "desk/strategy.h"

/* Which callback. */
typedef enum cp_plugin_call {
    CP_PLUGIN_START = 0,
    CP_PLUGIN_BOOK = 1,
    CP_PLUGIN_ON_TRADE = 2,
    CP_PLUGIN_FILL = 3,
    CP_PLUGIN_TIMER = 4
} cp_plugin_call;

/* Show the plugin the seat, call it, and take over what it wishes. After a fault it wishes
 * nothing, and its memory is not to be trusted any more. `side` and `qty` of a fill. */
cp_fault cp_plugin_run(const cp_plugin *plugin, cp_plugin_call call, void *state,
                       cp_seat *seat, cp_side side, uint32_t qty);

/* The kind of a number beyond the built-in ones, from 0; or NULL. */
const cp_strategy_kind *cp_plugin_kind(uint32_t index);
uint32_t cp_plugin_kind_count(void);

#endif /* CP_PLUGIN_H */
