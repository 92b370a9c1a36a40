"""The C core as Python objects: the only package that imports the compiled one.

Here stands what the rest of cockpit uses: the tables in which the core describes itself
(strategy kinds and their parameters, risk limits, names), the settings an engine is made
from, and the :class:`Engine`. Pictures are records over memory that C refills in place;
their layouts are derived from the compiled structs, never typed by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cockpit.core import memory
from cockpit.core.codes import (
    MONEY_SCALE,
    NAME_MAX,
    NOBODY,
    OPERATOR,
    POST_ONLY,
    PRICE_NONE,
    ROW_NONE,
    SIDE_BOTH,
    STRATEGY_MAX,
    SYMBOL_MAX,
    Cause,
    Control,
    CoreError,
    Finding,
    FlowKind,
    Hop,
    JournalEnd,
    JournalKind,
    JournalLevel,
    Kill,
    Leg,
    LinkState,
    Loosening,
    MismatchCause,
    Mode,
    NoteKind,
    OrderType,
    Phase,
    Placement,
    RiskState,
    Role,
    Severity,
    Side,
    Smp,
    Strangers,
    SymbolHalt,
    TimeInForce,
    Trouble,
    Waiting,
)
from cockpit.core.engine import (
    Engine,
)
from cockpit.core.histogram import (
    HISTOGRAM_COUNTS,
    HISTOGRAM_MAX_NS,
    histogram_bucket,
    histogram_bucket_top,
)
from cockpit.core.itch import (
    ItchScan,
    ItchSymbol,
    itch_scan,
)
from cockpit.core.journal import (
    JOURNAL_BODY,
    JOURNAL_KINDS,
    JOURNAL_OLDEST,
    JOURNAL_VERSION,
    WHY_SIZE,
    JournalCheck,
    journal_check,
)
from cockpit.core.memory import (
    PICTURE,
    blank_picture,
    dtype_of,
    layout_of,
)
from cockpit.core.plugins import (
    FAULTS,
    PLUGIN_STATE_SIZE,
    PluginWants,
    load_strategy,
    register_strategy,
)
from cockpit.core.settings import (
    HALT_MAX,
    HOST_MAX,
    LATENCY_POINTS,
    TIER_MAX,
    USER_MAX,
    Flow,
    Halt,
    Instrument,
    Journal,
    Latency,
    Limits,
    Net,
    NetEvent,
    Rules,
    Scope,
    ScopedLimit,
    Settings,
    Strategy,
    Tier,
    User,
    fill_net,
    fill_strategy,
    limits_hash,
)
from cockpit.core.tables import (
    BREAKERS,
    BUILT_IN_KINDS,
    HOPS,
    LIMIT_NONE,
    LIMITS,
    ORDER_STATES,
    REASONS,
    REFUSALS,
    SCOPED_MAX,
    SCOPES,
    STRATEGY_KINDS,
    TRIGGER_SCOPE,
    TRIGGERS,
    LimitChange,
    Parameter,
    ParameterKind,
    PastVersion,
    StrategyKind,
    strategy_layout,
    trigger_rank,
)
from cockpit.record import Record

if TYPE_CHECKING:
    from cockpit.core.memory import (
        FLOW_EVENT_DTYPE,
        JOURNAL_BODIES,
        JOURNAL_RECORD_DTYPE,
        MISMATCH_DTYPE,
        NOTE_DTYPE,
        PICTURE_DTYPE,
        PLUGIN_SEAT_DTYPE,
    )


def __getattr__(name: str) -> Any:
    """The dtypes, made when one is first asked for: a screen needs none."""
    found = globals()[name] = memory.made(name)
    return found
