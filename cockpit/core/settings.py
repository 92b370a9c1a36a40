"""What an engine is made from, and how it is written into the core's own structs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from cockpit._native import ffi, lib
from cockpit.core.codes import (
    NAME_MAX,
    CoreError,
    FlowKind,
    JournalLevel,
    Mode,
    Placement,
    Role,
    Severity,
    Smp,
    Strangers,
    Waiting,
)
from cockpit.core.tables import SCOPED_MAX, STRATEGY_KINDS


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is traded. Money in units of 1 / MONEY_SCALE of the currency."""

    name: str
    increment: int
    """Money: one step of price."""
    point_value: int
    """Money one lot gains when the price rises one increment."""
    price_max: int
    """Highest price the venue takes, increments."""
    price_start: int = 0
    """Synthetic flow: the first efficient price, increments."""
    maker_fee: int = 0
    """Money a lot; negative is a rebate."""
    taker_fee: int = 0


@dataclass(frozen=True, slots=True)
class Strategy:
    """One configured strategy: a slot of the desk."""

    name: str
    kind: str
    symbol: int
    mode: Mode
    parameters: tuple[float, ...]
    """In the order of the kind's table."""
    version: int = 0
    hash: int = 0
    symbol2: int = 0
    """Of a kind with two symbols: the second."""


class Scope(IntEnum):
    """What a limit is of, by ``cp_scope``."""

    GLOBAL = lib.CP_SCOPE_GLOBAL
    SYMBOL = lib.CP_SCOPE_SYMBOL
    STRATEGY = lib.CP_SCOPE_STRATEGY


@dataclass(frozen=True, slots=True, order=True)
class ScopedLimit:
    """A limit of one symbol or one strategy; sorts as the core wants them."""

    scope: Scope
    target: int
    """Symbol or slot."""
    limit: int
    """Index into :data:`LIMITS`."""
    value: int


@dataclass(frozen=True, slots=True)
class Limits:
    """All risk limits; money in money units.

    ``hash`` 0 lets the core take them as they come; otherwise it checks that they are
    what :func:`limits_hash` was asked about.
    """

    values: tuple[int, ...]
    """The global ones, by the order of :data:`LIMITS`."""
    version: int = 0
    hash: int = 0
    triggers: tuple[int, ...] = ()
    """By the order of :data:`TRIGGERS`; 0, or none at all: the standard."""
    scoped: tuple[ScopedLimit, ...] = ()
    """Sorted."""


def scoped_rows(limits: Limits) -> list[dict[str, int]]:
    if len(limits.scoped) > SCOPED_MAX:
        raise CoreError(
            f"{len(limits.scoped)} limits of symbols and strategies; the core holds "
            f"{SCOPED_MAX}"
        )
    return [
        {"value": one.value, "target": one.target, "scope": one.scope, "limit": one.limit}
        for one in limits.scoped
    ]


def limits_hash(limits: Limits) -> int:
    """What the core shows as the hash of these limits once it enforces them."""
    values = list(limits.values)
    triggers = list(limits.triggers)
    return int(
        lib.cp_limits_hash(
            ffi.new(f"int64_t[{lib.CP_LIMIT_MAX}]", values),
            ffi.new(f"int64_t[{lib.CP_TRIGGER_MAX}]", triggers),
            ffi.new("cp_scoped_limit[]", scoped_rows(limits) or 1),
            len(limits.scoped),
        )
    )


@dataclass(frozen=True, slots=True)
class Flow:
    """Everybody else in the market. See ``cp_flow_config`` for the units."""

    kind: FlowKind = FlowKind.SYNTHETIC
    rate: int = 2000
    depth: int = 400
    order_qty: int = 100
    volatility: float = 3.0
    drift: float = 1.0
    half_spread: float = 1.5
    replay_speed: float = 1.0
    clustering: float = 0.0
    cluster_life: float = 1.0
    crash_every: float = 0.0
    crash_size: float = 0.0


TIER_MAX: int = lib.CP_TIER_MAX
HALT_MAX: int = lib.CP_HALT_MAX
LATENCY_POINTS: int = lib.CP_LATENCY_POINTS


