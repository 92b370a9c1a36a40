"""The venue's own tally of our trades, beside the desk's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rig import Rig
from test_local_desk import state, virtual

from cockpit.control.desk import Symbol
from cockpit.control.drop_copy import SETTLED_S, DropCopyCheck
from cockpit.core import MONEY_SCALE, PICTURE_DTYPE, RiskState, Severity

SECOND = 1_000_000_000
CENT = MONEY_SCALE // 100
ACME = Symbol("ACME", CENT, CENT, 2)


def picture(at: float):
    """Bought 10 at 100.00 and sold 4 at 101.00, one unit of fee a lot: both say so."""
    made = np.zeros((), PICTURE_DTYPE)
    made["time_ns"] = round(at * SECOND)
    made["venue"]["time_ns"] = made["desk"]["time_ns"] = made["time_ns"] - SECOND // 10
    made["venue"]["drop_copy_used"] = 1
    ours = made["desk"]["symbols"][0]
    ours["position"], ours["cost"], ours["realised"] = 6, 60_000, 400 * CENT
    ours["fees"] = 14
    theirs = made["venue"]["drop_copies"][0]
    theirs["position"], theirs["fees"] = 6, 14
    theirs["paid"] = (10 * 10_000 - 4 * 10_100) * CENT
    return made


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
            made["venue"]["drop_copies"][0][name] += 5
            found.append(told.check.look(made, (ACME,)))
        assert found.count(True) == 1
        [(severity, text)] = told.lines
        assert severity == Severity.CRITICAL
        assert text.startswith("ACME: the venue says ") and "; the desk +6 lots" in text
        assert not told.check.look(picture(30), (ACME,))
        assert told.lines[-1] == (Severity.INFO, "ACME: venue and desk agree again")
        assert told.check.differing == set()


def test_what_is_still_on_its_way_is_no_difference() -> None:
    told = Told()
    for step in range(100):
        made = picture(1 + step * SETTLED_S * 0.75)
        made["venue"]["drop_copies"][0]["position"] += step  # never twice the same
        assert not told.check.look(made, (ACME,))
    assert told.lines == []


def test_a_side_that_is_behind_the_time_is_no_difference() -> None:
    for part in ("venue", "desk"):
        told = Told()
        for at in range(1, 20):
            made = picture(at)
            made["venue"]["drop_copies"][0]["position"] = 99
            made[part]["time_ns"] = SECOND  # it has stood still since
            assert not told.check.look(made, (ACME,))
        assert told.lines == []
        for at in range(20, 30):
            made = picture(at)
            made["venue"]["drop_copies"][0]["position"] = 99
            told.check.look(made, (ACME,))
        assert len(told.lines) == 1


def test_a_venue_that_gives_none_is_not_compared() -> None:
    told = Told()
    for at in range(1, 10):
        made = picture(at)
        made["venue"]["drop_copy_used"] = 0
        made["venue"]["drop_copies"][0]["position"] = 99
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


def test_a_live_desk_agrees_and_pauses_when_it_would_not(rig: Rig) -> None:
    rig.wait(lambda: int(rig.picture["desk"]["counters"]["fill_count"]) > 5)
    rig.linger(SETTLED_S + 1)
    assert not rig.has_said("the venue says")

    class Liar:
        def look(self, picture: object, symbols: object) -> bool:
            return True

    rig.desk._drop_copies, truth = Liar(), rig.desk._drop_copies  # type: ignore[assignment]
    rig.look()
    rig.desk._drop_copies = truth
    rig.wait(lambda: state(rig) == RiskState.PAUSED)
    rig.wait(lambda: rig.has_said("by drop copy; why: venue and desk tell different"))
