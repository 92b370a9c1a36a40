"""The desk in this process: an engine, its files and its log behind the Desk interface.

All calls are for one thread. The files are read by a thread of their own, which leaves
what it found in a queue; it reaches the core from here.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from cockpit.config.edit import EditRefused
from cockpit.config.load import universe_of
from cockpit.config.models import Config, RiskOptions
from cockpit.config.universe import Universe
from cockpit.config.watch import Watcher
from cockpit.control import parameter_edit
from cockpit.control.alarms import Alarms, Alert
from cockpit.control.amounts import price_text, symbol_of
from cockpit.control.desk import Event, Preview, StrategyVersion, Symbol, Ticket
from cockpit.control.drop_copy import DropCopyCheck
from cockpit.control.kill import Level
from cockpit.control.loosening import ASKED_SECONDS
from cockpit.control.notes import Scene, sentences
from cockpit.control.parameter_edit import ParameterEdit
from cockpit.control.previews import Previews, new_tag
from cockpit.control.reload import Reload
from cockpit.control.venue_word import has_listed, is_all_off, strangers
from cockpit.core import (
    NOBODY,
    OPERATOR,
    ORDER_STATES,
    SIDE_BOTH,
    STRATEGY_KINDS,
    STRATEGY_MAX,
    Cause,
    Control,
    CoreError,
    Engine,
    FlowKind,
    LinkState,
    Mode,
    NoteKind,
    OrderType,
    Record,
    RiskState,
    Scope,
    Severity,
    Side,
    StrategyKind,
)

START_SECONDS = 1.0
"""How long the engine may take to show its first picture."""
CLOSE_SECONDS = 1.0
"""How long the venue may take to confirm that nothing is working any more."""
STEP_SECONDS = 0.001
CLOSE_EVENTS = 1000
"""The same under virtual time, market data events."""
TRADING = (RiskState.ACTIVE, RiskState.REDUCING)
PAUSE_AGAIN_NS = 1_000_000_000
"""A desk that trades on while drop copies differ is paused again, so often at most."""
SWITCH_SECONDS = 1.0
"""How long a switch that was asked for counts before the core has shown it."""
KILL_SECONDS = 2.0
"""How long the venue may take to confirm a kill from outside before that is said."""
KILLS = {
    Level.HALT: ("halt: pull every order, send nothing", (Control.HALT,)),
    Level.CANCEL: ("pull every order", (Control.CANCEL_ALL,)),
    # A desk that is HALTED closes nothing: then what still works is pulled once more.
    Level.FLATTEN: (
        "flatten: pull every order, close every position",
        (Control.CANCEL_ALL, Control.FLATTEN),
    ),
}
"""From outside: what is asked for, in words and of the core."""
HELD = {"unhalt": (Level.HALT,), "resume": (Level.HALT, Level.FLATTEN)}
"""What is refused while the file of such a level is there."""


class LocalDesk:
    """A :class:`~cockpit.control.desk.Desk` over an engine made from ``config``.

    ``directory``: where the files are, to be watched; None watches nothing. ``origin``:
    where the market comes from, for the header. A recording is given to the engine
    before :meth:`start`.
    """

    def __init__(
        self,
        engine: Engine,
        config: Config,
        *,
        directory: Path | None = None,
        origin: str = "",
        account: str = "SIM",
    ) -> None:
        settings = engine.settings
        self.directory = directory
        self.control = config.desk.control
        """What the files say of serving it to others."""
        self._engine = engine
        self._replays = settings.flow.kind == FlowKind.REPLAY
        self._virtual = settings.virtual_time
        self._account = account
        self._origin = origin or f"synthetic seed {settings.seed}"
        self._symbols = tuple(
            symbol_of(instrument) for instrument in settings.instruments
        )
        # What the core stamps by, in UTC.
        self._epoch_ns = time.time_ns() - time.monotonic_ns()
        self._events: list[Event] = []
        self._kinds: dict[int, StrategyKind] = {}
        recorded = [instrument.name for instrument in settings.instruments]
        universe = universe_of(config.desk, recorded if self._replays else ())
        self._reload = Reload(engine, config, universe, self._say_config)
        watches = directory is not None and settings.desk
        self._watcher = Watcher(directory, universe) if directory and watches else None
        self._switched: dict[int, tuple[Mode, float]] = {}
        self._drop_copies = DropCopyCheck(self._say)
        self._paused_ns = 0
        self._picture = engine.picture()
        self._previews = Previews(engine)
        self._closed: str | None = None
        self.ended_in: RiskState | None = None
        """What it was in when it was told to stop, which halts it."""
        self.links_ended_in: tuple[LinkState, LinkState] | None = None
        """Likewise the links to an exchange elsewhere: of orders and of the feed."""
        self.kill_files: dict[Level, Path] = {}
        """What is looked for while it trades; while one is there some is refused."""
        self.alarms: Alarms | None = None
        """Who watches it from its start to its end; None: nobody."""
        self._outside: SimpleQueue[Event] = SimpleQueue()
        self._kills: SimpleQueue[tuple[Level, float, set[int]]] = SimpleQueue()
        self._kill: tuple[Level, float, set[int]] | None = None
        self._asker = ""
        for options in config.strategies:
            if stands := universe.stands_for(options.symbol):
                self._say_config(Severity.WARNING, f"{options.name}: {stands}")

    def start(self) -> None:
        """Begin trading, and watching the files."""
        if not self._virtual:
            self._engine.start()
            self._await_first_picture()
        self._say_what_was_not_allowed()
        if self._watcher:
            self._watcher.start()
        if self.alarms:
            self.alarms.start()

    @property
    def engine(self) -> Engine:
        """For reports: histograms, mismatches."""
        return self._engine

    @property
    def mode(self) -> str:
        """``SIM``, ``REPLAY``; elsewhere what the account is said to be: ``LIVE``, ..."""
        return "REPLAY" if self._replays else self._account

    @property
    def origin(self) -> str:
        return self._origin

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return self._symbols

    @property
    def kinds(self) -> Mapping[int, StrategyKind]:
        """Every kind loaded into this process, by its index."""
        if len(self._kinds) != len(STRATEGY_KINDS):
            self._kinds = {kind.index: kind for kind in list(STRATEGY_KINDS.values())}
        return self._kinds

    def read(self) -> Record:
        """The latest picture."""
        if self._closed is None:
            self._picture = self._engine.picture()
            self._previews.step(self._picture)
            self._check_drop_copies()
            self._follow_files()
            self._confirm_kills()
        return self._picture

    def events(self) -> list[Event]:
        """What happened since the last call, oldest first."""
        if self._closed is None:
            self._follow_files()
            self._take_notes()
        while not self._outside.empty():
            self._events.append(self._outside.get())
        events, self._events = self._events, []
        if self.alarms:
            self.alarms.hear(events)
        return sorted(events, key=lambda event: event.time)

    def _confirm_kills(self) -> None:
        """Of a kill from outside: what the venue has confirmed, or not in time."""
        while not self._kills.empty():
            self._kill = self._kills.get()  # the latest: the one before is part of it
        if self._kill is None:
            return
        level, deadline, worked = self._kill
        if level == Level.FLATTEN:  # the core says when all is closed
            self._kill = None
            return
        if level == Level.HALT:
            done, is_done = "HALTED, no order works", self._is_still()
        else:
            done = "every order that worked is off"
            is_done = not worked & self._working_ids()
        if is_done:
            self._kill = None
            self._say(Severity.INFO, "operator", f"confirmed: {done}")
        elif time.monotonic() > deadline:
            self._kill = level, math.inf, worked  # said once, and again when it is so
            text = f"NOT CONFIRMED within {KILL_SECONDS:g} s: {done}; the desk is "
            text += f"{self._risk_state().name}, "
            text += f"{int(self._picture['desk']['working_count'])} orders work"
            self._say(Severity.CRITICAL, "operator", text)

    def _working_ids(self) -> set[int]:
        desk = self._picture["desk"]
        count = min(int(desk["working_count"]), len(desk["working"]))
        return set(desk["working"]["client_id"][:count].tolist())

    def _check_drop_copies(self) -> None:
        """Who cannot say what he holds does not trade until somebody has looked."""
        check, now_ns = self._drop_copies, int(self._picture["time_ns"])
        is_news = check.look(self._picture, self._symbols)
        trades = self._picture["desk"]["risk_state"] in TRADING
        if not check.differing or not trades:
            return
        if not is_news and now_ns - self._paused_ns < PAUSE_AGAIN_NS:
            return  # the picture may be from before it was obeyed
        self._paused_ns = now_ns
        names = ", ".join(sorted(check.differing))
        if not is_news:
            text = f"{names}: venue and desk still tell different trades"
            self._say(Severity.CRITICAL, "drop copy", text)
        with self.asked_by("drop copy", f"venue and desk tell different trades: {names}"):
            pause = partial(self._engine.pause, Cause.DROP_COPY)
            self._ask("pause", pause, source="drop copy")

    def config_errors(self) -> tuple[str, ...]:
        """What is wrong with the files on disk now; empty when they are in force."""
        alarms = self.alarms.problems() if self.alarms else ()
        return (*self._reload.errors, *alarms)

    def alerts(self) -> tuple[Alert, ...]:
        """The alerts there are, oldest first; the same object until one changes."""
        return self.alarms.shown() if self.alarms else ()

    def acknowledge(self, number: int | None = None) -> int:
        """Alert ``number``, or every one, has been seen; how many were new."""
        who = self._engine.signature[0]
        found = self.alarms.acknowledge(who, number) if self.alarms else []
        for alert in found:
            text = f"acknowledged: alert {alert.number}, {alert.name}: {alert.text}"
            self._say(Severity.INFO, "operator", text + self._asker)
        return len(found)

    # ---- what an operator asks ---------------------------------------------------------

    def toggle_strategy(self, slot: int) -> None:
        """OFF to LIVE, anything else to OFF."""
        name = self._reload.name(slot)
        if not name:
            self._say(Severity.WARNING, "operator", f"no strategy on key {slot + 1}")
            return
        self.set_mode(slot, Mode.LIVE if self._mode_of(slot) == Mode.OFF else Mode.OFF)

    def ask_limits(self, options: RiskOptions) -> str:
        """The first step of loosening limits: recorded, and nothing comes of it yet.

        What would be looser, in words. It can be confirmed for ``ASKED_SECONDS``.
        """
        looser = self._reload.ask(options, *self._engine.signature)
        text = f"asked: {looser}, to be confirmed within {ASKED_SECONDS:g} s"
        self._say(Severity.INFO, "operator", text + self._asker)
        return looser

    def is_asked(self, options_hash: int) -> bool:
        """Has that first step been made, and does it still count?"""
        return self._reload.is_asked(options_hash)

    def confirm_limits(self, options_hash: int) -> str:
        """What risk.toml says with this hash may be looser than what is in force.

        All that is, in words. Raises EditRefused where it was not asked for before.
        """
        try:
            return self._reload.confirm(options_hash, *self._engine.signature)
        except LookupError as error:
            raise EditRefused(str(error.args[0])) from None

    def narrower_limit(self, scope: Scope, target: str, limit: int) -> int | None:
        """What is in force of a limit of one instrument or one strategy, if any is."""
        return self._reload.in_force(scope, target, limit, self._picture["desk"])

    def there(self) -> tuple[Universe, tuple[str, ...]]:
        """The instruments and the strategies that a limit can be of."""
        names = (self._reload.name(slot) for slot in range(STRATEGY_MAX))
        return self._reload.universe, tuple(name for name in names if name)

    def set_mode(self, slot: int, mode: Mode) -> None:
        """Switch the strategy of a slot."""
        name = self._reload.name(slot)
        if not name:
            self._say(Severity.WARNING, "operator", f"no strategy on key {slot + 1}")
            return
        before = self._mode_of(slot).name
        self._switched[slot] = mode, time.monotonic() + SWITCH_SECONDS
        self._ask(
            f"{name} to {mode.name}", lambda: self._engine.set_mode(slot, mode), before
        )

    def cancel_all(self) -> None:
        """Pull every working order; strategies go on as they are."""
        self._ask("pull every order", self._engine.cancel_all)

    def cancel(
        self,
        order: int | None = None,
        *,
        symbol: int | None = None,
        side: Side | None = None,
        strategy: int | None = None,
    ) -> None:
        """Pull the working orders that fit all that is given; of nothing, every order."""
        words = [
            f"order {order}" if order is not None else "every order",
            f"in {self.symbol_name(symbol)}" if symbol is not None else "",
            f"to {side.name.lower()}" if side is not None else "",
            f"of {self.strategy_name(strategy)}" if strategy is not None else "",
        ]
        if len(words) == words.count("") + 1 and order is None:
            self.cancel_all()
            return
        self._ask(
            f"pull {' '.join(word for word in words if word)}",
            lambda: self._engine.cancel(
                order or 0,
                symbol=NOBODY if symbol is None else symbol,
                side=SIDE_BOTH if side is None else side,
                strategy=NOBODY if strategy is None else strategy,
            ),
        )

    def order(self, ticket: Ticket, tag: int = 0) -> int:
        """Send an order of the operator's own; the tag it has in the picture.

        ``tag``: the one it is to have; else a new one.
        """
        if problem := ticket.problem(len(self._symbols)):
            self._say(Severity.CRITICAL, "operator", f"NOT DONE: order: {problem}")
            return 0
        tag = tag or new_tag()
        self._ask(self.ticket_text(ticket), lambda: self._previews.hand(ticket, tag))
        return tag

    def preview(self, ticket: Ticket) -> Preview | None:
        """What would come of it; None until the core has answered. Never waits."""
        if ticket.problem(len(self._symbols)):
            return None
        return self._previews.latest(ticket)

    def check(self, ticket: Ticket) -> int:
        """Ask for one preview; what :meth:`checked` knows the answer by."""
        return self._previews.ask(ticket)

    def checked(self, tag: int) -> Preview | None:
        """The answer, once; None until it is here."""
        return self._previews.take(tag)

    def pause(self) -> None:
        self._ask("pause", self._engine.pause)

    def reduce(self) -> None:
        """From anyone only what brings positions nearer to none, until it is resumed."""
        self._ask(
            "reduce: only what brings positions nearer to none", self._engine.reduce
        )

    def resume(self, *, symbol: int | None = None) -> None:
        """Trade again after a pause; of a symbol, after its halt."""
        if symbol is None:
            self._ask_unless_held("resume", self._engine.resume)
            return
        name = self.symbol_name(symbol)
        self._ask(f"resume {name}", lambda: self._engine.resume_symbol(symbol))

    def flatten(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        """Close every position and pause; or those of a strategy, or in a symbol."""
        if strategy is not None:
            text = f"flatten {self.strategy_name(strategy)}: OFF, close its position"
            if strategy == OPERATOR:
                text = "flatten: close what was traded by hand"
            self._ask(
                text,
                lambda: self._engine.flatten_strategy(strategy),
            )
        if symbol is not None:
            name = self.symbol_name(symbol)
            self._ask(
                f"flatten {name}: halt it, close every position in it",
                lambda: self._engine.flatten_symbol(symbol),
            )
        if strategy is None and symbol is None:
            self._ask("flatten: close every position", self._engine.flatten)

    def halt(self, *, strategy: int | None = None, symbol: int | None = None) -> None:
        """Pull every order and send nothing; or so of a strategy, or in a symbol."""
        if strategy is not None:
            name = self.strategy_name(strategy)
            self._ask(
                f"halt {name}: OFF, pull its orders",
                lambda: self._engine.halt_strategy(strategy),
            )
        if symbol is not None:
            name = self.symbol_name(symbol)
            self._ask(
                f"halt {name}: pull its orders, send nothing",
                lambda: self._engine.halt_symbol(symbol),
            )
        if strategy is None and symbol is None:
            self._ask("halt: pull every order, send nothing", self._engine.halt)

    def kill_from_outside(self, level: Level, who: str, why: str) -> None:
        """Halt, cancel or flatten from another thread: by a signal, by a file.

        What became of it the core says, to whoever takes the notes.
        """
        text, kinds = KILLS[level]
        before = self._risk_state().name
        asked = f"asked: {text} (before: {before}); by {who}; why: {why}"
        self.say_from_outside(Severity.INFO, asked)
        deadline = time.monotonic() + KILL_SECONDS
        self._kills.put((level, deadline, self._working_ids()))
        try:
            for kind in kinds:
                self._engine.kill_from_outside(kind, who, why)
        except CoreError as error:
            self.say_from_outside(Severity.CRITICAL, f"NOT DONE: {text}: {error}")

    def say_from_outside(
        self, severity: Severity, text: str, source: str = "operator"
    ) -> None:
        """Add a line to the log from another thread."""
        self._outside.put(Event(time.time(), severity, source, text))

    def unhalt(self) -> None:
        self._ask_unless_held("unhalt", self._engine.unhalt, "leave the halt")

    def held_by(self, asked: str) -> Path | None:
        """The kill file that keeps from what is asked, if one does."""
        files = (self.kill_files.get(level) for level in HELD.get(asked, ()))
        return next((file for file in files if file and os.path.lexists(file)), None)

    def accept(self) -> None:
        """What reconciliation found is right: end the doubt about every symbol."""
        self._ask("accept positions as they are", self._engine.accept)

    def versions(self, slot: int) -> tuple[StrategyVersion, ...]:
        """What a strategy runs with and, newest first, the five versions before."""
        return self._reload.versions.of(self._reload.name(slot))

    def revert(self, slot: int, version: int) -> None:
        """Set a strategy's parameters to what they were in one of :meth:`versions`."""
        try:
            edit = self.plan_revert(slot, version)
            self.sign_parameters(edit)
            parameter_edit.write(edit)
            self._say(Severity.INFO, "operator", f"asked: {edit.text}{self._asker}")
        except (EditRefused, OSError) as refused:
            text = f"NOT DONE: revert to version {version}: {refused}"
            self._say(Severity.CRITICAL, "operator", text)

    def plan_revert(self, slot: int, version: int) -> ParameterEdit:
        """What :meth:`revert` would change. Raises EditRefused."""
        name = self._reload.name(slot)
        if not name:
            raise EditRefused(f"no strategy on key {slot + 1}")
        found = self._reload.versions.find(name, version)
        if found is None:
            known = ", ".join(str(one.version) for one in self.versions(slot))
            raise EditRefused(f"{name} has no version {version}; there are {known}")
        if self.directory is None:
            raise EditRefused("this desk has no files to edit")
        return parameter_edit.plan_all(self.directory, name, found.values)

    def sign_parameters(self, edit: ParameterEdit) -> None:
        """The edit about to be written is of whoever asks, for log and journal."""
        who, why = self._engine.signature
        self._reload.sign(edit.options_hash, who, why)

    def symbol_name(self, symbol: int) -> str:
        """Of an index, whether there is one or not."""
        if 0 <= symbol < len(self._symbols):
            return self._symbols[symbol].name
        return f"symbol {symbol}"

    def strategy_name(self, slot: int) -> str:
        """Likewise of a slot."""
        if slot == OPERATOR:
            return "the operator"
        return self._reload.name(slot) or f"slot {slot + 1}"

    def ticket_text(self, ticket: Ticket) -> str:
        """``buy 5 ACME at 150.02, limit``."""
        symbol = self._symbols[ticket.symbol]
        market = ticket.type == OrderType.MARKET
        price = "the market" if market else price_text(symbol, ticket.price)
        kind = "post-only" if ticket.post_only else ticket.time_in_force.name
        return (
            f"{ticket.side.name.lower()} {ticket.qty:,} {symbol.name} at {price}, {kind}"
        )

    @contextmanager
    def asked_by(self, who: str, why: str = "") -> Iterator[None]:
        """What is asked inside is logged as that operator's, with the reason."""
        before, self._asker = (
            self._asker,
            f"; by {who}" + (f"; why: {why}" if why else ""),
        )
        signature, self._engine.signature = self._engine.signature, (who, why)
        try:
            yield
        finally:
            self._asker = before
            self._engine.signature = signature

    def say(self, severity: Severity, source: str, text: str) -> None:
        """Add a line to the log, for whoever serves this desk to others."""
        self._say(severity, source, text)

    def close(self) -> str:
        """Pull every order, stop in order. Empty, or what could not be done."""
        if self._closed is not None:
            return self._closed
        if self.alarms:
            self.alarms.hush()
        if self._watcher:
            self._watcher.stop()
        self._closed = self._pull_everything()
        self._take_notes()
        if not self._virtual:
            self._engine.stop()
        self._picture = self._engine.picture()  # what the threads did last
        if self._closed:
            self._say(Severity.CRITICAL, "desk", self._closed)
        if self.alarms:
            self.alarms.stop()
        return self._closed

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # ---- inside ------------------------------------------------------------------------

    def _await_first_picture(self) -> None:
        """Until then a picture is all zeros, with every strategy OFF."""
        part = "desk" if self._engine.settings.desk else "venue"
        deadline = time.monotonic() + START_SECONDS
        while not self._picture[part]["time_ns"] and time.monotonic() < deadline:
            time.sleep(STEP_SECONDS)
            self._picture = self._engine.picture()

    def _say_what_was_not_allowed(self) -> None:
        """Of what desk.toml asks the system for. Trading goes on without."""
        settings, picture = self._engine.settings, self._picture
        if self._virtual or not (settings.lock_memory or settings.realtime):
            return
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not all(
            int(thread["heartbeat_ns"]) for thread in picture["threads"] if thread["name"]
        ):
            time.sleep(STEP_SECONDS)
            self._picture = picture = self._engine.picture()
        if settings.lock_memory and not picture["memory_locked"]:
            text = "memory is not locked: the system does not allow it (ulimit -l)"
            self._say(Severity.WARNING, "machine", text)
        for thread in picture["threads"]:
            if settings.realtime and thread["name"] and not thread["realtime"]:
                name = bytes(thread["name"]).decode()
                text = f"{name} thread: no real-time priority is allowed (ulimit -r)"
                self._say(Severity.WARNING, "machine", text)

    def _say(self, severity: Severity, source: str, text: str) -> None:
        signed = self._asker and source == "operator"
        who = self._engine.signature[0] if signed else ""
        self._events.append(Event(self._now(), severity, source, text, who))

    def _say_config(self, severity: Severity, text: str) -> None:
        self._say(severity, "config", text)

    def _ask(
        self,
        text: str,
        command: Callable[[], None],
        before: str = "",
        source: str = "operator",
    ) -> None:
        """Log what is asked for and hand it over; that it happened the core will say.

        ``before``: what was in force, if it is not the risk state. Who asked and why are
        logged too where :meth:`asked_by` has said it.
        """
        if self._asker:
            before = before or self._risk_state().name
            text = f"{text} (before: {before}){self._asker}"
        self._say(Severity.INFO, source, f"asked: {text}")
        try:
            command()
        except CoreError as error:
            self._say(Severity.CRITICAL, source, f"NOT DONE: {text}: {error}")

    def _ask_unless_held(
        self, asked: str, command: Callable[[], None], text: str = ""
    ) -> None:
        if file := self.held_by(asked):
            text = f"NOT DONE: {text or asked}: {file} is there, remove it first"
            self._say(Severity.CRITICAL, "operator", text)
        else:
            self._ask(text or asked, command)

    def _now(self) -> float:
        if self._virtual:
            return self._time_of(int(self._picture["time_ns"]))
        return time.time()

    def _time_of(self, core_ns: int) -> float:
        if self._virtual:
            return (core_ns - int(self._picture["start_ns"])) / 1e9
        return (core_ns + self._epoch_ns) / 1e9

    def _mode_of(self, slot: int) -> Mode:
        """What a strategy is, or was asked to be and is not yet."""
        shown = Mode(int(self._picture["desk"]["strategies"][slot]["config"]["mode"]))
        if slot in self._switched:
            mode, until = self._switched[slot]
            if mode != shown and time.monotonic() < until:
                return mode
            del self._switched[slot]
        return shown

    def _risk_state(self) -> RiskState:
        return RiskState(int(self._picture["desk"]["risk_state"]))

    def _follow_files(self) -> None:
        for reading in self._watcher.readings() if self._watcher else ():
            modes = {slot: self._mode_of(slot) for slot in range(STRATEGY_MAX)}
            self._reload.take(reading, modes)
        self._reload.step(self._picture)

    def _take_notes(self) -> None:
        for event in self._engine.net_events():
            when = self._time_of(event.time_ns)
            self._events.append(Event(when, event.severity, "venue", event.text))
        notes = self._engine.notes()
        # That files are in force is for Reload to say, which knows what is in them.
        notes = [note for note in notes if note["kind"] != NoteKind.CONFIG]
        if notes:
            names = [self._reload.name(slot) for slot in range(STRATEGY_MAX)]
            self._events += sentences(notes, Scene(self._symbols, names, self._time_of))

    def _pull_everything(self) -> str:
        """Halt and wait until the venue has confirmed it; says what is left."""
        self._picture = self._engine.picture()
        runs = self._virtual or self._picture["running"]
        if not self._engine.settings.desk or not runs:
            return ""
        self.ended_in = RiskState(int(self._picture["desk"]["risk_state"]))
        net = self._picture["net"]
        self.links_ended_in = (
            LinkState(int(net["orders"]["state"])),
            LinkState(int(net["feed"]["state"])),
        )
        self._ask("stop", self._engine.stop_trading)
        self._ask("pull every order", self._engine.cancel_all)
        deadline = time.monotonic() + CLOSE_SECONDS
        rounds = 0
        while not self._is_still():
            if self._virtual:
                rounds += 1
                if rounds > CLOSE_EVENTS:
                    return self._left_over(f"after {CLOSE_EVENTS:,} market data events")
                self._engine.run(1)
            else:
                if time.monotonic() > deadline:
                    return self._left_over(f"after {CLOSE_SECONDS:g} s")
                time.sleep(STEP_SECONDS)
            self._picture = self._engine.picture()
        return ""

    def _is_still(self) -> bool:
        """Halted, with nothing working and no cancel on its way."""
        desk = self._picture["desk"]
        return bool(desk["risk_state"] == RiskState.HALTED and is_all_off(self._picture))

    def _left_over(self, when: str) -> str:
        desk = self._picture["desk"]
        count = int(desk["working_count"])
        if not count and (left := strangers(self._picture)):
            return f"{left} ORDERS OF AN EARLIER DESK MAY STILL BE WORKING {when}"
        if not count and not has_listed(self._picture):
            return f"STOPPED UNCONFIRMED: the exchange has not said what works {when}"
        if not count:
            return f"STOPPED UNCONFIRMED: the desk had not answered the halt {when}"
        shown = desk["working"][: min(count, len(desk["working"]))]
        lines = [f"{count} ORDERS MAY STILL BE WORKING AT THE VENUE {when}:"]
        for order in shown:
            symbol = self._symbols[int(order["symbol"])]
            lines.append(
                f"  {Side(int(order['side'])).name.lower()} {int(order['leaves']):,} "
                f"{symbol.name} at {price_text(symbol, int(order['price']))} "
                f"({ORDER_STATES[int(order['state'])]}, id {int(order['client_id'])})"
            )
        if count > len(shown):
            lines.append(f"  and {count - len(shown)} more")
        return "\n".join(lines)
