"""What desk.toml asks of the system: had where it is allowed, said where it is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import json, os, resource, sys
from dataclasses import replace
from pathlib import Path
import numpy
from cockpit.config.load import load
from cockpit.config.settings import settings
from cockpit.control.local import LocalDesk
from cockpit.core import Engine, Waiting

config = load(Path(sys.argv[1]))
wanted = json.loads(sys.argv[2])
free = {"waiting": Waiting.PARK, "venue_cpu": -2, "desk_cpu": -2}
made = replace(settings(config), **free, **wanted)
desk = LocalDesk(Engine(made), config)
if sys.argv[3] == "denied":
    resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
    if os.geteuid() == 0:
        os.setuid(65534)  # root may whatever the limits
desk.start()
said = [event.text for event in desk.events() if event.source == "machine"]
picture = desk.read()
counted = int(picture["venue"]["event_count"])
found = {
    "said": said,
    "locked": int(picture["memory_locked"]),
    "realtime": [int(t["realtime"]) for t in picture["threads"] if t["name"]],
}
import time
time.sleep(0.5)
found["trades"] = int(desk.read()["venue"]["event_count"]) > counted
desk.close()
print(json.dumps(found))
"""


def run(files: Path, wanted: dict[str, object], how: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(files), json.dumps(wanted), how],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_nothing_is_tried_that_was_not_asked_for(files: Path) -> None:
    found = run(files, {}, "allowed")
    assert found == {"said": [], "locked": 0, "realtime": [0, 0], "trades": True}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may for certain")
def test_what_is_allowed_is_had(files: Path) -> None:
    found = run(files, {"lock_memory": True, "realtime": 5}, "allowed")
    assert found == {"said": [], "locked": 1, "realtime": [5, 5], "trades": True}


def test_what_is_not_allowed_is_said_and_trading_goes_on(files: Path) -> None:
    found = run(files, {"lock_memory": True, "realtime": 5}, "denied")
    said = found["said"]
    assert isinstance(said, list)
    assert [text.split(":")[0] for text in said] == [
        "memory is not locked", "venue thread", "desk thread",
    ]  # fmt: skip
    assert found["locked"] == 0
    assert found["realtime"] == [0, 0]
    assert found["trades"]
