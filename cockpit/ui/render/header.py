"""The header: what is traded on, whether it trades, and how fresh all of it is."""

from __future__ import annotations

from cockpit.core import RiskState, Trouble
from cockpit.ui.render import number
from cockpit.ui.render.text import Row, Rows, Segment, shorten, spread
from cockpit.ui.scene import Scene

ONE_LINE_WIDTH = 116
"""From here the header takes one line; below, two."""

_MODES = {"SIM": "mode.sim", "REPLAY": "mode.replay", "TAPE": "mode.replay"}
_STATES = {
    RiskState.ACTIVE: "risk.active",
    RiskState.PAUSED: "risk.paused",
    RiskState.FLATTENING: "risk.flattening",
    RiskState.HALTED: "risk.halted",
}
_TROUBLES = {int(trouble): trouble.name for trouble in Trouble}


def height(width: int) -> int:
    """Lines the header takes."""
    return 1 if width >= ONE_LINE_WIDTH else 2


def mode(scene: Scene) -> Segment:
    """The market's kind, as a word on its colour."""
    return (f" {scene.mode} ", _MODES.get(scene.mode, "mode.other"))


def state(scene: Scene) -> Segment:
    """Whether the desk trades, as a word on its colour."""
    if scene.closing_since is not None:
        return (" CLOSING ", "risk.paused")
    if scene.starting:
        return (" STARTING ", "risk.paused")
    if not scene.desk_on:
        return (" NO DESK ", "risk.off")
    if not scene.virtual and not scene.picture["running"]:
        return (" STOPPED ", "risk.halted")
    return (f" {scene.risk_state.name} ", _STATES[scene.risk_state])


def pnl(scene: Scene) -> Row:
    """The day's profit and loss."""
    return (("day P&L ", "dim"), number.shown_pnl(scene.day_pnl, scene.glyphs))


def _ages(scene: Scene) -> Row:
    feed, beat = scene.feed_age(), scene.heartbeat_age()
    none: Segment = ("-", "dim")
    shown_feed = none if feed is None else number.age(feed, scene.glyphs)
    if scene.virtual:
        shown_beat: Segment = ("virtual", "dim")
    else:
        shown_beat = none if beat is None else number.age(beat, scene.glyphs)
    return (
        ("feed ", "dim"), _right(shown_feed, 6), ("  ", "text"),
        ("engine ", "dim"), _right(shown_beat, 6), *_journal(scene),
    )  # fmt: skip


def _journal(scene: Scene) -> Row:
    """How safe what the desk does is, and how far behind that is; nothing without one."""
    journal = scene.picture["desk"]["journal"]
    if not journal["used"]:
        return ()
    if trouble := int(journal["trouble"]):
        word = _TROUBLES.get(trouble, "BROKEN")
        return (("  ", "text"), (f"journal {word}", "risk.halted"))
    lag = number.age(int(journal["lag_ns"]) / 1e9, scene.glyphs)
    return (
        ("  ", "text"), (f"journal {int(journal['level']) % 10} ", "dim"), _right(lag, 6)
    )  # fmt: skip


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
    """One line or two, by :func:`height`."""
    gap: Segment = ("   ", "text")
    chips: Row = (mode(scene), (" ", "text"), state(scene), ("  ", "text"))
    if height(width) == 1:
        right = (*pnl(scene), gap, *_ages(scene), gap, *_clock(scene), (" ", "text"))
        room = width - sum(len(text) for text, _ in (*chips, *right)) - 2
        origin = _market(scene, room)
        return [spread((*chips, (origin, "dim")), right, width)]
    first = spread(chips, (*pnl(scene), (" ", "text")), width)
    right = (*_ages(scene), gap, *_clock(scene), (" ", "text"))
    room = width - sum(len(text) for text, _ in right) - 3
    origin = _market(scene, room)
    return [first, spread(((" ", "text"), (origin, "dim")), right, width)]
