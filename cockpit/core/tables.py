"""The tables in which the core describes itself: strategies, limits, triggers, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cockpit._native import ffi, lib
from cockpit.core.codes import text_of

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


def _parameter(pointer: Any) -> Parameter:
    kinds: dict[int, ParameterKind] = {
        lib.CP_PARAMETER_INTEGER: "integer",
        lib.CP_PARAMETER_FLOAT: "float",
        lib.CP_PARAMETER_MONEY: "money",
    }
    return Parameter(
        name=text_of(pointer.name),
        unit=text_of(pointer.unit),
        help=text_of(pointer.help),
        minimum=pointer.minimum,
        maximum=pointer.maximum,
        standard=pointer.standard,
        kind=kinds[pointer.kind],
        scopes=frozenset(
            scope for scope in range(lib.CP_SCOPE_COUNT) if pointer.scopes >> scope & 1
        ),
    )


def strategy_kind(index: int) -> StrategyKind:
    count = lib.cp_strategy_parameter_count(index)
    return StrategyKind(
        index=index,
        name=text_of(lib.cp_strategy_kind_name(index)),
        help=text_of(lib.cp_strategy_kind_help(index)),
        parameters=tuple(
            _parameter(lib.cp_strategy_parameter(index, i)) for i in range(count)
        ),
        symbol_count=lib.cp_strategy_symbol_count(index),
    )


# Those of a user's come behind the built-in ones, by the name they are loaded under.
STRATEGY_KINDS: dict[str, StrategyKind] = {
    kind.name: kind for kind in map(strategy_kind, range(lib.cp_strategy_kind_count()))
}
BUILT_IN_KINDS: tuple[StrategyKind, ...] = tuple(STRATEGY_KINDS.values())
LIMITS: tuple[Parameter, ...] = tuple(
    _parameter(lib.cp_limit_parameter(i)) for i in range(lib.CP_LIMIT_COUNT)
)
TRIGGERS: tuple[Parameter, ...] = tuple(
    _parameter(lib.cp_trigger_parameter(i)) for i in range(lib.CP_TRIGGER_COUNT)
)
"""What the circuit breakers trip at."""
TRIGGER_SCOPE: int = lib.CP_SCOPE_COUNT
"""Where a limit's scope is meant: it is a trigger."""
SCOPES: tuple[str, ...] = tuple(
    text_of(lib.cp_scope_name(i)) for i in range(lib.CP_SCOPE_COUNT)
)
SCOPED_MAX: int = lib.CP_SCOPED_MAX
BREAKERS: tuple[tuple[str, str], ...] = tuple(
    (text_of(lib.cp_breaker_name(i)), text_of(lib.cp_breaker_help(i)))
    for i in range(lib.CP_BREAKER_COUNT)
)
"""Names of the circuit breakers, and what the figure of each counts."""
HOPS: tuple[str, ...] = tuple(
    text_of(lib.cp_hop_name(i)) for i in range(lib.CP_HOP_COUNT)
)
REFUSALS: tuple[str, ...] = tuple(
    text_of(lib.cp_refusal_name(i)) for i in range(lib.CP_REFUSE_COUNT)
)
REASONS: tuple[str, ...] = tuple(
    text_of(lib.cp_reason_name(i)) for i in range(lib.CP_REASON_COUNT)
)
ORDER_STATES: tuple[str, ...] = tuple(
    text_of(lib.cp_order_state_name(i)) for i in range(lib.CP_STATE_COUNT)
)


def strategy_layout(kind: StrategyKind) -> int:
    """Of its name and its parameters' names: what a row of values stands for."""
    return int(lib.cp_strategy_layout(kind.index))


def trigger_rank(trigger: int, value: int, limits: Sequence[int]) -> int:
    """How tight a trigger of that value is: the less, the tighter.

    ``limits``: by the order of ``LIMITS``, of which one stands in for a trigger of 0.
    """
    return int(lib.cp_trigger_rank(trigger, value, ffi.new("int64_t[]", list(limits))))


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
