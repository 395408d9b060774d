import pytest

from drupelet.errors import FormatError
from drupelet.regular_file import open_regular_file


def test_what_cannot_be_opened_leaves_no_descriptor(tmp_path):
    with (tmp_path / "next").open("wb") as file:
        following = file.fileno()
    for _ in range(3):
        with pytest.raises(FormatError, match="not a regular file; advice"):
            open_regular_file(str(tmp_path), "advice")
    with (tmp_path / "next").open("rb") as file:
        assert file.fileno() == following
