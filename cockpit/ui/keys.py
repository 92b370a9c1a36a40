"""Every action of the screen, once: bindings, hints, help and docs/keys.md come of it.

``python -m cockpit.ui.keys`` prints docs/keys.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from cockpit.core import RiskState
from cockpit.ui import layout
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
    attached: str = ""
    """What it does on the screen of a desk in another process, where that differs."""


def _needs_desk(scene: Scene) -> str:
    if scene.read_only:
        return scene.read_only
    if scene.desk_on:
        return ""
    if scene.starting:
        return "the desk has not shown itself yet"
    return "there is no desk: this engine is an exchange alone"


def needs_controls(scene: Scene) -> str:
    """Why this screen may not make the desk do more; to brake is everybody's."""
    if reason := _needs_desk(scene):
        return reason
    seat = scene.seat
    if seat is None or seat.mine or not seat.holder:
        return ""
    return f"{seat.holder} has the controls: t t takes them"


def _no_take(scene: Scene, index: int) -> str:
    if (seat := scene.seat) is None:
        return "nobody shares this desk"
    if not seat.trades:
        return "this screen was attached read-only"
    return "this screen has the controls" if seat.mine else ""


def _no_strategy(scene: Scene, index: int) -> str:
    if reason := needs_controls(scene):
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


def _no_reduce(scene: Scene, index: int) -> str:
    if reason := needs_controls(scene):
        return reason
    match scene.risk_state:
        case RiskState.REDUCING:
            return "reducing already"
        case RiskState.FLATTENING:
            return "flattening closes more than that"
        case RiskState.HALTED:
            return "halted is stricter: un-halt first (u)"
    return ""


def _no_resume(scene: Scene, index: int) -> str:
    if reason := needs_controls(scene):
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
    if reason := needs_controls(scene):
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
    if reason := needs_controls(scene):
        return reason
    return "" if scene.risk_state == RiskState.HALTED else "not halted"


def _no_symbol(scene: Scene, index: int) -> str:
    return "" if len(scene.symbols) > 1 else "there is only one symbol"


def _no_panel(scene: Scene, index: int) -> str:
    return "the terminal is too small for panels" if scene.layout == "tiny" else ""


def _no_rows(scene: Scene, index: int) -> str:
    if reason := _no_panel(scene, index):
        return reason
    return "" if scene.focus in ROWED else "this panel has no rows"


def _no_filter(scene: Scene, index: int) -> str:
    return _no_rows(scene, index)


def _no_find(scene: Scene, index: int) -> str:
    if reason := _no_panel(scene, index):
        return reason
    if not scene.search:
        return "search first (/)"
    panels = layout.BY_NAME[scene.screen].panels
    return "" if scene.searched in panels else f"{scene.searched} is not on this screen"


def _no_chosen(scene: Scene, index: int) -> str:
    if reason := _no_rows(scene, index):
        return reason
    return "" if scene.cursor.get(scene.focus) else "choose a row first (up, down)"


def _no_freeze(scene: Scene, index: int) -> str:
    return "" if scene.desk_on or scene.tape else "there is nothing to hold yet"


def _no_hide(scene: Scene, index: int) -> str:
    left = set(layout.BY_NAME[scene.screen].panels) - scene.hidden - {scene.focus}
    return "" if left else "the last panel of a screen stays"


def _no_hidden(scene: Scene, index: int) -> str:
    return "" if scene.hidden else "every panel is there"


def _no_alert(scene: Scene, index: int) -> str:
    if all(alert.acknowledged for alert in scene.alerts):
        return "there is no new alert"
    return scene.read_only


def _no_cancel(scene: Scene, index: int) -> str:
    if reason := _needs_desk(scene):
        return reason
    return "" if int(scene.live["desk"]["working_count"]) else "no order is working"


def _no_ticket(scene: Scene, index: int) -> str:
    if reason := _no_panel(scene, index) or needs_controls(scene):
        return reason
    match scene.risk_state:
        case RiskState.HALTED:
            return "halted takes cancels only: un-halt first (u)"
        case RiskState.FLATTENING:
            return "flattening: the desk's own orders first"
    return "" if scene.symbols else "there is no symbol"


def _no_cancel_some(scene: Scene, index: int) -> str:
    return _no_panel(scene, index) or _no_cancel(scene, index)


def _no_kill(scene: Scene, index: int) -> str:
    return _no_panel(scene, index) or _no_halt(scene, index)


def _no_cancel_row(scene: Scene, index: int) -> str:
    if reason := _no_cancel(scene, index):
        return reason
    if scene.focus != "working" or not scene.cursor.get("working"):
        return "choose an order in Orders first (Tab, Down)"
    return ""


def _no_accept(scene: Scene, index: int) -> str:
    if reason := needs_controls(scene):
        return reason
    return "" if int(scene.live["desk"]["doubt"]) else "no symbol is in doubt"


