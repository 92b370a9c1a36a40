"""What the core notes down, as sentences.

One small function a kind of note. The words for states, limits, reasons and the like are
the core's own; here is only the grammar.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cockpit.control.amounts import limit_text, limit_unit, price_text
from cockpit.control.desk import Event, Symbol
from cockpit.core import (
    BREAKERS,
    FAULTS,
    LIMITS,
    NOBODY,
    OPERATOR,
    REASONS,
    REFUSALS,
    Cause,
    Control,
    Finding,
    Mode,
    NoteKind,
    Record,
    RiskState,
    Scope,
    Severity,
    Side,
    SymbolHalt,
    TimeInForce,
    Trouble,
)

LIQUIDITY = ("maker", "taker")
CAUSES = {
    Cause.OPERATOR: "by the operator",
    Cause.LOSS: "by the daily loss limit",
    Cause.FLAT: "every position is closed",
    Cause.FAULT: "by its own fault",
    Cause.JOURNAL: "the journal cannot be written",
    Cause.RECOVERY: "as before the restart",
    Cause.DRAWDOWN: "by the drawdown limit",
    Cause.BREAKER: "by a circuit breaker",
    Cause.DROP_COPY: "by the drop copy: venue and desk tell different trades",
    Cause.PARENT: "what it had done of its parent order is not known after a restart",
}
ORDER_KINDS = ("", "order", "cancel", "replace", "cancel of all orders", "reduce")


@dataclass(frozen=True, slots=True)
class Scene:
    """What turns a note's numbers into names and times."""

    symbols: Sequence[Symbol]
    strategies: Sequence[str]
    """Names by slot; empty for an empty slot."""
    time_of: Callable[[int], float]

    def symbol(self, note: Record) -> Symbol | None:
        index = int(note["symbol"])
        return self.symbols[index] if index < len(self.symbols) else None

    def strategy(self, note: Record) -> str:
        """The strategy's name, its slot when it is gone, or ``desk``."""
        slot = int(note["strategy"])
        if slot == NOBODY:
            return "desk"
        if slot == OPERATOR:
            return "operator"
        named = slot < len(self.strategies) and self.strategies[slot]
        return named or f"slot{slot + 1}"


def sentence(note: Record, scene: Scene) -> Event:
    """One note as a line of the log."""
    kind = int(note["kind"])
    speak = SENTENCES.get(kind)
    source, text = speak(note, scene) if speak else ("desk", f"note of kind {kind}")
    return Event(
        time=scene.time_of(int(note["time_ns"])),
        severity=Severity(int(note["severity"])),
        source=source,
        text=text,
    )


def _state(note: Record, scene: Scene) -> tuple[str, str]:
    new, old = RiskState(int(note["a"])), RiskState(int(note["b"]))
    return "risk", f"{old.name} -> {new.name}, {CAUSES[Cause(int(note['c']))]}"


def _mode(note: Record, scene: Scene) -> tuple[str, str]:
    new, old = Mode(int(note["a"])), Mode(int(note["b"]))
    cause, why = Cause(int(note["c"])), CAUSES[Cause(int(note["d"]))]
    if cause != Cause.RECOVERY:
        return scene.strategy(note), f"{old.name} -> {new.name}, {CAUSES[cause]}"
    before = why if note["d"] == Cause.PARENT else f"{CAUSES[cause]}: {why}"
    return scene.strategy(note), (
        f"{new.name}, {before}; the file says {old.name}: switch it when that is meant"
    )


def _fill(note: Record, scene: Scene) -> tuple[str, str]:
    symbol = scene.symbol(note)
    verb = "bought" if int(note["side"]) == Side.BUY else "sold"
    name = symbol.name if symbol else "?"
    price = price_text(symbol, int(note["a"])) if symbol else str(int(note["a"]))
    leaves = int(note["c"])
    rest = f", {leaves:,} left" if leaves else ""
    liquidity = LIQUIDITY[int(note["d"])]
    return scene.strategy(note), (
        f"{verb} {int(note['b']):,} {name} at {price} as {liquidity}{rest}"
    )


def _would_be_fill(note: Record, scene: Scene) -> tuple[str, str]:
    source, text = _fill(note, scene)
    verb, rest = text.split(" ", 1)
    return source, f"would have {verb} {rest}"


def _reject(note: Record, scene: Scene) -> tuple[str, str]:
    reason = REASONS[int(note["a"])]
    what = ORDER_KINDS[int(note["b"])]
    return scene.strategy(
        note
    ), f"the venue rejected the {what}{_of(note, scene)}: {reason}"


