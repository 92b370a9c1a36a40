"""Does the venue say of our trades what we say ourselves?

The venue copies each execution of ours to a tally of its own, which passes none of the
desk's code. The two are compared symbol by symbol: position, money paid, fees. What is
still on its way makes them differ for a moment, so a difference counts once it has stood
unchanged for :data:`SETTLED_S`. While one of them is behind the time, as on a machine
that does not get round to it, nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cockpit.control.amounts import money_text
from cockpit.control.desk import Symbol
from cockpit.core import Record, Severity

SETTLED_S = 2.0
FRESH_S = 0.5
"""A side that has not spoken for so long is behind the time."""
_SECOND_NS = 1_000_000_000

Figures = tuple[int, int, int]
"""Lots held, money paid, money of fees."""


class DropCopyCheck:
    """Compares each picture it is given; says a difference once, and when it is gone."""

    def __init__(self, say: Callable[[Severity, str, str], None]) -> None:
        self._say = say
        self._since: dict[str, tuple[tuple[Figures, Figures], int]] = {}
        self.differing: set[str] = set()
        """Symbols of which the two tell different things."""

    def look(self, picture: Record, symbols: Sequence[Symbol]) -> bool:
        """True when a difference was found that had not been there before."""
        venue = picture["venue"]
        if not venue["drop_copy_used"] or not picture["time_ns"]:
            return False
        before = set(self.differing)
        now_ns = int(picture["time_ns"])
        oldest_ns = min(int(venue["time_ns"]), int(picture["desk"]["time_ns"]))
        if now_ns - oldest_ns > FRESH_S * _SECOND_NS:
            self._since.clear()
            return False
        for i, symbol in enumerate(symbols):
            ours = _ours(picture["desk"]["symbols"][i], symbol)
            theirs = _theirs(venue["drop_copies"][i])
            self._compare(symbol.name, ours, theirs, now_ns)
        return bool(self.differing - before)

    def _compare(self, name: str, ours: Figures, theirs: Figures, now_ns: int) -> None:
        if ours == theirs:
            self._since.pop(name, None)
            if name in self.differing:
                self.differing.remove(name)
                self._say(
                    Severity.INFO, "drop copy", f"{name}: venue and desk agree again"
                )
            return
        seen, since_ns = self._since.get(name, (None, now_ns))
        if seen != (ours, theirs):
            self._since[name] = ((ours, theirs), now_ns)
            return
        if name in self.differing or now_ns - since_ns < SETTLED_S * _SECOND_NS:
            return
        self.differing.add(name)
        self._say(
            Severity.CRITICAL,
            "drop copy",
            f"{name}: the venue says {_words(theirs)}; the desk {_words(ours)}",
        )


def _ours(symbol: Record, known: Symbol) -> Figures:
    paid = int(symbol["cost"]) * known.point_value - int(symbol["realised"])
    return int(symbol["position"]), paid, int(symbol["fees"])


def _theirs(copy: Record) -> Figures:
    return int(copy["position"]), int(copy["paid"]), int(copy["fees"])


def _words(figures: Figures) -> str:
    lots, paid, fees = figures
    return f"{lots:+,} lots, {money_text(paid)} paid, {money_text(fees)} fees"
