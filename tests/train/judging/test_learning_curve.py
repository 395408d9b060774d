import numpy as np
import pytest

from drupelet_train.baselines.comparison import answer_by
from drupelet_train.baselines.tfidf_regression import NAME
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import read_corpus
from drupelet_train.judging.learning_curve import learning_curve

RULES = TrainConfig(tokenizer="alnum").text_rules()


def corpus_of(tmp_path, texts):
    generator = np.random.default_rng(3)
    lines = []
    for n in range(texts):
        label = "good" if n % 2 else "bad"
        words = [f"{label}{generator.integers(60)}", *(f"w{generator.integers(40)}" for _ in range(3))]
        lines.append(f"{' '.join(words)},{label}\n")
    (tmp_path / "a.csv").write_text("text,label\n" + "".join(lines))
    return read_corpus(str(tmp_path / "a.csv"))


def curve_of(corpus):
    validation = corpus.validation(0.2, 4)
    training = np.setdiff1d(corpus.training, validation)
    of_all = answer_by(NAME, corpus, training, {"validation": validation}, RULES).right["validation"]
    return len(training), of_all, learning_curve(corpus, training, validation, RULES, of_all)


def test_more_texts_are_seen_to_help(tmp_path):
    texts, of_all, curve = curve_of(corpus_of(tmp_path, 600))
    counts = [n for n, _ in curve.points]
    assert counts == [54, 108, 216, 432]
    assert counts[-1] == texts
    shares = [accuracy.share for _, accuracy in curve.points]
    assert shares[0] < shares[-1] == of_all.mean()
    assert curve.gain == pytest.approx(shares[-1] - shares[-2])
    assert curve.gain_interval[0] < curve.gain < curve.gain_interval[1]


def test_points_of_too_few_texts_are_left_out(tmp_path):
    _, _, curve = curve_of(corpus_of(tmp_path, 140))
    assert [n for n, _ in curve.points] == [50, 100]


def test_few_texts_have_no_curve(tmp_path):
    assert curve_of(corpus_of(tmp_path, 60))[2] is None


def test_json_has_every_point(tmp_path):
    curve = curve_of(corpus_of(tmp_path, 200))[2]
    document = curve.to_json()
    assert [point["texts"] for point in document["points"]] == [n for n, _ in curve.points]
    assert document["gain_of_last_doubling"] == curve.gain
