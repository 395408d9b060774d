"""The data sets of the comparison of settings."""

import csv

import pytest

from benchmarks import recipe_texts
from benchmarks.recipe_texts import DataSet, Templates, prepare
from drupelet.errors import InputError


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.fixture
def data_set(monkeypatch):
    def use(training):
        texts = [(f"text {n}", "rare" if n == 0 else "ab"[n % 2]) for n in range(100)]
        monkeypatch.setitem(recipe_texts.DATA_SETS, "made up", DataSet(lambda _: texts + texts, training, 20, 20))

    return use


def test_no_text_is_in_two_parts_and_a_rare_label_in_none(tmp_path, data_set):
    data_set(60)
    prepare("made up", tmp_path, tmp_path / "set")
    parts = [rows_of(tmp_path / "set" / f"{part}.csv") for part in recipe_texts.PARTS]
    texts = [text for rows in parts for text, _ in rows]
    assert len(texts) == len(set(texts)) == 99
    assert {label for rows in parts for _, label in rows} == {"a", "b"}


def test_too_few_texts_are_refused(tmp_path, data_set):
    data_set(61)
    with pytest.raises(InputError, match="made up: 100 texts, expected at least 101"):
        prepare("made up", tmp_path, tmp_path / "set")


def test_templates_become_sentences():
    document = {
        "lists": {"n": {"range": {"from": 3, "to": 3}}, "on": {"values": [{"in": "(on|on)"}]}, "k": {"values": ["x"]}},
        "expansion_rules": {"set": "[please] switch"},
    }
    drawn = Templates(document, "en")
    found = {drawn.sentence(["<set> {on} {n:brightness} (a;b)"]) for _ in range(100)}
    endings = ("switch on 3 a b", "switch on 3 b a")
    assert found == {*endings, *(f"please {ending}" for ending in endings)}
    assert drawn.sentence(["{area}"]) in recipe_texts.NAMES["en"][1]