def _refusal(note: Record, scene: Scene) -> tuple[str, str]:
    scope, code = divmod(int(note["a"]), 256)
    side = Side(int(note["side"])).name.lower()
    whose = {Scope.SYMBOL: _of(note, scene, ""), Scope.STRATEGY: scene.strategy(note)}
    of = f"{whose[Scope(scope)]}'s own " if scope else ""
    head = f"risk refused to {side}{_of(note, scene, ' ')}: {of}{REFUSALS[code]}"
    if code >= len(LIMITS):
        return scene.strategy(note), head
    limit, current, would_be = (limit_text(code, int(note[key])) for key in "bcd")
    allowed = int(note["client_id"])
    rest = f"; {_lots(allowed)} would pass" if allowed else ""
    return scene.strategy(note), (
        f"{head} {limit}{limit_unit(code)}, now {current}, would be {would_be}{rest}"
    )


def _lots(count: int) -> str:
    return f"{count:,} lot" if count == 1 else f"{count:,} lots"


def _gap(note: Record, scene: Scene) -> tuple[str, str]:
    return "feed", (
        f"gap in the market data{_of(note, scene)}: expected {int(note['a']):,}, "
        f"received {int(note['b']):,}; the book is in doubt"
    )


def _flat(note: Record, scene: Scene) -> tuple[str, str]:
    if symbol := scene.symbol(note):
        return "risk", f"{symbol.name} is flat: every position in it is closed"
    if int(note["strategy"]) != NOBODY:
        return scene.strategy(note), "flat: its position is closed"
    return "risk", "flat: every position is closed"


def _symbol(note: Record, scene: Scene) -> tuple[str, str]:
    new, old = SymbolHalt(int(note["a"])), SymbolHalt(int(note["b"]))
    symbol = scene.symbol(note)
    name = symbol.name if symbol else "?"
    cause = CAUSES[Cause(int(note["c"]))]
    return "risk", f"{name}: {old.name} -> {new.name}, {cause}"


def _order(note: Record, scene: Scene) -> tuple[str, str]:
    symbol = scene.symbol(note)
    side = Side(int(note["side"])).name.lower()
    name = symbol.name if symbol else "?"
    price = price_text(symbol, int(note["a"])) if symbol else str(int(note["a"]))
    return scene.strategy(note), (
        f"order {int(note['client_id'])} sent: {side} {int(note['b']):,} {name} at "
        f"{price}, {TimeInForce(int(note['c'])).name}"
    )


def _cancel(note: Record, scene: Scene) -> tuple[str, str]:
    count = int(note["a"])
    return "operator", f"{count:,} order{'' if count == 1 else 's'} pulled"


def _order_state(note: Record, scene: Scene) -> tuple[str, str]:
    return scene.strategy(note), (
        f"a report that does not fit order {int(note['client_id'])}{_of(note, scene)}"
    )


CONTROL_ERRORS = {
    errno.EPERM: "not in the state the desk is in",
    errno.ENOENT: "there is none",
    errno.EINVAL: "something in it is outside what is allowed",
    errno.EBADMSG: "it does not come to the hash it was given with",
    errno.EIO: "the journal cannot be written",
}


FLATTEN_HALTED = (
    "the desk is HALTED: every order is pulled, positions stay; un-halt it first"
)
"""The one state FLATTEN does not lead out of."""


def _control(note: Record, scene: Scene) -> tuple[str, str]:
    kind = Control(int(note["a"])).name.lower()
    error = -int(note["b"])
    why = CONTROL_ERRORS.get(error) or os.strerror(error)
    if note["a"] == Control.FLATTEN and error == errno.EPERM:
        why = FLATTEN_HALTED
    target = _of(note, scene, " for ")
    if int(note["strategy"]) != NOBODY:
        target = f" for {scene.strategy(note)}"
    return "desk", f"the core refused the command {kind}{target}: {why}"


def _fault(note: Record, scene: Scene) -> tuple[str, str]:
    why = FAULTS[int(note["a"])]
    return scene.strategy(note), f"switched off, its orders pulled: {why}"


def _breaker(note: Record, scene: Scene) -> tuple[str, str]:
    name, counts = BREAKERS[int(note["a"])]
    order = int(note["client_id"])
    last = f", the last of order {order}{_of(note, scene)}" if order else ""
    return "risk", (
        f"breaker {name}: {int(note['c']):,} {counts}, more than {int(note['b']):,}"
        f"{last}; resume resets it"
    )


def _config(note: Record, scene: Scene) -> tuple[str, str]:
    what = "limits" if int(note["strategy"]) == NOBODY else scene.strategy(note)
    return "config", f"the core runs {what} of version {int(note['a'])}"


