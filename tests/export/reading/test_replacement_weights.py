"""A weight of a file finds its place in a layer of the user's: by path, name or order, or as the only one of its shape."""

import keras
import pytest
from keras import layers

from drupelet_export.errors import ModelError
from drupelet_export.reading.replacement_weights import (
    is_weight,
    legacy_weights,
    matched_by_order,
    matched_by_path,
    placed_weights,
)


class Variable:
    """The name and shape of a weight."""

    def __init__(self, name, *shape):
        self.name, self.path, self.shape = name, f"odd/{name}", shape


class Nested(layers.Layer):
    """A layer with weights of its own, layers in lists and dicts, one of them twice, and a generator of random numbers."""

    def __init__(self):
        super().__init__()
        self._first = layers.Dense(2)
        self.again = self._first
        self.some = [layers.Dense(3), [layers.BatchNormalization()], layers.Dense(4)]
        self.named = {"a": layers.Dropout(0.5), "b": layers.Dense(5)}

    def build(self, shape):
        self.fixed = self.add_weight(shape=(7,), name="fixed", trainable=False)
        self.own = self.add_weight(shape=(6,), name="own")

    def call(self, x):
        x = self.some[1][0](self.some[0](self._first(x)))
        return self.named["b"](self.named["a"](self.some[2](x)))


@pytest.fixture
def nested():
    layer = Nested()
    layer(keras.Input((3,)))
    return layer


def test_paths_are_those_of_the_file_that_keras_writes(nested, tmp_path):
    ids = keras.Input((3,))
    model = keras.Model(ids, nested(ids))
    model.save_weights(tmp_path / "model.weights.h5")
    from drupelet_export.reading.hdf5_file import Hdf5File

    file = Hdf5File((tmp_path / "model.weights.h5").read_bytes(), "file")
    placed = placed_weights(nested)
    group = "layers/nested/"
    stored = {path: file.array(f"{group}{path}").shape for path in file.datasets(group) if is_weight(path)}
    # Keras 3.12 loses the weights in a list that stands in a list.
    lost = {path for path in placed if "/container/" in path} if keras.__version__.startswith("3.12.") else set()
    assert stored == {path: tuple(variable.shape) for path, variable in placed.items() if path not in lost}
    assert placed["vars/0"] is nested.own
    assert placed["vars/1"] is nested.fixed
    assert "some/dense_1/vars/0" in placed
    assert "some/container/batch_normalization/vars/3" in placed
    assert file.datasets("layers/nothing/") == []


def test_the_older_order_has_the_weights_that_training_changes_in_front(nested):
    older = legacy_weights(nested)
    assert older[0] is nested.own
    assert [weight.name for weight in older[-3:]] == ["fixed", "moving_mean", "moving_variance"]


def test_the_state_of_a_generator_is_no_weight():
    assert not is_weight("drop/seed_generator/vars/0")
    assert is_weight("drop/vars/0")


def test_weights_are_matched_by_their_paths_private_or_not():
    one, two = Variable("a", 3), Variable("b", 3)
    found = matched_by_path({"att/q/vars/0": (3,), "vars/0": (3,)}, {"vars/0": one, "_att/q/vars/0": two}, "", "")
    assert found == [("att/q/vars/0", two), ("vars/0", one)]


def test_other_paths_are_matched_by_shapes_that_no_other_has():
    one, two = Variable("a", 3), Variable("b", 3, 4)
    found = matched_by_path({"vars/0": (3, 4), "vars/1": (3,)}, {"inner/vars/0": two, "inner/vars/1": one}, "", "")
    assert found == [("vars/0", two), ("vars/1", one)]


@pytest.mark.parametrize(
    "built",
    [
        {"inner/vars/0": Variable("a", 3), "inner/vars/1": Variable("b", 3)},
        {"inner/vars/0": Variable("a", 3), "inner/vars/1": Variable("b", 4)},
        {"vars/0": Variable("a", 3)},
        {},
    ],
)
def test_other_weights_are_refused_with_both_sides(built):
    with pytest.raises(ModelError) as caught:
        matched_by_path({"vars/0": (3,), "vars/1": (3,)}, built, "here", "own.py:f")
    said = str(caught.value)
    assert said.startswith(
        f"here: the file has 2 weights for it (vars/0 (3,), vars/1 (3,)), the layer of own.py:f has {len(built)} ("
    )
    assert "expected the same; next: build the same weights in the same order with add_weight" in said


def test_many_weights_are_cut_short():
    stored = {f"vars/{number}": (3,) for number in range(100)}
    with pytest.raises(
        ModelError, match=r"has 100 weights for it \(vars/0 \(3,\), .*vars/11 \(3,\), \.\.\.\), .* has 0 \(none\)"
    ):
        matched_by_path(stored, {}, "here", "own.py:f")


def by_order(names, *variables):
    return matched_by_order(names, [(3,)] * len(names), list(variables), "here", "own.py:f")


def test_the_names_of_an_older_file_give_the_order():
    w, b = Variable("W", 3), Variable("b", 3)
    assert by_order(["odd/b:0", "odd/W:0"], w, b) == [b, w]
    assert by_order(["odd/b", "odd/W"], w, b) == [b, w]


def test_names_that_are_others_leave_the_order_as_it_is():
    w, b = Variable("W", 3), Variable("b", 3)
    assert by_order(["odd/kernel:0", "odd/bias:0"], w, b) == [w, b]
    one, two = Variable("kernel", 3), Variable("kernel", 3)
    assert by_order(["odd/dense/kernel", "odd/dense_1/kernel"], one, two) == [one, two]


@pytest.mark.parametrize(
    "names", [["x/kernel", "y/bias", "z/kernel"], ["x/kernel", "y/kernel"], ["a", "b", "c", "d"], []]
)
def test_names_that_repeat_in_another_order_and_other_counts_are_refused(names):
    with pytest.raises(
        ModelError, match=r"here: the file has \d weights for it .* own.py:f has 3 \(odd/kernel \(3,\), "
    ):
        by_order(names, Variable("kernel", 3), Variable("kernel", 3), Variable("bias", 3))
