"""Products over steps and features, of steps and vectors."""

from drupelet.operations.dot import Dot
from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from export.model.small_graphs import LENGTH, Sketch, check_file


def test_every_pair_of_axes():
    sketch = Sketch()
    exact, other = sketch.embedded(4), sketch.embedded(4)
    fixed = sketch.add(Restore("post", LENGTH, "zeros"), exact)
    vector = sketch.add(Reduce("max"), other)
    square = sketch.add(Dot("features", "features", False), fixed, fixed)
    cases = [
        ("steps", "steps", exact, other),
        ("features", "features", exact, fixed),
        ("features", "steps", square, fixed),
        ("steps", "features", fixed, square),
        ("features", "features", fixed, vector),
        ("features", "features", vector, fixed),
        ("features", "steps", vector, sketch.add(Dot("steps", "steps", False), exact, other)),
        ("features", "features", vector, vector),
    ]
    found = []
    for a_axis, b_axis, a, b in cases:
        for normalize in (False, True):
            value = sketch.add(Dot(a_axis, b_axis, normalize), a, b)
            found.append(value if sketch.types[value].kind == "vector" else sketch.add(Reduce("sum"), value))
    check_file(sketch.model(sketch.add(Merge("concat"), *found)))
