"""Steps become features."""

from drupelet.operations.reduce import Reduce
from drupelet.operations.transpose import Transpose
from export.model.small_graphs import Sketch, check_file


def test_a_maximum_over_features():
    sketch = Sketch(padded=True)
    check_file(sketch.model(sketch.add(Reduce("max"), sketch.add(Transpose(), sketch.embedded()))))
