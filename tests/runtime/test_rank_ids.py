"""The ids of a .drupelet file and those of the Keras model, which this page of the tests writes out by hand."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.errors import FormatError
from drupelet.graph import with_rows
from drupelet.rank_ids import keras_ids_of_ranks, ranked_network, ranked_rules, reserved_rows
from drupelet.text.named import ALNUM
from drupelet.vocabulary import Vocabulary
from runtime.format_writer import table_vocabulary_file

IMDB = replace(ALNUM, start_id=1, unknown_id=2, end_id=9)
TABLE = Vocabulary(table_vocabulary_file({"the": 4, "film": 5, "a": 8}, 12))


def test_padding_comes_first_then_the_reserved_ids_ascending():
    assert reserved_rows(IMDB) == [0, 1, 2, 9]
    assert reserved_rows(replace(ALNUM, start_id=7, end_id=7, unknown_id=0)) == [0, 7]
    assert reserved_rows(ALNUM) == [0]


def test_the_text_rules_of_the_file():
    assert ranked_rules(IMDB) == replace(IMDB, end_id=3)
    assert ranked_rules(replace(ALNUM, start_id=7, end_id=7, unknown_id=0)).reserved_ids() == {
        "start_id": 1, "end_id": 1, "unknown_id": 0
    }  # fmt: skip


def test_words_follow_in_the_order_of_their_bytes():
    assert keras_ids_of_ranks(IMDB, TABLE) == [0, 1, 2, 9, 8, 5, 4]  # a, film, the


@given(*[st.none() | st.integers(0, 30)] * 3)
def test_rules_of_a_file_stay_as_they_are(start_id, end_id, unknown_id):
    ranked = ranked_rules(replace(ALNUM, start_id=start_id, end_id=end_id, unknown_id=unknown_id))
    assert ranked_rules(ranked) == ranked
    assert reserved_rows(ranked) == list(range(len(reserved_rows(ranked))))


def test_the_network_of_the_file(model):
    network = with_rows(model.graph, 12)
    assert ranked_network(network, IMDB, 7) == with_rows(network, 7)
    for rows in (3, 4 + 13):
        with pytest.raises(FormatError, match=rf"^{rows} embedding rows, the Keras model has 12; export it again$"):
            ranked_network(network, IMDB, rows)
