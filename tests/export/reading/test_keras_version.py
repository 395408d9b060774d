"""What a file means depends on the release that wrote it."""

import pytest

from drupelet_export.reading.keras_version import KerasVersion


@pytest.mark.parametrize(
    ("text", "numbers", "before_3", "is_1", "standalone"),
    [
        ("1.2.2", (1, 2), True, True, True),
        ("2.2.4", (2, 2), True, False, True),
        ("2.2.4-tf", (2, 2), True, False, False),
        ("2.15.0", (2, 15), True, False, False),
        ("unknown", (2, 4), True, False, False),
        ("3.0.0", (3, 0), False, False, False),
        ("10.1", (10, 1), False, False, False),
    ],
)
def test_a_version_is_read(text, numbers, before_3, is_1, standalone):
    version = KerasVersion(text)
    assert (version.numbers, version.is_before_3, version.is_1, version.is_standalone) == (
        numbers,
        before_3,
        is_1,
        standalone,
    )