def _lost(note: Record, scene: Scene, order: str) -> str:
    doubt = "in doubt until you accept"
    if int(note["client_id"]):
        return f"{order} traded in a way we did not hear of: its symbol is {doubt}"
    sign = "-" if int(note["side"]) == Side.SELL else "+"
    return (
        f"earlier desks have traded {sign}{int(note['c']):,} lots{_of(note, scene)} that "
        f"are not in the position: it is {doubt}"
    )


def _reconcile(note: Record, scene: Scene) -> tuple[str, str]:
    finding = Finding(int(note["a"]))
    ours, theirs = int(note["b"]), int(note["c"])
    order = f"order {int(note['client_id'])}{_of(note, scene)}"
    said = {
        Finding.UNANSWERED: f"the venue owes an answer about {order}: asking",
        Finding.ALIVE: f"{order} is at the venue, {theirs:,} left",
        Finding.GONE: f"{order} is not at the venue: closed, {ours:,} left",
        Finding.LOST: _lost(note, scene, order),
        Finding.QTY: f"{order} has {theirs:,} left: what was missing is booked as filled",
        Finding.STRANGER: f"the venue has {order} of ours, which we do not know",
        Finding.EXECUTIONS: (
            "the venue counts executions we did not hear of: nothing trades until you "
            "accept"
        ),
        Finding.RESTART: "the venue has begun anew: its orders of before are gone",
        Finding.ACCEPTED: "positions are accepted as they are",
        Finding.RECOVERED: f"{ours:,} orders restored from the journal: asking",
        Finding.FEWER: (
            f"the venue counts {theirs:,} executions, and we had heard of {ours:,}: "
            f"nothing trades until you accept"
        ),
        Finding.LEFT: (
            f"{order} has {theirs:,} left at the venue and {ours:,} by what we heard: "
            f"its symbol is in doubt until you accept"
        ),
        Finding.DUPLICATE: f"an execution of {order} was told twice: counted once",
    }
    return "reconcile", said[finding]


def _journal(note: Record, scene: Scene) -> tuple[str, str]:
    trouble, error = Trouble(int(note["a"])), int(note["b"])
    why = {
        Trouble.NONE: "in order",
        Trouble.STALLED: "it is not written as fast as it is made",
        Trouble.WRITE: f"it cannot be written ({os.strerror(error)})",
        Trouble.SYNC: f"it may not have reached the disk ({os.strerror(error)})",
    }[trouble]
    return "journal", f"{why}: nothing new is sent; safe up to record {int(note['c']):,}"


def _of(note: Record, scene: Scene, before: str = " in ") -> str:
    symbol = scene.symbol(note)
    return f"{before}{symbol.name}" if symbol else ""


SENTENCES: dict[int, Callable[[Record, Scene], tuple[str, str]]] = {
    NoteKind.STATE: _state,
    NoteKind.MODE: _mode,
    NoteKind.CONFIG: _config,
    NoteKind.FILL: _fill,
    NoteKind.REJECT: _reject,
    NoteKind.REFUSAL: _refusal,
    NoteKind.GAP: _gap,
    NoteKind.FLAT: _flat,
    NoteKind.ORDER_STATE: _order_state,
    NoteKind.CONTROL: _control,
    NoteKind.FAULT: _fault,
    NoteKind.WOULD_BE_FILL: _would_be_fill,
    NoteKind.BREAKER: _breaker,
    NoteKind.RECONCILE: _reconcile,
    NoteKind.JOURNAL: _journal,
    NoteKind.SYMBOL: _symbol,
    NoteKind.ORDER: _order,
    NoteKind.CANCEL: _cancel,
}

REPEATING = frozenset((NoteKind.REFUSAL, NoteKind.REJECT, NoteKind.ORDER_STATE))


def sentences(notes: Iterable[Record], scene: Scene) -> list[Event]:
    """Notes as lines of the log; what repeats itself is said once, with how often.

    A strategy at its limit asks again with each tick, thousands of times a second.
    """
    groups: dict[tuple[int, ...], list[Record]] = {}
    for number, note in enumerate(notes):
        kind = int(note["kind"])
        repeats = kind in REPEATING
        same = (kind, int(note["strategy"]), int(note["symbol"]), int(note["a"]))
        groups.setdefault(same if repeats else (-1, number), []).append(note)
    events = []
    for group in groups.values():
        event = sentence(group[-1], scene)
        if len(group) > 1:
            text = f"{event.text} ({len(group):,} times)"
            event = Event(event.time, event.severity, event.source, text)
        events.append(event)
    return sorted(events, key=lambda event: event.time)
