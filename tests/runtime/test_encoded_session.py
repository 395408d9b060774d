"""A session that runs ids answers texts: Python encodes them, and the session's logits become predictions."""

import pytest

from drupelet import text_limit
from drupelet.bundle import open_bundle
from drupelet.encoded_session import EncodedSession
from drupelet.errors import FormatError, InputError


class FixedLogits:
    """A session that remembers the ids and gives the same logits for each text."""

    def __init__(self, logits):
        self.logits = logits
        self.batches = []

    def run(self, batch):
        self.batches.append(batch)
        return [self.logits for _ in batch]


@pytest.fixture
def encoded(bundle_folder):
    """A function that puts a session behind the vocabulary and the labels of the tiny bundle."""
    bundle = open_bundle(bundle_folder)
    return lambda session: EncodedSession(bundle, bundle.model("drupelet"), session)


def test_logits_become_the_most_probable_label(encoded):
    (answer,) = encoded(FixedLogits([2.0, 0.0])).answer(["a film"])
    assert answer.label == "negative"
    assert answer.probabilities == pytest.approx((0.880797, 0.119203), abs=1e-6)
    assert answer.probability == answer.probabilities[0]
    assert encoded(FixedLogits([0.0, 2.0])).answer(["a film"])[0].label == "positive"


def test_the_session_gets_the_ids_of_all_texts_at_once(encoded):
    session = FixedLogits([0.0, 0.0])
    texts = encoded(session)
    answers = texts.answer(["a good film", "", "qzx"])
    assert session.batches == [[[2, 7, 6], [], [1]]]
    assert [answer.n_tokens for answer in answers] == [3, 0, 0]
    assert texts.encode("a good film") == [2, 7, 6]


@pytest.mark.parametrize("logits", [[], [1.0], [1.0, 2.0, 3.0]])
def test_another_number_of_logits_than_the_manifest_says_is_refused(encoded, logits):
    message = rf"model\.f32\.drupelet: gives {len(logits)} logits, the manifest says 2; export the bundle again$"
    with pytest.raises(FormatError, match=message):
        encoded(FixedLogits(logits)).answer(["a film"])


def test_what_is_no_text_is_refused_before_the_session_runs(encoded):
    session = FixedLogits([0.0, 0.0])
    with pytest.raises(InputError, match=r"^a text is b'film', expected a string$"):
        encoded(session).answer(["a", b"film"])
    assert session.batches == []


def test_a_text_that_the_network_does_not_read_is_refused_before_the_session_runs(bundle_folder, monkeypatch):
    monkeypatch.setattr(text_limit, "MAX_TEXT_BYTES", 199)
    bundle, session = open_bundle(bundle_folder), FixedLogits([0.0, 0.0])
    texts = EncodedSession(bundle, bundle.model("drupelet"), session)
    with pytest.raises(
        InputError, match=r"^a text of 9 tokens: its values would take \d+ bytes, expected at most 199; cut it"
    ):
        texts.run([[2] * 9])
    assert session.batches == []
