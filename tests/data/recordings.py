"""Real recordings, where they are."""

from __future__ import annotations

from pathlib import Path

import pytest


def need(path: Path) -> Path:
    """A recording of the folder, or a skip that names it."""
    if not path.exists():
        pytest.skip(f"no recording {path}")
    return path
