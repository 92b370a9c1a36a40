"""exp, log and their like, made of IEEE operations, against numpy's."""

import numpy as np

from tests.strategies.pipe import formula


def test_exp_and_log_agree_with_numpy_to_a_few_units_in_the_last_place() -> None:
    dice = np.random.default_rng(7)
    x = np.concatenate(
        [
            dice.uniform(-700, 700, 20000),
            dice.normal(0, 1, 20000),
            np.logspace(-300, 2.8, 20000),
            [0.0, 1.0, 2.0, 0.5, 1e-300, 1.7e308, np.sqrt(2), np.sqrt(0.5)],
        ]
    )
    exp, log, sinh, acosh = formula("functions", x, 4).T
    fits = np.abs(x) < 705
    np.testing.assert_allclose(exp[fits], np.exp(x[fits]), rtol=1e-15)
    above = x > 1e-307
    np.testing.assert_allclose(log[above], np.log(x[above]), rtol=4e-15, atol=1e-16)
    np.testing.assert_allclose(sinh[fits], np.sinh(np.abs(x[fits])), rtol=4e-14)
    # acosh(1 + s), without the 1 that would swallow a small s.
    small = np.abs(x) < 1e10
    s = np.abs(x[small])
    wants = 2 * np.arcsinh(np.sqrt(s / 2))
    np.testing.assert_allclose(acosh[small], wants, rtol=2e-11)


def test_the_ends_are_numbers() -> None:
    x = [-1e308, -709.0, 0.0, -1.0, 1e308, np.inf, -np.inf]
    found = formula("functions", x, 4)
    assert np.all(np.isfinite(found[:, :2]))
    assert found[0, 0] == 0.0 and found[2, 0] == 1.0
    assert found[4, 0] == found[5, 0] > 1e307
