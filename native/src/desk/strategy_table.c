/* strategy_table.c: the strategies there are, and what they say of themselves. */
#include "desk/plugin/plugin.h"

/* Files and controls name a kind by its place here: new ones go to the end. */
static const cp_strategy_kind *const kinds[] = {
    &cp_mean_reversion, &cp_momentum, &cp_market_maker, &cp_avellaneda_stoikov,
    &cp_glft_maker,     &cp_breakout, &cp_imbalance,    &cp_flow_taker,
    &cp_pairs,          &cp_twap,     &cp_vwap,         &cp_pov,
    &cp_almgren_chriss,
};

#define BUILT_IN ((uint32_t)(sizeof(kinds) / sizeof(kinds[0])))

const cp_strategy_kind *cp_strategy_kind_at(uint32_t kind)
{
    return kind < BUILT_IN ? kinds[kind] : cp_plugin_kind(kind - BUILT_IN);
}

uint32_t cp_strategy_kind_count(void)
{
    return BUILT_IN + cp_plugin_kind_count();
}

const char *cp_strategy_kind_name(uint32_t kind)
{
    const cp_strategy_kind *found = cp_strategy_kind_at(kind);
    return found ? found->name : NULL;
}

const char *cp_strategy_kind_help(uint32_t kind)
{
    const cp_strategy_kind *found = cp_strategy_kind_at(kind);
    return found ? found->help : NULL;
}

uint32_t cp_strategy_symbol_count(uint32_t kind)
{
    const cp_strategy_kind *found = cp_strategy_kind_at(kind);
    return found ? found->two_symbols ? 2 : 1 : 0;
}

uint32_t cp_strategy_parameter_count(uint32_t kind)
{
    const cp_strategy_kind *found = cp_strategy_kind_at(kind);
    return found ? found->parameter_count : 0;
}

const cp_parameter *cp_strategy_parameter(uint32_t kind, uint32_t index)
{
    return index < cp_strategy_parameter_count(kind)
               ? &cp_strategy_kind_at(kind)->parameters[index]
               : NULL;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    do
        hash = cp_mix(hash, (uint8_t)*text);
    while (*text++ != 0);
    return hash;
}

uint64_t cp_strategy_layout(uint32_t kind)
{
    const cp_strategy_kind *found = cp_strategy_kind_at(kind);
    if (!found)
        return 0;
    uint64_t hash = mix_text(0, found->name);
    for (uint32_t i = 0; i < found->parameter_count; i++)
        hash = mix_text(hash, found->parameters[i].name);
    return hash;
}

int cp_strategy_check_parameters(const cp_strategy_kind *kind, const double *parameters)
{
    for (uint32_t i = 0; i < kind->parameter_count; i++) {
        const cp_parameter *declared = &kind->parameters[i];
        /* Written so that NaN, which compares with nothing, fails too. */
        if (!(parameters[i] >= declared->minimum && parameters[i] <= declared->maximum))
            return -EINVAL;
        if (declared->kind == CP_PARAMETER_INTEGER &&
            parameters[i] != (double)(int64_t)parameters[i])
            return -EINVAL;
    }
    return 0;
}