@dataclass(frozen=True, slots=True)
class Tier:
    """Added to an instrument's fees from so many lots traded on; money a lot."""

    from_qty: int
    maker_fee: int
    taker_fee: int


@dataclass(frozen=True, slots=True)
class Halt:
    """A pause, of one instrument by its place or of all."""

    from_ns: int
    for_ns: int
    symbol: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The venue's day, and what participants are held to. See ``cp_rules``."""

    pre_open_ns: int = 0
    continuous_ns: int = 0
    pre_close_ns: int = 0
    closed_ns: int = 0
    reference_ns: int = 0
    throttle_window_ns: int = 0
    dead_man_ns: int = 0
    throttle_count: int = 0
    band_bp: int = 0
    smp: Smp = Smp.NONE
    tiers: tuple[Tier, ...] = ()
    halts: tuple[Halt, ...] = ()


@dataclass(frozen=True, slots=True)
class Latency:
    """How long messages are under way: points in ns, evenly likely between each two."""

    points_ns: tuple[int, ...]
    """``LATENCY_POINTS`` of them, ascending."""
    spike_ppm: int = 0
    spike_ns: int = 0


USER_MAX: int = lib.CP_USER_MAX
HOST_MAX: int = lib.CP_HOST_SIZE - 1


@dataclass(frozen=True, slots=True)
class User:
    """Who may log in to an exchange, or as whom a desk does. SoupBinTCP's lengths."""

    name: str
    password: str = field(repr=False)
    keep_orders: bool = False
    """Whether the orders stay when the connection breaks."""


@dataclass(frozen=True, slots=True)
class Net:
    """One of two processes. An exchange listens at ``host``, a desk connects to it."""

    role: Role
    users: tuple[User, ...]
    """Of a desk: itself."""
    host: str = "127.0.0.1"
    orders_port: int = 9000
    """An exchange takes a free one for 0."""
    feed_port: int = 9001
    mold_host: str = ""
    mold_port: int = 0
    """0: no MoldUDP64."""
    placement: Placement = Placement.AUTO
    net_cpu: int = -1
    connection_max: int = 64
    login_ns: int = 10_000_000_000
    heartbeat_ns: int = 1_000_000_000
    silence_ns: int = 15_000_000_000
    retry_ns: int = 100_000_000
    retry_max_ns: int = 5_000_000_000
    session_log_size: int = 16 << 20
    feed_log_size: int = 64 << 20


@dataclass(frozen=True, slots=True)
class NetEvent:
    """Something that happened to a connection."""

    time_ns: int
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class Journal:
    """Where the desk writes down what it does."""

    directory: Path
    """Of its own; made if need be."""
    level: JournalLevel = JournalLevel.BACKGROUND
    strangers: Strangers = Strangers.CANCEL
    """What becomes of orders of ours at the venue that we do not know."""
    segment_records: int = 0
    """A new file after so many; 0: the core's own figure."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an engine is made from."""

    instruments: tuple[Instrument, ...]
    limits: Limits
    strategies: tuple[Strategy, ...] = ()
    flow: Flow = field(default_factory=Flow)
    seed: int = 1
    virtual_time: bool = False
    desk: bool = True
    order_capacity: int = 1 << 17
    desk_order_capacity: int = 1 << 12
    ring_capacity: int = 1 << 16
    waiting: Waiting = Waiting.AUTO
    venue_cpu: int = -1
    desk_cpu: int = -1
    lock_memory: bool = False
    """Tried when the engine starts; the picture says whether it was allowed."""
    realtime: int = 0
    """Likewise a priority under SCHED_FIFO, 1 to 98, for each thread; 0: none."""
    link_latency_ns: int = 5_000
    """Virtual time only: each way."""
    net: Net | None = None
    """None: venue and desk in this process."""
    journal: Journal | None = None
    """Live desks only; None: nothing outlives the process."""
    rules: Rules = Rules()
    latency: tuple[Latency | None, Latency | None, Latency | None] = (None, None, None)
    """By :class:`Leg`; None: as long as it takes."""


