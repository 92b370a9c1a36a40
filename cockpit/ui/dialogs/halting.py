"""A kill while it happens: orders out, cancels answered, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cockpit.control.notes import CAUSES
from cockpit.control.venue_word import strangers
from cockpit.core import ORDER_STATES, Cause, Kill, Mode, RiskState, SymbolHalt
from cockpit.ui.render import number
from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Row, Rows, clean, wrap
from cockpit.ui.scene import Scene

_WIDTH = 68
_CANCELLING = ORDER_STATES.index("pending_cancel")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped: a strategy by its slot, a symbol by its index, or everything."""

    strategy: int | None = None
    symbol: int | None = None

    @property
    def named(self) -> dict[str, int]:
        """As the desk's commands take it."""
        given = {"strategy": self.strategy, "symbol": self.symbol}
        return {name: value for name, value in given.items() if value is not None}

    def name(self, scene: Scene) -> str:
        if self.strategy is not None:
            return scene.slot_name(self.strategy)
        if self.symbol is not None:
            return scene.symbol_name(self.symbol)
        return "everything"

    def orders(self, scene: Scene) -> tuple[int, int]:
        """Those that work, and cancels without an answer; of a scope as far as shown."""
        desk = scene.live["desk"]
        if not self.named:
            left = int(desk["working_count"]) + strangers(scene.live)
            return left, int(desk["cancels_pending"])
        named = self.named
        states = [
            int(order["state"])
            for order in desk["working"][: int(desk["working_count"])]
            if all(int(order[field]) == value for field, value in named.items())
        ]
        return len(states), states.count(_CANCELLING)

    def position(self, scene: Scene) -> int:
        """Lots; of everything the number of open positions."""
        desk = scene.live["desk"]
        if self.strategy is not None:
            return int(desk["strategies"][self.strategy]["position"])
        if self.symbol is not None:
            return int(desk["symbols"][self.symbol]["position"])
        return sum(1 for position in desk["symbols"]["position"] if int(position))

    def state(self, scene: Scene) -> str:
        """As the core says it now."""
        desk = scene.live["desk"]
        if self.strategy is not None:
            found = desk["strategies"][self.strategy]
            kill = Kill(int(found["kill"]))
            if kill != Kill.NONE:
                return kill.name
            return Mode(int(found["config"]["mode"])).name
        if self.symbol is not None:
            return SymbolHalt(int(desk["symbols"][self.symbol]["halt"])).name
        return scene.risk_state.name

    def is_stopped(self, scene: Scene) -> bool:
        """Nothing new comes of it, the core says."""
        desk = scene.live["desk"]
        if self.strategy is not None:
            return int(desk["strategies"][self.strategy]["config"]["mode"]) == Mode.OFF
        if self.symbol is not None:
            return int(desk["symbols"][self.symbol]["halt"]) != SymbolHalt.TRADES
        return scene.risk_state == RiskState.HALTED

    def is_flat(self, scene: Scene) -> bool:
        """Nothing held, and the core has ended closing it."""
        closing = self.state(scene) == "FLATTENING"
        return not closing and not self.position(scene)

    def account(self, scene: Scene) -> str:
        """Who stopped it, when and why, as the core tells it; empty when it does not."""
        desk = scene.live["desk"]
        if self.symbol is not None:
            found: Any = desk["symbols"][self.symbol]
            when, by = int(found["halt_ns"]), _text(found["halt_by"])
            cause, why = int(found["halt_cause"]), ""
        elif self.strategy is None:
            when, by = int(desk["risk_changed_ns"]), _text(desk["state_by"])
            cause, why = int(desk["state_cause"]), _text(desk["state_why"])
        else:
            return ""
        at = number.clock_time(scene.shown_seconds(when), scene.virtual) if when else ""
        words = [self.state(scene), at and f"since {at}"]
        words.append(f"by {by}" if by else CAUSES.get(Cause(cause), ""))
        return ", ".join(filter(None, words)) + (f": {why}" if why else "")


def _text(raw: Any) -> str:
    return clean(bytes(raw).decode("utf-8", "replace"))


class Halting:
    """Goes on ticking; every key of the screen works meanwhile. Esc leaves."""

    takes_letters = False

    def __init__(
        self, scene: Scene, scope: Scope | None = None, *, flatten: bool = False
    ) -> None:
        self.scope = scope or Scope()
        self._flatten = flatten
        self._began = scene.now
        self._orders, _ = self.scope.orders(scene)
        self._held = abs(self.scope.position(scene))
        self._done: float | None = None

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        scope = self.scope
        left, pending = scope.orders(scene)
        everything = not scope.named
        if self._flatten and everything:
            stopped = scene.risk_state in (RiskState.FLATTENING, RiskState.PAUSED)
        else:
            stopped = scope.is_stopped(scene)
        flat = scope.is_flat(scene) and (not everything or self._paused(scene))
        done = stopped and not left and not pending and (flat or not self._flatten)
        if done and self._done is None:
            self._done = scene.now
        self._orders = max(self._orders, left)
        passed = (self._done or scene.now) - self._began
        what = "HALTED" if everything else "stopped"
        if self._flatten and everything:
            what = "FLATTENING"
        body: Rows = [
            _step("asked of the core", True, ""),
            _step(f"{what}, the core says", stopped, number.span(passed)),
            _step(
                "orders pulled",
                stopped and not left,
                f"{self._orders - left} of {self._orders}",
            ),
            _step("cancels answered", stopped and not pending, f"{pending} outstanding"),
        ]
        if self._flatten:
            held = scope.position(scene)
            unit = "positions open" if everything else "lots held"
            body.append(_step("closed", flat, f"{held:,} {unit}"))
        body.append(())
        inner = min(_WIDTH, width - 2) - 4
        if self._done is not None:
            body += self._ending(scene, inner)
        else:
            body.append((("The core has not confirmed it yet.", "warn"),))
        title = "Flatten" if self._flatten else "Halt"
        if not everything:
            title = f"{title} {scope.name(scene)}"
        return box(title, body, inner + 4, scene.glyphs)

    def _paused(self, scene: Scene) -> bool:
        return scene.risk_state == RiskState.PAUSED

    def _ending(self, scene: Scene, width: int) -> Rows:
        assert self._done is not None
        after = number.span(self._done - self._began)
        scope = self.scope
        said = f"{scope.state(scene)} after {after}."
        if scope.named:
            said = f"{scope.name(scene)}: {said}"
        rows: Rows = [((said, "strong"),)]
        account = scope.account(scene)
        if not account:
            wanted = scope.name(scene) if scope.named else "halt"
            found = (e for e in reversed(scene.log) if wanted in f"{e.source} {e.text}")
            if event := next(found, None):
                at = number.clock_time(event.time, scene.virtual)
                account = f"{at} {event.source}: {event.text}"
        rows += [((line, "dim"),) for line in wrap(clean(account), width)]
        back = "u leaves it for PAUSED; " if not scope.named and not self._flatten else ""
        if scope.symbol is not None:
            back = "K, then r, lets it trade again; "
        if scope.strategy is not None:
            back = f"{scope.strategy + 1} or m gives it a mode again; "
        return [*rows, ((f"{back}Esc closes this.", "dim"),)]

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        if key in ("escape", "enter"):
            scene.dialog = None
            return True
        return False


def _step(text: str, done: bool, note: str) -> Row:
    style = "text" if done else "pending"
    return (
        (("done" if done else "waits").ljust(7), "on" if done else "pending"),
        (text.ljust(26), style),
        (note, "dim"),
    )
