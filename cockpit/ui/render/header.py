"""The header: what is traded on, whether it trades, and how fresh all of it is."""

from __future__ import annotations

from cockpit.core import JournalLevel, LinkState, Phase, RiskState, Role, Trouble
from cockpit.ui import layout
from cockpit.ui.render import number
from cockpit.ui.render.text import Row, Rows, Segment, length, shorten, spread
from cockpit.ui.scene import Scene

HEIGHT = 2
"""Lines the header takes, at every size."""
TABS_WIDTH = 110
"""From here the screens' names stand in it."""
_JOURNAL_WIDTH = 155
"""From here it says how far the journal is; trouble with it at any size."""

_KINDS = {"SIM": "sim", "REPLAY": "replay", "TAPE": "replay", "PAPER": "paper"}
"""Of markets. Whatever else it is, LIVE above all, stands out."""
_STATES = {
    RiskState.ACTIVE: "risk.active",
    RiskState.PAUSED: "risk.paused",
    RiskState.REDUCING: "risk.paused",
    RiskState.FLATTENING: "risk.flattening",
    RiskState.HALTED: "risk.halted",
}
_TROUBLES = {int(trouble): trouble.name for trouble in Trouble}


def mode(scene: Scene) -> Segment:
    """The market's kind, as a word on its colour."""
    return (f" {scene.mode} ", f"mode.{_KINDS.get(scene.mode, 'other')}")


def state(scene: Scene) -> Segment:
    """Whether the desk trades, as a word on its colour."""
    if scene.closing_since is not None:
        return (" CLOSING ", "risk.paused")
    if scene.starting:
        return (" STARTING ", "risk.paused")
    if not scene.desk_on:
        return (" NO DESK ", "risk.off")
    if not scene.virtual and not scene.live["running"]:
        return (" STOPPED ", "risk.halted")
    return (f" {scene.risk_state.name} ", _STATES[scene.risk_state])


def pnl(scene: Scene) -> Row:
    """The day's profit and loss."""
    return (("day P&L ", "dim"), number.shown_pnl(scene.day_pnl, scene.glyphs))


def equity(scene: Scene) -> Row:
    """The day's best. No capital is configured: equity is the day's result."""
    peak = number.fit_money(int(scene.live["desk"]["equity_peak"]), 12)
    return (("best ", "dim"), (peak, "text"))


_CONTROLS_WIDTH = 120
"""From here it is said who has the controls; that it is not this screen at any width."""


def chips(scene: Scene, width: int = _CONTROLS_WIDTH) -> Row:
    """What must not be missed: each a word on its colour."""
    space: Segment = (" ", "text")
    row: Row = (mode(scene), space, state(scene), space)
    if scene.frozen_since is not None:
        held = number.span(scene.now - scene.frozen_since)
        row = (*row, (f" FROZEN {held} ", "risk.paused"), space)
    if scene.seat and (text := scene.seat.text):
        text = text if width >= _CONTROLS_WIDTH else text.partition(",")[0]
        row = (
            *row,
            (f" {shorten(text, 56, scene.glyphs.ellipsis)} ", "risk.paused"),
            space,
        )
    if count := sum(not alert.acknowledged for alert in scene.alerts):
        row = (*row, (f" {count} ALERT{'S' if count > 1 else ''} ", "alarm"), space)
    return row


def screens(scene: Scene) -> Row:
    """The screens' names; the one shown stands out."""
    row: Row = ()
    for plan in layout.SCREENS:
        style = "tab" if plan.name == scene.screen else "dim"
        row = (*row, (f" {plan.title} ", style))
    return row


def _line(scene: Scene, width: int) -> Row:
    """What the terminal's line carries."""
    link = scene.link
    late = link.lag >= 0.5
    row: Row = ((f"{link.bytes_per_s / 1000:5.1f} kB/s", "text"),)
    if width >= 76:
        row = (*row, (f" {link.frames_per_s:4.1f}/s", "dim"))
    if width >= 100 or late:
        row = (*row, (f" lag {link.lag:.1f} s", "late" if late else "dim"))
    return row


def _ages(scene: Scene, width: int) -> Row:
    feed, beat = scene.feed_age(), scene.heartbeat_age()
    none: Segment = ("-", "dim")
    shown_feed = none if feed is None else number.age(feed, scene.glyphs)
    if scene.virtual:
        shown_beat: Segment = ("virtual", "dim")
    else:
        shown_beat = none if beat is None else number.age(beat, scene.glyphs)
    return (
        ("feed ", "dim"), _right(shown_feed, 6), ("  ", "text"),
        ("engine " if width >= 100 else "eng ", "dim"), _right(shown_beat, 6),
        *_journal(scene, width),
    )  # fmt: skip


