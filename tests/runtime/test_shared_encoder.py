import pytest

import drupelet
from drupelet.bundle import open_bundle
from drupelet.classifier import Classifier
from drupelet.encoder import Encoder
from drupelet.engines import ENGINES
from drupelet.shared_encoder import SharedEncoders
from drupelet.verification import run_engines


@pytest.fixture
def encoded(monkeypatch):
    """The texts that were encoded, in their order."""
    texts = []
    encode = Encoder.encode
    monkeypatch.setattr(Encoder, "encode", lambda self, text: texts.append(text) or encode(self, text))
    return texts


def test_a_text_is_encoded_once_for_answers_and_for_ids(bundle_folder, goldens, encoded, numpy):
    assert run_engines(open_bundle(bundle_folder), goldens, "numpy").passed
    assert sorted(encoded) == sorted(golden.whole_text for golden in goldens)


def test_files_with_the_same_words_share_and_others_do_not(full_bundle_folder, goldens, encoded):
    bundle = open_bundle(full_bundle_folder)
    ran = [
        verdict for verdict in run_engines(bundle, goldens).verdicts if verdict.answers and verdict.engine != "native"
    ]
    vocabularies = {verdict.model.format == "drupelet" for verdict in ran}
    assert len(encoded) == len(goldens) * len(vocabularies)


def test_what_is_timed_encodes(bundle_folder, goldens, encoded, numpy):
    outcome = run_engines(open_bundle(bundle_folder), goldens, "numpy", timed_texts=3)
    assert outcome.verdicts[0].latency.n == 3
    assert len(encoded) > len(goldens) + 2 * 3


def test_a_kernel_that_encodes_by_itself_is_left_alone(bundle_folder, usable_engines):
    if "native" not in usable_engines:
        pytest.skip("there is no kernel")
    classifier = drupelet.load(bundle_folder, "native")
    assert SharedEncoders().shared_by(classifier) is None
    assert classifier.encoder is None


def test_the_encoder_of_the_first_file_is_shared(bundle_folder, numpy):
    bundle = open_bundle(bundle_folder)
    model = bundle.model("drupelet")
    first, second = (Classifier(bundle, ENGINES["numpy"], model) for _ in range(2))
    encoders, own = SharedEncoders(), first.encoder
    assert second.encoder is not own
    assert encoders.shared_by(first) is own
    assert encoders.shared_by(second) is own
    assert first.encoder is second.encoder
    assert first.encode("good bad") == own.encode("good bad").ids
