import json
import math

import pytest

from drupelet.explanation import Explanation, Word
from drupelet.prediction import Prediction
from drupelet.serve.answers import classification, explanation, health, json_answer, models_list, refusal_answer
from drupelet.serve.refusal import Refusal

ONE = Prediction(("good", 0.75, (0.25, 0.75), 3))


def test_the_shape_is_that_of_vllm():
    document = classification("m", [ONE, ONE])
    assert list(document) == ["id", "object", "created", "model", "data", "usage"]
    assert document["id"].startswith("classify-")
    assert document["id"] != classification("m", [ONE])["id"]
    assert (document["object"], document["model"]) == ("list", "m")
    assert document["data"][1] == {"index": 1, "label": "good", "probs": [0.25, 0.75], "num_classes": 2, "n_tokens": 3}
    assert document["usage"] == {
        "prompt_tokens": 6,
        "total_tokens": 6,
        "completion_tokens": 0,
        "prompt_tokens_details": None,
    }


def test_labels_that_are_decided_alone_are_named():
    several = Prediction(("good", 0.75, (0.6, 0.75), 3, ("bad", "good")))
    assert classification("m", [several])["data"][0]["labels"] == ["bad", "good"]


def test_a_probability_that_is_no_number_is_null():
    document = classification("m", [Prediction(("bad", math.nan, (math.nan, math.nan), 0))])
    assert json.loads(json_answer(document).body)["data"][0]["probs"] == [None, None]
    words = (
        Word("a", 0, 1, "read", math.nan, None),
        Word("b", 2, 3, "dropped", 0.0, None),
        Word("c", 4, 5, "read", None, None),
    )
    answer = Prediction(("bad", math.nan, (math.nan, math.nan), 0))
    document = explanation("m", Explanation("a b c", "bad", math.nan, answer, words, None, None))
    assert document["words"] == [{"word": "a", "start": 0, "end": 1, "change": None}]
    assert (document["label"], document["words_left"]) == ("bad", 1)


def test_a_probability_comes_out_as_it_is():
    value = 0.1 + 0.2
    document = classification("m", [Prediction(("bad", value, (value, 1 - value), 0))])
    assert json.loads(json_answer(document).body)["data"][0]["probs"] == [value, 1 - value]


@pytest.mark.parametrize(("status", "kind"), [(404, "invalid_request_error"), (503, "server_error")])
def test_a_refusal_is_a_document(status, kind):
    answer = refusal_answer(Refusal(status, "gone", "it is gone", "model", (("Retry-After", "1"),)))
    expected = {"error": {"message": "it is gone", "type": kind, "param": "model", "code": "gone"}}
    assert json.loads(answer.body) == expected
    assert (answer.status, answer.headers) == (status, (("Retry-After", "1"),))
    assert answer.status_line.startswith(f"{status} ")


def test_health():
    assert (health(["a"], []).status, json.loads(health(["a"], []).body)["status"]) == (200, "ready")
    loading = health(["a"], ["b"])
    assert (loading.status, dict(loading.headers)) == (503, {"Retry-After": "1"})
    assert json.loads(loading.body) == {"status": "loading", "ready": ["a"], "loading": ["b"]}


def test_a_model_has_a_card(models, classifier):
    (found,) = models_list(models.loaded)["data"]
    assert (found["id"], found["object"], found["owned_by"]) == ("tiny", "model", "drupelet")
    card = found["card"]
    assert card["labels"] == list(classifier.labels)
    assert (card["engine"], card["size_bytes"]) == (classifier.engine, classifier.model.entry.size_bytes)
    assert (card["accuracy"], card["accuracy_95"], card["accuracy_texts"]) == (1.0, [0.5, 1.0], 4)
    assert card["claim"] == "answers like Keras from the text on"


def test_a_rejected_text_has_no_label():
    rejected = Prediction((None, 0.4, (0.4, 0.3), 2))
    [datum] = classification("tiny", [rejected])["data"]
    assert (datum["label"], datum["rejected"], datum["probs"]) == (None, True, [0.4, 0.3])
    assert "labels" not in datum
    [datum] = classification("tiny", [Prediction((*rejected, ()))])["data"]
    assert (datum["label"], datum["rejected"], datum["labels"]) == (None, True, [])
