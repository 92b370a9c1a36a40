"""Sessions: throttle, dead man, self-match group and tier of one participant."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

INT64_MAX = (1 << 63) - 1


class SessionRules(NamedTuple):
    """What was asked for a participant; zeros ask for nothing."""

    group: int = 0  # self-match group
    throttle_count: int = 0  # messages a window
    throttle_window_ns: int = 0
    dead_man_ns: int = 0
    cancel_on_disconnect: bool = False
    drop_copy: bool = False


class Session:
    """A participant's rules and what they have to remember."""

    def __init__(self) -> None:
        self.rules = SessionRules()
        self.window_start_ns: int | None = None
        self.window_count = 0
        self.deadline_ns: int | None = None
        self.traded_qty = 0
        self.pull_reason = 0  # 0: nothing is to be pulled

    def is_throttled(self, now_ns: int) -> bool:
        """Count a new order or replace; whether it is one too many."""
        rules = self.rules
        if not rules.throttle_count:
            return False
        start = self.window_start_ns
        if start is None or now_ns - start >= rules.throttle_window_ns:
            self.window_start_ns = now_ns
            self.window_count = 0
        if self.window_count == rules.throttle_count:
            return True
        self.window_count += 1
        return False

    def is_overdue(self, now_ns: int) -> bool:
        """Whether the dead man's time is up."""
        return self.deadline_ns is not None and now_ns >= self.deadline_ns

    def hear(self, now_ns: int) -> None:
        """A message came."""
        if self.rules.dead_man_ns:
            self.deadline_ns = now_ns + self.rules.dead_man_ns


class Tier(NamedTuple):
    """From how many lots traded on which fees are added."""

    from_qty: int
    maker_fee: int
    taker_fee: int


def fee_of(
    qty: int, base_fee: int, tiers: tuple[Tier, ...], traded: int | None, is_taker: bool
) -> int:
    """Money paid for an execution. `traded` None: the participant is in no tier."""
    fee = base_fee
    if traded is not None:
        tier = bisect_right([tier.from_qty for tier in tiers], traded)
        if tier:
            fee += tiers[tier - 1].taker_fee if is_taker else tiers[tier - 1].maker_fee
    return max(-INT64_MAX, min(INT64_MAX, qty * fee))
