"""A live desk and what it was told, in a process with the taped core (desk_tape.c).

``python tape.py DIRECTORY [RECORDING]`` trades live by the configuration there, and
prints as JSON what came of it, of a second desk in virtual time that was told the
same, and of others that were each told one thing differently.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import shutil
import struct
import subprocess
import sys
import time
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "native" / "build" / "release" / "test" / "taped.so"
HEAD = struct.Struct("<IIQQ")
MD, REPORT, TIMER, SENT = 1, 2, 4, 5
MD_PRICE, MD_KIND = 40, 58
"""Where the price of a ``cp_md`` stands, and its kind."""
ORDERS = 60
"""Orders of the strategy's to wait for; of its fills, a few."""
FILLS = 3
SECONDS = 60.0


def build() -> None:
    """Bring the library up to date."""
    make = shutil.which("make")
    assert make is not None, "make is needed to build the taped core"
    target = str(LIBRARY.relative_to(ROOT / "native"))
    command = [make, "-s", "-C", str(ROOT / "native"), f"PYTHON={sys.executable}", target]
    subprocess.run(command, check=True)


def put_in_place() -> ctypes.CDLL:
    """The taped core is what ``cockpit`` imports from now on."""
    import cockpit

    loader = ExtensionFileLoader("cockpit._native", str(LIBRARY))
    spec = importlib.util.spec_from_file_location("cockpit._native", loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules["cockpit._native"] = module
    cockpit._native = module  # type: ignore[attr-defined]
    library = ctypes.CDLL(str(LIBRARY))
    library.tape_read.restype = library.tape_hash.restype = ctypes.c_uint64
    library.tape_read.argtypes = [ctypes.c_char_p, ctypes.c_uint64]
    return library


def places(tape: bytes) -> list[tuple[int, int, int]]:
    """Of each thing said, the kind, where it stands and its size."""
    found, at = [], 0
    while at < len(tape):
        kind, size, _, _ = HEAD.unpack_from(tape, at)
        found.append((kind, at + HEAD.size, size))
        at += HEAD.size + size
    assert at == len(tape)
    return found


def play(library: ctypes.CDLL, tape: bytes) -> dict[str, Any]:
    """Tell it all to a new desk."""
    figures = [ctypes.c_uint64() for _ in range(3)]
    told = library.tape_play(
        ctypes.c_char_p(tape), ctypes.c_uint64(len(tape)), *map(ctypes.byref, figures)
    )
    assert told == 0
    state, orders, others = (figure.value for figure in figures)
    return {"hash": f"{state:016x}", "orders": orders, "others": others}


def altered(tape: bytes) -> dict[str, bytes]:
    """The tape with one thing in it changed, each of them one that mattered."""
    from cockpit._native import ffi, lib

    def with_bytes(at: int, new: bytes) -> bytes:
        return tape[:at] + new + tape[at + len(new) :]

    found = places(tape)
    fills = []
    for kind, at, size in found:
        if kind != REPORT:
            continue
        report = ffi.new("cp_report *")
        ffi.buffer(report)[:] = tape[at : at + size]
        if report.kind == lib.CP_REPORT_EXECUTED:
            fills.append((at, report))
    at, report = fills[len(fills) // 2]
    report.price += 1
    versions = {"a fill a tick away": with_bytes(at, bytes(ffi.buffer(report)))}
    # Market data that an order answers: what was heard last before it left.
    answered = [
        found[i - 1] for i in range(1, len(found))
        if found[i][0] == SENT and found[i - 1][0] == MD
    ]  # fmt: skip
    _, at, size = answered[len(answered) // 2]
    versions["market data not heard"] = tape[: at - HEAD.size] + tape[at + size :]
    at = next(at for _, at, _ in answered if tape[at + MD_KIND] == lib.CP_MD_ADD)
    (price,) = struct.unpack_from("<q", tape, at + MD_PRICE)
    versions["market data a tick away"] = with_bytes(
        at + MD_PRICE, struct.pack("<q", price + 1)
    )
    return versions


def main(directory: str, recording: str = "") -> None:
    library = put_in_place()
    from dataclasses import replace

    from cockpit.config.load import load
    from cockpit.config.settings import settings
    from cockpit.core import Engine, Flow, FlowKind, Mode
    from cockpit.data.source import open_recording

    made = settings(load(Path(directory)))
    played = open_recording(Path(recording)) if recording else None
    if played:
        made = replace(
            made,
            instruments=played.instruments,
            flow=Flow(kind=FlowKind.REPLAY),
            order_capacity=played.order_capacity,
        )
    engine = Engine(made)
    if played:
        played.load_into(engine)
    with engine:
        deadline = time.monotonic() + SECONDS
        while True:
            slot = engine.read()["desk"]["strategies"][0]
            if int(slot["order_count"]) >= ORDERS and int(slot["fill_count"]) >= FILLS:
                break
            assert time.monotonic() < deadline, slot["order_count"]
            time.sleep(0.02)
        # A control is told to it too.
        engine.set_mode(0, Mode.REDUCE)
        while int(slot["config"]["mode"]) != Mode.REDUCE:
            slot = engine.read()["desk"]["strategies"][0]
            time.sleep(0.02)
        time.sleep(0.2)
    slot = engine.read()["desk"]["strategies"][0]
    size = library.tape_read(None, 0)
    buffer = ctypes.create_string_buffer(size)
    library.tape_read(buffer, size)
    tape = buffer.raw
    kinds = [kind for kind, _, _ in places(tape)]
    print(
        json.dumps(
            {
                "live": f"{library.tape_hash():016x}",
                "orders": int(slot["order_count"]),
                "fills": int(slot["fill_count"]),
                "fault": int(slot["fault"]),
                "timers": kinds.count(TIMER),
                "market_data": kinds.count(MD),
                "again": play(library, tape),
                "once_more": play(library, tape),
                "altered": {k: play(library, t) for k, t in altered(tape).items()},
            }
        )
    )


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(*sys.argv[1:])
