"""What a screen reads of a picture is what numpy reads of the same bytes."""

import subprocess
import sys

import numpy as np
import pytest

from cockpit.core import PICTURE, PICTURE_DTYPE, Record, blank_picture
from cockpit.record import Column, Rows


def same(found: object, dtype: np.dtype, expected: np.ndarray) -> int:
    """Compare all the way down; how many plain values were compared."""
    if isinstance(found, (Rows, Column)):
        assert len(found) == len(expected)
        return sum(
            same(one, expected.dtype, other)
            for one, other in zip(found, expected, strict=True)
        )
    if isinstance(found, Record):
        return sum(
            same(found[name], dtype[name], expected[name]) for name in dtype.names or ()
        )
    value = (
        expected.item() if isinstance(expected, (np.ndarray, np.generic)) else expected
    )
    assert found == value or (found != found and value != value)
    return 1


def noise(seed: int = 5) -> bytes:
    return np.random.default_rng(seed).bytes(PICTURE.size)


def test_every_field_of_a_picture_reads_as_numpy_reads_it() -> None:
    raw = noise()
    expected = np.frombuffer(raw, PICTURE_DTYPE).reshape(())
    assert PICTURE.size == PICTURE_DTYPE.itemsize
    assert same(Record(PICTURE, raw), PICTURE_DTYPE, expected) > 3000


def test_columns_and_slices_are_those_of_numpy() -> None:
    raw = noise(6)
    desk = Record(PICTURE, raw)["desk"]
    expected = np.frombuffer(raw, PICTURE_DTYPE)[0]["desk"]
    for column, other in (
        (desk["symbols"]["position"], expected["symbols"]["position"]),
        (desk["symbols"]["position"][1:3], expected["symbols"]["position"][1:3]),
        (desk["symbols"][1:4]["position"], expected["symbols"][1:4]["position"]),
        (
            desk["strategies"]["config"]["hash"],
            expected["strategies"]["config"]["hash"],
        ),
    ):
        assert column.tolist() == other.tolist()
        assert column.max(initial=0) == max(other.max(), 0)
    assert desk["symbols"][-1]["bid"] == expected["symbols"][-1]["bid"]
    assert desk["strategies"]["config"].tobytes() == (
        expected["strategies"]["config"].tobytes()
    )
    with pytest.raises(IndexError):
        desk["symbols"][len(expected["symbols"])]
    with pytest.raises(KeyError):
        desk["no such field"]


def test_a_blank_picture_is_all_zeros() -> None:
    assert blank_picture().tobytes() == bytes(PICTURE.size)
    assert not blank_picture()["desk"]["symbols"]["position"].any()


@pytest.mark.parametrize("module", ["cockpit.cli", "cockpit.ui.app", "cockpit.control"])
def test_the_screen_is_loaded_without_numpy(module: str) -> None:
    code = f"import sys, {module}, cockpit.control.local, cockpit.control.remote\n"
    code += "import cockpit.config.load\nsys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
