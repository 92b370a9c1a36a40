"""Each strategy decides what its formulas say, at every event of a tape."""

from __future__ import annotations

import numpy as np
import pytest

from cockpit.core import STRATEGY_KINDS
from tests.strategies.pipe import Array, decisions
from tests.strategies.references import REFERENCES
from tests.strategies.tapes import recorded, walk
from tests.strategies.world import play

PARENT_BUYS = (0, 400, 9.0, 8, 0, 15)
PARENT_SELLS = (1, 250, 6.5, 3, 14940, 1000)
CASES: dict[str, list[tuple[float, ...]]] = {
    "mean_reversion": [(400, 1.5, 0.5, 10, 50, 100), (1500, 1.0, 0.0, 7, 33, 0)],
    "momentum": [(100, 900, 0.6, 10, 30, 150), (300, 1000, 0.0, 4, 30, 0)],
    "market_maker": [(1.5, 2, 0.5, 10, 60, 1), (0.75, 6, 1.0, 7, 20, 3)],
    "avellaneda": [
        (0.05, 3.0, 0, 0, 0.5, 10, 60, 1),
        (0.01, 4.0, 3.5, 0.6, 5.0, 7, 21, 2),
        (0.3, 0.7, 0, 0.8, 0.2, 5, 15, 1),
    ],
    "glft": [
        (0.05, 0, 0, 0, 0.5, 10, 60, 1),
        (0.01, 12.5, 40, 0.4, 5.0, 7, 21, 2),
        (0.3, 0, 0, 0.8, 0.2, 5, 15, 1),
    ],
    "breakout": [(800, 1.0, 10, 30, 200), (300, 0.0, 4, 11, 0)],
    "imbalance": [(30, 0.4, 0.0, 3, 10, 30, 50), (100, 0.2, -0.1, 4, 5, 12, 0)],
    "flow_taker": [(200, 0.3, 5, 400, 10, 30, 50), (60, 0.3, 0, 100, 3, 9, 0)],
    "pairs": [(1500, 1.8, 0.3, 1.0, 10, 30, 100), (700, 1.0, 0.5, 2.5, 3, 9, 0)],
    "twap": [(*PARENT_BUYS, 18), (*PARENT_SELLS, 7)],
    "vwap": [
        (*PARENT_BUYS, 40, 3, 2, 1, 0.5, 0.5, 1, 2, 3),
        (*PARENT_SELLS, 9, 0, 1, 0, 4, 0, 0, 2, 1),
    ],
    "pov": [(*PARENT_BUYS, 0.125, 4), (*PARENT_SELLS, 0.05, 1)],
    "almgren_chriss": [
        (*PARENT_BUYS, 18, 0.002, 12.0, 0.5, 0.01),
        (*PARENT_SELLS, 7, 1e-6, 3.0, 0.1, 0.0),
    ],
}  # fmt: skip


EXECUTION = ("twap", "vwap", "pov", "almgren_chriss")


def first_difference(kind: str, tape: Array, wants: Array, got: Array) -> str:
    """Where two runs part, for a message; empty when they do not."""
    for field in ("event", "call", "position", "position2", "quotes", "takes"):
        if len(wants) != len(got) or not np.array_equal(wants[field], got[field]):
            break
    else:
        return ""
    for row in range(min(len(wants), len(got))):
        if any(
            not np.array_equal(wants[row][name], got[row][name])
            for name in got.dtype.names or ()
            if name != "signal"
        ):
            event = tape[int(got[row]["event"])]
            return (
                f"{kind}, decision {row}:\n"
                f"reference {wants[row]}\ncore      {got[row]}\nevent     {event}"
            )
    return f"{kind}: {len(wants)} decisions wanted, {len(got)} made"


def test_every_kind_has_a_reference_and_a_case() -> None:
    built_in = {kind for kind in STRATEGY_KINDS if not kind.startswith("file:")}
    assert built_in == set(REFERENCES) == set(CASES)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("kind", "parameters"),
    [(kind, case) for kind, cases in CASES.items() for case in cases],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_decides_as_the_formulas_do(
    kind: str, parameters: tuple[float, ...], seed: int
) -> None:
    check(kind, parameters, walk(seed))


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind != "pairs"])
def test_decides_as_the_formulas_do_on_a_real_day(kind: str) -> None:
    parameters = CASES[kind][0]
    if kind in EXECUTION:  # the limit prices above are not of this market
        parameters = (*parameters[:4], 0, *parameters[5:])
    check(kind, parameters, recorded())


def check(kind: str, parameters: tuple[float, ...], tape: Array) -> None:
    wants = play(REFERENCES[kind](*parameters), tape)
    got = decisions(kind, parameters, tape)
    assert not (where := first_difference(kind, tape, wants, got)), where
    np.testing.assert_allclose(got["signal"], wants["signal"], rtol=1e-6, atol=1e-7)
    # A tape on which nothing happens would prove nothing.
    asked = got["quotes"][:, :, 0].sum() + got["takes"][:, :, 0].sum()
    assert asked >= 3 and np.any(got["position"] != 0)
