"""strategies.toml: a table a strategy, ``[name]``, in the order of the keys 1 to 9."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cockpit.config.fields import Checker, Field, Refused, check, dotted, field_of
from cockpit.config.models import StrategyOptions
from cockpit.config.problems import did_you_mean
from cockpit.config.universe import Universe
from cockpit.core import STRATEGY_KINDS, STRATEGY_MAX, Mode, StrategyKind
from cockpit.strategies.load import PREFIX, StrategyError, from_file

NAME = Field("name", "name", "a strategy's name")
KIND = Field("kind", "word", "which built-in strategy", choices=tuple(STRATEGY_KINDS))
MODE = Field(
    "mode",
    "word",
    "what it begins as; a key changes it while it runs",
    choices=tuple(mode.name.lower() for mode in Mode),
)

ORDERED = {
    "mean_reversion": ("exit_z", "entry_z"),
    "momentum": ("fast_ms", "slow_ms"),
    "pairs": ("exit_z", "entry_z"),
}
"""Of a built-in kind: the parameter that is to be no more than the other."""
RESERVED = "operator"
"""What commands call the orders by hand, which are no strategy's."""


def strategies_options(
    checker: Checker,
    table: Mapping[str, Any],
    universe: Universe | None,
    directory: Path = Path(),
) -> tuple[StrategyOptions, ...] | None:
    """The checked file, or None with the problems in ``checker``.

    ``universe`` None: the instruments are not known, so symbols are not checked.
    ``directory``: where ``kind = "file:..."`` begins.
    """
    before = len(checker.problems)
    if len(table) > STRATEGY_MAX:
        checker.report(
            list(table)[STRATEGY_MAX][:40], None, "one strategy too many",
            f"at most {STRATEGY_MAX} strategies",
        )  # fmt: skip
    found = [
        _strategy(checker, name, value, universe, directory)
        for name, value in table.items()
    ]
    if len(checker.problems) > before:
        return None
    return tuple(options for options in found if options is not None)


def _strategy(
    checker: Checker,
    name: str,
    value: object,
    universe: Universe | None,
    directory: Path,
) -> StrategyOptions | None:
    where = dotted("", name)
    try:
        check(NAME, name)
    except Refused as refused:
        checker.report(where, None, f"{refused}", NAME.allowed)
    if name == RESERVED:
        text = "the orders by hand are called so in commands"
        checker.report(where, None, text, "another name")
    elif name.isdecimal():
        text = "a number is a strategy's key in commands"
        checker.report(where, None, text, "a name with a letter")
    table = checker.table(value, where)
    if table is None:
        return None
    kind = _kind(checker, table, where, directory)
    mode = checker.value(table, MODE, where)
    symbol = _symbol(checker, table, "symbol", where, universe)
    if kind is None:  # then nobody knows which parameters are right
        return None
    symbol2: str | None = ""
    keys = ["kind", "symbol", "mode"]
    if kind.symbol_count > 1:
        keys.append("symbol2")
        symbol2 = _symbol(checker, table, "symbol2", where, universe)
        if symbol and symbol2 and _are_one(symbol, symbol2, universe):
            checker.report(
                dotted(where, "symbol2"), symbol2, "the same as symbol", "another one"
            )
            return None
    fields = [field_of(parameter) for parameter in kind.parameters]
    checker.unknown(table, [*keys, *(field.name for field in fields)], where)
    values = [checker.value(table, field, where) for field in fields]
    if mode is None or symbol is None or symbol2 is None or None in values:
        return None
    parameters = tuple(float(number) for number in values if number is not None)
    if not _are_in_order(checker, kind, parameters, where):
        return None
    mode = Mode[mode.upper()]
    return StrategyOptions(name, kind.name, symbol, mode, parameters, symbol2)


def _are_in_order(
    checker: Checker, kind: StrategyKind, parameters: tuple[float, ...], where: str
) -> bool:
    less, more = ORDERED.get(kind.name, ("", ""))
    named = dict(zip((one.name for one in kind.parameters), parameters, strict=True))
    if less not in named or more not in named or named[less] <= named[more]:
        return True
    text = f"more than {more}, which is {named[more]:g}"
    checker.report(dotted(where, less), named[less], text, f"at most {more}")
    return False


def _kind(
    checker: Checker, table: Mapping[str, Any], where: str, directory: Path
) -> StrategyKind | None:
    text = table.get("kind")
    if not (isinstance(text, str) and text.startswith(PREFIX)):
        name = checker.value(table, KIND, where)
        return None if name is None else STRATEGY_KINDS[name]
    try:
        return from_file(text, directory)
    except StrategyError as error:
        allowed = f"{', '.join(KIND.choices)}, or {PREFIX} and a .c, .so or .py file"
        checker.report(dotted(where, "kind"), text, f"{error}", allowed)
        return None


def _are_one(symbol: str, other: str, universe: Universe | None) -> bool:
    if universe is None:
        return symbol == other
    return universe.index(symbol) == universe.index(other)


def _symbol(
    checker: Checker,
    table: Mapping[str, Any],
    name: str,
    where: str,
    universe: Universe | None,
) -> str | None:
    key = dotted(where, name)
    allowed = universe.allowed if universe else "an instrument of desk.toml"
    if name not in table:
        checker.report(key, None, "missing", allowed)
        return None
    symbol = table[name]
    if not isinstance(symbol, str):
        checker.report(key, symbol, "not a text in quotes", allowed)
        return None
    if universe is not None and universe.index(symbol) is None:
        near = did_you_mean(symbol, universe.known)
        checker.report(key, symbol, "no such instrument" + near, allowed)
        return None
    return symbol
