import pytest

from drupelet.serve import explanation
from drupelet.serve.explanation import explained

TEXT = "a wonderful film, bad xyzzy"


def test_a_short_text_is_explained_whole(classifier):
    assert explained(classifier, TEXT) == classifier.explain(TEXT)


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_text_without_words(classifier, text):
    assert explained(classifier, text).words == ()


def test_of_a_text_of_many_words_the_first_are_left_out(classifier, monkeypatch):
    monkeypatch.setattr(explanation, "MAX_WORDS", 2)
    found = [word.change for word in explained(classifier, TEXT).words if word.use == "read"]
    assert found[:2] == [word.change for word in classifier.explain(TEXT).words if word.use == "read"][:2]
    assert found[2:]
    assert set(found[2:]) == {None}


def test_the_longer_a_text_the_fewer_words_are_left_out(classifier, monkeypatch):
    monkeypatch.setattr(explanation, "MAX_TOKENS", 10)
    text = "good " * 5
    tokens = len(classifier.encode(text))
    tried = [word for word in explained(classifier, text).words if word.change is not None and word.use == "read"]
    assert len(tried) == 10 // tokens
    monkeypatch.setattr(explanation, "MAX_TOKENS", 0)
    assert [word.change is not None for word in explained(classifier, "good film").words] == [True, False]
