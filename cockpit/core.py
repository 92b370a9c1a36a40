"""The C core as Python objects: the only module that imports the compiled one.

Three things live here: the tables in which the core describes itself (strategy kinds and
their parameters, risk limits, names), the settings an engine is made from, and the
:class:`Engine`. Pictures are numpy records over memory that C refills in place; their
dtypes are derived from the compiled structs, never typed by hand.
"""

from __future__ import annotations

import errno
import getpass
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Self

from cockpit._native import ffi, lib
from cockpit.record import ArrayOf, Kind, Layout
from cockpit.record import Record as Record

if TYPE_CHECKING:  # loaded where an array is made: a screen needs none
    import numpy as np
    import numpy.typing as npt

    Array = np.ndarray[Any, Any]
    PICTURE_DTYPE: np.dtype[Any]
    NOTE_DTYPE: np.dtype[Any]
    FLOW_EVENT_DTYPE: np.dtype[Any]
    MISMATCH_DTYPE: np.dtype[Any]
    PLUGIN_SEAT_DTYPE: np.dtype[Any]
    JOURNAL_RECORD_DTYPE: np.dtype[Any]
    JOURNAL_BODIES: dict[int, np.dtype[Any]]
    """What a record of a kind says; a control's first part only."""

MONEY_SCALE: int = lib.CP_MONEY_SCALE
PRICE_NONE: int = lib.CP_PRICE_NONE
NOBODY: int = lib.CP_NOBODY
OPERATOR: int = lib.CP_OPERATOR
"""Where a strategy's slot is meant: the operator's own, behind them."""
SYMBOL_MAX: int = lib.CP_SYMBOL_MAX
STRATEGY_MAX: int = lib.CP_STRATEGY_MAX
DEPTH_MAX: int = lib.CP_DEPTH_MAX
NAME_MAX: int = lib.CP_NAME_SIZE - 1
ROW_NONE: int = lib.CP_ROW_NONE


class CoreError(Exception):
    """The core refused something; the message says what and why."""


class Side(IntEnum):
    BUY = lib.CP_BUY
    SELL = lib.CP_SELL


SIDE_BOTH: int = lib.CP_SIDE_BOTH


class OrderType(IntEnum):
    """Of those the operator's own order may have."""

    LIMIT = lib.CP_LIMIT
    MARKET = lib.CP_MARKET


class TimeInForce(IntEnum):
    DAY = lib.CP_DAY
    IOC = lib.CP_IOC
    FOK = lib.CP_FOK


POST_ONLY: int = lib.CP_POST_ONLY


class Mode(IntEnum):
    OFF = lib.CP_MODE_OFF
    LIVE = lib.CP_MODE_LIVE
    SHADOW = lib.CP_MODE_SHADOW
    REDUCE = lib.CP_MODE_REDUCE


class RiskState(IntEnum):
    ACTIVE = lib.CP_RISK_ACTIVE
    PAUSED = lib.CP_RISK_PAUSED
    FLATTENING = lib.CP_RISK_FLATTENING
    HALTED = lib.CP_RISK_HALTED
    REDUCING = lib.CP_RISK_REDUCING


class SymbolHalt(IntEnum):
    """What the operator has stopped in one symbol."""

    TRADES = lib.CP_SYMBOL_TRADES
    HALTED = lib.CP_SYMBOL_HALTED
    FLATTENING = lib.CP_SYMBOL_FLATTENING


class Phase(IntEnum):
    """Of the market in one symbol."""

    CONTINUOUS = lib.CP_PHASE_CONTINUOUS
    PRE_OPEN = lib.CP_PHASE_PRE_OPEN
    HALT = lib.CP_PHASE_HALT
    PRE_CLOSE = lib.CP_PHASE_PRE_CLOSE
    OPENING_CROSS = lib.CP_PHASE_OPENING_CROSS
    CLOSING_CROSS = lib.CP_PHASE_CLOSING_CROSS
    CLOSED = lib.CP_PHASE_CLOSED


class Kill(IntEnum):
    """How a strategy was stopped by the operator's kill."""

    NONE = lib.CP_KILL_NONE
    HALTED = lib.CP_KILL_HALTED
    FLATTENING = lib.CP_KILL_FLATTENING


class Hop(IntEnum):
    FEED = lib.CP_HOP_FEED
    DECIDE = lib.CP_HOP_DECIDE
    RISK = lib.CP_HOP_RISK
    SEND = lib.CP_HOP_SEND
    TICK_TO_ORDER = lib.CP_HOP_TICK_TO_ORDER
    ACK = lib.CP_HOP_ACK
    QUEUE_WAIT = lib.CP_HOP_QUEUE_WAIT


class Waiting(IntEnum):
    AUTO = lib.CP_WAIT_AUTO
    SPIN = lib.CP_WAIT_SPIN
    YIELD = lib.CP_WAIT_YIELD
    PARK = lib.CP_WAIT_PARK


class FlowKind(IntEnum):
    NONE = lib.CP_FLOW_NONE
    SYNTHETIC = lib.CP_FLOW_SYNTHETIC
    REPLAY = lib.CP_FLOW_REPLAY


class Smp(IntEnum):
    NONE = lib.CP_SMP_NONE
    NEWEST = lib.CP_SMP_NEWEST
    OLDEST = lib.CP_SMP_OLDEST
    BOTH = lib.CP_SMP_BOTH
    DECREMENT = lib.CP_SMP_DECREMENT


class Leg(IntEnum):
    """Of a message between desk and venue."""

    ORDERS = lib.CP_LEG_ORDERS
    REPORTS = lib.CP_LEG_REPORTS
    FEED = lib.CP_LEG_FEED


class JournalLevel(IntEnum):
    MAPPED = lib.CP_JOURNAL_MAPPED
    BACKGROUND = lib.CP_JOURNAL_BACKGROUND
    SYNCED = lib.CP_JOURNAL_SYNCED


class JournalEnd(IntEnum):
    FRESH = lib.CP_END_FRESH
    ENDED = lib.CP_END_ENDED
    CRASHED = lib.CP_END_CRASHED
    QUARANTINED = lib.CP_END_QUARANTINED


class Trouble(IntEnum):
    NONE = lib.CP_TROUBLE_NONE
    STALLED = lib.CP_TROUBLE_STALLED
    WRITE = lib.CP_TROUBLE_WRITE
    SYNC = lib.CP_TROUBLE_SYNC


