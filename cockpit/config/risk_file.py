"""risk.toml: the limits of the desk, and narrower ones; what the breakers trip at.

``[limits]`` holds every global limit; none can be left out. ``[symbols.NAME]`` and
``[strategies.NAME]`` hold what is to be tighter for one instrument or one strategy, any
of the limits that can be of one. ``[breakers]`` can be left out as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cockpit.config.fields import Checker, Field, dotted, field_of
from cockpit.config.models import NarrowerLimit, RiskOptions
from cockpit.config.problems import did_you_mean
from cockpit.config.universe import Universe
from cockpit.core import LIMITS, SCOPED_MAX, SCOPES, TRIGGERS, Scope

FIELDS = tuple(field_of(parameter) for parameter in LIMITS)
TRIGGER_FIELDS = tuple(field_of(parameter) for parameter in TRIGGERS)
TABLES = {"symbols": Scope.SYMBOL, "strategies": Scope.STRATEGY}
"""The tables of narrower limits."""


def risk_options(
    checker: Checker,
    table: Mapping[str, Any],
    universe: Universe | None = None,
    strategies: Sequence[str] | None = None,
) -> RiskOptions | None:
    """The checked file, or None with the problems in ``checker``.

    ``universe`` and ``strategies`` say what there is; None: not known, so not checked.
    """
    checker.unknown(table, ["limits", *TABLES, "breakers"], "")
    if "limits" not in table:
        checker.report("limits", None, "missing", "a table, written [limits]")
        return None
    limits = checker.table(table["limits"], "limits")
    if limits is None:
        return None
    values = checker.values(limits, FIELDS, "limits")
    narrower = [
        *_narrower(checker, table, "symbols", universe, None),
        *_narrower(checker, table, "strategies", None, strategies),
    ]
    if len(narrower) > SCOPED_MAX:
        checker.report(
            "symbols, strategies", None,
            f"{len(narrower)} limits of instruments and strategies",
            f"at most {SCOPED_MAX}",
        )  # fmt: skip
    triggers = _triggers(checker, table)
    if values is None or checker.problems:
        return None
    return RiskOptions(
        tuple(values[field.name] for field in FIELDS), tuple(sorted(narrower)), triggers
    )


def _triggers(checker: Checker, table: Mapping[str, Any]) -> tuple[int, ...]:
    if "breakers" not in table:
        return tuple(int(trigger.standard) for trigger in TRIGGERS)
    found = checker.table(table["breakers"], "breakers")
    values = (
        checker.values(found, TRIGGER_FIELDS, "breakers") if found is not None else {}
    )
    return tuple((values or {}).get(field.name) or 0 for field in TRIGGER_FIELDS)


def _narrower(
    checker: Checker,
    table: Mapping[str, Any],
    name: str,
    universe: Universe | None,
    strategies: Sequence[str] | None,
) -> list[NarrowerLimit]:
    """``[symbols.*]`` or ``[strategies.*]``."""
    scope = TABLES[name]
    found: list[NarrowerLimit] = []
    named = checker.table(table[name], name) if name in table else {}
    for target, limits in (named or {}).items():
        where = dotted(name, target)
        if universe is not None and universe.index(target) is None:
            near = did_you_mean(target, universe.known)
            checker.report(where, None, "no such instrument" + near, universe.allowed)
        if strategies is not None and target not in strategies:
            near = did_you_mean(target, strategies)
            checker.report(where, None, "no such strategy" + near, ", ".join(strategies))
        held = checker.table(limits, where)
        if held is None:
            continue
        fields = fields_of(scope)
        _unknown(checker, held, where, scope)
        for index, field in fields.items():
            if field.name not in held:
                continue
            value = checker.value(held, field, where)
            if value is not None:
                found.append(NarrowerLimit(scope, target, index, value))
    return found


def fields_of(scope: Scope) -> dict[int, Field]:
    """The limits that can be of such a scope, by their index."""
    return {
        index: field
        for index, (limit, field) in enumerate(zip(LIMITS, FIELDS, strict=True))
        if scope in limit.scopes
    }


def _unknown(
    checker: Checker, table: Mapping[str, Any], where: str, scope: Scope
) -> None:
    """Report every key that is no limit, or none of this scope."""
    allowed = [field.name for field in fields_of(scope).values()]
    for key in table:
        if key in allowed:
            continue
        what = "no such key" + did_you_mean(key, allowed)
        for limit in LIMITS:
            if limit.name == key:
                scopes = " or ".join(SCOPES[one] for one in sorted(limit.scopes))
                what = f"not a limit of one {SCOPES[scope]} (it is {scopes})"
        checker.report(dotted(where, key), table[key], what, ", ".join(allowed))
