"""The C kernel gives every operation the type that Python gives it, and refuses what Python refuses; small ones also answer alike."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.graph_section import _decoded
from drupelet.operations.table import operation_class
from drupelet.operations.value_type import MAX_LENGTH, MAX_WIDTH, ValueType
from runtime.native.operations.cases import case
from runtime.native.operations.runner import Case, answers, built
from runtime.native.operations.test_operations import bits, exact

NAMES = ("activation", "prelu", "softmax", "convolution", "window_pool", "scale_shift", "normalization", "attention", "dot",
         "reshape", "transpose", "repeat", "window", "reverse")  # fmt: skip
TIERS = ("scalar", "avx2", "avx512vnni", "neon", "neondot")
MOST_NUMBERS = 3000
"""Most numbers of a value or a tensor of an operation that is run."""

small = st.integers(0, 5)
numbers = st.one_of(small, small, small, st.integers(0, 40), st.sampled_from([MAX_LENGTH, MAX_LENGTH + 1, MAX_WIDTH + 1,
                    1 << 31, (1 << 32) - 2, (1 << 32) - 1]))  # fmt: skip
floats = st.sampled_from([0.0, 0.0, 0.5, 1.0, 1e-3, -1.0, float("inf"), float("-inf"), float("nan")])
widths = st.one_of(st.integers(1, 6), st.sampled_from([12, 16, 17, 36, MAX_WIDTH]))
lengths = st.one_of(st.none(), st.integers(1, 12), st.just(MAX_LENGTH))


@st.composite
def types(draw):
    kind = draw(st.sampled_from(["steps", "steps", "steps", "vector", "ids"]))
    if kind == "vector":
        return ValueType(kind, 1, draw(widths))
    return ValueType(kind, draw(lengths), 1 if kind == "ids" else draw(widths))


@st.composite
def operations(draw):
    """The class of an operation, its attributes as a file holds them, and what it reads."""
    kind = operation_class(draw(st.sampled_from(NAMES)))
    attributes = tuple(
        struct.pack("<f", draw(floats)) if each == "float" else struct.pack("<I", draw(numbers))
        for each in kind.__annotations__.values()
    )
    usual = {"attention": 3, "dot": 2}.get(kind.name, 1)
    first = draw(types())
    again = st.one_of(st.just(first), st.builds(ValueType, st.just(first.kind), st.just(first.length), st.just(first.width)), types())
    count = draw(st.sampled_from([usual] * 8 + [0, 1, 2, 3]))
    return kind, attributes, [first, *(draw(again) for _ in range(count - 1))][:count]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return built(tmp_path_factory.mktemp("types"))


def read(kind, attributes):
    """The operation that Python reads from a file, or None where it refuses the attributes."""
    try:
        return _decoded(kind, list(attributes))
    except FormatError:
        return None


def expected_type(operation, inputs):
    try:
        return None if operation is None else operation.output(inputs)
    except FormatError:
        return None


def size_of(operation, inputs, kind) -> int:
    shapes = operation.tensor_shapes(inputs).values()
    tensors = [shape[0] * (shape[1] if len(shape) > 1 else 1) for shape in shapes]
    return max([each.steps_in(3) * each.width for each in (*inputs, kind)] + tensors)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.lists(operations(), min_size=30, max_size=60))
def test_types_are_those_of_python(program, drawn):
    asked = [
        Case(kind, tuple((each, []) for each in inputs), attributes=attributes) for kind, attributes, inputs in drawn
    ]
    found = answers([str(program)], "scalar", asked)
    runs = []
    for (kind, attributes, inputs), got in zip(drawn, found):
        operation = read(kind, attributes)
        expected = expected_type(operation, inputs)
        if expected is None:
            assert isinstance(got, str), (kind, attributes, inputs)
            continue
        assert not isinstance(got, str), (operation, inputs, got)
        assert got[0] == expected, (operation, inputs)
        if size_of(operation, inputs, expected) <= MOST_NUMBERS:
            runs.append(case(operation, inputs, tokens=3))
    values = answers([str(program)], "scalar", runs)
    for each, (_, steps) in zip(runs, values):
        wanted = exact(each)
        size = max([1.0] + [abs(x) for step in wanted for x in step])
        assert len(steps) == len(wanted)
        for step, other in zip(steps, wanted):
            assert step == pytest.approx(other, rel=1e-5, abs=3e-6 * size, nan_ok=True), each.operation
    for tier in TIERS[1:]:
        others = answers([str(program)], tier, runs)
        if others is not None:
            assert [bits(steps) for _, steps in others] == [bits(steps) for _, steps in values]
