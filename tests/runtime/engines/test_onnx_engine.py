import pytest
from hypothesis import given
from hypothesis import strategies as st

from drupelet.bundle import open_bundle
from drupelet.engines import onnx_engine
from drupelet.engines.onnx_engine import MAX_BATCH_TEXTS, MAX_PADDED_SHARE, _groups_of_like_length
from drupelet.errors import EngineUnavailableError, FormatError


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
    groups = _groups_of_like_length(lengths)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        assert 1 <= len(group) <= MAX_BATCH_TEXTS
        tokens = [lengths[place] for place in group]
        assert max(tokens) * len(group) <= MAX_PADDED_SHARE * sum(tokens) or len(group) == 1


def test_equal_lengths_run_together():
    assert [len(group) for group in _groups_of_like_length([7] * 70)] == [32, 32, 6]
    assert _groups_of_like_length([0, 0, 0]) == [[0, 1, 2]]
    assert _groups_of_like_length([]) == []
