"""Notice when the files change, and read them again.

The directory is watched rather than the files, because editors put a new file in place of
the old one. A second look at sizes and times, twice a second, covers what the kernel does
not report: network file systems, links to files elsewhere, a directory made anew.
"""

from __future__ import annotations

from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread

from cockpit.config.load import FILES, Reading, interpret
from cockpit.config.problems import Problem
from cockpit.config.reading import Look, settle, signature_of
from cockpit.config.universe import Universe

DEBOUNCE_MS = 50
STEP_MS = 10
LOOK_AGAIN_MS = 500
BEGIN_SECONDS = 0.3
"""After the start nobody waits for this thread, and a screen waits for the processor."""

Signature = tuple[tuple[int, int, int] | None, ...]


class Watcher:
    """A thread that reads the files after each change; what they say waits in a queue.

    It touches nothing but files: :meth:`readings` is for the thread that acts on them.
    """

    def __init__(self, directory: Path, universe: Universe) -> None:
        self._directory = directory
        self._universe = universe
        self._readings: SimpleQueue[Reading] = SimpleQueue()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="config", daemon=True)
        self._signature: Signature = ()
        self._seen: list[tuple[bytes, str]] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; waits for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def readings(self) -> list[Reading]:
        """What was read since the last call, oldest first. Never waits."""
        found = []
        while True:
            try:
                found.append(self._readings.get_nowait())
            except Empty:
                return found

    def _run(self) -> None:
        self._stopping.wait(BEGIN_SECONDS)
        # Here and not above: it is slow to load, and nothing waits for this thread.
        from watchfiles import watch

        while not self._stopping.is_set():
            try:
                self._consider(changed=True)
                for changes in watch(
                    self._directory,
                    watch_filter=lambda change, path: Path(path).name in FILES,
                    debounce=DEBOUNCE_MS,
                    step=STEP_MS,
                    stop_event=self._stopping,
                    rust_timeout=LOOK_AGAIN_MS,
                    yield_on_timeout=True,
                    raise_interrupt=False,
                    recursive=False,
                ):
                    if not changes and not self._directory.is_dir():
                        break  # watch the one that comes in its place
                    self._consider(changed=bool(changes))
            except OSError:
                # No such directory, or no more watches to be had: looking will do.
                self._consider(changed=False)
            except Exception as error:
                # Whatever it is, the desk must hear that its files are not read.
                self._report(f"cannot be watched ({type(error).__name__}: {error})")
            self._stopping.wait(LOOK_AGAIN_MS / 1000)

    def _consider(self, *, changed: bool) -> None:
        """Read the files if something is different."""
        signature = tuple(signature_of(self._directory / file) for file in FILES)
        if not changed and signature == self._signature:
            return
        self._signature = signature
        looks = settle(self._directory, FILES, self._stopping.wait)
        if self._stopping.is_set() or not self._is_new(looks):
            return
        self._readings.put(
            interpret(looks, universe=self._universe, directory=self._directory)
        )

    def _is_new(self, looks: tuple[Look, ...]) -> bool:
        contents = [(found.data, found.problem) for found in looks]
        if contents == self._seen:
            return False
        self._seen = contents
        return True

    def _report(self, what: str) -> None:
        problem = Problem(str(self._directory), "", "", what)
        self._readings.put(Reading(None, None, None, (problem,)))
