"""What a frame is drawn from: the latest picture, and what the operator has chosen.

The scene is the only state of the screen. It holds no widget and imports no Textual: a
frame is a function of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from cockpit.control.alarms import Alert
from cockpit.control.desk import Desk, Event, Symbol
from cockpit.core import (
    LIMITS,
    NOBODY,
    OPERATOR,
    PRICE_NONE,
    STRATEGY_MAX,
    Mode,
    Record,
    RiskState,
    Severity,
    StrategyKind,
    blank_picture,
)
from cockpit.observe.exposure import Exposure, Marks, Scenario
from cockpit.observe.tape_desk import TapeDesk
from cockpit.ui.render.glyphs import UNICODE, Glyphs
from cockpit.ui.render.text import Rows, clean

if TYPE_CHECKING:
    from cockpit.control.remote import RemoteDesk

BY_HAND = "by hand"
"""Whose the operator's own orders are, where a strategy's name stands."""
LOG_MAX = 500
"""Events kept for the log."""
HISTORY_MAX = 120
"""Samples of each rate that are kept."""
PNL_MAX = 900
"""Samples of profit and loss that are kept."""
TRADED_MAX = 2000
"""Prices of a symbol for which volume is kept; the farthest from the last goes first."""
AGO = 300
"""Samples back that a hop is compared with: five minutes."""
SAMPLE_NS = 1_000_000_000
"""Engine time between two samples of the rates."""
PENDING_S = 3.0
"""How long an unanswered command is shown as pending."""
MESSAGE_S = 5.0
"""How long the status line keeps a message."""

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Message:
    """One line for the operator, until ``until``."""

    text: str
    style: str
    until: float
    settled: RiskState | None = None
    """The state that makes it old news."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A mode that was asked for and is not confirmed."""

    mode: Mode
    until: float


@dataclass(slots=True)
class Link:
    """What the terminal's line carries."""

    bytes_per_s: float = 0.0
    frames_per_s: float = 0.0
    lag: float = 0.0
    """Seconds the terminal is behind."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What this screen may ask of a desk that other screens are attached to as well."""

    trades: bool
    """It was attached to trade, not only to look."""
    mine: bool
    """It has the controls."""
    holder: str
    """Who has them; empty: nobody, and whoever asks first gets them."""

    @property
    def text(self) -> str:
        """For the header; empty when everything can be asked."""
        if not self.trades:
            return "READ-ONLY"
        if self.mine:
            return ""
        if not self.holder:
            return "controls: nobody"
        return f"READ-ONLY, controls: {self.holder}"


class Dialog(Protocol):
    """Something over the panels that takes the keys."""

    @property
    def takes_letters(self) -> bool:
        """Any letter may be typed into it, so that none halts."""

    def rows(self, scene: Scene, width: int, height: int) -> Rows: ...

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        """Take a key; False leaves it to the keys of the screen."""


@dataclass(slots=True)
class Prompt:
    """A question that is answered by typing a word."""

    action: str
    title: str
    text: str
    word: str
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """A counter of the engine: its total, and its recent growth a second."""

    name: str
    total: int
    series: tuple[float, ...]


