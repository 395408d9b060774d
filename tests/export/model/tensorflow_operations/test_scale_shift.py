"""Factors and offsets of features, before and after a product that the converter joins them with."""

from drupelet.operations.dense import Dense
from drupelet.operations.reduce import Reduce
from drupelet.operations.scale_shift import ScaleShift
from export.model.small_graphs import Sketch, check_file


def test_steps_and_vectors():
    sketch = Sketch()
    steps = sketch.add(ScaleShift(), sketch.add(Dense(5), sketch.add(ScaleShift(), sketch.embedded())))
    check_file(sketch.model(sketch.add(ScaleShift(), sketch.add(Reduce("max"), steps))))
