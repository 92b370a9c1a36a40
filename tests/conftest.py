"""Snapshots live in snapshots/, at the top, where they are easy to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_textual_snapshot

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"


class TopLevelSVG(pytest_textual_snapshot.SVGImageExtension):
    """The plugin's own extension, but for the directory."""

    @classmethod
    def dirname(cls, *, test_location: Any) -> str:
        return str(SNAPSHOTS / test_location.basename)


# The plugin looks the class up by this name each time.
pytest_textual_snapshot.SVGImageExtension = TopLevelSVG


@pytest.fixture(autouse=True)
def _plain_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What of the environment would change a picture; and no journal but the test's."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    for name in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
