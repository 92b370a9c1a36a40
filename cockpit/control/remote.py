"""A desk in another process, behind the same interface as one in this.

A thread of its own receives what the desk sends; what is asked of it here takes the
latest and never waits for the desk. When the desk is gone the thread goes on trying to
find it again, and until then reading fails and says why: a picture that is not renewed is
not shown as if it were.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Event, Thread
from typing import Any, Self

from cockpit.control import protocol
from cockpit.control.actions import ACTIONS
from cockpit.control.alarms import Alert
from cockpit.control.connection import Connection, Unreachable
from cockpit.control.desk import Event as Line
from cockpit.control.desk import Preview, StrategyVersion, Symbol, Ticket
from cockpit.control.previews import AGAIN_SECONDS as PREVIEW_SECONDS
from cockpit.control.previews import new_tag
from cockpit.control.protocol import Controls, Hello, ProtocolError, Welcome
from cockpit.control.runtime import Place, RuntimeRefused
from cockpit.core import (
    BUILT_IN_KINDS,
    PICTURE,
    Mode,
    Record,
    Severity,
    Side,
    StrategyKind,
)

SILENT_SECONDS = 2.0
"""Without a picture for so long, the last is not shown any more."""
START_SECONDS = 3.0
AGAIN_SECONDS = 0.5
"""Between two attempts to find the desk again."""
EVENT_MAX = 2000
"""Lines kept for a screen that does not ask for them."""
SEND_SECONDS = 0.5
FIRST_STEP = "loosening"
_BUILT_IN = {kind.index: kind for kind in BUILT_IN_KINDS}


class NotInControl(Exception):
    """This screen may not ask that now; the text says who may."""


class EditRefused(Exception):
    """The desk would not change its file so; the text says why."""


@dataclass(frozen=True, slots=True)
class RemoteEdit:
    """A change of a file of the desk's, checked there and not yet made."""

    named: tuple[tuple[str, str], ...]
    """What is asked for, as the message has it."""
    text: str
    loosens: bool
    lines: tuple[str, str]
    """The line of the file, before and after."""


