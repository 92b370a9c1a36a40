"""``cockpit strategy new``: a strategy to begin with, and its test."""

from __future__ import annotations

import re
from pathlib import Path

from cockpit.core import NAME_MAX

TEMPLATES = Path(__file__).resolve().parent / "templates"
NAME = re.compile(r"[a-z][a-z0-9_]*")


class Refused(Exception):
    """Nothing was written; the message says why."""


def write(name: str, directory: Path, *, language: str) -> tuple[Path, Path]:
    """Write ``name.c`` or ``name.py`` and ``test_name.py``; where they are."""
    if not NAME.fullmatch(name) or len(name) > NAME_MAX:
        raise Refused(
            f"{name!r} is no name for a strategy: 1 to {NAME_MAX} of a-z 0-9 _, "
            "beginning with a letter"
        )
    suffix = {"c": ".c", "python": ".py"}[language]
    made = {
        directory / f"{name}{suffix}": f"strategy{suffix}.txt",
        directory / f"test_{name}.py": "test_strategy.py.txt",
    }
    for path in made:
        if path.exists():
            raise Refused(f"{path} is there already")
    directory.mkdir(parents=True, exist_ok=True)
    for path, template in made.items():
        text = (TEMPLATES / template).read_text()
        path.write_text(text.replace("@NAME@", name).replace("@FILE@", f"{name}{suffix}"))
    strategy, test = made
    return strategy, test
