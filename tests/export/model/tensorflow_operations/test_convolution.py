"""Convolutions: strides, dilations, padding, groups and depthwise ones."""

import pytest

from drupelet.operations.convolution import Convolution
from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet_export.emitters.tflite_audit import builtin_operators
from export.model.small_graphs import Sketch, check_file

PLAIN = [
    Convolution(6, 3, 1, 1, 1, 0, 0),
    Convolution(6, 3, 1, 1, 1, 1, 1),
    Convolution(5, 1, 1, 1, 1, 0, 0),
    Convolution(5, 3, 2, 1, 1, 0, 1),
    Convolution(5, 3, 1, 2, 1, 4, 0),  # causal
    Convolution(5, 2, 3, 2, 1, 1, 2),
    Convolution(5, 8, 1, 1, 1, 0, 0),  # as long as the text
]
GROUPED = [
    Convolution(6, 3, 1, 1, 2, 1, 1),
    Convolution(6, 3, 2, 2, 3, 2, 2),
]
DEPTHWISE = [
    Convolution(6, 3, 1, 1, 6, 1, 1),
    Convolution(12, 3, 2, 1, 6, 0, 1),
    Convolution(12, 2, 1, 3, 6, 2, 1),
    Convolution(6, 2, 2, 2, 6, 0, 0),
    Convolution(6, 1, 1, 1, 6, 0, 0),
]


@pytest.mark.parametrize("operations", [PLAIN, GROUPED, DEPTHWISE], ids=["plain", "grouped", "depthwise"])
def test_answers_are_those_of_the_oracle(operations):
    sketch = Sketch(padded=True)
    steps = sketch.embedded(6)
    pooled = [sketch.add(Reduce("max"), sketch.add(operation, steps)) for operation in operations]
    content = check_file(sketch.model(sketch.add(Merge("concat"), *pooled)))
    assert ("DEPTHWISE_CONV_2D" in builtin_operators(content)) == (operations is DEPTHWISE)


def test_one_feature_is_one_group():
    sketch = Sketch(padded=True)
    steps = sketch.embedded(1)
    check_file(sketch.model(sketch.add(Reduce("max"), sketch.add(Convolution(3, 2, 1, 1, 1, 0, 0), steps))))
