"""Steps left out and steps of zeros put there."""

from drupelet.operations.merge import Merge
from drupelet.operations.reshape import Reshape
from drupelet.operations.window import Window
from export.model.small_graphs import Sketch, check_file


def test_both_ends():
    sketch = Sketch(padded=True)
    steps = sketch.embedded()
    windows = [Window(0, 0, 2, 1), Window(3, 1, 0, 0), Window(1, 6, 0, 4), Window(7, 0, 1, 0)]
    flat = []
    for window in windows:
        value = sketch.add(window, steps)
        flat.append(sketch.add(Reshape(None, sketch.types[value].length * 4), value))
    check_file(sketch.model(sketch.add(Merge("concat"), *flat)))
