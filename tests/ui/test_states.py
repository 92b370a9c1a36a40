"""Each state that the core can be in has a place on the screen."""

from cockpit.core import RiskState
from cockpit.ui.render import header


def test_every_state_is_drawn() -> None:
    assert set(header._STATES) == set(RiskState)
