"""A layout that no function knows is an error of the program."""

import pytest

from drupelet_export.reading.layers.value import Value


def test_layouts():
    assert Value(3).layout == "plain"
    with pytest.raises(ValueError, match="layout 'odd', expected one of plain, single, row"):
        Value(3, "odd")
