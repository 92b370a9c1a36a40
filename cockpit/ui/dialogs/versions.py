"""A strategy's parameters as they were, newest first, and the way back to one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cockpit.control.desk import StrategyVersion
from cockpit.ui.render import number
from cockpit.ui.render.overlay import box
from cockpit.ui.render.text import Row, Rows, clean, length, settle, shorten
from cockpit.ui.scene import Scene

_WIDTH = 84


class Versions:
    """Enter shows what would change, Enter again asks for it; the core says when it is
    so."""

    takes_letters = False

    def __init__(
        self,
        slot: int,
        versions: Callable[[], Sequence[StrategyVersion]],
        revert: Callable[[int], None],
    ) -> None:
        self.chosen = 0
        """Number of the version the cursor is on; 0: the newest."""
        self.asking = 0
        """The one whose change is shown."""
        self._slot = slot
        self._versions = versions
        self._revert = revert

    def rows(self, scene: Scene, width: int, height: int) -> Rows:
        across = min(_WIDTH, width - 2)
        inner = across - 4
        found = self._versions()
        body: Rows = []
        if not found:
            body.append((("No version has been confirmed by the core yet.", "dim"),))
        for version in found:
            when = number.clock_time(version.time, virtual=False, decimals=0)
            state = "runs" if version.in_force else ""
            head = f"{version.version:>4}  {when}  {state:<4}  "
            who = shorten(clean(version.who), 18, scene.glyphs.ellipsis)
            room = max(inner - len(head) - 20, 0)
            changes = clean(version.changes) or "as first read"
            mark = "|row" if version is self._at(found) else ""
            row = (
                (head, ("on" if version.in_force else "dim") + mark),
                (who.ljust(20), "dim" + mark),
                (shorten(changes, room, scene.glyphs.ellipsis), "text" + mark),
            )
            pad = max(inner - length(row), 0)
            body.append(settle((*row, (" " * pad, f"text{mark}")), inner))
        body.append(())
        body += self._change(found)
        return box(
            f"Versions of {scene.slot_name(self._slot)}", body, across, scene.glyphs
        )

    def _at(self, found: Sequence[StrategyVersion]) -> StrategyVersion | None:
        for version in found:
            if version.version == self.chosen:
                return version
        return found[0] if found else None

    def _change(self, found: Sequence[StrategyVersion]) -> Rows:
        target = next((v for v in found if v.version == self.asking), None)
        runs = next((v for v in found if v.in_force), None)
        if target is None or runs is None:
            text = (
                "Up, Down choose; Enter shows what going back would change; Esc leaves."
            )
            return [((text, "dim"),)]
        before, rows = dict(runs.values), list[Row]()
        for name, value in target.values:
            if before.get(name) != value:
                old = before.get(name)
                rows.append(((f"- {name} = {old:g}" if old is not None else "", "down"),))
                rows.append(((f"+ {name} = {value:g}", "up"),))
        if not rows:
            rows.append((("It is what runs now: nothing would change.", "dim"),))
        rows.append((("Enter asks for it; Esc leaves it.", "warn"),))
        return rows

    def key(self, scene: Scene, key: str, character: str | None) -> bool:
        found = self._versions()
        here = self._at(found)
        if key == "escape":
            if self.asking:
                self.asking = 0
            else:
                scene.dialog = None
        elif key in ("up", "down"):
            if here is not None:
                at = found.index(here) + (1 if key == "down" else -1)
                self.chosen = found[min(max(at, 0), len(found) - 1)].version
                self.asking = 0
        elif key == "enter":
            self._enter(scene, here)
        else:
            return False
        return True

    def _enter(self, scene: Scene, here: StrategyVersion | None) -> None:
        if here is None:
            return
        if here.in_force:
            scene.say(f"version {here.version} runs already", "warn")
        elif self.asking != here.version:
            self.asking = here.version
        else:
            self.asking = 0
            scene.dialog = None
            try:
                self._revert(here.version)
            except Exception as error:
                scene.say(f"back to version {here.version}: {error}", "bad")
                return
            name = scene.slot_name(self._slot)
            scene.say(f"asked {name} to go back to version {here.version}")
