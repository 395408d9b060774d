"""The ONNX file has one recurrent node per layer with ``lengths``, no unused parts, and answers like the oracle."""

import io
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from drupelet_export.emitters.onnx import IR_VERSION, ONNX_STORAGE, OPSET, emit_onnx
from drupelet_export.emitters.onnx_operations import recurrent
from drupelet_export.emitters.onnx_operations.table import WRITERS
from drupelet_export.emitters.tensor_audit import tensor_findings
from drupelet_export.errors import EmitError
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.passes import PIPELINE, run_passes

TEXTS = [[2, 3, 4, 5, 6, 7], [4], [], [7, 1, 2], [5, 5, 5, 5]]
BOTH = "lstm bidirectional"
MODELS = {
    "LSTM": {},
    "LSTM backwards": {"layers": ("lstm backward",)},
    "GRU": {"layers": ("gru forward",)},
    "GRU, reset before": {"layers": ("gru forward",), "reset_after": False},
    "bidirectional LSTM": {"layers": (BOTH,)},
    "bidirectional GRU, sum": {"layers": ("gru bidirectional",), "merge": "sum"},
    "stacked": {"layers": (BOTH, "gru bidirectional", "lstm forward"), "merge": "mul"},
    "max, pre": {"layers": (BOTH,), "pooling": "max", "padding": "pre", "max_tokens": 6},
    "max, post": {"layers": ("lstm forward",), "pooling": "max", "padding": "post", "max_tokens": 6},
    "average": {"layers": ("gru bidirectional",), "pooling": "average", "merge": "ave"},
    "hard gates": {"layers": (BOTH,), "gate": "hard_sigmoid", "activation": "relu"},
    "hard everything": {"layers": ("gru bidirectional",), "gate": "hard_sigmoid", "activation": "hard_sigmoid"},
    "tanh gates": {"layers": (BOTH, "gru bidirectional"), "gate": "tanh", "activation": "sigmoid"},
    "dense layers": {
        "hidden": ("relu", "tanh", "sigmoid", "hard_sigmoid", "elu", "selu", "silu", "softsign", "linear"),
        "output": "softmax",
    },
}
UNMASKED = {
    "last": {},
    "max": {"layers": (BOTH,), "pooling": "max"},
    "average": {"layers": ("gru forward",), "pooling": "average"},
}


@pytest.fixture(params=MODELS)
def model(request, random_model):
    return run_passes(random_model(**MODELS[request.param]), PIPELINE)


@pytest.fixture(params=UNMASKED)
def unmasked(request, random_model):
    return run_passes(random_model(masking="none", padding="pre", max_tokens=6, **UNMASKED[request.param]), PIPELINE)


