"""Delta debugging: of a failing list, a short one that fails in the same way.

Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002): take
away ever smaller pieces while what remains still fails, until no single item can go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def minimise(
    items: Sequence[Item],
    fails: Callable[[list[Item]], bool],
    *,
    tries: int = 4000,
    seconds: float = 60.0,
) -> list[Item]:
    """A sublist, in order, that still fails and of which no single item can be left out.

    `fails` is asked at most `tries` times and for about so many seconds; when they run
    out, the shortest list so far is the answer. Raises ValueError when `items` does not
    fail.
    """
    kept = list(items)
    if not fails(kept):
        raise ValueError("what is to be minimised does not fail")
    effort = _Effort(tries, seconds)
    size = len(kept)
    while not effort.is_spent():
        size = max(1, size // 2)
        shrunk = _without_pieces(kept, size, fails, effort)
        if size == 1 and len(shrunk) == len(kept):
            break
        kept = shrunk
    return kept


class _Effort:
    """What may still be spent."""

    def __init__(self, tries: int, seconds: float) -> None:
        self._tries = tries
        self._end = time.monotonic() + seconds

    def is_spent(self) -> bool:
        return self._tries <= 0 or time.monotonic() >= self._end

    def spend(self) -> None:
        self._tries -= 1


def _without_pieces(
    kept: list[Item], size: int, fails: Callable[[list[Item]], bool], effort: _Effort
) -> list[Item]:
    """What remains when each piece of `size` items is left out where that still fails.

    From the end: the last messages before a failure are the likeliest to matter, and
    those far before it the likeliest to go in one piece once the end is settled.
    """
    end = len(kept)
    while end > 0 and not effort.is_spent():
        start = max(0, end - size)
        candidate = kept[:start] + kept[end:]
        effort.spend()
        if candidate and fails(candidate):
            kept = candidate
        end = start
    return kept


def shrink(
    items: Sequence[Item],
    simpler: Callable[[Item], Sequence[Item]],
    fails: Callable[[list[Item]], bool],
    *,
    tries: int = 1000,
) -> list[Item]:
    """The same number of items, each replaced by a simpler one where that still fails.

    `simpler` says what to try in an item's stead, the simplest first.
    """
    kept = list(items)
    for index in range(len(kept)):
        for candidate in simpler(kept[index]):
            if tries == 0:
                return kept
            tries -= 1
            changed = [*kept[:index], candidate, *kept[index + 1 :]]
            if fails(changed):
                kept = changed
                break
    return kept
