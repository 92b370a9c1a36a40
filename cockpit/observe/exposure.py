"""What the positions could lose: value at risk from the market just seen, and scenarios.

Value at risk at :data:`LEVEL` over :data:`HORIZON_S` is the loss that so short a time is
expected to exceed once in a hundred times, with the positions as they are now. It is said
two ways, from mid prices sampled once a second of the desk's own time:

historical
    what each of the overlapping :data:`HORIZON_S` windows seen would have done to these
    positions; the loss that 99 of 100 of them stay below.
parametric
    the same if price changes were normal: from the covariance of the changes over one
    second, stretched by the square root of time.

Both know only the market since the screen began to look; neither knows of one that jumps.
That is what the scenarios are for: named price moves, from ``stress.toml``.
"""

from __future__ import annotations

import tomllib
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cockpit.control.desk import Symbol
from cockpit.core import MONEY_SCALE, PRICE_NONE, Record

if TYPE_CHECKING:  # loaded when it is first reckoned: not every screen shows it
    import numpy as np

LEVEL = 0.99
HORIZON_S = 60
WINDOWS_MIN = 100
"""Windows below which the historical figure is not given."""
CHANGES_MIN = 30
"""Changes over a second below which the parametric figure is not given."""
SAMPLES_MAX = 900
"""Seconds of market kept."""
PERCENT_MIN, PERCENT_MAX = -100.0, 1000.0
_SECOND_NS = 1_000_000_000
_QUANTILE = 2.3263478740408408
"""Of the normal distribution, at LEVEL."""
_KEYS = {"name", "all", "against", "symbols"}


class StressError(Exception):
    """The file cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One ``[[scenario]]``: how far each price moves, in percent."""

    name: str
    all: float = 0.0
    """Every symbol that is not named."""
    against: float = 0.0
    """Instead: every position's price moves so far to its disadvantage."""
    symbols: dict[str, float] = field(default_factory=dict)

    def percent(self, symbol: str, lots: int) -> float:
        """The move of a symbol of which ``lots`` are held."""
        if self.against:
            return -self.against if lots > 0 else self.against
        return self.symbols.get(symbol, self.all)


@dataclass(frozen=True, slots=True)
class Exposure:
    """All in currency; losses are positive. None: not enough of the market was seen."""

    historical: float | None
    parametric: float | None
    windows: int
    """Windows the historical figure is from."""
    seconds: int
    """Of market seen."""
    scenarios: tuple[tuple[str, float], ...]
    """Name and profit, negative for a loss."""


class Marks:
    """Mid prices, once a second of the desk's own time."""

    def __init__(self, samples: int = SAMPLES_MAX) -> None:
        self._mids: deque[tuple[float, ...]] = deque(maxlen=samples)
        """In increments; NaN until a symbol has had both sides."""
        self._last_ns = 0
        self.taken = 0
        """Samples ever taken."""

    def sample(self, picture: Record) -> None:
        """Take a sample if a second has passed since the last."""
        desk = picture["desk"]
        now_ns, count = int(picture["time_ns"]), int(desk["symbol_count"])
        if self._mids and now_ns - self._last_ns < _SECOND_NS:
            return
        before = self._mids[-1] if self._mids else ()
        if len(before) != count:
            self._mids.clear()
            before = (float("nan"),) * count
        bids, asks = desk["symbols"]["bid"].tolist(), desk["symbols"]["ask"].tolist()
        self._mids.append(
            tuple(
                before[i] if PRICE_NONE in (bids[i], asks[i]) else (bids[i] + asks[i]) / 2
                for i in range(count)
            )
        )
        self._last_ns = now_ns
        self.taken += 1

    def exposure(
        self,
        picture: Record,
        symbols: tuple[Symbol, ...],
        scenarios: tuple[Scenario, ...],
    ) -> Exposure:
        """Of the positions in ``picture`` at the latest marks."""
        import numpy as np

        lots = np.array(picture["desk"]["symbols"]["position"][: len(symbols)])
        mids = np.array(self._mids, dtype=np.float64).reshape(-1, len(symbols))
        now = mids[-1] if len(mids) else np.full(len(symbols), np.nan)
        points = np.array([symbol.point_value / MONEY_SCALE for symbol in symbols])
        # What is held and was never priced cannot be judged: it makes all of it unknown.
        values = np.where(lots == 0, 0.0, lots * now * points)
        moved = changes(mids, HORIZON_S)
        return Exposure(
            historical=historical(values, moved),
            parametric=parametric(values, changes(mids, 1)),
            windows=len(moved),
            seconds=len(mids),
            scenarios=tuple(
                (scenario.name, stressed(values, lots, symbols, scenario))
                for scenario in scenarios
            ),
        )


