"""Every action of the screen, once: bindings, hints, help and docs/keys.md come of it.

``python -m cockpit.ui.keys`` prints docs/keys.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from cockpit.core import RiskState
from cockpit.ui.scene import Scene

TWICE_S = 2.0
"""Seconds in which the second press of a guarded key must follow."""


class Guard(Enum):
    """What stands between a key press and its action."""

    NONE = "at once"
    TWICE = "twice within 2 s"
    WORD = "type a word"


def _always(scene: Scene, index: int) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the operator can do."""

    name: str
    keys: tuple[str, ...]
    """As the terminal names them; with several, the action gets the index."""
    label: str
    """The keys as shown."""
    hint: str
    """One or two words for the status line; empty: not shown there."""
    help: str
    group: str
    guard: Guard = Guard.NONE
    word: str = ""
    """What to type, with Guard.WORD. Never with an ``h``: that key halts anywhere."""
    refusal: Callable[[Scene, int], str] = _always
    """Why it cannot be done now, or empty."""
    indexed: bool = False


def _needs_desk(scene: Scene) -> str:
    if scene.read_only:
        return scene.read_only
    if scene.desk_on:
        return ""
    if scene.starting:
        return "the desk has not shown itself yet"
    return "there is no desk: this engine is an exchange alone"


def _no_strategy(scene: Scene, index: int) -> str:
    if reason := _needs_desk(scene):
        return reason
    if index not in dict(scene.slots()):
        return f"no strategy under key {index + 1}"
    return ""


def _no_pause(scene: Scene, index: int) -> str:
    if reason := _needs_desk(scene):
        return reason
    match scene.risk_state:
        case RiskState.PAUSED:
            return "already paused"
        case RiskState.HALTED:
            return "halted is stricter than paused"
    return ""


def _no_resume(scene: Scene, index: int) -> str:
    if reason := _needs_desk(scene):
        return reason
    match scene.risk_state:
        case RiskState.ACTIVE:
            return "already active"
        case RiskState.FLATTENING:
            return "flattening: wait until it is flat, or pause"
        case RiskState.HALTED:
            return "halted: un-halt first (u)"
    return ""


def _no_flatten(scene: Scene, index: int) -> str:
    if reason := _needs_desk(scene):
        return reason
    match scene.risk_state:
        case RiskState.FLATTENING:
            return "already flattening"
        case RiskState.HALTED:
            return "halted takes cancels only: un-halt first (u)"
    return ""


def _no_halt(scene: Scene, index: int) -> str:
    # Not being shown a desk is no proof that none trades.
    return "" if scene.starting and not scene.read_only else _needs_desk(scene)


def _no_unhalt(scene: Scene, index: int) -> str:
    if reason := _needs_desk(scene):
        return reason
    return "" if scene.risk_state == RiskState.HALTED else "not halted"


def _no_symbol(scene: Scene, index: int) -> str:
    return "" if len(scene.symbols) > 1 else "there is only one symbol"


def _no_panel(scene: Scene, index: int) -> str:
    match scene.layout:
        case "full":
            return "every panel is on the screen"
        case "tiny":
            return "the terminal is too small for panels"
    return ""


def _no_slower(scene: Scene, index: int) -> str:
    return "" if scene.refresh_hz > 1 else "1 a second is the slowest"


def _no_faster(scene: Scene, index: int) -> str:
    return "" if scene.refresh_hz < 10 else "10 a second is the fastest"


def _no_tape(scene: Scene, index: int) -> str:
    return "" if scene.tape else "only on a tape (cockpit --tape)"


def _no_step(scene: Scene, index: int) -> str:
    if scene.tape and scene.tape.ended:
        return "this is the tape's end"
    return _no_tape(scene, index)


def _no_step_back(scene: Scene, index: int) -> str:
    if scene.tape and not scene.tape.index:
        return "this is the tape's beginning"
    return _no_tape(scene, index)


ACTIONS: tuple[Action, ...] = (
    Action("halt", ("h",), "h h", "halt",
           "stop all, pull every order",
           "risk", Guard.TWICE, refusal=_no_halt),
    Action("strategy", tuple("123456789"), "1-9", "on/off",
           "switch the strategy with that key on or off",
           "trading", refusal=_no_strategy, indexed=True),
    Action("pause", ("p",), "p", "pause",
           "hold the strategies, pull their orders",
           "trading", refusal=_no_pause),
    Action("resume", ("r",), "r", "resume",
           "let strategies trade again after a pause",
           "trading", refusal=_no_resume),
    Action("flatten", ("f",), "f", "flatten",
           "trade every position to zero, then pause",
           "risk", Guard.WORD, "flatten", _no_flatten),
    Action("unhalt", ("u",), "u", "un-halt",
           "leave HALTED for PAUSED",
           "risk", Guard.WORD, "release", _no_unhalt),
    Action("previous_symbol", ("left_square_bracket",), "[", "",
           "show the symbol before in the ladder", "view", refusal=_no_symbol),
    Action("next_symbol", ("right_square_bracket",), "]", "symbol",
           "show the next symbol in the ladder", "view", refusal=_no_symbol),
    Action("next_panel", ("tab",), "Tab", "panel",
           "show the next panel", "view", refusal=_no_panel),
    Action("previous_panel", ("shift+tab",), "Shift+Tab", "",
           "show the panel before", "view", refusal=_no_panel),
    Action("faster", ("plus", "equals_sign"), "+", "",
           "draw more often, up to 10 a second", "view", refusal=_no_faster),
    Action("slower", ("minus",), "-", "",
           "draw less often, down to 1 a second", "view", refusal=_no_slower),
    Action("hold", ("space",), "Space", "",
           "hold the tape, or let it go on", "tape", refusal=_no_tape),
    Action("step", ("full_stop",), ".", "",
           "one picture on", "tape", refusal=_no_step),
    Action("step_back", ("comma",), ",", "",
           "one picture back", "tape", refusal=_no_step_back),
    Action("play_faster", ("greater_than_sign",), ">", "",
           "play the tape faster", "tape", refusal=_no_tape),
    Action("play_slower", ("less_than_sign",), "<", "",
           "play the tape slower", "tape", refusal=_no_tape),
    Action("help", ("question_mark",), "?", "help",
           "show this list, or leave it", "view"),
    Action("back", ("escape",), "Esc", "",
           "leave the list or the question", "view"),
    Action("quit", ("q",), "q", "quit",
           "pull every order, stop the engine and leave", "leave"),
    Action("quit_now", ("ctrl+c",), "Ctrl+C", "",
           "the same; a second time leaves without waiting", "leave"),
)  # fmt: skip

GROUPS = ("trading", "risk", "view", "tape", "leave")
BY_NAME: dict[str, Action] = {action.name: action for action in ACTIONS}


def guard_text(action: Action) -> str:
    """What it takes to do ``action``, in words."""
    if action.guard is Guard.WORD:
        return f"type {action.word}"
    return str(action.guard.value)


def document() -> str:
    """docs/keys.md."""
    lines = [
        "# Keys",
        "",
        "Written by `python -m cockpit.ui.keys` from the table the screen itself uses.",
    ]
    for group in GROUPS:
        lines += [
            "",
            f"## {group.capitalize()}",
            "",
            "| key | does | asks for |",
            "|---|---|---|",
        ]
        for action in ACTIONS:
            if action.group == group:
                asks = "" if action.guard is Guard.NONE else guard_text(action)
                lines.append(f"| `{action.label}` | {action.help} | {asks} |")
    lines += [
        "",
        "A key whose action is not possible now says why in the status line. `h` `h`",
        "works everywhere, while a question is open as well: no word to type has an h.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