def _no_mode_choice(scene: Scene, index: int) -> str:
    if reason := _no_panel(scene, index) or needs_controls(scene):
        return reason
    return "" if any(True for _ in scene.slots()) else "there is no strategy"


def _no_narrower(scene: Scene, index: int) -> str:
    return _no_panel(scene, index) or needs_controls(scene)


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


ROWED = frozenset({
    "strategies", "positions", "working", "fills", "risk", "latency", "parameters",
    "alerts", "log",
})  # fmt: skip
"""Panels whose rows can be walked through."""

ACTIONS: tuple[Action, ...] = (
    Action("halt", ("h", "ctrl+k"), "h h", "halt",
           "stop all, pull every order; Ctrl+K Ctrl+K does it while typing, too",
           "risk", Guard.TWICE, refusal=_no_halt),
    Action("strategy", tuple("123456789"), "1-9", "strategy",
           "that strategy on: OFF, SHADOW, REDUCE, LIVE, and OFF again",
           "trading", refusal=_no_strategy, indexed=True),
    Action("choose_mode", ("m",), "m", "",
           "choose a mode for the strategy under the cursor",
           "trading", refusal=_no_mode_choice),
    Action("versions", ("V",), "V", "",
           "a strategy's parameters as they were, and back to them",
           "trading", refusal=_no_mode_choice),
    Action("pause", ("p",), "p", "pause",
           "hold the strategies, pull their orders",
           "trading", refusal=_no_pause),
    Action("reduce", ("R",), "R", "",
           "let out only what brings positions nearer to none, from anyone",
           "trading", refusal=_no_reduce),
    Action("resume", ("r",), "r", "resume",
           "let strategies trade again after a pause",
           "trading", refusal=_no_resume),
    Action("ticket", ("o",), "o", "order",
           "an order of your own: what it would do is shown before it is sent",
           "trading", refusal=_no_ticket),
    Action("cancel_row", ("delete", "backspace"), "Del", "",
           "pull the order under the cursor (Backspace as well)",
           "trading", refusal=_no_cancel_row),
    Action("cancel_some", ("X",), "X", "",
           "pull the orders of a side, a symbol or a strategy",
           "trading", refusal=_no_cancel_some),
    Action("cancel_all", ("x",), "x x", "",
           "pull every order; the strategies go on",
           "trading", Guard.TWICE, refusal=_no_cancel),
    Action("kill", ("K",), "K", "",
           "halt or flatten one strategy, one symbol or all, and see it done",
           "risk", refusal=_no_kill),
    Action("flatten", ("f",), "f", "flatten",
           "trade every position to zero, then pause",
           "risk", Guard.WORD, "flatten", _no_flatten),
    Action("unhalt", ("u",), "u", "un-halt",
           "leave HALTED for PAUSED",
           "risk", Guard.WORD, "release", _no_unhalt),
    Action("take_over", ("t",), "t t", "",
           "take the controls of a desk that several screens are attached to",
           "trading", Guard.TWICE, refusal=_no_take),
    Action("narrower", ("L",), "L", "",
           "a limit of one symbol or strategy, or what the breakers trip at",
           "risk", refusal=_no_narrower),
    Action("accept", ("A",), "A", "",
           "take positions as reconciliation found them: ends the doubt",
           "risk", Guard.WORD, "accept", _no_accept),
    Action("acknowledge", ("a",), "a", "",
           "acknowledge all alerts", "risk", refusal=_no_alert),
    Action("down", ("down", "j"), "Down", "",
           "the next row (j as well)", "row", refusal=_no_rows),
    Action("up", ("up", "k"), "Up", "",
           "the row before (k as well)", "row", refusal=_no_rows),
    Action("open", ("enter",), "Enter", "",
           "edit the limit or parameter, show all of another row",
           "row", refusal=_no_chosen),
    Action("why", ("w",), "w", "why",
           "say why: what led to this row", "row", refusal=_no_chosen),
    Action("copy", ("y",), "y", "",
           "copy the row: to the terminal's clipboard and into a file",
           "row", refusal=_no_chosen),
    Action("sort", ("s",), "s", "",
           "sort by the next column, after the last by none", "row", refusal=_no_rows),
    Action("turn_sort", ("S",), "S", "",
           "the other way round", "row", refusal=_no_rows),
    Action("filter", ("ampersand",), "&", "",
           "show only rows with some letters in them", "row", refusal=_no_filter),
    Action("export", ("e",), "e", "",
           "write the panel's rows to files: CSV and JSON", "row", refusal=_no_rows),
    Action("search", ("slash",), "/", "find",
           "search the panel, or the log, and mark what is found", "view",
           refusal=_no_panel),
    Action("find_next", ("n",), "n", "",
           "to the next row that was found", "view", refusal=_no_find),
    Action("severity", ("l",), "l", "",
           "least severity in the log: all, warnings, critical", "view"),
    Action("screen", ("f2", "f3", "f4", "f5", "f6", "f7", "f9"), "F2-F9", "",
           "Trade, Risk, Latency, Strategies, Orders, Log, Replay (not F8)",
           "view", indexed=True),
    Action("go", ("g",), "g", "go to",
           "go to a screen or a panel by one more letter", "view",
           refusal=_no_panel),
    Action("next_panel", ("tab",), "Tab", "panel",
           "to the next panel", "view", refusal=_no_panel),
    Action("previous_panel", ("shift+tab",), "Shift+Tab", "",
           "to the panel before", "view", refusal=_no_panel),
    Action("maximise", ("z",), "z", "",
           "the panel alone on the screen, or all again", "view", refusal=_no_panel),
    Action("hide", ("d",), "d", "",
           "put the panel away", "view", refusal=_no_hide),
    Action("show_all", ("D",), "D", "",
           "bring back every panel that was put away", "view", refusal=_no_hidden),
    Action("preset", ("v",), "v", "",
           "the next arrangement: everything, trading, watching", "view"),
    Action("hold", ("space",), "Space", "freeze",
           "freeze the view, not trading; on a tape: hold it, or go on",
           "view", refusal=_no_freeze),
    Action("previous_symbol", ("left_square_bracket",), "[", "",
           "show the symbol before in the ladder", "view", refusal=_no_symbol),
    Action("next_symbol", ("right_square_bracket",), "]", "symbol",
           "show the next symbol in the ladder", "view", refusal=_no_symbol),
    Action("theme", ("c",), "c", "",
           "the next colours", "view"),
    Action("picture", ("f8",), "F8", "",
           "write the screen to a file (SVG)", "view"),
    Action("faster", ("plus", "equals_sign"), "+", "",
           "draw more often, up to 10 a second", "view", refusal=_no_faster),
    Action("slower", ("minus",), "-", "",
           "draw less often, down to 1 a second", "view", refusal=_no_slower),
    Action("step", ("full_stop",), ".", "",
           "one picture on", "tape", refusal=_no_step),
    Action("step_back", ("comma",), ",", "",
           "one picture back", "tape", refusal=_no_step_back),
    Action("play_faster", ("greater_than_sign",), ">", "",
           "play the tape faster", "tape", refusal=_no_tape),
    Action("play_slower", ("less_than_sign",), "<", "",
           "play the tape slower", "tape", refusal=_no_tape),
    Action("palette", ("ctrl+p",), "Ctrl+P", "palette",
           "find anything that can be done by its name", "leave",
           refusal=_no_panel),
    Action("help", ("question_mark",), "?", "help",
           "show this list, or leave it; arrows move it", "leave",
           refusal=_no_panel),
    Action("back", ("escape",), "Esc", "",
           "leave what is open; then filter, search and cursor", "leave"),
    Action("quit", ("q",), "q", "quit",
           "pull every order, stop the engine and leave", "leave",
           attached="leave this screen; the desk trades on"),
    Action("quit_now", ("ctrl+c",), "Ctrl+C", "",
           "the same; a second time leaves without waiting", "leave"),
)  # fmt: skip

