"""Which instruments a strategy can name, and which one is meant.

On the simulated market that is what desk.toml lists. On a recording the instruments are
the recording's; a name of desk.toml then stands for the instrument at the same place, or,
when the recording has fewer, begins again at the first. So the shipped strategies run on
any recording. ``#1`` is the first instrument of whatever is traded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER = re.compile(r"#([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Universe:
    """The names of what is traded, and those that stand for one of them by place."""

    names: tuple[str, ...]
    stand_ins: tuple[str, ...] = ()

    @property
    def known(self) -> Sequence[str]:
        return tuple(dict.fromkeys(self.names + self.stand_ins))

    @property
    def allowed(self) -> str:
        """For messages."""
        last = f" to #{len(self.names)}" if len(self.names) > 1 else ""
        return f"{', '.join(self.known)}, or #1{last}"

    def index(self, symbol: str) -> int | None:
        """Which instrument is meant, from 0; None when there is none."""
        if symbol in self.names:
            return self.names.index(symbol)
        if symbol in self.stand_ins:
            return self.stand_ins.index(symbol) % len(self.names)
        number = NUMBER.fullmatch(symbol)
        if number is None:
            return None
        place = int(number[1]) - 1
        if self.stand_ins:  # a recording: count round, as for names
            return place % len(self.names)
        return place if place < len(self.names) else None

    def stands_for(self, symbol: str) -> str:
        """What an event says when another instrument is traded than was written."""
        index = self.index(symbol)
        if index is None or symbol in self.names or symbol == f"#{index + 1}":
            return ""
        return f"{symbol} is not in the recording; {self.names[index]} stands in for it"
