"""What the files mean, checked and frozen.

A value has a hash, of itself and not of the bytes it came from: a comment or another
order of keys makes no other hash. The core is given the hash and shows it back.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

from cockpit.core import (
    LIMITS,
    STRATEGY_KINDS,
    TRIGGERS,
    Instrument,
    Latency,
    Mode,
    Rules,
    Scope,
)


def digest(value: Any) -> int:
    """64 bits that stand for a value made of plain JSON types."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """desk.toml, [engine]: how the engine runs. See the file for each key."""

    seed: int
    waiting: str
    venue_cpu: int
    desk_cpu: int
    lock_memory: bool
    realtime: int
    ring_capacity: int
    order_capacity: int
    desk_order_capacity: int
    link_latency_ns: int


@dataclass(frozen=True, slots=True)
class MarketOptions:
    """desk.toml, [market]: the simulated market. See the file for each key."""

    rate: int
    depth: int
    order_qty: int
    volatility: float
    drift: float
    half_spread: float
    clustering: float
    cluster_life: float
    crash_every: float
    crash_size: float


@dataclass(frozen=True, slots=True)
class ControlOptions:
    """desk.toml, [control]: a served desk and its operators; see the file."""

    on_last_operator_gone: str = "keep"
    after: float = 0.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class JournalOptions:
    """desk.toml, [journal]: what is written down, and how safely."""

    level: str = "background"
    strangers: str = "cancel"
    directory: str = ""
    """Empty: one a desk, in the user's state directory."""


@dataclass(frozen=True, slots=True)
class HaltOptions:
    """desk.toml, [[halt]]: a pause of trading."""

    symbol: str
    """Empty: of all."""
    from_ns: int
    for_ns: int


@dataclass(frozen=True, slots=True)
class VenueOptions:
    """desk.toml's [day], [bounds], [[halt]], [[tier]] and [latency], or none of them."""

    rules: Rules = field(default_factory=Rules)
    """Without the halts."""
    halts: tuple[HaltOptions, ...] = ()
    latency: tuple[Latency | None, Latency | None, Latency | None] = (None, None, None)


@dataclass(frozen=True, slots=True)
class DeskOptions:
    """desk.toml: read when the desk starts, and only then."""

    engine: EngineOptions
    market: MarketOptions
    instruments: tuple[Instrument, ...]
    control: ControlOptions = ControlOptions()
    journal: JournalOptions = JournalOptions()
    venue: VenueOptions = VenueOptions()

    @property
    def hash(self) -> int:
        return digest(
            [
                _plain(self.engine),
                _plain(self.market),
                [_plain(i) for i in self.instruments],
                _plain(self.control),
                _plain(self.journal),
                asdict(self.venue),
            ]
        )


@dataclass(frozen=True, slots=True)
class StrategyOptions:
    """One table of strategies.toml."""

    name: str
    kind: str
    symbol: str
    """An instrument's name, or ``#1`` for the first."""
    mode: Mode
    parameters: tuple[float, ...]
    """In the order of the kind's table."""
    symbol2: str = ""
    """Likewise the second, of a kind that trades two; else empty."""

    @property
    def hash(self) -> int:
        symbols = [self.symbol, self.symbol2] if self.symbol2 else self.symbol
        return digest([self.name, self.kind, symbols, int(self.mode), self.named])

    @property
    def named(self) -> dict[str, float]:
        """The parameters by name."""
        names = (parameter.name for parameter in STRATEGY_KINDS[self.kind].parameters)
        return dict(zip(names, self.parameters, strict=True))


@dataclass(frozen=True, slots=True, order=True)
class NarrowerLimit:
    """A limit of one instrument or one strategy."""

    scope: Scope
    target: str
    """An instrument's name, or ``#1`` for the first; or a strategy's name."""
    limit: int
    """Index into ``core.LIMITS``."""
    value: int

    @property
    def key(self) -> tuple[Scope, str, int]:
        """What it limits, without the value."""
        return self.scope, self.target, self.limit


@dataclass(frozen=True, slots=True)
class RiskOptions:
    """risk.toml; money in money units."""

    limits: tuple[int, ...]
    """The global ones, by the order of ``core.LIMITS``."""
    narrower: tuple[NarrowerLimit, ...] = ()
    """Sorted."""
    triggers: tuple[int, ...] = tuple(int(trigger.standard) for trigger in TRIGGERS)
    """Of the breakers, by the order of ``core.TRIGGERS``."""

    @property
    def hash(self) -> int:
        names = [limit.name for limit in LIMITS]
        return digest(
            {
                "limits": dict(zip(names, self.limits, strict=True)),
                "narrower": [
                    [int(one.scope), one.target, names[one.limit], one.value]
                    for one in self.narrower
                ],
                "breakers": {
                    trigger.name: value
                    for trigger, value in zip(TRIGGERS, self.triggers, strict=True)
                },
            }
        )


@dataclass(frozen=True, slots=True)
class Config:
    """All files together."""

    desk: DeskOptions
    strategies: tuple[StrategyOptions, ...]
    risk: RiskOptions


def _plain(options: Any) -> dict[str, Any]:
    return {name: getattr(options, name) for name in options.__slots__}
