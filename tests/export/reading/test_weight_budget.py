"""Weights are allocated only as far as the file holds them."""

import keras
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.weight_budget import WeightBudget, empty_weights


def test_weights_take_from_the_budget():
    budget = WeightBudget(10)
    with budget.at("here"):
        assert empty_weights()((2, 3), "float32").shape == (2, 3)
        with pytest.raises(
            ModelError,
            match=r"^here: needs a weight of shape \(2097152,\), more than the 10 numbers that the file holds; expected",
        ):
            empty_weights()((2**21,), "float32")
    assert budget.refusal is not None


def test_nothing_is_allocated_for_a_shape_that_is_absurd():
    with WeightBudget(10).at("here"), pytest.raises(ModelError, match="needs a weight"):
        empty_weights()((2**40, 2**40), "float32")


def test_without_a_budget_the_initializer_is_zeros():
    assert float(keras.ops.sum(empty_weights()((2, 2), "float32"))) == 0
    assert empty_weights().get_config() == {}
