"""TensorFlow puts the odd step of padding behind the text."""

import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.layers.call import Call
from drupelet_export.reading.layers.network import Network
from drupelet_export.reading.layers.padding import same_padding

CALL = Call(Network(None), "model: layer 1 of 2", "odd")


@pytest.mark.parametrize(
    ("length", "span", "stride", "expected"),
    [
        (7, 3, 1, (1, 1)),
        (7, 4, 1, (1, 2)),
        (7, 2, 2, (0, 1)),
        (6, 4, 2, (1, 1)),
        (7, 1, 3, (0, 0)),
        (None, 5, 1, (2, 2)),
    ],
)
def test_same_padding(length, span, stride, expected):
    assert same_padding(CALL, length, span, stride) == expected


def test_strides_over_any_length_are_refused():
    with pytest.raises(ModelError, match="model: layer 1 of 2: moves by more than one step over texts of any length"):
        same_padding(CALL, None, 3, 2)
