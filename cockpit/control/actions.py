"""Everything an operator can ask of a served desk: who may, how, and when it is done.

A command is handed to the desk at once. It counts as done when the picture shows what was
asked for, which whoever asked is told; until then it is under way, for a bounded time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cockpit.control import protocol
from cockpit.control.amounts import limit_text, limit_unit
from cockpit.control.desk import Ticket
from cockpit.control.local import LocalDesk
from cockpit.control.protocol import ProtocolError
from cockpit.control.venue_word import has_listed, is_all_off, strangers
from cockpit.core import (
    LIMITS,
    MONEY_SCALE,
    OPERATOR,
    ORDER_STATES,
    REASONS,
    REFUSALS,
    SCOPES,
    STRATEGY_MAX,
    Kill,
    Mode,
    Record,
    RiskState,
    Scope,
    Side,
    SymbolHalt,
    Trouble,
)

STATE_SECONDS = 2.0
"""How long the core may take to show a state or a mode."""
FLAT_SECONDS = 30.0
"""How long closing every position may take."""


class ActionRefused(Exception):
    """Nothing was asked of the desk; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said once the picture shows what became of a command."""

    text: str
    refused: bool = False
    """The core would not do it."""
    more: dict[str, Any] = field(default_factory=dict)
    """For programs."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that was handed over."""

    text: str
    """What will be true when it is done, for whoever asked."""
    is_done: Callable[[Record], bool]
    seconds: float = STATE_SECONDS
    answer: Callable[[Record], Answer] | None = None
    """None: ``text``."""
    of_files: bool = False
    """It comes about only when the files are in order."""


@dataclass(frozen=True, slots=True)
class Action:
    """One command."""

    help: str
    act: Callable[[LocalDesk, Record, Mapping[str, Any]], Asked]
    brake: bool = False
    """Makes the desk do less, or nothing: needs the role, but not the controls."""


def state_of(picture: Record) -> RiskState:
    return RiskState(int(picture["desk"]["risk_state"]))


def slot_of(picture: Record, name: object) -> int:
    """The slot of a strategy by its name or its key (1 to 16)."""
    strategies = picture["desk"]["strategies"]["config"]
    names = {
        bytes(strategies[slot]["name"]).decode(): slot
        for slot in range(STRATEGY_MAX)
        if strategies[slot]["used"]
    }
    if isinstance(name, str) and name in names:
        return names[name]
    key = int(name) if isinstance(name, str) and name.isdecimal() else 0
    if 1 <= key <= STRATEGY_MAX and strategies[key - 1]["used"]:
        return key - 1
    raise ActionRefused(f"no strategy {name!r}; there are {', '.join(names) or 'none'}")


def slot_in(picture: Record, given: Mapping[str, Any]) -> int | None:
    """The strategy a message is about, by slot or by name; None: about none."""
    slot = given.get("slot")
    if type(slot) is int and (0 <= slot < STRATEGY_MAX or slot == OPERATOR):
        return slot
    if slot is not None:
        raise ActionRefused(f"a slot is a whole number below {STRATEGY_MAX}")
    name = given.get("strategy")
    if name == OPERATOR_NAME:
        return OPERATOR
    return None if name is None else slot_of(picture, name)


def _symbol_of(desk: LocalDesk, given: Mapping[str, Any]) -> int | None:
    """Likewise the symbol, by index or by name."""
    symbol = given.get("symbol")
    names = [known.name for known in desk.symbols]
    if symbol is None or (type(symbol) is int and 0 <= symbol < len(names)):
        return symbol
    if symbol in names:
        return names.index(symbol)
    known = ", ".join(names)
    raise ActionRefused(f"no symbol {str(symbol)[:20]!r}; there are {known}")


def _scope_of(
    desk: LocalDesk, picture: Record, given: Mapping[str, Any]
) -> tuple[int | None, int | None]:
    """The strategy or the symbol a kill is about."""
    slot, symbol = slot_in(picture, given), _symbol_of(desk, given)
    if slot is not None and symbol is not None:
        raise ActionRefused("a strategy or a symbol, not both")
    return slot, symbol


def _holds(state: RiskState) -> Callable[[Record], bool]:
    return lambda picture: state_of(picture) == state


