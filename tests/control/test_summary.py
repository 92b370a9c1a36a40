"""A run in figures: complete, of plain types, adding up, and readable."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cockpit.config import load, settings
from cockpit.control.local import LocalDesk
from cockpit.control.report import duration, render
from cockpit.control.summary import summary
from cockpit.core import (
    FLOW_EVENT_DTYPE,
    HOPS,
    LIMITS,
    MONEY_SCALE,
    ROW_NONE,
    Engine,
    Instrument,
    Mode,
)

MD_ADD, MD_EXECUTE = 1, 2


def run(
    files: Path, events: int = 20_000, **options: Any
) -> tuple[LocalDesk, dict[str, Any]]:
    config = load(files)
    desk = LocalDesk(Engine(settings(config, virtual_time=True, **options)), config)
    desk.start()
    desk.engine.run(events)
    return desk, summary(desk, 0.5)


def test_says_what_a_script_needs(files: Path) -> None:
    _, figures = run(files)
    assert json.loads(json.dumps(figures)) == figures
    assert set(figures["hops"]) == set(HOPS)
    assert set(figures["risk"]["limits"]) == {limit.name for limit in LIMITS}
    assert (
        figures["tick_to_order_ns"]["count"] == figures["hops"]["tick_to_order"]["count"]
    )
    for breaker in figures["risk"]["breakers"].values():
        assert (breaker["figure"], breaker["trigger"]) == (None, None)
    assert figures["seed"] == 1
    assert figures["mode"] == "SIM"
    assert figures["orders_sent"] > 0
    assert figures["fills"] > 0
    assert figures["config_errors"] == []
    assert figures["events_per_s"] == pytest.approx(figures["events"] * 2)
    # The flow was asked for 2,000 events a second of its own time.
    assert 1500 < figures["events"] / figures["virtual_seconds"] < 2500
    assert len(figures["state_hash"]) == 16


def test_says_in_what_state_it_was_stopped_not_that_stopping_halts(files: Path) -> None:
    for pause, state in ((False, "ACTIVE"), (True, "PAUSED")):
        desk, _ = run(files)
        if pause:
            desk.pause()
            desk.engine.run(10)
        assert desk.close() == ""
        figures = summary(desk, 0.5)
        assert figures["risk"]["state"] == state
        assert figures["orders_working"] == 0


def test_adds_up(files: Path) -> None:
    desk, figures = run(files)
    total = figures["pnl"]["total"]
    for parts in (figures["positions"], figures["strategies"]):
        assert sum(part["total"] for part in parts) == pytest.approx(total, abs=1e-6)
    profit = figures["pnl"]
    assert profit["fees"] != 0
    gain = profit["realised"] + profit["unrealised"]
    assert total == pytest.approx(gain - profit["fees"], abs=1e-6)
    held = {item["symbol"]: item["position"] for item in figures["positions"]}
    for item in figures["strategies"]:
        held[item["symbol"]] -= item["position"]
    assert set(held.values()) == {0}
    assert sum(item["fills"] for item in figures["strategies"]) == figures["fills"]
    firm = desk.read()["desk"]
    assert figures["pnl"]["fees"] == int(firm["fees"]) / MONEY_SCALE


def test_an_open_position_has_the_price_it_was_paid_at(files: Path) -> None:
    desk, figures = run(files)
    open_ = [item for item in figures["positions"] if item["position"]]
    assert open_
    for item in open_:
        symbol = next(each for each in desk.symbols if each.name == item["symbol"])
        gain = (item["mark"] - item["average_price"]) * item["position"]
        lot = symbol.point_value / symbol.increment
        assert item["unrealised"] == pytest.approx(gain * lot, abs=0.02)


def test_one_seed_is_one_run_and_another_seed_another(files: Path) -> None:
    hashes = [run(files, 5_000, seed=seed)[1]["state_hash"] for seed in (7, 7, 8)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_replay_says_how_true_it_was(files: Path) -> None:
    instrument = Instrument("TAPE", 10**6, 10**6, 10**5)
    config = load(files, recording=("TAPE",))
    made = settings(config, recording=(instrument,), replay_speed=0, virtual_time=True)
    desk = LocalDesk(Engine(made), config, origin="a tape")
    tape = np.zeros(5, FLOW_EVENT_DTYPE)
    tape["row"], tape["qty"], tape["price"] = ROW_NONE, 100, 10_000
    tape["time_ns"] = range(5)
    # Two orders at one price; the second is executed first, then the first. In the end
    # an execution of an order that was never there.
    tape["kind"] = [MD_ADD, MD_ADD, MD_EXECUTE, MD_EXECUTE, MD_EXECUTE]
    tape["ref"] = [1, 2, 2, 1, 3]
    desk.engine.replay_events(tape)
    desk.start()
    desk.engine.run(1_000)
    figures = summary(desk, 1.0)
    replay = figures["replay"]
    assert figures["mode"] == "REPLAY"
    assert figures["origin"] == "a tape"
    assert replay["messages"] == replay["total"] == 5
    assert replay["finished"]
    assert replay["executions_known"] == 2
    assert replay["executions_matched"] == 1
    assert replay["executions_matched_share"] == 0.5
    assert [(item["message"], item["cause"]) for item in replay["exceptions"]] == [
        (3, "not_front")
    ]
    text = render(figures)
    assert "REPLAY  a tape" in text
    assert "message 3: order 2 not_front" in text
    assert "impact" in text
    stand_ins = [event.text for event in desk.events() if "stands in" in event.text]
    assert stand_ins[0] == "mm_acme: ACME is not in the recording; TAPE stands in for it"


def test_people_can_read_it(files: Path) -> None:
    _, figures = run(files)
    text = render(figures)
    assert f"{figures['virtual_seconds']:.3f} virtual seconds in 0.500 seconds" in text
    assert f"{figures['orders_sent']:,} sent" in text
    assert f"state hash    {figures['state_hash']}" in text
    for name in (*HOPS, *(limit.name for limit in LIMITS), "1 mm_acme", "DUNMOR"):
        assert name in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_venue_alone_has_no_desk_to_report_on(files: Path) -> None:
    _, figures = run(files, desk=False)
    text = render(figures)
    assert figures["events"] > 0
    assert "mm_acme" not in text
    assert "risk" not in text


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0 ns"), (999, "999 ns"), (1000, "1.00 us"), (12_345, "12.3 us"),
        (999_999, "1000 us"), (1_500_000, "1.50 ms"), (60 * 10**9, "60.0 s"),
    ],
)  # fmt: skip
def test_durations_show_three_digits(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text


def test_where_the_result_came_from_adds_up_to_it(files: Path) -> None:
    desk, figures = run(files, 60_000)
    firm = desk.read()["desk"]
    made = int(firm["realised"]) + int(firm["unrealised"])
    parts = [
        int(firm["strategies"][name].sum())
        for name in ("spread", "slippage", "inventory")
    ]
    assert sum(parts) == made
    assert parts[0] != 0 and parts[2] != 0
    assert figures["pnl"]["spread"] == parts[0] / MONEY_SCALE
    assert sum(row["inventory"] for row in figures["strategies"]) == pytest.approx(
        figures["pnl"]["inventory"]
    )
    for row, symbol in zip(figures["positions"], firm["symbols"], strict=False):
        assert row["fifo_exact"]
        if row["position"] == 0:
            assert int(symbol["realised_fifo"]) == int(symbol["realised"])


def test_a_strategy_in_shadow_is_told_of_apart_from_what_is_real(files: Path) -> None:
    desk, _ = run(files, 0)
    assert all(item["would_be"] is None for item in summary(desk, 0.5)["strategies"])
    slot = next(
        item["key"] - 1
        for item in summary(desk, 0.5)["strategies"]
        if item["kind"] == "market_maker"
    )
    desk.set_mode(slot, Mode.SHADOW)
    desk.engine.run(40_000)
    figures = summary(desk, 0.5)
    [item] = [item for item in figures["strategies"] if item["would_be"]]
    found, shown = item["would_be"], desk.read()["desk"]["strategies"][slot]
    assert item["mode"] == "SHADOW" and found["fills"] > 0 and found["orders"] > 0
    for name, field in (
        ("position", "position"), ("orders", "order_count"), ("fills", "fill_count"),
        ("refusals", "refusal_count"),
    ):  # fmt: skip
        assert found[name] == int(shown[f"would_be_{field}"])
    assert found["total"] == pytest.approx(
        found["realised"] + found["unrealised"] - found["fees"], abs=1e-6
    )
    assert found["working"] == len(found["quotes"])
    assert (item["orders"], item["fills"], item["position"]) == (0, 0, 0)
    [line] = [line for line in render(figures).splitlines() if "would be" in line]
    assert f"{found['orders']:,}" in line and f"{found['fills']:,}" in line
    assert figures["fees_by"] == "venue"
    assert json.loads(json.dumps(figures)) == figures
