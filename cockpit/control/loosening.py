"""A limit is tightened at once, and loosened in two steps: asked for, then confirmed.

Until it is confirmed the tighter of what is in force and what the file says holds, limit
by limit. This is where the two are told apart, and where each step is recorded; what is
asked and what is confirmed passes through :mod:`cockpit.control.reload`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from cockpit.config.models import NarrowerLimit, RiskOptions
from cockpit.config.universe import Universe
from cockpit.core import (
    LIMITS,
    TRIGGER_SCOPE,
    TRIGGERS,
    LimitChange,
    Limits,
    Loosening,
    Record,
    Scope,
    Severity,
    trigger_rank,
)

ASKED_SECONDS = 60.0
"""How long a first step waits for the second."""


def tightened(now: RiskOptions, wanted: RiskOptions) -> RiskOptions:
    """Of each limit and trigger the tighter; what only one of them has stays."""
    values: dict[tuple[Scope, str, int], int] = {}
    for one in (*now.narrower, *wanted.narrower):
        values[one.key] = min(one.value, values.get(one.key, one.value))
    return RiskOptions(
        tuple(map(min, now.limits, wanted.limits)),
        tuple(NarrowerLimit(*key, value) for key, value in sorted(values.items())),
        tuple(
            was if _rank(now, index, was) < _rank(wanted, index, will) else will
            for index, (was, will) in enumerate(
                zip(now.triggers, wanted.triggers, strict=True)
            )
        ),
    )


def _rank(risk: RiskOptions, trigger: int, value: int) -> int:
    return trigger_rank(trigger, value, risk.limits)


def without(
    risk: RiskOptions, strategies: Collection[str], universe: Universe | None = None
) -> RiskOptions:
    """The same for these strategies (and instruments): of others is nothing to limit."""

    def is_there(one: NarrowerLimit) -> bool:
        if one.scope == Scope.STRATEGY:
            return one.target in strategies
        return universe is None or universe.index(one.target) is not None

    return replace(risk, narrower=tuple(filter(is_there, risk.narrower)))


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


# ---- for the record --------------------------------------------------------------------


def changes_of(now: Limits, wanted: Limits) -> tuple[LimitChange, ...]:
    """Each limit that differs, as the core has both."""
    changes = [
        LimitChange(Scope.GLOBAL, 0, index, before, after)
        for index, (before, after) in enumerate(
            zip(now.values, wanted.values, strict=True)
        )
        if before != after
    ]
    changes += [
        LimitChange(TRIGGER_SCOPE, 0, index, before, after)
        for index, (before, after) in enumerate(
            zip(now.triggers, wanted.triggers, strict=True)
        )
        if before != after
    ]
    was = {(one.scope, one.target, one.limit): one.value for one in now.scoped}
    will = {(one.scope, one.target, one.limit): one.value for one in wanted.scoped}
    changes += [
        LimitChange(*key, was.get(key), will.get(key))
        for key in sorted(was.keys() | will.keys())
        if was.get(key) != will.get(key)
    ]
    return tuple(changes)


@dataclass(frozen=True, slots=True)
class Open:
    """A first step whose second has not come."""

    changes: Sequence[LimitChange]
    text: str
    """The same in words."""
    who: str
    deadline: float | None
    """None: it stands until something else is asked."""


class Steps:
    """What is asked for and not confirmed; each step is recorded with who, old, new, why.

    ``record`` has the journal know of one. What is asked for is known by the hash of the
    limits it would make.
    """

    def __init__(
        self,
        record: Callable[[Loosening, Sequence[LimitChange], str, str], None],
        clock: Callable[[], float],
        say: Callable[[Severity, str], None],
    ) -> None:
        self._record = record
        self._clock = clock
        self._say = say
        self._open: dict[int, Open] = {}

    def ask(
        self,
        key: int,
        changes: Sequence[LimitChange],
        text: str,
        who: str,
        why: str,
        *,
        stands: bool = False,
    ) -> None:
        """The first step. ``stands``: a file says so, for as long as it does."""
        self._record(Loosening.ASKED, changes, who, why)
        deadline = None if stands else self._clock() + ASKED_SECONDS
        before = self._open.get(key)
        if before is not None and before.deadline is None:
            deadline = None
        self._open[key] = Open(changes, text, who, deadline)

    def is_open(self, key: int) -> bool:
        """Was that asked for, and can it be confirmed still?"""
        asked = self._open.get(key)
        if asked is None:
            return False
        return asked.deadline is None or self._clock() <= asked.deadline

    def hold(self, key: int) -> str:
        """It is being confirmed: the file to say so is yet to be read. All it loosens."""
        asked = self._open[key]
        if asked.deadline is not None:
            deadline = self._clock() + ASKED_SECONDS
            self._open[key] = replace(asked, deadline=deadline)
        return asked.text

    def confirm(
        self, key: int, changes: Sequence[LimitChange], who: str, why: str
    ) -> None:
        """The second, of one that :meth:`is_open`."""
        del self._open[key]
        self._record(Loosening.CONFIRMED, changes, who, why)

    def drop(self, key: int, why: str) -> None:
        """It is asked for no more."""
        if (asked := self._open.pop(key, None)) is not None:
            self._record(Loosening.EXPIRED, asked.changes, asked.who, why)
            text = f"no longer asked: {asked.text}; by {asked.who}; {why}"
            self._say(Severity.INFO, text)

    def step(self) -> None:
        """What has waited too long is over."""
        now = self._clock()
        for key, asked in list(self._open.items()):
            if asked.deadline is not None and now > asked.deadline:
                self.drop(key, f"not confirmed within {ASKED_SECONDS:g} s")
