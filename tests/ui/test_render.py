"""Drawing as functions: figures, alignment, widths, and what an empty desk says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from desks import SYMBOLS, PaintedDesk
from taped import TapedDesk

from cockpit.control.desk import Event
from cockpit.core import (
    LIMITS,
    MONEY_SCALE,
    ORDER_STATES,
    PICTURE_DTYPE,
    PRICE_NONE,
    Hop,
    LinkState,
    Mode,
    Phase,
    RiskState,
    Role,
    Scope,
    Severity,
    Side,
)
from cockpit.ui.frame import TITLES
from cockpit.ui.grid import changes
from cockpit.ui.layout import SCREENS
from cockpit.ui.panels import PANELS
from cockpit.ui.render import (
    alert,
    alerts,
    exposure,
    fills,
    footer,
    header,
    health,
    ladder,
    latency,
    log,
    number,
    overlay,
    parameters,
    playback,
    pnl,
    positions,
    reasons,
    risk,
    small,
    strategies,
    tabs,
    throughput,
    waterfall,
    working,
)
from cockpit.ui.render.glyphs import ASCII, UNICODE
from cockpit.ui.render.table import Column, Line, View, table
from cockpit.ui.render.text import Row, Rows, clean, length, settle, spread, wrap
from cockpit.ui.scene import History, Message, Prompt, Scene

BODIES: dict[str, Callable[[Scene, int, int], Rows]] = {
    "strategies": strategies.render,
    "positions": positions.render,
    "fills": fills.render,
    "ladder": ladder.render,
    "risk": risk.render,
    "latency": latency.render,
    "throughput": throughput.render,
    "log": log.render,
    "working": working.render,
    "pnl": pnl.render,
    "exposure": exposure.render,
    "waterfall": waterfall.render,
    "health": health.render,
    "parameters": parameters.render,
    "alerts": alerts.render,
    "playback": playback.render,
}


def text_of(rows: Rows) -> list[str]:
    return ["".join(text for text, _ in row) for row in rows]


def style_of(row: Row, part: str) -> str:
    """The style of the segment that holds ``part``."""
    return next(style for text, style in row if part in text)


def scene_of(desk: PaintedDesk, now: float = 1_700_000_000.0) -> Scene:
    scene = Scene()
    scene.refresh(desk, now)
    return scene


# ---- figures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0.00"),
        (123_456_789_012, "1,234.57"),
        (-123_456_789_012, "-1,234.57"),
        (499_999, "0.00"),
        (-499_999, "0.00"),
        (500_000, "0.01"),
        (-500_000, "-0.01"),
        (2**63 - 1, "92,233,720,368.55"),
    ],
)
def test_money_is_exact_and_rounds_half_away_from_zero(value: int, shown: str) -> None:
    assert number.scaled(value, MONEY_SCALE, 2) == shown


def test_money_gives_up_decimals_then_thousands_but_never_the_sign() -> None:
    value = -1_234_567_89 * MONEY_SCALE
    assert number.fit_money(value, 15) == "-123,456,789.00"
    assert number.fit_money(value, 14) == "-123,456,789.0"
    assert number.fit_money(value, 12) == "-123,456,789"
    assert number.fit_money(value, 9) == "-123.46M"
    assert number.fit_money(value, 5) == "-123M"


@pytest.mark.parametrize("value", [0, 1, -1, 999, 10**6, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("width", [5, 7, 9, 12, 20])
def test_a_fitted_figure_is_never_too_wide(value: int, width: int) -> None:
    assert len(number.fit_money(value, width)) <= width
    assert len(number.fit_count(value, width)) <= width


def test_a_profit_has_arrow_sign_and_colour_and_nothing_has_none() -> None:
    assert number.shown_pnl(MONEY_SCALE, UNICODE) == ("▲ +1.00", "up")
    assert number.shown_pnl(-MONEY_SCALE, UNICODE) == ("▼ -1.00", "down")
    assert number.shown_pnl(0, UNICODE) == ("· 0.00", "flat")
    assert number.shown_pnl(1, UNICODE) == ("· 0.00", "flat")
    assert number.shown_pnl(MONEY_SCALE, ASCII) == ("^ +1.00", "up")


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (9_994, "9.99 µs"),
        (9_996, "10.0 µs"),
        (99_960, "100 µs"),
        (999_499, "999 µs"),
        (999_500, "1.00 ms"),
        (31_000_000, "31.0 ms"),
        (59_000_000_000, "59.0 s "),
        (2**64 - 1, "18B s "),
    ],
)
def test_a_duration_has_three_digits_and_the_unit_that_reads(ns: int, shown: str) -> None:
    assert number.duration(ns, UNICODE) == shown


def test_an_age_dims_at_two_seconds_and_is_marked_at_five() -> None:
    assert number.age(1.9, UNICODE) == ("1.9 s", "text")
    assert number.age(2.0, UNICODE) == ("2.0 s", "stale")
    assert number.age(5.0, UNICODE) == ("!5.0 s", "late")
    assert number.age(600, UNICODE) == ("!10 min", "late")
    assert number.age(-3, UNICODE) == ("0.0 s", "text")


def test_an_average_price_is_the_same_long_and_short() -> None:
    assert number.average_price(30_001, 3, SYMBOLS[0]) == "100.003"
    assert number.average_price(-30_001, -3, SYMBOLS[0]) == "100.003"
    assert number.average_price(0, 0, SYMBOLS[0]) == "-"


def test_times_are_utc_or_since_the_start() -> None:
    assert number.clock_time(1_700_000_000.25, virtual=False) == "22:13:20.250"
    assert number.clock_time(3661.5, virtual=True) == "01:01:01.500"


# ---- text ----------------------------------------------------------------------------


def test_every_character_of_outside_text_becomes_one_cell() -> None:
    assert clean("a\x1b[31mb\n\tc") == "a?[31mb??c"
    assert clean("注文 é e\u0301 \u202e") == "?? é e? ?"
    assert clean("[bold]plain[/bold]") == "[bold]plain[/bold]"


def test_a_settled_row_is_exactly_as_wide_as_asked() -> None:
    row: Row = (("abc", "text"), ("def", "text"), ("ghi", "up"))
    assert settle(row, 12) == (("abcdef", "text"), ("ghi", "up"), ("   ", "text"))
    assert settle(row, 4) == (("abcd", "text"),)
    assert settle((), 0) == ()


def test_the_left_gives_way_when_both_ends_do_not_fit() -> None:
    assert text_of([spread((("abcdef", "text"),), (("12", "text"),), 5)]) == ["abc12"]


def test_wrapped_lines_fit_and_lose_nothing() -> None:
    lines = wrap("a bb averyveryverylongword dd", 8)
    assert max(map(len, lines)) <= 8
    assert "".join(lines).replace(" ", "") == "abbaveryveryverylongworddd"


def test_a_table_aligns_the_decimal_points_and_drops_by_priority() -> None:
    columns = [Column("name", "<"), Column("price", "."), Column("more", ">", priority=1)]
    body = [[("a", "text"), ("1.5", "text"), ("x", "text")],
            [("b", "text"), ("12.25", "text"), ("y", "text")]]  # fmt: skip
    rows = text_of(table(columns, body, 30))
    assert len({row.index(".") for row in rows[1:]}) == 1
    assert "more" in rows[0]
    assert "more" not in text_of(table(columns, body, 12))[0]


def test_only_the_cells_that_differ_are_changes() -> None:
    old = settle((("price 100.01 qty 5", "text"),), 60)
    new = settle((("price 100.02 qty 5", "text"), (" " * 30, "text"), ("x", "up")), 60)
    assert changes(old, old) == []
    assert changes(old, new) == [(11, 12), (48, 49)]
    assert changes(old, settle((("price 100.01", "up"), (" qty 5", "text")), 60)) == [
        (0, 12)
    ]


# ---- panels --------------------------------------------------------------------------


def extreme_desk() -> PaintedDesk:
    """Every integer as large as it gets, with names that mean harm."""
    desk = PaintedDesk()
    picture = desk.picture

    def flood(record: np.ndarray) -> None:
        for name in record.dtype.names or ():
            kind = record.dtype[name].base
            if kind.names:
                flood(record[name])
            elif kind.kind in "iu":
                top = np.iinfo(kind)
                record[name] = top.min if name in ("realised", "position") else top.max
            elif kind.kind == "f":
                record[name] = 1e308
            elif kind.kind == "S":
                record[name] = "[/x]\x1b\u6ce8".encode()

    flood(picture)
    body = picture["desk"]
    body["risk_state"] = RiskState.FLATTENING
    body["symbol_count"] = len(desk.symbols)
    body["strategies"]["last_refusal"] = 0
    body["fills"]["reserved"] = 0
    body["symbols"]["level_count"] = 16
    picture["virtual_time"] = 0
    desk.waiting = [Event(1e9, Severity.CRITICAL, "x" * 40, "[/bold]\x1b " * 60)]
    desk.errors = ("e" * 300, "second")
    return desk


def busy_scene() -> Scene:
    desk = extreme_desk()
    scene = scene_of(desk)
    scene.history.rates()
    desk.picture["time_ns"] = 10**18
    scene.refresh(desk, scene.now)
    return scene


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [20, 41, 59, 78, 158])
@pytest.mark.parametrize("name", BODIES)
def test_no_panel_is_wider_or_higher_than_its_place(
    name: str, width: int, glyphs: object
) -> None:
    for scene in (busy_scene(), scene_of(PaintedDesk()), Scene()):
        scene.glyphs = glyphs  # type: ignore[assignment]
        for height in (4, 9, 40):
            rows = BODIES[name](scene, width, height)
            assert len(rows) <= height
            # The narrowest places there are; beyond every figure the row is cut.
            if width >= (41 if int(scene.picture["time_ns"]) < 10**12 else 59):
                assert max(map(length, rows), default=0) <= width


@pytest.mark.parametrize("name", BODIES)
def test_ascii_glyphs_leave_nothing_that_is_not_ascii(name: str) -> None:
    for scene in (busy_scene(), scene_of(PaintedDesk())):
        scene.glyphs = ASCII
        assert "".join(text_of(BODIES[name](scene, 78, 30))).isascii()


def test_every_panel_has_a_drawing_here() -> None:
    assert {panel.NAME for panel in PANELS} == set(BODIES)


def test_a_switch_shows_as_live_only_when_the_picture_says_so() -> None:
    desk = PaintedDesk()
    desk.add_strategy(0, "maker")
    scene = scene_of(desk)
    assert "OFF" in text_of(strategies.render(scene, 70, 5))[1]
    from cockpit.ui.scene import Pending

    scene.pending[0] = Pending(Mode.LIVE, scene.now + 3)
    scene.refresh(desk, scene.now)
    assert "LIVE?" in text_of(strategies.render(scene, 70, 5))[1]
    desk.picture["desk"]["strategies"][0]["config"]["mode"] = Mode.LIVE
    scene.refresh(desk, scene.now)
    assert scene.pending == {}
    assert "● LIVE " in text_of(strategies.render(scene, 70, 5))[1]


def test_a_live_strategy_of_a_paused_desk_is_held() -> None:
    desk = PaintedDesk()
    desk.add_strategy(0, "maker", mode=Mode.LIVE)
    desk.set_state(RiskState.PAUSED)
    assert "HELD" in text_of(strategies.render(scene_of(desk), 70, 5))[1]


def test_an_unanswered_switch_is_not_shown_for_ever() -> None:
    from cockpit.ui.scene import Pending

    desk = PaintedDesk()
    desk.add_strategy(0, "maker")
    scene = scene_of(desk)
    scene.pending[0] = Pending(Mode.LIVE, scene.now + 3)
    scene.expire(scene.now + 3)
    assert scene.pending == {}


@pytest.mark.parametrize(
    ("used", "limit", "style"),
    [(0, 100, "gauge"), (74, 100, "gauge"), (75, 100, "warn"), (99, 100, "warn"),
     (100, 100, "bad"), (5, 0, "bad"), (0, 0, "gauge"), (-5, 100, "gauge")],
)  # fmt: skip
def test_a_gauge_warns_at_three_quarters_and_breaches_at_the_limit(
    used: int, limit: int, style: str
) -> None:
    assert risk.severity(used, limit) == style


@pytest.mark.parametrize("used", [-(2**63), -1, 0, 1, 50, 100, 2**63 - 1])
@pytest.mark.parametrize("limit", [0, 1, 100, 2**63 - 1])
def test_a_bar_is_as_wide_as_asked_and_shows_what_is_not_nothing(
    used: int, limit: int
) -> None:
    row = risk.bar(used, limit, 10, UNICODE)
    assert length(row) == 10
    assert (row[0][0] != "") == (used > 0)


def test_a_ladder_keeps_its_centre_until_the_touch_leaves_the_middle_third() -> None:
    rows = 18
    assert ladder.recentre(None, PRICE_NONE, PRICE_NONE, rows) is None
    at = ladder.recentre(None, 100, 102, rows)
    assert at == 101
    assert ladder.recentre(at, 102, 104, rows) == 101
    assert ladder.recentre(at, 103, 105, rows) == 104
    assert ladder.recentre(at, PRICE_NONE, PRICE_NONE, rows) == 101
    assert ladder.recentre(at, 90, 112, rows) == 101, "a wide spread stands still as well"


def test_a_ladder_shows_every_price_and_both_sides_where_they_are() -> None:
    desk = PaintedDesk()
    desk.set_book(0, [(100, 7), (98, 20)], [(102, 5)])["levels"][0][1]["own_qty"] = 3
    desk.picture["desk"]["symbols"][0]["last"] = 102
    rows = ladder.render(scene_of(desk), 60, 14)
    lines = text_of(rows)
    prices = [line for line in lines if "1.0" in line[20:40] or "0.9" in line[20:40]]
    assert len(prices) == 14 - ladder.HEAD_ROWS
    bid = next(line for line in prices if "1.00" in line)
    ask = next(row for row in rows if "1.02" in "".join(t for t, _ in row[3:]))
    own = next(line for line in prices if "0.98" in line)
    assert bid.index("7") < bid.index("1.00")
    assert style_of(ask, "1.02") == "price.last"
    assert own.split()[0] == "3"
    assert "imbalance" in lines[1]
    assert "+17%" in lines[1]


def test_a_ladder_in_doubt_says_so() -> None:
    desk = PaintedDesk()
    desk.set_book(0, [(100, 7)], [(102, 5)])["stale"] = 1
    assert "in doubt" in text_of(ladder.render(scene_of(desk), 60, 14))[1]


def test_what_does_not_fit_is_counted_and_what_matters_comes_first() -> None:
    symbols = tuple(replace(SYMBOLS[0], name=f"S{i}") for i in range(20))
    desk = PaintedDesk(symbols)
    desk.picture["desk"]["symbols"][17]["position"] = -4
    desk.picture["desk"]["limits"][6]["used"] = 990
    scene = scene_of(desk)
    lines = text_of(positions.render(scene, 70, 8))
    assert lines[1].startswith("S17 ")
    assert lines[-1] == "… 14 more"
    lines = text_of(risk.render(scene, 70, 4))
    assert lines[0].startswith(risk.label(LIMITS[6].name))
    assert lines[-1] == f"… {len(LIMITS) - 3} more"


def test_a_recording_says_how_much_of_it_has_been_played() -> None:
    desk = PaintedDesk()
    desk.mode, desk.origin = "REPLAY", "AAPL.itch"
    replay = desk.picture["venue"]["replay"]
    replay["total"], replay["messages"] = 400, 100
    scene = scene_of(desk)
    head = header.render(scene, 140)
    assert style_of(head[0], "REPLAY") == "mode.replay"
    assert "AAPL.itch  25%" in text_of(head)[0]
    scene.origin = "a long way to the file " * 5
    assert "…  25%" in text_of(header.render(scene, 120))[0]
    scene.origin = "AAPL.itch"
    replay["finished"] = 1
    scene.picture = desk.read()
    assert "AAPL.itch  ended" in text_of(header.render(scene, 140))[0]


def test_a_fill_below_the_mid_is_an_edge_for_a_buyer_and_not_for_a_seller() -> None:
    fill = np.zeros((), PICTURE_DTYPE)["desk"]["fills"][0]
    fill["price"], fill["mid2"] = 100, 203
    assert fills.edge(fill) == "+1.5"
    fill["side"] = 1
    assert fills.edge(fill) == "-1.5"
    fill["mid2"] = 0
    assert fills.edge(fill) == "-"


def test_rates_are_per_second_of_the_engine() -> None:
    desk = PaintedDesk()
    history = History()
    history.sample(desk.picture)
    desk.picture["time_ns"] += 500_000_000
    desk.picture["desk"]["counters"]["md_count"] = 1000
    history.sample(desk.picture)
    assert history.rates()[0].series == (), "half a second is no sample"
    desk.picture["time_ns"] += 1_500_000_000
    desk.picture["desk"]["counters"]["md_count"] = 3000
    history.sample(desk.picture)
    assert history.rates()[0].series == (1500.0,)


def test_a_sparkline_ends_at_the_newest_and_spans_to_its_maximum() -> None:
    assert throughput.sparkline([0, 1, 7], 5, UNICODE) == "   ▂▇"
    assert throughput.sparkline([], 3, UNICODE) == "   "
    assert len(throughput.sparkline([1.0] * 200, 12, UNICODE)) == 12


def test_the_feed_that_stopped_is_marked_and_a_gap_is_named() -> None:
    desk = PaintedDesk()
    desk.set_book(0, [(100, 7)], [(102, 5)])
    desk.picture["time_ns"] += 6_000_000_000
    row = positions.render(scene_of(desk), 100, 9)[1]
    assert style_of(row, "!6.0 s") == "late"
    desk.picture["desk"]["symbols"][0]["stale"] = 1
    assert style_of(positions.render(scene_of(desk), 100, 9)[1], "gap") == "bad"


@pytest.mark.parametrize("name", BODIES)
def test_an_empty_desk_is_explained(name: str) -> None:
    lines = text_of(BODIES[name](scene_of(PaintedDesk()), 70, 20))
    assert "".join(lines).strip()
    if name in ("strategies", "positions", "fills", "log"):
        assert any(line.rstrip().endswith(".") for line in lines)


@pytest.mark.parametrize("name", ["strategies", "positions", "fills", "ladder", "risk"])
def test_an_exchange_without_a_desk_is_explained(name: str) -> None:
    lines = text_of(BODIES[name](scene_of(PaintedDesk(())), 70, 20))
    assert "desk" in " ".join(lines).lower()


# ---- around the panels ---------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 80, 115, 116, 160, 240])
def test_the_header_always_says_market_state_money_ages_and_time(width: int) -> None:
    scene = busy_scene()
    rows = header.render(scene, width)
    assert len(rows) == header.HEIGHT
    assert {length(row) for row in rows} == {width}
    whole = " ".join(text_of(rows))
    for part in ("SIM", "FLATTENING", "P&L", "feed", "eng", "kB/s", "UTC"):
        assert part in whole


def test_the_header_names_a_stopped_engine_and_a_missing_desk() -> None:
    desk = PaintedDesk()
    desk.picture["running"] = 0
    assert header.state(scene_of(desk))[0] == " STOPPED "
    desk = PaintedDesk(())
    assert header.state(scene_of(desk))[0] == " NO DESK "
    desk.picture["venue"]["time_ns"] = 0
    assert header.state(scene_of(desk))[0] == " STARTING "


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_halt_key_is_in_every_status_line(width: int) -> None:
    scene = scene_of(PaintedDesk())
    for message in (None, Message("m" * 300, "bad", 9e9)):
        scene.message = message
        row = footer.render(scene, width)
        assert text_of([row])[0].startswith(" h h halt")
        assert length(row) <= width + 2
    scene.message = None
    assert "quit" in text_of([footer.render(scene, width)])[0]


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("SIM", "sim"), ("REPLAY", "replay"), ("TAPE", "replay"), ("PAPER", "paper"),
     ("LIVE", "other"), ("whatever", "other")],
)  # fmt: skip
def test_what_is_at_stake_has_a_colour_of_its_own_and_real_money_stands_out(
    mode: str, kind: str
) -> None:
    scene = scene_of(PaintedDesk())
    scene.mode = mode
    assert header.mode(scene) == (f" {mode} ", f"mode.{kind}")
    assert header.edge_style(scene) == f"edge.{kind}"


@pytest.mark.parametrize(("width", "height"), [(59, 16), (40, 8), (24, 4)])
def test_a_small_terminal_still_shows_market_state_money_and_the_halt_key(
    width: int, height: int
) -> None:
    lines = text_of(small.render(scene_of(PaintedDesk()), width, height))
    assert "SIM" in lines[0]
    assert "ACTIVE" in lines[0]
    assert "P&L" in lines[1]
    assert "h h halt" in lines[2]
    assert len(lines) <= height


def test_the_alert_shows_the_first_error_and_counts_the_rest() -> None:
    scene = busy_scene()
    row = alert.render(scene, 100)
    assert length(row) == 100
    assert "(+1 more)" in text_of([row])[0]
    scene.config_errors = ()
    assert alert.render(scene, 100) == ()


def test_the_tabs_fit_the_smallest_terminal_that_has_them() -> None:
    for plan in SCREENS:
        titles = [(name, TITLES[name]) for name in plan.panels]
        assert length(tabs.render(titles, "risk", 80)) <= 80


@pytest.mark.parametrize("width", [60, 80, 96])
def test_overlays_are_as_wide_as_asked(width: int) -> None:
    scene = scene_of(PaintedDesk())
    prompt = Prompt("flatten", "Flatten", "text " * 40, "flatten", "fl")
    for rows in (
        overlay.help_rows(scene, width),
        overlay.prompt_rows(scene, prompt, width),
    ):
        assert {length(row) for row in rows} == {width}


# ---- where an order came from ----------------------------------------------------------


def said_by(rows: Rows) -> str:
    return "\n".join(text_of(rows))


def with_a_way(desk: PaintedDesk, number_: int = 41) -> None:
    """An order that works, and how it came about."""
    order = desk.picture["desk"]["working"][0]
    order["client_id"], order["state"], order["qty"], order["leaves"] = number_, 2, 5, 5
    order["price"], order["qty_ahead"] = 15_000, 120
    order["way"]["received_ns"] = 89 * 1_000_000_000
    order["way"]["bid"], order["way"]["ask"], order["way"]["signal"] = (
        14_999,
        15_001,
        0.25,
    )
    order["way"]["hop_ns"] = (4_000, 1_000, 300, 9_000, 6_000)
    desk.picture["desk"]["working_count"] = 1


def test_the_waterfall_is_of_one_order_and_names_its_slowest_step() -> None:
    desk = PaintedDesk()
    with_a_way(desk)
    scene = scene_of(desk)
    assert waterfall.detail(scene) == "order 41, BUY 5 ALFA"
    text = said_by(waterfall.render(scene, 60, 7))
    assert "slowest: send; 20.3 µs from feed to answer, 1.0 s ago" in text
    assert [line.split()[0] for line in text.splitlines()[:5]] == [
        "feed", "decide", "risk", "send", "ack",
    ]  # fmt: skip


def test_without_an_orders_steps_the_waterfall_says_that_it_shows_medians() -> None:
    desk = PaintedDesk()
    desk.picture["hops"]["p50_ns"] = 1000
    scene = scene_of(desk)
    assert waterfall.detail(scene) == "medians of each step"


def test_why_goes_back_to_the_tick_the_prices_and_the_signal() -> None:
    desk = PaintedDesk()
    desk.add_strategy(0, "maker")
    with_a_way(desk)
    scene = scene_of(desk)
    view = working.view(scene, 80)
    said = said_by(reasons.why(scene, "working", view, view.lines[0], 80))
    said = " ".join(said.split())
    assert "best bid 149.99, best ask 150.01 in ALFA" in said
    assert "The signal of maker then: 0.25." in said
    assert "slowest: send." in said
    desk.picture["desk"]["working"][0]["way"]["received_ns"] = 0
    scene.picture = desk.read()
    said = said_by(reasons.why(scene, "working", view, view.lines[0], 80))
    assert "is not at hand" in said


def with_a_refusal(desk: PaintedDesk, scope: Scope = Scope.GLOBAL) -> None:
    """An order of a strategy that its position limit held back, a second ago."""
    position = [limit.name for limit in LIMITS].index("max_position")
    strategy = desk.add_strategy(0, "maker")
    strategy["refusal_count"], strategy["last_refusal"] = 3, position
    refused = strategy["refused"]
    refused["time_ns"] = refused["received_ns"] = 89 * 1_000_000_000
    refused["bid"], refused["ask"], refused["price"] = 14_999, 15_001, 14_998
    refused["qty"], refused["side"], refused["refusal"] = 7, Side.BUY, position
    refused["signal"], refused["scope"] = 0.25, scope
    desk.picture["desk"]["limits"][position]["refusal_count"] = 3


def test_why_goes_from_a_refusal_to_its_limit_and_to_the_prices_of_its_tick() -> None:
    desk = PaintedDesk()
    with_a_refusal(desk)
    scene = scene_of(desk)
    then = scene.shown_seconds(89 * 1_000_000_000)
    said = "risk refused to buy ALFA: max_position 60 lots, now 60, would be 67"
    scene.log.append(Event(then + 0.01, Severity.WARNING, "maker", said))
    # Another of the same kind, long ago: its prices are not known any more.
    scene.log.append(Event(then - 30, Severity.WARNING, "maker", said))
    wanted = "maker wanted to BUY 7 ALFA at 149.98. It answered what was received at "
    best = "best bid 149.99, best ask 150.01 in ALFA. The signal of maker then: 0.25."

    def why(panel: str, view: View, line: Line) -> str:
        return " ".join(said_by(reasons.why(scene, panel, view, line, 80)).split())

    shown = log.view(scene, 80)
    old, new = shown.lines
    assert wanted in why("log", shown, new)
    assert best in why("log", shown, new)
    assert "max_position: Position in one symbol" in why("log", shown, new)
    assert "wanted to" not in why("log", shown, old)
    for panel, view in (
        ("risk", risk.view(scene, 80)),
        ("strategies", strategies.view(scene, 80)),
    ):
        line = next(
            line
            for line in view.lines
            if "max_position" in line.values or panel != "risk"
        )
        assert wanted in why(panel, view, line)
        assert best in why(panel, view, line)


def test_a_refusal_by_a_symbols_own_limit_is_not_laid_to_the_desks() -> None:
    desk = PaintedDesk()
    with_a_refusal(desk, Scope.SYMBOL)
    scene = scene_of(desk)
    view = risk.view(scene, 80)
    line = next(line for line in view.lines if "max_position" in line.values)
    assert "wanted to" not in said_by(reasons.why(scene, "risk", view, line, 80))


def test_the_header_says_in_which_session_the_market_is() -> None:
    desk = PaintedDesk()
    scene = scene_of(desk)

    def session(width: int = 160) -> str:
        scene.refresh(desk, 1.0)
        return text_of(header.render(scene, width))[0]

    assert "session open" in session()
    phases = desk.picture["desk"]["symbols"]["phase"]
    for phase, word in (
        (Phase.PRE_OPEN, "pre-open"),
        (Phase.HALT, "halted"),
        (Phase.PRE_CLOSE, "pre-close"),
        (Phase.OPENING_CROSS, "opening"),
        (Phase.CLOSING_CROSS, "closing"),
        (Phase.CLOSED, "closed"),
    ):
        phases[:3] = phase
        assert f"session {word} " in session()
        assert f" {word} " in session(60)
    phases[:3] = (Phase.CONTINUOUS, Phase.HALT, Phase.CONTINUOUS)
    assert "session 2 of 3 open" in session()
    # An exchange elsewhere: the line to it first, and ITCH's one word for all auctions.
    net = desk.picture["net"]
    net["role"] = Role.REMOTE
    net["orders"]["state"], net["feed"]["state"] = LinkState.UP, LinkState.DOWN
    assert "session down" in session()
    net["feed"]["state"] = LinkState.UP
    phases[:3] = Phase.PRE_OPEN
    assert "session quoting" in session()


def test_what_a_tape_does_not_have_is_a_dash() -> None:
    taped = TapedDesk("old")
    scene = Scene()
    scene.refresh(taped, taped.moment)
    said = text_of(exposure.render(scene, 60, 20))
    for source in ("spread", "slippage", "inventory"):
        (line,) = (line for line in said if line.startswith(f"from {source}"))
        assert line.split()[-1] == "–"
    (line,) = (line for line in said if line.startswith("from fees"))
    assert line.split()[-1] != "–"  # that it has
    assert "session –" in text_of(header.render(scene, 160))[0]
    assert "does not tell of breakers" in said_by(risk.render(scene, 60, 40))


def test_attribution_has_the_operators_own_orders_in_it() -> None:
    desk = PaintedDesk()
    strategy = desk.add_strategy(0, "maker")
    strategy["spread"] = 5 * MONEY_SCALE
    desk.picture["desk"]["by_hand"]["spread"] = -2 * MONEY_SCALE
    said = text_of(exposure.render(scene_of(desk), 60, 20))
    (line,) = (line for line in said if line.startswith("from spread"))
    assert line.split()[-1] == "+3.00"


def test_a_line_about_a_changed_file_is_shown_as_its_diff() -> None:
    desk = PaintedDesk()
    scene = scene_of(desk)
    text = "risk.toml version 2 in force: max_position 60 -> 50 lots, spread 4 -> 5"
    scene.log.append(Event(1.0, Severity.INFO, "config", text))
    view = log.view(scene, 80)
    rows = reasons.why(scene, "log", view, view.lines[0], 80)
    shown = [line.strip() for line in said_by(rows).splitlines()]
    assert shown[2:] == [
        "- max_position = 60", "+ max_position = 50 lots", "- spread = 4", "+ spread = 5",
    ]  # fmt: skip


def test_the_ladder_shows_our_place_in_the_queue_and_where_it_traded() -> None:
    desk = PaintedDesk()
    with_a_way(desk)
    book = desk.set_book(0, [(15_000, 300)], [(15_002, 200)])
    book["levels"][0][0]["own_qty"] = 5
    book["last"] = 15_001
    scene = scene_of(desk)
    book["volume"] = 70
    scene.refresh(desk, 1.0)
    rows = said_by(ladder.render(scene, 60, 20)).splitlines()
    ours = next(line for line in rows if "150.00" in line)
    assert ours.split() == ["120", "5", "▆" * len(ours.split()[2]), "300", "150.00"]
    last = next(line for line in rows if "150.01◆" in line)
    assert last.split() == ["150.01◆", "70"]
    assert "≈vol" in rows[2]
    # Not in the book yet: no place is claimed.
    desk.picture["desk"]["working"][0]["state"] = 1
    scene.picture = desk.read()
    rows = said_by(ladder.render(scene, 60, 20)).splitlines()
    assert next(line for line in rows if "150.00" in line).split()[0] == "◌"


def test_the_age_of_an_order_from_before_a_restart_is_not_made_up() -> None:
    desk = PaintedDesk()
    desk.add_strategy(0, "maker")
    with_a_way(desk)
    order = desk.picture["desk"]["working"][0]
    ages = []
    for state, sent_ns in (("live", 0), ("unknown", 0), ("pending_new", 0), ("live", 1)):
        order["state"], order["sent_ns"] = ORDER_STATES.index(state), sent_ns
        desk.picture["time_ns"] = 7_000_000_001
        rows = said_by(working.render(scene_of(desk), 100, 6)).splitlines()
        ages.append(next(row for row in rows if "maker" in row))
    assert "before" in ages[0] and "before" in ages[1]
    assert "0.0 s" in ages[2] and "7.0 s" in ages[3]


def test_limits_of_one_symbol_or_strategy_stand_below_the_others() -> None:
    desk = PaintedDesk()
    desk.add_strategy(1, "maker")
    position = [limit.name for limit in LIMITS].index("max_position")
    for place, (scope, target) in enumerate(((Scope.SYMBOL, 0), (Scope.STRATEGY, 1))):
        row = desk.picture["desk"]["scoped"][place]
        row["limit"]["scope"], row["limit"]["target"] = scope, target
        row["limit"]["limit"], row["limit"]["value"] = position, 40
        row["used"] = 10 * (place + 3)
    desk.picture["desk"]["scoped_count"] = 2
    scene = scene_of(desk)
    rows = risk.render(scene, 60, 40)
    lines = text_of(rows)
    symbol = next(i for i, line in enumerate(lines) if line.startswith("ALFA position"))
    strategy = next(
        i for i, line in enumerate(lines) if line.startswith("maker position")
    )
    assert lines[symbol].split()[-4:] == ["30", "/", "40", "75%"]
    assert lines[strategy].split()[-4:] == ["40", "/", "40", "100%"]
    assert style_of(rows[symbol], "30") == "warn"
    assert style_of(rows[strategy], "40") == "bad"


def test_the_row_the_cursor_is_on_is_shown_however_low_the_panel() -> None:
    desk = PaintedDesk()
    scene = scene_of(desk)
    scene.focus = "risk"
    for gauge in risk.gauges(scene):
        scene.cursor["risk"] = gauge.key
        lines = text_of(risk.render(scene, 60, 3))
        assert len(lines) == 3
        assert any(line.startswith(risk.label(gauge.parameter.name)) for line in lines)


def test_every_percentile_of_a_hop_is_shown_where_there_is_room() -> None:
    desk = PaintedDesk()
    hop = desk.picture["hops"][Hop.TICK_TO_ORDER]
    hop["count"] = 1000
    figures = ("p50_ns", "p90_ns", "p95_ns", "p99_ns", "p999_ns", "max_ns")
    for number_of, name in enumerate(figures, 1):
        hop[name] = number_of * 1000
    scene = scene_of(desk)
    head, *body = text_of(latency.render(scene, 110, 12))
    assert head.split()[2:8] == ["p50", "p90", "p95", "p99", "p99.9", "max"]
    row = next(line for line in body if line.strip().startswith("tick to order"))
    found = [row.index(f"{n}.00") for n in range(1, 7)]
    assert found == sorted(found)
    narrow = text_of(latency.render(scene, 50, 12))[0]
    assert "p99" in narrow and "p95" not in narrow


def test_of_a_table_too_wide_the_words_are_cut_and_not_the_figures() -> None:
    columns = (Column("since", "<", 8), Column("what", "<"), Column("lots", ">"))
    body = [
        [("06:00:01", "dim"), ("max_position is 97% used", "text"), ("1,234", "text")]
    ]
    head, row = text_of(table(columns, body, 24))
    assert row.startswith("06:00:01 max_")
    assert row.endswith("1,234")
    assert head.split() == ["since", "what", "lots"]


def test_the_risk_screen_has_room_for_every_limit_and_what_stops_trading() -> None:
    desk = PaintedDesk()
    desk.add_strategy(1, "a_b")
    with_a_refusal(desk)
    for place in range(3):
        row = desk.picture["desk"]["scoped"][place]["limit"]
        row["scope"], row["target"], row["limit"], row["value"] = 1, place, 0, 40
    desk.picture["desk"]["scoped_count"] = 3
    scene = scene_of(desk)
    scene.screen = "risk"
    shown = text_of(risk.render(scene, 100, risk.rows_wanted(scene)))
    assert len(shown) == risk.rows_wanted(scene)
    assert not any("more" in line.split() for line in shown)
    assert shown[-1] == "maker: 3 refused, last by max position".ljust(100)
    # Where they do not all fit, what stands in the way is there all the same.
    limits = desk.picture["desk"]["limits"]
    limits[2]["used"] = limits[2]["limit"]
    scene.picture = desk.read()
    shown = text_of(risk.render(scene, 100, 9))
    assert len(shown) == 9
    assert "position: at its limit" in [line.strip() for line in shown]


def test_a_position_is_held_against_the_symbols_own_limit_where_that_is_tighter() -> None:
    desk = PaintedDesk()
    position = [limit.name for limit in LIMITS].index("max_position")
    for index in range(2):
        desk.picture["desk"]["symbols"][index]["worst_long"] = 10
    row = desk.picture["desk"]["scoped"][0]["limit"]
    row["scope"], row["target"], row["limit"], row["value"] = 1, 1, position, 20
    desk.picture["desk"]["scoped_count"] = 1
    view = positions.view(scene_of(desk), 160)
    at = [column.title for column in view.columns].index("limit")
    assert [line.cells[at][0] for line in view.lines[:2]] == ["1%", "50%"]


def test_what_a_strategy_in_shadow_would_have_is_on_a_line_of_its_own() -> None:
    desk = PaintedDesk()
    desk.add_strategy(0, "maker")
    desk.add_strategy(1, "other")
    slot = desk.picture["desk"]["strategies"][0]
    slot["position"], slot["order_count"] = 3, 17
    slot["would_be_position"], slot["would_be_order_count"] = -8, 309
    slot["would_be_fill_count"], slot["would_be_refusal_count"] = 256, 12
    slot["would_be_realised"], slot["would_be_fees"] = 5 * MONEY_SCALE, MONEY_SCALE
    slot["would_be_price"][1], slot["would_be_qty"][1] = 15_002, 7
    slot["would_be_ahead"][1] = 40
    slot["config"]["mode"] = Mode.LIVE
    assert len(strategies.view(scene_of(desk), 100).lines) == 2
    slot["config"]["mode"] = Mode.SHADOW
    scene = scene_of(desk)
    real, would_be, other = strategies.view(scene, 100).lines
    assert (real.values[4], real.values[7]) == (3, 17)
    assert would_be.values == [
        1, "maker would be", "would be", "ALFA", -8, 4 * MONEY_SCALE, 1, 309, None, 256,
        12, None,
    ]  # fmt: skip
    assert {style for _, style in would_be.cells} == {"pending"}
    assert strategies.line_count(scene) == 3
    assert "1 in shadow: would be 4.00" in strategies.detail(scene)
    # A cursor on it is on its strategy.
    assert [strategies.slot_at(line.key) for line in (real, would_be, other)] == [0, 0, 1]
    view = strategies.view(scene, 100)
    for line in (real, would_be):
        said = " ".join(said_by(reasons.why(scene, "strategies", view, line, 80)).split())
        assert "would have sent 309 orders, would have had 256 fills" in said
        assert "would hold -8 ALFA and would have made +4.00" in said
        assert "It would sell 7 at 150.02, behind 40 lots." in said
        assert "12 of its orders were refused" in said


def test_fees_nobody_charged_are_called_by_schedule() -> None:
    desk = PaintedDesk()
    for role, by in ((0, False), (Role.REMOTE, True)):
        desk.picture["net"]["role"] = role
        scene = scene_of(desk)
        assert ("fees by schedule" in positions.detail(scene)) == by
        said = said_by(exposure.render(scene, 60, 20))
        assert ("from fees (schedule)" in said) == by
