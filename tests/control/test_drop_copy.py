"""The venue's own tally of our trades, beside the desk's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rig import Rig
from test_local_desk import state, virtual

from cockpit.control.desk import Symbol
from cockpit.control.drop_copy import SETTLED_S, DropCopyCheck
from cockpit.core import MONEY_SCALE, PICTURE_DTYPE, Cause, RiskState, Severity

SECOND = 1_000_000_000
CENT = MONEY_SCALE // 100
ACME = Symbol("ACME", CENT, CENT, 2)


def picture(at: float, theirs: int = 6, ours: int | None = None):
    """So many executions of a lot each, bought at 100.00 with a unit of fee: told alike.

    Each side keeps the last two counts that a power of 16 divides, for four of them.
    """
    made = np.zeros((), PICTURE_DTYPE)
    made["time_ns"] = round(at * SECOND)
    made["venue"]["time_ns"] = made["desk"]["time_ns"] = made["time_ns"] - SECOND // 10
    made["venue"]["drop_copy_used"] = 1
    told = {"desk": theirs if ours is None else ours, "venue": theirs}
    for side, count in told.items():
        for row in range(4):
            for back in range(2):
                reached = (count // 16**row - back) * 16**row
                if reached > 0:
                    mark = made[side]["tallies"][0]["at"][row][reached // 16**row % 2]
                    mark["execution_count"], mark["position"] = reached, reached
                    mark["paid"], mark["fees"] = reached * 10_000 * CENT, reached
    return made


def lie(made, name: str, by: int = 5) -> None:
    """From some execution on, the venue's figure has been another."""
    marks = made["venue"]["tallies"][0]["at"]
    marks[name] += by * (marks["execution_count"] > 0)


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[Severity, str]] = []
        self.check = DropCopyCheck(self.take)

    def take(self, severity: Severity, source: str, text: str) -> None:
        assert source == "drop copy"
        self.lines.append((severity, text))


def test_what_agrees_is_nothing_to_speak_of() -> None:
    told = Told()
    for at in range(1, 20):
        assert not told.check.look(picture(at), (ACME,))
    assert told.lines == []


def test_each_figure_that_differs_is_said_once_with_both_sides() -> None:
    for name in ("position", "paid", "fees"):
        told, found = Told(), []
        for at in range(1, 20):
            made = picture(at)
            lie(made, name)
            found.append(told.check.look(made, (ACME,)))
        assert found == [True] + [False] * 18, "at once, and once"
        [(severity, text)] = told.lines
        assert severity == Severity.CRITICAL
        assert text.startswith("ACME: of 6 executions the venue says ")
        assert "; the desk +6 lots" in text
        assert not told.check.look(picture(30), (ACME,))
        assert told.lines[-1] == (Severity.INFO, "ACME: venue and desk agree again")
        assert told.check.differing == set()


@pytest.mark.parametrize("behind", [0, 1, 3, 17, 250, 4000, -1, -250])
def test_a_symbol_that_never_stops_trading_is_compared_at_a_count_both_have_reached(
    behind: int,
) -> None:
    told = Told()
    for step in range(1, 50):  # never twice the same
        count = 20_000 + 7 * step
        assert not told.check.look(picture(step * 0.2, count, count - behind), (ACME,))
    assert told.lines == []
    for step in range(50, 100):
        count = 20_000 + 7 * step
        made = picture(step * 0.2, count, count - behind)
        lie(made, "fees", 1)
        told.check.look(made, (ACME,))
    [(severity, text)] = told.lines
    assert severity == Severity.CRITICAL and " fees; the desk " in text


def test_an_execution_that_only_one_side_knows_is_found_when_nothing_moves() -> None:
    for theirs, ours in ((7, 6), (6, 7), (1, 0), (0, 1)):
        told, found = Told(), []
        for tenth in range(10, 50):
            found.append(told.check.look(picture(tenth / 10, theirs, ours), (ACME,)))
        assert found.index(True) == round(SETTLED_S * 10) and found.count(True) == 1
        [(severity, text)] = told.lines
        assert severity == Severity.CRITICAL
        assert text == f"ACME: the venue says {theirs} executions; the desk {ours}"


