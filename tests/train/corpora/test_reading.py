import pytest

from drupelet.errors import FormatError
from drupelet.labelled_rows import Columns
from drupelet_train.corpora.reading import AS_USUAL, Reading
from drupelet_train.json_value import JsonValue

READING = Reading(Columns("a", "b", ";", True, "w", "g", False), "v.csv", "t.csv")


@pytest.mark.parametrize("reading", [AS_USUAL, READING])
def test_a_reading_comes_back_from_json(reading):
    assert Reading.from_json(JsonValue(reading.to_json(), "plan.json")) == reading
    with pytest.raises(FormatError, match=r"plan\.json"):
        Reading.from_json(JsonValue({**reading.to_json(), "test": 1}, "plan.json"))


def test_the_options_of_a_reading_are_named():
    assert AS_USUAL.options() == []
    assert READING.arguments()[2:4] == [("--delimiter", ";"), ("--text-column", "a")]
    assert READING.arguments()[-1] == ("--no-header",)
    assert READING.options() == [
        *(
            "--validation",
            "--test",
            "--delimiter",
            "--text-column",
            "--label-column",
            "--weight-column",
            "--group-column",
        ),
        *("--multi-label", "--no-header"),
    ]
    assert READING.alone() == Reading(Columns("a", "b", ";", True, header=False))
