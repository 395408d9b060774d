"""The tokens alone, at either end."""

import pytest

from drupelet.engines.numpy_operations.strip import strip_padding
from drupelet.operations.strip import Strip


@pytest.mark.parametrize(
    ("side", "tokens", "expected"), [("pre", 2, [3, 4]), ("post", 2, [1, 2]), ("pre", 0, []), ("post", 0, [])]
)
def test_the_tokens_stand_at_one_end(numpy, side, tokens, expected):
    steps = numpy.array([[1], [2], [3], [4]], numpy.float32)
    assert strip_padding(Strip(side), [steps], {}, tokens)[:, 0].tolist() == expected
