import json

import numpy as np
import pytest

from drupelet_train.corpora.corpus import read_corpus
from drupelet_train.corpora.duplicates import Duplicates, find_duplicates
from drupelet_train.json_value import JsonValue


def corpus_of(tmp_path, rows):
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    return read_corpus(str(tmp_path / "a.csv"))


def parts_of(training, validation, held_out):
    parts = {"training": training, "validation": validation, "held_out": held_out}
    return {name: np.array(rows, np.int64) for name, rows in parts.items()}


@pytest.fixture
def corpus(tmp_path):
    texts = ["one", "One ", "two", "three", "  ONE", "four", "five", "Two", "six", "four"]
    labels = ["x", "y", "x", "y", "x", "y", "x", "y", "x", "y"]
    return corpus_of(tmp_path, zip(texts, labels, strict=True))


def test_case_and_white_space_are_no_difference(corpus):
    found, fresh = find_duplicates(corpus, parts_of([0, 1, 2, 3], [4, 5], [6, 7, 8, 9]))
    assert found == Duplicates(training=1, contradicting=1, validation=1, held_out=2)
    assert fresh.tolist() == [6, 8]


def test_a_corpus_without_repetitions_says_nothing(corpus):
    found, fresh = find_duplicates(corpus, parts_of([0, 2], [3, 5], [8, 6]))
    assert found == Duplicates(0, 0, 0, 0)
    assert fresh.tolist() == [8, 6]
    assert found.described() == []


def test_held_out_texts_may_all_be_known(corpus):
    assert find_duplicates(corpus, parts_of([0, 2], [5], [1, 7]))[1].tolist() == []


def test_each_count_has_its_line():
    lines = Duplicates(1200, 3, 4, 5).described()
    assert lines[0] == "1,200 training texts repeat an earlier one, 3 of them with other labels"
    assert lines[1].startswith("4 validation texts")
    assert lines[2].startswith("5 held-out texts")
    assert lines[2].endswith("they are not scored")


def test_json_gives_the_counts_back():
    counts = Duplicates(1, 2, 3, 4)
    document = json.loads(json.dumps(counts.to_json()))
    assert Duplicates.from_json(JsonValue(document, "run.json", "duplicates")) == counts
