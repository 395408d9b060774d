"""Vectors and steps, several times each."""

from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet.operations.repeat import Repeat
from drupelet.operations.reshape import Reshape
from export.model.small_graphs import Sketch, check_file


def test_each_step_stands_several_times_in_a_row():
    sketch = Sketch(padded=True)
    steps = sketch.embedded()
    repeated = sketch.add(Reshape(None, 3 * 8 * 4), sketch.add(Repeat(3), steps))
    vector = sketch.add(Reshape(None, 8), sketch.add(Repeat(2), sketch.add(Reduce("max"), steps)))
    check_file(sketch.model(sketch.add(Merge("concat"), repeated, vector)))
