"""Styles as a terminal is told them: of each only what differs from the one before."""

from __future__ import annotations

from functools import lru_cache

from rich.color import ColorSystem
from rich.style import Style

Codes = tuple[str, str, str]
"""Attributes, colour, ground."""
RESET: Codes = ("", "39", "49")
"""What a terminal writes in after a reset."""


@lru_cache(maxsize=1024)
def codes(style: Style, system: ColorSystem) -> Codes:
    """What a style asks for, apart: attributes, colour, ground."""
    colour, ground = style.color, style.bgcolor
    return (
        style.without_color._make_ansi_codes(system),
        ";".join(colour.downgrade(system).get_ansi_codes(True)) if colour else "39",
        ";".join(ground.downgrade(system).get_ansi_codes(False)) if ground else "49",
    )


@lru_cache(maxsize=4096)
def switch(now: Codes, wanted: Codes) -> str:
    """The shortest way from one look to another. Attributes only go away with a reset."""
    if now[0] != wanted[0]:
        codes = ["0", *(code for code in wanted if code not in ("", "39", "49"))]
    else:
        codes = [new for old, new in zip(now, wanted, strict=True) if old != new]
    return f"\x1b[{';'.join(codes)}m"
