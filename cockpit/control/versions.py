"""The latest parameters of each strategy, so that one can go back to them.

Kept by name, for as long as the process lives: what the files said before is the files'
business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

from cockpit.control.desk import StrategyVersion

KEPT_MAX = 5
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

    def of(self, name: str) -> tuple[StrategyVersion, ...]:
        """Newest first."""
        return tuple(self._kept.get(name, ()))

    def find(self, name: str, version: int) -> StrategyVersion | None:
        return next((one for one in self.of(name) if one.version == version), None)
