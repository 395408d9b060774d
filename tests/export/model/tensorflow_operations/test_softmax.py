"""Softmax over features and over steps."""

import itertools

import pytest

from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet.operations.reshape import Reshape
from drupelet.operations.softmax import AXES, FUNCTIONS, Softmax
from export.model.small_graphs import LENGTH, Sketch, check_file


@pytest.mark.parametrize("padded", [False, True], ids=["exact", "padded"])
def test_every_axis_and_function(padded):
    sketch = Sketch(padded=padded)
    steps = sketch.embedded()
    values = [sketch.add(Softmax(axis, name), steps) for axis, name in itertools.product(AXES, FUNCTIONS)]
    last = Reshape(None, LENGTH * 4) if padded else Reduce("max")
    vectors = [sketch.add(last, value) for value in values]
    vectors += [sketch.add(Softmax("features", name), vectors[0]) for name in FUNCTIONS]
    check_file(sketch.model(sketch.add(Merge("concat"), *vectors)))
