"""The file of users and passwords, and what an exchange does not start with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from venue import make_config

from cockpit.config.problems import ConfigError
from cockpit.config.users_file import create_users, read_users
from cockpit.config.venue_address import AddressError, mold_address, venue_address


def users_file(directory: Path, text: str, mode: int = 0o600) -> Path:
    path = directory / "users"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_users_are_read_in_order_with_what_they_ask_for(tmp_path: Path):
    text = "# ours\n\nalpha one\n  beta  two  keep-orders\n"
    first, second = read_users(users_file(tmp_path, text))
    assert (first.name, first.password, first.keep_orders) == ("alpha", "one", False)
    assert (second.name, second.password, second.keep_orders) == ("beta", "two", True)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o666, 0o700])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int):
    with pytest.raises(ConfigError, match="chmod 600"):
        read_users(users_file(tmp_path, "alpha one\n", mode))


@pytest.mark.parametrize(
    "text",
    [
        "", "# nobody\n", "alpha\n", "toolong1 one\n", "alpha elevenchars\n",
        "alpha one\nALPHA two\n", "alpha one keeporders\n", "al-pha one\n", "\xe9a one\n",
    ],
)  # fmt: skip
def test_a_file_that_says_something_else_is_refused_without_its_passwords(
    tmp_path: Path, text: str
):
    with pytest.raises(ConfigError) as refused:
        read_users(users_file(tmp_path, text))
    for secret in ("one", "two", "elevenchars"):
        assert secret not in str(refused.value).replace("file", "").split()


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_users(tmp_path / "none")
    with pytest.raises(ConfigError, match="regular"):
        read_users(tmp_path)


def test_a_file_that_is_made_can_be_read_by_nobody_else_and_is_never_made_twice(
    tmp_path: Path,
):
    path = tmp_path / "new" / "users"
    create_users(path)
    assert path.stat().st_mode & 0o777 == 0o600
    (user,) = read_users(path)
    assert len(user.password) == 10
    assert user.password not in repr(user)
    with pytest.raises(FileExistsError):
        create_users(path)


@pytest.mark.parametrize(
    ("text", "host", "ports"),
    [
        ("tcp://localhost", "localhost", (9000, 9001)),
        ("tcp://10.0.0.1:7000", "10.0.0.1", (7000, 7001)),
        ("tcp://h:7000:8000/", "h", (7000, 8000)),
        ("tcp://[::1]:7000", "::1", (7000, 7001)),
        ("tcp://[::1]", "::1", (9000, 9001)),
    ],
)
def test_an_address_names_host_and_ports(text: str, host: str, ports: tuple[int, int]):
    found = venue_address(text, 9000, 9001)
    assert (found.host, (found.orders_port, found.feed_port)) == (host, ports)


@pytest.mark.parametrize(
    "text",
    ["localhost", "udp://h", "tcp://", "tcp://h:0", "tcp://h:99999", "tcp://h:1:2:3",
     "tcp://h:x", "tcp://[::1", "tcp://a b"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(AddressError):
        venue_address(text, 9000, 9001)
    with pytest.raises(AddressError):
        mold_address("nowhere")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cockpit", *arguments],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_an_exchange_does_not_start_with_passwords_others_can_read(tmp_path: Path):
    config = make_config(tmp_path)
    (config / "users").chmod(0o644)
    found = run("exchange", "--config", str(config), "--users", str(config / "users"))
    assert found.returncode == 2
    assert "chmod 600" in found.stderr
    assert "secret" not in found.stderr + found.stdout


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("tick", "0.00005", "0.0001"),
        ("name", '"LONGERNAME"', "8 characters"),
        ("max_price", "250000.00", "199,999.99"),
    ],
)
def test_an_instrument_the_protocols_cannot_say_is_refused(
    tmp_path: Path, key: str, value: str, why: str
):
    config = make_config(tmp_path)
    desk = config / "desk.toml"
    old = {
        "tick": "tick = 0.01",
        "name": 'name = "ACME"',
        "max_price": "max_price = 1000.00",
    }
    desk.write_text(desk.read_text().replace(old[key], f"{key} = {value}", 1))
    strategies = config / "strategies.toml"
    if key == "name":
        strategies.write_text(strategies.read_text().replace('"ACME"', value))
    found = run(
        "exchange", "--config", str(config), "--users", str(config / "users"),
        "--orders", "0", "--feed", "0", "--seconds", "0.1",
    )  # fmt: skip
    assert found.returncode == 2
    assert why in found.stderr


def test_every_key_of_the_file_is_checked(tmp_path: Path):
    for key, value in (
        ("login", "0"),
        ("feed_log", "1"),
        ("sockets", '"maybe"'),
        ("host", "5"),
    ):
        config = make_config(tmp_path / key, **{key: value})
        found = run("exchange", "--config", str(config), "--users", str(config / "users"))
        assert found.returncode == 2
        assert key in found.stderr