GROUPS = ("trading", "risk", "row", "view", "tape", "leave")
BY_NAME: dict[str, Action] = {action.name: action for action in ACTIONS}


def label(scene: Scene, action: Action) -> str:
    """The keys of an action as they are now."""
    if own := scene.keymap.get(action.name):
        shown = " ".join(own)
        return f"{shown} {shown}" if action.guard is Guard.TWICE else shown
    return action.label


def meaning(scene: Scene, action: Action) -> str:
    """What an action does here."""
    return (action.attached if scene.seat else "") or action.help


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
                does = action.help
                if action.attached:
                    does += f"; attached: {action.attached}"
                lines.append(f"| `{action.label}` | {does} | {asks} |")
    lines += [
        "",
        "A key whose action is not possible now says why in the status line. `h` `h`",
        "works everywhere, while a question is open as well: no word to type has an h.",
        "Where any text is typed (palette, search, filter) it is `Ctrl+K` `Ctrl+K`.",
        "",
        "Digits belong to the strategies; to panels go `Tab`, or `g` and a letter.",
        "`f` flattens, so filtering is on `&`, as in less.",
        "",
        "## Keys of your own",
        "",
        "`keys.toml` beside the other files of the configuration:",
        "",
        "```toml",
        "[keys]",
        'pause = ["P"]        # the names below, keys as Textual names them',
        'filter = ["backslash"]',
        "```",
        "",
        "A key that two actions claim, or a name that is not there, is said on the",
        "screen, and the keys stay as they are here. The names:",
        "",
        ", ".join(f"`{a.name}`" for a in ACTIONS if not a.indexed),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(document(), end="")
