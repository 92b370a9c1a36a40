"""Delta debugging: of a failing list, a short one that fails in the same way.

Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002): take
away ever smaller pieces while what remains still fails, until no single item can go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def minimise(
    items: Sequence[Item], fails: Callable[[list[Item]], bool], *, tries: int = 4000
) -> list[Item]:
    """A sublist, in order, that still fails and of which no single item can be left out.

    `fails` is asked at most `tries` times; when they run out, the shortest list so far is
    the answer. Raises ValueError when `items` does not fail.
    """
    kept = list(items)
    if not fails(kept):
        raise ValueError("what is to be minimised does not fail")
    size = len(kept)
    while size > 1 or tries > 0:
        size = max(1, size // 2)
        shrunk, tries = _without_pieces(kept, size, fails, tries)
        if tries <= 0 or (size == 1 and len(shrunk) == len(kept)):
            return shrunk
        kept = shrunk
    return kept


def _without_pieces(
    kept: list[Item], size: int, fails: Callable[[list[Item]], bool], tries: int
) -> tuple[list[Item], int]:
    """What remains when each piece of `size` items is left out where that still fails.

    From the end: the last messages before a failure are the likeliest to matter, and
    those far before it the likeliest to go in one piece once the end is settled.
    """
    end = len(kept)
    while end > 0 and tries > 0:
        start = max(0, end - size)
        candidate = kept[:start] + kept[end:]
        tries -= 1
        if candidate and fails(candidate):
            kept = candidate
        end = start
    return kept, tries


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
