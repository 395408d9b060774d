"""Dense layers on steps and on vectors."""

from drupelet.operations.dense import Dense
from drupelet.operations.reduce import Reduce
from export.model.small_graphs import Sketch, check_file


def test_steps_and_vectors():
    sketch = Sketch()
    steps = sketch.add(Dense(5), sketch.embedded())
    check_file(sketch.model(sketch.add(Dense(3), sketch.add(Reduce("sum"), steps))))


def test_shared_layers_have_one_kernel_in_the_file():
    sizes = []
    for shared in (False, True):
        sketch = Sketch()
        first, second = sketch.embedded(64), sketch.embedded(64)
        owner = sketch.add(Dense(64), first)
        again = sketch.add(Dense(64), second, weights_of=owner if shared else None)
        sums = [sketch.add(Reduce("sum"), value) for value in (owner, again)]
        from drupelet.operations.merge import Merge

        sizes.append(len(check_file(sketch.model(sketch.add(Merge("subtract"), *sums)))))
    assert sizes[0] - sizes[1] > 0.9 * 64 * 64 * 4
