import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from drupelet_train.baselines.questions import BaselineError, Question
from drupelet_train.baselines.tfidf_regression import MAX_LABELS, answer, tfidf
from drupelet_train.words.token_texts import number_tokens
from train.made_up_texts import made_up_texts


def question(lines, label_ids, training, classes=2, **changes):
    texts = number_tokens(lines, str.split)
    parts = {"held_out": np.arange(training, len(lines))}
    return Question(texts, training, parts, np.eye(classes)[label_ids[:training]] > 0, False, **changes)


def shuffled(classes=2):
    lines, label_ids = made_up_texts(classes=classes)
    order = np.random.default_rng(1).permutation(len(lines))
    return [lines[place] for place in order], label_ids[order]


def test_the_features_are_those_of_scikit_learn():
    lines = ["a b a b c", "b a", "c c c d", "new a b words"]
    matrix = tfidf(number_tokens(lines, str.split), 3)
    vectorizer = TfidfVectorizer(analyzer=str.split, sublinear_tf=True)
    pairs = TfidfVectorizer(tokenizer=str.split, token_pattern=None, ngram_range=(2, 2), min_df=2).fit(lines[:3])
    assert pairs.get_feature_names_out().tolist() == ["b a"]
    vectorizer = TfidfVectorizer(
        tokenizer=str.split,
        token_pattern=None,
        ngram_range=(1, 2),
        vocabulary=["a", "b", "c", "d", "b a"],
        sublinear_tf=True,
    )
    vectorizer.fit(lines[:3])
    assert matrix.toarray() == pytest.approx(vectorizer.transform(lines).toarray())


@pytest.mark.parametrize("classes", [2, 3])
def test_it_learns(classes):
    lines, label_ids = shuffled(classes)
    answers = answer(question(lines, label_ids, 180, classes))
    assert (answers.sum(axis=1) == 1).all()
    assert (answers.argmax(axis=1) == label_ids[180:]).mean() > 0.95


def test_each_label_is_decided_alone_where_a_text_may_have_several():
    lines = ["x a", "y b", "x y", "z"] * 10 + ["x y", "z", "y"]
    texts = number_tokens(lines, str.split)
    labels = np.array([["x" in line, "y" in line] for line in lines[:40]])
    found = answer(Question(texts, 40, {"held_out": np.arange(40, 43)}, labels, True))
    assert found.tolist() == [[True, True], [False, False], [False, True]]


def test_a_text_of_weight_0_teaches_nothing():
    lines, label_ids = ["x", "y"] * 20 + ["x"] * 30 + ["x", "y"], np.array([0, 1] * 20 + [1] * 30 + [0, 1])
    weights = np.array([1.0] * 40 + [0.0] * 30, np.float32)
    assert answer(question(lines, label_ids, 70)).argmax(axis=1).tolist() == [1, 1]
    assert answer(question(lines, label_ids, 70, weights=weights)).argmax(axis=1).tolist() == [0, 1]


def test_too_many_labels_are_not_fitted():
    count = MAX_LABELS + 1
    with pytest.raises(BaselineError, match="TF-IDF regression: not fitted for 201 labels, at most for 200"):
        answer(question(["a"] * (count + 1), np.arange(count + 1) % count, count, count))


def test_texts_without_a_word_get_the_largest_class():
    assert answer(question(["", "", "", ""], np.array([1, 1, 0, 0]), 3)).argmax(axis=1).tolist() == [1]
