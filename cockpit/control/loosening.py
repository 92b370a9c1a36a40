"""A limit is tightened at once, and loosened in two steps: said, then confirmed.

Until it is confirmed the tighter of what is in force and what the file says holds, limit
by limit. This is where the two are told apart; what is asked and what is confirmed passes
through :mod:`cockpit.control.reload`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from cockpit.config.models import NarrowerLimit, RiskOptions
from cockpit.config.universe import Universe
from cockpit.core import LIMITS, TRIGGERS, Record, Scope


def tightened(now: RiskOptions, wanted: RiskOptions) -> RiskOptions:
    """Of each limit the tighter; what only one of them has stays. Triggers as wanted."""
    values: dict[tuple[Scope, str, int], int] = {}
    for one in (*now.narrower, *wanted.narrower):
        values[one.key] = min(one.value, values.get(one.key, one.value))
    return RiskOptions(
        tuple(map(min, now.limits, wanted.limits)),
        tuple(NarrowerLimit(*key, value) for key, value in sorted(values.items())),
        wanted.triggers,
    )


def without(risk: RiskOptions, strategies: Collection[str]) -> RiskOptions:
    """The same for these strategies: of others there is nothing to limit."""
    return replace(
        risk,
        narrower=tuple(
            one
            for one in risk.narrower
            if one.scope != Scope.STRATEGY or one.target in strategies
        ),
    )


def shown(desk: Record, universe: Universe, names: Mapping[int, str]) -> RiskOptions:
    """What the core enforces, by its picture. ``names``: of the strategies by slot."""
    narrower = []
    for shown_row in desk["scoped"][: int(desk["scoped_count"])]:
        row = shown_row["limit"]
        scope, target = Scope(int(row["scope"])), int(row["target"])
        name = names.get(target) if scope == Scope.STRATEGY else universe.names[target]
        if name:
            narrower.append(
                NarrowerLimit(scope, name, int(row["limit"]), int(row["value"]))
            )
    return RiskOptions(
        tuple(int(value) for value in desk["limits"]["limit"][: len(LIMITS)]),
        tuple(sorted(narrower)),
        tuple(int(value) for value in desk["triggers"][: len(TRIGGERS)]),
    )
