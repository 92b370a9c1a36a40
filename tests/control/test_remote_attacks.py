"""The control socket under attack: cut off, logged, and nobody else notices."""

from __future__ import annotations

import os
import random
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from serving import (
    SCRIPT,
    Served,
    copy_files,
    drain,
    state,
    wait,
    waited_seconds,
)

from cockpit.control import protocol, session
from cockpit.control.connection import Connection, Unreachable
from cockpit.control.protocol import Hello
from cockpit.control.remote import RemoteDesk
from cockpit.control.runtime import (
    Lock,
    Place,
    RuntimeRefused,
    check_directory,
    directory,
    place,
)
from cockpit.control.server import SESSION_MAX
from cockpit.core import RiskState

AT_ONCE_SECONDS = 0.9 * min(session.GREETING_SECONDS, session.FRAME_SECONDS)
"""Before the first clock that would cut it off as well; the log says what did."""
GAP_SECONDS = 1.0
"""A picture every 0.05 s is wished for; what a busy machine takes is not counted."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(copy_files(tmp_path_factory.mktemp("files"))) as made:
        yield made


@contextmanager
def unharmed(served: Served) -> Iterator[RemoteDesk]:
    """A screen that looks on: pictures keep coming, of a desk that keeps trading."""
    gaps, stop = [0.0], Event()
    with served.join(hz=20) as desk:
        first = int(desk.read()["desk"]["counters"]["md_count"])

        def follow() -> None:
            last, since, waited = 0, time.monotonic(), waited_seconds(served.pid)
            while not stop.is_set():
                now_ns = int(desk.read()["time_ns"])
                now = time.monotonic()
                if now_ns != last:
                    last, since, waited = now_ns, now, waited_seconds(served.pid)
                gap = now - since
                if gap > gaps[0]:
                    gaps[0] = max(gaps[0], gap + waited - waited_seconds(served.pid))
                time.sleep(0.01)

        thread = Thread(target=follow)
        thread.start()
        try:
            yield desk
        finally:
            stop.set()
            thread.join()
        assert gaps[0] < GAP_SECONDS, f"no picture for {gaps[0]:.2f} s"
        wait(
            lambda: int(desk.read()["desk"]["counters"]["md_count"]) > first, "for a tick"
        )
        assert state(desk.read()) == RiskState.ACTIVE


def framed(message: dict) -> bytes:
    return protocol.encode(message, 1 << 20)


def cut_after(connection: socket.socket) -> float:
    """Seconds until the other side has ended it."""
    began = time.monotonic()
    with connection:
        drain(connection)
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (struct.pack(">I", 0xFFFFFFFF), "4294967295 bytes"),
        (struct.pack(">I", 0), "0 bytes"),
        (struct.pack(">I", 4097) + b"x", "4097 bytes"),
        (struct.pack(">I", 3) + b"\xc1\xc1\xc1", "no msgpack"),
        (framed({"magic": "cockpit"}), "speaks protocol None"),
        (framed({"ask": "halt", "number": 1}), "no greeting"),
        (b"GET / HTTP/1.1\r\n\r\n", "bytes announced"),
    ],
    ids=["4GB", "zero", "long", "no msgpack", "half greeting", "no greeting", "http"],
)
def test_nonsense_is_cut_off_at_once_and_logged(
    served: Served, sent: bytes, said: str
) -> None:
    with unharmed(served):
        connection = served.raw()
        connection.sendall(sent)
        assert cut_after(connection) < AT_ONCE_SECONDS
    served.wait_for(said)


def test_random_bytes_never_get_anywhere(served: Served) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with unharmed(served):
        for _ in range(200):
            with served.raw() as connection:
                if chance.random() < 0.5:
                    connection.sendall(framed(Hello(role="trade").message()))
                body = chance.randbytes(chance.randrange(1, 300))
                if chance.random() < 0.5:
                    body = struct.pack(">I", len(body)) + body
                with suppress(BrokenPipeError):
                    connection.sendall(body)
    served.wait_for("others were cut off")


def test_a_silent_client_is_cut_off(served: Served) -> None:
    with unharmed(served):
        took = cut_after(served.raw())
    # By that clock, and not by the one for who says nothing after a greeting.
    assert session.GREETING_SECONDS * 0.9 < took < session.SILENCE_SECONDS * 0.9
    served.wait_for("no greeting within 2 s")


@pytest.mark.parametrize(
    "sent", [b"\x00", b"\x00\x00\x00\x10half"], ids=["length", "body"]
)
def test_half_a_frame_is_cut_off_even_when_it_trickles(
    served: Served, sent: bytes
) -> None:
    with unharmed(served), served.raw() as connection:
        connection.sendall(framed(SCRIPT.message()) + sent)
        connection.settimeout(0.3)
        began = time.monotonic()
        ended = False
        while not ended and time.monotonic() - began < 10:
            try:
                ended = not connection.recv(65536)
                connection.sendall(b"x" if len(sent) > 4 else b"")
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                ended = True
        took = time.monotonic() - began
    assert took < 2 * session.FRAME_SECONDS
    served.wait_for("half a frame for 2 s")


def test_a_client_that_falls_silent_after_its_greeting_is_cut_off(served: Served) -> None:
    with unharmed(served):
        connection = served.raw()
        connection.sendall(framed(SCRIPT.message()))
        took = cut_after(connection)
    assert took < 2 * session.SILENCE_SECONDS
    served.wait_for("silent for 5 s")


def test_a_client_that_does_not_read_is_cut_off_while_others_get_theirs(
    served: Served,
) -> None:
    with unharmed(served), ExitStack() as opened:
        slow = opened.enter_context(served.raw())
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        slow.sendall(framed(Hello(role="view", hz=20.0).message()))
        began = time.monotonic()
        ping = framed({"ask": "ping"})
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while time.monotonic() - began < 60:
                slow.sendall(ping)  # alive, but deaf
                time.sleep(0.2)
    served.wait_for("has not read for 3 s")


def test_a_flood_of_messages_is_cut_off(served: Served) -> None:
    with unharmed(served), served.raw() as connection:
        flood = framed({"ask": "ping"}) * 20_000
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(framed(SCRIPT.message()))
            for _ in range(100):
                connection.sendall(flood)
    served.wait_for("more than 200 messages in a second")


def test_a_house_full_of_clients_still_lets_those_inside_work(served: Served) -> None:
    with unharmed(served) as desk:
        crowd = [served.raw() for _ in range(SESSION_MAX + 10)]
        served.wait_for(f"{SESSION_MAX} clients are here already")
        desk.pause()
        wait(lambda: state(desk.read()) == RiskState.PAUSED)
        desk.resume()
        wait(lambda: state(desk.read()) == RiskState.ACTIVE)
        for connection in crowd:
            connection.close()
        wait(lambda: len(desk.controls.sessions) == 1)
    wait(served.answers, "for room")


@pytest.mark.parametrize(
    "message",
    [
        {"ask": "halt"},
        {"ask": "halt", "number": True},
        {"ask": 7, "number": 1},
        {"ask": "x" * 17, "number": 1},
        {"ask": "pause", "number": 1, "why": "x" * 201},
        {},
    ],
    ids=["no number", "truth", "number", "long", "reason", "empty"],
)
def test_a_command_that_makes_no_sense_is_cut_off(served: Served, message: dict) -> None:
    with unharmed(served):
        connection = served.raw()
        connection.sendall(framed(SCRIPT.message()) + framed(message))
        assert cut_after(connection) < AT_ONCE_SECONDS


@pytest.mark.parametrize(
    "fields",
    [
        {"ask": "order"},
        {"ask": "strategy", "strategy": "nobody", "mode": "live"},
        {"ask": "strategy", "strategy": ["x"], "mode": "live"},
        {"ask": "strategy", "strategy": "1", "mode": {"a": 1}},
        {"ask": "strategy", "strategy": "²", "mode": "live"},
        {"ask": "toggle", "slot": 99},
        {"ask": "toggle", "slot": -1},
        {"ask": "limit", "limit": "max_position", "value": "nan"},
        {"ask": "limit", "limit": "../../etc", "value": "1"},
    ],
    ids=str,
)
def test_a_command_that_means_nothing_is_refused(served: Served, fields: dict) -> None:
    with Connection(
        served.place, Hello(role="trade", watches=False, operates=False)
    ) as c:
        c.send({"number": 5, **fields})
        answer = c.receive(3)
    assert answer is not None
    assert (answer["answer"], answer["status"]) == (5, "refused")


def test_a_reason_cannot_move_a_cursor(served: Served) -> None:
    with Connection(served.place, SCRIPT) as connection:
        why = "x\x1b[2J\nCRITICAL forged"
        connection.send({"ask": "cancel", "number": 1, "why": why})
        assert connection.receive(3) is not None
    served.wait_for("why: x [2J CRITICAL forged")
    assert "\x1b" not in served.said()
    assert not any(line.startswith("CRITICAL") for line in served.said().splitlines())


# ---- the place -------------------------------------------------------------------------


def as_nobody(do) -> int:
    """The exit code of ``do`` in a child that is uid 65534."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setgid(65534)
            os.setuid(65534)
            code = do()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="becomes another user: root only"
)


