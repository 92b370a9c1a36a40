"""What the operator does with orders, strategies and symbols by dialogs of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cockpit.control.desk import Desk
from cockpit.core import RiskState, Side, SymbolHalt
from cockpit.ui import keys
from cockpit.ui.dialogs.halting import Halting, Scope
from cockpit.ui.dialogs.kill import KillBoard
from cockpit.ui.dialogs.menu import Choice, Menu
from cockpit.ui.dialogs.ticket import TicketForm
from cockpit.ui.dialogs.versions import Versions
from cockpit.ui.render import parameters
from cockpit.ui.scene import Scene


def ticket(desk: Desk, scene: Scene) -> None:
    """Write an order."""
    scene.dialog = TicketForm(scene, desk.preview, desk.order, desk.cancel)


def cancel_row(desk: Desk, scene: Scene) -> None:
    """Pull the order under the cursor. Raises LookupError when it works no more."""
    client_id = int(scene.cursor.get("working", "0") or 0)
    working = scene.live["desk"]["working"][: int(scene.live["desk"]["working_count"])]
    if client_id not in [int(order["client_id"]) for order in working]:
        raise LookupError("that order does not work any more")
    desk.cancel(client_id)
    scene.say(f"asked to pull order {client_id}", "warn")


def cancel_some(desk: Desk, scene: Scene) -> None:
    """Choose which orders to pull."""
    scene.dialog = Menu("Pull orders", partial(_cancels, desk), width=60)


def _cancels(desk: Desk, scene: Scene) -> list[Choice]:
    working = scene.live["desk"]["working"][: int(scene.live["desk"]["working_count"])]
    shown = [
        (int(order["symbol"]), int(order["side"]), int(order["strategy"]))
        for order in working
    ]
    letters = iter("abcdefgijklmnopqrstuvwxyz")

    def choice(text: str, act: Callable[[], None], *fits: int | None) -> Choice:
        """``fits``: symbol, side, strategy; None: any."""
        count = sum(
            all(
                wanted in (None, found) for wanted, found in zip(fits, order, strict=True)
            )
            for order in shown
        )
        label = f"{text}: {count} order{'' if count == 1 else 's'}"
        return Choice(
            label, partial(_asked, scene, text, act), next(letters, ""),
            "" if count else "none works",
        )  # fmt: skip

    choices = [choice("everything", desk.cancel_all, None, None, None)]
    for side in Side:
        act = partial(desk.cancel, side=side)
        choices.append(choice(_plural(side), act, None, side, None))
    for index in range(len(scene.symbols)):
        name = scene.symbol_name(index)
        act = partial(desk.cancel, symbol=index)
        choices.append(choice(f"all in {name}", act, index, None, None))
        for side in Side if index == scene.selected else ():
            act = partial(desk.cancel, symbol=index, side=side)
            choices.append(choice(f"{_plural(side)} in {name}", act, index, side, None))
    for slot in sorted({slot for _, _, slot in shown}):
        act = partial(desk.cancel, strategy=slot)
        choices.append(choice(f"all of {scene.slot_name(slot)}", act, None, None, slot))
    return choices


def _plural(side: Side) -> str:
    return "every buy" if side == Side.BUY else "every sell"


def _asked(scene: Scene, text: str, act: Callable[[], None]) -> None:
    act()
    scene.say(f"asked to pull {text}", "warn")


def kill(desk: Desk, scene: Scene) -> None:
    """Choose what to stop."""

    def command(action: str, scope: Scope) -> None:
        if action == "halt":
            desk.halt(**scope.named)
        elif action == "flatten":
            desk.flatten(**scope.named)
        elif scope.symbol is not None:
            desk.resume(symbol=scope.symbol)
        else:
            desk.unhalt()
        scene.say(f"asked to {action} {scope.name(scene)}", "warn")

    scene.dialog = KillBoard(command, partial(_kill_refusal, scene))


def _kill_refusal(scene: Scene, action: str, scope: Scope) -> str:
    if action == "halt":
        return keys.BY_NAME["halt"].refusal(scene, 0)
    if action == "flatten":
        return keys.BY_NAME["flatten"].refusal(scene, 0)
    if reason := keys.needs_controls(scene):
        return reason
    if scope.strategy is not None:
        return f"key {scope.strategy + 1} or m gives a strategy its mode"
    if scope.symbol is not None:
        halt = int(scene.live["desk"]["symbols"][scope.symbol]["halt"])
        return "it is not halted" if halt == SymbolHalt.TRADES else ""
    return "" if scene.risk_state == RiskState.HALTED else "nothing is halted as a whole"


def flattening(scene: Scene) -> Halting:
    """The dialog over everything being closed."""
    return Halting(scene, flatten=True)


def versions(desk: Desk, scene: Scene) -> None:
    """Parameters of the strategy under the cursor as they were. Raises LookupError."""
    slot = parameters.slot_of(scene)
    if slot is None:
        raise LookupError("there is no strategy")
    scene.dialog = Versions(
        slot, partial(desk.versions, slot), partial(desk.revert, slot)
    )