class RemoteDesk:
    """A :class:`~cockpit.control.desk.Desk` over the control socket of a served one.

    Raises :class:`Unreachable` when it cannot be joined. Its methods are for one thread.
    """

    def __init__(
        self,
        place: Place,
        *,
        read_only: bool = False,
        take: bool = False,
        hz: float = 10.0,
        program: str = "screen",
        operates: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = place
        self._hello = Hello(
            role=protocol.VIEW if read_only else protocol.TRADE,
            program=program,
            take=take,
            operates=operates,
            hz=hz,
        )
        self._clock = clock
        self._changed = Condition()
        self._raw: bytes | None = None
        self._received = 0
        self._renewed = clock()
        self._lines: deque[Line] = deque(maxlen=EVENT_MAX)
        self._known: tuple[int, int] = (0, 0)
        """Process of the desk, and how many of its events are known."""
        self._errors: tuple[str, ...] = ()
        self._controls = Controls()
        self._versions: dict[int, tuple[StrategyVersion, ...]] = {}
        self._kinds: Mapping[int, StrategyKind] = _BUILT_IN
        self._preview: Preview | None = None
        self._preview_of: Ticket | None = None
        self._preview_asked = 0.0
        self._edit_of: tuple[tuple[str, str], ...] = ()
        self._edit: RemoteEdit | EditRefused | None = None
        self._edit_asked = False
        self._alerts: tuple[Alert, ...] = ()
        self._trouble = ""
        self._bye = ""
        self._asked: dict[int, str] = {}
        self._number = 0
        self._stopping = Event()
        self._connection: Connection | None = Connection(place, self._hello)
        self._welcome = self._connection.welcome
        self._thread = Thread(target=self._follow, name="remote", daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._raw or self._trouble, START_SECONDS)

    # ---- what a screen shows -----------------------------------------------------------

    @property
    def mode(self) -> str:
        return self._welcome.mode

    @property
    def origin(self) -> str:
        """The desk's name and its market."""
        return f"{self._welcome.name}: {self._welcome.origin}"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return self._welcome.symbols

    @property
    def kinds(self) -> Mapping[int, StrategyKind]:
        """The built-in ones and those the desk has said it runs."""
        return self._kinds

    @property
    def welcome(self) -> Welcome:
        """How the desk introduced itself."""
        return self._welcome

    @property
    def in_control(self) -> bool:
        """May this screen command?"""
        return self._controls.holder == self._welcome.session

    @property
    def controls(self) -> Controls:
        """Who may, and who is there."""
        return self._controls

    @property
    def can_take(self) -> bool:
        """Was it joined to command?"""
        return self._hello.role == protocol.TRADE

    @property
    def ended(self) -> str:
        """The desk's last words, once it has stopped in order."""
        return self._bye

    def read(self) -> Record:
        """The latest picture.

        Raises :class:`Unreachable` when there is no desk, or it has fallen silent.
        """
        with self._changed:
            raw, age = self._raw, self._clock() - self._renewed
            if self._trouble and not self._bye:
                raise Unreachable(self._trouble)
            if raw is None or (age > SILENT_SECONDS and not self._bye):
                raise Unreachable(f"the desk has been silent for {age:.1f} s")
        return Record(PICTURE, raw)

    def events(self) -> list[Line]:
        """What happened since the last call, oldest first."""
        with self._changed:
            found = list(self._lines)
            self._lines.clear()
        return found

    def config_errors(self) -> tuple[str, ...]:
        return self._errors

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts there are, oldest first; the same object until one changes."""
        return self._alerts

    def acknowledge(self, number: int | None = None) -> int:
        """Alert ``number``, or every one, has been seen; how many are new, as known."""
        named = {} if number is None else {"alert": number}
        self._ask("ack", **named)
        fresh = [alert for alert in self._alerts if not alert.acknowledged]
        return sum(number in (None, alert.number) for alert in fresh)

    # ---- what an operator asks ---------------------------------------------------------

    def toggle_strategy(self, slot: int) -> None:
        """OFF to LIVE, anything else to OFF."""
        self._ask("toggle", slot=slot)

    def set_mode(self, slot: int, mode: Mode) -> None:
        self._ask("strategy", strategy=str(slot + 1), mode=mode.name.lower())

    def cancel_all(self) -> None:
        self._ask("cancel")

    def cancel(
        self,
        order: int | None = None,
        *,
        symbol: int | None = None,
        side: Side | None = None,
        strategy: int | None = None,
    ) -> None:
        """Pull the working orders that fit all that is given; of nothing, every order."""
        way = None if side is None else int(side)
        named = _scope(order=order, symbol=symbol, side=way, slot=strategy)
        self._ask("cancel", **named)

    def order(self, ticket: Ticket) -> int:
        """Send an order of the operator's own; the tag it has in the picture."""
        if problem := ticket.problem(len(self.symbols)):
            self._say(Severity.CRITICAL, f"NOT DONE: order: {problem}")
            return 0
        tag = new_tag()
        self._ask("order", ticket=protocol.ticket_row(ticket), tag=tag)
        return tag

    def preview(self, ticket: Ticket) -> Preview | None:
        """What would come of it; None until the core has answered. Never waits."""
        if ticket.problem(len(self.symbols)):
            return None
        now = self._clock()
        if self._preview_of != ticket or now - self._preview_asked >= PREVIEW_SECONDS:
            with self._changed:
                self._preview_asked, self._preview_of = now, ticket
            self._send("preview", ticket=protocol.ticket_row(ticket))
        with self._changed:
            known = self._preview
        return known if known is not None and known.ticket == ticket else None

    def pause(self) -> None:
        self._ask("pause")

    def reduce(self) -> None:
        self._ask("reduce")

    def resume(self, *, symbol: int | None = None) -> None:
        self._ask("resume", **_scope(symbol=symbol))

    def flatten(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        self._ask("flatten", **_scope(slot=strategy, symbol=symbol))

    def halt(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        self._ask("halt", **_scope(slot=strategy, symbol=symbol))

    def unhalt(self) -> None:
        self._ask("unhalt")

    def accept(self) -> None:
        self._ask("accept")

    def versions(self, slot: int) -> tuple[StrategyVersion, ...]:
        """What a strategy runs with and, newest first, the five versions before."""
        return self._versions.get(slot, ())

    def revert(self, slot: int, version: int) -> None:
        self._ask("revert", slot=slot, version=version)

    def plan_edit(self, ask: str, **named: str) -> RemoteEdit | None:
        """What changing a ``limit`` or ``parameter`` would change in the desk's files.

        Never waits: None until the desk has answered, to be called again with each
        frame. Raises :class:`EditRefused`.
        """
        wanted = (("ask", ask), *named.items())
        if self._edit_of != wanted:
            self._need_controls()
            with self._changed:
                self._edit_of, self._edit, self._edit_asked = wanted, None, False
            self._send(ask, dry=True, **named)
        with self._changed:
            found = self._edit
            if isinstance(found, EditRefused):
                self._edit_of = ()
                raise found
            is_first = found is not None and found.loosens and not self._edit_asked
            self._edit_asked = self._edit_asked or is_first
        if is_first:  # what is shown now is the first of two steps
            self._send(ask, label=FIRST_STEP, **named)
        return found

    def write_edit(self, edit: RemoteEdit) -> None:
        """Make it so; that the core runs it the picture will show."""
        named = dict(edit.named)
        self._edit_of = ()
        self._ask(named.pop("ask"), confirm=edit.loosens, **named)

    def take_controls(self, why: str = "") -> None:
        """Ask for the controls, whoever has them; the one who had them is told."""
        self._ask("take", why=why)

    def close(self) -> str:
        """Leave the desk to itself: it trades on."""
        if self._number and self._connection is not None and not self._bye:
            self._make_sure()
        self._stopping.set()
        if connection := self._connection:
            connection.end()
        self._thread.join(timeout=SILENT_SECONDS + 1)
        if connection := self._connection:
            connection.close()
        return ""

    def _make_sure(self) -> None:
        """Wait a moment for the desk to have received what was asked of it last."""
        with contextlib.suppress(Unreachable, OSError):
            number = self._send("ping")
            with self._changed:
                self._changed.wait_for(lambda: number not in self._asked, SEND_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ---- inside ------------------------------------------------------------------------

    def _ask(self, ask: str, **fields: Any) -> None:
        """Hand a command over. That it is done, the picture will show."""
        brake = ask in ACTIONS and ACTIONS[ask].brake
        self._need_controls(brake or ask in ("take", "ack"))
        self._send(ask, **fields)

    def _need_controls(self, brake: bool = False) -> None:
        if not self.can_take:
            raise NotInControl("this screen was attached read-only")
        # Whoever asks first gets controls that nobody has.
        mine = self._controls.holder in (0, self._welcome.session)
        if not (brake or mine):
            raise NotInControl(f"{self._controls.name} has the controls: take over first")

    def _send(self, ask: str, *, label: str = "", **fields: Any) -> int:
        """Send a command; its number. ``label``: what its answer is taken for."""
        connection = self._connection
        if connection is None:
            raise Unreachable(self._trouble or "there is no desk")
        self._number += 1
        with self._changed:
            self._asked[self._number] = label or ask
        try:
            connection.send({"ask": ask, "number": self._number, **fields})
        except OSError as error:
            raise Unreachable(f"the desk does not take it: {error}") from None
        return self._number

    def _follow(self) -> None:
        """The thread: receive while there is a desk, look for it while there is none."""
        while not self._stopping.is_set():
            if self._connection is None:
                self._find_again()
                continue
            try:
                self._receive(self._connection)
            except (
                Unreachable,
                ProtocolError,
                OSError,
                LookupError,
                ValueError,
            ) as error:
                self._lose(error)

    def _receive(self, connection: Connection) -> None:
        pinged = 0.0
        while not self._stopping.is_set():
            if self._clock() - pinged >= protocol.PING_SECONDS:
                connection.send({"ask": "ping"})
                pinged = self._clock()
            if message := connection.receive(protocol.PING_SECONDS / 4):
                with self._changed:
                    self._take(message)
                    self._changed.notify_all()

    def _lose(self, error: Exception) -> None:
        if connection := self._connection:
            connection.close()
        with self._changed:
            self._connection = None
            self._controls = Controls()
            self._asked.clear()
            if self._stopping.is_set():
                return
            self._trouble = f"{error}; looking for it"
            if not self._bye:
                self._say(Severity.CRITICAL, f"lost the desk: {error}")
            self._changed.notify_all()

    def _find_again(self) -> None:
        if self._stopping.wait(AGAIN_SECONDS):
            return
        try:
            connection = Connection(self._place, self._hello, timeout=SILENT_SECONDS)
        except (Unreachable, RuntimeRefused) as error:
            with self._changed:
                self._trouble = f"{error}; looking for it"
            return
        if self._stopping.is_set():
            connection.close()
            return
        with self._changed:
            self._welcome = connection.welcome
            self._raw, self._received = None, 0
            self._renewed = self._clock()
            self._trouble = self._bye = ""
            self._connection = connection
            self._say(Severity.WARNING, f"joined desk {self._welcome.name!r} again")

    def _take(self, message: dict[str, Any]) -> None:
        """One message of the desk; the lock is held."""
        if "picture" in message:
            self._take_picture(message)
        elif "answer" in message:
            self._take_answer(message)
        elif "bye" in message:
            self._bye = str(message["bye"])
        elif "refused" in message:
            raise Unreachable(f"the desk cut this screen off: {message['refused']}")

    def _take_picture(self, message: dict[str, Any]) -> None:
        if message["base"] != self._received:
            raise ProtocolError("a picture that builds on one never received")
        self._raw = protocol.unpack_picture(message["picture"], self._raw)
        self._received += 1
        self._renewed = self._clock()
        if "controls" in message:
            self._errors = tuple(map(str, message["errors"]))
            self._controls = Controls(*message["controls"])
            self._versions = protocol.versions_of(message["versions"])
            told = map(protocol.kind_of, message["kinds"])
            self._kinds = {**_BUILT_IN, **{kind.index: kind for kind in told}}
        if "alerts" in message:
            self._alerts = tuple(map(protocol.alert_of, message["alerts"]))
        self._take_events(message)

    def _take_events(self, message: dict[str, Any]) -> None:
        """New lines of the log; after a reconnection some are known already."""
        rows = message.get("events", [])
        last = int(message.get("last_event", 0))
        pid, known = self._known
        if pid == self._welcome.pid:
            fresh = max(last - known, 0)
            rows = rows[-fresh:] if fresh else []
        if last:
            self._known = self._welcome.pid, last
        self._lines.extend(map(protocol.event_of, rows))

    def _take_answer(self, message: dict[str, Any]) -> None:
        ask = self._asked.pop(int(message["answer"]), "")
        if "preview" in message:
            found = protocol.preview_of_row(message["preview"])
            if found.ticket == self._preview_of:
                self._preview = found
        if ask == FIRST_STEP and "confirm_within_s" in message:
            self._say(Severity.INFO, str(message.get("text")))
            return
        if ask in ("limit", "parameter") and self._take_edit(message):
            return
        if message.get("status") != "done":
            text = f"NOT DONE: {ask}: {message.get('text')}"
            self._say(Severity.CRITICAL, text)

    def _take_edit(self, message: dict[str, Any]) -> bool:
        """The answer to a change that was only looked at."""
        if "lines" in message:
            before, after = map(str, message["lines"])
            text, loosens = str(message["text"]), message["loosens"] is True
            self._edit = RemoteEdit(self._edit_of, text, loosens, (before, after))
            return True
        waits = bool(self._edit_of) and self._edit is None
        if waits and message.get("status") == "refused":
            self._edit = EditRefused(str(message.get("text")))
        return waits

    def _say(self, severity: Severity, text: str) -> None:
        self._lines.append(Line(time.time(), severity, "screen", text))


def _scope(**given: int | None) -> dict[str, int]:
    return {name: value for name, value in given.items() if value is not None}