def _fill_instrument(target: Any, instrument: Instrument) -> None:
    target.name = instrument.name.encode()[:NAME_MAX]
    target.increment = instrument.increment
    target.point_value = instrument.point_value
    target.maker_fee = instrument.maker_fee
    target.taker_fee = instrument.taker_fee
    target.price_max = instrument.price_max
    target.price_start = instrument.price_start


def fill_strategy(target: Any, strategy: Strategy) -> None:
    target.name = strategy.name.encode()[:NAME_MAX]
    target.kind = STRATEGY_KINDS[strategy.kind].index
    target.mode = strategy.mode
    target.symbol = strategy.symbol
    target.symbol2 = strategy.symbol2
    target.used = 1
    target.version = strategy.version
    target.hash = strategy.hash
    for i, value in enumerate(strategy.parameters):
        target.parameters[i] = value


def fill_net(target: Any, net: Net) -> None:
    for name in Net.__slots__:
        if name not in ("users", "host", "mold_host"):
            setattr(target, name, int(getattr(net, name)))
    target.host = net.host.encode()[:HOST_MAX]
    target.mold_host = net.mold_host.encode()[:HOST_MAX]
    target.user_count = len(net.users)
    for place, user in zip(target.users, net.users, strict=False):
        place.name = user.name.encode()
        place.password = user.password.encode()
        place.keep_orders = user.keep_orders


def _fill_journal(target: Any, journal: Journal) -> None:
    path = os.fsencode(journal.directory)
    if len(path) >= lib.CP_PATH_SIZE:
        raise CoreError(
            f"the journal's directory has a path of {len(path)} bytes, more than "
            f"{lib.CP_PATH_SIZE - 1}: {journal.directory}"
        )
    target.used = 1
    target.level = journal.level
    target.segment_records = journal.segment_records
    target.stranger_policy = journal.strangers
    target.directory = path


def _fill_rules(target: Any, rules: Rules) -> None:
    for name in Rules.__slots__:
        if name not in ("tiers", "halts"):
            setattr(target, name, int(getattr(rules, name)))
    target.tier_count = len(rules.tiers)
    for tier_place, tier in zip(target.tiers, rules.tiers, strict=False):
        tier_place.from_qty = tier.from_qty
        tier_place.maker_fee = tier.maker_fee
        tier_place.taker_fee = tier.taker_fee
    target.halt_count = len(rules.halts)
    for halt_place, halt in zip(target.halts, rules.halts, strict=False):
        halt_place.from_ns = halt.from_ns
        halt_place.for_ns = halt.for_ns
        halt_place.symbol = lib.CP_SYMBOL_MAX if halt.symbol is None else halt.symbol


def _fill_latency(target: Any, latency: Latency) -> None:
    target.used = 1
    target.spike_ppm = latency.spike_ppm
    target.spike_ns = latency.spike_ns
    target.points_ns = latency.points_ns


def fill_config(config: Any, settings: Settings) -> None:
    for name in (
        "seed", "virtual_time", "desk", "order_capacity", "desk_order_capacity",
        "ring_capacity", "waiting", "venue_cpu", "desk_cpu", "link_latency_ns",
        "lock_memory", "realtime",
    ):  # fmt: skip
        setattr(config, name, int(getattr(settings, name)))
    for name in Flow.__slots__:
        setattr(config.flow, name, getattr(settings.flow, name))
    if settings.journal is not None:
        _fill_journal(config.journal, settings.journal)
    config.symbol_count = len(settings.instruments)
    for i, instrument in enumerate(settings.instruments):
        _fill_instrument(config.instruments[i], instrument)
    for i, strategy in enumerate(settings.strategies):
        fill_strategy(config.strategies[i], strategy)
    config.limits_version = settings.limits.version
    config.limits_hash = settings.limits.hash
    for i, value in enumerate(settings.limits.values):
        config.limits[i] = value
    for i, value in enumerate(settings.limits.triggers):
        config.triggers[i] = value
    rows = scoped_rows(settings.limits)
    config.scoped_count = len(rows)
    config.scoped[0 : len(rows)] = rows
    if settings.net:
        fill_net(config.net, settings.net)
    _fill_rules(config.rules, settings.rules)
    for way, latency in enumerate(settings.latency):
        if latency is not None:
            _fill_latency(config.latency[way], latency)