def changes(mids: np.ndarray, seconds: int) -> np.ndarray:
    """Relative changes over ``seconds`` samples, overlapping: (windows, symbols)."""
    import numpy as np

    if len(mids) <= seconds:
        return np.empty((0, mids.shape[1]))
    moved: np.ndarray = np.nan_to_num(mids[seconds:] / mids[:-seconds] - 1.0)
    return moved


def historical(values: np.ndarray, moved: np.ndarray) -> float | None:
    """``values``: currency a symbol; ``moved``: (windows, symbols)."""
    import numpy as np

    if len(moved) < WINDOWS_MIN or np.isnan(values).any():
        return None
    results = np.sort(moved @ values)
    return max(0.0, -float(results[int(len(results) * (1 - LEVEL))]))


def parametric(values: np.ndarray, moved: np.ndarray) -> float | None:
    """As :func:`historical`, from changes over one second."""
    import numpy as np

    if len(moved) < CHANGES_MIN or np.isnan(values).any():
        return None
    covariance = np.atleast_2d(np.cov(moved, rowvar=False))
    return _QUANTILE * float(np.sqrt(max(values @ covariance @ values, 0.0) * HORIZON_S))


def stressed(
    values: np.ndarray, lots: np.ndarray, symbols: tuple[Symbol, ...], scenario: Scenario
) -> float:
    """Profit in currency, of one scenario."""
    import numpy as np

    moves = [
        scenario.percent(symbol.name, int(held)) / 100
        for symbol, held in zip(symbols, lots, strict=True)
    ]
    return float(values @ np.array(moves))


# ---- the file --------------------------------------------------------------------------


def read_scenarios(path: Path) -> tuple[Scenario, ...]:
    """Those of a file; none when there is no file. Raises :class:`StressError`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, RecursionError) as error:
        raise StressError(f"{path.name}: {error}") from None
    if unknown := set(content) - {"scenario"}:
        raise StressError(f"{path.name}: unknown {', '.join(sorted(unknown))}")
    tables = content.get("scenario", [])
    if not isinstance(tables, list):
        raise StressError(f"{path.name}: scenarios are written [[scenario]]")
    found = tuple(_scenario(path.name, n, table) for n, table in enumerate(tables, 1))
    names = [scenario.name for scenario in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise StressError(f"{path.name}: two scenarios named {', '.join(sorted(twice))}")
    return found


def _scenario(file: str, number: int, table: Any) -> Scenario:
    where = f"{file}: scenario #{number}"
    if not isinstance(table, dict):
        raise StressError(f"{where}: scenarios are written [[scenario]]")
    if unknown := set(table) - _KEYS:
        raise StressError(
            f"{where}: unknown {', '.join(sorted(unknown))}; "
            f"there are {', '.join(sorted(_KEYS))}"
        )
    name = table.get("name")
    if not isinstance(name, str) or not name.strip():
        raise StressError(f"{where}: name = {name!r}: some words")
    named = table.get("symbols", {})
    if not isinstance(named, dict):
        raise StressError(
            f"{where}: symbols = {named!r}: percent by symbol, {{ ACME = -5 }}"
        )
    all_, against = (
        _percent(where, key, table.get(key, 0)) for key in ("all", "against")
    )
    if against < 0 or (against and (all_ or named)):
        raise StressError(
            f"{where}: against = {against:g}: more than 0, without all or symbols"
        )
    moves = {
        key: _percent(where, f"symbols.{key}", value) for key, value in named.items()
    }
    if not (all_ or against or any(moves.values())):
        raise StressError(f"{where}: nothing moves: give all, against or symbols")
    return Scenario(name.strip(), all_, against, moves)


def _percent(where: str, key: str, value: Any) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not PERCENT_MIN <= value <= PERCENT_MAX:
        raise StressError(
            f"{where}: {key} = {value!r}: percent, {PERCENT_MIN:g} to {PERCENT_MAX:g}"
        )
    return float(value)
