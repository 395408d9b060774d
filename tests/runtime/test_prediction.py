"""The answer for a text: a tuple with names."""

import pickle
import sys

import pytest

from drupelet.prediction import Prediction


def test_a_prediction_is_a_tuple_with_names():
    prediction = Prediction(("good", 0.75, (0.25, 0.75), 3))
    label, probability, probabilities, n_tokens = prediction
    assert (label, probability, probabilities, n_tokens) == ("good", 0.75, (0.25, 0.75), 3)
    assert prediction.label == label
    assert prediction.probability == probability
    assert prediction.probabilities == probabilities
    assert prediction.n_tokens == n_tokens
    assert repr(prediction) == "Prediction(label='good', probability=0.75, probabilities=(0.25, 0.75), n_tokens=3)"
    assert pickle.loads(pickle.dumps(prediction)).label == "good"  # noqa: S301
    with pytest.raises(AttributeError):
        prediction.label = "bad"


@pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 has no match statement")
def test_a_prediction_is_matched_by_its_names_and_by_place():
    code = """if True:
        match prediction:
            case Prediction(label=name, n_tokens=count): found.append((name, count))
        match prediction:
            case Prediction(name, probability): found.append((name, probability))
    """
    found = []
    exec(code, {"Prediction": Prediction, "prediction": Prediction(("good", 0.75, (0.25, 0.75), 3)), "found": found})  # noqa: S102
    assert found == [("good", 3), ("good", 0.75)]


def test_the_only_label_that_holds_is_the_most_probable_one():
    prediction = Prediction(("good", 0.75, (0.25, 0.75), 3))
    assert (prediction.labels, prediction.is_multi_label) == (("good",), False)


@pytest.mark.parametrize("labels", [(), ("bad", "good")])
def test_a_multi_label_answer_has_the_labels_that_hold(labels):
    prediction = Prediction(("good", 0.75, (0.5, 0.75), 3, labels))
    assert (prediction.label, prediction.labels, prediction.is_multi_label) == ("good", labels, True)
    assert repr(prediction).endswith(f", n_tokens=3, labels={labels!r})")
    assert pickle.loads(pickle.dumps(prediction)).labels == labels  # noqa: S301


@pytest.mark.parametrize("parts", [(None, 0.6, (0.4, 0.6), 3), (None, 0.6, (0.4, 0.6), 3, ())])
def test_a_rejected_text_has_no_label(parts):
    prediction = Prediction(parts)
    assert (prediction.label, prediction.labels, prediction.rejected) == (None, (), True)
    assert (prediction.probability, prediction.probabilities) == (0.6, (0.4, 0.6))
    assert not Prediction(("good", *parts[1:])).rejected
    assert pickle.loads(pickle.dumps(prediction)).rejected  # noqa: S301
