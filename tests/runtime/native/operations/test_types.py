"""The C kernel gives operations the types that Python gives, and refuses what Python refuses; small ones answer alike."""

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
TIERS = ("scalar", "avx2", "avxvnni", "avx512vnni", "neon", "neondot")
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


def pack(kind, values):
    """Attributes as a file holds them."""
    annotations = kind.__annotations__.values()
    return tuple(struct.pack("<f" if each == "float" else "<I", value) for each, value in zip(annotations, values))


@st.composite
def any_operations(draw):
    """The class of an operation, its attributes as a file holds them, and what it reads: most of them are wrong."""
    kind = operation_class(draw(st.sampled_from(NAMES)))
    attributes = pack(kind, [draw(floats if each == "float" else numbers) for each in kind.__annotations__.values()])
    count = draw(st.sampled_from([1, 1, 1, 2, 3, 0]))
    return kind, attributes, [draw(types()) for _ in range(count)]


USUAL = {
    "filters": st.sampled_from([6, 12, 18, 36]), "kernel_size": st.integers(1, 6), "stride": st.integers(1, 3),
    "dilation": st.integers(1, 3), "groups": st.sampled_from([1, 1, 1, 2, 3, 6]), "left": st.integers(0, 3),
    "right": st.integers(0, 3), "size": st.integers(1, 5), "heads": st.sampled_from([1, 2, 3, 6]), "times": st.integers(1, 4),
    "drop_first": st.integers(0, 2), "drop_last": st.integers(0, 2), "zeros_first": st.integers(0, 2),
    "zeros_last": st.integers(0, 2), "alpha": st.sampled_from([0.0, 0.5]), "beta": st.just(0.0), "gamma": st.just(0.0),
    "epsilon": st.sampled_from([0.5, 1e-3]), "scale": st.sampled_from([0.5, 1.0]),
}  # fmt: skip
"""What attributes often are. Others are choices."""


@st.composite
def usual_operations(draw):
    """The same, most of them right."""
    name = draw(st.sampled_from(NAMES))
    kind = operation_class(name)
    length, width = draw(st.sampled_from([1, 2, 3, 5, 8, 12])), draw(st.sampled_from([6, 12, 18, 36]))
    inputs = [ValueType("steps", draw(st.sampled_from([length, length, None])), width)]
    values = []
    for attribute, annotation in kind.__annotations__.items():
        if attribute in kind.choices:
            values.append(draw(st.integers(0, len(kind.choices[attribute]) - 1)))
        else:
            values.append(draw(st.integers(0, 1) if annotation == "bool" else USUAL.get(attribute, st.just(0))))
    if name == "reshape":
        inputs = [ValueType("steps", length, width)]
        steps = draw(st.sampled_from([(1 << 32) - 1, 1, 2, 3, length]))
        values = [steps, length * width // (1 if steps >> 31 else steps)]
    elif name == "attention":
        value_width = draw(st.sampled_from([6, 12, 18]))
        inputs += [ValueType("steps", draw(lengths), width)]
        inputs += [ValueType("steps", inputs[1].length, value_width)]
    elif name == "dot":
        if draw(st.booleans()):
            inputs = [ValueType("vector", 1, width)]
        kept = draw(st.sampled_from([1, 3, 17]))
        summed = inputs[0].length if values[0] == 0 and inputs[0].kind == "steps" else inputs[0].width
        if draw(st.booleans()) and summed is not None:
            inputs.append(ValueType("vector", 1, summed))
        elif values[1] == 0:
            inputs.append(ValueType("steps", summed, kept))
        else:
            inputs.append(ValueType("steps", kept, summed or 1))
    elif draw(st.booleans()) and name in ("activation", "softmax", "normalization", "scale_shift", "prelu", "repeat"):
        inputs = [ValueType("vector", 1, width)]
    return kind, pack(kind, values), inputs


operations = st.one_of(usual_operations(), usual_operations(), any_operations())


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


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=60
)
@given(st.lists(operations, min_size=30, max_size=60))
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
