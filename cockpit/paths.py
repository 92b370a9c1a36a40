"""Where things are: the shipped defaults and the user's own files. Nothing else knows."""

import os
import tempfile
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    """A shipped directory: inside an installed package, beside it in a checkout."""
    installed = _PACKAGE / "defaults" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


CONFIG_FILES = ("desk.toml", "strategies.toml", "risk.toml")
"""What a directory of configuration consists of."""


def default_config() -> Path:
    """The configuration that comes with cockpit."""
    return _shipped("config")


def themes() -> Path:
    """The themes that come with cockpit."""
    return _shipped("themes")


def strategy_include() -> Path:
    """The headers of strategies in C."""
    installed = _PACKAGE / "defaults" / "include"
    return installed if installed.is_dir() else _PACKAGE.parent / "native"


def user_cache() -> Path:
    """What can be made again: strategies as they were compiled."""
    return Path(platformdirs.user_cache_dir("cockpit"))


def user_config() -> Path:
    """Where ``cockpit init`` puts a configuration, and where one is looked for."""
    return Path(platformdirs.user_config_dir("cockpit"))


def config() -> Path:
    """The configuration in use unless one is named: the user's, else the shipped one."""
    own = user_config()
    return own if (own / "desk.toml").is_file() else default_config()


def state() -> Path:
    """Where the screen keeps how it was left, and writes what is exported."""
    return Path(platformdirs.user_state_dir("cockpit"))


def runtime() -> Path:
    """Where running desks have their sockets. Not made and not checked here."""
    own = Path(f"/run/user/{os.geteuid()}")
    if given := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(given) / "cockpit"
    if own.is_dir():
        return own / "cockpit"
    return Path(tempfile.gettempdir()) / f"cockpit-{os.geteuid()}"


SCREEN = "screen"
"""The name of the desk that ``cockpit`` without a command runs."""


def journal(name: str) -> Path:
    """Where the desk of that name writes down what it does, unless told otherwise."""
    return Path(platformdirs.user_state_dir("cockpit")) / "journal" / name


def users() -> Path:
    """Users and passwords of an exchange here, and of desks that trade on it."""
    return user_config() / "exchange.users"
