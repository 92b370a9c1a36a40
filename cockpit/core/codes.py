"""The numbers of the core by name: states, modes, kinds, and how large things may be."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import Any

from cockpit._native import ffi, lib

MONEY_SCALE: int = lib.CP_MONEY_SCALE
PRICE_NONE: int = lib.CP_PRICE_NONE
NOBODY: int = lib.CP_NOBODY
OPERATOR: int = lib.CP_OPERATOR
"""Where a strategy's slot is meant: the operator's own, behind them."""
SYMBOL_MAX: int = lib.CP_SYMBOL_MAX
STRATEGY_MAX: int = lib.CP_STRATEGY_MAX
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
    FEWER = lib.CP_FOUND_FEWER
    LEFT = lib.CP_FOUND_LEFT


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
    DROP_COPY = lib.CP_CAUSE_DROP_COPY
    PARENT = lib.CP_CAUSE_PARENT


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


def text_of(pointer: Any) -> str:
    return str(ffi.string(pointer).decode())


def check(result: int) -> int:
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result
