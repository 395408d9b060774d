import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.bundle import open_bundle
from drupelet.engines import onnx_engine
from drupelet.engines.onnx_engine import MAX_BATCH_TEXTS, MAX_PADDED_SHARE, OnnxSession, _groups_of_like_length
from drupelet.errors import EngineUnavailableError, FormatError, InputError
from drupelet.graph import MAX_TEXT_BYTES
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.reduce import Reduce
from runtime.costly_networks import attention_of
from runtime.networks import chain


def room_for_all(length):
    """A number of texts that no group has."""
    return 1 << 20


class RecordingSession:
    """In place of onnxruntime's session: the shapes of the batches, and zeros for answers."""

    def __init__(self):
        self.shapes = []

    def run(self, outputs, feed):
        self.shapes.append(feed["ids"].shape)
        return [feed["lengths"][:, None] * [0.0]]


def test_a_file_that_onnxruntime_refuses(bundle_copy, replace_file, onnx):
    replace_file(bundle_copy, "model.f32.onnx", b"\x08\x07")  # the version of a model, and nothing else
    bundle = open_bundle(bundle_copy)
    with pytest.raises(
        EngineUnavailableError,
        match=r"tiny: model\.f32\.onnx: onnxruntime [\d.]+ refuses the file \(.*\); it needs {'opset': 13}",
    ):
        onnx.load(bundle, bundle.model("onnx"))


def test_a_file_that_reads_others_is_refused_before_onnxruntime_sees_it(bundle_copy, replace_file, onnx, monkeypatch):
    tensor = b"\x42\x07weights\x70\x01"  # data_location: EXTERNAL
    initializer = b"\x2a" + bytes([len(tensor)]) + tensor
    replace_file(bundle_copy, "model.f32.onnx", b"\x3a" + bytes([len(initializer)]) + initializer)
    bundle = open_bundle(bundle_copy)
    monkeypatch.setattr(onnx_engine, "import_library", lambda name: pytest.fail("onnxruntime was asked"))
    with pytest.raises(FormatError, match=r"model\.f32\.onnx: the numbers of 'weights' lie in another file, expected"):
        onnx.load(bundle, bundle.model("onnx"))


@given(st.lists(st.integers(0, 300), max_size=100))
def test_groups_hold_every_text_once_and_little_padding(lengths):
    groups = _groups_of_like_length(lengths, room_for_all)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        assert 1 <= len(group) <= MAX_BATCH_TEXTS
        tokens = [lengths[place] for place in group]
        assert max(tokens) * len(group) <= MAX_PADDED_SHARE * sum(tokens) or len(group) == 1


def test_equal_lengths_run_together():
    assert [len(group) for group in _groups_of_like_length([7] * 70, room_for_all)] == [32, 32, 6]
    assert _groups_of_like_length([0, 0, 0], room_for_all) == [[0, 1, 2]]
    assert _groups_of_like_length([], room_for_all) == []


@pytest.mark.usefixtures("numpy")
def test_texts_run_together_only_where_their_values_have_room():
    session = RecordingSession()
    graph = chain(Embedding(14, 1 << 12), Reduce("sum"), Dense(2))
    most = MAX_TEXT_BYTES // graph.text_bytes(1000)
    assert 10 < most < MAX_BATCH_TEXTS
    ids = [1000] * (most + 3) + [10] * MAX_BATCH_TEXTS
    OnnxSession(session, graph, "wide").run([[2] * length for length in ids])
    assert session.shapes == [(MAX_BATCH_TEXTS, 10), (most, 1000), (3, 1000)]


@pytest.mark.usefixtures("numpy")
def test_the_scores_of_attention_count_among_the_values():
    graph = attention_of(16)
    session = RecordingSession()
    OnnxSession(session, graph, "attention").run([[2] * 8000] * 2 + [[2] * 2000] * 2)
    assert session.shapes == [(2, 2000), (1, 8000), (1, 8000)]
    with pytest.raises(
        InputError, match=r"^a text of 20000 tokens: onnxruntime would take 1600000000 bytes to compute it"
    ):
        OnnxSession(session, graph, "attention").run([[2], [2] * 20_000])
    assert len(session.shapes) == 3
