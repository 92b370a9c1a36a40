"""Run one strategy on the simulated exchange, in virtual time, and look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cockpit.core import (
    LIMITS,
    MONEY_SCALE,
    Engine,
    Flow,
    Instrument,
    Limits,
    Mode,
    Settings,
    Strategy,
    StrategyKind,
)
from cockpit.strategies.load import PREFIX, from_file

CHUNK = 1_000
"""Market data events between two looks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run; money in currency."""

    state_hash: int
    """Equal for equal strategies, parameters and seeds."""
    orders: int
    fills: int
    refusals: int
    rejects: int
    longest: int
    """Largest position in lots, and the smallest: the shortest."""
    shortest: int
    position: int
    profit: float
    fault: int
    """Why it was switched off; 0 when it was not."""


def trial(
    file: Path,
    *,
    events: int = 100_000,
    seed: int = 1,
    rate: int = 5_000,
    **values: float,
) -> Outcome:
    """Try the strategy in a file out; ``values`` are parameters other than standard."""
    return run(from_file(f"{PREFIX}{file.name}", file.parent.resolve()),
               events=events, seed=seed, rate=rate, **values)  # fmt: skip


def run(
    kind: StrategyKind, *, events: int = 100_000, seed: int = 1, rate: int = 5_000,
    **values: float,
) -> Outcome:  # fmt: skip
    """Likewise a kind that is loaded."""
    unknown = values.keys() - {parameter.name for parameter in kind.parameters}
    if unknown:
        raise ValueError(f"{kind.name} has no parameter {', '.join(sorted(unknown))}")
    parameters = tuple(values.get(p.name, p.standard) for p in kind.parameters)
    strategy = Strategy("trial", kind.name, 0, Mode.LIVE, parameters, symbol2=1)
    engine = Engine(_settings(strategy, seed, rate))
    held = [0]
    for _ in range(0, events, CHUNK):
        engine.run(CHUNK)
        held.append(int(engine.read()["desk"]["strategies"][0]["position"]))
    picture = engine.read()
    slot = picture["desk"]["strategies"][0]
    money = int(slot["realised"]) + int(slot["unrealised"]) - int(slot["fees"])
    return Outcome(
        state_hash=int(picture["state_hash"]),
        orders=int(slot["order_count"]),
        fills=int(slot["fill_count"]),
        refusals=int(slot["refusal_count"]),
        rejects=int(slot["reject_count"]),
        longest=max(held),
        shortest=min(held),
        position=held[-1],
        profit=money / MONEY_SCALE,
        fault=int(slot["fault"]),
    )


def _settings(strategy: Strategy, seed: int, rate: int) -> Settings:
    limits = tuple(
        int(limit.standard * (MONEY_SCALE if limit.kind == "money" else 1))
        for limit in LIMITS
    )
    return Settings(
        instruments=tuple(
            Instrument(name, 1_000_000, 1_000_000, price_max=1 << 20, price_start=15_000)
            for name in ("ONE", "TWO")
        ),
        limits=Limits(limits),
        strategies=(strategy,),
        flow=Flow(rate=rate),
        virtual_time=True,
        seed=seed,
    )
