"""Flatten and Reshape, in row-major order."""

from drupelet.operations.reshape import Reshape
from export.model.small_graphs import Sketch, check_file


def test_steps_and_vectors():
    sketch = Sketch(padded=True)
    steps = sketch.add(Reshape(4, 8), sketch.embedded())
    vector = sketch.add(Reshape(None, 32), steps)
    again = sketch.add(Reshape(16, 2), vector)
    check_file(sketch.model(sketch.add(Reshape(None, 32), again)))
