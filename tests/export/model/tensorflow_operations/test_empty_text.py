"""A text without a token gets one step of zeros for an operator that needs one, and loses it again."""

import numpy as np
import pytest
import tensorflow as tf

from drupelet.operations.value_type import steps_of
from drupelet_export.model.tensorflow_operations.empty_text import as_many_rows, at_least_one_row


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_only_an_empty_text_gets_a_row_of_zeros(rows):
    x = tf.ones((rows, 2))
    filled = at_least_one_row(x, steps_of(None, 2))
    np.testing.assert_array_equal(filled, np.ones((rows, 2)) if rows else np.zeros((1, 2)))
    np.testing.assert_array_equal(as_many_rows(filled, x, steps_of(None, 2)), x)


def test_steps_of_fixed_length_stay_as_they_are():
    x = tf.ones((3, 2))
    assert at_least_one_row(x, steps_of(3, 2)) is x
    assert as_many_rows(x, x, steps_of(3, 2)) is x
