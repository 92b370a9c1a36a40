"""The screen of a desk in another process: the same one, but that it can be left alone.

Leaving it leaves the desk trading. One screen has the controls; on the others `t` `t`
takes them, which everybody is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, cast

from cockpit.control.remote import RemoteDesk, RemoteEdit
from cockpit.ui.app import CockpitApp
from cockpit.ui.dialogs.form import Change


class AttachedApp(CockpitApp):
    """A screen over a remote desk. Raises :class:`cockpit.ui.themes.ThemeError`."""

    def __init__(self, desk: RemoteDesk, **options: Any) -> None:
        super().__init__(desk, **options)
        self._remote = desk
        self._since = self._clock()
        self._leaving = False

    def _read(self) -> None:
        super()._read()
        self.scene.sit(self._remote)

    def _limit_change(
        self, name: str, enforced: int | None
    ) -> tuple[Callable[[str], Change | None], Callable[[Change], None]]:
        # The desk has the files: it says what would change, and changes them.
        def plan(typed: str) -> Change | None:
            return self._remote.plan_edit("limit", limit=name, value=typed)

        return plan, self._write

    def _parameter_change(
        self, strategy: str, name: str
    ) -> tuple[Callable[[str], Change | None], Callable[[Change], None]]:
        def plan(typed: str) -> Change | None:
            named = {"strategy": strategy, "parameter": name}
            return self._remote.plan_edit("parameter", **named, value=typed)

        return plan, self._write

    def _write(self, change: Change) -> None:
        self._remote.write_edit(cast(RemoteEdit, change))

    def _do_take_over(self) -> None:
        self._remote.take_controls()
        self.scene.say("asked for the controls")

    def close_desk(self, code: int = 0) -> None:
        """Leave the desk to itself, and then leave with ``code``."""
        if self._leaving:
            self.exit(return_code=code)
            return
        self._leaving = True
        self.scene.say("leaving: the desk trades on")
        self.draw()
        loop = asyncio.get_running_loop()

        def leave() -> None:
            error = self._remote.close()
            with contextlib.suppress(RuntimeError):  # left already, by a second press
                loop.call_soon_threadsafe(self._leave, error, code)

        # Of its own: a desk that hangs must not keep us.
        threading.Thread(target=leave, name="leave", daemon=True).start()
