"""A tape behind the Desk interface: the screen shows it as if it were happening.

Nothing can be asked of it; the tape itself can be paused, stepped and played faster.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NoReturn

from cockpit.control.desk import Event, Preview, StrategyVersion, Symbol, Ticket
from cockpit.core import BUILT_IN_KINDS, LIMITS, Mode, Record, Side, StrategyKind

if TYPE_CHECKING:
    from cockpit.control.alarms import Alert
    from cockpit.observe.tape import Frame, Tape

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0)
_BUILT_IN = {kind.index: kind for kind in BUILT_IN_KINDS}
READ_ONLY = "this is a tape: what is on it has happened"


class TapeDesk:
    """A :class:`~cockpit.control.desk.Desk` that plays ``tape`` by ``clock``.

    Playing begins with the first :meth:`read`; at the end it stands still.
    """

    read_only = READ_ONLY
    """Why nothing can be asked of it."""

    def __init__(
        self,
        tape: Tape,
        *,
        playing: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tape = tape
        self.paused = not playing
        self.speed = 1.0
        self.index = 0
        """The frame shown, from 0."""
        self._clock = clock
        self._times = [tape.time(index) for index in range(len(tape))]
        self._frame: Frame = tape[0]
        self._said = -1
        """The last frame whose events were given out."""
        self._restarted = False
        self._at = self._times[0]
        self._since: float | None = None

    # ---- the tape ----------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Frames there are."""
        return len(self._times)

    @property
    def limits(self) -> tuple[int, ...]:
        """Which of today's limits the tape knows, by index."""
        known = self.tape.layout.known("desk.limits")
        return tuple(i for i, limit in enumerate(LIMITS) if limit.name in known)

    def knows(self, path: str) -> bool:
        """Does the tape have the figure of the picture with these names?"""
        return self.tape.layout.has(path)

    @property
    def moment(self) -> float:
        """When the frame shown was taken, s since 1970."""
        return self._times[self.index]

    @property
    def first(self) -> float:
        """When the tape begins, s since 1970."""
        return self._times[0]

    @property
    def length(self) -> float:
        """From the first frame to the last, s."""
        return self._times[-1] - self._times[0]

    @property
    def ended(self) -> bool:
        return self.index == self.count - 1

    def hold(self, on: bool) -> None:
        """Stop the tape, or let it go on."""
        self.paused = on
        self._at, self._since = self.moment, None

    def step(self, frames: int = 1) -> None:
        """So many frames on, or back; the tape is paused."""
        self.hold(True)
        self.seek(self.index + frames)

    def seek(self, index: int) -> None:
        """Show frame ``index``, or the nearest there is."""
        index = min(max(index, 0), self.count - 1)
        if index < self.index:
            self._said, self._restarted = -1, True
        self.index = index
        self._frame = self.tape[index]
        self._at, self._since = self.moment, None

    def change_speed(self, step: int) -> None:
        """To the next faster speed of :data:`SPEEDS`, or slower."""
        at = SPEEDS.index(self.speed) + step
        self.speed = SPEEDS[min(max(at, 0), len(SPEEDS) - 1)]
        self._at, self._since = self.moment, None

    def restarted(self) -> bool:
        """Has it gone back since the last call? Then what was said counts no more."""
        restarted, self._restarted = self._restarted, False
        return restarted

    def _advance(self) -> None:
        if self.paused or self.ended:
            return
        now = self._clock()
        if self._since is None:
            self._since = now
        at = self._at + (now - self._since) * self.speed
        index = bisect_right(self._times, at) - 1
        if index > self.index:
            self.index = index
            self._frame = self.tape[index]

    # ---- what a screen shows -----------------------------------------------------------

    @property
    def mode(self) -> str:
        return "TAPE"

    @property
    def origin(self) -> str:
        return f"{self.tape.path.name}: {self.tape.mode} {self.tape.origin}"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return self.tape.symbols

    @property
    def kinds(self) -> Mapping[int, StrategyKind]:
        """The built-in ones: of others a tape has the figures, not what they mean."""
        return _BUILT_IN

    def read(self) -> Record:
        self._advance()
        return self._frame.picture

    def events(self) -> list[Event]:
        found: list[Event] = []
        for index in range(self._said + 1, self.index + 1):
            found += self.tape[index].events
        self._said = self.index
        return found

    def config_errors(self) -> tuple[str, ...]:
        return self._frame.errors

    def alerts(self) -> tuple[Alert, ...]:
        """None: what was told is in the log, and nobody can be called back to it."""
        return ()

    # ---- what cannot be asked ----------------------------------------------------------

    def _refuse(self) -> NoReturn:
        raise PermissionError(self.read_only)

    def acknowledge(self, number: int | None = None) -> int:
        self._refuse()

    def toggle_strategy(self, slot: int) -> None:
        self._refuse()

    def set_mode(self, slot: int, mode: Mode) -> None:
        self._refuse()

    def cancel_all(self) -> None:
        self._refuse()

    def cancel(
        self,
        order: int | None = None,
        *,
        symbol: int | None = None,
        side: Side | None = None,
        strategy: int | None = None,
    ) -> None:
        self._refuse()

    def order(self, ticket: Ticket) -> int:
        self._refuse()

    def preview(self, ticket: Ticket) -> Preview | None:
        return None

    def pause(self) -> None:
        self._refuse()

    def reduce(self) -> None:
        self._refuse()

    def resume(self, *, symbol: int | None = None) -> None:
        self._refuse()

    def flatten(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        self._refuse()

    def halt(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        self._refuse()

    def unhalt(self) -> None:
        self._refuse()

    def accept(self) -> None:
        self._refuse()

    def versions(self, slot: int) -> tuple[StrategyVersion, ...]:
        return ()

    def revert(self, slot: int, version: int) -> None:
        self._refuse()

    def close(self) -> str:
        """There is nothing to close."""
        return ""
