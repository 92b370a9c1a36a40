"""The C strategies as a subprocess: tapes in, decisions out; formulas likewise."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

NATIVE = Path(__file__).resolve().parents[2] / "native"
PROGRAM = NATIVE / "build" / "release" / "test" / "strategy_pipe"

BOOK, TRADE, TIMER, FILL = 1, 2, 3, 4
BUY, SELL = 0, 1
NO_PRICE = -1

EVENT = np.dtype(
    [
        ("kind", "i8"), ("now_ns", "i8"), ("price", "i8", (2,)), ("qty", "i8", (2,)),
        ("price2", "i8", (2,)), ("last", "i8"), ("last_qty", "i8"), ("last_side", "i8"),
        ("stale", "i8"),
    ]
)  # fmt: skip
"""One event of a tape; prices by side in increments, quantities in lots."""

DECISION = np.dtype(
    [
        ("event", "i8"), ("call", "i8"), ("position", "i8"), ("position2", "i8"),
        ("quotes", "i8", (2, 3)), ("takes", "i8", (2, 4)), ("signal", "f8"),
    ]
)  # fmt: skip
"""One call of a strategy. ``quotes`` by side: asked, price, qty; ``takes`` by symbol:
asked, side, price, qty. Positions as they were at the call."""

Array = np.ndarray[Any, Any]
Floats = npt.NDArray[np.float64]


def build() -> None:
    """Bring the program up to date."""
    make = shutil.which("make")
    assert make is not None, "make is needed to build the strategies"
    target = str(PROGRAM.relative_to(NATIVE))
    subprocess.run([make, "-s", "-C", str(NATIVE), target], check=True)


def _run(arguments: Sequence[str], given: bytes) -> bytes:
    done = subprocess.run(
        [PROGRAM, *arguments], input=given, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def decisions(kind: str, parameters: Sequence[float], tape: Array) -> Array:
    """Every decision (DECISION) of a strategy on a tape (EVENT)."""
    assert tape.dtype == EVENT
    arguments = ["tape", kind, *(repr(float(value)) for value in parameters)]
    return np.frombuffer(_run(arguments, tape.tobytes()), DECISION)


def formula(name: str, rows: npt.ArrayLike, width: int) -> Floats:
    """A formula of the core for each row of arguments; ``width`` results a row."""
    given = np.ascontiguousarray(rows, dtype=np.float64)
    return np.frombuffer(_run([name], given.tobytes()), np.float64).reshape(-1, width)
