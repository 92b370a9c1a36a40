"""What is different between two values of a file, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from cockpit.config.fields import plain
from cockpit.config.models import RiskOptions, StrategyOptions
from cockpit.core import (
    LIMITS,
    MONEY_SCALE,
    STRATEGY_KINDS,
    TRIGGERS,
    Parameter,
    Scope,
)


def risk_changes(old: RiskOptions, new: RiskOptions) -> tuple[str, ...]:
    """One text a limit that differs: ``max_position 200 -> 150 lots``.

    Before a narrower one stands of what it is, ``symbols.ACME.max_position none -> 50``.
    """
    was = {one.key: one.value for one in old.narrower}
    will = {one.key: one.value for one in new.narrower}
    rows: list[tuple[str, Parameter, int | None, int | None]] = [
        *zip(("",) * len(LIMITS), LIMITS, old.limits, new.limits, strict=True)
    ]
    rows += [
        (_of(key[0], key[1]), LIMITS[key[2]], was.get(key), will.get(key))
        for key in sorted(was.keys() | will.keys())
    ]
    rows += zip(
        ("breakers.",) * len(TRIGGERS), TRIGGERS, old.triggers, new.triggers, strict=True
    )
    return tuple(
        of + limit_change(limit, before, after)
        for of, limit, before, after in rows
        if before != after
    )


def limit_change(limit: Parameter, before: int | None, after: int | None) -> str:
    """``max_position 200 -> 150 lots``; None: no limit."""
    return f"{limit.name} {_limit(limit, before)} -> {_limit(limit, after)}{_unit(limit)}"


def _of(scope: Scope, target: str) -> str:
    table = {Scope.SYMBOL: "symbols", Scope.STRATEGY: "strategies"}[scope]
    return f"{table}.{target}."


def strategy_changes(old: StrategyOptions, new: StrategyOptions) -> tuple[str, ...]:
    """One text a thing that differs between two tables of one name."""
    changes = [
        f"{key} {before} -> {after}"
        for key, before, after in (
            ("kind", old.kind, new.kind),
            ("symbol", old.symbol, new.symbol),
            ("symbol2", old.symbol2 or "none", new.symbol2 or "none"),
            ("mode", old.mode.name.lower(), new.mode.name.lower()),
        )
        if before != after
    ]
    if old.kind != new.kind:  # then no parameter means the same any more
        return tuple(changes)
    return (
        *changes,
        *parameter_changes(STRATEGY_KINDS[new.kind].parameters, old.named, new.named),
    )


def parameter_changes(
    parameters: Iterable[Parameter], old: Mapping[str, float], new: Mapping[str, float]
) -> tuple[str, ...]:
    """Likewise a parameter, of those that both have."""
    return tuple(
        f"{parameter.name} {_number(old[parameter.name])} -> "
        f"{_number(new[parameter.name])}{_unit(parameter)}"
        for parameter in parameters
        if parameter.name in old
        and parameter.name in new
        and old[parameter.name] != new[parameter.name]
    )


def _unit(parameter: Parameter) -> str:
    return f" {parameter.unit}" if parameter.unit else ""


def _number(value: float) -> str:
    return plain(Decimal(repr(value)))


def _limit(limit: Parameter, value: int | None) -> str:
    if value is None:
        return "none"
    return plain(
        Decimal(value) / MONEY_SCALE if limit.kind == "money" else Decimal(value)
    )
