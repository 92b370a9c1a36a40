"""A desk for others: any number of screens and scripts over one socket.

Everything runs on one thread, the one that may use the engine: a short tick reads the
picture, hands what is new to each client that has taken the last, and looks whether what
was asked for has come about. A client cannot make the tick wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cockpit.config.models import ControlOptions
from cockpit.control import limit_edit, parameter_edit, protocol
from cockpit.control.actions import (
    ACTIONS,
    ActionRefused,
    Answer,
    Asked,
    slot_in,
    slot_of,
    state_of,
)
from cockpit.control.desk import Event
from cockpit.control.limit_edit import EditRefused
from cockpit.control.local import LocalDesk
from cockpit.control.loosening import ASKED_SECONDS
from cockpit.control.operators import Operator
from cockpit.control.protocol import Controls, ProtocolError, Welcome
from cockpit.control.runtime import Place
from cockpit.control.session import PENDING_MAX, Session
from cockpit.core import BUILT_IN_KINDS, STRATEGY_MAX, Record, RiskState, Scope, Severity

TICK_SECONDS = 0.02
IDLE_SECONDS = 0.1
"""Between two ticks while no client is here."""
SESSION_MAX = 32
EVENT_MAX = 500
"""Events kept for clients that come or are behind."""
EVENTS_PER_FRAME = 100
EVENT_TEXT_MAX = 2000
LIMIT_SECONDS = 4.0
"""From a changed file to the core's echo."""
FAREWELL_SECONDS = 0.5
COMPLAINTS_PER_SECOND = 10
"""Sessions of one user cut off that are logged one by one; the rest are counted. Each
user has his own ten: nobody's noise hides what another tried."""
COMPLAINERS_MAX = 16
"""Users who are counted apart; the others share one count."""

DONE, REFUSED, UNCONFIRMED = "done", "refused", "unconfirmed"
EDITS = ("limit", "parameter", "revert")
"""Values of files; with ``dry`` it is only said which line would change."""


FileEdit = limit_edit.Edit | parameter_edit.ParameterEdit


class FirstStep(EditRefused):
    """Nothing has changed: it was asked for, and can be confirmed."""


@dataclass(slots=True)
class Pending:
    """A command whose effect has yet to show."""

    session: Session
    number: int
    asked: Asked
    deadline: float


