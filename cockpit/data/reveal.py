"""The orders a LOBSTER file does not name, worked out from its order book.

A message file of N levels holds only what happened inside the N best prices of a side.
Orders that rested before the file begins, and orders that came or went while their price
was out of sight, have no entry or no end in it. The order book file shows their volume,
not who they are; later messages say that. docs/replay.md is the rule in words; here it is
carried out.

Prices are "distances": the price of an ask, the negated price of a bid, so that further
from the market is always larger.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ADD, REDUCE, DELETE, EXECUTE = 1, 2, 3, 4  # LOBSTER's own types
REVEALED, UNSEEN = 1, 2  # CP_FLOW_REVEALED, CP_FLOW_UNSEEN
ANONYMOUS = 1 << 63  # references of ours: volume that no message ever names
QTY_MAX = 1_000_000_000  # lots the venue takes in one order
NOWHERE = 9_999_999_999  # distance of a level that is not there

Integers = npt.NDArray[np.int64]
Queue = dict[int, int]  # reference -> lots, first in first out


class Step(NamedTuple):
    """One event that is in no message: before or after the message of a row."""

    when: int  # before(row) or after(row)
    kind: int  # ADD, REDUCE or DELETE
    ref: int
    qty: int
    distance: int
    side: int
    flags: int


def before(row: int) -> int:
    """The place in time of a step just before the message of a row."""
    return 3 * row


def after(row: int) -> int:
    """The place in time of a step just after it; the message itself is between. Row -1
    is where the day begins."""
    return 3 * row + 2


@dataclass(slots=True)
class _Side:
    """One side of the book as the recording's reader will have it."""

    queues: dict[int, Queue] = field(default_factory=dict)
    prices: list[int] = field(default_factory=list)  # distances with orders, best first

    def add(self, distance: int, ref: int, qty: int) -> None:
        queue = self.queues.get(distance)
        if queue is None:
            queue = self.queues[distance] = {}
            insort(self.prices, distance)
        queue[ref] = qty

    def take(self, distance: int, ref: int, qty: int) -> None:
        queue = self.queues[distance]
        left = queue[ref] - qty
        if left > 0:
            queue[ref] = left
            return
        del queue[ref]
        if not queue:
            del self.queues[distance]
            del self.prices[bisect_left(self.prices, distance)]


@dataclass(frozen=True, slots=True)
class Messages:
    """Columns of a message file that matter to the book, as lists (fast to walk)."""

    kind: list[int]
    ref: list[int]
    qty: list[int]
    distance: list[int]
    side: list[int]  # 0 bid, 1 ask