class JournalKind(IntEnum):
    SEGMENT = lib.CP_JOURNAL_SEGMENT
    INSTRUMENT = lib.CP_JOURNAL_INSTRUMENT
    POSITION = lib.CP_JOURNAL_POSITION
    WORKING = lib.CP_JOURNAL_WORKING
    MATCHES = lib.CP_JOURNAL_MATCHES
    STATE = lib.CP_JOURNAL_STATE
    SNAPSHOT_END = lib.CP_JOURNAL_SNAPSHOT_END
    IDS = lib.CP_JOURNAL_IDS
    ORDER = lib.CP_JOURNAL_ORDER
    REPORT = lib.CP_JOURNAL_REPORT
    CONTROL = lib.CP_JOURNAL_CONTROL
    CHAIN = lib.CP_JOURNAL_CHAIN
    NOTE = lib.CP_JOURNAL_NOTE
    DROPPED = lib.CP_JOURNAL_DROPPED
    CLOSED = lib.CP_JOURNAL_CLOSED
    STRATEGY = lib.CP_JOURNAL_STRATEGY
    NEW_DAY = lib.CP_JOURNAL_NEW_DAY
    COSTS = lib.CP_JOURNAL_COSTS
    LOTS = lib.CP_JOURNAL_LOTS
    LIMITS = lib.CP_JOURNAL_LIMITS
    EXPECTED = lib.CP_JOURNAL_EXPECTED
    PARAMETERS = lib.CP_JOURNAL_PARAMETERS


class Strangers(IntEnum):
    CANCEL = lib.CP_STRANGER_CANCEL
    ADOPT = lib.CP_STRANGER_ADOPT
    SHOW = lib.CP_STRANGER_SHOW


class Finding(IntEnum):
    UNANSWERED = lib.CP_FOUND_UNANSWERED
    ALIVE = lib.CP_FOUND_ALIVE
    GONE = lib.CP_FOUND_GONE
    LOST = lib.CP_FOUND_LOST
    QTY = lib.CP_FOUND_QTY
    STRANGER = lib.CP_FOUND_STRANGER
    EXECUTIONS = lib.CP_FOUND_EXECUTIONS
    RESTART = lib.CP_FOUND_RESTART
    ACCEPTED = lib.CP_FOUND_ACCEPTED
    RECOVERED = lib.CP_FOUND_RECOVERED
    DUPLICATE = lib.CP_FOUND_DUPLICATE


class NoteKind(IntEnum):
    STATE = lib.CP_NOTE_STATE
    MODE = lib.CP_NOTE_MODE
    CONFIG = lib.CP_NOTE_CONFIG
    FILL = lib.CP_NOTE_FILL
    REJECT = lib.CP_NOTE_REJECT
    REFUSAL = lib.CP_NOTE_REFUSAL
    GAP = lib.CP_NOTE_GAP
    FLAT = lib.CP_NOTE_FLAT
    ORDER_STATE = lib.CP_NOTE_ORDER_STATE
    CONTROL = lib.CP_NOTE_CONTROL
    FAULT = lib.CP_NOTE_FAULT
    WOULD_BE_FILL = lib.CP_NOTE_WOULD_BE_FILL
    BREAKER = lib.CP_NOTE_BREAKER
    RECONCILE = lib.CP_NOTE_RECONCILE
    JOURNAL = lib.CP_NOTE_JOURNAL
    SYMBOL = lib.CP_NOTE_SYMBOL
    ORDER = lib.CP_NOTE_ORDER
    CANCEL = lib.CP_NOTE_CANCEL


class Severity(IntEnum):
    INFO = lib.CP_INFO
    WARNING = lib.CP_WARNING
    CRITICAL = lib.CP_CRITICAL


class Cause(IntEnum):
    OPERATOR = lib.CP_CAUSE_OPERATOR
    LOSS = lib.CP_CAUSE_LOSS
    FLAT = lib.CP_CAUSE_FLAT
    FAULT = lib.CP_CAUSE_FAULT
    JOURNAL = lib.CP_CAUSE_JOURNAL
    RECOVERY = lib.CP_CAUSE_RECOVERY
    DRAWDOWN = lib.CP_CAUSE_DRAWDOWN
    BREAKER = lib.CP_CAUSE_BREAKER


class Control(IntEnum):
    STRATEGY = lib.CP_CONTROL_STRATEGY
    MODE = lib.CP_CONTROL_MODE
    LIMITS = lib.CP_CONTROL_LIMITS
    PAUSE = lib.CP_CONTROL_PAUSE
    RESUME = lib.CP_CONTROL_RESUME
    FLATTEN = lib.CP_CONTROL_FLATTEN
    HALT = lib.CP_CONTROL_HALT
    UNHALT = lib.CP_CONTROL_UNHALT
    CANCEL_ALL = lib.CP_CONTROL_CANCEL_ALL
    ACCEPT = lib.CP_CONTROL_ACCEPT
    STOP = lib.CP_CONTROL_STOP
    ORDER = lib.CP_CONTROL_ORDER
    PREVIEW = lib.CP_CONTROL_PREVIEW
    CANCEL = lib.CP_CONTROL_CANCEL
    HALT_STRATEGY = lib.CP_CONTROL_HALT_STRATEGY
    HALT_SYMBOL = lib.CP_CONTROL_HALT_SYMBOL
    RESUME_SYMBOL = lib.CP_CONTROL_RESUME_SYMBOL
    FLATTEN_STRATEGY = lib.CP_CONTROL_FLATTEN_STRATEGY
    FLATTEN_SYMBOL = lib.CP_CONTROL_FLATTEN_SYMBOL
    LOOSENING = lib.CP_CONTROL_LOOSENING
    REDUCE = lib.CP_CONTROL_REDUCE


class Loosening(IntEnum):
    """How far the loosening of limits has come, for the record."""

    ASKED = lib.CP_LOOSENING_ASKED
    CONFIRMED = lib.CP_LOOSENING_CONFIRMED
    EXPIRED = lib.CP_LOOSENING_EXPIRED


class Role(IntEnum):
    """What an engine is: both parts in one process, or one of two processes."""

    EMBEDDED = lib.CP_ROLE_EMBEDDED
    EXCHANGE = lib.CP_ROLE_EXCHANGE
    REMOTE = lib.CP_ROLE_REMOTE


class Placement(IntEnum):
    """Who sees to the sockets: a thread of its own, or the venue's or desk's."""

    AUTO = lib.CP_NET_AUTO
    THREAD = lib.CP_NET_THREAD
    INLINE = lib.CP_NET_INLINE


