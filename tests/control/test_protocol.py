"""Frames and pictures: whole through any cut, refused when they are not right."""

import os
import struct
import zlib

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.control import protocol
from cockpit.control.protocol import Frames, Hello, ProtocolError
from cockpit.core import PICTURE_DTYPE

SIZE = PICTURE_DTYPE.itemsize
MESSAGES = st.lists(
    st.dictionaries(st.text(max_size=8), st.integers(-(2**63), 2**63 - 1) | st.text()),
    max_size=5,
)


@given(MESSAGES, st.data())
def test_messages_come_whole_however_the_bytes_are_cut(messages: list, data) -> None:
    stream = b"".join(protocol.encode(message, 1 << 20) for message in messages)
    frames, found = Frames(1 << 20), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += frames.feed(stream[:size])
        stream = stream[size:]
    assert found == messages
    assert not frames.is_partial


@pytest.mark.parametrize("length", [0, 4097, 1 << 31, 0xFFFFFFFF])
def test_a_length_out_of_bounds_is_refused_before_anything_is_kept(length: int) -> None:
    frames = Frames(4096)
    with pytest.raises(ProtocolError, match=f"{length} bytes"):
        list(frames.feed(struct.pack(">I", length)))


@given(st.binary(min_size=1, max_size=200))
def test_random_bytes_are_a_map_or_refused(body: bytes) -> None:
    frames = Frames(4096)
    try:
        found = list(frames.feed(struct.pack(">I", len(body)) + body))
    except ProtocolError:
        return
    assert all(isinstance(message, dict) for message in found)


def test_brackets_nested_deeply_are_refused() -> None:
    body = b"\x91" * 4000 + b"\x01"
    with pytest.raises(ProtocolError):
        list(Frames(4096).feed(struct.pack(">I", len(body)) + body))


def test_what_is_too_long_is_not_sent() -> None:
    with pytest.raises(ProtocolError, match="at most 100 go"):
        protocol.encode({"why": "x" * 200}, 100)


def test_a_picture_comes_whole_alone_and_after_another() -> None:
    first = os.urandom(SIZE)
    changed = np.frombuffer(first, np.uint8).copy()
    changed[1000:1010] += 1
    second = changed.tobytes()
    packed = protocol.pack_picture(second, first)
    assert len(packed) < 400
    assert protocol.unpack_picture(protocol.pack_picture(first, None), None) == first
    assert protocol.unpack_picture(packed, first) == second


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"not deflated",
        zlib.compress(bytes(SIZE - 1)),
        zlib.compress(bytes(SIZE + 1)),
        zlib.compress(bytes(200 << 20)),
        zlib.compress(bytes(SIZE))[:-5],
    ],
    ids=["empty", "text", "short", "long", "bomb", "cut"],
)
def test_a_picture_that_is_not_one_is_refused(packed: bytes) -> None:
    with pytest.raises(ProtocolError):
        protocol.unpack_picture(packed, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"magic": "x"}, "control socket"),
        ({"protocol": 99}, "speaks protocol 99"),
        ({"layout": "feedfacefeedface"}, "layout feedfacefeedface"),
        ({"role": "root"}, "no role 'root'"),
        ({"hz": 0}, "pictures a second"),
        ({"hz": float("nan")}, "pictures a second"),
        ({"hz": True}, "pictures a second"),
        ({"why": "x" * 201}, "at most 200 characters"),
        ({"program": 7}, "a text of at most"),
    ],
)
def test_a_greeting_that_is_wrong_is_refused_with_the_reason(change, said: str) -> None:
    message = Hello(role="trade").message() | change
    with pytest.raises(ProtocolError, match=said):
        protocol.hello_of(message)


def test_a_greeting_comes_out_as_it_went_in() -> None:
    hello = Hello(role="view", program="watch", operates=False, hz=4.0, why="drill")
    packed = msgpack.packb(hello.message())
    assert protocol.hello_of(msgpack.unpackb(packed)) == hello
