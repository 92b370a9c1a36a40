"""The characters that are not letters, in a Unicode and an ASCII set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One character each, but for the ramps and the unit."""

    up: str
    down: str
    flat: str
    on: str
    off: str
    partly: str
    waiting: str
    ellipsis: str
    rule: str
    bar: str
    bar_half: str
    bar_back: str
    block: str
    ramp: str
    """From least to most, for history."""
    micro: str
    mark: str
    late: str
    corners: str
    """Of a box: top left, top right, bottom left, bottom right."""
    side: str
    cursor: str
    edge: str
    """Down the left side of the screen, in the market's colour."""
    about: str
    """Before a figure that is an estimate."""
    none: str
    """Instead of a figure that was not measured."""
    braille: bool


UNICODE = Glyphs(
    up="▲", down="▼", flat="·", on="●", off="○", partly="◐", waiting="◌", ellipsis="…",
    rule="─", bar="━", bar_half="╸", bar_back="─", block="▆", ramp="▁▂▃▄▅▆▇",
    micro="µ", mark="◆", late="!", corners="╭╮╰╯", side="│", cursor="▏",
    edge="▎", about="≈", none="–", braille=True,
)  # fmt: skip

ASCII = Glyphs(
    up="^", down="v", flat=".", on="*", off="o", partly="%", waiting="~", ellipsis=".",
    rule="-", bar="#", bar_half="#", bar_back=".", block="#", ramp="_.-~=+*#",
    micro="u", mark="<", late="!", corners="++++", side="|", cursor="_",
    edge="|", about="~", none="-", braille=False,
)  # fmt: skip

SETS = {"unicode": UNICODE, "ascii": ASCII}