class LinkState(IntEnum):
    NONE = lib.CP_LINK_NONE
    DOWN = lib.CP_LINK_DOWN
    CONNECTING = lib.CP_LINK_CONNECTING
    LOGGING_IN = lib.CP_LINK_LOGGING_IN
    RECOVERING = lib.CP_LINK_RECOVERING
    UP = lib.CP_LINK_UP


class MismatchCause(IntEnum):
    NOT_FRONT = lib.CP_MISMATCH_NOT_FRONT
    NOT_BEST = lib.CP_MISMATCH_NOT_BEST
    SHORT = lib.CP_MISMATCH_SHORT


# ---- tables ------------------------------------------------------------------------

ParameterKind = Literal["integer", "float", "money"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value a file may set, as the core declares it.

    ``minimum``, ``maximum`` and ``standard`` (the default) are in ``unit``; of kind
    ``money`` in currency.
    """

    name: str
    unit: str
    help: str
    minimum: float
    maximum: float
    standard: float
    kind: ParameterKind
    scopes: frozenset[int] = frozenset()
    """Of a limit: each :class:`Scope` it can be of."""


@dataclass(frozen=True, slots=True)
class StrategyKind:
    """A built-in strategy and the parameters it declares."""

    index: int
    name: str
    help: str
    parameters: tuple[Parameter, ...]
    symbol_count: int = 1
    """How many symbols it trades: 1 or 2."""


def _text(pointer: Any) -> str:
    return str(ffi.string(pointer).decode())


def _parameter(pointer: Any) -> Parameter:
    kinds: dict[int, ParameterKind] = {
        lib.CP_PARAMETER_INTEGER: "integer",
        lib.CP_PARAMETER_FLOAT: "float",
        lib.CP_PARAMETER_MONEY: "money",
    }
    return Parameter(
        name=_text(pointer.name),
        unit=_text(pointer.unit),
        help=_text(pointer.help),
        minimum=pointer.minimum,
        maximum=pointer.maximum,
        standard=pointer.standard,
        kind=kinds[pointer.kind],
        scopes=frozenset(
            scope for scope in range(lib.CP_SCOPE_COUNT) if pointer.scopes >> scope & 1
        ),
    )


def _strategy_kind(index: int) -> StrategyKind:
    count = lib.cp_strategy_parameter_count(index)
    return StrategyKind(
        index=index,
        name=_text(lib.cp_strategy_kind_name(index)),
        help=_text(lib.cp_strategy_kind_help(index)),
        parameters=tuple(
            _parameter(lib.cp_strategy_parameter(index, i)) for i in range(count)
        ),
        symbol_count=lib.cp_strategy_symbol_count(index),
    )


# Those of a user's come behind the built-in ones, by the name they are loaded under.
STRATEGY_KINDS: dict[str, StrategyKind] = {
    kind.name: kind for kind in map(_strategy_kind, range(lib.cp_strategy_kind_count()))
}
LIMITS: tuple[Parameter, ...] = tuple(
    _parameter(lib.cp_limit_parameter(i)) for i in range(lib.CP_LIMIT_COUNT)
)
TRIGGERS: tuple[Parameter, ...] = tuple(
    _parameter(lib.cp_trigger_parameter(i)) for i in range(lib.CP_TRIGGER_COUNT)
)
"""What the circuit breakers trip at."""
SCOPES: tuple[str, ...] = tuple(
    _text(lib.cp_scope_name(i)) for i in range(lib.CP_SCOPE_COUNT)
)
SCOPED_MAX: int = lib.CP_SCOPED_MAX
BREAKERS: tuple[tuple[str, str], ...] = tuple(
    (_text(lib.cp_breaker_name(i)), _text(lib.cp_breaker_help(i)))
    for i in range(lib.CP_BREAKER_COUNT)
)
"""Names of the circuit breakers, and what the figure of each counts."""
HOPS: tuple[str, ...] = tuple(_text(lib.cp_hop_name(i)) for i in range(lib.CP_HOP_COUNT))
REFUSALS: tuple[str, ...] = tuple(
    _text(lib.cp_refusal_name(i)) for i in range(lib.CP_REFUSE_COUNT)
)
REASONS: tuple[str, ...] = tuple(
    _text(lib.cp_reason_name(i)) for i in range(lib.CP_REASON_COUNT)
)
ORDER_STATES: tuple[str, ...] = tuple(
    _text(lib.cp_order_state_name(i)) for i in range(lib.CP_STATE_COUNT)
)


def strategy_layout(kind: StrategyKind) -> int:
    """Of its name and its parameters' names: what a row of values stands for."""
    return int(lib.cp_strategy_layout(kind.index))


LIMIT_NONE: int = (1 << 63) - 1
"""Where a limit's value is meant: there is none."""


@dataclass(frozen=True, slots=True)
class LimitChange:
    """One limit as it is in force, and as it is asked for; None: there is none."""

    scope: int
    target: int
    limit: int
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class PastVersion:
    """What a strategy ran with. See ``cp_strategy_version``."""

    name: str
    version: int
    hash: int
    layout: int
    wall_ns: int
    who: str
    """Empty: it was so when the desk began."""
    parameters: tuple[float, ...]


# ---- settings ----------------------------------------------------------------------


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


def _scoped_rows(limits: Limits) -> list[dict[str, int]]:
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
            ffi.new("cp_scoped_limit[]", _scoped_rows(limits) or 1),
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


def _fill_strategy(target: Any, strategy: Strategy) -> None:
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


def _fill_net(target: Any, net: Net) -> None:
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


def _fill_config(config: Any, settings: Settings) -> None:
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
        _fill_strategy(config.strategies[i], strategy)
    config.limits_version = settings.limits.version
    config.limits_hash = settings.limits.hash
    for i, value in enumerate(settings.limits.values):
        config.limits[i] = value
    for i, value in enumerate(settings.limits.triggers):
        config.triggers[i] = value
    rows = _scoped_rows(settings.limits)
    config.scoped_count = len(rows)
    config.scoped[0 : len(rows)] = rows
    if settings.net:
        _fill_net(config.net, settings.net)
    _fill_rules(config.rules, settings.rules)
    for way, latency in enumerate(settings.latency):
        if latency is not None:
            _fill_latency(config.latency[way], latency)


# ---- C memory, read from Python --------------------------------------------------------


def _kind_of(ctype: Any) -> Kind:
    match ctype.kind:
        case "struct":
            return layout_of(ctype)
        case "array" if ctype.item.cname == "char":
            return f"{ctype.length}s"
        case "array":
            return ArrayOf(_kind_of(ctype.item), ctype.length, ffi.sizeof(ctype))
    size = ffi.sizeof(ctype)
    if ctype.cname in ("float", "double"):
        return {4: "f", 8: "d"}[size]
    letter = {1: "b", 2: "h", 4: "i", 8: "q"}[size]
    return letter if int(ffi.cast(ctype, -1)) < 0 else letter.upper()


def layout_of(ctype: Any) -> Layout:
    """The layout the C compiler gave a struct, for :class:`cockpit.record.Record`."""
    if isinstance(ctype, str):
        ctype = ffi.typeof(ctype)
    fields = [(name, part.offset, _kind_of(part.type)) for name, part in ctype.fields]
    return Layout(ffi.sizeof(ctype), fields)


PICTURE = layout_of("cp_picture")
_NOTE = layout_of("cp_note")


def blank_picture() -> Record:
    """A picture in which everything is 0."""
    return Record(PICTURE, bytes(PICTURE.size))


def dtype_of(ctype: Any) -> np.dtype[Any]:
    """The numpy dtype that has the layout the C compiler gave a type."""
    import numpy as np

    if isinstance(ctype, str):
        ctype = ffi.typeof(ctype)
    match ctype.kind:
        case "struct":
            members = [(name, dtype_of(member.type), member.offset)
                       for name, member in ctype.fields]  # fmt: skip
            names, formats, offsets = zip(*members, strict=True)
            size = ffi.sizeof(ctype)
            return np.dtype(
                {"names": names, "formats": formats, "offsets": offsets, "itemsize": size}
            )
        case "array" if ctype.item.cname == "char":
            return np.dtype(f"S{ctype.length}")
        case "array":
            return np.dtype((dtype_of(ctype.item), (ctype.length,)))
    if ctype.cname in ("float", "double"):
        return np.dtype(f"f{ffi.sizeof(ctype)}")
    sign = "i" if int(ffi.cast(ctype, -1)) < 0 else "u"
    return np.dtype(f"{sign}{ffi.sizeof(ctype)}")


_DTYPES = {
    "PICTURE_DTYPE": "cp_picture",
    "JOURNAL_RECORD_DTYPE": "cp_journal_record",
    "NOTE_DTYPE": "cp_note",
    "FLOW_EVENT_DTYPE": "cp_flow_event",
    "MISMATCH_DTYPE": "cp_mismatch",
    "PLUGIN_SEAT_DTYPE": "cp_plugin_seat",
}
_BODIES = {
    JournalKind.SEGMENT: "cp_journal_segment",
    JournalKind.INSTRUMENT: "cp_journal_instrument",
    JournalKind.POSITION: "cp_journal_position",
    JournalKind.WORKING: "cp_journal_working",
    JournalKind.COSTS: "cp_journal_costs",
    JournalKind.LOTS: "cp_journal_lots",
    JournalKind.EXPECTED: "cp_journal_expected",
    JournalKind.MATCHES: "cp_journal_matches",
    JournalKind.STATE: "cp_journal_state",
    JournalKind.SNAPSHOT_END: "cp_journal_state",
    JournalKind.IDS: "cp_journal_ids",
    JournalKind.ORDER: "cp_journal_order",
    JournalKind.REPORT: "cp_report",
    JournalKind.CONTROL: "cp_journal_control",
    JournalKind.CHAIN: "cp_journal_chain",
    JournalKind.NOTE: "cp_note",
    JournalKind.DROPPED: "cp_journal_order",
    JournalKind.CLOSED: "cp_journal_state",
    JournalKind.STRATEGY: "cp_journal_strategy",
    JournalKind.LIMITS: "cp_journal_limits",
}


def __getattr__(name: str) -> Any:
    """The dtypes, made when one is first asked for."""
    if name in _DTYPES:
        found: Any = dtype_of(_DTYPES[name])
    elif name == "JOURNAL_BODIES":
        found = {kind: dtype_of(ctype) for kind, ctype in _BODIES.items()}
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


# ---- strategies of a user's ------------------------------------------------------------

PLUGIN_STATE_SIZE: int = lib.CP_PLUGIN_STATE_SIZE
FAULTS: tuple[str, ...] = tuple(
    _text(lib.cp_fault_name(i)) for i in range(lib.CP_FAULT_COUNT)
)
_plugins: list[Any] = []  # what the core holds pointers to


class PluginWants(IntEnum):
    """What a strategy is called for; values add up."""

    PRICE = lib.CP_PLUGIN_PRICE
    QTY = lib.CP_PLUGIN_QTY
    TRADE = lib.CP_PLUGIN_TRADE


def _take_in(key: str, result: int, kind: Any, error: Any) -> StrategyKind:
    if result < 0:
        raise CoreError(_text(error) or os.strerror(-result))
    found = replace(_strategy_kind(int(kind[0])), name=key)
    STRATEGY_KINDS[key] = found
    return found


def load_strategy(key: str, library: Path) -> StrategyKind:
    """Load the strategy a shared library exports; ``STRATEGY_KINDS[key]`` from then on.

    Raises :class:`CoreError`: it is none, or was built for another interface.
    """
    kind, error = ffi.new("uint32_t *"), ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_strategy_load(os.fsencode(library), kind, error)
    return _take_in(key, result, kind, error)


def register_strategy(
    key: str,
    *,
    name: str,
    help: str,
    parameters: Sequence[Parameter],
    wants: int,
    state_size: int,
    symbol_count: int,
    callbacks: Mapping[str, int],
) -> StrategyKind:
    """Likewise one whose callbacks are at these addresses, by ``cp_plugin``'s names."""
    kinds = {"integer": lib.CP_PARAMETER_INTEGER, "float": lib.CP_PARAMETER_FLOAT}
    table = ffi.new("cp_parameter[]", max(len(parameters), 1))
    kept: list[Any] = [table]

    def text(value: str) -> Any:
        kept.append(ffi.new("char[]", value.encode()))
        return kept[-1]

    for place, parameter in zip(table, parameters, strict=False):
        place.name, place.unit = text(parameter.name), text(parameter.unit)
        place.help = text(parameter.help)
        place.minimum, place.maximum = parameter.minimum, parameter.maximum
        place.standard, place.kind = parameter.standard, kinds[parameter.kind]
    plugin = ffi.new("cp_plugin *")
    plugin.abi, plugin.seat_size = lib.CP_PLUGIN_ABI, ffi.sizeof("cp_plugin_seat")
    plugin.name, plugin.help = text(name), text(help)
    plugin.parameters, plugin.parameter_count = table, len(parameters)
    plugin.wants, plugin.state_size = wants, state_size
    plugin.symbol_count = symbol_count
    for callback, address in callbacks.items():
        pointer = ffi.typeof(getattr(plugin, callback))
        setattr(plugin, callback, ffi.cast(pointer, address))
    kind, error = ffi.new("uint32_t *"), ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_strategy_register(plugin, kind, error)
    _plugins.append((plugin, kept))
    return _take_in(key, result, kind, error)


# ---- ITCH ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ItchSymbol:
    """One stock of an ITCH file. Prices in 1/10000."""

    name: str
    locate: int
    message_count: int
    add_count: int
    price_gcd: int
    price_max: int
    price_first: int


@dataclass(frozen=True, slots=True)
class ItchScan:
    """What one pass over an ITCH file found."""

    message_count: int
    complete: bool
    """It ended with the end-of-session mark."""
    first_ns: int
    last_ns: int
    type_count: dict[str, int]
    symbols: tuple[ItchSymbol, ...]


def itch_scan(buffer: Any) -> ItchScan:
    """Read a whole ITCH 5.0 file in memory (bytes or mmap).

    Raises :class:`CoreError`, with the byte offset, when it is not one.
    """
    capacity = 65536
    scan = ffi.new("cp_itch_scan *")
    symbols = ffi.new("cp_itch_symbol[]", capacity)
    raw = ffi.from_buffer("uint8_t[]", buffer)
    result = lib.cp_itch_scan_file(raw, len(raw), scan, symbols, capacity)
    if result < 0:
        raise CoreError(
            f"not an ITCH 5.0 file: no valid message at byte {scan.error_offset}, after "
            f"{scan.message_count} messages (expected a two-byte length that is right "
            f"for the message type behind it)"
        )
    return ItchScan(
        message_count=scan.message_count,
        complete=bool(scan.complete),
        first_ns=scan.first_ns,
        last_ns=scan.last_ns,
        type_count={chr(i): n for i in range(128) if (n := scan.type_count[i])},
        symbols=tuple(
            ItchSymbol(
                name=_text(symbol.name),
                locate=symbol.locate,
                message_count=symbol.message_count,
                add_count=symbol.add_count,
                price_gcd=symbol.price_gcd,
                price_max=symbol.price_max,
                price_first=symbol.price_first,
            )
            for symbol in (symbols[i] for i in range(scan.symbol_count))
        ),
    )


# ---- journal -------------------------------------------------------------------------

JOURNAL_BODY: int = lib.CP_JOURNAL_BODY
"""Bytes of one record's body."""
JOURNAL_VERSION: int = lib.CP_JOURNAL_VERSION
JOURNAL_OLDEST: int = lib.CP_JOURNAL_OLDEST
WHY_SIZE: int = lib.CP_WHY_SIZE
JOURNAL_KINDS: dict[int, str] = {
    kind: _text(lib.cp_journal_kind_name(kind)) for kind in JournalKind
}


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """What one look through a journal's file found. See ``cp_journal_check``."""

    record_count: int
    first: int
    last: int
    synced: int
    bad_offset: int
    is_damaged: bool
    tail_size: int


def journal_check(raw: npt.NDArray[np.uint8], first: int) -> JournalCheck:
    """Look through a file in memory whose first record is ``first`` by its name."""
    check = ffi.new("cp_journal_check *")
    lib.cp_journal_check_bytes(
        ffi.from_buffer("uint8_t[]", raw) if len(raw) else ffi.NULL,
        len(raw),
        first,
        check,
    )
    return JournalCheck(
        record_count=int(check.record_count),
        first=int(check.first),
        last=int(check.last),
        synced=int(check.synced),
        bad_offset=int(check.bad_offset),
        is_damaged=bool(check.is_damaged),
        tail_size=int(check.tail_size),
    )


# ---- histograms ----------------------------------------------------------------------

HISTOGRAM_COUNTS: int = lib.CP_HISTOGRAM_COUNTS
HISTOGRAM_MAX_NS = 60_000_000_000


def histogram_bucket(value_ns: int) -> int:
    """Index of the count that a value of so many nanoseconds adds to."""
    return int(lib.cp_histogram_bucket(value_ns))


def histogram_bucket_top(index: int) -> int:
    """Largest value (ns) that adds to the count at ``index``."""
    if not 0 <= index < HISTOGRAM_COUNTS:
        raise IndexError(index)
    return int(lib.cp_histogram_bucket_top(index))


# ---- engine ----------------------------------------------------------------------------


def _user() -> str:
    """Whoever runs this, by name or by number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _clip(text: str, size: int) -> bytes:
    """UTF-8 that fits with its NUL, cut between characters."""
    return text.encode()[: size - 1].decode(errors="ignore").encode()


def _check(result: int) -> int:
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


class Engine:
    """Venue and desk, in threads of their own or under virtual time.

    A live engine trades between :meth:`start` and :meth:`stop`; one under virtual time
    moves by :meth:`run`. All methods are for one thread, which must not be the core's.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        config = ffi.new("cp_config *")
        _fill_config(config, settings)
        created = ffi.new("cp_engine **")
        error = ffi.new("char[]", lib.CP_ERROR_SIZE)
        result = lib.cp_engine_create(created, config, error)
        if result < 0:
            raise CoreError(_text(error) or os.strerror(-result))
        self._engine = ffi.gc(created[0], lib.cp_engine_destroy)
        self._recording: list[Any] = []
        self._commanding = Lock()
        self._reading = Lock()
        self.signature: tuple[str, str] = (_user(), "")
        """Who gives the commands that follow, and why: it goes into the journal, cut to
        CP_WHO_SIZE and CP_WHY_SIZE bytes."""
        self._picture = ffi.new("cp_picture *")
        self._view: Array | None = None
        self._notes = ffi.new("cp_note[]", 1024)
        self._net_events = ffi.new("cp_net_event[]", 256)

    def replay_itch(self, buffer: Any, locates: tuple[int, ...]) -> None:
        """Play an ITCH file (bytes or mmap, kept alive); ``locates`` by instrument."""
        raw = ffi.from_buffer("uint8_t[]", buffer)
        self._recording = [buffer, raw]
        _check(lib.cp_engine_replay_itch(self._engine, raw, len(raw), list(locates)))

    def replay_events(
        self, events: Array, reference: npt.NDArray[np.int64] | None = None
    ) -> None:
        """Play events of FLOW_EVENT_DTYPE against ``reference``, [rows, 4 x levels]."""
        import numpy as np

        if events.dtype != dtype_of("cp_flow_event"):
            raise CoreError("events are not of FLOW_EVENT_DTYPE")
        events = np.ascontiguousarray(events)
        raw = ffi.from_buffer("cp_flow_event[]", events)
        rows, levels = ffi.NULL, 0
        if reference is not None:
            reference = np.ascontiguousarray(reference, dtype=np.int64)
            rows, levels = (
                ffi.from_buffer("int64_t[]", reference),
                reference.shape[1] // 4,
            )
        self._recording = [events, raw, reference, rows]
        _check(lib.cp_engine_replay_events(self._engine, raw, len(events), rows, levels))

    def start(self) -> None:
        """Raises :class:`CoreError` when no thread, or no journal, could be begun."""
        result = lib.cp_engine_start(self._engine)
        if result < 0:
            raise CoreError(f"the desk did not start: {os.strerror(-result)}")

    def stop(self) -> None:
        _check(lib.cp_engine_stop(self._engine))

    def run(self, md_events: int) -> None:
        """Virtual time: play until so many more market data events, or the flow ends."""
        _check(lib.cp_engine_run(self._engine, md_events))

    def picture(self) -> Record:
        """The latest picture, as a screen reads it."""
        with self._reading:  # the core lets one in at a time; alerts have their thread
            lib.cp_engine_read(self._engine, self._picture)
            return Record(PICTURE, ffi.buffer(self._picture)[:])

    def read(self) -> Array:
        """The latest picture as a numpy record; the same each time, refilled in place."""
        lib.cp_engine_read(self._engine, self._picture)
        if self._view is None:
            import numpy as np

            raw = ffi.buffer(self._picture)
            self._view = np.frombuffer(raw, dtype_of("cp_picture")).reshape(())
            self._view.flags.writeable = False
        return self._view

    def notes(self) -> list[Record]:
        """What happened since the last call, oldest first (``cp_note``)."""
        count = lib.cp_engine_notes(self._engine, self._notes, len(self._notes))
        raw = ffi.buffer(self._notes)[: count * _NOTE.size]
        return [Record(_NOTE, raw, index * _NOTE.size) for index in range(count)]

    def net_events(self) -> list[NetEvent]:
        """What happened to connections since the last call, oldest first."""
        events = self._net_events
        count = lib.cp_engine_net_events(self._engine, events, len(events))
        return [
            NetEvent(e.time_ns, Severity(e.severity), _text(e.text))
            for e in events[0:count]
        ]

    def mismatches(self) -> Array:
        """The replay's executions that did not meet their order (MISMATCH_DTYPE)."""
        import numpy as np

        buffer = ffi.new("cp_mismatch[]", lib.CP_MISMATCH_MAX)
        count = lib.cp_engine_mismatches(self._engine, buffer, lib.CP_MISMATCH_MAX)
        dtype = dtype_of("cp_mismatch")
        return np.frombuffer(ffi.buffer(buffer), dtype, count=count).copy()

    def histogram(self, hop: Hop) -> npt.NDArray[np.uint64]:
        """Counts of one hop, in HdrHistogram's layout (1 ns to 60 s, 3 digits)."""
        import numpy as np

        counts = np.zeros(lib.CP_HISTOGRAM_COUNTS, dtype=np.uint64)
        raw = ffi.from_buffer("uint64_t[]", counts, require_writable=True)
        _check(lib.cp_engine_histogram(self._engine, hop, raw))
        return counts

    # Commands: handed to the desk, which answers in the picture and the notes.

    def _command(self, kind: Control, **fields: Any) -> None:
        control = ffi.new("cp_control *", {"kind": int(kind), **fields})
        self._send(control)

    def _send(self, control: Any, signature: tuple[str, str] | None = None) -> None:
        who, why = signature or self.signature
        control.who = _clip(who, lib.CP_WHO_SIZE)
        control.why = _clip(why, lib.CP_WHY_SIZE)
        with self._commanding:
            result = lib.cp_engine_command(self._engine, control)
        if result < 0:
            raise CoreError(f"the desk takes no more commands ({os.strerror(-result)})")

    def pause(self) -> None:
        self._command(Control.PAUSE)

    def resume(self) -> None:
        self._command(Control.RESUME)

    def reduce(self) -> None:
        """From now on only what brings positions nearer to none, until RESUME."""
        self._command(Control.REDUCE)

    def flatten(self) -> None:
        self._command(Control.FLATTEN)

    def halt(self) -> None:
        self._command(Control.HALT)

    def halt_from_outside(self, who: str, why: str) -> None:
        """The same for any thread: whoever else uses the engine may be stuck."""
        control = ffi.new("cp_control *", {"kind": int(Control.HALT)})
        self._send(control, (who, why))

    def unhalt(self) -> None:
        self._command(Control.UNHALT)

    def cancel_all(self) -> None:
        self._command(Control.CANCEL_ALL)

    def stop_trading(self) -> None:
        """Halt for the end of the session: a restart goes on from the state before it."""
        self._command(Control.STOP)

    def accept(self) -> None:
        """What reconciliation found is right: end the doubt about every symbol."""
        self._command(Control.ACCEPT)

    def send_order(
        self,
        *,
        tag: int,
        symbol: int,
        side: Side,
        qty: int,
        price: int,
        type: OrderType,
        time_in_force: TimeInForce,
        post_only: bool,
        send: bool = True,
    ) -> None:
        """The operator's own order; with ``send`` off it is only checked.

        What came of it is in the picture under ``tag``: ``by_hand.tickets``, ``preview``.
        """
        ticket = {
            "tag": tag,
            "symbol": symbol,
            "side": int(side),
            "qty": qty,
            "price": price,
            "type": int(type),
            "time_in_force": int(time_in_force),
            "flags": POST_ONLY if post_only else 0,
        }
        self._command(Control.ORDER if send else Control.PREVIEW, ticket=ticket)

    def cancel(
        self,
        client_id: int = 0,
        *,
        symbol: int = NOBODY,
        side: int = SIDE_BOTH,
        strategy: int = NOBODY,
    ) -> None:
        """Pull the orders that fit all that is given."""
        ticket = {
            "client_id": client_id,
            "symbol": symbol,
            "side": int(side),
            "strategy": strategy,
        }
        self._command(Control.CANCEL, ticket=ticket)

    def halt_strategy(self, slot: int) -> None:
        self._command(Control.HALT_STRATEGY, target=slot)

    def halt_symbol(self, symbol: int) -> None:
        self._command(Control.HALT_SYMBOL, target=symbol)

    def resume_symbol(self, symbol: int) -> None:
        self._command(Control.RESUME_SYMBOL, target=symbol)

    def flatten_strategy(self, slot: int) -> None:
        self._command(Control.FLATTEN_STRATEGY, target=slot)

    def flatten_symbol(self, symbol: int) -> None:
        self._command(Control.FLATTEN_SYMBOL, target=symbol)

    def set_mode(self, slot: int, mode: Mode) -> None:
        self._command(Control.MODE, target=slot, mode=int(mode))

    def set_limits(self, limits: Limits) -> None:
        rows = _scoped_rows(limits)
        self._command(
            Control.LIMITS,
            limits=list(limits.values),
            triggers=list(limits.triggers),
            scoped=rows,
            scoped_count=len(rows),
            version=limits.version,
            hash=limits.hash,
        )

    def record_loosening(self, stage: Loosening, changes: Sequence[LimitChange]) -> None:
        """Have the journal's chain know of it; nothing else comes of this."""
        rows = [
            {
                "value": LIMIT_NONE if value is None else value,
                "scope": change.scope,
                "target": change.target,
                "limit": change.limit,
            }
            for change in changes[: SCOPED_MAX // 2]
            for value in (change.old, change.new)
        ]
        self._command(
            Control.LOOSENING, mode=int(stage), scoped=rows, scoped_count=len(rows)
        )

    def versions(self) -> list[PastVersion]:
        """What strategies ran with, by the journal, oldest first. Before start only."""
        kept = ffi.new("cp_strategy_version[]", lib.CP_VERSION_MAX)
        count = lib.cp_engine_versions(self._engine, kept)
        return [
            PastVersion(
                _text(one.name),
                int(one.version),
                int(one.hash),
                int(one.layout),
                int(one.wall_ns),
                ffi.string(one.who).decode(errors="replace"),
                tuple(one.parameters),
            )
            for one in kept[0:count]
        ]

    def set_strategy(self, slot: int, strategy: Strategy | None) -> None:
        """Put ``strategy`` into a slot, or empty it."""
        control = ffi.new("cp_control *", {"kind": int(Control.STRATEGY), "target": slot})
        if strategy is not None:
            _fill_strategy(control.strategy, strategy)
        self._send(control)

    def __enter__(self) -> Self:
        if not self.settings.virtual_time:
            self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if not self.settings.virtual_time:
            self.stop()


# ---- limits of this machine ------------------------------------------------------------


def bench_round_trip(count: int, *, bare: bool) -> dict[str, int]:
    """Round trips of a line between two pinned threads: count and percentiles in ns.

    Through two rings, or ``bare``: two plain words, the least the machine can do.
    """
    hop = ffi.new("cp_hop_picture *")
    cpus = lib.cp_bench_cpu(0), lib.cp_bench_cpu(1)
    _check(lib.cp_bench_round_trip(bare, *cpus, count, hop))
    return {
        name: int(getattr(hop, name)) for name, _ in ffi.typeof("cp_hop_picture").fields
    }


def bench_lines_per_s(count: int) -> float:
    """64-byte lines a second written into a ring and read from it by one thread."""
    elapsed_ns = ffi.new("uint64_t *")
    _check(lib.cp_bench_line_stream(count, elapsed_ns))
    return count * 1e9 / float(elapsed_ns[0])


@dataclass(frozen=True, slots=True)
class MatchBench:
    """The venue alone on one shape of market; times in nanoseconds a message."""

    shape: str
    message_count: int
    elapsed_ns: float
    stream_ns: float
    """The same messages read and as many lines written, without a venue."""
    line_count: float
    """Reports and market data events a message."""
    resting_count: int
    fault_count: int
    allocated_bytes: int
    p99_ns: int
    p999_ns: int


def match_shapes() -> tuple[str, ...]:
    """The shapes of market the venue is measured in."""
    names: list[str] = []
    while (name := lib.cp_bench_match_shape(len(names))) != ffi.NULL:
        names.append(_text(name))
    return tuple(names)


def bench_match(shape: str, message_count: int, rounds: int, *, seed: int) -> MatchBench:
    """Play mixed messages ``rounds`` times; the best of each part of them counts."""
    found = ffi.new("cp_match_figures *")
    index = match_shapes().index(shape)
    _check(lib.cp_bench_match(index, message_count, rounds, seed, found))
    count = int(found.messages)
    return MatchBench(
        shape=shape,
        message_count=count,
        elapsed_ns=found.elapsed_ns / count,
        stream_ns=found.stream_ns / count,
        line_count=(found.md_lines + found.report_lines) / count,
        resting_count=int(found.resting_count),
        fault_count=int(found.fault_count),
        allocated_bytes=int(found.allocated_bytes),
        p99_ns=int(found.latency.p99_ns),
        p999_ns=int(found.latency.p999_ns),
    )


@dataclass(frozen=True, slots=True)
class RiskBench:
    """Checks of orders, every limit set; nanoseconds a check."""

    check_ns: float
    clock_ns: float
    """Two readings of the clock."""
    p50_ns: int
    """Of checks timed one by one, those two readings with them."""
    p99_ns: int
    p999_ns: int


def bench_risk(count: int) -> RiskBench:
    """Check ``count`` orders that pass: in parts (the best counts), and one by one."""
    found = ffi.new("cp_risk_figures *")
    _check(lib.cp_bench_risk(count, found))
    return RiskBench(
        check_ns=found.elapsed_ns / found.count,
        clock_ns=found.clock_ns / found.count,
        p50_ns=int(found.latency.p50_ns),
        p99_ns=int(found.latency.p99_ns),
        p999_ns=int(found.latency.p999_ns),
    )


def bench_match_bare(count: int) -> float:
    """Nanoseconds to add an order to a small book, or to take one off, by handle."""
    elapsed_ns = ffi.new("uint64_t *")
    _check(lib.cp_bench_match_bare(count, elapsed_ns))
    return float(elapsed_ns[0]) / (2 * count)


def bench_match_memory(order_count: int) -> tuple[int, float]:
    """Bytes that so many resting orders take, and nanoseconds to enter one."""
    size, elapsed_ns = ffi.new("uint64_t *"), ffi.new("uint64_t *")
    _check(lib.cp_bench_match_memory(order_count, size, elapsed_ns))
    return int(size[0]), float(elapsed_ns[0]) / order_count


class ItchWork(IntEnum):
    """What is done with a day of ITCH 5.0."""

    DECODE = lib.CP_BENCH_ITCH_DECODE
    L2 = lib.CP_BENCH_ITCH_L2
    L3 = lib.CP_BENCH_ITCH_L3


@dataclass(frozen=True, slots=True)
class ItchBench:
    """What a day of ITCH 5.0 took; times in nanoseconds a message."""

    message_count: int
    walk_ns: float
    """From message to message, looking at one field."""
    elapsed_ns: float
    floor_ns: float
    """The least that such books can cost; 0 where there is none."""
    live_count: int
    misfit_count: int
    """Messages that did not fit the books, as in a day that begins in its middle."""


def _itch_bench(found: Any) -> ItchBench:
    count = max(int(found.message_count), 1)
    return ItchBench(
        message_count=int(found.message_count),
        walk_ns=found.walk_ns / count,
        elapsed_ns=found.elapsed_ns / count,
        floor_ns=found.floor_ns / count,
        live_count=int(found.live_count),
        misfit_count=int(found.misfit_count),
    )


def bench_journal(settings: Settings, records: int) -> None:
    """Leave a journal of so many records, as a desk does that was killed."""
    config = ffi.new("cp_config *")
    _fill_config(config, settings)
    error = ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_bench_journal(config, records, error)
    if result < 0:
        raise CoreError(_text(error) or os.strerror(-result))


@dataclass(frozen=True, slots=True)
class DeskBench:
    """A desk alone in one thread."""

    order_count: int
    """New orders and replaces."""
    md_count: int
    step: dict[str, int]
    """Event given to the desk until it has left an order: count and percentiles, ns."""


def bench_desk(settings: Settings, md_events: int) -> DeskBench:
    """Give a desk so many events of the settings' market, in one thread."""
    config, found = ffi.new("cp_config *"), ffi.new("cp_bench_desk_figures *")
    _fill_config(config, settings)
    error = ffi.new("char[]", lib.CP_ERROR_SIZE)
    result = lib.cp_bench_desk(config, md_events, found, error)
    if result < 0:
        raise CoreError(_text(error) or os.strerror(-result))
    return DeskBench(
        order_count=int(found.orders),
        md_count=int(found.md_events),
        step={
            name: int(getattr(found.step, name))
            for name, _ in ffi.typeof("cp_hop_picture").fields
        },
    )


def bench_itch(work: ItchWork, day: npt.NDArray[np.uint8]) -> ItchBench:
    """Go through the records in ``day``. Raises OSError if they are none."""
    found = ffi.new("cp_bench_itch_result *")
    _check(lib.cp_bench_itch(work, ffi.from_buffer("uint8_t[]", day), day.size, found))
    return _itch_bench(found)


def bench_itch_file(work: ItchWork, path: Path) -> ItchBench:
    """Go through a file, mapped whole. Raises CoreError if it cannot be."""
    found = ffi.new("cp_bench_itch_result *")
    result = lib.cp_bench_itch_file(work, os.fsencode(path), found)
    if result == -errno.EPROTO:
        raise CoreError(f"{path} is not a day of ITCH 5.0, or is cut short (unpacked?)")
    if result < 0:
        raise CoreError(f"{path}: {os.strerror(-result)}")
    return _itch_bench(found)


def bench_itch_stream(
    count: int, order_count: int, *, seed: int
) -> npt.NDArray[np.uint8]:
    """``count`` made-up messages, first ``order_count`` orders; the same for a seed."""
    import numpy as np

    day = np.empty(count * 52, np.uint8)
    size = ffi.new("uint64_t *")
    room = ffi.from_buffer("uint8_t[]", day, require_writable=True)
    _check(lib.cp_bench_itch_stream(count, order_count, seed, room, day.size, size))
    return day[: int(size[0])]


def _hop_dict(hop: Any) -> dict[str, int]:
    return {
        name: int(getattr(hop, name)) for name, _ in ffi.typeof("cp_hop_picture").fields
    }


def bench_tcp_round_trip(size: int, count: int, waiting: Waiting) -> dict[str, int]:
    """Round trips of ``size`` bytes over loopback TCP: count and percentiles in ns."""
    hop = ffi.new("cp_hop_picture *")
    cpus = lib.cp_bench_cpu(0), lib.cp_bench_cpu(1)
    _check(lib.cp_bench_tcp_round_trip(size, count, int(waiting), *cpus, hop))
    return _hop_dict(hop)


@dataclass(frozen=True, slots=True)
class WireBench:
    """What a client at an exchange in another process has counted."""

    count: int
    """Orders sent and answered, or messages of the feed."""
    rejected_count: int
    seconds: float
    latency: dict[str, int]
    """Order to answer: count and percentiles in ns."""


def _wire_bench(found: Any) -> WireBench:
    return WireBench(
        found.count,
        found.rejected_count,
        found.elapsed_ns / 1e9,
        _hop_dict(found.latency),
    )


def bench_wire_orders(
    net: Net, symbol: str, price: int, rate: int, seconds: float, waiting: Waiting
) -> WireBench:
    """Send immediate orders at a price (1/10000), ``rate`` a second, all to be answered.

    Raises OSError when one is not, or out of order.
    """
    config, found = ffi.new("cp_net_config *"), ffi.new("cp_bench_wire *")
    _fill_net(config, net)
    _check(
        lib.cp_bench_wire_orders(
            config, symbol.encode(), price, rate, int(seconds * 1e9), int(waiting), found
        )
    )
    return _wire_bench(found)


def bench_wire_feed(net: Net, seconds: float, waiting: Waiting) -> WireBench:
    """Read the feed of an exchange. Raises OSError when it cuts us off."""
    config, found = ffi.new("cp_net_config *"), ffi.new("cp_bench_wire *")
    _fill_net(config, net)
    _check(lib.cp_bench_wire_feed(config, int(seconds * 1e9), int(waiting), found))
    return _wire_bench(found)
