"""The terminal application: keys in, frames out, and an orderly way to leave.

It owns the one timer that paints. A frame reads the desk once, redraws what changed and
arms the timer again, so that frames never pile up; while the terminal has not taken the
last one, the next waits and then shows the newest state. Commands go to the desk and are
shown when its picture confirms them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import cast

from rich.console import RenderableType
from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Event as TextualEvent
from textual.events import Key

from cockpit import paths
from cockpit.control import limit_edit, parameter_edit
from cockpit.control.desk import Desk, Event
from cockpit.core import Mode, RiskState, Severity
from cockpit.observe.stalls import StallMeter
from cockpit.ui import export, keys, layout, painting, themes
from cockpit.ui.dialogs.form import Change
from cockpit.ui.dialogs.halting import Halting
from cockpit.ui.dialogs.line import Line as WrittenLine
from cockpit.ui.dialogs.menu import Choice, Menu
from cockpit.ui.dialogs.text import Text
from cockpit.ui.files import Files
from cockpit.ui.frame import BY_NAME as PANELS
from cockpit.ui.frame import TITLES
from cockpit.ui.hangup import Terminal
from cockpit.ui.opening import (
    REFRESH_MAX_HZ,
    REFRESH_MIN_HZ,
    SIGNALS,
    Opened,
    new_scene,
)
from cockpit.ui.render import listing, parameters, reasons, risk
from cockpit.ui.render.table import Line, View
from cockpit.ui.render.text import clean
from cockpit.ui.scene import PENDING_S, Pending, Prompt, Scene
from cockpit.ui.screens.main import MainScreen
from cockpit.ui.state import FILE as STATE_FILE
from cockpit.ui.state import save
from cockpit.ui.themes import Theme

_NEVER_TYPED = frozenset(
    key for name in ("halt", "quit_now") for key in keys.BY_NAME[name].keys
)
_NEVER_WRITTEN = _NEVER_TYPED - {"h"}

LEAVE_SECONDS = 2.0
"""How long the farewell to the terminal may take once the desk is closed."""


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
            id=f"{action.name}.{index}" if index else action.name,
        )
        for action in keys.ACTIONS
        for index, key in enumerate(action.keys)
    ]


MODES = (Mode.OFF, Mode.SHADOW, Mode.REDUCE, Mode.LIVE)
"""As a strategy's key goes through them: ever more is traded, then nothing."""
PRESETS: dict[str, frozenset[str]] = {
    "everything": frozenset(),
    "trading": frozenset({"latency", "throughput", "waterfall", "health"}),
    "watching": frozenset({"working", "ladder", "fills", "throughput"}),
}
"""Arrangements: what each puts away."""


