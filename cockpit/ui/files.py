"""The files the screen itself reads again: its theme, its scenarios.

A file that cannot be used changes nothing and is said until it is mended.
"""

from __future__ import annotations

from pathlib import Path

from cockpit import paths
from cockpit.config.reading import signature_of
from cockpit.control.desk import Desk
from cockpit.observe.exposure import Scenario, StressError, read_scenarios
from cockpit.ui import themes
from cockpit.ui.themes import Theme, ThemeError

EVERY_S = 1.0
STRESS = "stress.toml"


class Files:
    """What is in force of them."""

    def __init__(
        self,
        desk: Desk,
        theme: Theme,
        themes_dir: Path | None,
        colour: bool,
        problems: tuple[str, ...],
    ) -> None:
        self.theme = theme
        self._always = problems
        self._problem: dict[Path, str] = {}
        self._themes_dir = themes_dir or paths.themes()
        self._colour = colour
        directory: Path | None = getattr(desk, "directory", None)
        self._stress_path = (directory or paths.config()) / STRESS
        self.scenarios: tuple[Scenario, ...] = ()
        self._seen: dict[Path, tuple[int, int, int] | None] = {}
        self._seen[self._theme_path] = signature_of(self._theme_path)
        self._last = 0.0

    @property
    def _theme_path(self) -> Path:
        return self._themes_dir / f"{self.theme.name}.toml"

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with them now, in words."""
        return (*self._always, *self._problem.values())

    def due(self, now: float) -> bool:
        """Is it time for another look?"""
        if 0 <= now - self._last < EVERY_S and self._last:
            return False
        self._last = now
        return True

    def look(self) -> list[str]:
        """Read what has changed; what is new in force, in words."""
        said = []
        for path, read in (
            (self._theme_path, self._theme),
            (self._stress_path, self._stress),
        ):
            signature = signature_of(path)
            if path in self._seen and self._seen[path] == signature:
                continue
            first = path not in self._seen
            self._seen[path] = signature
            try:
                text = read()
            except (ThemeError, StressError) as error:
                self._problem[path] = str(error)
                continue
            self._problem.pop(path, None)
            if not first:
                said.append(text)
        return said

    def _theme(self) -> str:
        self.theme = themes.load(self.theme.name, self._themes_dir, colour=self._colour)
        return f"the theme {self.theme.name} was read again"

    def _stress(self) -> str:
        self.scenarios = read_scenarios(self._stress_path)
        return f"{STRESS}: {len(self.scenarios)} scenarios in force"

    # ---- themes ------------------------------------------------------------------------

    def theme_names(self) -> list[str]:
        return sorted(path.stem for path in self._themes_dir.glob("*.toml"))

    def next_theme(self) -> str:
        names = self.theme_names()
        at = names.index(self.theme.name) if self.theme.name in names else -1
        return names[(at + 1) % len(names)]

    def choose(self, name: str) -> Theme:
        """Raises :class:`ThemeError`; then the one before stays."""
        self._problem.pop(self._theme_path, None)
        self.theme = themes.load(name, self._themes_dir, colour=self._colour)
        self._seen[self._theme_path] = signature_of(self._theme_path)
        return self.theme