class Revealer:
    """Walks a day once and collects the steps to insert."""

    def __init__(self, messages: Messages, takes: dict[int, int], ends: set[int]) -> None:
        """``takes``: what all messages together take from each order; ``ends``: orders
        whose last message deletes them, so that what is taken is all they had."""
        self.steps: list[Step] = []
        self._messages = messages
        self._takes = takes
        self._ends = ends
        self._sides = (_Side(), _Side())
        self._anonymous_count = 0
        self._newest_unseen = 0
        kinds = zip(messages.kind, messages.ref, strict=True)
        self._recorded = {ref for kind, ref in kinds if kind == ADD}
        self._arrivals: dict[tuple[int, int, int], list[int]] = {}

    # ---- with an order book file -----------------------------------------------------

    def walk_with_book(self, distances: list[Integers], qtys: list[Integers]) -> None:
        """``distances`` and ``qtys``: a side each, [rows, levels]."""
        first = [
            self._levels_before_first(side, distances[side][0], qtys[side][0])
            for side in (0, 1)
        ]
        reaches = [array[:, -1] for array in distances]
        grown = [np.flatnonzero(reach[1:] > reach[:-1]) + 1 for reach in reaches]
        shown: list[dict[int, dict[int, int]]] = []
        for side in (0, 1):
            rows = grown[side]
            old = reaches[side][rows - 1]
            shown.append(_newly_shown(rows, old, distances[side], qtys[side]))
        self._find_arrivals(first, shown)
        for side in (0, 1):
            for distance, qty in first[side].items():
                self._settle(side, distance, qty, after(-1))
        reach_lists = [reach.tolist() for reach in reaches]
        for row in range(len(self._messages.kind)):
            self._take_message(row, front=False)
            for side in (0, 1):
                levels = shown[side].get(row)
                if levels is not None:
                    self._reveal(side, row, levels, reach_lists[side])

    def _levels_before_first(
        self, side: int, distances: Integers, qtys: Integers
    ) -> dict[int, int]:
        """Row 0 shows the book after message 0; undo that message."""
        shown = zip(distances.tolist(), qtys.tolist(), strict=True)
        levels = {distance: qty for distance, qty in shown if qty > 0}
        messages = self._messages
        kind, distance, qty = messages.kind[0], messages.distance[0], messages.qty[0]
        if messages.side[0] == side and kind in (ADD, REDUCE, DELETE, EXECUTE):
            levels[distance] = levels.get(distance, 0) + (-qty if kind == ADD else qty)
            if levels[distance] <= 0:
                del levels[distance]
        return levels

    def _find_arrivals(
        self, first: list[dict[int, int]], shown: list[dict[int, dict[int, int]]]
    ) -> None:
        """Which orders without an entry must have come with which revealed level: the
        latest one at their price before they are first named."""
        rows_of: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
        for side in (0, 1):
            for distance in first[side]:
                rows_of[side][distance] = [-1]
            for row, levels in shown[side].items():
                for distance in levels:
                    rows_of[side].setdefault(distance, []).append(row)
        messages = self._messages
        seen: set[int] = set()
        for row, (kind, ref) in enumerate(zip(messages.kind, messages.ref, strict=True)):
            if kind not in (ADD, REDUCE, DELETE, EXECUTE) or ref in seen:
                continue
            seen.add(ref)
            if kind == ADD:
                continue
            side, distance = messages.side[row], messages.distance[row]
            rows = rows_of[side].get(distance, [])
            at = bisect_left(rows, row) - 1
            if at >= 0:
                place = (side, distance, after(rows[at]))
                self._arrivals.setdefault(place, []).append(ref)

    def _reveal(
        self, side: int, row: int, levels: dict[int, int], reach: list[int]
    ) -> None:
        """Bring what came into sight with `row` to what the order book file shows."""
        book = self._sides[side]
        begin = bisect_right(book.prices, reach[row - 1])
        end = bisect_right(book.prices, reach[row])
        for distance in book.prices[begin:end]:
            if distance not in levels:
                for ref, qty in list(book.queues[distance].items()):
                    self._drop(side, distance, ref, qty, after(row))
        for distance, qty in levels.items():
            self._settle(side, distance, qty, after(row))

    def _settle(self, side: int, distance: int, volume: int, when: int) -> None:
        """Turn the queue at a price into one of `volume` lots that later messages fit."""
        book = self._sides[side]
        wanted = self._wanted(side, distance, volume, when)
        for ref, qty in list(book.queues.get(distance, {}).items()):
            if ref not in wanted:
                self._drop(side, distance, ref, qty, when)
        kept = True
        wanted_refs = list(wanted)
        for place, (ref, qty) in enumerate(list(book.queues.get(distance, {}).items())):
            kept = kept and wanted_refs[place] == ref and qty >= wanted[ref]
            if not kept:
                self._drop(side, distance, ref, qty, when)
            elif qty > wanted[ref]:
                self._reduce(side, distance, ref, qty - wanted[ref], when)
        queue = book.queues.get(distance, {})
        for ref in wanted_refs[len(queue) :]:
            self._enter(side, distance, ref, wanted[ref], when)

    def _wanted(self, side: int, distance: int, volume: int, when: int) -> Queue:
        """The queue: orders that are named later, oldest first, each with what later
        messages take from it; then nobody's volume."""
        takes, queue = self._takes, self._sides[side].queues.get(distance, {})
        stays = [ref for ref in queue if takes.get(ref, 0) > 0]
        comes = sorted(self._arrivals.get((side, distance, when), ()))
        comes = [ref for ref in comes if ref not in queue]
        wanted: Queue = {}
        left = volume
        for ref in _merge(stays, comes):
            qty = min(takes[ref], left)
            if qty > 0:
                wanted[ref] = qty
                left -= qty
        for ref in stays:  # had more than is taken: still there, as far as volume allows
            spare = min(queue[ref] - wanted.get(ref, 0), left)
            if spare > 0 and ref in wanted and ref not in self._ends:
                wanted[ref] += spare
                left -= spare
        if left > 0:
            wanted[self._anonymous(queue)] = left
        return wanted

    def _anonymous(self, queue: Queue) -> int:
        """A reference for nobody's volume: the one at the back, where there is one."""
        last = next(reversed(queue), 0)
        if last > ANONYMOUS:
            return last
        self._anonymous_count += 1
        return ANONYMOUS + self._anonymous_count

    # ---- without one -----------------------------------------------------------------

    def walk_without_book(self) -> None:
        """Only the messages: unseen orders enter as they are first named."""
        for row in range(len(self._messages.kind)):
            self._clear_way(row)
            self._take_message(row, front=True)

    def _clear_way(self, row: int) -> None:
        """An order that is never named again and would stand in the way of this message
        has left out of sight: a better price before an execution, or a crossed one."""
        messages = self._messages
        kind, side = messages.kind[row], messages.side[row]
        distance = messages.distance[row]
        if kind == ADD:
            self._drop_unnamed(1 - side, -distance, row)
        elif kind == EXECUTE:
            self._drop_unnamed(side, distance - 1, row)
            for ref, qty in list(self._sides[side].queues.get(distance, {}).items()):
                if ref == messages.ref[row]:
                    break
                if self._takes.get(ref, 0) <= 0:
                    self._drop(side, distance, ref, qty, before(row))

    def _drop_unnamed(self, side: int, limit: int, row: int) -> None:
        book = self._sides[side]
        for distance in book.prices[: bisect_right(book.prices, limit)]:
            for ref, qty in list(book.queues[distance].items()):
                if self._takes.get(ref, 0) <= 0:
                    self._drop(side, distance, ref, qty, before(row))

    # ---- both ------------------------------------------------------------------------

    def _take_message(self, row: int, front: bool) -> None:
        messages = self._messages
        kind = messages.kind[row]
        if kind > EXECUTE:
            return
        ref, qty = messages.ref[row], messages.qty[row]
        side, distance = messages.side[row], messages.distance[row]
        book = self._sides[side]
        if kind == ADD:
            book.add(distance, ref, qty)
            if ref < self._newest_unseen:
                self._requeue_younger(side, distance, ref, row)
            return
        if ref not in book.queues.get(distance, ()):
            self._enter_late(side, distance, ref, row, front and kind == EXECUTE)
        if ref in book.queues.get(distance, ()):
            book.take(distance, ref, qty if kind != DELETE else 1 << 62)
        self._takes[ref] -= qty

    def _requeue_younger(self, side: int, distance: int, ref: int, row: int) -> None:
        """References ascend in time: one that is shown only now and is older than an
        unseen order was entered before it (orders that wait for the opening, say)."""
        queue = self._sides[side].queues[distance]
        for other, qty in list(queue.items()):
            if other > ref and other not in self._recorded:
                self._drop(side, distance, other, qty, after(row))
                self._enter(side, distance, other, qty, after(row))

    def _enter_late(
        self, side: int, distance: int, ref: int, row: int, front: bool
    ) -> None:
        """An order that nothing announced, just before it is first named; not where the
        book would be crossed."""
        other = self._sides[1 - side].prices
        if other and distance <= -other[0]:
            return
        queue = self._sides[side].queues.get(distance, {})
        behind = list(queue.items()) if front else []
        for waiting, left in behind:
            self._drop(side, distance, waiting, left, before(row))
        qty = min(self._takes[ref], QTY_MAX)
        self._sides[side].add(distance, ref, qty)
        step = Step(before(row), ADD, ref, qty, distance, side, UNSEEN)
        self.steps.append(step)
        for waiting, left in behind:
            self._enter(side, distance, waiting, left, before(row))

    def _enter(self, side: int, distance: int, ref: int, qty: int, when: int) -> None:
        self._sides[side].add(distance, ref, qty)
        flags = REVEALED if ref in self._recorded else REVEALED | UNSEEN
        if flags & UNSEEN and ref < ANONYMOUS:
            self._newest_unseen = max(self._newest_unseen, ref)
        self.steps.append(Step(when, ADD, ref, qty, distance, side, flags))

    def _reduce(self, side: int, distance: int, ref: int, qty: int, when: int) -> None:
        self._sides[side].take(distance, ref, qty)
        self.steps.append(Step(when, REDUCE, ref, qty, distance, side, REVEALED))

    def _drop(self, side: int, distance: int, ref: int, qty: int, when: int) -> None:
        self._sides[side].take(distance, ref, qty)
        self.steps.append(Step(when, DELETE, ref, qty, distance, side, REVEALED))


def _newly_shown(
    rows: Integers, reach_before: Integers, distances: Integers, qtys: Integers
) -> dict[int, dict[int, int]]:
    """Levels of `rows` beyond what the row before reached: row -> distance -> lots."""
    shown: dict[int, dict[int, int]] = {row: {} for row in rows.tolist()}
    new = (distances[rows] > reach_before[:, None]) & (qtys[rows] > 0)
    at, level = np.nonzero(new)
    found = zip(
        rows[at].tolist(),
        distances[rows[at], level].tolist(),
        qtys[rows[at], level].tolist(),
        strict=True,
    )
    for row, distance, qty in found:
        shown[row][distance] = qty
    return shown


def _merge(queue: list[int], comes: list[int]) -> list[int]:
    """Put newcomers, oldest first, where their age belongs; the queue keeps its order."""
    if not comes:
        return queue
    merged: list[int] = []
    waiting = deque(comes)
    for ref in queue:
        while waiting and waiting[0] < ref:
            merged.append(waiting.popleft())
        merged.append(ref)
    merged.extend(waiting)
    return merged