def test_counts_that_move_or_are_old_say_nothing() -> None:
    told = Told()
    for step in range(100):
        made = picture(1 + step * SETTLED_S * 0.75, 9 + step, 8 + step)
        assert not told.check.look(made, (ACME,))
    for part in ("venue", "desk"):
        for at in range(200, 220):
            made = picture(at, 9, 8)
            made[part]["time_ns"] = SECOND  # it has stood still since
            assert not told.check.look(made, (ACME,))
    assert told.lines == []


def test_a_venue_that_gives_none_is_not_compared() -> None:
    told = Told()
    for at in range(1, 10):
        made = picture(at)
        made["venue"]["drop_copy_used"] = 0
        lie(made, "position")
        assert not told.check.look(made, (ACME,))


def test_a_trading_desk_and_its_venue_agree_to_the_last_unit(files: Path) -> None:
    desk = virtual(files)
    desk.engine.run(200_000)
    seen = desk.read()
    firm, copies = seen["desk"], seen["venue"]["drop_copies"]
    assert int(firm["counters"]["fill_count"]) > 100
    assert int(copies["execution_count"].sum()) > 0
    desk.engine.halt()
    desk.engine.run(2_000)
    seen = desk.read()
    for i, symbol in enumerate(desk.symbols):
        ours, theirs = seen["desk"]["symbols"][i], seen["venue"]["drop_copies"][i]
        paid = int(ours["cost"]) * symbol.point_value - int(ours["realised"])
        assert int(theirs["position"]) == int(ours["position"])
        assert int(theirs["paid"]) == paid
        assert int(theirs["fees"]) == int(ours["fees"])
    count = int(seen["desk"]["counters"]["fill_count"])
    assert int(seen["venue"]["drop_copies"]["execution_count"].sum()) == count
    desk.close()


TIER = """
[[tier]]
from = 0
maker_fee = 0.01
taker_fee = 0.02
"""


def test_what_the_tiers_charge_is_what_the_desk_books(files: Path) -> None:
    with (files / "desk.toml").open("a") as file:
        file.write(TIER)
    desk = virtual(files)
    desk.engine.run(100_000)
    desk.engine.halt()
    desk.engine.run(2_000)
    seen = desk.read()
    fees = seen["venue"]["drop_copies"]["fees"].tolist()[: len(desk.symbols)]
    assert any(fees)
    assert [int(symbol["fees"]) for symbol in seen["desk"]["symbols"]][
        : len(fees)
    ] == fees
    assert not any("the venue says" in event.text for event in desk.events())
    desk.close()


def test_a_live_desk_agrees_and_pauses_each_time_it_would_not(rig: Rig) -> None:
    rig.wait(lambda: int(rig.picture["desk"]["counters"]["fill_count"]) > 5)
    rig.linger(SETTLED_S + 1)
    assert not rig.has_said("the venue says")

    # A lot the venue's tally has and nobody traded.
    class Wrong(DropCopyCheck):
        def _compare(self, name, ours, theirs, now_ns):  # type: ignore[no-untyped-def]
            theirs = {at: (lots + 1, *rest) for at, (lots, *rest) in theirs.items()}
            super()._compare(name, ours, theirs, now_ns)

    truth, rig.desk._drop_copies = rig.desk._drop_copies, Wrong(rig.desk._say)
    rig.wait(lambda: state(rig) == RiskState.PAUSED)
    rig.wait(lambda: rig.has_said("ACTIVE -> PAUSED, by the drop copy"))
    assert rig.has_said("by drop copy; why: venue and desk tell different trades: ")
    assert not rig.has_said("ACTIVE -> PAUSED, by the operator")
    assert int(rig.picture["desk"]["state_cause"]) == Cause.DROP_COPY
    began = len(rig.said)
    rig.desk.resume()
    again = "ACTIVE -> PAUSED, by the drop copy"
    rig.wait(lambda: any(again in event.text for event in rig.said[began:]))
    rig.wait(lambda: state(rig) == RiskState.PAUSED)
    rig.desk._drop_copies = truth
    rig.desk.resume()
    rig.wait(lambda: state(rig) == RiskState.ACTIVE)
    rig.linger(1.5)
    assert state(rig) == RiskState.ACTIVE
