"""What an order came of and how long each step of its way took, out of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cockpit.core import HOPS, Hop, Side
from cockpit.ui.scene import Scene

PATH = (Hop.FEED, Hop.DECIDE, Hop.RISK, Hop.SEND, Hop.ACK)
"""The steps that ``cp_way`` has, in its order."""
NAMES = tuple(HOPS[hop].replace("_", " ") for hop in PATH)


@dataclass(frozen=True, slots=True)
class Way:
    """One order as it was last sent."""

    client_id: int
    received_ns: int
    """The engine's time of the tick it answers; 0: it answers none."""
    bid: int
    ask: int
    signal: float
    hops_ns: tuple[int, ...]
    """By :data:`PATH`; 0 where it is not known."""
    side: Side
    symbol: int
    qty: int

    @property
    def steps(self) -> list[tuple[str, int]]:
        """The names and times of the steps there are."""
        return [
            (name, time)
            for name, time in zip(NAMES, self.hops_ns, strict=True)
            if time or name != "feed"
        ]

    @property
    def total_ns(self) -> int:
        return sum(self.hops_ns)

    @property
    def slowest(self) -> str:
        return max(self.steps, key=lambda step: step[1])[0]


def _way(record: Any) -> Way | None:
    way = record["way"]
    if not int(way["received_ns"]):
        return None
    return Way(
        client_id=int(record["client_id"]),
        received_ns=int(way["received_ns"]),
        bid=int(way["bid"]),
        ask=int(way["ask"]),
        signal=float(way["signal"]),
        hops_ns=tuple(way["hop_ns"].tolist()),
        side=Side.BUY if int(record["side"]) == Side.BUY else Side.SELL,
        symbol=int(record["symbol"]),
        qty=int(record["qty"]),
    )


def _records(scene: Scene, panel: str) -> Any:
    desk = scene.picture["desk"]
    if panel == "fills":
        return desk["fills"][: int(desk["fill_count"])]
    return desk["working"][: int(desk["working_count"])]


def of_row(scene: Scene, panel: str, key: str) -> Way | None:
    """Of a row of the orders or the fills; None when it is gone, or answers no tick."""
    number, _, time = key.partition(":")
    for record in _records(scene, panel):
        if str(int(record["client_id"])) == number and (
            not time or int(record["time_ns"]) == int(time)
        ):
            return _way(record)
    return None


def shown(scene: Scene) -> Way | None:
    """The order under the cursor, else the latest that was answered."""
    for panel in ("working", "fills"):
        key = scene.cursor.get(panel)
        if key and (found := of_row(scene, panel, key)):
            return found
    best, latest = None, 0
    for panel in ("working", "fills"):
        for record in _records(scene, panel):
            way = record["way"]
            if way["hop_ns"][-1] and int(way["received_ns"]) > latest:
                best, latest = record, int(way["received_ns"])
    return None if best is None else _way(best)
