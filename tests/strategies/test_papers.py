"""The papers' own experiments, run with the core's formulas, give the papers' figures."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from tests.strategies.pipe import Floats, formula

# Avellaneda & Stoikov (2008), section 3.3.
S, T, SIGMA, DT, K, A = 100.0, 1.0, 2.0, 0.005, 1.5, 140.0
PATHS, PAPER_PATHS = 4000, 1000


class Row(NamedTuple):
    """A row of their tables: profit and final inventory, over 1,000 paths."""

    gamma: float
    inventory: bool
    spread: float
    profit: float
    profit_std: float
    final_q_std: float


TABLE = [
    Row(0.1, True, 1.49, 65.0, 6.6, 2.9),
    Row(0.1, False, 1.49, 68.4, 12.7, 8.4),
    Row(0.01, True, 1.35, 68.6, 8.7, 5.1),
    Row(0.01, False, 1.35, 68.8, 12.8, 8.7),
    Row(1.0, True, 3.02, 31.4, 5.0, 1.7),
    Row(1.0, False, 3.02, 44.0, 11.0, 5.1),
]


def quotes(gamma: float, mid: Floats, q: Floats, remaining: float) -> Floats:
    """Bid and ask by the core, a row a path."""
    ones = np.ones_like(mid)
    rows = [mid, q, gamma * ones, SIGMA * ones, K * ones, remaining * ones]
    return formula("avellaneda", np.column_stack(rows), 2)


def simulate(row: Row, seed: int) -> tuple[float, Floats, Floats]:
    """Average spread; profit and final inventory of each path.

    The symmetric strategy keeps the average spread of the other, about the mid.
    """
    dice = np.random.default_rng(seed)
    mid, q, cash = np.full(PATHS, S), np.zeros(PATHS), np.zeros(PATHS)
    spreads = []
    for step in range(round(T / DT)):
        if row.inventory:
            pair = quotes(row.gamma, mid, q, T - step * DT)
        else:
            pair = quotes(row.gamma, mid, np.zeros(PATHS), T / 2)
        spreads.append(np.mean(pair[:, 1] - pair[:, 0]))
        sold = dice.random(PATHS) < A * np.exp(-K * (pair[:, 1] - mid)) * DT
        bought = dice.random(PATHS) < A * np.exp(-K * (mid - pair[:, 0])) * DT
        cash += sold * pair[:, 1] - bought * pair[:, 0]
        q += bought.astype(float) - sold
        mid = mid + SIGMA * np.sqrt(DT) * dice.choice([-1.0, 1.0], PATHS)
    return float(np.mean(spreads)), cash + q * mid, q


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.gamma}-{row.inventory}")
def test_avellaneda_and_stoikov_made_this_much(row: Row) -> None:
    spread, profit, q = simulate(row, seed=2008)
    # Both runs are samples; four standard errors, and half a digit of the printed figure.
    both = np.sqrt(1 / PATHS + 1 / PAPER_PATHS)
    # Steps begin before their middle: on average half a step more remains than T / 2.
    extra = row.gamma * SIGMA**2 * DT / 2 if row.inventory else 0.0
    assert spread - extra == pytest.approx(row.spread, abs=0.005)
    assert np.mean(profit) == pytest.approx(
        row.profit, abs=4 * row.profit_std * both + 0.05
    )
    assert np.std(profit) == pytest.approx(
        row.profit_std, abs=4 * row.profit_std * both / np.sqrt(2) + 0.05
    )
    assert np.mean(q) == pytest.approx(0, abs=4 * row.final_q_std / np.sqrt(PATHS))
    assert np.std(q) == pytest.approx(
        row.final_q_std, abs=4 * row.final_q_std * both / np.sqrt(2) + 0.05
    )


def test_inventory_costs_little_profit_and_saves_much_risk() -> None:
    """What the paper is about, held on our own sample alone."""
    _, leaning, q = simulate(TABLE[0], seed=1)
    _, symmetric, other_q = simulate(TABLE[1], seed=1)
    assert np.std(leaning) < 0.6 * np.std(symmetric)
    assert np.std(q) < 0.45 * np.std(other_q)
    assert np.mean(leaning) > 0.9 * np.mean(symmetric)


# Almgren & Chriss (2000), section 4: a million shares in five days.
X, DAYS, TRADES = 1e6, 5.0, 5
AC_SIGMA, ETA, GAMMA, EPSILON, LAMBDA = 0.95, 2.5e-6, 2.5e-7, 0.0625, 1e-6


def trajectory(aversion: float) -> tuple[float, Floats]:
    """Kappa, and what is held after 0 .. 5 days."""
    elapsed = np.arange(TRADES + 1, dtype=float)
    model = [aversion, AC_SIGMA, ETA, GAMMA, DAYS, TRADES]
    rows = [[*model, day] for day in elapsed]
    found = formula("trajectory", rows, 2)
    assert np.all(found[:, 0] == found[0, 0])
    return float(found[0, 0]), X * found[:, 1]


def cost(held: Floats) -> tuple[float, float]:
    """Expected shortfall and its standard deviation, their eq. (4) and (5), dollars."""
    tau, trades = DAYS / TRADES, -np.diff(held)
    eta = ETA - GAMMA * tau / 2
    expected = GAMMA * X**2 / 2 + EPSILON * trades.sum() + eta / tau * np.sum(trades**2)
    return float(expected), float(AC_SIGMA * np.sqrt(tau * np.sum(held[1:] ** 2)))


def test_almgren_and_chriss_traded_like_this() -> None:
    kappa, held = trajectory(LAMBDA)
    assert kappa == pytest.approx(0.607076, abs=5e-7)
    trades = -np.diff(held)
    wants = [458044.4, 252101.3, 141956.7, 85755.7, 62141.8]
    np.testing.assert_allclose(trades, wants, atol=0.051)
    expected, deviation = cost(held)
    assert expected == pytest.approx(911_227.0, abs=0.5)
    assert deviation == pytest.approx(603_430.7, abs=0.5)


def test_without_aversion_the_schedule_is_a_straight_line() -> None:
    kappa, held = trajectory(0.0)
    assert kappa == 0
    np.testing.assert_allclose(held, np.linspace(X, 0, TRADES + 1), rtol=1e-12)
    expected, deviation = cost(held)
    assert expected == pytest.approx(662_500, abs=0.5)
    assert deviation == pytest.approx(1_040_672.9, abs=0.5)


def test_the_trajectory_is_continuous_from_calm_to_haste() -> None:
    """Where the core changes formula (tiny and huge kappa T) nothing jumps."""
    for aversion in (1e-20, 1e-17, 1e-16, 1e-15):
        _, held = trajectory(aversion)
        np.testing.assert_allclose(held, np.linspace(X, 0, 6), rtol=1e-5, atol=1e-5)
    _, held = trajectory(1e3)
    assert held[0] == X and np.all(held[1:] < 1)


def test_glft_is_the_closed_form_of_the_paper() -> None:
    dice = np.random.default_rng(3)
    for _ in range(200):
        gamma, sigma, a, k = dice.uniform([0.001, 0.1, 0.5, 0.05], [2, 20, 200, 3])
        q = dice.integers(-10, 11)
        bid, ask = formula("glft", [[50.0, q, gamma, sigma, a, k]], 2)[0]
        root = np.sqrt(
            sigma**2 * gamma / (2 * k * a) * (1 + gamma / k) ** (1 + k / gamma)
        )
        base = np.log(1 + gamma / k) / gamma
        assert 50 - bid == pytest.approx(
            base + (2 * q + 1) / 2 * root, rel=1e-9, abs=1e-9
        )
        assert ask - 50 == pytest.approx(
            base - (2 * q - 1) / 2 * root, rel=1e-9, abs=1e-9
        )