@needs_root
@pytest.mark.parametrize("opened", [False, True], ids=["as it is", "directory opened"])
def test_another_user_is_kept_out_twice(served: Served, opened: bool) -> None:
    path = str(served.place.socket)

    def knock() -> int:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(5)
        try:
            connection.connect(path)
        except PermissionError:
            return 13
        with suppress(BrokenPipeError):  # shown the door already
            connection.sendall(framed(Hello(role="trade").message()))
        return 7 if b"uid 65534" in drain(connection) else 1

    # Noise of our own in the same second does not hide what another tried.
    for _ in range(20 if opened else 0):
        with served.raw() as connection:
            connection.sendall(struct.pack(">I", 0))
            drain(connection)
    try:
        if opened:
            served.runtime.chmod(0o711)
            served.place.directory.chmod(0o711)
            served.place.socket.chmod(0o666)
        assert as_nobody(knock) == (7 if opened else 13)
    finally:
        served.runtime.chmod(0o700)
        served.place.directory.chmod(0o700)
        served.place.socket.chmod(0o600)
    if opened:
        served.wait_for("uid 65534 is not the one the desk runs as")


def test_directory_and_socket_are_private_whatever_the_umask(served: Served) -> None:
    assert served.place.directory.stat().st_mode & 0o777 == 0o700
    assert served.place.socket.stat().st_mode & 0o777 == 0o600
    assert served.place.lock.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("umask", [0, 0o022, 0o177])
