"""Slopes of features, and of features at each step."""

import pytest

from drupelet.operations.prelu import PRelu
from drupelet.operations.reduce import Reduce
from export.model.small_graphs import Sketch, check_file


@pytest.mark.parametrize(("per_step", "padded"), [(False, False), (True, True)])
def test_slopes(per_step, padded):
    sketch = Sketch(padded=padded)
    slopes = sketch.add(PRelu(per_step), sketch.embedded())
    vector = sketch.add(Reduce("sum"), slopes)
    check_file(sketch.model(sketch.add(PRelu(False), vector)))
