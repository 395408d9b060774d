"""Every operation answers like the oracle in float64, and with the same bits on all tiers.

Large numbers stand behind the width of what an operation reads: they may not change its answer.
"""

from __future__ import annotations

import math
import struct

import pytest

from drupelet.operations.attention import Attention
from drupelet.operations.value_type import steps_of
from runtime.native.operations.cases import SCALES, cases
from runtime.native.operations.runner import Case, answers, built, float32
from runtime.oracle_operations import OPERATIONS, Matrix

pytestmark = pytest.mark.slow  # the kernel is the same on every Python

CASES = list(cases())
TIERS = ("scalar", "avx2", "avxvnni", "avx512vnni", "neon", "neondot")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return built(tmp_path_factory.mktemp("operations"))


@pytest.fixture(scope="module")
def scalar(program):
    return answers([str(program)], "scalar", CASES)


def exact(case: Case) -> Matrix:
    """The answer in float64; int8 kernels are multiplied out, and read the numbers that int8 steps stand for."""
    tensors, inputs = dict(case.tensors), [steps for _, steps in case.inputs]
    types = [kind for kind, _ in case.inputs]
    if case.quantized:
        scales = tensors.pop(SCALES)[0]
        tensors["kernel"] = [[x * scale for x, scale in zip(row, scales)] for row in tensors["kernel"]]
        if case.operation.groups == 1:
            inputs = [[rounded(step) for step in inputs[0]]]
    return OPERATIONS[case.operation.name](case.operation, inputs, types, tensors, case.tokens)


def rounded(step):
    """A step as int8 with a scale of its own, in the float32 arithmetic of the kernel."""
    largest = max(abs(x) for x in step)
    factor = float32(127.0 / largest)
    return [round(float32(x * factor)) * largest / 127 for x in step]


def bits(steps):
    return [struct.pack(f"<{len(step)}f", *step) for step in steps]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{n} {case.operation}" for n, case in enumerate(CASES)])
def test_an_operation_answers_like_the_oracle(scalar, number):
    case = CASES[number]
    kind, found = scalar[number]
    assert kind == case.operation.output([each for each, _ in case.inputs])
    expected = exact(case)
    assert len(found) == len(expected)
    size = max((abs(x) for step in expected for x in step), default=1.0)
    for step, other in zip(found, expected):
        assert step == pytest.approx(other, rel=1e-5, abs=2e-6 * max(1.0, size))


@pytest.mark.parametrize("tier", TIERS[1:])
def test_every_tier_gives_the_bits_of_scalar(program, scalar, tier):
    found = answers([str(program)], tier, CASES)
    if found is None:
        pytest.skip(f"tier {tier} does not run here")
    for case, (kind, steps), (other_kind, others) in zip(CASES, found, scalar):
        assert (kind, bits(steps)) == (other_kind, bits(others)), case.operation


@pytest.mark.parametrize("score", ["dot", "additive"])
@pytest.mark.parametrize(
    ("keys", "values", "missing"),
    [
        ([[0.5], [math.nan], [0.25]], [[1.0], [2.0], [3.0]], [False, True, True]),
        ([[0.5], [0.125], [0.25]], [[1.0], [math.nan], [3.0]], [True, True, True]),
    ],
    ids=["key", "value"],
)
def test_a_causal_step_sees_no_later_key_that_is_no_number_but_each_such_value(program, score, keys, values, missing):
    tensors = {"weight": [[0.75]]} if score == "additive" else {}
    inputs = tuple((steps_of(3, 1), steps) for steps in ([[1.0], [2.0], [3.0]], keys, values))
    case = Case(Attention(1, score, 1.0, True), inputs, tensors)
    [(_, found)] = answers([str(program)], "scalar", [case])
    assert [math.isnan(x) for [x] in found] == missing
    for step, expected in zip(found, exact(case)):
        assert step == pytest.approx(expected, rel=1e-5, nan_ok=True)


def test_no_number_is_missing(scalar):
    assert all(math.isfinite(x) for _, steps in scalar for step in steps for x in step)
