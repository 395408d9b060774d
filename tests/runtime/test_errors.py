"""Errors are shown within bounds; the end of a sentence about an unknown name."""

import pytest

from drupelet.errors import MAX_ERROR_CHARACTERS, MAX_LIST_CHARACTERS, FormatError, closest_match


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


def test_a_long_error_is_shown_by_its_beginning_and_its_end():
    error = FormatError(f"here: name {'x' * 10_000}; export it again")
    assert len(str(error)) == MAX_ERROR_CHARACTERS + len(" [...] ")
    assert str(error).startswith("here: name xxx")
    assert str(error).endswith("xxx; export it again")
    assert str(FormatError("short")) == "short"


def test_an_error_says_how_much_of_it_is_shown():
    class ListError(FormatError):
        shown_characters = MAX_LIST_CHARACTERS

    assert str(ListError("x" * MAX_LIST_CHARACTERS)) == "x" * MAX_LIST_CHARACTERS
    assert len(str(ListError("x" * (MAX_LIST_CHARACTERS + 1)))) == MAX_LIST_CHARACTERS + len(" [...] ")
