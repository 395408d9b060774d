import numpy as np

from drupelet_train.baselines import comparison
from drupelet_train.baselines.comparison import Answered, answer_baselines, beside_network
from drupelet_train.baselines.questions import BaselineError
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.corpus import Corpus

RULES = TrainConfig(tokenizer="alnum").text_rules()


def test_every_baseline_answers_the_same_texts(monkeypatch):
    def fail(question):
        raise BaselineError("no numbers")

    told = []
    monkeypatch.setitem(comparison.CLASSIFIERS, "fastText", lambda question: None)
    monkeypatch.setitem(comparison.CLASSIFIERS, "another", fail)
    texts = tuple(f"{'good' if n % 2 else 'bad'} film {n}" for n in range(40))
    corpus = Corpus("a.csv", texts, np.arange(40, dtype=np.int32) % 2, ("x", "y"), np.arange(36), np.arange(36, 40))
    parts = {"validation": np.arange(30, 36), "held_out": np.array([36, 38, 39])}
    largest, regression = answer_baselines(corpus, np.arange(31), parts, RULES, told.append)
    assert (largest.name, largest.right["held_out"].tolist()) == ("largest class", [True, True, False])
    assert told == ["no numbers; the network is compared with the others"]
    assert (regression.name, regression.right["validation"].all()) == ("TF-IDF regression", True)


def test_the_network_is_compared_text_by_text():
    right = np.array([True, True, False, False, False])
    answered = [Answered("a", {"held_out": right, "validation": right}, 0.5)]
    (baseline,) = beside_network(answered, {"held_out": np.array([True, False, True, True, False])})
    assert list(baseline.parts) == ["held_out"]
    beside = baseline.parts["held_out"]
    assert (beside.n, beside.correct, beside.gained, beside.lost) == (5, 2, 2, 1)
    assert (beside.accuracy.share, beside.difference.share) == (0.4, 0.2)
