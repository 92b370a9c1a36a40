"""The program under test, built once."""

import pytest

from tests.strategies import pipe


@pytest.fixture(scope="session", autouse=True)
def program() -> None:
    pipe.build()
