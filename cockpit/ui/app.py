"""The terminal application: keys in, frames out, and an orderly way to leave.

It owns the one timer that paints. A frame reads the desk once, redraws what changed and
arms the timer again, so that frames never pile up; while the terminal has not taken the
last one, the next waits and then shows the newest state. Commands go to the desk and are
shown when its picture confirms them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event as TextualEvent
from textual.events import Key, Resize

from cockpit.control.desk import Desk, Event
from cockpit.core import Mode, RiskState, Severity
from cockpit.ui import keys, painting, themes
from cockpit.ui.render import glyphs as glyph_sets
from cockpit.ui.render.text import clean
from cockpit.ui.scene import PENDING_S, Pending, Prompt, Scene
from cockpit.ui.screens.main import TITLES, MainScreen

REFRESH_MIN_HZ, REFRESH_MAX_HZ = 1.0, 10.0
_PANEL_NAMES = [name for name, _ in TITLES]
_NEVER_TYPED = frozenset(
    key for name in ("halt", "quit_now") for key in keys.BY_NAME[name].keys
)
_SIGNALS = (signal.SIGHUP, signal.SIGTERM)


def _bindings() -> list[BindingType]:
    # Of priority: they act in the app's own queue, in which questions are answered too.
    # Otherwise a fast typist's letters would overtake the question they answer.
    return [
        Binding(
            key,
            f"perform('{action.name}', {index})",
            action.help,
            show=False,
            priority=True,
        )
        for action in keys.ACTIONS
        for index, key in enumerate(action.keys)
    ]


class CockpitApp(App[int], inherit_bindings=False):
    """A screen over ``desk``, which is running and is closed on the way out.

    ``clock`` gives seconds since 1970. Without ``auto`` nothing is painted until
    :meth:`step` is called. Raises :class:`cockpit.ui.themes.ThemeError`.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = _bindings()

    def __init__(
        self,
        desk: Desk,
        *,
        clock: Callable[[], float] = time.time,
        auto: bool = True,
        refresh_hz: float = 4,
        theme: str = "dark",
        glyphs: str = "unicode",
        themes_dir: Path | None = None,
    ) -> None:
        colour = "NO_COLOR" not in os.environ
        self._look = themes.load(theme, themes_dir, colour=colour)
        super().__init__(ansi_color=self._look.ansi)
        painting.install()
        self.animation_level = "none"
        self.desk = desk
        self.scene = Scene(
            glyphs=glyph_sets.SETS[glyphs],
            refresh_hz=min(max(refresh_hz, REFRESH_MIN_HZ), REFRESH_MAX_HZ),
        )
        self.closing_error = ""
        """What close() could not do, after the app has ended."""
        self.closed = asyncio.Event()
        """Set when the desk has been closed."""
        self._clock = clock
        self._auto = auto
        self.main = MainScreen(self._look, self._begin)
        self._signals: list[signal.Signals] = []
        self._failures: set[str] = set()
        self._begun = False

    # ---- life --------------------------------------------------------------------

    def get_default_screen(self) -> MainScreen:
        return self.main

    def on_mount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            try:
                loop.add_signal_handler(number, self._on_signal, number)
            except (RuntimeError, ValueError, NotImplementedError):
                continue  # not the main thread: the signal is somebody else's
            self._signals.append(number)

    def _begin(self) -> None:
        self._begun = True
        self.step()
        self._arm()

    def on_unmount(self) -> None:
        loop = asyncio.get_running_loop()
        for number in self._signals:
            loop.remove_signal_handler(number)

    def _on_signal(self, number: signal.Signals) -> None:
        if self.scene.closing_since is None:
            self.close_desk(128 + number)
        else:
            self.exit(return_code=128 + number)

    def close_desk(self, code: int = 0) -> None:
        """Close the desk, saying so meanwhile, and then leave with ``code``."""
        scene = self.scene
        if scene.closing_since is not None:
            return
        # The picture belongs to whoever closes from now on.
        scene.freeze()
        scene.closing_since = scene.now = self._clock()
        scene.prompt, scene.helping = None, False
        loop = asyncio.get_running_loop()

        def close() -> None:
            try:
                error = self.desk.close()
            except Exception as problem:
                error = f"{type(problem).__name__}: {problem}"
            loop.call_soon_threadsafe(self._leave, error, code)

        # Of its own and not to be waited for: a close that hangs must not keep us.
        threading.Thread(target=close, name="close", daemon=True).start()
        self.draw()

    def _leave(self, error: str, code: int) -> None:
        self.closed.set()
        self.closing_error = error
        self.exit(return_code=code or (1 if error else 0))

    # ---- frames ------------------------------------------------------------------

    def _arm(self) -> None:
        if self._auto:
            self.set_timer(1 / self.scene.refresh_hz, self._tick)

    def _tick(self) -> None:
        try:
            if not painting.backlog(self):
                self.step()
        finally:
            self._arm()

    def step(self) -> None:
        """One frame: read the desk and draw."""
        self._read()
        self.draw()

    def _read(self) -> None:
        scene = self.scene
        now = self._clock()
        if scene.closing_since is not None:
            scene.expire(now)
        else:
            try:
                scene.refresh(self.desk, now)
                scene.trouble = ""
            except Exception as error:
                scene.expire(now)
                scene.trouble = clean(
                    f"no picture from the desk: {type(error).__name__}: {error}"
                )
                self._report(scene.trouble)

    def draw(self) -> None:
        """Draw the scene as it is, without asking the desk."""
        if not self._begun:
            return  # a resize can come before there is anything to resize
        try:
            for failure in self.main.paint(self.scene):
                self._report(failure)
        except Exception as error:
            failure = clean(
                f"the screen cannot be drawn: {type(error).__name__}: {error}"
            )
            self.scene.say(failure, "bad")
            self._report(failure)

    def _report(self, failure: str) -> None:
        """Into the log, once for each failure."""
        if failure in self._failures:
            return
        self._failures.add(failure)
        self.scene.log.append(Event(self.scene.now, Severity.WARNING, "screen", failure))

    def on_resize(self, event: Resize) -> None:
        self.call_next(self.draw)

    # ---- keys --------------------------------------------------------------------

    async def on_event(self, message: TextualEvent) -> None:
        if (
            isinstance(message, Key)
            and not message.is_forwarded
            and self._answers(message)
        ):
            return
        await super().on_event(message)

    def _answers(self, key: Key) -> bool:
        """Give a key to the question, if one is open and the key is for it."""
        taken = self._answer(key.key, key.character)
        if taken:
            self.draw()
        return taken

    def action_perform(self, name: str, index: int) -> None:
        """Do what the table says a key does, or say why not."""
        scene, action = self.scene, keys.BY_NAME[name]
        # What can be done is judged by what is so now, not when the last frame was drawn.
        self._read()
        if scene.closing_since is not None and name != "quit_now":
            return
        armed = name in scene.armed
        scene.armed = {}
        if reason := action.refusal(scene, index):
            scene.say(f"{action.label.split()[0]}: {reason}", "warn")
        elif action.guard is keys.Guard.TWICE and not armed:
            scene.armed = {name: scene.now + keys.TWICE_S}
        elif action.guard is keys.Guard.WORD:
            scene.helping = False
            scene.prompt = Prompt(name, *_question(scene, name), action.word)
        else:
            self._do(name, index)
        self.draw()

    def _answer(self, key: str, character: str | None) -> bool:
        prompt = self.scene.prompt
        if prompt is None or key in _NEVER_TYPED:
            return False
        if key == "escape":
            self.scene.prompt = None
        elif key == "backspace":
            prompt.typed = prompt.typed[:-1]
        elif key == "enter":
            right = prompt.typed == prompt.word
            prompt.typed = ""
            if right:
                self.scene.prompt = None
                self._do(prompt.action, 0)
        elif character and character.isprintable():
            # A little longer than the word, so that a slip can be seen and taken back.
            prompt.typed = clean(prompt.typed + character)[: len(prompt.word) + 8]
        return True

    def _do(self, name: str, index: int) -> None:
        act: Callable[..., None] = getattr(self, f"_do_{name}")
        try:
            act(index) if keys.BY_NAME[name].indexed else act()
        except Exception as error:
            self.scene.say(f"{name}: {type(error).__name__}: {error}", "bad")

    def _ask(
        self, command: Callable[[], None], said: str, style: str, settled: RiskState
    ) -> None:
        command()
        self.scene.say(said, style, settled)

    def _do_strategy(self, slot: int) -> None:
        scene = self.scene
        running = int(dict(scene.slots())[slot]["config"]["mode"]) != Mode.OFF
        wanted = Mode.OFF if running else Mode.LIVE
        self.desk.set_mode(slot, wanted)
        scene.pending[slot] = Pending(wanted, scene.now + PENDING_S)
        scene.say(f"asked {scene.slot_name(slot)} to go {wanted.name}")

    def _do_pause(self) -> None:
        self._ask(self.desk.pause, "asked to pause", "text", RiskState.PAUSED)

    def _do_resume(self) -> None:
        self._ask(self.desk.resume, "asked to resume", "text", RiskState.ACTIVE)

    def _do_flatten(self) -> None:
        self._ask(self.desk.flatten, "asked to flatten", "warn", RiskState.FLATTENING)

    def _do_halt(self) -> None:
        self.scene.prompt = None
        self._ask(self.desk.halt, "asked to halt", "alarm", RiskState.HALTED)

    def _do_unhalt(self) -> None:
        self._ask(self.desk.unhalt, "asked to leave HALTED", "text", RiskState.PAUSED)

    def _do_next_symbol(self) -> None:
        self.scene.selected = (self.scene.selected + 1) % len(self.scene.symbols)

    def _do_previous_symbol(self) -> None:
        self.scene.selected = (self.scene.selected - 1) % len(self.scene.symbols)

    def _do_next_panel(self) -> None:
        self._turn(1)

    def _do_previous_panel(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        """To the next panel; on two columns, to the next that changes what is shown."""
        scene = self.scene
        at = _PANEL_NAMES.index(scene.focus)
        for _ in _PANEL_NAMES:
            at = (at + step) % len(_PANEL_NAMES)
            scene.focus = _PANEL_NAMES[at]
            if scene.layout == "one" or scene.focus not in self.main.placed:
                break

    def _do_faster(self) -> None:
        self._pace(1)

    def _do_slower(self) -> None:
        self._pace(-1)

    def _pace(self, step: int) -> None:
        scene = self.scene
        pace = min(max(scene.refresh_hz + step, REFRESH_MIN_HZ), REFRESH_MAX_HZ)
        scene.refresh_hz = pace
        scene.say(f"drawing {pace:g} times a second")

    def _do_hold(self) -> None:
        if tape := self.scene.tape:
            tape.hold(not tape.paused)

    def _do_step(self) -> None:
        self._turn_tape(1)

    def _do_step_back(self) -> None:
        self._turn_tape(-1)

    def _turn_tape(self, frames: int) -> None:
        if tape := self.scene.tape:
            tape.step(frames)
            self._read()

    def _do_play_faster(self) -> None:
        self._play(1)

    def _do_play_slower(self) -> None:
        self._play(-1)

    def _play(self, step: int) -> None:
        if tape := self.scene.tape:
            tape.change_speed(step)
            self.scene.say(f"playing {tape.speed:g} times as fast as it happened")

    def _do_help(self) -> None:
        self.scene.helping = not self.scene.helping

    def _do_back(self) -> None:
        self.scene.helping = False

    def _do_quit(self) -> None:
        self.close_desk()

    def _do_quit_now(self) -> None:
        if self.scene.closing_since is None:
            self.close_desk()
            return
        self.closing_error = "left without waiting for the desk to close"
        self.exit(return_code=1)


def _question(scene: Scene, name: str) -> tuple[str, str]:
    """Title and text of the question before ``name``."""
    desk = scene.picture["desk"]
    held = sum(int(picture["position"]) != 0 for _, picture in scene.symbol_pictures())
    working = int(desk["working_count"])
    if name == "flatten":
        return (
            "Flatten",
            f"Pulls {working} working orders and trades {held} open positions to zero at "
            f"whatever the market pays. Ends in PAUSED.",
        )
    return (
        "Leave HALTED",
        f"The desk will be PAUSED: strategies stay still until r. Now {held} positions "
        f"are open and {working} orders work.",
    )
