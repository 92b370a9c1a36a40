"""A strategy in Python: its callbacks become native code, with no interpreter.

The file is a module that says of itself, in capitals, what a C strategy has in a table:

    HELP         one line
    PARAMETERS   a tuple of user.integer(...) and user.number(...)
    STATE        a numpy dtype: its memory, zeroed at the start
    WANTS        user.PRICE, QTY and TRADE, added
    SYMBOLS      1 or 2; left out: 1

and has on_book, and if it likes start, on_trade and on_timer, of (state, seat,
parameters), and on_fill of (state, seat, parameters, side, qty). State, seat and
parameters are records: ``state.average``, ``seat.bid[0]``, ``parameters.order_qty``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from cockpit.core import (
    PLUGIN_SEAT_DTYPE,
    PLUGIN_STATE_SIZE,
    Parameter,
    StrategyKind,
    register_strategy,
)
from cockpit.strategies.prepared import NEEDS_NUMBA, Prepared, StrategyError

CALLBACKS = ("start", "on_book", "on_trade", "on_fill", "on_timer")
UNRESOLVED = ".numba.unresolved$"
"""What numba writes into native code for a call that it means to join later."""
_kept: list[Any] = []  # compiled callbacks: the core calls them as long as it lives


def load(path: Path, content: bytes) -> Prepared:
    """Say how to compile a Python file."""
    digest = blake2b(content, digest_size=16).hexdigest()
    return Prepared(digest, lambda key: _register(key, path, content))


def _register(key: str, path: Path, content: bytes) -> StrategyKind:
    module = _execute(path, content)
    parameters = getattr(module, "PARAMETERS", ())
    state = getattr(module, "STATE", np.dtype([("unused", "i8")]))
    if not isinstance(state, np.dtype) or state.names is None:
        raise StrategyError("STATE is not a numpy dtype with names")
    if state.hasobject or state.itemsize > PLUGIN_STATE_SIZE:
        raise StrategyError(
            f"STATE has {state.itemsize} bytes, at most {PLUGIN_STATE_SIZE} of plain "
            "numbers are there"
        )
    if not all(isinstance(parameter, Parameter) for parameter in parameters):
        raise StrategyError("PARAMETERS are not made with integer(...) and number(...)")
    functions = {
        name: function for name in CALLBACKS if (function := getattr(module, name, None))
    }
    if "on_book" not in functions:
        raise StrategyError("it has no on_book")
    compiled = {
        name: _compile(name, function, state, tuple(parameters))
        for name, function in functions.items()
    }
    _kept.append((module, compiled))
    return register_strategy(
        key,
        name=path.stem[:15],
        help=str(getattr(module, "HELP", path.stem)),
        parameters=tuple(parameters),
        wants=int(getattr(module, "WANTS", 1)),
        state_size=state.itemsize,
        symbol_count=int(getattr(module, "SYMBOLS", 1)),
        callbacks={name: callback.address for name, callback in compiled.items()},
    )


def _execute(path: Path, content: bytes) -> ModuleType:
    try:
        import numba  # noqa: F401
    except ImportError:
        raise StrategyError(NEEDS_NUMBA) from None
    module = ModuleType(f"cockpit_strategy_{path.stem}")
    module.__file__ = str(path)
    try:
        exec(compile(content, str(path), "exec"), module.__dict__)  # the user's own code
    except Exception as error:
        raise StrategyError(f"{type(error).__name__}: {error}") from None
    return module


def _compile(
    name: str,
    function: Callable[..., None],
    state: np.dtype[Any],
    parameters: tuple[Parameter, ...],
) -> Any:
    import numba
    from numba import types
    from numba.np.numpy_support import carray

    wants = 5 if name == "on_fill" else 3
    if len(inspect.signature(function).parameters) != wants:
        raise StrategyError(f"{name} takes {wants} arguments")
    seat = PLUGIN_SEAT_DTYPE
    values = np.dtype([(p.name, "f8") for p in parameters] or [("unused", "f8")])
    inner = numba.njit(error_model="numpy")(function)
    pointers = (types.voidptr,) * 3

    # numba types what it is given, not what is written here.
    def plain(memory, told, numbers):  # type: ignore[no-untyped-def]
        inner(
            carray(memory, 1, state)[0], carray(told, 1, seat)[0],
            carray(numbers, 1, values)[0],
        )  # fmt: skip

    def fill(memory, told, numbers, side, qty):  # type: ignore[no-untyped-def]
        inner(
            carray(memory, 1, state)[0], carray(told, 1, seat)[0],
            carray(numbers, 1, values)[0], side, qty,
        )  # fmt: skip

    try:
        if name == "on_fill":
            signature = types.void(*pointers, types.uint32, types.uint32)
            compiled: Any = numba.cfunc(signature, error_model="numpy")(fill)
        else:
            compiled = numba.cfunc(types.void(*pointers), error_model="numpy")(plain)
    except numba.core.errors.NumbaError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        where = [line for line in lines if line.startswith("File ")]
        raise StrategyError(
            f"{name} does not compile: {lines[0]} {where[-1] if where else ''}".strip()
        ) from None
    # A call that numba has left open ends in the interpreter, which is not there.
    if UNRESOLVED in compiled.inspect_llvm():
        raise StrategyError(
            f"{name} does not compile: a function it calls calls itself, which numba "
            "cannot do here: write it as a loop"
        )
    return compiled
