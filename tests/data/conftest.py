"""Where the recordings are, and small files made by hand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings; where it is absent its tests say so and skip."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("COCKPIT_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder} (set COCKPIT_DATA)")
    return folder
