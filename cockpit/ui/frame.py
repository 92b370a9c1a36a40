"""A frame: what is on the screen and where, as rows of text. No widget and no Textual.

Questions and the list of keys are drawn over the panels, below the header, which stays in
sight and goes on living; so does everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.ui import layout
from cockpit.ui.layout import Rect
from cockpit.ui.panels import PANELS
from cockpit.ui.panels.base import Panel
from cockpit.ui.render import (
    alert,
    footer,
    header,
    latency,
    overlay,
    risk,
    small,
    strategies,
    tabs,
)
from cockpit.ui.render.text import Rows
from cockpit.ui.scene import Scene

TITLES: dict[str, str] = {panel.NAME: panel.TITLE for panel in PANELS}
BY_NAME: dict[str, Panel] = {panel.NAME: panel() for panel in PANELS}
PARTS = ("header", "alert", "tabs", "small", "footer", "edge", *BY_NAME, "over")
"""Everything that can have a place, what covers others behind what is covered."""
_PROMPT_WIDTH = 62


@dataclass(frozen=True, slots=True)
class Frame:
    """What is shown, where, and what could not be drawn, in words."""

    placed: dict[str, Rect]
    rows: dict[str, Rows]
    failures: list[str]


def compose(scene: Scene, width: int, height: int) -> Frame:
    """Draw ``scene`` for a terminal of this size. The scene learns what has a place."""
    scene.layout = layout.kind(width, height)
    panels = layout.BY_NAME[scene.screen].panels
    if scene.focus not in panels:
        scene.focus = panels[0]
    over = _over(scene, width, height)
    frame = Frame(_plan(scene, over, width, height), {}, [])
    scene.placed = tuple(name for name in frame.placed if name in BY_NAME)
    for name, rect in frame.placed.items():
        if panel := BY_NAME.get(name):
            frame.rows[name], failure = panel.rows(scene, rect.width, rect.height)
            if failure:
                frame.failures.append(f"panel {name}: {failure}")
        else:
            rows = over if name == "over" else _rows(name, scene, width, height)
            frame.rows[name] = rows
    return frame


def _rows(name: str, scene: Scene, width: int, height: int) -> Rows:
    match name:
        case "header":
            return header.render(scene, width)
        case "alert":
            return [alert.render(scene, width)]
        case "tabs":
            titles = [(n, TITLES[n]) for n in layout.BY_NAME[scene.screen].panels]
            return [tabs.render(titles, scene.focus, width)]
        case "edge":
            edge = (scene.glyphs.edge, header.edge_style(scene))
            return [(edge,)] * height
        case "small":
            return small.render(scene, width, height)
    return [footer.render(scene, width)]


def _over(scene: Scene, width: int, height: int) -> Rows:
    if scene.layout == "tiny":
        return []
    if scene.prompt:
        return overlay.prompt_rows(scene, scene.prompt, min(_PROMPT_WIDTH, width - 4))
    room = height - header.HEIGHT - 1
    if scene.dialog:
        return scene.dialog.rows(scene, width, room)
    if scene.helping:
        return overlay.help_rows(scene, width if width < 100 else 96, room)
    return []


def _plan(scene: Scene, over: Rows, width: int, height: int) -> dict[str, Rect]:
    if scene.layout == "tiny":
        return {"small": Rect(0, 0, width, height)}
    plan = {"header": Rect(0, 0, width, header.HEIGHT)}
    top = header.HEIGHT
    if scene.config_errors:
        plan["alert"] = Rect(0, top, width, 1)
        top += 1
    if scene.layout == "one":
        plan["tabs"] = Rect(0, top, width, 1)
        top += 1
    else:
        top += 1  # air
    plan["edge"] = Rect(0, top, 1, height - 1 - top)
    plan["footer"] = Rect(0, height - 1, width, 1)
    # A line of air above the keys, where there is room for it.
    bottom = height - (2 if scene.layout != "one" and height >= 30 else 1)
    needs = layout.Needs(
        strategies=strategies.line_count(scene),
        symbols=len(scene.symbols),
        latency=latency.rows_wanted(scene) + 1,
        risk=risk.rows_wanted(scene) + 1,
    )
    plan |= layout.arrange(
        layout.BY_NAME[scene.screen],
        scene.hidden,
        width,
        top,
        bottom,
        scene.focus,
        needs,
        scene.layout,
        scene.maximised,
    )
    if over:
        across = sum(len(text) for text, _ in over[0])
        room = height - 1 - header.HEIGHT
        down = header.HEIGHT + max((room - len(over)) // 2, 0)
        plan["over"] = Rect((width - across) // 2, down, across, min(len(over), room))
    return plan
