"""Files to validated values: desk.toml, strategies.toml and risk.toml.

One way only: a file is read when it lies still, checked whole against what the core says
of itself, and becomes a value. A file with anything wrong in it becomes a list of
:class:`~cockpit.config.problems.Problem` and changes nothing.
"""

from cockpit.config.load import FILES, load
from cockpit.config.models import Config
from cockpit.config.problems import ConfigError, Problem
from cockpit.config.settings import settings
from cockpit.config.universe import Universe

__all__ = ["FILES", "Config", "ConfigError", "Problem", "Universe", "load", "settings"]
