"""The column of texts: the one that is wanted, the only one, or the only one that is called as texts usually are."""

from pathlib import Path

import pytest

from drupelet.bulk.table import chosen_column, fits
from drupelet.errors import InputError

PATH = Path("in.csv")


@pytest.mark.parametrize(
    ("columns", "wanted", "found"),
    [
        (["id", "Review"], None, "Review"),
        (["id", "text"], "id", "id"),
        (["whatever"], None, "whatever"),
        (["text", "text", "id"], "id", "id"),
    ],
)
def test_a_column_is_found(columns, wanted, found):
    assert chosen_column(columns, wanted, PATH) == found
    assert fits(columns, wanted)


@pytest.mark.parametrize(
    ("columns", "wanted", "message"),
    [
        (
            ["id", "reviews"],
            "review",
            "in.csv: no single column 'review'; did you mean 'reviews'? (known: id, reviews)",
        ),
        (["text", "text"], "text", "in.csv: no single column 'text'"),
        (
            ["a", "b"],
            None,
            "in.csv: no column that may hold the texts; its columns are 'a', 'b': name it with --text-column",
        ),
        (["text", "body"], None, "in.csv: several columns that may hold the texts"),
        (["text", "text"], None, "in.csv: several columns that may hold the texts"),
        ([], None, "in.csv: no column that may hold the texts"),
    ],
)
def test_a_column_that_is_not_clear_is_refused(columns, wanted, message):
    with pytest.raises(InputError) as refused:
        chosen_column(columns, wanted, PATH)
    assert str(refused.value).startswith(message)
    assert not fits(columns, wanted)


@pytest.mark.parametrize("wanted", [None, "text"])
def test_a_long_header_is_shown_cut(wanted):
    with pytest.raises(InputError) as refused:
        chosen_column([f"column{number}" for number in range(10_000)], wanted, PATH)
    assert len(str(refused.value)) < 400
