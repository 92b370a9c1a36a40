"""The commands, run as a user runs them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from cockpit import core, paths

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("COCKPIT_DATA", ROOT.parent / "shared" / "data"))
AAPL = DATA / "itch50/nasdaq_itch50_aapl_20200130/locate-13-10k.bin"
AMZN = DATA / "lobster/LOBSTER_SampleFile_AMZN_2012-06-21_5.zip"
ZERO_LENGTHS = DATA / "itch50/ritch_synthetic_itch50/ex20101224.TEST_ITCH_50.gz"


def cockpit(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cockpit", *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=120,
        **options,
    )


def figures(*arguments: object) -> dict:
    done = cockpit(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def need(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is not here: set COCKPIT_DATA")
    return path


def test_once_trades_and_says_what_came_of_it():
    found = figures("once", "--seconds", 3, "--seed", 5)
    assert found["events_per_s"] > 1000
    assert found["orders_sent"] > 0 and found["fills"] > 0 and found["gaps"] == 0
    assert list(found["hops"]) == list(core.HOPS)
    assert set(found["tick_to_order_ns"]) == {
        "count", "p50", "p90", "p95", "p99", "p999", "max",
    }  # fmt: skip
    assert found["tick_to_order_ns"]["count"] > 0
    assert {"realised", "unrealised", "fees"} <= set(found["pnl"])
    assert {limit.name for limit in core.LIMITS} == set(found["risk"]["limits"])
    assert all(
        {"used", "limit"} <= set(limit) for limit in found["risk"]["limits"].values()
    )
    assert {"name", "core", "pinned", "busy"} <= set(found["threads"][0])
    assert {"name", "capacity", "high_water", "full_count"} <= set(found["rings"][0])
    assert found["orders_working"] == 0, "it stopped with orders at the venue"
    assert found["seed"] == 5


def test_latencies_are_exported_so_that_the_package_reads_them_back(tmp_path: Path):
    file = tmp_path / "run.hlog"
    found = figures("once", "--seconds", 2, "--hlog", file)
    reader = HistogramLogReader(str(file), HdrHistogram(1, core.HISTOGRAM_MAX_NS, 3))
    counts = {}
    while (histogram := reader.get_next_interval_histogram()) is not None:
        counts[histogram.get_tag()] = histogram.get_total_count()
    reader.close()
    assert counts
    for hop, count in counts.items():
        assert count == found["hops"][hop]["count"]


def test_sim_repeats_by_seed():
    runs = [figures("sim", "--seed", seed, "--events", 200_000) for seed in (3, 3, 4)]
    assert runs[0]["state_hash"] == runs[1]["state_hash"] != runs[2]["state_hash"]
    assert runs[0]["pnl"] == runs[1]["pnl"]
    assert runs[0]["fills"] > 0


def test_the_exchange_alone_trades_without_a_desk():
    found = figures("sim", "--events", 100_000, "--no-desk")
    assert found["orders_sent"] == 0 and found["trades"] > 0


def test_recorded_executions_meet_the_orders_they_met():
    replay = figures(
        "once", "--replay", need(AAPL), "--no-desk", "--seconds", 0, "--speed", "max"
    )["replay"]
    assert replay["messages"] == 10_000
    assert replay["executions"] == replay["executions_matched"] == 849
    assert replay["executions_at_best"] == 849
    assert replay["orphans"] == replay["book_mismatches"] == 0


def test_the_published_book_is_met_at_every_row():
    replay = figures(
        "once", "--replay", need(AMZN), "--no-desk", "--seconds", 0, "--speed", "max"
    )["replay"]
    assert replay["rows_checked"] == replay["messages"] == 155_935
    assert replay["book_mismatches"] == 0
    assert replay["executions_matched"] >= 0.998 * replay["executions_known"]
    missed = replay["executions_known"] - replay["executions_matched"]
    assert missed == len(replay["exceptions"])
    assert all(exception["cause"] for exception in replay["exceptions"])


def test_the_desk_trades_inside_a_recording():
    found = figures("once", "--replay", need(AMZN), "--seconds", 0, "--speed", "max")
    assert found["replay"]["finished"] and found["orders_sent"] > 0
    assert {"displaced", "consumed", "impact_increments", "queue_wait_ns"} <= set(
        found["replay"]
    )
    assert found["replay"]["orphans"] == 0
    assert found["orders_working"] == 0


def test_a_recording_under_virtual_time_repeats():
    runs = [figures("sim", "--replay", need(AMZN), "--events", 100_000) for _ in range(2)]
    assert runs[0]["state_hash"] == runs[1]["state_hash"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["once", "--seconds", 0], "give --replay"),
        (["once", "--speed", "fast"], "neither max nor a number"),
        (["once", "--rate", 0], "1<=x<=1000000"),
        (["once", "--symbol", "X"], "give --replay"),
        (["once", "--speed", "10"], "give --replay"),
        (["exchange", "--speed", "10"], "give --replay"),
        (["once", "--mold", "127.0.0.1:9"], "give --venue"),
        (["once", "--account", "sim"], "give --venue"),
        (["once", "--no-desk", "--hlog", "x.hlog"], "not with --no-desk"),
        (["once", "--hlog", "/no/such/place"], "No such file or directory"),
        (["once", "--seconds", "nan"], "not a finite number"),
        (["once", "--seconds", "inf"], "not a finite number"),
        (["exchange", "--status", "nan"], "not a finite number"),
        (["--seed", "5", "once"], "stands before the command"),
        (["strategy", "new", "x", "--c", "--python"], "one language"),
        (["bench", "no_such_row"], "ring_round_trip_ns"),
        (["once", "--replay", "no_such_file"], "does not exist"),
        (["once", "--replay", __file__], "ITCH 5.0"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_starts(arguments: list, said: str):
    done = cockpit(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_desk_that_nobody_let_in_did_not_end_well():
    own = {**os.environ, "COCKPIT_USER": "A", "COCKPIT_PASSWORD": "B"}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        done = cockpit(
            "once", "--venue", f"tcp://127.0.0.1:{port}:{port}", "--seconds", 0.5,
            "--json", env=own,
        )  # fmt: skip
    assert done.returncode == 1
    assert "nobody let the desk in" in done.stderr
    found = json.loads(done.stdout)
    assert found["mode"] == "LIVE"  # nobody said that no money is at stake
    assert found["events"] is None and found["trades"] is None
    assert [thread["name"] for thread in found["threads"]].count("venue") == 0


def test_a_file_with_zero_lengths_is_refused():
    done = cockpit("once", "--replay", need(ZERO_LENGTHS), "--seconds", 0)
    assert done.returncode == 2
    assert "byte 0" in done.stderr and "Traceback" not in done.stderr


def test_all_that_is_wrong_with_the_files_is_said_at_once(tmp_path: Path):
    assert cockpit("init", tmp_path).returncode == 0
    risk, strategies = tmp_path / "risk.toml", tmp_path / "strategies.toml"
    risk.write_text(risk.read_text().replace("max_order_qty = ", "max_order_qty = -"))
    strategies.write_text(strategies.read_text().replace('"momentum"', '"momentun"'))
    done = cockpit("once", "--config", tmp_path)
    assert done.returncode == 2
    assert "risk.toml" in done.stderr and "max_order_qty" in done.stderr
    assert "strategies.toml" in done.stderr and "momentun" in done.stderr


def test_init_leaves_what_is_there(tmp_path: Path):
    assert "written" in cockpit("init", tmp_path).stdout
    mine = tmp_path / "risk.toml"
    mine.write_text("# mine\n")
    assert "left as it is" in cockpit("init", tmp_path).stdout
    assert mine.read_text() == "# mine\n"
    assert {path.name for path in paths.default_config().glob("*.toml")} <= {
        path.name for path in tmp_path.iterdir()
    }


def wait_until_it_catches(process: subprocess.Popen[str]) -> None:
    """Before that the signal would just end it. Python itself catches INT at once."""
    deadline = time.monotonic() + 30.0
    caught = 0
    while not caught >> (signal.SIGTERM - 1) & 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("SigCgt"):
                caught = int(line.split()[1], 16)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_once_in_good_order(number: signal.Signals):
    process = subprocess.Popen(
        [sys.executable, "-m", "cockpit", "once", "--seconds", "60", "--json"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    wait_until_it_catches(process)
    time.sleep(1.0)
    process.send_signal(number)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert json.loads(output)["orders_working"] == 0


def test_without_a_terminal_the_cockpit_says_what_to_use_instead():
    done = cockpit(stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "cockpit once" in done.stderr


def test_every_row_of_the_benchmark_has_a_name_and_a_line():
    done = cockpit("bench", "--list")
    assert done.returncode == 0
    for name in (
        "ring_round_trip_ns",
        "tick_to_order_ns",
        "sim_events_per_s",
        "venue_events_per_s",
        "itch_decode_ns",
        "itch_l2_ns",
        "itch_l3_ns",
    ):
        assert name in done.stdout
