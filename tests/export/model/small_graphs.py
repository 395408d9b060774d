"""Descriptions with random weights and any nodes, and the runners of their TensorFlow graphs and TFLite files."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported

from dataclasses import replace

import numpy as np

from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.value_type import ids_of
from drupelet.text.named import ALNUM
from drupelet_export.model.description import ModelDescription, ModelNode, check, frozen
from drupelet_export.model.evaluator import evaluate_ids
from drupelet_export.model.graph_builder import IDS, GraphBuilder

ROWS = 40
WIDTH = 4
TEXTS = ([], [7], [3, 9, 1, 4, 39], [2] * 8)
"""Ids of texts without a token, with one, with some and with as many as fit."""
LENGTH = 8


class Sketch:
    """Collects nodes with random weights. The methods return the number of a value; ``self.model()`` ends it."""

    def __init__(self, padded=False, seed=0):
        self.builder = GraphBuilder()
        self.types = [ids_of(LENGTH if padded else None)]
        self.random = np.random.default_rng(seed)
        self.padded = padded
        self.weights = {}

    def add(self, operation, *inputs, weights_of=None, **given):
        """A node; its tensors are ``given`` by role, or random."""
        kinds = [self.types[place] for place in inputs]
        shapes = operation.tensor_shapes(kinds)
        weights = {
            role: frozen(given.get(role.replace(".", "_"), self.random.uniform(-1, 1, shape)))
            for role, shape in shapes.items()
        }
        self.types.append(operation.output(kinds))
        return self.builder.add(operation, inputs, None if weights_of else weights, weights_of=weights_of)

    def embedded(self, width=WIDTH, of=IDS):
        return self.add(Embedding(ROWS, width), of)

    def model(self, value=None, output="logits"):
        """The description whose logits are a dense layer of two units on a vector, by default the last value."""
        self.add(Dense(2), len(self.types) - 1 if value is None else value)
        model = ModelDescription(
            text_rules=replace(ALNUM, max_tokens=LENGTH, unknown_id=1),
            vocabulary=(None, None, *(f"w{number}" for number in range(2, ROWS))),
            labels=("bad", "good"),
            nodes=self.builder.nodes,
            tensors=self.builder.tensors,
            output=output,
            masking="none" if self.padded else "exact",
            padding="post" if self.padded else None,
        )
        check(model)
        return model


def texts_for(model):
    """Ids as the first node reads them: of every length, or of the one length of a padded model."""
    return [ids + [0] * (LENGTH - len(ids)) for ids in TEXTS] if model.graph.padded else TEXTS


def tensorflow_answers(model, texts):
    """The logits of the TensorFlow graph, traced once, (texts, classes)."""
    import tensorflow as tf

    from drupelet_export.model.tensorflow_graph import classify_ids

    # TensorFlow's optimizer of traced functions makes max(x + x, x) of a negative x twice x: it computes another network.
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})

    length = model.graph.max_tokens if model.graph.padded else None
    traced = tf.function(
        lambda ids: classify_ids(model, ids), input_signature=[tf.TensorSpec([length], tf.int32)], autograph=False
    )
    return np.array([traced(tf.constant(ids, tf.int32)).numpy()[0] for ids in texts])


def tflite_answers(content, texts):
    """The logits of a TFLite file, (texts, classes)."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter, answers = Interpreter(model_content=content, num_threads=1), []
    place = interpreter.get_input_details()[0]["index"]
    for ids in texts:
        interpreter.resize_tensor_input(place, [len(ids)])
        interpreter.allocate_tensors()
        interpreter.set_tensor(place, np.array(ids, np.int32))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].copy())
    return np.array(answers)


def oracle_answers(model, texts):
    return np.array([evaluate_ids(model, ids) for ids in texts])


def assert_alike(answers, expected, tolerance=1e-5):
    np.testing.assert_allclose(answers, expected, rtol=tolerance, atol=tolerance)


def check_graph(model):
    """The TensorFlow graph answers like the oracle."""
    texts = texts_for(model)
    assert_alike(tensorflow_answers(model, texts), oracle_answers(model, texts))


def check_file(model):
    """The TensorFlow graph and the TFLite file answer like the oracle, and the file has the weights. Returns the file."""
    from drupelet_export.emitters.tflite import emit_tflite
    from drupelet_export.emitters.tflite_audit import builtin_operators

    check_graph(model)
    content = emit_tflite(model)
    builtin_operators(content)  # refuses operators that keep state
    assert_weights_are_stored(model, content)
    texts = texts_for(model)
    assert_alike(tflite_answers(content, texts), oracle_answers(model, texts))
    return content


def as_scheme(model, scheme):
    """The model with its tensors as a scheme stores them, each rounded to the nearest."""
    from drupelet_export.passes.rounding import quantize_columns, quantize_rows

    def stored(tensor, kind):
        if scheme == "f32" or kind == "floats":
            return tensor
        if scheme == "f16":
            return tensor.astype(np.float16)
        return quantize_rows(tensor, 8 if scheme == "wi8" else 4) if kind == "rows" else quantize_columns(tensor)

    kinds = {name: kind for name, (_, kind) in model.graph.tensors().items()}
    return replace(model, tensors={name: stored(tensor, kinds[name]) for name, tensor in model.tensors.items()})


def assert_weights_are_stored(model, content):
    """Every column of a matrix, and every table, is in the file bit for bit; the audit finds them too."""
    from drupelet_export.emitters.tensor_audit import tensor_findings
    from drupelet_export.emitters.tflite_audit import TFLITE_STORAGE

    assert tensor_findings(content, TFLITE_STORAGE, model) == []
    rows = set()
    for _, constant in TFLITE_STORAGE.constants(content):
        rows.add(constant.tobytes())
        if constant.ndim == 4:  # of a depthwise convolution: the last axis is that of output channels
            rows.update(row.tobytes() for row in np.ascontiguousarray(constant.reshape(-1, constant.shape[-1]).T))
        elif constant.ndim == 2:
            rows.update(row.tobytes() for row in constant)
    for name, (_, kind) in model.graph.tensors().items():
        tensor = model.tensors[name]
        stored = getattr(tensor, "values", tensor)
        if kind == "columns":
            assert {column.tobytes() for column in np.ascontiguousarray(stored.T)} <= rows, name
        elif kind == "rows" and getattr(tensor, "bits", 8) == 8:
            assert stored.tobytes() in rows, name


def described(graph, weights):
    """The description of a graph of the runtime's tests. ``weights``: numbers by the names of tensors."""
    shapes = graph.tensor_shapes()
    classes = graph.class_count
    model = ModelDescription(
        text_rules=replace(ALNUM, max_tokens=graph.max_tokens, unknown_id=1),
        vocabulary=(None, None, *(f"w{number}" for number in range(2, graph.vocabulary_rows))),
        labels=tuple(f"label {number}" for number in range(classes)),
        nodes=tuple(ModelNode(node.operation, node.inputs, node.weights_of) for node in graph.nodes),
        tensors={name: frozen(np.array(weights[name]).reshape(shape)) for name, shape in shapes.items()},
        output=graph.output,
        masking="none" if graph.padded else "exact",
        padding=graph.padding if graph.padded else None,
    )
    check(model)
    return model
