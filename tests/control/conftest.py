"""A desk on the real core, over files that can be broken, in real time."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import Rig

from cockpit.config.load import FILES
from cockpit.paths import default_config


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The shipped files, for an engine that leaves the machine to others."""
    for file in FILES:
        shutil.copy(default_config() / file, tmp_path)
    path = tmp_path / "desk.toml"
    text = path.read_text().replace('waiting = "auto"', 'waiting = "park"')
    path.write_text(re.sub(r"_cpu = -1", "_cpu = -2", text))
    return tmp_path


@pytest.fixture
def rig(files: Path) -> Iterator[Rig]:
    made = Rig(files)
    with made.desk:
        made.look()
        yield made