def run(content, texts, **options):
    """The logits of texts in one batch."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    ids = np.zeros((len(texts), max(1, *map(len, texts))), np.int32)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    feed = {"ids": ids, "lengths": np.array([len(text) for text in texts], np.int32)}
    return session.run(["logits"], {inputs.name: feed[inputs.name] for inputs in session.get_inputs()})[0]


def used_names(graph):
    return {name for node in graph.node for name in node.input if name}


def test_a_batch_of_unequal_lengths_answers_like_the_oracle(model):
    expected = np.array([evaluate_ids(model, text) for text in TEXTS])
    np.testing.assert_allclose(run(emit_onnx(model), TEXTS), expected, atol=2e-6)


def test_a_batch_answers_like_its_texts_one_by_one(model):
    content = emit_onnx(model)
    alone = np.concatenate([run(content, [text]) for text in TEXTS])
    np.testing.assert_allclose(run(content, TEXTS), alone, atol=1e-6)


def test_ids_after_the_end_of_a_text_do_not_matter(model):
    content = emit_onnx(model)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    lengths = np.array([3, 1], np.int32)
    zeros = session.run(None, {"ids": np.array([[2, 3, 4, 0, 0], [5, 0, 0, 0, 0]], np.int32), "lengths": lengths})
    junk = session.run(None, {"ids": np.array([[2, 3, 4, 7, 6], [5, 7, 6, 5, 4]], np.int32), "lengths": lengths})
    np.testing.assert_array_equal(zeros[0], junk[0])


def test_padding_that_is_not_masked_is_computed(unmasked):
    texts = [unmasked.engine_ids(text) for text in ("the quiet film", "", "a a a a a a a")]
    expected = np.array([evaluate_ids(unmasked, text) for text in texts])
    content = emit_onnx(unmasked)
    np.testing.assert_allclose(run(content, texts), expected, atol=2e-6)
    assert [value.name for value in onnx.load(io.BytesIO(content)).graph.input] == ["ids"]


def test_the_graph_has_one_recurrent_node_per_layer_and_no_loop(model):
    proto = onnx.load(io.BytesIO(emit_onnx(model)))
    recurrent = [node for node in proto.graph.node if node.op_type in ("LSTM", "GRU")]
    layers = [node.operation.cell for node in model.nodes if node.operation.name == "recurrent"]
    assert [node.op_type.lower() for node in recurrent] == layers
    assert all(node.input[4] == "lengths" for node in recurrent)
    assert not {node.op_type for node in proto.graph.node} & {"Loop", "Scan", "If"}
    assert [(opset.domain, opset.version) for opset in proto.opset_import] == [("", OPSET)] == [("", 13)]
    assert proto.ir_version == IR_VERSION
    onnx.checker.check_model(proto, full_check=True)


def test_every_constant_input_and_value_is_used(model):
    graph = onnx.load(io.BytesIO(emit_onnx(model))).graph
    used = used_names(graph) | {value.name for value in graph.output}
    assert {constant.name for constant in graph.initializer} <= used
    assert {value.name for value in graph.input} <= used
    # Recurrent nodes are left out, because only one of their two outputs is ever used.
    produced = {node.output[0] for node in graph.node if node.op_type not in ("LSTM", "GRU")}
    assert produced <= used


def test_every_constant_is_used_without_a_mask(unmasked):
    graph = onnx.load(io.BytesIO(emit_onnx(unmasked))).graph
    assert {constant.name for constant in graph.initializer} <= used_names(graph)


def test_the_same_model_gives_the_same_bytes(random_model):
    model = run_passes(random_model((BOTH,), "max", padding="pre", max_tokens=4), PIPELINE)
    assert emit_onnx(model) == emit_onnx(model)


def test_a_recurrent_node_without_lengths_is_refused(random_model, monkeypatch):
    def forgetful(operation, call, graph):
        recurrent.recurrent(operation, call, graph)
        [node] = [node for node in graph.nodes if node.op_type == "LSTM"]
        node.input[4] = ""

    monkeypatch.setitem(WRITERS, "recurrent", forgetful)
    with pytest.raises(EmitError, match="ONNX graph: a recurrent node without sequence_lens"):
        emit_onnx(run_passes(random_model(pooling="average"), PIPELINE))


def test_another_number_of_recurrent_nodes_is_refused(random_model, monkeypatch):
    def twice(operation, call, graph):
        recurrent.recurrent(operation, replace(call, output=f"{call.output}.again"), graph)
        recurrent.recurrent(operation, call, graph)

    monkeypatch.setitem(WRITERS, "recurrent", twice)
    with pytest.raises(EmitError, match=r"ONNX graph: 2 recurrent nodes and 0 Scans, operators Gather, Gemm, LSTM, "):
        emit_onnx(run_passes(random_model(), PIPELINE))


# tf2onnx, another converter, gives the same answers.


@pytest.mark.parametrize(
    "make",
    [
        lambda k: [k.LSTM(5)],
        lambda k: [k.LSTM(5, return_sequences=True), k.LSTM(4)],
        lambda k: [k.Bidirectional(k.LSTM(5))],
    ],
    ids=["LSTM", "stacked", "bidirectional"],
)
@pytest.mark.slow
def test_tf2onnx_gives_the_same_logits_and_no_fewer_nodes(make, keras_chain, text_options):
    tf2onnx = pytest.importorskip("tf2onnx")
    tensorflow = pytest.importorskip("tensorflow")
    from keras import layers

    from drupelet_export.reading.keras_reader import describe_model

    keras_model = keras_chain(layers.Embedding(8, 4), *make(layers), layers.Dense(2), length=6)

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 6], tensorflow.int32, name="ids")])
    def classify(ids):
        return keras_model(ids, training=False)

    theirs, _ = tf2onnx.convert.from_function(classify, classify.input_signature, opset=OPSET)
    ours = emit_onnx(run_passes(describe_model(keras_model, text_options(padding="pre"), "model"), PIPELINE))
    ids = np.random.default_rng(0).integers(0, 8, (20, 6)).astype(np.int32)
    session = onnxruntime.InferenceSession(theirs.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = session.run(None, {session.get_inputs()[0].name: ids})[0]
    np.testing.assert_allclose(run(ours, ids.tolist()), expected, atol=1e-6)

    def lstm_nodes(proto):
        return sum(node.op_type == "LSTM" for node in proto.graph.node)

    assert lstm_nodes(onnx.load(io.BytesIO(ours))) <= lstm_nodes(theirs)
    assert len(onnx.load(io.BytesIO(ours)).graph.node) <= len(theirs.graph.node)


def test_tensors_in_another_file_are_a_finding_and_the_file_is_not_opened(random_model, monkeypatch):
    model = run_passes(random_model(), PIPELINE)
    proto = onnx.load_model_from_string(emit_onnx(model))
    tensor = proto.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="private.bin")
    monkeypatch.setattr(onnx, "load_model_from_string", lambda content: pytest.fail("the file was opened"))
    [finding] = tensor_findings(proto.SerializeToString(), ONNX_STORAGE, model)
    assert finding.startswith(
        f"ONNX: the numbers of {tensor.name!r} lie in another file, expected all of them in this one"
    )