class History:
    """Rates a second, sampled by the engine's own time."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._last_ns = 0
        self._series: dict[str, deque[float]] = {}
        self._busy: list[tuple[int, int]] = []
        self.busy_share: list[float] = []
        self.pnl: deque[int] = deque(maxlen=PNL_MAX)
        """Money."""
        self.hops: deque[tuple[int, ...]] = deque(maxlen=AGO + 1)
        """The p99 of every hop, ns."""
        self._orders: deque[tuple[int, ...]] = deque(maxlen=2)

    def order_rate(self, slot: int) -> float | None:
        """Orders a second of a strategy in the last sample."""
        if len(self._orders) < 2:
            return None
        return float(max(self._orders[1][slot] - self._orders[0][slot], 0))

    def hop_change(self, hop: int, now_ns: int) -> float | None:
        """How much the p99 of a hop has grown in five minutes, as a share of it."""
        then = self.hops[0][hop] if len(self.hops) > AGO else 0
        return (now_ns - then) / then if then else None

    def sample(self, picture: Record) -> None:
        """Take a sample if a sample's time has passed since the last."""
        now_ns = int(picture["time_ns"])
        elapsed_ns = now_ns - self._last_ns
        if self._last and elapsed_ns < SAMPLE_NS:
            return
        counters = _counters(picture)
        for name, total in counters.items():
            if name in self._last:
                grown = (total - self._last[name]) * _SECOND_NS / elapsed_ns
                self._series.setdefault(name, deque(maxlen=HISTORY_MAX)).append(
                    max(grown, 0.0)
                )
        busy = [(int(t["busy_ns"]), int(t["total_ns"])) for t in picture["threads"]]
        if self._busy:
            self.busy_share = [
                (now[0] - then[0]) / (now[1] - then[1]) if now[1] > then[1] else 0.0
                for now, then in zip(busy, self._busy, strict=True)
            ]
        self.pnl.append(money_made(picture["desk"]))
        self.hops.append(tuple(picture["hops"]["p99_ns"].tolist()))
        self._orders.append(tuple(picture["desk"]["strategies"]["order_count"].tolist()))
        self._last, self._last_ns, self._busy = counters, now_ns, busy

    def rates(self) -> list[Rate]:
        return [
            Rate(name, total, tuple(self._series.get(name, ())))
            for name, total in self._last.items()
        ]


def money_made(desk: Any) -> int:
    """Money: realised and unrealised, after fees."""
    return int(desk["realised"]) + int(desk["unrealised"]) - int(desk["fees"])


def _counters(picture: Record) -> dict[str, int]:
    desk, venue = picture["desk"]["counters"], picture["venue"]
    return {
        "market data": int(desk["md_count"]),
        "orders": int(desk["order_count"]),
        "fills": int(desk["fill_count"]),
        "refusals": int(desk["refusal_count"]),
        "cancels": int(desk["cancel_count"]),
        "acks": int(desk["ack_count"]),
        "rejects": int(desk["reject_count"]),
        "venue events": int(venue["event_count"]),
        "venue trades": int(venue["trade_count"]),
    }


class Past(Protocol):
    """What the panels draw from besides the picture."""

    @property
    def history(self) -> History: ...
    @property
    def marks(self) -> Marks: ...
    @property
    def log(self) -> deque[Event]: ...
    @property
    def traded(self) -> dict[int, dict[int, int]]: ...
    @property
    def stalls(self) -> tuple[float, ...]: ...


@dataclass(frozen=True, slots=True)
class Held:
    """The past as it was when the view was frozen."""

    history: History
    marks: Marks
    log: deque[Event]
    traded: dict[int, dict[int, int]]
    stalls: tuple[float, ...]


