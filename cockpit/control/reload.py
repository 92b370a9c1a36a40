"""Files that change while the desk runs: what is new goes to the core, piece by piece.

A change is handed over only when every file that can be changed is in order. It is said
to be in force when the core shows it, with version and hash; until then it is under way.

A limit that the file loosens is held back until an operator confirms it; what it tightens
is in force at once. So it is too when the file says more than the journal of the desk
before it, which is then still in force.

A strategy keeps its slot, and so its key, whatever its place in the file becomes, and
comes back to it when it was left out for a while. The mode an operator gave it stays,
unless the file's own mode changes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from cockpit.config.diff import risk_changes, strategy_changes
from cockpit.config.load import Reading
from cockpit.config.models import Config, RiskOptions, StrategyOptions
from cockpit.config.settings import FIRST_VERSION, core_limits, core_strategy
from cockpit.config.universe import Universe
from cockpit.control.loosening import (
    ASKED_SECONDS,
    Steps,
    changes_of,
    shown,
    tightened,
    without,
)
from cockpit.control.versions import Versions
from cockpit.core import (
    STRATEGY_KINDS,
    STRATEGY_MAX,
    CoreError,
    Engine,
    LimitChange,
    Limits,
    Loosening,
    Mode,
    Record,
    Scope,
    Severity,
    Strategy,
)

RISK_FILE = "risk.toml"
STRATEGIES_FILE = "strategies.toml"
ECHO_SECONDS = 2.0
"""How long the core may take to show what it was handed."""
SAID_MAX = 64
"""Edits signed or confirmed before their file was read."""

Say = Callable[[Severity, str], None]
Slots = tuple[StrategyOptions | None, ...]


@dataclass(frozen=True, slots=True)
class Handover:
    """Something on its way into the core."""

    slot: int | None
    """Of a strategy; None for the limits."""
    value: Limits | Strategy | None
    """None empties the slot."""
    text: str
    """What is different, for the log."""
    head: str
    """File and version."""
    signature: tuple[str, str] | None = None
    """Who asks and why, for the journal; None: whoever runs this."""
    deadline: float = 0.0
    """By the monotonic clock, once its turn has come: until then the core may take it,
    then show it."""

    def is_shown_by(self, picture: Record) -> bool:
        """Does the core show exactly this?"""
        desk = picture["desk"]
        if self.slot is None:
            found = int(desk["limits_version"]), int(desk["limits_hash"])
        else:
            config = desk["strategies"][self.slot]["config"]
            if self.value is None:
                return not config["used"]
            found = int(config["version"]), int(config["hash"])
        assert self.value is not None
        return found == (self.value.version, self.value.hash)


@dataclass(frozen=True, slots=True)
class Retired:
    """A strategy that is in the file no more, as it was at the end."""

    slot: int
    options: StrategyOptions
    mode: Mode


class Reload:
    """What the core was last handed, and what it has yet to confirm.

    Of one strategy, and of the limits, there is never more than one thing on its way:
    the next waits until the core has shown it, so that each that came into force is said
    to have been and can be gone back to. For the one thread that may use the engine.
    """

    def __init__(
        self,
        engine: Engine,
        config: Config,
        universe: Universe,
        say: Say,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.universe = universe
        self.errors: tuple[str, ...] = ()
        """What is wrong with the files on disk, or with what the core made of them."""
        self._engine = engine
        self._say = say
        self._clock = clock
        self._desk = config.desk
        self._started = config.desk.hash
        """Of the desk.toml that runs."""
        self._risk = config.risk
        """In force, or on its way there."""
        self._read = config.risk
        """As the file was last read."""
        self._held: RiskOptions | None = None
        """Looser than what is in force, and not confirmed."""
        self._held_text = ""
        self._confirmed: dict[int, tuple[str, str, float]] = {}
        """Who and why, and until when it counts."""
        self._steps = Steps(self._record_step, clock, say)
        self._compared = engine.settings.journal is None
        self._slots: Slots = config.strategies + (None,) * (
            STRATEGY_MAX - len(config.strategies)
        )
        self._retired: dict[str, Retired] = {}
        self._versions = {RISK_FILE: FIRST_VERSION, STRATEGIES_FILE: FIRST_VERSION}
        self._waiting: deque[Handover] = deque()
        self._handed: dict[int | None, Handover] = {}
        self._file_errors: tuple[str, ...] = ()
        self._core_errors: dict[int | None, str] = {}
        self._different: tuple[str, ...] = ()
        self._keeps_time = not engine.settings.virtual_time
        self.versions = Versions()
        self._signed: dict[int, tuple[str, str]] = {}
        self._restore_versions(config)
        self._limits_hash = self._core(config.risk, 0).hash

    def _restore_versions(self, config: Config) -> None:
        """The latest parameters there were, over restarts; numbers go on."""
        past = self._engine.versions()
        self.versions.restore(past, STRATEGIES_FILE)
        for options in config.strategies:
            if not self.versions.of(options.name):  # nothing is written down
                self.versions.add(
                    options.name,
                    FIRST_VERSION,
                    options.hash,
                    options.named,
                    time=time.time(),
                    who=STRATEGIES_FILE,
                )
        desk = self._engine.picture()["desk"]
        latest = max([FIRST_VERSION, *(one.version for one in past)])
        self._versions = {
            RISK_FILE: max(FIRST_VERSION, int(desk["limits_version"])),
            STRATEGIES_FILE: latest,
        }

    def name(self, slot: int) -> str:
        """Of the strategy in a slot; empty when there is none."""
        options = self._slots[slot] if slot < len(self._slots) else None
        return options.name if options else ""

    def take(self, reading: Reading, modes: Mapping[int, Mode]) -> None:
        """Act on what the files say now. ``modes``: what each slot is switched to."""
        self._judge(reading)
        if reading.strategies is None or reading.risk is None:
            return
        if reading.desk is not None and reading.desk.hash != self._desk.hash:
            self._desk = reading.desk
            self._say(Severity.WARNING, "desk.toml changed: in force from the next start")
        former = {name: retired.slot for name, retired in self._retired.items()}
        before, self._slots = self._slots, placed(self._slots, reading.strategies, former)
        self._risk = without(self._risk, self._slot_of())
        if reading.risk.hash != self._read.hash:
            self._read = reading.risk
            self._change_limits(reading.risk)
        elif self._core(self._risk, 0).hash != self._limits_hash:
            _, head = self._next_version(RISK_FILE)
            self._put_limits(self._risk, "the limits follow their strategies", head)
        self._change_strategies(before, reading.strategies, modes)

    def confirm(self, options_hash: int, who: str, why: str) -> str:
        """An operator wants risk.toml as a whole, as :attr:`RiskOptions.hash` has it; all
        that this loosens, in words.

        Raises LookupError where nobody has asked for that before, or too long ago.
        """
        if not self._steps.is_open(options_hash):
            raise LookupError(
                f"nobody has asked for that in the last {ASKED_SECONDS:g} s: "
                f"ask first, then confirm"
            )
        text = self._steps.hold(options_hash)
        self._confirmed[options_hash] = who, why, self._clock() + ASKED_SECONDS
        _keep_last(self._confirmed)
        if self._held is not None and self._held.hash == options_hash:
            self._change_limits(self._held)
            self._sum_up()
        return text

    def ask(self, risk: RiskOptions, who: str, why: str) -> str:
        """An operator has said what is to be looser, and not yet confirmed it; what that
        is, in words."""
        tight = tightened(self._risk, risk)
        text = ", ".join(risk_changes(tight, risk))
        self._steps.ask(risk.hash, self._loosened(tight, risk), text, who, why)
        return text

    def is_asked(self, options_hash: int) -> bool:
        """Can it be confirmed now?"""
        return self._steps.is_open(options_hash)

    def _loosened(
        self, tight: RiskOptions, wanted: RiskOptions
    ) -> tuple[LimitChange, ...]:
        # What is asked for may name something that the desk has not got.
        wanted = without(wanted, self._slot_of(), self.universe)
        return changes_of(self._core(tight, 0), self._core(wanted, 0))

    def _record_step(
        self, stage: Loosening, changes: Sequence[LimitChange], who: str, why: str
    ) -> None:
        try:
            with self._by((who, why)):
                self._engine.record_loosening(stage, changes)
        except CoreError as error:
            text = f"NOT RECORDED: a loosening was {stage.name.lower()} by {who}: {error}"
            self._say(Severity.CRITICAL, text)

    def sign(self, options_hash: int, who: str, why: str) -> None:
        """A strategy that will be read as :attr:`StrategyOptions.hash` is theirs."""
        self._signed[options_hash] = who, why
        _keep_last(self._signed)

    def in_force(self, scope: Scope, target: str, limit: int, desk: Record) -> int | None:
        """What the core enforces of a narrower limit; None without one."""
        slots = self._slot_of()
        place = (
            self.universe.index(target) if scope == Scope.SYMBOL else slots.get(target)
        )
        for shown_row in desk["scoped"][: int(desk["scoped_count"])]:
            row = shown_row["limit"]
            if (int(row["scope"]), int(row["target"]), int(row["limit"])) == (
                scope, place, limit,
            ):  # fmt: skip
                return int(row["value"])
        return None

    def step(self, picture: Record) -> None:
        """Hand over what waits, and look for what has come into force."""
        if not self._compared and picture["desk"]["limits_version"]:
            self._compare(picture["desk"])
        self._hand_over()
        self._steps.step()
        for slot, handed in list(self._handed.items()):
            if handed.is_shown_by(picture):
                del self._handed[slot]
                self._core_errors.pop(slot, None)
                self._say(Severity.INFO, f"{handed.head} in force: {handed.text}")
                self._keep_version(handed)
            elif self._is_late(handed):
                del self._handed[slot]
                self._complain(handed, "the core does not confirm it")
        self._different = self._differences(picture["desk"])
        self._sum_up()

    def _keep_version(self, handed: Handover) -> None:
        value = handed.value
        if not isinstance(value, Strategy):
            return
        kind = STRATEGY_KINDS[value.kind]
        names = (parameter.name for parameter in kind.parameters)
        who = handed.signature[0] if handed.signature else STRATEGIES_FILE
        self.versions.add(
            value.name,
            value.version,
            value.hash,
            dict(zip(names, value.parameters, strict=True)),
            time=time.time(),
            who=who,
            changes=handed.text.removeprefix(f"{value.name} "),
        )

    def _sum_up(self) -> None:
        held = (self._held_text,) if self._held is not None else ()
        core = tuple(self._core_errors.values())
        self.errors = self._file_errors + core + held + self._different

    def _differences(self, desk: Record) -> tuple[str, ...]:
        """Where the core runs something else than it was given last, by their hashes."""
        found = []
        if self._desk.hash != self._started:
            found.append("desk.toml is not the one that runs: from the next start")
        under_way = self._waiting or self._handed or self._core_errors
        if under_way or not self._compared or not desk["limits_version"]:
            return tuple(found)
        if (runs := int(desk["limits_hash"])) != self._limits_hash:
            found.append(
                f"{RISK_FILE} has hash {self._limits_hash:016x}, the core enforces "
                f"limits of hash {runs:016x}"
            )
        for slot, options in enumerate(self._slots):
            if options is None:
                continue
            runs = int(desk["strategies"][slot]["config"]["hash"])
            if runs != options.hash:
                found.append(
                    f"{STRATEGIES_FILE}: {options.name} has hash {options.hash:016x}, "
                    f"the core runs it with hash {runs:016x}"
                )
        return tuple(found)

    # ---- what the files say -----------------------------------------------------------

    def _judge(self, reading: Reading) -> None:
        """Say what is wrong, or that nothing is any more."""
        errors = tuple(str(problem) for problem in reading.problems)
        if errors == self._file_errors:
            return
        for error in errors:
            if error not in self._file_errors:
                self._say(Severity.WARNING, f"{error}. The values in force stay")
        if not errors:
            self._say(Severity.INFO, "the files are in order again")
        self._file_errors = errors
        self._sum_up()

    def _next_version(self, file: str) -> tuple[int, str]:
        """The next version of a file, and what the log calls it."""
        self._versions[file] += 1
        return self._versions[file], f"{file} version {self._versions[file]}"

    # ---- limits ------------------------------------------------------------------------

    def _slot_of(self) -> dict[str, int]:
        return {options.name: slot for slot, options in enumerate(self._slots) if options}

    def _core(self, risk: RiskOptions, version: int) -> Limits:
        return core_limits(risk, version, self.universe, self._slot_of())

    def _change_limits(self, risk: RiskOptions) -> None:
        """Hand over what the file says, or as much of it as needs no confirmation."""
        _, head = self._next_version(RISK_FILE)
        tight = tightened(self._risk, risk)
        confirmed = self._confirmed_by(risk)
        if self._held is not None and self._held.hash != risk.hash:
            self._steps.drop(self._held.hash, f"{RISK_FILE} says something else")
        loosens = self._core(tight, 0).hash != self._core(risk, 0).hash
        if not loosens or confirmed is not None:
            text = ", ".join(risk_changes(self._risk, risk)) or "as it was"
            self._held = None
            who, why = confirmed or (RISK_FILE, "")
            if loosens:
                changes = self._loosened(tight, risk)
                self._steps.confirm(risk.hash, changes, who, why)
            self._put_limits(risk, text, head, (who, why or text))
            return
        looser = ", ".join(risk_changes(tight, risk))
        self._hold(risk, f"{head} loosens {looser}", looser)
        text = ", ".join(risk_changes(self._risk, tight)) or "nothing of it"
        self._put_limits(
            tight, text, head, (RISK_FILE, f"asked, not confirmed: {looser}")
        )

    def _confirmed_by(self, risk: RiskOptions) -> tuple[str, str] | None:
        who, why, until = self._confirmed.pop(risk.hash, ("", "", 0.0))
        late = self._keeps_time and self._clock() > until
        counts = who and not late and self._steps.is_open(risk.hash)
        return (who, why) if counts else None

    def _hold(self, risk: RiskOptions, what: str, looser: str) -> None:
        self._held = risk
        changes = self._loosened(tightened(self._risk, risk), risk)
        self._steps.ask(
            risk.hash, changes, looser, RISK_FILE, "the file says so", stands=True
        )
        self._held_text = f"{what}: NOT in force until confirmed"
        self._say(Severity.WARNING, f"asked: {looser}; by {RISK_FILE}")
        self._say(Severity.WARNING, self._held_text)

    def _put_limits(
        self,
        risk: RiskOptions,
        text: str,
        head: str,
        signature: tuple[str, str] | None = None,
    ) -> None:
        value = self._core(risk, self._versions[RISK_FILE])
        self._risk, self._limits_hash = risk, value.hash
        self._put(None, value, text, head, signature)

    def _compare(self, desk: Record) -> None:
        """What the core goes on with after a restart, with what it was given then."""
        self._compared = True
        if int(desk["limits_hash"]) == self._limits_hash:
            return
        names = {slot: name for name, slot in self._slot_of().items()}
        self._risk = shown(desk, self.universe, names)
        self._limits_hash = int(desk["limits_hash"])
        looser = ", ".join(risk_changes(self._risk, self._read))
        what = (
            f"{RISK_FILE} is looser than what was in force before the restart, {looser}"
        )
        self._hold(self._read, what, looser)

    # ---- strategies --------------------------------------------------------------------

    def _change_strategies(
        self,
        before: Slots,
        strategies: tuple[StrategyOptions, ...],
        modes: Mapping[int, Mode],
    ) -> None:
        slots = self._slots
        if slots == before:
            return
        version, head = self._next_version(STRATEGIES_FILE)
        for slot, (old, new) in enumerate(zip(before, slots, strict=True)):
            if old and (new is None or new.name != old.name):
                self._retired[old.name] = Retired(slot, old, modes[slot])
            if new is None and old is not None:
                self._put(slot, None, f"{old.name} removed from key {slot + 1}", head)
            elif new is not None and new != old:
                self._change_strategy(slot, old, new, modes[slot], version, head)
        self._mention_order(strategies)

    def _change_strategy(
        self,
        slot: int,
        old: StrategyOptions | None,
        new: StrategyOptions,
        mode: Mode,
        version: int,
        head: str,
    ) -> None:
        """Hand over a strategy that is new in its slot, or different from before."""
        if old and old.name == new.name:
            text = f"{new.name} {', '.join(strategy_changes(old, new))}"
        else:
            text = f"{new.name} added on key {slot + 1}"
            old = None
            if retired := self._retired.pop(new.name, None):
                old, mode = retired.options, retired.mode
        value = core_strategy(new, self.universe, version)
        if old and old.mode == new.mode:
            value = replace(value, mode=mode)
        if stands := self.universe.stands_for(new.symbol):
            text = f"{text} ({stands})"
        self._put(slot, value, text, head, self._signed.pop(new.hash, None))

    def _mention_order(self, strategies: tuple[StrategyOptions, ...]) -> None:
        by_slot = [options.name for options in self._slots if options]
        if by_slot != [options.name for options in strategies]:
            self._say(
                Severity.INFO,
                "strategies keep the keys they have; the order of the file counts from "
                "the next start",
            )

    # ---- what the core is handed ------------------------------------------------------

    def _is_late(self, handover: Handover) -> bool:
        return self._keeps_time and self._clock() > handover.deadline

    def _complain(self, handover: Handover, why: str) -> None:
        error = f"{handover.head} is NOT in force, {why}: {handover.text}"
        self._core_errors[handover.slot] = error
        self._say(Severity.CRITICAL, error)

    def _put(
        self,
        slot: int | None,
        value: Limits | Strategy | None,
        text: str,
        head: str,
        signature: tuple[str, str] | None = None,
    ) -> None:
        self._waiting.append(Handover(slot, value, text, head, signature))

    def _hand_over(self) -> None:
        """What waits, in its order, but for what follows something under way."""
        waiting, self._waiting = self._waiting, deque()
        under_way, is_full = set(self._handed), False
        for handover in waiting:
            if is_full or handover.slot in under_way:
                self._waiting.append(handover)
                continue
            under_way.add(handover.slot)
            deadline = self._clock() + ECHO_SECONDS
            if not handover.deadline:
                handover = replace(handover, deadline=deadline)
            try:
                self._give(handover)
            except CoreError as error:
                is_full = not self._is_late(handover)
                if is_full:
                    self._waiting.append(handover)
                else:
                    self._complain(handover, str(error))
            else:
                self._handed[handover.slot] = replace(handover, deadline=deadline)

    def _give(self, handover: Handover) -> None:
        with self._by(handover.signature):
            if handover.slot is None:
                assert isinstance(handover.value, Limits)
                self._engine.set_limits(handover.value)
            else:
                assert not isinstance(handover.value, Limits)
                self._engine.set_strategy(handover.slot, handover.value)

    @contextmanager
    def _by(self, signature: tuple[str, str] | None) -> Iterator[None]:
        """What is handed over inside is recorded as theirs."""
        before = self._engine.signature
        self._engine.signature = signature or before
        try:
            yield
        finally:
            self._engine.signature = before


def _keep_last(said: dict[int, Any]) -> None:
    """What was never read from a file goes, the oldest first."""
    while len(said) > SAID_MAX:
        del said[next(iter(said))]


def placed(
    slots: Slots, strategies: tuple[StrategyOptions, ...], former: Mapping[str, int]
) -> Slots:
    """Each strategy in the slot it has, new ones in free slots.

    ``former``: slots of strategies that were removed. One that comes back gets its own.
    Others get a slot never used before one of those: what was traded there is still
    booked there.
    """
    named = {options.name: options for options in strategies}
    after = [named.pop(old.name, None) if old else None for old in slots]
    for name in list(named):
        if name in former and after[former[name]] is None:
            after[former[name]] = named.pop(name)
    used = {slot for slot, old in enumerate(slots) if old} | set(former.values())
    for options in named.values():
        free = [slot for slot, taken in enumerate(after) if taken is None]
        after[min(free, key=lambda slot: (slot in used, slot))] = options
    return tuple(after)
