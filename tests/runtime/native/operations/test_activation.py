"""Activations of the C kernel over a sweep of floats: near float64 functions, and the same bits on every tier."""

from __future__ import annotations

import math
import random
import struct

import pytest

from drupelet.operations.activation import Activation
from drupelet.operations.activation_names import ACTIVATIONS
from drupelet.operations.value_type import vector_of
from runtime.native.operations.cases import parameters
from runtime.native.operations.runner import Case, answers, built, float32
from runtime.oracle_operations import FUNCTIONS

ERROR, ERRORS = 3e-7, {"selu": 5.3e-7}
"""Largest error, absolute up to 1 and relative above. selu multiplies the error of elu by 1.76."""
EXTREMES = (0.0, -0.0, 1e-45, -1e-45, 1.1754942e-38, -1.1754944e-38, 1e-20, 85.0, 88.7, 88.8, -87.0, -88.8, -103.9, -104.1,
            1e18, -1e18, 1.1e19, -1.9e19, 3.4028234e38, -3.4028234e38, math.inf, -math.inf)  # fmt: skip
LIMITS = {"silu": 0.0, "gelu": 0.0, "gelu_tanh": 0.0, "mish": 0.0, "hard_silu": 0.0}
"""What functions go to at -infinity, where their formula is not a number."""

CHOOSING = ("soft_shrink", "hard_shrink", "threshold")
"""Functions that choose a constant where no comparison holds, also for a number that is none: so does Keras."""


def sweep() -> list[float]:
    rng = random.Random(7)  # noqa: S311
    around = [x / 16 for x in range(-20 * 16, 20 * 16 + 1)]
    near = [rng.gauss(0, 1.5) for _ in range(1000)]
    sizes = [rng.choice((-1, 1)) * 10 ** rng.uniform(-45, 38.5) for _ in range(1000)]
    return [float32(x) for x in (*around, *near, *sizes, *EXTREMES)]


NUMBERS = sweep()
CASES = {
    name: Case(Activation(name, **parameters(name)), ((vector_of(len(NUMBERS)), [NUMBERS]),)) for name in ACTIVATIONS
}


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return built(tmp_path_factory.mktemp("activation"))


@pytest.fixture(scope="module")
def found(program):
    return dict(zip(CASES, answers([str(program)], "scalar", list(CASES.values()))))


def as_float32(x: float) -> float:
    """The nearest float32, which is infinite beyond the largest."""
    try:
        return float32(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def exact(name: str, x: float) -> float:
    operation = CASES[name].operation
    return FUNCTIONS[name](operation.alpha, operation.beta, operation.gamma)(x)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_near_its_function(found, name):
    _, [values] = found[name]
    for x, value in zip(NUMBERS, values):
        expected = exact(name, x)
        if math.isnan(expected):
            expected = LIMITS.get(name, math.nan)
        if math.isnan(expected) or as_float32(expected) == value:
            continue
        assert abs(value - expected) <= ERRORS.get(name, ERROR) * max(1.0, abs(expected)), (x, value, expected)


@pytest.mark.parametrize("tier", ["avx2", "avxvnni", "avx512vnni", "neon", "neondot"])
def test_every_tier_gives_the_bits_of_scalar(program, found, tier):
    others = answers([str(program)], tier, list(CASES.values()))
    if others is None:
        pytest.skip(f"tier {tier} does not run here")
    for (name, (_, [values])), (_, [other]) in zip(found.items(), others):
        for x, value, expected in zip(NUMBERS, other, values):
            assert struct.pack("<f", value) == struct.pack("<f", expected) or value != value != expected != expected, (
                name,
                x,
            )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_number_that_is_none_stays_none(program, name):
    case = Case(CASES[name].operation, ((vector_of(3), [[1.0, math.nan, -1.0]]),))
    [(_, [values])] = answers([str(program)], "scalar", [case])
    assert [math.isnan(value) for value in values] == [False, name not in CHOOSING, False]