def test_a_directory_is_made_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tmp_path.chmod(0o700)
    before = os.umask(umask)
    try:
        if umask == 0o177:
            with pytest.raises(RuntimeRefused):
                place("desk", create=True) and check_directory(tmp_path / "nope")
            return
        made = directory(create=True)
    finally:
        os.umask(before)
    assert made.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o777, 0o710, 0o701])
def test_a_directory_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "cockpit"
    target.mkdir()
    target.chmod(mode)
    with pytest.raises(RuntimeRefused, match="chmod 700"):
        check_directory(target)


def test_a_link_or_a_file_for_a_directory_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(real)
    (tmp_path / "file").touch(mode=0o700)
    for name in ("link", "file"):
        with pytest.raises(RuntimeRefused, match="not a directory"):
            check_directory(tmp_path / name)


@needs_root
def test_a_directory_of_another_user_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "cockpit"
    target.mkdir(mode=0o700)
    os.chown(target, 65534, 65534)
    with pytest.raises(RuntimeRefused, match="belongs to uid 65534"):
        check_directory(target)


def test_a_directory_that_others_could_swap_is_refused(tmp_path: Path) -> None:
    above = tmp_path / "above"
    (above / "cockpit").mkdir(parents=True, mode=0o700)
    above.chmod(0o777)
    with pytest.raises(RuntimeRefused, match="can be changed by others"):
        check_directory(above / "cockpit")
    above.chmod(0o1777)
    check_directory(above / "cockpit")


def test_a_path_too_long_for_a_socket_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with pytest.raises(RuntimeRefused, match="longer than the 107 bytes"):
        place("desk", create=True)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.sock", "-x", "x" * 33, "a\n"])
def test_a_name_that_is_a_path_or_an_option_is_refused(name: str) -> None:
    with pytest.raises(RuntimeRefused, match="no name for a desk"):
        place(name)


def test_whatever_stands_in_the_sockets_place_is_cleared_and_not_followed(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o700)
    precious = tmp_path / "precious"
    precious.write_text("kept")
    spot = Place("desk", tmp_path)
    spot.socket.symlink_to(precious)
    with Lock(spot):
        assert not spot.socket.is_symlink()
        with pytest.raises(RuntimeRefused, match="runs already"), Lock(spot):
            pass
    assert precious.read_text() == "kept"
    spot.lock.unlink()
    spot.lock.symlink_to(precious)
    with pytest.raises(RuntimeRefused), Lock(spot):
        pass
    assert precious.read_text() == "kept"


def test_a_second_desk_of_that_name_is_refused_and_the_first_trades_on(
    served: Served,
) -> None:
    with unharmed(served):
        done = served.run("serve", "desk", "--config", served.files)
    assert done.returncode == 2
    assert f"runs already (pid {served.pid})" in done.stderr


def test_a_server_of_another_user_is_not_talked_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(Unreachable):
        Connection(Place("desk", tmp_path), SCRIPT)