def _journal(scene: Scene, width: int) -> Row:
    """How safe what the desk does is, and how far behind that is; nothing without one."""
    journal = scene.live["desk"]["journal"]
    if not journal["used"]:
        return ()
    if trouble := int(journal["trouble"]):
        word = _TROUBLES.get(trouble, "BROKEN")
        return (("  ", "text"), (f"journal {word}", "risk.halted"))
    if width < _JOURNAL_WIDTH:
        return ()
    lag = number.age(int(journal["lag_ns"]) / 1e9, scene.glyphs)
    level = JournalLevel(int(journal["level"])).name.lower()
    return (("  ", "text"), (f"journal {level} ", "dim"), _right(lag, 6))


_SESSION_WIDTH = 80
_PHASES = {
    Phase.CONTINUOUS: "open",
    Phase.PRE_OPEN: "pre-open",
    Phase.HALT: "halted",
    Phase.PRE_CLOSE: "pre-close",
    Phase.OPENING_CROSS: "opening",
    Phase.CLOSING_CROSS: "closing",
    Phase.CLOSED: "closed",
}


def session(scene: Scene, width: int = 0) -> Row:
    """Whether the market trades: its phase; of an exchange elsewhere the line to it."""
    text, style = _session(scene)
    if not text:
        return ()
    word = "session " if width >= _SESSION_WIDTH else ""
    return ((word, "dim"), (text, style), ("  ", "text"))


def _session(scene: Scene) -> Segment:
    net = scene.live["net"]
    remote = int(net["role"]) == Role.REMOTE
    if remote:
        states = {int(net[name]["state"]) for name in ("orders", "feed")}
        if states != {LinkState.UP}:
            worst = LinkState(min(states)).name.lower().replace("_", " ")
            return (worst, "bad")
    if not scene.desk_on or scene.starting:
        return ("", "text")
    if not scene.knows("desk.symbols.phase"):
        return (scene.glyphs.none, "faint")
    if scene.played == "ended":
        return ("ended", "warn")
    phases = scene.live["desk"]["symbols"]["phase"][: len(scene.symbols)].tolist()
    first = phases[0]
    if any(phase != first for phase in phases):
        count = phases.count(int(Phase.CONTINUOUS))
        return (f"{count} of {len(phases)} open", "warn")
    if remote and first == Phase.PRE_OPEN:
        # ITCH has one word for every phase in which orders only gather.
        return ("quoting", "warn")
    return (_PHASES[Phase(first)], "text" if first == Phase.CONTINUOUS else "warn")


def _right(segment: Segment, width: int) -> Segment:
    return (segment[0].rjust(width), segment[1])


def _clock(scene: Scene) -> Row:
    return (
        (number.clock_time(scene.moment, virtual=False, decimals=0) + " UTC", "text"),
    )


def _market(scene: Scene, room: int) -> str:
    """Where the market comes from; of a recording the share played is never cut off."""
    played = f"  {scene.played}" if scene.played else ""
    origin = shorten(scene.origin, max(room - len(played), 0), scene.glyphs.ellipsis)
    return shorten(origin + played, max(room, 0), scene.glyphs.ellipsis)


def render(scene: Scene, width: int) -> Rows:
    """Two lines: what it is and what it made; how fresh, and where we are."""
    gap: Segment = ("  ", "text")
    edge: Segment = (scene.glyphs.edge, edge_style(scene))
    first: Row = (edge, *chips(scene, width), (" ", "text"), *session(scene, width))
    money: Row = (*pnl(scene), (" ", "text"))
    if width >= 100:
        money = (*equity(scene), gap, *money)
    room = width - length((*first, *money)) - 4
    market = f"{scene.host}  " if scene.host and room > 24 else ""
    origin = market + _market(scene, room - len(market)) if room > 4 else ""
    first = (*first, (origin, "dim"))
    clock: Row = (*_clock(scene), (" ", "text"))
    right = (*_ages(scene, width), gap, *_line(scene, width), gap, *clock)
    tabs = screens(scene) if width >= TABS_WIDTH else _where(scene)
    if length(right) + length(tabs) + 1 > width:
        # What it carries in short, then smaller gaps, before anything is cut off.
        right = (*_ages(scene, 0), gap, *_line(scene, 0), gap, *clock)
    if length(right) + length(tabs) + 1 > width:
        narrow = [part if part != gap else (" ", "text") for part in right]
        right = tuple(narrow)
    if length(right) + length(tabs) + 1 > width:
        right = tuple(part for part in right if part != (" ", "text"))
    return [spread(first, money, width), spread((edge, *tabs), right, width)]


def _where(scene: Scene) -> Row:
    """The screen shown, where there is no room for all names."""
    return ((f" {layout.BY_NAME[scene.screen].title} ", "tab"),)


def edge_style(scene: Scene) -> str:
    """The colour of the frame: of the market's kind."""
    return f"edge.{_KINDS.get(scene.mode, 'other')}"
