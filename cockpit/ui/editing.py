"""Values of the desk's files, opened to be changed: limits and parameters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cockpit.core import LIMITS, TRIGGERS, Parameter, Scope
from cockpit.ui.dialogs.form import Change, Form
from cockpit.ui.dialogs.menu import Choice, Menu
from cockpit.ui.render import parameters, risk
from cockpit.ui.scene import Scene

Ways = tuple[Callable[[str], Change | None], Callable[[Change], None]]
"""What typing a value would change, and making it so."""
LimitWays = Callable[[str, int | None], Ways]
"""The same for a limit by its name in the file and what is enforced now."""


def limit(scene: Scene, key: str, ways: LimitWays) -> None:
    """The limit of a row of the risk panel. Raises LookupError when it has gone."""
    gauge = risk.at_key(scene, key)
    if gauge is None:
        raise LookupError("that limit is not there any more")
    _open_limit(scene, gauge.index, gauge.scope, gauge.target, ways)


def _open_limit(
    scene: Scene, index: int, scope: Scope, target: int, ways: LimitWays
) -> None:
    """Of the desk, or of one symbol or strategy, which need not have it yet."""
    parameter = LIMITS[index]
    found = {
        (gauge.index, gauge.scope, gauge.target): gauge
        for gauge in risk.gauges(scene, live=True)
    }
    gauge = found.get((index, scope, target))
    unit = f" {parameter.unit}".rstrip()
    name = risk.name_in_file(scene, index, scope, target)
    facts = [("limit", name), ("meaning", parameter.help)]
    if gauge is None:
        facts.append(("in force", "none of its own"))
    else:
        facts += [
            ("in force", risk.value(gauge.limit, parameter) + unit),
            ("used", risk.value(gauge.used, parameter) + unit),
        ]
    if scope != Scope.GLOBAL:
        everybody = found.get((index, Scope.GLOBAL, 0))
        if everybody is not None:
            held = risk.value(everybody.limit, parameter) + unit
            facts.append(("the desk's", f"{held}, which holds as well"))
    facts.append(("allowed", _range(parameter)))
    if gauge is not None and scope != Scope.GLOBAL:
        facts.append(("", "none takes it out of the file"))
    enforced = None if gauge is None else gauge.limit
    scene.dialog = Form("Limit", facts, *ways(name, enforced))


def _range(parameter: Parameter) -> str:
    low, high = (f"{end:,.12g}" for end in (parameter.minimum, parameter.maximum))
    return f"{low} to {high} {parameter.unit}".rstrip()


def narrower(scene: Scene, ways: LimitWays) -> None:
    """Choose a symbol or strategy, and which limit it shall have of its own; or the
    breakers, and what they trip at."""
    scene.dialog = Menu(
        "A limit of one symbol or strategy, or what breakers trip at",
        lambda scene: _targets(scene, ways),
        typing=True,
        width=60,
    )


def _targets(scene: Scene, ways: LimitWays) -> list[Choice]:
    targets = [(Scope.SYMBOL, index) for index in range(len(scene.symbols))]
    targets += [(Scope.STRATEGY, slot) for slot, _ in scene.slots()]
    words = {Scope.SYMBOL: "symbol", Scope.STRATEGY: "strategy"}
    choices = [
        Choice(
            risk.whose(scene, scope, target),
            partial(_choose, scene, scope, target, ways),
            words[scope],
        )
        for scope, target in targets
    ]
    return [*choices, Choice("the breakers", partial(_choose_trigger, scene, ways))]


def _choose_trigger(scene: Scene, ways: LimitWays) -> None:
    scene.dialog = Menu(
        "What the breakers trip at",
        lambda scene: [
            Choice(
                f"{trigger.name}: {_tripping_at(scene, index)}",
                partial(_open_trigger, scene, index, ways),
            )
            for index, trigger in enumerate(TRIGGERS)
        ],
        typing=True,
        width=60,
    )


def _tripping_at(scene: Scene, index: int) -> str:
    in_force = int(scene.live["desk"]["triggers"][index])
    return f"{in_force:,} {TRIGGERS[index].unit}"


def _open_trigger(scene: Scene, index: int, ways: LimitWays) -> None:
    parameter = TRIGGERS[index]
    name = f"breakers.{parameter.name}"
    facts = [
        ("trigger", name),
        ("meaning", parameter.help),
        ("in force", _tripping_at(scene, index)),
        ("allowed", _range(parameter)),
    ]
    in_force = int(scene.live["desk"]["triggers"][index])
    scene.dialog = Form("Breaker", facts, *ways(name, in_force))


def _choose(scene: Scene, scope: Scope, target: int, ways: LimitWays) -> None:
    scene.dialog = Menu(
        f"Which limit of {risk.whose(scene, scope, target)}",
        lambda scene: _limits_of(scene, scope, target, ways),
        typing=True,
        width=60,
    )


def _limits_of(scene: Scene, scope: Scope, target: int, ways: LimitWays) -> list[Choice]:
    own = {
        gauge.index: gauge
        for gauge in risk.gauges(scene, live=True)
        if (gauge.scope, gauge.target) == (scope, target)
    }
    choices = []
    for index, parameter in enumerate(LIMITS):
        if scope not in parameter.scopes:
            continue
        held = "none"
        if gauge := own.get(index):
            held = f"{risk.value(gauge.limit, parameter)} {parameter.unit}"
        choices.append(
            Choice(
                f"{parameter.name}: {held}",
                partial(_open_limit, scene, index, scope, target, ways),
            )
        )
    return choices


def parameter(
    scene: Scene, slot: int, index: int, ways: Callable[[str, str], Ways]
) -> None:
    """A parameter of the strategy in a slot."""
    picture = dict(scene.slots())[slot]
    found = parameters.declared(scene, picture)[index]
    name = scene.slot_name(slot)
    value = float(picture["config"]["parameters"][index])
    unit = f" {found.unit}".rstrip()
    facts = [
        ("strategy", name),
        ("parameter", found.name),
        ("meaning", found.help),
        ("in force", parameters.plain(value, found) + unit),
        ("allowed", _range(found)),
    ]
    scene.dialog = Form("Parameter", facts, *ways(name, found.name))
