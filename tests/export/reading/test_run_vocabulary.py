"""A token of a run may hold any character; test_source.py has the vocabularies that are refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet_export.errors import ModelError
from drupelet_export.reading.run_vocabulary import read_run_vocabulary


@given(st.lists(st.text(min_size=1), unique=True, max_size=20))
def test_a_token_may_hold_any_character(tmp_path_factory, words):
    written = ("", "[UNK]", *(word for word in words if word != "[UNK]"))
    path = tmp_path_factory.getbasetemp() / "any-vocabulary.json"
    path.write_text(json.dumps(written), encoding="utf-8")
    assert read_run_vocabulary(path) == (None, None, *written[2:])


def test_a_vocabulary_that_is_not_there(tmp_path):
    with pytest.raises(
        ModelError, match=r"vocabulary\.json: cannot be read \(No such file or directory\); expected the voc"
    ):
        read_run_vocabulary(tmp_path / "vocabulary.json")