class Server:
    """Serves ``desk``, which is started, at ``place``, whose lock is held.

    ``log`` is given every event once. ``directory``: where risk.toml is; None refuses to
    edit limits.
    """

    def __init__(
        self,
        desk: LocalDesk,
        place: Place,
        *,
        control: ControlOptions,
        directory: Path | None = None,
        log: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self._desk = desk
        self._place = place
        self._control = control
        self._directory = directory
        self._log = log
        self._picture = desk.read()
        self._bytes = self._picture.tobytes()
        self._diffs: dict[int, bytes] = {}
        self._events: deque[Event] = deque(maxlen=EVENT_MAX)
        self._event_count = 0
        self._sessions: list[Session] = []
        self._session_count = 0
        self._holder: Session | None = None
        self._pending: list[Pending] = []
        self._had_operator = False
        self._gone_since: float | None = None
        self._complaints: dict[int, int] = {}
        self._complaints_since = 0.0
        self._failures: set[str] = set()
        self._stopping = asyncio.Event()
        self._quitter: tuple[Session, int] | None = None
        self._stopped_by = ("", "")
        # One thread: two edits of a file never meet.
        self._editor = ThreadPoolExecutor(1, thread_name_prefix="edit")
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- life --------------------------------------------------------------------------

    async def run(self) -> str:
        """Serve until :meth:`stop`, then close the desk; what was left undone, if any."""
        loop = asyncio.get_running_loop()
        listener = _listen(self._place.socket)
        server = await loop.create_unix_server(lambda: Session(self), sock=listener)
        try:
            while not self._stopping.is_set():
                self._guarded(self._tick)
                pause = TICK_SECONDS if self._sessions else IDLE_SECONDS
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
        finally:
            server.close()
            with self._desk.asked_by(*self._stopped_by):
                trouble = self._desk.close()
            await self._say_farewell(trouble)
            self._editor.shutdown(wait=False, cancel_futures=True)
        return trouble

    def stop(self, operator: Operator | None = None, why: str = "") -> None:
        """End :meth:`run` in order."""
        if not self._stopping.is_set():
            who = f"; by {operator.full}" if operator else ""
            reason = f"; why: {why}" if why else ""
            self._say(Severity.WARNING, "operator", f"asked: stop the desk{who}{reason}")
            self._stopped_by = (operator.full if operator else "", why)
            self._stopping.set()

    def note(self, severity: Severity, text: str) -> None:
        """Something of the process itself, for the log."""
        self._say(severity, "control", text)

    # ---- the tick ----------------------------------------------------------------------

    def _guarded(self, step: Callable[[], None]) -> None:
        """A step that fails is logged, once a failure, and the next tick tries again."""
        try:
            step()
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            if text not in self._failures:
                self._failures.add(text)
                self._say(Severity.CRITICAL, "control", f"the control server: {text}")

    def _tick(self) -> None:
        now = time.monotonic()
        self._picture = self._desk.read()
        self._collect_events()
        self._settle(now)
        for session in list(self._sessions):
            if why := session.overdue(now):
                session.cut(why)
        self._count_complaints(now)
        self._follow_operators(now)
        self._push(now)

    def _collect_events(self) -> None:
        for event in self._desk.events():
            self._events.append(event)
            self._event_count += 1
            self._log(event)

    def _say(self, severity: Severity, source: str, text: str) -> None:
        self._desk.say(severity, source, text)

    def _settle(self, now: float) -> None:
        for pending in list(self._pending):
            if pending.asked.is_done(self._picture):
                self._conclude(pending)
            elif now > pending.deadline:
                state = state_of(self._picture).name
                wrong = self._desk.config_errors() if pending.asked.of_files else ()
                self._answer(
                    pending.session,
                    pending.number,
                    UNCONFIRMED,
                    f"NOT CONFIRMED within {pending.asked.seconds:g} s: "
                    f"{pending.asked.text}; the desk is {state}, "
                    f"{int(self._picture['desk']['working_count'])} orders work"
                    + "".join(f"; {error}" for error in wrong),
                )
            else:
                continue
            self._pending.remove(pending)
            pending.session.pending -= 1

    def _conclude(self, pending: Pending) -> None:
        asked = pending.asked
        said = asked.answer(self._picture) if asked.answer else Answer(asked.text)
        status = REFUSED if said.refused else DONE
        self._answer(pending.session, pending.number, status, said.text, **said.more)

    # ---- pictures ----------------------------------------------------------------------

    def _push(self, now: float) -> None:
        due = [
            session
            for session in self._sessions
            if session.hello is not None
            and session.hello.watches
            and session.is_free
            and now >= session.next_frame
        ]
        if not due:
            return
        self._bytes = self._picture.tobytes()
        self._diffs = {}
        told = [
            list(self._desk.config_errors()),
            self._controls().row(),
            self._versions(),
            self._kinds(),
        ]
        for session in due:
            assert session.hello is not None
            # On a grid of its own: a late tick does not make the next one later.
            period = 1 / session.hello.hz
            session.next_frame = max(session.next_frame + period, now + period / 2)
            session.send(self._frame(session, told))

    def _frame(self, session: Session, told: list[Any]) -> dict[str, Any]:
        message: dict[str, Any] = {
            "picture": self._packed(session.base),
            "base": session.sequence,
        }
        session.sequence += 1
        session.base = self._bytes
        if events := self._events_for(session):
            message["events"] = events
            message["last_event"] = session.next_event
        if told != session.told:
            message |= zip(("errors", "controls", "versions", "kinds"), told, strict=True)
            session.told = told
        if (alerts := self._desk.alerts()) is not session.alerts:
            message["alerts"] = [protocol.alert_row(alert) for alert in alerts]
            session.alerts = alerts
        return message

    def _packed(self, base: bytes | None) -> bytes:
        """The picture's difference from ``base``, worked out once for all who have it."""
        key = id(base)
        if key not in self._diffs:
            self._diffs[key] = protocol.pack_picture(self._bytes, base)
        return self._diffs[key]

    def _events_for(self, session: Session) -> list[list[Any]]:
        oldest = self._event_count - len(self._events)
        rows: list[list[Any]] = []
        if session.next_event < oldest:
            lost = oldest - session.next_event
            text = f"{lost:,} lines of the log did not reach this screen"
            rows.append([time.time(), int(Severity.WARNING), "control", text])
            session.next_event = oldest
        begin = session.next_event - oldest
        end = min(begin + EVENTS_PER_FRAME, len(self._events))
        for index in range(begin, end):
            event = self._events[index]
            text = event.text[:EVENT_TEXT_MAX]
            rows.append(
                protocol.event_row(Event(event.time, event.severity, event.source, text))
            )
        session.next_event = oldest + end
        return rows

    def _versions(self) -> list[Any]:
        """The latest parameters of each strategy that has any."""
        return [
            [slot, [protocol.version_row(version) for version in found]]
            for slot in range(STRATEGY_MAX)
            if (found := self._desk.versions(slot))
        ]

    def _kinds(self) -> list[Any]:
        """The kinds that run and are not built in: a client cannot know them."""
        configs = self._picture["desk"]["strategies"]["config"]
        running = {int(config["kind"]) for config in configs if config["used"]}
        known = self._desk.kinds
        return [
            protocol.kind_row(known[index])
            for index in sorted(running)
            if index >= len(BUILT_IN_KINDS) and index in known
        ]

    def _controls(self) -> Controls:
        holder = self._holder
        return Controls(
            holder.number if holder else 0,
            str(holder.operator) if holder else "",
            [
                f"{s.operator}{'' if s.may_trade else ' read-only'}"
                for s in self._sessions
                if s.hello is not None
            ],
        )

    # ---- sessions (House) --------------------------------------------------------------

    def may_enter(self, session: Session) -> str:
        if self._stopping.is_set():
            return "the desk is stopping"
        if len(self._sessions) >= SESSION_MAX:
            return f"{SESSION_MAX} clients are here already"
        self._session_count += 1
        session.number = self._session_count
        self._sessions.append(session)
        return ""

    def joined(self, session: Session) -> None:
        hello = session.hello
        assert hello is not None
        session.next_event = self._event_count - len(self._events)
        session.send(
            Welcome(
                session=session.number,
                name=self._place.name,
                pid=os.getpid(),
                mode=self._desk.mode,
                origin=self._desk.origin,
                symbols=self._desk.symbols,
            ).message()
        )
        if not hello.operates:
            return
        role = "" if session.may_trade else ", read-only"
        self._say(Severity.INFO, "control", f"{session.operator} has joined{role}")
        if session.may_trade and (self._holder is None or hello.take):
            self._give_controls(session, hello.why)

    def left(self, session: Session, why: str) -> None:
        if why:
            self._complain(
                session.operator.uid, f"cut off {session.operator.full}: {why}"
            )
        if session in self._sessions:
            self._sessions.remove(session)
        self._pending = [p for p in self._pending if p.session is not session]
        if session.hello is not None and session.hello.operates:
            self._say(Severity.INFO, "control", f"{session.operator} has left")
        if self._holder is session:
            self._holder = None
            self._say(Severity.INFO, "control", "nobody has the controls")

    def _complain(self, uid: int, text: str) -> None:
        counts = self._complaints
        if uid not in counts and len(counts) >= COMPLAINERS_MAX:
            uid = -1
        counts[uid] = counts.get(uid, 0) + 1
        if counts[uid] <= COMPLAINTS_PER_SECOND:
            self._say(Severity.WARNING, "control", text)

    def _count_complaints(self, now: float) -> None:
        if now - self._complaints_since < 1:
            return
        more = sum(
            max(count - COMPLAINTS_PER_SECOND, 0) for count in self._complaints.values()
        )
        if more > 0:
            self._say(Severity.WARNING, "control", f"and {more} others were cut off")
        self._complaints_since = now
        self._complaints.clear()

    def _give_controls(self, session: Session, why: str) -> None:
        before, self._holder = self._holder, session
        if before is session:
            return
        text = f"{session.operator} has the controls"
        severity = Severity.INFO
        if before is not None:
            text = f"{session.operator} TOOK THE CONTROLS from {before.operator}"
            severity = Severity.WARNING
        if why:
            text = f"{text}; why: {why}"
        self._say(severity, "control", text)

    def _follow_operators(self, now: float) -> None:
        """Do what is configured once the last operator has been gone long enough."""
        here = any(
            s.may_trade and s.hello is not None and s.hello.operates
            for s in self._sessions
        )
        if here:
            self._gone_since = None
            self._had_operator = True
            return
        if not self._had_operator:
            return
        wish, after = self._control.on_last_operator_gone, self._control.after
        if self._gone_since is None:
            self._gone_since = now
            if wish == "keep":
                self._say(
                    Severity.INFO, "control", "the last operator has gone: trading on"
                )
                self._had_operator = False
            else:
                text = f"the last operator has gone: {wish} in {after:g} s"
                self._say(Severity.WARNING, "control", text)
            return
        if now - self._gone_since < after:
            return
        self._had_operator, self._gone_since = False, None
        with self._desk.asked_by(
            "desk.toml, control.on_last_operator_gone",
            f"no operator for {after:g} s",
        ):
            if wish == "halt":
                self._desk.halt()
            elif state_of(self._picture) in (RiskState.ACTIVE, RiskState.REDUCING):
                self._desk.pause()

    # ---- commands ----------------------------------------------------------------------

    def asked(self, session: Session, message: dict[str, Any]) -> None:
        ask = protocol.text_of(message, "ask", 16)
        number = message.get("number")
        if not isinstance(number, int) or isinstance(number, bool):
            raise ProtocolError("a command without a number")
        why = protocol.text_of(message, "why", protocol.WHY_MAX)
        try:
            self._obey(session, number, ask, message, why)
        except (ActionRefused, EditRefused) as refused:
            self._refuse(session, number, ask, str(refused))

    def _obey(
        self,
        session: Session,
        number: int,
        ask: str,
        message: Mapping[str, Any],
        why: str,
    ) -> None:
        if ask == "ping":  # with a number: was all before it received?
            self._answer(session, number, DONE, "here")
            return
        known = (*ACTIONS, "take", "release", "ack", *EDITS, "quit")
        if ask not in known:
            raise ActionRefused(f"no command {ask!r}; there are {', '.join(known)}")
        if not session.may_trade:
            raise ActionRefused("this session is read-only")
        if session.pending >= PENDING_MAX:
            raise ActionRefused(f"{PENDING_MAX} commands of yours are under way")
        if ask == "release":
            if self._holder is session:
                self._holder = None
                self._say(Severity.INFO, "control", f"{session.operator} let them go")
            self._answer(session, number, DONE, "the controls are free")
            return
        if ask == "ack":  # whoever may trade has seen it, whoever has the controls
            with self._desk.asked_by(session.operator.full, why):
                self._answer(session, number, DONE, self._acknowledged(message))
            return
        brake = ask in ACTIONS and ACTIONS[ask].brake
        # To see what an edit would do is nothing done.
        brake = brake or (ask in EDITS and message.get("dry") is True)
        if not brake:
            self._need_controls(
                session, ask == "take" or message.get("take") is True, why
            )
        if ask == "take":
            self._answer(session, number, DONE, "you have the controls")
        elif ask == "quit":
            self._quitter = session, number
            self.stop(session.operator, why)
        elif ask in EDITS:
            self._begin_edit(session, number, ask, message, why)
        else:
            if message.get("symbol") is None and (file := self._desk.held_by(ask)):
                raise ActionRefused(f"{file} is there: remove it first")
            with self._desk.asked_by(session.operator.full, why):
                asked = ACTIONS[ask].act(self._desk, self._picture, message)
            self._wait_for(session, number, asked)

    def _acknowledged(self, message: Mapping[str, Any]) -> str:
        """Take an acknowledgement of one alert or of all; what came of it."""
        number = message.get("alert")
        if number is not None and type(number) is not int:
            raise ActionRefused("an alert is meant by its number")
        if found := self._desk.acknowledge(number):
            return f"{found} alert{'s' if found > 1 else ''} acknowledged"
        which = "" if number is None else f" {number}"
        raise ActionRefused(f"no alert{which} that nobody has acknowledged")

    def _need_controls(self, session: Session, takes: bool, why: str) -> None:
        """Raise unless the session has the controls, or they are free, or it takes them.

        A script asks for one thing and goes: it needs nobody else to have them, and does
        not keep them.
        """
        holder = self._holder
        assert session.hello is not None
        if holder is not None and holder is not session and not takes:
            raise ActionRefused(
                f"{holder.operator} has the controls: take them over first "
                f"(halt, cancel and pause need none)"
            )
        if session.hello.operates:
            self._give_controls(session, why)
        elif holder is not None and takes:
            self._holder = None
            reason = f"; why: {why}" if why else ""
            text = f"{session.operator} TOOK THE CONTROLS from {holder.operator}{reason}"
            self._say(Severity.WARNING, "control", text)

    def _wait_for(self, session: Session, number: int, asked: Asked) -> None:
        deadline = time.monotonic() + asked.seconds
        session.pending += 1
        self._pending.append(Pending(session, number, asked, deadline))

    def _answer(
        self, session: Session, number: int, status: str, text: str, **more: Any
    ) -> None:
        session.send({"answer": number, "status": status, "text": text, **more})

    def _refuse(
        self, session: Session, number: int, ask: str, why: str, **more: Any
    ) -> None:
        text = f"refused {ask} to {session.operator.full}: {why}"
        self._say(Severity.WARNING, "control", text)
        self._answer(session, number, REFUSED, why, **more)

    # ---- edits of files ----------------------------------------------------------------

    def _begin_edit(
        self,
        session: Session,
        number: int,
        ask: str,
        message: Mapping[str, Any],
        why: str,
    ) -> None:
        """Change a file, on a thread of its own, and wait for the core to follow it."""
        directory = self._directory
        if directory is None:
            raise EditRefused("this desk has no files to edit")
        confirmed, dry = (message.get(word) is True for word in ("confirm", "dry"))
        make = {
            "limit": self._limit_plan,
            "parameter": self._parameter_plan,
            "revert": self._revert_plan,
        }[ask]
        plan = make(directory, dict(message))
        session.pending += 1

        async def edit() -> None:
            loop = asyncio.get_running_loop()
            try:
                done = await loop.run_in_executor(self._editor, plan)
                if dry:
                    self._answer(
                        session, number, DONE, done.text,
                        lines=list(done.lines), loosens=done.loosens,
                    )  # fmt: skip
                    return
                if done.loosens and isinstance(done, limit_edit.Edit):
                    with self._desk.asked_by(session.operator.full, why):
                        done = self._loosen(done, confirmed)
                if isinstance(done, parameter_edit.ParameterEdit):
                    with self._desk.asked_by(session.operator.full, why):
                        self._desk.sign_parameters(done)
                await loop.run_in_executor(self._editor, _write, done)
            except FirstStep as step:
                within = {"confirm_within_s": ASKED_SECONDS}
                self._refuse(session, number, ask, str(step), **within)
                return
            except (EditRefused, OSError) as refused:
                self._refuse(session, number, ask, str(refused))
                return
            except Exception as error:  # whoever asked is not left without an answer
                text = f"{ask}: {type(error).__name__}: {error}"
                self._say(Severity.CRITICAL, "control", f"the control server: {text}")
                self._answer(session, number, UNCONFIRMED, f"NOT CONFIRMED: {text}")
                return
            finally:
                session.pending -= 1
            who = session.operator.full
            word = "confirmed" if done.loosens else "asked"
            text = f"{word}: {done.text}; by {who}{f'; why: {why}' if why else ''}"
            self._say(Severity.INFO, "operator", text)
            self._wait_for(session, number, self._shown(done))

        task = asyncio.get_running_loop().create_task(edit())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _loosen(self, edit: limit_edit.Edit, confirmed: bool) -> limit_edit.Edit:
        """The second of two steps, each a command of its own; else the first, raised.

        What is confirmed is the file, with all in it that was held back: so it is said.
        """
        if confirmed and self._desk.is_asked(edit.options_hash):
            text = self._desk.confirm_limits(edit.options_hash)
            return replace(edit, text=text or edit.text)
        looser = self._desk.ask_limits(edit.options) or edit.text
        early = "nobody had asked for it before; " if confirmed else ""
        raise FirstStep(
            f"{looser} loosens a limit: {early}it is asked for now; confirm it within "
            f"{ASKED_SECONDS:g} s (the same with --confirm)"
        )

    def _limit_plan(
        self, directory: Path, message: dict[str, Any]
    ) -> Callable[[], FileEdit]:
        name = protocol.text_of(message, "limit", 80)
        value = protocol.text_of(message, "value", 64)
        enforced = self._limit_in_force(limit_edit.name_of(name))
        there = self._desk.there()
        return lambda: limit_edit.plan(directory, name, value, enforced, there)

    def _parameter_plan(
        self, directory: Path, message: dict[str, Any]
    ) -> Callable[[], FileEdit]:
        slot = slot_of(self._picture, protocol.text_of(message, "strategy", 32))
        strategy = self._desk.strategy_name(slot)
        parameter = protocol.text_of(message, "parameter", 32)
        value = protocol.text_of(message, "value", 64)
        return lambda: parameter_edit.plan(directory, strategy, parameter, value)

    def _revert_plan(
        self, directory: Path, message: dict[str, Any]
    ) -> Callable[[], FileEdit]:
        slot, version = slot_in(self._picture, message), message.get("version")
        if slot is None or type(version) is not int:
            raise EditRefused("a strategy and the number of one of its versions")
        return lambda: self._desk.plan_revert(slot, version)

    def _shown(self, edit: FileEdit) -> Asked:
        if isinstance(edit, limit_edit.Edit):
            return self._enforced(edit)
        said = f"{edit.text}, as the core shows"

        def is_done(picture: Record) -> bool:
            config = picture["desk"]["strategies"][slot_of(picture, edit.strategy)]
            return int(config["config"]["hash"]) == edit.options_hash

        return Asked(said, is_done, LIMIT_SECONDS, of_files=True)

    def _limit_in_force(self, name: limit_edit.Name) -> int | None:
        if name.is_trigger:
            return int(self._picture["desk"]["triggers"][name.index])
        if name.scope == Scope.GLOBAL:
            return int(self._picture["desk"]["limits"]["limit"][name.index])
        return self._desk.narrower_limit(name.scope, name.target, name.index)

    def _enforced(self, edit: limit_edit.Edit) -> Asked:
        return Asked(
            f"{edit.text}, as the core shows",
            lambda picture: self._limit_in_force(edit.name) == edit.value,
            LIMIT_SECONDS,
            of_files=True,
        )

    # ---- the end -----------------------------------------------------------------------

    async def _say_farewell(self, trouble: str) -> None:
        """The last picture and the last words, to whoever still listens."""
        self._picture = self._desk.read()
        text = trouble or "the desk has stopped in order: no order works"
        if not trouble:
            self._say(Severity.INFO, "control", text)
        self._collect_events()
        if self._quitter:
            session, number = self._quitter
            self._answer(session, number, UNCONFIRMED if trouble else DONE, text)
        for session in self._sessions:
            if session.hello is not None and session.hello.watches:
                session.next_frame = 0.0
        self._guarded(lambda: self._push(time.monotonic()))
        for session in list(self._sessions):
            session.send({"bye": text})
            session.end()
        end = time.monotonic() + FAREWELL_SECONDS
        while self._sessions and time.monotonic() < end:
            await asyncio.sleep(TICK_SECONDS)
        for session in list(self._sessions):
            session.cut("did not leave")
        self._collect_events()


def _listen(path: Path) -> socket.socket:
    """A listening socket that nobody else can open, from its first moment on."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def _write(edit: FileEdit) -> None:
    if isinstance(edit, limit_edit.Edit):
        limit_edit.write(edit)
    else:
        parameter_edit.write(edit)
