"""Padding put back: every side and filling, of ids and steps, down to a text that is nothing else."""

import itertools

from drupelet.operations.merge import Merge
from drupelet.operations.reshape import Reshape
from drupelet.operations.restore import FILLS, SIDES, Restore
from export.model.small_graphs import LENGTH, Sketch, check_file


def test_every_side_and_filling():
    sketch = Sketch()
    steps = sketch.embedded()
    restored = [sketch.add(Restore(side, LENGTH, fill), steps) for side, fill in itertools.product(SIDES, FILLS)]
    restored += [sketch.embedded(of=sketch.add(Restore(side, LENGTH, "zeros"), 0)) for side in SIDES]
    flat = [sketch.add(Reshape(None, LENGTH * 4), value) for value in restored]
    check_file(sketch.model(sketch.add(Merge("concat"), *flat)))
