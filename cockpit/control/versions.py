"""The latest parameters of each strategy, so that one can go back to them.

Kept by name. A desk with a journal goes on with what the one before it had: the core
keeps them there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cockpit.config.diff import parameter_changes
from cockpit.control.desk import StrategyVersion
from cockpit.core import STRATEGY_KINDS, PastVersion, strategy_layout

KEPT_MAX = 6
"""Of a strategy: the one that runs, and the five before it to go back to."""
NAMES_MAX = 64
"""Strategies remembered, those gone included."""


class Versions:
    """What the core has confirmed of each strategy, newest first."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[StrategyVersion]] = {}

    def add(
        self,
        name: str,
        version: int,
        hash: int,
        values: Mapping[str, float],
        *,
        time: float,
        who: str,
        changes: str = "",
    ) -> None:
        """The core runs this from now on."""
        kept = self._kept.setdefault(name, deque(maxlen=KEPT_MAX))
        named = tuple(values.items())
        kept.appendleft(StrategyVersion(version, hash, time, who, changes, named, True))
        for number in range(1, len(kept)):
            kept[number] = replace(kept[number], in_force=False)
        while len(self._kept) > NAMES_MAX:
            del self._kept[next(iter(self._kept))]

    def restore(self, past: Iterable[PastVersion], at_start: str) -> None:
        """Those of a journal, oldest first; ``at_start``: whose those without a name are.

        One of a kind that is gone, or has other parameters by now, says nothing any more.
        """
        kinds = {strategy_layout(kind): kind for kind in STRATEGY_KINDS.values()}
        for one in past:
            kind = kinds.get(one.layout)
            if kind is None:
                continue
            names = [parameter.name for parameter in kind.parameters]
            values = dict(zip(names, one.parameters, strict=False))
            before = next(iter(self.of(one.name)), None)
            changes = ""
            if before is not None:
                changes = ", ".join(
                    parameter_changes(kind.parameters, dict(before.values), values)
                )
            self.add(
                one.name,
                one.version,
                one.hash,
                values,
                time=one.wall_ns / 1e9,
                who=one.who or at_start,
                changes=changes,
            )

    def of(self, name: str) -> tuple[StrategyVersion, ...]:
        """Newest first."""
        return tuple(self._kept.get(name, ()))

    def find(self, name: str, version: int) -> StrategyVersion | None:
        return next((one for one in self.of(name) if one.version == version), None)
