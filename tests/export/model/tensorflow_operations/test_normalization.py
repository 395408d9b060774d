"""Normalizations of steps and vectors, down to features that are all equal."""

import numpy as np

from drupelet.operations.merge import Merge
from drupelet.operations.normalization import FUNCTIONS, Normalization
from drupelet.operations.reduce import Reduce
from export.model.small_graphs import ROWS, Sketch, check_file


def test_every_function():
    sketch = Sketch()
    table = sketch.random.uniform(-1, 1, (ROWS, 6))
    table[3] = 0
    table[9] = 0.25
    from drupelet.operations.embedding import Embedding

    steps = sketch.add(Embedding(ROWS, 6), 0, table=table)
    vector = sketch.add(Reduce("sum"), steps)
    found = []
    for function in FUNCTIONS:
        for epsilon in (1e-3, 1e-12):
            operation = Normalization(function, float(np.float32(epsilon)))
            found += [sketch.add(Reduce("sum"), sketch.add(operation, steps)), sketch.add(operation, vector)]
    check_file(sketch.model(sketch.add(Merge("concat"), *found)))
