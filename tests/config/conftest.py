"""A copy of the shipped files to break."""

import shutil
from pathlib import Path

import pytest

from cockpit.config.load import FILES
from cockpit.paths import default_config


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for file in FILES:
        shutil.copy(default_config() / file, tmp_path)
    return tmp_path
