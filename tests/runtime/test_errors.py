"""The end of a sentence about an unknown name."""

import pytest

from drupelet.errors import closest_match


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("wi9", "; did you mean 'wi8'? (known: f32, wi8)"),
        ("litert", " (known: f32, wi8)"),
        ("", " (known: f32, wi8)"),
    ],
)
def test_the_closest_known_name_is_named_where_one_is_close(name, end):
    assert closest_match(name, iter(["f32", "wi8"])) == end
