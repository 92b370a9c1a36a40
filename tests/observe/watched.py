"""A desk nobody looks at, but for its alerts and its figures."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cockpit.config.load import FILES, load
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.core import Engine
from cockpit.observe.lookout import Lookout
from cockpit.paths import default_config

RULES = """
[[alert]]
name = "halted"
when = "state"
of = "HALTED"
severity = "critical"
sinks = ["screen", "command"]
command = [{python}, "-c", {code}, {out}]
"""
CODE = "import sys; open(sys.argv[1], 'a').write(sys.argv[2] + chr(10))"


class Watched:
    """A desk nobody looks at, but for its alerts."""

    def __init__(self, files: Path) -> None:
        for file in FILES:
            shutil.copy(default_config() / file, files)
        text = (files / "desk.toml").read_text()
        text = text.replace('waiting = "auto"', 'waiting = "park"')
        (files / "desk.toml").write_text(re.sub(r"_cpu = -1", "_cpu = -2", text))
        self.rules, self.out = files / "alerts.toml", files / "told"
        self.write_rules()
        config = load(files)
        made = settings(config, recording=())
        self.desk = LocalDesk(Engine(made), config, directory=files)
        self.desk.alarms = Lookout(self.desk.engine, files, self.desk.say_from_outside)

    def write_rules(self) -> None:
        words = {"python": sys.executable, "code": CODE, "out": str(self.out)}
        self.rules.write_text(RULES.format(**{k: f'"{v}"' for k, v in words.items()}))

    def told(self) -> list[str]:
        return self.out.read_text().splitlines() if self.out.exists() else []


def wait(until: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
