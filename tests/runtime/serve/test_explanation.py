import pytest

from drupelet.serve import explanation
from drupelet.serve.explanation import explain


@pytest.mark.parametrize(
    "text", ["a wonderful film", "  the film,\n boring\tand bad  ", "film", "\U0001f600 good good"]
)
def test_each_word_is_left_out_in_turn(classifier, text):
    answer = classifier(text)
    found = explain(classifier, text, answer)
    assert [text[word.begin : word.end] for word in found.words] == text.split() == [word.word for word in found.words]
    label = classifier.labels.index(answer.label)
    for place, word in enumerate(found.words):
        others = text.split()[:place] + text.split()[place + 1 :]
        without = classifier(" ".join(others)).probabilities[label]
        assert word.change == pytest.approx(answer.probability - without, abs=1e-12)
    assert found.words_left == 0


@pytest.mark.parametrize("text", ["", " \n "])
def test_a_text_without_words(classifier, text):
    assert explain(classifier, text, classifier(text)) == explanation.Explanation((), 0)


def test_a_text_of_many_words_is_explained_in_part(classifier, monkeypatch):
    monkeypatch.setattr(explanation, "MAX_WORDS", 2)
    found = explain(classifier, "a wonderful film", classifier("a wonderful film"))
    assert ([word.word for word in found.words], found.words_left) == (["a", "wonderful"], 1)


def test_a_text_of_many_characters_is_explained_in_part(classifier, monkeypatch):
    monkeypatch.setattr(explanation, "MAX_READ_CHARACTERS", 100)
    text = "a film " * 5 + "x" * 10
    found = explain(classifier, text, classifier(text))
    assert (len(found.words), found.words_left) == (2, 9)
    text = "a " + "x" * 500
    found = explain(classifier, text, classifier(text))
    assert (len(found.words), found.words_left) == (1, 1)