@dataclass(slots=True)
class Scene:
    """See the module. Times in seconds are the screen's clock, ``*_ns`` the engine's."""

    symbols: tuple[Symbol, ...] = ()
    kinds: Mapping[int, StrategyKind] = field(default_factory=dict)
    """Of strategies, by the number the picture has them under."""
    mode: str = "SIM"
    origin: str = ""
    glyphs: Glyphs = UNICODE
    refresh_hz: float = 4.0
    live: Record = field(default_factory=blank_picture)
    """The desk as it is. Header and keys go by it."""
    picture: Record = field(default_factory=blank_picture)
    """The desk as the panels show it: the same, unless the view is frozen."""
    frozen_since: float | None = None
    held: Held | None = None
    moved: float = 0.0
    """When the engine's time was last seen to go on."""
    screen: str = "trade"
    maximised: bool = False
    hidden: set[str] = field(default_factory=set)
    """Panels the operator has put away."""
    placed: tuple[str, ...] = ()
    """Panels that are on the screen."""
    cursor: dict[str, str] = field(default_factory=dict)
    """The chosen row of each panel, by its key."""
    filters: dict[str, str] = field(default_factory=dict)
    sorting: dict[str, tuple[str, bool]] = field(default_factory=dict)
    """Column and whether the largest comes first, by panel."""
    search: str = ""
    """What is looked for, in the panel named below."""
    searched: str = "log"
    log_least: Severity = Severity.INFO
    """Less than that is not shown in the log."""
    alerts: tuple[Alert, ...] = ()
    dialog: Dialog | None = None
    link: Link = field(default_factory=Link)
    stalls: tuple[float, ...] = ()
    """Seconds that a sleeping thread woke up too late, by second."""
    host: str = ""
    keymap: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Keys of the operator's own, by action."""
    said: list[Event] = field(default_factory=list)
    """What is new in the log, and has not been looked through."""
    _seen_ns: int = -1
    now: float = 0.0
    offset: float | None = None
    """Seconds from the engine's clock to UTC, taken once so that times do not jitter."""
    history: History = field(default_factory=History)
    marks: Marks = field(default_factory=Marks)
    scenarios: tuple[Scenario, ...] = ()
    _exposed: tuple[int, int, tuple[Scenario, ...], Exposure] | None = None
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG_MAX))
    config_errors: tuple[str, ...] = ()
    selected: int = 0
    """Index of the symbol the ladder shows."""
    ladder_centre: dict[int, int] = field(default_factory=dict)
    traded: dict[int, dict[int, int]] = field(default_factory=dict)
    """By symbol and price: lots traded as this screen has seen it, an estimate."""
    _volumes: list[int] = field(default_factory=list)
    refused: deque[tuple[int, Any]] = field(default_factory=lambda: deque(maxlen=LOG_MAX))
    """Slot and ``cp_refused`` of what risk refused, oldest first."""
    _refused_ns: list[int] = field(default_factory=list)
    focus: str = "strategies"
    pending: dict[int, Pending] = field(default_factory=dict)
    message: Message | None = None
    armed: dict[str, float] = field(default_factory=dict)
    """Actions pressed once, and until when the second press counts."""
    prompt: Prompt | None = None
    helping: bool = False
    help_top: int = 0
    """The first line of the list of keys that is shown."""
    layout: Literal["tiny", "one", "two", "full"] = "full"
    closing_since: float | None = None
    read_only: str = ""
    """Why nothing can be asked of the desk; empty when it can."""
    seat: Seat | None = None
    """Of a screen attached to a desk in another process."""
    tape: TapeDesk | None = None
    """What is shown is on it; None: it happens now."""
    trouble: str = ""
    """Why the picture is not being renewed; empty when it is."""

    @property
    def past(self) -> Past:
        """What the panels show of it: as it is, or as it was when the view was frozen."""
        return self.held or self

    def exposure(self) -> Exposure:
        """What is shown could lose; reckoned once for each sample of the market."""
        marks = self.past.marks
        key = marks.taken, int(self.picture["time_ns"]) // SAMPLE_NS, self.scenarios
        if self._exposed is None or self._exposed[:3] != key:
            found = marks.exposure(self.picture, self.symbols, self.scenarios)
            self._exposed = (*key, found)
        return self._exposed[3]

    def refresh(self, desk: Desk, now: float) -> None:
        """Take the desk's latest picture and events."""
        self.now = now
        picture = desk.read()
        if int(picture["time_ns"]) != self._seen_ns:
            self._seen_ns, self.moved = int(picture["time_ns"]), now
        self.live = picture
        if self.frozen_since is None:
            self.picture = picture
        self.mode, self.origin, self.symbols = desk.mode, clean(desk.origin), desk.symbols
        self.kinds = desk.kinds
        self.config_errors = tuple(clean(text) for text in desk.config_errors())
        self.tape = desk if isinstance(desk, TapeDesk) else None
        self.read_only = self.tape.read_only if self.tape else ""
        if self.tape and self.tape.restarted():
            self.log.clear()
            self.history, self.marks = History(), Marks()
            self.traded, self._volumes = {}, []
            self.refused.clear()
            self._refused_ns = []
        self._count_trades()
        self._remember_refused()
        self.alerts = desk.alerts()
        said = desk.events()
        self.log.extend(said)
        self.said = [*self.said, *said][-LOG_MAX:]
        if self.offset is None:
            self.offset = self.moment - int(self.picture["time_ns"]) / _SECOND_NS
        self.history.sample(self.live)
        self.marks.sample(self.live)
        self.expire(now)

    def sit(self, desk: RemoteDesk) -> None:
        """Take in what this screen may ask of a desk in another process."""
        self.seat = Seat(desk.can_take, desk.in_control, clean(desk.controls.name))
        self.read_only = "" if self.seat.trades else "this screen was attached read-only"

    def _remember_refused(self) -> None:
        """Keep what each refused order answered: the picture has the latest only."""
        strategies = self.live["desk"]["strategies"]
        times: list[int] = strategies["refused"]["time_ns"].tolist()
        if times == self._refused_ns:
            return
        before = self._refused_ns or [0] * len(times)
        self._refused_ns = times
        for slot, time_ns in enumerate(times):
            if time_ns and time_ns != before[slot]:
                self.refused.append((slot, strategies[slot]["refused"].copy()))

    def _count_trades(self) -> None:
        """What was traded since the last frame counts as traded at the last price."""
        symbols = self.live["desk"]["symbols"][: len(self.symbols)]
        volumes: list[int] = symbols["volume"].tolist()
        if len(self._volumes) == len(volumes):
            for index, (now, before) in enumerate(
                zip(volumes, self._volumes, strict=True)
            ):
                price = int(symbols[index]["last"]) if now > before else PRICE_NONE
                if price == PRICE_NONE:
                    continue
                traded = self.traded.setdefault(index, {})
                traded[price] = traded.get(price, 0) + now - before
                if len(traded) > TRADED_MAX:
                    del traded[max(traded, key=lambda other: abs(other - price))]
        self._volumes = volumes

    def expire(self, now: float) -> None:
        """Forget what has had its time, and what has been answered."""
        self.now = now
        said = self.message
        if said and (now >= said.until or said.settled == self.risk_state):
            self.message = None
        self.armed = {name: until for name, until in self.armed.items() if now < until}
        slots = dict(self.slots())
        self.pending = {
            slot: pending
            for slot, pending in self.pending.items()
            if now < pending.until
            and slot in slots
            and int(slots[slot]["config"]["mode"]) != pending.mode
        }
        if self.selected >= len(self.symbols):
            self.selected = 0

    @property
    def limits(self) -> tuple[int, ...]:
        """The limits there are, by index; an old tape may not know all of them."""
        return self.tape.limits if self.tape else tuple(range(len(LIMITS)))

    def knows(self, path: str) -> bool:
        """Was the figure measured? An old tape may not have it: its zero says nothing."""
        return self.tape is None or self.tape.knows(path)

    @property
    def moment(self) -> float:
        """When what is shown was so, s since 1970."""
        return self.tape.moment if self.tape else self.now

    @property
    def virtual(self) -> bool:
        return bool(self.picture["virtual_time"])

    @property
    def desk_on(self) -> bool:
        """False when the engine is an exchange alone."""
        return int(self.live["desk"]["symbol_count"]) > 0

    @property
    def played(self) -> str:
        """Of a recording, how much has been played; empty for any other market."""
        if self.tape:
            where = f"{self.tape.index + 1} of {self.tape.count}"
            held = "ended" if self.tape.ended else "held" if self.tape.paused else ""
            return f"{where}  {held or f'x{self.tape.speed:g}'}"
        replay = self.picture["venue"]["replay"]
        if not (total := int(replay["total"])):
            return ""
        return "ended" if replay["finished"] else f"{int(replay['messages']) / total:.0%}"

    @property
    def starting(self) -> bool:
        """Neither exchange nor desk has shown anything yet."""
        return not self.desk_on and not int(self.live["venue"]["time_ns"])

    @property
    def risk_state(self) -> RiskState:
        return RiskState(int(self.live["desk"]["risk_state"]))

    @property
    def day_pnl(self) -> int:
        """Money: realised and unrealised, after fees; now, also of a frozen view."""
        return money_made(self.live["desk"])

    @property
    def shown_pnl(self) -> int:
        """The same, of what is shown."""
        return money_made(self.picture["desk"])

    @property
    def picture_age(self) -> float:
        """Seconds in which the engine's time has stood still. Not of a tape."""
        return 0.0 if self.tape or self.virtual else max(self.now - self.moved, 0.0)

    def slots(self) -> Iterator[tuple[int, Any]]:
        """The strategy slots in use, with their pictures."""
        strategies = self.picture["desk"]["strategies"]
        for slot in range(STRATEGY_MAX):
            if strategies[slot]["config"]["used"]:
                yield slot, strategies[slot]

    def slot_name(self, slot: int) -> str:
        if slot == OPERATOR:
            return BY_HAND
        if not 0 <= slot < STRATEGY_MAX:
            return "-"
        name = bytes(self.picture["desk"]["strategies"][slot]["config"]["name"])
        return clean(name.decode("utf-8", "replace")) or f"slot {slot + 1}"

    def symbol_name(self, index: int) -> str:
        if index == NOBODY or not 0 <= index < len(self.symbols):
            return "-"
        return clean(self.symbols[index].name)

    def symbol_pictures(self) -> Iterator[tuple[Symbol, Any]]:
        pictures = self.picture["desk"]["symbols"]
        for i, symbol in enumerate(self.symbols[: len(pictures)]):
            yield symbol, pictures[i]

    def since(self, time_ns: int) -> float:
        """Seconds from ``time_ns`` to the picture."""
        return (int(self.picture["time_ns"]) - time_ns) / _SECOND_NS

    def feed_age(self) -> float | None:
        """Seconds since the latest market data of any symbol; None before the first."""
        symbols = self.live["desk"]["symbols"]["last_md_ns"]
        latest = int(symbols[: len(self.symbols)].max(initial=0))
        return self._age(latest) if latest else None

    def _age(self, time_ns: int) -> float:
        """Seconds from ``time_ns`` to now, though the picture has stood still."""
        passed = (int(self.live["time_ns"]) - time_ns) / _SECOND_NS
        return passed + (self.picture_age if self.picture_age >= 1 else 0.0)

    def heartbeat_age(self) -> float | None:
        """Seconds since the quietest thread gave a sign; None without threads."""
        beats = [
            int(t["heartbeat_ns"]) for t in self.live["threads"] if int(t["heartbeat_ns"])
        ]
        return self._age(min(beats)) if beats and not self.virtual else None

    def shown_seconds(self, time_ns: int) -> float:
        """An engine time as ``number.clock_time`` takes it."""
        if self.virtual:
            return (time_ns - int(self.picture["start_ns"])) / _SECOND_NS
        return time_ns / _SECOND_NS + (self.offset or 0.0)

    def say(
        self, text: str, style: str = "text", settled: RiskState | None = None
    ) -> None:
        """Put a line into the status line, at most until the desk is ``settled``."""
        self.message = Message(clean(text), style, self.now + MESSAGE_S, settled)

    def freeze(self) -> None:
        """Keep the picture as it is now, whoever refills it."""
        self.live = self.picture = self.picture.copy()

    def hold_view(self, on: bool) -> None:
        """Keep all that the panels show as it is, or let them go on.

        Header, footer and questions live on: they say how the desk is.
        """
        self.frozen_since = self.now if on else None
        self.picture = self.live.copy() if on else self.live
        self.held = None
        if on:
            self.held = Held(
                deepcopy(self.history),
                deepcopy(self.marks),
                self.log.copy(),
                deepcopy(self.traded),
                self.stalls,
            )
