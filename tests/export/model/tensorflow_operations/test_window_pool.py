"""Pools over windows, whose missing steps do not count."""

import numpy as np

from drupelet.operations.embedding import Embedding
from drupelet.operations.merge import Merge
from drupelet.operations.reshape import Reshape
from drupelet.operations.window_pool import FUNCTIONS, WindowPool
from export.model.small_graphs import ROWS, Sketch, check_file

WINDOWS = [(2, 2, 0, 0), (3, 1, 1, 1), (3, 2, 2, 0), (8, 8, 0, 0), (1, 2, 0, 0), (5, 3, 1, 4)]


def test_every_window():
    sketch = Sketch(padded=True)
    # Below zero everywhere: a step of zeros would be the maximum.
    steps = sketch.add(Embedding(ROWS, 4), 0, table=sketch.random.uniform(-2, -1, (ROWS, 4)).astype(np.float32))
    flat = []
    for function in FUNCTIONS:
        for window in WINDOWS:
            value = sketch.add(WindowPool(function, *window), steps)
            flat.append(sketch.add(Reshape(None, sketch.types[value].length * 4), value))
    check_file(sketch.model(sketch.add(Merge("concat"), *flat)))
