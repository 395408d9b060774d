"""Steps of the padded length become one step for each token."""

from drupelet.operations.merge import Merge
from drupelet.operations.reduce import Reduce
from drupelet.operations.restore import Restore
from drupelet.operations.strip import SIDES, Strip
from export.model.small_graphs import LENGTH, Sketch, check_file


def test_both_sides():
    sketch = Sketch()
    steps = sketch.embedded()
    found = []
    for side in SIDES:
        stripped = sketch.add(Strip(side), sketch.add(Restore(side, LENGTH, "zeros"), steps))
        found += [sketch.add(Reduce("max"), stripped), sketch.add(Reduce("first"), stripped)]
    check_file(sketch.model(sketch.add(Merge("concat"), *found)))


def test_the_other_side_keeps_padding_in_place_of_tokens():
    sketch = Sketch()
    padded = sketch.embedded(of=sketch.add(Restore("pre", LENGTH, "zeros"), 0))
    check_file(sketch.model(sketch.add(Reduce("sum"), sketch.add(Strip("post"), padded))))
