"""Colour themes: a TOML file that gives each style name its look.

A look is ``[bold] [underline] [reverse] [COLOUR] [on COLOUR]``; a colour is ``#rrggbb``
or one of the terminal's sixteen by name (``bright_cyan``).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from rich.color import Color, ColorParseError
from rich.errors import StyleSyntaxError
from rich.style import Style

from cockpit import paths

STYLE_NAMES = (
    "text", "dim", "faint", "strong", "title", "head", "accent", "tab", "key", "frame",
    "up", "down", "flat", "bid", "ask", "bid.bar", "ask.bar", "own",
    "price", "price.touch", "price.last", "spark", "gauge", "gauge.back",
    "on", "off", "pending", "warn", "bad", "alarm", "stale", "late", "source",
    "row", "stripe",
    "mode.sim", "mode.replay", "mode.paper", "mode.other",
    "edge.sim", "edge.replay", "edge.paper", "edge.other",
    "risk.active", "risk.paused", "risk.flattening", "risk.halted", "risk.off",
)  # fmt: skip


class ThemeError(Exception):
    """A theme cannot be used; the message says which file and why."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Style names resolved, each with its background."""

    name: str
    ansi: bool
    """It uses the terminal's own sixteen colours and background."""
    dark: bool
    background: str
    foreground: str
    styles: dict[str, Style]

    def look(self, name: str) -> Style:
        """A style by name; ``name|row`` is the same on the ground of ``row``."""
        if name not in self.styles:
            base, _, ground = name.partition("|")
            on = self.styles[ground]
            # Where a look is turned round, turning round its ground would undo it.
            keep = self.styles[base].reverse or base.startswith(("mode", "risk", "tab"))
            self.styles[name] = self.styles[base] + (
                Style() if keep else Style(bgcolor=on.bgcolor, reverse=on.reverse)
            )
        return self.styles[name]


def load(name: str, themes_dir: Path | None = None, *, colour: bool = True) -> Theme:
    """Read ``name``.toml. Without ``colour`` only bold, underline and reverse are kept.

    Raises :class:`ThemeError`.
    """
    path = (themes_dir or paths.themes()) / f"{name}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        there = sorted(p.stem for p in path.parent.glob("*.toml"))
        raise ThemeError(
            f"no theme {name!r} in {path.parent}; there is: {', '.join(there)}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ThemeError(f"{path}: {error}") from error
    looks = content.get("styles")
    if not isinstance(looks, dict):
        raise ThemeError(f"{path}: no [styles]")
    looks = _flat(looks)
    if missing := [style for style in STYLE_NAMES if style not in looks]:
        raise ThemeError(f"{path}: no look for {', '.join(missing)}")
    if unknown := [style for style in looks if style not in STYLE_NAMES]:
        raise ThemeError(f"{path}: unknown styles {', '.join(unknown)}")
    background, foreground = (
        str(content.get(key, "")) for key in ("background", "foreground")
    )
    ansi = bool(content.get("ansi", False))
    if not colour:
        background = foreground = "default"
        ansi = True
    try:
        ground = Style.parse(f"{foreground} on {background}")
        styles = {
            style: ground + _look(str(looks[style]), colour) for style in STYLE_NAMES
        }
    except (StyleSyntaxError, ColorParseError) as error:
        raise ThemeError(f"{path}: {error}") from error
    return Theme(
        name=name,
        ansi=ansi,
        dark=bool(content.get("dark", True)),
        background=background,
        foreground=foreground,
        styles=styles,
    )


def _flat(looks: dict[str, object], prefix: str = "") -> dict[str, object]:
    """TOML reads an unquoted ``bid.bar`` as a table in ``bid``: undo that."""
    flat: dict[str, object] = {}
    for key, value in looks.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _look(text: str, colour: bool) -> Style:
    style = Style.parse(text)
    if colour:
        return style
    # A word on a ground of its own stays one: reversed instead of coloured.
    return Style(
        bold=style.bold,
        underline=style.underline,
        reverse=style.reverse or (style.bgcolor is not None) or None,
    )


def css_colour(colour: str) -> str:
    """A rich colour as Textual names it in CSS."""
    parsed = Color.parse(colour)
    if parsed.is_default:
        return "ansi_default"
    return colour if colour.startswith("#") else f"ansi_{colour}"
