"""JSON of owners: standard JSON, also as a string inside JSON."""

import json

import pytest

from drupelet.errors import InputError
from drupelet_export.reading.owner_json import begins_as_json, parse_json


def test_a_string_that_is_json_is_parsed_again():
    value = {"the": 1, "\u3000": [None, 1.5, True]}
    for text in (json.dumps(value), json.dumps(json.dumps(value)), json.dumps(json.dumps(json.dumps(value)))):
        assert parse_json(text, "file") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"^file: not JSON \(Expecting value: .*\); copy the file again, or write it with json.dump$"),
        ('"the"', r"^file: not JSON \(Expecting value"),
        ('{"a": 1, "b": 2, "a": 3}', r"^file: not JSON \('a' stands twice in an object, expected once\)"),
        ('{"a": {"b": 1, "b": 1}}', r"^file: not JSON \('b' stands twice"),
        ("[-Infinity]", r"^file: not JSON \(-Infinity is not JSON\)"),
        ("[" * 100_000, r"^file: JSON that is nested too deeply; expected an object of words; copy the file again$"),
        (
            json.dumps(json.dumps(json.dumps("[]"))),
            r"^file: JSON inside a string more than 2 times; write it once with json",
        ),
    ],
)
def test_what_is_not_json_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_json(text, "file")


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ('{"the": 1', True),
        (' \n[ "the"', True),
        ("{'the': 1}", True),
        ('"{\\"the\\": 1}"', True),
        ('"[', True),
        ("[UNK]\nthe\n", False),
        ("{\n}\n", False),
        ('"\nthe\n', False),
        ("the", False),
        ("", False),
    ],
)
def test_how_json_begins(text, begins):
    assert begins_as_json(text) == begins
