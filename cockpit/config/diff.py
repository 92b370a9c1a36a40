"""What is different between two values of a file, in words."""

from __future__ import annotations

from decimal import Decimal

from cockpit.config.fields import plain
from cockpit.config.models import RiskOptions, StrategyOptions
from cockpit.core import LIMITS, MONEY_SCALE, STRATEGY_KINDS, Parameter


def risk_changes(old: RiskOptions, new: RiskOptions) -> tuple[str, ...]:
    """One text a limit that differs: ``max_position 200 -> 150 lots``."""
    return tuple(
        f"{limit.name} {_limit(limit, before)} -> {_limit(limit, after)}{_unit(limit)}"
        for limit, before, after in zip(LIMITS, old.limits, new.limits, strict=True)
        if before != after
    )


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
    changes += [
        f"{parameter.name} {_number(before)} -> {_number(after)}{_unit(parameter)}"
        for parameter, before, after in zip(
            STRATEGY_KINDS[new.kind].parameters,
            old.parameters,
            new.parameters,
            strict=True,
        )
        if before != after
    ]
    return tuple(changes)


def _unit(parameter: Parameter) -> str:
    return f" {parameter.unit}" if parameter.unit else ""


def _number(value: float) -> str:
    return plain(Decimal(repr(value)))


def _limit(limit: Parameter, value: int) -> str:
    return plain(
        Decimal(value) / MONEY_SCALE if limit.kind == "money" else Decimal(value)
    )
