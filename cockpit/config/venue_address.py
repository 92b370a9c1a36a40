"""Where an exchange is: ``tcp://host[:orders_port[:feed_port]]``."""

from __future__ import annotations

from dataclasses import dataclass

from cockpit.config.exchange_file import is_host

SCHEME = "tcp://"


class AddressError(ValueError):
    """The text is no such address; the message says why."""


@dataclass(frozen=True, slots=True)
class VenueAddress:
    """An exchange in another process."""

    host: str
    orders_port: int
    feed_port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{SCHEME}{host}:{self.orders_port}:{self.feed_port}"


def venue_address(text: str, orders_port: int, feed_port: int) -> VenueAddress:
    """Read an address; the ports are used where the text has none.

    With an orders port and no feed port, the feed is on the next one.
    """
    if not text.startswith(SCHEME):
        raise AddressError(f"{text!r} does not begin with {SCHEME}")
    rest = text[len(SCHEME) :].removesuffix("/")
    if rest.startswith("["):  # an IPv6 address has colons of its own
        host, closed, tail = rest[1:].partition("]")
        if not closed or (tail and not tail.startswith(":")):
            raise AddressError(f"{text!r} has no closing ]")
        ports = tail[1:].split(":") if tail else []
    else:
        host, *ports = rest.split(":")
    if not is_host(host):
        raise AddressError(f"{text!r} names no host")
    if len(ports) > 2:
        raise AddressError(f"{text!r} has more than two ports")
    numbers = [_port(text, port) for port in ports]
    if len(numbers) == 1:
        numbers.append(numbers[0] + 1)
    return VenueAddress(host, *(numbers or (orders_port, feed_port)))


def _port(text: str, port: str) -> int:
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise AddressError(f"{port!r} in {text!r} is not a port")
    return int(port)


def mold_address(text: str) -> tuple[str, int]:
    """Host and port of datagrams, ``host:port``."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not is_host(host):
        raise AddressError(f"{text!r} is not HOST:PORT")
    return host, _port(text, port)
