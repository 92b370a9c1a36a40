"""The real core under virtual time, as a desk: the same picture every time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.core import Engine
from cockpit.ui.app import CockpitApp

CONFIG = Path(__file__).parent / "config"
NOON = 1_767_268_800.0
"""2026-01-01 12:00:00 UTC."""


class VirtualDesk(LocalDesk):
    """A desk that goes on by market data events, when the test says so."""

    broken_config: tuple[str, ...] = ()

    def run(self, md_events: int) -> None:
        self.engine.run(md_events)

    def config_errors(self) -> tuple[str, ...]:
        return self.broken_config or super().config_errors()


def open_desk(
    directory: Path = CONFIG, *, desk: bool = True, strategies: bool = True
) -> VirtualDesk:
    config = load(directory, [])
    if not strategies:
        config = replace(config, strategies=())
    engine = Engine(settings(config, recording=(), virtual_time=True, desk=desk))
    return VirtualDesk(engine, config)


def open_app(
    desk: VirtualDesk, *, theme: str = "dark", glyphs: str = "unicode"
) -> CockpitApp:
    return CockpitApp(desk, clock=lambda: NOON, auto=False, theme=theme, glyphs=glyphs)


def play(
    app: CockpitApp, desk: VirtualDesk, frames: int = 40, md_events: int = 2000
) -> None:
    """Let the market go on, with a frame after each stretch of it."""
    for _ in range(frames):
        desk.run(md_events)
        app.step()
