"""Does the venue say of our trades what we say ourselves?

The venue copies each execution of ours to a tally of its own, which passes none of the
desk's code. The two are compared symbol by symbol: position, money paid, fees. What is
still on its way makes them differ at any moment, so both keep what they came to at some
counts of executions, and the latest count that both have reached is compared: a
difference there is one, however much goes on.

Counts that differ and do not move say that one side has heard of a trade the other has
not: that counts once it has stood for :data:`SETTLED_S`. While one side is behind the
time, as on a machine that does not get round to it, nothing follows from its count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cockpit.control.amounts import money_text
from cockpit.control.desk import Symbol
from cockpit.core import Record, Severity

SETTLED_S = 2.0
LOOK_S = 0.1
FRESH_S = 0.5
"""A side that has not spoken for so long is behind the time."""
_SECOND_NS = 1_000_000_000

Figures = tuple[int, int, int]
"""Lots held, money paid, money of fees."""
Tally = dict[int, Figures]
"""They, by how many executions had been counted."""


class DropCopyCheck:
    """Compares each picture it is given; says a difference once, and when it is gone."""

    def __init__(self, say: Callable[[Severity, str, str], None]) -> None:
        self._say = say
        self._since: dict[str, tuple[tuple[int, int], int]] = {}
        self._next_ns = 0
        self.differing: set[str] = set()
        """Symbols of which the two tell different things."""

    def look(self, picture: Record, symbols: Sequence[Symbol]) -> bool:
        """True when a difference was found that had not been there before."""
        venue, desk = picture["venue"], picture["desk"]
        now_ns = int(picture["time_ns"])
        if not venue["drop_copy_used"] or now_ns < self._next_ns or not now_ns:
            return False
        self._next_ns = now_ns + round(LOOK_S * _SECOND_NS)
        before = set(self.differing)
        oldest_ns = min(int(venue["time_ns"]), int(desk["time_ns"]))
        if now_ns - oldest_ns > FRESH_S * _SECOND_NS:
            self._since.clear()
        for i, symbol in enumerate(symbols):
            ours, theirs = _tally(desk["tallies"][i]), _tally(venue["tallies"][i])
            self._compare(symbol.name, ours, theirs, now_ns)
        return bool(self.differing - before)

    def _compare(self, name: str, ours: Tally, theirs: Tally, now_ns: int) -> None:
        both = max(ours.keys() & theirs.keys(), default=0)
        if both and ours[both] != theirs[both]:
            self._differs(
                name,
                f"{name}: of {both:,} executions the venue says {_words(theirs[both])}; "
                f"the desk {_words(ours[both])}",
            )
            return
        counts = max(ours, default=0), max(theirs, default=0)
        if counts[0] == counts[1]:
            self._since.pop(name, None)
            if name in self.differing:
                self.differing.remove(name)
                self._say(
                    Severity.INFO, "drop copy", f"{name}: venue and desk agree again"
                )
            return
        seen, since_ns = self._since.get(name, (None, now_ns))
        if seen != counts:
            self._since[name] = (counts, now_ns)
        elif now_ns - since_ns >= SETTLED_S * _SECOND_NS:
            self._differs(
                name,
                f"{name}: the venue says {counts[1]:,} executions; "
                f"the desk {counts[0]:,}",
            )

    def _differs(self, name: str, text: str) -> None:
        if name in self.differing:
            return
        self.differing.add(name)
        self._say(Severity.CRITICAL, "drop copy", text)


def _tally(rows: Record) -> Tally:
    marks = (mark for row in rows["at"] for mark in row)
    return {
        int(mark["execution_count"]): (
            int(mark["position"]),
            int(mark["paid"]),
            int(mark["fees"]),
        )
        for mark in marks
        if mark["execution_count"]
    }


def _words(figures: Figures) -> str:
    lots, paid, fees = figures
    return f"{lots:+,} lots, {money_text(paid)} paid, {money_text(fees)} fees"