def _halt(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    slot, symbol = _scope_of(desk, picture, given)
    if slot == OPERATOR:
        raise ActionRefused("the operator's orders are pulled by cancel")
    desk.halt(strategy=slot, symbol=symbol)
    if slot is not None:
        name = desk.strategy_name(slot)
        return Asked(f"{name} is OFF, no order of it works", _is_off(slot))
    if symbol is not None:
        name = desk.symbol_name(symbol)
        text = f"{name} is halted, no order works in it"
        return Asked(
            text,
            _is_symbol_halted(symbol),
            answer=lambda after: Answer(_with_strangers(text, after)),
        )
    return Asked("HALTED, no order works", _is_halted)


def _with_strangers(text: str, picture: Record) -> str:
    if not (count := strangers(picture)):
        return text
    text = text.replace("no order", "no order of this desk")
    return f"{text}; {count} orders of an earlier desk work at the exchange"


def _orders_of(
    picture: Record, *, slot: int | None = None, symbol: int | None = None
) -> int:
    """Working orders, as far as the picture shows them."""
    return len(_working(picture, slot=slot, symbol=symbol))


def _is_off(slot: int) -> Callable[[Record], bool]:
    return lambda picture: (
        _has_mode(slot, Mode.OFF)(picture) and _orders_of(picture, slot=slot) == 0
    )


def _is_symbol_halted(symbol: int) -> Callable[[Record], bool]:
    return lambda picture: (
        int(picture["desk"]["symbols"][symbol]["halt"]) != SymbolHalt.TRADES
        and _orders_of(picture, symbol=symbol) == 0
    )


def _is_halted(picture: Record) -> bool:
    return state_of(picture) == RiskState.HALTED and is_all_off(picture)


def _pause(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if state_of(picture) == RiskState.HALTED:
        raise ActionRefused("the desk is HALTED, which is stricter than paused")
    desk.pause()
    return Asked("PAUSED", _holds(RiskState.PAUSED))


def _resume_symbol(desk: LocalDesk, picture: Record, symbol: int) -> Asked:
    name = desk.symbol_name(symbol)
    if not picture["desk"]["symbols"][symbol]["halt"]:
        raise ActionRefused(f"{name} is not halted")
    desk.resume(symbol=symbol)
    return Asked(
        f"{name} trades again",
        lambda after: not after["desk"]["symbols"][symbol]["halt"],
    )


def _resume(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if (symbol := _symbol_of(desk, given)) is not None:
        return _resume_symbol(desk, picture, symbol)
    state = state_of(picture)
    if state not in (RiskState.PAUSED, RiskState.REDUCING, RiskState.ACTIVE):
        raise ActionRefused(f"the desk is {state.name}: only from PAUSED or REDUCING")
    if state != RiskState.ACTIVE:
        desk.resume()
    return Asked("ACTIVE", _holds(RiskState.ACTIVE))


def _reduce(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    state = state_of(picture)
    if state not in (RiskState.ACTIVE, RiskState.PAUSED, RiskState.REDUCING):
        raise ActionRefused(f"the desk is {state.name}: only from ACTIVE or PAUSED")
    desk.reduce()
    return Asked("REDUCING", _holds(RiskState.REDUCING))


def _unhalt(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if (state := state_of(picture)) != RiskState.HALTED:
        raise ActionRefused(f"the desk is {state.name}, not HALTED")
    trouble = Trouble(int(picture["desk"]["journal"]["trouble"]))
    if trouble != Trouble.NONE:
        ends = "mend its disk, then restart the desk"
        if trouble == Trouble.STALLED:
            ends = "it is waited for"
        raise ActionRefused(
            f"the journal is not written ({trouble.name.lower()}), and nothing leaves "
            f"that is not on record: {ends}"
        )
    desk.unhalt()
    return Asked("PAUSED", _holds(RiskState.PAUSED))


def _flatten(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if state_of(picture) == RiskState.HALTED:
        raise ActionRefused("the desk is HALTED and takes cancels only: un-halt first")
    slot, symbol = _scope_of(desk, picture, given)
    desk.flatten(strategy=slot, symbol=symbol)
    if slot is not None:
        name = desk.strategy_name(slot)
        text = f"{name} is OFF and flat"
        if slot == OPERATOR:
            text = "flat: what was traded by hand is closed"
        return Asked(text, _is_strategy_flat(slot), FLAT_SECONDS)
    if symbol is not None:
        name = desk.symbol_name(symbol)
        done = _is_symbol_flat(symbol)
        return Asked(f"{name} is halted, nobody holds any", done, FLAT_SECONDS)
    return Asked("flat, and PAUSED", _is_flat, FLAT_SECONDS)


def _is_strategy_flat(slot: int) -> Callable[[Record], bool]:
    def is_done(picture: Record) -> bool:
        desk = picture["desk"]
        if slot == OPERATOR:
            by_hand = desk["by_hand"]
            closing = int(by_hand["kill"]) == Kill.FLATTENING
            return not closing and not by_hand["positions"].any()
        shown = desk["strategies"][slot]
        closing = int(shown["kill"]) == Kill.FLATTENING
        return not closing and not shown["position"] and _is_off(slot)(picture)

    return is_done


def _is_symbol_flat(symbol: int) -> Callable[[Record], bool]:
    def is_done(picture: Record) -> bool:
        shown = picture["desk"]["symbols"][symbol]
        return int(shown["halt"]) == SymbolHalt.HALTED and not shown["position"]

    return is_done


def _is_flat(picture: Record) -> bool:
    desk = picture["desk"]
    return (
        state_of(picture) == RiskState.PAUSED
        and not desk["symbols"]["position"].any()
        and is_all_off(picture)
    )


def _cancel(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    order, side = given.get("order"), given.get("side")
    if order is not None and (type(order) is not int or not 0 < order < 1 << 64):
        raise ActionRefused("an order is named by its number")
    if side is not None and (type(side) is not int or side not in (Side.BUY, Side.SELL)):
        raise ActionRefused(f"a side is {Side.BUY:d} (buy) or {Side.SELL:d} (sell)")
    slot, symbol = slot_in(picture, given), _symbol_of(desk, given)
    before = _working(picture, order, side, slot, symbol)
    if order is not None and not before and _shows_all(picture):
        raise ActionRefused(f"no order {order} works that fits")
    desk.cancel(
        order,
        symbol=symbol,
        side=None if side is None else Side(side),
        strategy=slot,
    )
    if (order, side, slot, symbol) == (None, None, None, None):
        return Asked(
            "every order that worked is off",
            lambda after: (
                not before & _working(after)
                and not strangers(after)
                and has_listed(after)
            ),
        )
    what = f"{len(before)} order{'' if len(before) == 1 else 's'} pulled"
    return Asked(what, lambda after: not before & _working(after))


def _shows_all(picture: Record) -> bool:
    desk = picture["desk"]
    return int(desk["working_count"]) <= len(desk["working"])


def _working(
    picture: Record,
    order: int | None = None,
    side: int | None = None,
    slot: int | None = None,
    symbol: int | None = None,
) -> set[int]:
    """Ids of the working orders that fit, as far as the picture shows them."""
    desk = picture["desk"]
    shown = desk["working"][: min(int(desk["working_count"]), len(desk["working"]))]
    named = {"client_id": order, "side": side, "strategy": slot, "symbol": symbol}
    wanted = {name: value for name, value in named.items() if value is not None}
    return {
        int(own["client_id"])
        for own in shown
        if all(own[name] == value for name, value in wanted.items())
    }


def _ticket(desk: LocalDesk, given: Mapping[str, Any]) -> Ticket:
    try:
        ticket = protocol.ticket_of(given.get("ticket"))
    except ProtocolError as error:
        raise ActionRefused(str(error)) from None
    if problem := ticket.problem(len(desk.symbols)):
        raise ActionRefused(problem)
    return ticket


def _order(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    ticket, tag = _ticket(desk, given), given.get("tag", 0)
    if type(tag) is not int or not 0 <= tag < 1 << 63:
        raise ActionRefused("a tag is a whole number")
    text = desk.ticket_text(ticket)
    tag = desk.order(ticket, tag)
    return Asked(
        f"the venue has answered: {text}",
        lambda after: _is_answered(_shown_ticket(after, tag)),
        answer=lambda after: _order_answer(text, _shown_ticket(after, tag)),
    )


def _shown_ticket(picture: Record, tag: int) -> Record | None:
    by_hand = picture["desk"]["by_hand"]
    shown = by_hand["tickets"][: int(by_hand["ticket_count"])]
    return next((one for one in shown if one["tag"] == tag), None)


def _is_answered(shown: Record | None) -> bool:
    """Refused, or no longer on its way to the venue."""
    if shown is None:
        return False
    waits = ORDER_STATES[int(shown["state"])] in ("pending_new", "unknown")
    return int(shown["client_id"]) == 0 or not waits


def _order_answer(text: str, shown: Record | None) -> Answer:
    assert shown is not None
    more = {
        "order": int(shown["client_id"]),
        "state": ORDER_STATES[int(shown["state"])],
        "filled": int(shown["filled"]),
        "leaves": int(shown["leaves"]),
    }
    if not more["order"]:
        why = REFUSALS[int(shown["refusal"])]
        passing = int(shown["passing_qty"])
        more["refusal"], more["passing_qty"] = why, passing
        index = int(shown["refusal"])
        figures = ""
        if index < len(LIMITS):
            scope = Scope(int(shown["scope"]))
            more["scope"] = SCOPES[scope]
            for key in ("limit", "current", "would_be"):
                more[key] = _in_unit(index, int(shown[key]))
            held, now, then = (
                limit_text(index, int(shown[key]))
                for key in ("limit", "current", "would_be")
            )
            of = "" if scope == Scope.GLOBAL else f"{SCOPES[scope]}'s own "
            why = f"{of}{why}"
            figures = f" {held}{limit_unit(index)}, now {now}, would be {then}"
        rest = f"; {passing:,} would pass" if passing else ""
        said = f"risk refused to {text}: {why}{figures}{rest}"
        return Answer(said, refused=True, more=more)
    if more["state"] == "rejected":
        more["reason"] = REASONS[int(shown["reason"])]
        said = f"the venue rejected to {text}: {more['reason']}"
        return Answer(said, refused=True, more=more)
    said = f"order {more['order']}: {text}: {more['state']}"
    if more["filled"]:
        said += f", {more['filled']:,} filled"
    return Answer(said, more=more)


def _in_unit(index: int, amount: int) -> float:
    """An amount of a limit as the files write it."""
    return amount / MONEY_SCALE if LIMITS[index].kind == "money" else amount


def _preview(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    tag = desk.check(_ticket(desk, given))
    row: list[Any] = []

    def is_done(after: Record) -> bool:
        if found := desk.checked(tag):
            row[:] = protocol.preview_row(found)
        return bool(row)

    return Asked(
        "the core has checked it",
        is_done,
        answer=lambda after: Answer("checked", more={"preview": row}),
    )


def _accept(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if not picture["desk"]["doubt"]:
        raise ActionRefused("no symbol is in doubt")
    desk.accept()
    return Asked("no symbol is in doubt", lambda after: not after["desk"]["doubt"])


def _strategy(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    slot = slot_of(picture, given.get("strategy"))
    word = str(given.get("mode", "")).upper()
    if word not in Mode.__members__:
        modes = ", ".join(Mode.__members__).lower()
        raise ActionRefused(f"no mode {word.lower()[:20]!r}; there are {modes}")
    mode = Mode[word]
    desk.set_mode(slot, mode)
    return Asked(f"{given['strategy']} is {mode.name}", _has_mode(slot, mode))


def _toggle(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    slot = given.get("slot")
    if not isinstance(slot, int) or not 0 <= slot < STRATEGY_MAX:
        raise ActionRefused(f"a slot is a whole number below {STRATEGY_MAX}")
    desk.toggle_strategy(slot)
    return Asked("asked", lambda picture: True)


def _has_mode(slot: int, mode: Mode) -> Callable[[Record], bool]:
    return lambda picture: (
        int(picture["desk"]["strategies"][slot]["config"]["mode"]) == mode
    )


OPERATOR_NAME = "operator"
"""Where a strategy is named: the operator's own orders and position."""

ACTIONS: dict[str, Action] = {
    "halt": Action("stop all, or a strategy, or a symbol", _halt, brake=True),
    "cancel": Action("pull every order, or those named", _cancel, brake=True),
    "order": Action("send an order of the operator's own", _order),
    "preview": Action("say what would come of such an order", _preview, brake=True),
    "accept": Action("take positions as they are, end the doubt", _accept),
    "pause": Action("hold the strategies, pull their orders", _pause, brake=True),
    "resume": Action("let strategies trade again after a pause", _resume),
    "reduce": Action("let out only what reduces positions", _reduce),
    "flatten": Action("trade every position to zero, then pause", _flatten),
    "unhalt": Action("leave HALTED for PAUSED", _unhalt),
    "strategy": Action("switch a strategy to a mode", _strategy),
    "toggle": Action("switch a strategy on or off", _toggle),
}
