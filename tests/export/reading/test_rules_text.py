"""Text rules written for people are TOML that means the same."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.text.named import NAMED_RULES
from drupelet.text.rules import Split, Substitute, TextRules
from drupelet_export.reading.rules_file import rules_of_toml
from drupelet_export.reading.rules_text import quoted, rules_as_toml
from export.reading.text_rules_strategy import text_rules


@given(rules=text_rules())
def test_rules_survive_a_file(rules):
    assert rules_of_toml(rules_as_toml(rules), "r.toml") == rules


@pytest.mark.parametrize("name", NAMED_RULES)
def test_named_rules_survive_a_file(name):
    assert rules_of_toml(rules_as_toml(NAMED_RULES[name]), "r.toml") == NAMED_RULES[name]


@given(text=st.text(st.characters(exclude_categories=("Cs",))))
def test_a_quoted_text_is_one_printable_line(text):
    written = quoted(text)
    assert written.isprintable()
    assert tomllib.loads(f"a = {written}") == {"a": text}


def test_the_file_is_for_people():
    written = rules_as_toml(TextRules("mine", (Substitute(r"\d+", "0"), Split("unicode")), unknown_id=1, max_tokens=5))
    assert [line for line in written.splitlines() if not line.startswith("#")] == [
        "",
        'name = "mine"',
        "unknown_id = 1  # the id of words that the vocabulary lacks",
        "max_tokens = 5  # the most ids that the model reads, start_id and end_id included",
        'keep = "head"  # the part of a longer text that is read: its "head", its "tail", or "ends", half of each',
        "",
        "[[steps]]",
        'step = "substitute"',
        r"pattern = '\d+'",
        'replacement = "0"',
        "",
        "[[steps]]",
        'step = "split"',
        'by = "unicode"',
    ]
    assert "# start_id = ...  # the id in front of every text; not said here" in written.splitlines()
    assert all(len(line) <= 128 for line in written.splitlines())
