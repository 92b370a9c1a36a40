"""What positions could lose, against figures reckoned by hand and by the book."""

from __future__ import annotations

import random
import statistics
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cockpit import paths
from cockpit.control.desk import Symbol
from cockpit.core import MONEY_SCALE, PICTURE_DTYPE, PRICE_NONE
from cockpit.observe.exposure import (
    CHANGES_MIN,
    HORIZON_S,
    WINDOWS_MIN,
    Marks,
    Scenario,
    StressError,
    read_scenarios,
)

SECOND = 1_000_000_000
CENT = MONEY_SCALE // 100
SYMBOLS = (Symbol("ACME", CENT, CENT, 2), Symbol("BOREAL", CENT, CENT, 2))


def picture(at: float, mids: tuple[int, ...], lots: tuple[int, ...] = (0, 0)):
    made = np.zeros((), PICTURE_DTYPE)
    made["time_ns"] = round(at * SECOND)
    desk = made["desk"]
    desk["symbol_count"] = len(mids)
    for i, (mid, held) in enumerate(zip(mids, lots, strict=True)):
        desk["symbols"][i]["bid"], desk["symbols"][i]["ask"] = mid - 1, mid + 1
        desk["symbols"][i]["position"] = held
    return made


def walk(seconds: int, seed: int = 5) -> list[tuple[int, int]]:
    chance = random.Random(seed)
    mids, path = [10_000.0, 5_000.0], []
    for _ in range(seconds):
        common = chance.gauss(0, 0.0004)
        mids = [m * (1 + common + chance.gauss(0, 0.0003)) for m in mids]
        path.append((round(mids[0]), round(mids[1])))
    return path


def seen(path: list[tuple[int, int]]) -> Marks:
    marks = Marks()
    for at, mids in enumerate(path):
        marks.sample(picture(at, mids))
    return marks


def test_history_is_what_each_window_would_have_done() -> None:
    path, lots = walk(700), (300, -150)
    found = seen(path).exposure(picture(700, path[-1], lots), SYMBOLS, ())
    results = []
    for then, now in zip(path[:-HORIZON_S], path[HORIZON_S:], strict=True):
        results.append(
            sum(
                held * path[-1][i] / 100 * (now[i] - then[i]) / then[i]
                for i, held in enumerate(lots)
            )
        )
    assert found.windows == len(results) == 640
    assert found.historical == pytest.approx(-sorted(results)[6])
    assert found.historical > 0


def test_normal_is_variance_and_covariance_by_the_book() -> None:
    path, lots = walk(400), (300, -150)
    found = seen(path).exposure(picture(400, path[-1], lots), SYMBOLS, ())
    moves = [[(b[i] - a[i]) / a[i] for a, b in pairwise(path)] for i in (0, 1)]
    values = [held * path[-1][i] / 100 for i, held in enumerate(lots)]
    variance = (
        values[0] ** 2 * statistics.variance(moves[0])
        + values[1] ** 2 * statistics.variance(moves[1])
        + 2 * values[0] * values[1] * statistics.covariance(*moves)
    )
    assert found.parametric == pytest.approx(2.326348 * (variance * 60) ** 0.5)


def test_little_market_gives_no_figure_and_no_position_no_risk() -> None:
    path = walk(HORIZON_S + WINDOWS_MIN)
    held, flat = picture(0, path[0], (5, 5)), picture(0, path[0])
    short = seen(path[:CHANGES_MIN]).exposure(held, SYMBOLS, ())
    assert (short.historical, short.parametric) == (None, None)
    nearly = seen(path[:-1]).exposure(held, SYMBOLS, ())
    assert nearly.historical is None and nearly.parametric is not None
    whole = seen(path).exposure(flat, SYMBOLS, ())
    assert (whole.historical, whole.parametric) == (0.0, 0.0)


def test_a_position_without_a_price_makes_it_unknown() -> None:
    path = walk(200)
    marks = Marks()
    for at, mids in enumerate(path):
        made = picture(at, mids)
        made["desk"]["symbols"][1]["ask"] = PRICE_NONE
        marks.sample(made)
    scenarios = (Scenario("down", all=-5),)
    found = marks.exposure(picture(200, path[-1], (10, 1)), SYMBOLS, scenarios)
    assert (found.historical, found.parametric) == (None, None)
    assert not np.isfinite(found.scenarios[0][1])
    other = marks.exposure(picture(200, path[-1], (10, 0)), SYMBOLS, scenarios)
    assert other.historical is not None
    assert other.scenarios[0][1] == pytest.approx(-0.05 * 10 * path[-1][0] / 100)


def test_samples_are_a_second_of_the_desks_time_apart() -> None:
    marks = Marks()
    for at in (0, 0.4, 0.9, 1.0, 1.5, 2.1):
        marks.sample(picture(at, (100, 100)))
    assert marks.taken == 3


def test_scenarios_by_hand() -> None:
    marks = seen([(10_000, 5_000)])
    now = picture(1, (10_000, 5_000), (300, -150))
    scenarios = (
        Scenario("down", all=-5),
        Scenario("one", all=1, symbols={"BOREAL": 10}),
        Scenario("against", against=3),
    )
    found = dict(marks.exposure(now, SYMBOLS, scenarios).scenarios)
    assert found["down"] == pytest.approx(-1500 + 375)  # 30,000 long, 7,500 short
    assert found["one"] == pytest.approx(300 - 750)
    assert found["against"] == pytest.approx(-900 - 225)


def test_the_shipped_scenarios_are_good() -> None:
    assert len(read_scenarios(paths.default_config() / "stress.toml")) >= 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[[scenario]]\nall = 1", "name"),
        ("[[scenario]]\nname = 'a'", "nothing moves"),
        ("[[scenario]]\nname = 'a'\nall = -101", "percent, -100 to 1000"),
        ("[[scenario]]\nname = 'a'\nall = nan", "percent, -100 to 1000"),
        ("[[scenario]]\nname = 'a'\nall = true", "percent, -100 to 1000"),
        ("[[scenario]]\nname = 'a'\nall = 1\nagainst = 2", "without all"),
        ("[[scenario]]\nname = 'a'\nagainst = -2", "more than 0"),
        ("[[scenario]]\nname = 'a'\nsymbols = 3", "percent by symbol"),
        ("[[scenario]]\nname = 'a'\n[scenario.symbols]\nX = 'y'", "symbols.X = 'y'"),
        ("[[scenario]]\nname = 'a'\nal = 3", "unknown al"),
        ("[[scenario]]\nname = 'a'\nall = 1\n" * 2, "two scenarios named a"),
        ("scenario = 3", "written ..scenario.."),
        ("scenario = [3]", "written ..scenario.."),
        ("x = [", "stress.toml"),
        ("x = " + "[" * 5000, "stress.toml"),
        ("x = 3", "unknown x"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "stress.toml").write_text(content)
    with pytest.raises(StressError, match=reason):
        read_scenarios(tmp_path / "stress.toml")


def test_no_file_is_no_scenario(tmp_path: Path) -> None:
    assert read_scenarios(tmp_path / "stress.toml") == ()
