"""From checked files to what an engine is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cockpit.config.load import universe_of
from cockpit.config.models import Config, RiskOptions, StrategyOptions, VenueOptions
from cockpit.config.universe import Universe
from cockpit.core import (
    Flow,
    FlowKind,
    Halt,
    Instrument,
    Limits,
    Rules,
    Scope,
    ScopedLimit,
    Settings,
    Strategy,
    Waiting,
    limits_hash,
)

FIRST_VERSION = 1
"""The version of every file when a desk starts."""


def settings(
    config: Config,
    *,
    recording: Sequence[Instrument] = (),
    replay_speed: float = 1.0,
    seed: int | None = None,
    rate: int | None = None,
    virtual_time: bool = False,
    desk: bool = True,
) -> Settings:
    """The engine these files describe.

    ``recording``: the instruments of a recording to be played instead of the simulated
    market, ``replay_speed`` times as fast as it was (0: as fast as it goes). ``seed`` and
    ``rate`` (events a second) override the file. ``desk`` False: the venue alone.
    """
    engine, market = config.desk.engine, config.desk.market
    universe = universe_of(config.desk, [instrument.name for instrument in recording])
    return Settings(
        instruments=tuple(recording) or config.desk.instruments,
        limits=core_limits(
            config.risk,
            FIRST_VERSION,
            universe,
            {options.name: slot for slot, options in enumerate(config.strategies)},
        ),
        strategies=tuple(
            core_strategy(options, universe, FIRST_VERSION)
            for options in config.strategies
        ),
        flow=Flow(
            kind=FlowKind.REPLAY if recording else FlowKind.SYNTHETIC,
            rate=market.rate if rate is None else rate,
            depth=market.depth,
            order_qty=market.order_qty,
            volatility=market.volatility,
            drift=market.drift,
            half_spread=market.half_spread,
            clustering=market.clustering,
            cluster_life=market.cluster_life,
            crash_every=market.crash_every,
            crash_size=market.crash_size,
            replay_speed=replay_speed,
        ),
        seed=engine.seed if seed is None else seed,
        virtual_time=virtual_time,
        desk=desk,
        order_capacity=engine.order_capacity,
        desk_order_capacity=engine.desk_order_capacity,
        ring_capacity=engine.ring_capacity,
        waiting=Waiting[engine.waiting.upper()],
        venue_cpu=engine.venue_cpu,
        desk_cpu=engine.desk_cpu,
        lock_memory=engine.lock_memory,
        realtime=engine.realtime,
        link_latency_ns=engine.link_latency_ns,
        rules=venue_rules(config.desk.venue, universe),
        latency=config.desk.venue.latency,
    )


def venue_rules(venue: VenueOptions, universe: Universe) -> Rules:
    """The venue's rules with its halts, instruments by their places."""
    halts = tuple(
        Halt(h.from_ns, h.for_ns, universe.index(h.symbol) if h.symbol else None)
        for h in venue.halts
    )
    return replace(venue.rules, halts=halts)


def core_limits(
    risk: RiskOptions, version: int, universe: Universe, slots: Mapping[str, int]
) -> Limits:
    """The limits as the core takes them. ``slots``: where each strategy is.

    Of two limits of one thing, as a recording can make of two instruments, the tighter.
    """
    scoped: dict[tuple[Scope, int, int], int] = {}
    for one in risk.narrower:
        target = (
            universe.index(one.target)
            if one.scope == Scope.SYMBOL
            else slots.get(one.target)
        )
        assert target is not None, f"{one.target} passed the check and is nothing"
        key = one.scope, target, one.limit
        scoped[key] = min(one.value, scoped.get(key, one.value))
    limits = Limits(
        risk.limits,
        version,
        triggers=risk.triggers,
        scoped=tuple(ScopedLimit(*key, value) for key, value in sorted(scoped.items())),
    )
    return replace(limits, hash=limits_hash(limits))


def core_strategy(options: StrategyOptions, universe: Universe, version: int) -> Strategy:
    """A strategy as the core takes it; its symbol has been checked before."""
    symbol = universe.index(options.symbol)
    assert symbol is not None, f"{options.symbol} passed the check but is not traded"
    symbol2 = universe.index(options.symbol2) if options.symbol2 else 0
    assert symbol2 is not None, f"{options.symbol2} passed the check but is not traded"
    return Strategy(
        name=options.name,
        kind=options.kind,
        symbol=symbol,
        mode=options.mode,
        parameters=options.parameters,
        version=version,
        hash=options.hash,
        symbol2=symbol2,
    )
