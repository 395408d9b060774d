"""Every scheme in every format: the file has exactly the values that the passes left, and the operators of f32."""

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter

from drupelet.engines.numpy_engine import NumpySession, stored_arrays
from drupelet.model_file import read_model_file
from drupelet_export.emitters.emission import EMITTERS, emit_model
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes

WORDS = (None, None, *(f"w{number}" for number in range(1198)))
MAX_TOKENS = 6
TEXTS = [[2, 3, 4, 5, 6, 1199], [4], [100, 1, 2, 57, 58], [5] * 6, [298, 297, 31]]
UNMASKED = {"masking": "none", "padding": "pre", "max_tokens": MAX_TOKENS}
MODELS = {
    "LSTM": {"embedding_dim": 8, "units": 5},
    "GRU, odd embedding": {"layers": ("gru forward",), "embedding_dim": 7},
    "GRU, reset before": {"layers": ("gru backward",), "reset_after": False, "embedding_dim": 8, "output": "softmax"},
    "bidirectional, max": {
        "layers": ("lstm bidirectional",), "pooling": "max", "hidden": ("relu",), "output": "softmax", "embedding_dim": 9,
        "padding": "post", "max_tokens": MAX_TOKENS,
    },
    "stacked, average": {
        "layers": ("lstm bidirectional", "gru forward"), "pooling": "average", "embedding_dim": 8, "merge": "sum"
    },
    "unmasked": {"embedding_dim": 5, **UNMASKED},
}  # fmt: skip
FORMATS = ("tflite", "onnx", "drupelet")
SMALL = ("f16", "wi8", "wi4")
TOLERANCE = 1e-5


@pytest.fixture(scope="module", params=MODELS)
def files(request, random_model):
    """A model after the passes of each scheme, and its files: scheme -> (model, {format: content}, requires)."""
    model = run_passes(random_model(words=WORDS, **MODELS[request.param]), PIPELINE)
    made = {}
    for scheme in SCHEME_PASSES:
        small = run_passes(model, SCHEME_PASSES[scheme])
        emitted = {name: emit_model(small, scheme, name) for name in FORMATS}
        contents = {name: content for name, (content, _) in emitted.items()}
        made[scheme] = small, contents, {name: requires for name, (_, requires) in emitted.items()}
    return made


def run_tflite(content, texts):
    interpreter = Interpreter(model_content=content, num_threads=1)
    place, answers = interpreter.get_input_details()[0]["index"], []
    for ids in texts:
        interpreter.resize_tensor_input(place, [len(ids)])
        interpreter.allocate_tensors()
        interpreter.set_tensor(place, np.array(ids, np.int32))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].copy())
    return answers


def run_onnx(content, texts):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    ids = np.zeros((len(texts), max(map(len, texts))), np.int32)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    feed = {"ids": ids, "lengths": np.array([len(text) for text in texts], np.int32)}
    return session.run(["logits"], {inputs.name: feed[inputs.name] for inputs in session.get_inputs()})[0]


def run_drupelet(content, texts):
    file = read_model_file(content)
    return NumpySession(file.graph, file.scheme, stored_arrays(file)).run(texts)


RUNNERS = {"tflite": run_tflite, "onnx": run_onnx, "drupelet": run_drupelet}


def of_fitting_length(model):
    """The ids of texts as an engine gets them. A padded model reads one length only."""
    return [ids for ids in TEXTS if len(ids) == MAX_TOKENS] if model.graph.padded else TEXTS


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_a_file_answers_like_the_oracle(files, scheme, file_format):
    model, contents, _ = files[scheme]
    model = EMITTERS[file_format].arranged(model)
    texts = of_fitting_length(model)
    expected = np.array([evaluate_ids(model, ids) for ids in texts])
    np.testing.assert_allclose(RUNNERS[file_format](contents[file_format], texts), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("scheme", SMALL)
def test_schemes_give_different_answers_so_a_swapped_file_would_show(files, scheme):
    exact, small = files["f32"][0], files[scheme][0]
    texts = of_fitting_length(exact)
    difference = max(np.abs(evaluate_ids(exact, ids) - evaluate_ids(small, ids)).max() for ids in texts)
    assert difference > 3 * TOLERANCE


@pytest.mark.parametrize("file_format", FORMATS)
def test_files_shrink(files, file_format):
    sizes = [len(files[scheme][1][file_format]) for scheme in ("f32", "f16", "wi8", "wi4")]
    assert sizes[0] > sizes[1]
    assert sizes[0] > sizes[2] > sizes[3]


@pytest.mark.parametrize("scheme", SMALL)
def test_tflite_needs_no_newer_products_than_f32_and_no_operators_of_newer_interpreters(files, scheme):
    exact, small = files["f32"][2]["tflite"]["builtin_ops"], files[scheme][2]["tflite"]["builtin_ops"]
    assert small["FULLY_CONNECTED"] <= exact["FULLY_CONNECTED"]
    newer = {name: version for name, version in small.items() if version > exact.get(name, version)}
    assert set(newer) <= {"CAST", "GATHER"}, newer  # newer versions that read bytes; tflite-runtime 2.14 has them
    # tflite-runtime 2.14, the newest for Python 3.9, has no operator of a later version.
    assert not {"BITCAST", "RIGHT_SHIFT", "BITWISE_XOR", "CUSTOM"} & set(small)


@pytest.mark.parametrize("scheme", SCHEME_PASSES)
def test_onnx_needs_only_standard_operators(files, scheme):
    proto = onnx.load_model_from_string(files[scheme][1]["onnx"])
    onnx.checker.check_model(proto, full_check=True)
    assert [entry.domain for entry in proto.opset_import] == [""]
    assert {node.domain for node in proto.graph.node} == {""}
    operators = {node.op_type for node in proto.graph.node}
    assert not operators & {"Loop", "Scan", "If", "DequantizeLinear", "DynamicQuantizeLinear"}
    assert files[scheme][2]["onnx"] == files["f32"][2]["onnx"]


def test_the_same_model_gives_the_same_bytes(random_model):
    model = run_passes(random_model(words=WORDS, embedding_dim=5), (*PIPELINE, *SCHEME_PASSES["wi8"]))
    for file_format in FORMATS:
        first, second = (emit_model(model, "wi8", file_format)[0] for _ in range(2))
        assert first == second, file_format
