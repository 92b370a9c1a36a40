"""A desk of the core alone, driven by hand."""

from __future__ import annotations

from typing import Any

from cockpit._native import ffi, lib
from cockpit.core import Control

SYMBOLS = 2
SEAT: int = lib.CP_PROBE_SEAT
SLOTS = SEAT + 1
"""Slots that ask for orders: the last has a strategy in it, which does as it is told."""
BY_HAND: int = lib.CP_OPERATOR
POINTS = (1_000_000, 1 << 40)
"""Money a lot gains by an increment: a cent, and more than most."""
ORDERS_MAX = 4096


class Probe:
    """What :func:`cp_probe_create` makes, closed by :meth:`close`."""

    def __init__(self, limits: list[int]) -> None:
        config = ffi.new("cp_config *")
        config.symbol_count = SYMBOLS
        config.order_capacity = 1 << 12
        config.desk_order_capacity = 1 << 12
        for i in range(SYMBOLS):
            config.instruments[i].name = f"S{i}".encode()
            config.instruments[i].increment = 1_000_000
            config.instruments[i].point_value = POINTS[i]
            config.instruments[i].price_max = (1 << 32) - 2
        for i, value in enumerate(limits):
            config.limits[i] = value
        made, error = ffi.new("cp_probe **"), ffi.new("char[]", lib.CP_ERROR_SIZE)
        assert lib.cp_probe_create(made, config, error) == 0, ffi.string(error)
        self._probe = made[0]
        self._orders = ffi.new(f"cp_order[{ORDERS_MAX}]")
        self._picture = ffi.new("cp_desk_picture *")

    def close(self) -> None:
        lib.cp_probe_destroy(self._probe)

    def market(self, symbol: int, bid: int, ask: int, last: int) -> None:
        lib.cp_probe_market(self._probe, symbol, bid, ask, last)

    def wait(self, ns: int) -> None:
        lib.cp_probe_pass(self._probe, ns)

    def report(self, **fields: Any) -> None:
        fields.setdefault("participant", 1)
        lib.cp_probe_report(self._probe, ffi.new("cp_report *", fields))

    def control(self, kind: Control, **fields: Any) -> None:
        control = ffi.new("cp_control *", {"kind": int(kind), **fields})
        lib.cp_probe_control(self._probe, control)

    def new(
        self, slot: int, symbol: int, side: int, price: int, qty: int, *, rests: bool
    ) -> int:
        return int(lib.cp_probe_new(self._probe, slot, symbol, side, price, qty, rests))

    def wish(self, symbol: int, side: int, price: int, qty: int, *, rests: bool) -> None:
        """What the strategy asks for when it is called next."""
        assert lib.cp_probe_wish(self._probe, symbol, side, price, qty, rests) == 0

    def change(self, client_id: int, price: int, qty: int) -> int:
        return int(lib.cp_probe_change(self._probe, client_id, price, qty))

    def block(self, *, full: bool) -> None:
        """The way out takes nothing; or it does again."""
        lib.cp_probe_block(self._probe, full)

    def taken(self) -> list[Any]:
        """What has left it since the last call (``cp_order``)."""
        count = lib.cp_probe_take(self._probe, self._orders, ORDERS_MAX)
        return [self._orders[i] for i in range(count)]

    def picture(self) -> Any:
        lib.cp_probe_read(self._probe, self._picture)
        return self._picture
