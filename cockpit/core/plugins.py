"""Strategies of a user's, taken into the core."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from cockpit._native import ffi, lib
from cockpit.core.codes import CoreError, text_of
from cockpit.core.tables import STRATEGY_KINDS, Parameter, StrategyKind, strategy_kind

PLUGIN_STATE_SIZE: int = lib.CP_PLUGIN_STATE_SIZE
FAULTS: tuple[str, ...] = tuple(
    text_of(lib.cp_fault_name(i)) for i in range(lib.CP_FAULT_COUNT)
)
_plugins: list[Any] = []  # what the core holds pointers to


class PluginWants(IntEnum):
    """What a strategy is called for; values add up."""

    PRICE = lib.CP_PLUGIN_PRICE
    QTY = lib.CP_PLUGIN_QTY
    TRADE = lib.CP_PLUGIN_TRADE


def _take_in(key: str, result: int, kind: Any, error: Any) -> StrategyKind:
    if result < 0:
        raise CoreError(text_of(error) or os.strerror(-result))
    found = replace(strategy_kind(int(kind[0])), name=key)
    STRATEGY_KINDS[key] = found
    return found


def load_strategy(key: str, library: Path) -> StrategyKind:
    """Load the strategy a shared library exports; ``STRATEGY_KINDS[key]`` from then on.

    Raises :class:`CoreError`: it is none, or was built for another interface.
    """
    kind, error = ffi.new("uint32_t *"), ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_strategy_load(os.fsencode(library), kind, error)
    return _take_in(key, result, kind, error)


def register_strategy(
    key: str,
    *,
    name: str,
    help: str,
    parameters: Sequence[Parameter],
    wants: int,
    state_size: int,
    symbol_count: int,
    callbacks: Mapping[str, int],
) -> StrategyKind:
    """Likewise one whose callbacks are at these addresses, by ``cp_plugin``'s names."""
    kinds = {"integer": lib.CP_PARAMETER_INTEGER, "float": lib.CP_PARAMETER_FLOAT}
    table = ffi.new("cp_parameter[]", max(len(parameters), 1))
    kept: list[Any] = [table]

    def text(value: str) -> Any:
        kept.append(ffi.new("char[]", value.encode()))
        return kept[-1]

    for place, parameter in zip(table, parameters, strict=False):
        place.name, place.unit = text(parameter.name), text(parameter.unit)
        place.help = text(parameter.help)
        place.minimum, place.maximum = parameter.minimum, parameter.maximum
        place.standard, place.kind = parameter.standard, kinds[parameter.kind]
    plugin = ffi.new("cp_plugin *")
    plugin.abi, plugin.seat_size = lib.CP_PLUGIN_ABI, ffi.sizeof("cp_plugin_seat")
    plugin.name, plugin.help = text(name), text(help)
    plugin.parameters, plugin.parameter_count = table, len(parameters)
    plugin.wants, plugin.state_size = wants, state_size
    plugin.symbol_count = symbol_count
    for callback, address in callbacks.items():
        pointer = ffi.typeof(getattr(plugin, callback))
        setattr(plugin, callback, ffi.cast(pointer, address))
    kind, error = ffi.new("uint32_t *"), ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_strategy_register(plugin, kind, error)
    _plugins.append((plugin, kept))
    return _take_in(key, result, kind, error)
