"""What a loader has made of a file: ready to be handed to the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cockpit.core import StrategyKind

NEEDS_NUMBA = (
    "a strategy in Python needs numba, which is not installed: "
    "pip install 'cockpit[strategies]'"
)


class StrategyError(Exception):
    """A file that is no strategy; the message says why."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A strategy that can be registered under a key of ``STRATEGY_KINDS``."""

    digest: str
    """Of everything that went into it, in hexadecimal."""
    register: Callable[[str], StrategyKind]
