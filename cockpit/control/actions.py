"""Everything an operator can ask of a served desk: who may, how, and when it is done.

A command is handed to the desk at once. It counts as done when the picture shows what was
asked for, which whoever asked is told; until then it is under way, for a bounded time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cockpit.control.local import LocalDesk
from cockpit.core import STRATEGY_MAX, Mode, Record, RiskState

STATE_SECONDS = 2.0
"""How long the core may take to show a state or a mode."""
FLAT_SECONDS = 30.0
"""How long closing every position may take."""


class ActionRefused(Exception):
    """Nothing was asked of the desk; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that was handed over."""

    text: str
    """What will be true when it is done, for whoever asked."""
    is_done: Callable[[Record], bool]
    seconds: float = STATE_SECONDS


@dataclass(frozen=True, slots=True)
class Action:
    """One command."""

    help: str
    act: Callable[[LocalDesk, Record, Mapping[str, Any]], Asked]
    brake: bool = False
    """Makes the desk do less: does not need the controls, only the role."""


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


def _holds(state: RiskState) -> Callable[[Record], bool]:
    return lambda picture: state_of(picture) == state


def _halt(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    desk.halt()
    return Asked("HALTED, no order works", _is_halted)


def _is_halted(picture: Record) -> bool:
    desk = picture["desk"]
    return (
        state_of(picture) == RiskState.HALTED
        and not desk["working_count"]
        and not desk["cancels_pending"]
    )


def _pause(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if state_of(picture) == RiskState.HALTED:
        raise ActionRefused("the desk is HALTED, which is stricter than paused")
    desk.pause()
    return Asked("PAUSED", _holds(RiskState.PAUSED))


def _resume(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    state = state_of(picture)
    if state not in (RiskState.PAUSED, RiskState.ACTIVE):
        raise ActionRefused(f"the desk is {state.name}: only from PAUSED")
    if state == RiskState.PAUSED:
        desk.resume()
    return Asked("ACTIVE", _holds(RiskState.ACTIVE))


def _unhalt(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if (state := state_of(picture)) != RiskState.HALTED:
        raise ActionRefused(f"the desk is {state.name}, not HALTED")
    desk.unhalt()
    return Asked("PAUSED", _holds(RiskState.PAUSED))


def _flatten(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    if state_of(picture) == RiskState.HALTED:
        raise ActionRefused("the desk is HALTED and takes cancels only: un-halt first")
    desk.flatten()
    return Asked("flat, and PAUSED", _is_flat, FLAT_SECONDS)


def _is_flat(picture: Record) -> bool:
    desk = picture["desk"]
    return (
        state_of(picture) == RiskState.PAUSED
        and not desk["symbols"]["position"].any()
        and not desk["working_count"]
    )


def _cancel(desk: LocalDesk, picture: Record, given: Mapping[str, Any]) -> Asked:
    before = _working(picture)
    desk.cancel_all()
    return Asked(
        "every order that worked is off", lambda after: not before & _working(after)
    )


def _working(picture: Record) -> set[int]:
    """Ids of the working orders, as far as the picture shows them."""
    desk = picture["desk"]
    count = min(int(desk["working_count"]), len(desk["working"]))
    return set(desk["working"]["client_id"][:count].tolist())


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


ACTIONS: dict[str, Action] = {
    "halt": Action("stop all, pull every order", _halt, brake=True),
    "cancel": Action("pull every order", _cancel, brake=True),
    "pause": Action("hold the strategies, pull their orders", _pause, brake=True),
    "resume": Action("let strategies trade again after a pause", _resume),
    "flatten": Action("trade every position to zero, then pause", _flatten),
    "unhalt": Action("leave HALTED for PAUSED", _unhalt),
    "strategy": Action("switch a strategy to a mode", _strategy),
    "toggle": Action("switch a strategy on or off", _toggle),
}
