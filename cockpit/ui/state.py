"""How the screen was left: read at the start, written at the end, never needed.

In the user's state directory, not among the files that trading depends on. What cannot be
read is as if it were not there.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from cockpit.ui import layout
from cockpit.ui.scene import Scene

FILE = "screen.toml"


def restore(path: Path, scene: Scene) -> None:
    """Put the scene in the order it was left in."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    panels = {name for plan in layout.SCREENS for name in plan.panels}
    if found.get("screen") in layout.BY_NAME:
        scene.screen = found["screen"]
    if found.get("focus") in layout.BY_NAME[scene.screen].panels:
        scene.focus = found["focus"]
    hidden = found.get("hidden", [])
    if isinstance(hidden, list):
        scene.hidden = {name for name in hidden if name in panels}
    sorting = found.get("sorting", {})
    if isinstance(sorting, dict):
        for name, value in sorting.items():
            if name in panels and isinstance(value, str) and value:
                scene.sorting[name] = (value.lstrip("-"), value.startswith("-"))


def save(path: Path, scene: Scene) -> None:
    """Write it, whole or not at all. Raises OSError."""
    quoted = ", ".join(f'"{name}"' for name in sorted(scene.hidden))
    lines = [
        "# How the screen was left. Written by cockpit; safe to delete.",
        f'screen = "{scene.screen}"',
        f'focus = "{scene.focus}"',
        f"hidden = [{quoted}]",
        "",
        "[sorting]",
        *(
            f'{name} = "{"-" if descending else ""}{title}"'
            for name, (title, descending) in sorted(scene.sorting.items())
        ),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(path)