class CockpitApp(App[int], inherit_bindings=False):
    """A screen over ``desk``, which is running and is closed on the way out.

    ``clock`` gives seconds since 1970. Without ``auto`` nothing is painted until
    :meth:`step` is called. ``opened``: what :mod:`cockpit.ui.opening` has shown already.
    Raises :class:`cockpit.ui.themes.ThemeError`.
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
        look: Theme | None = None,
        glyphs: str = "unicode",
        themes_dir: Path | None = None,
        colour: bool = True,
        state: Path | None = None,
        keymap: dict[str, tuple[str, ...]] | None = None,
        problems: tuple[str, ...] = (),
        opened: Opened | None = None,
    ) -> None:
        self._colour = colour and "NO_COLOR" not in os.environ
        self._themes_dir = themes_dir
        self._look = look or themes.load(theme, themes_dir, colour=self._colour)
        super().__init__(
            ansi_color=self._look.ansi,
            driver_class=painting.Driver if opened else None,
        )
        painting.install()
        self.animation_level = "none"
        self.desk = desk
        self._opened = opened
        self.scene = (
            opened.scene
            if opened
            else new_scene(glyphs, refresh_hz, keymap or {}, state, named=auto)
        )
        self.closing_error = ""
        """What close() could not do, after the app has ended."""
        self.closed = asyncio.Event()
        """Set when the desk has been closed."""
        self._clock = clock
        self._auto = auto
        self._state = state
        self._files = Files(desk, self._look, themes_dir, self._colour, problems)
        self._since = 0.0
        """What was told before rings no bell here. To a screen that begins with its desk
        everything is new."""
        self._told: dict[tuple[int, float], int] = {}
        """How often each alert had been told when this screen told it."""
        self._meter = painting.Meter(time.monotonic)
        self._stalls = StallMeter()
        self.main = MainScreen(self._look, self._begin, self.draw)
        self.has_first_frame = bool(opened and opened.drawn)
        """On the terminal, when the driver begins."""
        self.terminal_before = opened.before if opened else None
        """How the terminal was set before there was anything on it."""
        if opened:
            painting.keep_out(self)
            if drawn := opened.drawn:
                self.main.adopt(drawn.frame, drawn.width, drawn.height)
        self._late = False
        """A frame is due as soon as the terminal has taken the last one."""
        self._signals: list[signal.Signals] = []
        self._terminal = Terminal()
        self.last_resort: threading.Timer | None = None
        self._failures: set[str] = set()
        self._begun = False

    # ---- life --------------------------------------------------------------------

    def get_default_screen(self) -> MainScreen:
        return self.main

    def on_mount(self) -> None:
        if self.scene.keymap:
            self.set_keymap({k: ",".join(v) for k, v in self.scene.keymap.items()})
        if self._auto:
            self._meter.install(self)
            self._stalls.start()
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            try:
                loop.add_signal_handler(number, self._on_signal, number)
            except (RuntimeError, ValueError, NotImplementedError):
                continue  # not the main thread: the signal is somebody else's
            self._signals.append(number)
        if self._opened and self._opened.signals:
            self._on_signal(signal.Signals(self._opened.signals[0]))

    def _begin(self) -> None:
        self._begun = True
        # What is there now stays: looking through it again would hold a key up.
        gc.freeze()
        gc.enable()
        self.step()
        self._arm()

    def on_unmount(self) -> None:
        self._stalls.stop()
        if self._state is not None:
            with contextlib.suppress(OSError):  # a full disk must not keep us
                save(self._state / STATE_FILE, self.scene)
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
        scene.prompt, scene.dialog, scene.helping = None, None, False
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
        code = code or (1 if error else 0)
        self.exit(return_code=code)
        if self._auto:
            # A terminal that takes no more bytes would hold the farewell up for ever.
            self.last_resort = threading.Timer(LEAVE_SECONDS, os._exit, (code,))
            self.last_resort.daemon = True
            self.last_resort.start()

    def exit(
        self,
        result: int | None = None,
        return_code: int = 0,
        message: RenderableType | None = None,
    ) -> None:
        """Leave; what the terminal has not taken by now it need not take."""
        painting.drop_backlog(self)
        super().exit(result, return_code, message)

    # ---- frames ------------------------------------------------------------------

    def _arm(self) -> None:
        if self._auto:
            self.set_timer(1 / self.scene.refresh_hz, self._tick)

    def _tick(self) -> None:
        if self._terminal.is_gone():
            self.close_desk(128 + signal.SIGHUP)  # nobody will send the signal any more
        try:
            if painting.backlog(self):
                self._late = True
            else:
                self.step()
        finally:
            self._arm()

    def on_drained(self) -> None:
        """The terminal has taken what it was given: show what is so now."""
        if self._late:
            self._late = False
            self.step()

    def step(self) -> None:
        """One frame: read the desk and draw."""
        self._read()
        self._tell_changes()
        self._measure()
        self._follow_files()
        self._look_out()
        self.draw()

    def _tell_changes(self) -> None:
        """A file that was changed, here or elsewhere: what in it, from what to what."""
        for event in self.scene.said:
            if event.source == "config" and " in force: " in event.text:
                self.scene.say(f"{event.text} (w on its line in the log)")

    def _measure(self) -> None:
        """What the line carries, and how the machine stalls."""
        if not self._auto:
            return
        scene = self.scene
        if rates := self._meter.rates():
            scene.link.bytes_per_s, scene.link.frames_per_s = rates
            scene.stalls = self._stalls.seconds()
        scene.link.lag = self._meter.lag(self)

    def _follow_files(self) -> None:
        """Take what has changed of the screen's files; the last good ones stay."""
        files, scene = self._files, self.scene
        if not files.due(scene.now):
            scene.config_errors += files.problems
            return
        for said in files.look():
            scene.log.append(Event(scene.now, Severity.INFO, "screen", said))
        scene.scenarios = files.scenarios
        if files.theme is not self._look:
            self._look = files.theme
            self.main.wear(self._look)
        scene.config_errors += files.problems

    def _look_out(self) -> None:
        """Tell the operator here what was told since the last frame.

        The desk looks for alerts and tells them; to each screen are left its own line of
        status, its bell and its terminal's notification.
        """
        scene = self.scene
        scene.said = []
        for alert in scene.alerts:
            key = alert.number, alert.first  # another desk counts from 1 again
            before = self._told.get(key)
            self._told[key] = alert.told
            # What was told before the screen was here rings no bell.
            if alert.told == before or (not before and alert.told_at < self._since):
                continue
            if "screen" in alert.sinks:
                loud = alert.severity == Severity.CRITICAL
                scene.say(alert.sentence, "alarm" if loud else "warn")
            if "bell" in alert.sinks:
                self.bell()
            if "osc9" in alert.sinks and self._driver is not None:
                self._driver.write(f"\x1b]9;cockpit: {clean(alert.sentence)}\x07")

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
        if painting.backlog(self):
            self._late = True
            return
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
        said = scene.message
        if said and said.settled is None and said.style != "alarm":
            scene.message = None  # it was about the key before
        if reason := action.refusal(scene, index):
            pressed = action.keys[index] if action.indexed else action.label.split()[0]
            scene.say(f"{pressed}: {reason}", "warn")
        elif action.guard is keys.Guard.TWICE and not armed:
            scene.armed = {name: scene.now + keys.TWICE_S}
        elif action.guard is keys.Guard.WORD:
            scene.helping, scene.dialog = False, None
            scene.prompt = Prompt(name, *_question(scene, name), action.word)
        else:
            self._do(name, index)
        self.draw()

    def _answer(self, key: str, character: str | None) -> bool:
        if self.scene.dialog and self.scene.layout == "tiny":
            # Nothing is written into what cannot be seen.
            if key == "escape":
                self.scene.dialog = None
            return key == "escape"
        if dialog := self.scene.dialog:
            never = _NEVER_WRITTEN if dialog.takes_letters else _NEVER_TYPED
            return key not in never and dialog.key(self.scene, key, character)
        if self.scene.helping and key in ("up", "down", "pageup", "pagedown"):
            step = {"up": -1, "down": 1, "pageup": -10, "pagedown": 10}[key]
            self.scene.help_top = max(self.scene.help_top + step, 0)
            return True
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
            said = str(error) if isinstance(error, LookupError) else ""
            said = said or f"{type(error).__name__}: {error}"
            self.scene.say(f"{name}: {said}", "bad")

    def _ask(
        self, command: Callable[[], None], said: str, style: str, settled: RiskState
    ) -> None:
        command()
        self.scene.say(said, style, settled)

    def _do_strategy(self, slot: int) -> None:
        picture = dict(self.scene.slots())[slot]
        at = MODES.index(Mode(int(picture["config"]["mode"])))
        self._switch(slot, MODES[(at + 1) % len(MODES)])

    def _switch(self, slot: int, wanted: Mode) -> None:
        scene = self.scene
        self.desk.set_mode(slot, wanted)
        scene.pending[slot] = Pending(wanted, scene.now + PENDING_S)
        scene.say(f"asked {scene.slot_name(slot)} to go {wanted.name}")

    def _do_choose_mode(self) -> None:
        slot = parameters.slot_of(self.scene)
        if slot is None:
            return
        choices = [
            Choice(mode.name, partial(self._switch, slot, mode), str(number))
            for number, mode in enumerate(MODES, 1)
        ]
        title = f"Mode of {self.scene.slot_name(slot)}"
        self.scene.dialog = Menu(title, lambda scene: choices, width=40)

    def _do_cancel_all(self) -> None:
        self.desk.cancel_all()
        self.scene.say("asked to pull every order", "warn")

    def _do_acknowledge(self) -> None:
        count = self.desk.acknowledge()
        self.scene.say(f"asked to acknowledge {count} alert{'s' if count != 1 else ''}")

    def _do_pause(self) -> None:
        self._ask(self.desk.pause, "asked to pause", "text", RiskState.PAUSED)

    def _do_reduce(self) -> None:
        self._ask(self.desk.reduce, "asked to reduce", "text", RiskState.REDUCING)

    def _do_resume(self) -> None:
        self._ask(self.desk.resume, "asked to resume", "text", RiskState.ACTIVE)

    def _do_flatten(self) -> None:
        self._ask(self.desk.flatten, "asked to flatten", "warn", RiskState.FLATTENING)
        self.scene.dialog = _orders().flattening(self.scene)

    def _do_halt(self) -> None:
        self.scene.prompt = None
        self._ask(self.desk.halt, "asked to halt", "alarm", RiskState.HALTED)
        self.scene.helping = False
        self.scene.dialog = Halting(self.scene)

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
        """To the next panel of this screen that is not put away."""
        scene = self.scene
        names = [n for n in self._panels() if n not in scene.hidden]
        if names:
            at = names.index(scene.focus) if scene.focus in names else -step
            scene.focus = names[(at + step) % len(names)]

    def _panels(self) -> tuple[str, ...]:
        return layout.BY_NAME[self.scene.screen].panels

    def _do_screen(self, index: int) -> None:
        self._show_screen(layout.SCREENS[index].name)

    def _show_screen(self, name: str) -> None:
        scene = self.scene
        scene.screen, scene.maximised = name, False
        scene.focus = layout.BY_NAME[name].panels[0]

    def _show_panel(self, name: str) -> None:
        scene = self.scene
        scene.hidden.discard(name)
        if name not in self._panels():
            plans = [plan for plan in layout.SCREENS if name in plan.panels]
            scene.screen = plans[0].name
        scene.focus = name

    def _do_go(self) -> None:
        letters = iter("abcdfijkmnquvwxyz123456789")
        choices = [
            Choice(
                f"{plan.title} screen", partial(self._show_screen, plan.name), plan.letter
            )
            for plan in layout.SCREENS
        ]
        choices += [
            Choice(TITLES[name], partial(self._show_panel, name), next(letters))
            for name in self._panels()
        ]
        self.scene.dialog = Menu("Go to", lambda scene: choices, width=40)

    def _do_maximise(self) -> None:
        self.scene.maximised = not self.scene.maximised

    def _do_hide(self) -> None:
        name = self.scene.focus
        self._turn(1)
        self.scene.hidden.add(name)
        self.scene.say(f"{TITLES[name]} is put away; D brings all back")

    def _do_show_all(self) -> None:
        self.scene.hidden.clear()

    def _do_preset(self) -> None:
        scene = self.scene
        names = list(PRESETS)
        now = next((n for n in names if PRESETS[n] == scene.hidden), names[-1])
        name = names[(names.index(now) + 1) % len(names)]
        scene.hidden = set(PRESETS[name])
        if scene.focus in scene.hidden:
            self._turn(1)
        scene.say(f"arrangement: {name}")

    # Rows.

    def _view(self) -> View | None:
        rect = self.main.placed.get(self.scene.focus)
        return PANELS[self.scene.focus].view(self.scene, rect.width if rect else 0)

    def _move(self, step: int) -> None:
        if view := self._view():
            listing.move(self.scene, self.scene.focus, view, step)

    def _do_down(self) -> None:
        self._move(1)

    def _do_up(self) -> None:
        self._move(-1)

    def _row(self) -> tuple[View, Line]:
        """The row the cursor is on. Raises LookupError when it is gone."""
        view = self._view()
        line = listing.at_cursor(self.scene, self.scene.focus, view) if view else None
        if view is None or line is None:
            raise LookupError("the row is not there any more")
        return view, line

    def _do_open(self) -> None:
        _, line = self._row()
        match self.scene.focus:
            case "risk":
                _editing().limit(self.scene, line.key, self._limit_change)
            case "parameters":
                slot, index = map(int, line.key.split(":"))
                _editing().parameter(self.scene, slot, index, self._parameter_change)
            case "strategies":
                self._show_screen("strategies")
                self.scene.focus = "parameters"
            case focus:
                view = self._view()
                if view:
                    self.scene.dialog = Text(
                        TITLES[focus],
                        lambda scene, width: reasons.fields(view, line, width),
                    )

    def _do_why(self) -> None:
        view, line = self._row()
        panel = self.scene.focus
        self.scene.dialog = Text(
            "Why?", lambda scene, width: reasons.why(scene, panel, view, line, width)
        )

    def _directory(self) -> Path:
        directory: Path | None = getattr(self.desk, "directory", None)
        if directory is None:
            raise LookupError("this desk runs without files")
        return directory

    def _limit_change(
        self, name: str, enforced: int | None
    ) -> tuple[Callable[[str], Change | None], Callable[[Change], None]]:
        """How a limit is changed: what would change, and making it so."""
        directory = self._directory()
        return (
            lambda typed: self._plan_limit(
                limit_edit.plan(directory, name, typed, enforced)
            ),
            lambda change: self._write_limit(cast(limit_edit.Edit, change)),
        )

    def _parameter_change(
        self, strategy: str, name: str
    ) -> tuple[Callable[[str], Change | None], Callable[[Change], None]]:
        """Likewise a parameter of a strategy."""
        directory = self._directory()
        return (
            lambda typed: parameter_edit.plan(directory, strategy, name, typed),
            lambda change: parameter_edit.write(
                cast(parameter_edit.ParameterEdit, change)
            ),
        )

    def _plan_limit(self, edit: limit_edit.Edit) -> limit_edit.Edit:
        """To show what loosens is the first of two steps."""
        ask = getattr(self.desk, "ask_limits", None)
        if edit.loosens and ask is not None:
            ask(edit.options)
        return edit

    def _write_limit(self, edit: limit_edit.Edit) -> None:
        """The form has asked for the word where it loosens."""
        confirm = getattr(self.desk, "confirm_limits", None)
        if edit.loosens and confirm is not None:
            confirm(edit.options_hash)
        limit_edit.write(edit)

    def _do_narrower(self) -> None:
        _editing().narrower(self.scene, self._limit_change)

    def _do_copy(self) -> None:
        _, line = self._row()
        text = export.as_row(line)
        self.copy_to_clipboard(text)
        where = self._out() / "copied.txt"
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text + "\n", encoding="utf-8")
        self.scene.say(f"copied, and written to {where}")

    def _do_export(self) -> None:
        if view := self._view():
            lines = listing.chosen(self.scene, self.scene.focus, view)
            made = export.write(self._out(), self.scene.focus, view, lines)
            self.scene.say(f"{len(lines)} rows in {made[0]} and .json")

    def _do_picture(self) -> None:
        where = self._out()
        where.mkdir(parents=True, exist_ok=True)
        name = f"cockpit-{time.strftime('%Y%m%d-%H%M%S')}.svg"
        (where / name).write_text(self.export_screenshot(title="cockpit"), "utf-8")
        self.scene.say(f"written to {where / name}")

    def _out(self) -> Path:
        return (self._state or paths.state()) / "exports"

    def _do_sort(self) -> None:
        if (view := self._view()) is None:
            return
        scene = self.scene
        titles = [column.title for column in view.columns if column.title]
        now = scene.sorting.pop(scene.focus, None)
        at = titles.index(now[0]) + 1 if now and now[0] in titles else 0
        if at < len(titles):
            scene.sorting[scene.focus] = (titles[at], False)
            scene.say(f"sorted by {titles[at]}; S turns it round")
        else:
            scene.say("not sorted")

    def _do_turn_sort(self) -> None:
        scene = self.scene
        if scene.focus in scene.sorting:
            title, descending = scene.sorting[scene.focus]
            scene.sorting[scene.focus] = (title, not descending)
            scene.say(f"sorted by {title}, {'least' if descending else 'greatest'} first")
        else:
            scene.say("not sorted: s sorts", "warn")

    def _do_filter(self) -> None:
        scene = self.scene
        name = scene.focus

        def take(typed: str) -> None:
            scene.filters[name] = typed
            if not typed:
                del scene.filters[name]

        scene.dialog = WrittenLine(
            f"Only rows of {TITLES[name]} with", "Enter keeps it; Esc shows all again",
            scene.filters.get(name, ""), take,
        )  # fmt: skip

    def _do_search(self) -> None:
        scene = self.scene

        # Of a panel without rows there is nothing to be found: then the log is meant.
        name = scene.focus if scene.focus in keys.ROWED else "log"

        def take(typed: str) -> None:
            scene.search, scene.searched = typed, name
            if typed and name == scene.focus and (view := self._view()):
                listing.seek(scene, name, view, 0)

        typed = scene.search if scene.searched == name else ""
        scene.dialog = WrittenLine(
            f"Find in {TITLES[name]}",
            "Enter keeps the marks, n is the next; Esc ends it",
            typed, take,
        )  # fmt: skip

    def _do_find_next(self) -> None:
        scene = self.scene
        scene.focus = scene.searched
        if (view := self._view()) and not listing.seek(scene, scene.focus, view, 1):
            scene.say(f"nothing in {TITLES[scene.focus]} has {scene.search!r} in it")

    def _do_severity(self) -> None:
        scene = self.scene
        levels = list(Severity)
        at = (levels.index(scene.log_least) + 1) % len(levels)
        scene.log_least = levels[at]
        scene.say(f"the log shows {scene.log_least.name.lower()} and worse")

    def _do_theme(self) -> None:
        self._wear(self._files.next_theme())

    def _wear(self, name: str) -> None:
        self._look = self._files.choose(name)
        self.main.wear(self._look)
        self.scene.say(f"colours: {name}")

    def _do_palette(self) -> None:
        self.scene.dialog = Menu("Do", self._everything, typing=True)

    def _everything(self, scene: Scene) -> list[Choice]:
        """Every action there is, and what can be opened by name."""
        choices = []
        for action in keys.ACTIONS:
            if action.indexed or action.name == "palette":
                continue
            name = action.name.replace("_", " ")
            choices.append(
                Choice(
                    f"{name}: {keys.meaning(scene, action)}",
                    partial(self.action_perform, action.name, 0),
                    keys.label(scene, action),
                    action.refusal(scene, 0),
                )
            )
        strategy = keys.BY_NAME["strategy"]
        for slot, _ in scene.slots():
            name = scene.slot_name(slot)
            act = partial(self.action_perform, "strategy", slot)
            refusal = strategy.refusal(scene, slot)
            label = str(slot + 1) if slot < 9 else ""
            choices.append(Choice(f"strategy {name}: next mode", act, label, refusal))
        for plan in layout.SCREENS:
            act = partial(self._show_screen, plan.name)
            choices.append(Choice(f"screen {plan.title}", act, f"g {plan.letter}"))
        for name, title in TITLES.items():
            choices.append(Choice(f"panel {title}", partial(self._show_panel, name)))
        refusal = keys.needs_controls(scene)
        for gauge in risk.gauges(scene):
            open_form = partial(
                _editing().limit, self.scene, gauge.key, self._limit_change
            )
            name = risk.name_in_file(scene, gauge.index, gauge.scope, gauge.target)
            act = partial(self._try, "edit", open_form)
            choices.append(Choice(f"edit {name}", act, "", refusal))
        for name in self._files.theme_names():
            choices.append(Choice(f"colours {name}", partial(self._wear, name)))
        return choices

    def _try(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            self.scene.say(f"{name}: {error}", "bad")

    # Of the pace and the tape.

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
        scene = self.scene
        if tape := scene.tape:
            tape.hold(not tape.paused)
        else:
            scene.hold_view(scene.frozen_since is None)

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
        self.scene.help_top = 0

    def _do_back(self) -> None:
        scene = self.scene
        if scene.helping or scene.dialog:
            scene.helping, scene.dialog = False, None
        elif scene.focus in scene.filters:
            del scene.filters[scene.focus]
        elif scene.search:
            scene.search = ""
        elif scene.focus in scene.cursor:
            del scene.cursor[scene.focus]
        elif scene.maximised:
            scene.maximised = False

    # Of dialogs that are loaded when they are first asked for.

    def _do_ticket(self) -> None:
        _orders().ticket(self.desk, self.scene)

    def _do_cancel_row(self) -> None:
        _orders().cancel_row(self.desk, self.scene)

    def _do_cancel_some(self) -> None:
        _orders().cancel_some(self.desk, self.scene)

    def _do_kill(self) -> None:
        _orders().kill(self.desk, self.scene)

    def _do_versions(self) -> None:
        _orders().versions(self.desk, self.scene)

    def _do_accept(self) -> None:
        self.desk.accept()
        self.scene.say("asked to accept positions as they are", "warn")

    def _do_take_over(self) -> None:
        raise LookupError("nobody shares this desk")

    def _do_quit(self) -> None:
        self.close_desk()

    def _do_quit_now(self) -> None:
        if self.scene.closing_since is None:
            self.close_desk()
            return
        self.closing_error = "left without waiting for the desk to close"
        self.exit(return_code=1)


def _orders() -> ModuleType:
    from cockpit.ui import orders

    return orders


def _editing() -> ModuleType:
    from cockpit.ui import editing

    return editing


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
    if name == "accept":
        doubt = int(desk["doubt"])
        names = [
            scene.symbol_name(index)
            for index in range(len(scene.symbols))
            if doubt >> index & 1
        ]
        return (
            "Accept",
            f"In doubt: {', '.join(names)}. Its positions count as they are here, "
            f"whatever the venue says; what that was is in the log.",
        )
    return (
        "Leave HALTED",
        f"The desk will be PAUSED: strategies stay still until r. Now {held} positions "
        f"are open and {working} orders work.",
    )
