"""Weights in fewer bits: the values that the passes left, once in the file, and nothing else reduced."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import assume, given
from hypothesis import strategies as st

from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.merge import Merge
from drupelet.operations.normalization import Normalization
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.quantization import WEIGHT_RANGES
from drupelet_export.emitters.tflite_audit import _constants, builtin_operators
from drupelet_export.emitters.tflite_weights import _int8
from drupelet_export.passes.rounding import quantize_columns
from export.model.small_graphs import (
    Sketch,
    as_scheme,
    check_file,
    oracle_answers,
    texts_for,
)


def every_kind_of_weights():
    sketch = Sketch(padded=True)
    convolved = sketch.add(Convolution(32, 3, 1, 1, 1, 1, 1), sketch.embedded(16))
    depthwise = sketch.add(Convolution(64, 3, 1, 1, 32, 1, 1), convolved)
    grouped = sketch.add(Convolution(16, 3, 1, 1, 2, 1, 1), convolved)
    normal = sketch.add(Normalization("rms", float(np.float32(1e-8))), grouped)
    layers = [
        Recurrent("gru", "bidirectional", "ave", 16, "tanh", "hard_sigmoid", True, "last"),
        Recurrent("gru", "forward", "none", 16, "tanh", "sigmoid", False, "last"),
        Recurrent("lstm", "forward", "none", 16, "tanh", "sigmoid", False, "last"),
    ]
    states = [sketch.add(layer, normal) for layer in layers]
    shared = sketch.add(layers[2], normal, weights_of=states[-1])
    return sketch.model(sketch.add(Merge("concat"), sketch.add(Reduce("max"), depthwise), *states, shared))


@pytest.fixture(scope="module")
def files():
    """A model of each scheme and its file, which answers like the oracle."""
    model = every_kind_of_weights()
    made = {scheme: as_scheme(model, scheme) for scheme in ("f32", "f16", "wi8", "wi4")}
    return {scheme: (model, check_file(model)) for scheme, model in made.items()}


def test_schemes_give_different_answers_so_a_swapped_file_would_show(files):
    answers = {scheme: oracle_answers(model, texts_for(model)) for scheme, (model, _) in files.items()}
    for scheme in ("f16", "wi8", "wi4"):
        assert np.abs(answers[scheme] - answers["f32"]).max() > 1e-3


def test_files_need_nothing_newer_than_f32_but_what_reads_small_constants(files):
    exact = builtin_operators(files["f32"][1])
    for scheme in ("f16", "wi8", "wi4"):
        small = builtin_operators(files[scheme][1])
        newer = {name for name, version in small.items() if version > exact.get(name, version)}
        assert newer <= {"CAST", "GATHER"}
        assert small["DEQUANTIZE"] <= 5


@pytest.mark.parametrize(("scheme", "dtype"), [("f16", np.float16), ("wi8", np.int8)])
def test_matrices_are_there_once_in_fewer_bits(files, scheme, dtype):
    model, content = files[scheme]
    weights = sum(int(np.prod(shape)) for name, (shape, kind) in model.graph.tensors().items() if kind != "floats")
    sizes = dict.fromkeys(("float32", np.dtype(dtype).name), 0)
    seen = set()
    for _, constant in _constants(content):
        if constant.tobytes() not in seen and constant.dtype.name in sizes:
            seen.add(constant.tobytes())
            sizes[constant.dtype.name] += constant.size
    floats = sum(int(np.prod(shape)) for shape, kind in model.graph.tensors().values() if kind == "floats")
    assert sizes[np.dtype(dtype).name] == weights
    assert sizes["float32"] < floats + 1500  # scales, their table, factors
    assert len(content) < len(files["f32"][1])


def test_a_layer_of_zeros_stays_one():
    sketch = Sketch()
    steps = sketch.add(Dense(8), sketch.embedded(), kernel=np.zeros((4, 8)))
    check_file(as_scheme(sketch.model(sketch.add(Reduce("sum"), steps)), "wi8"))


@given(
    st.integers(0, 1 << 32), st.integers(1, 6), st.integers(1, 6), st.floats(1e-6, 1e6), st.sampled_from(WEIGHT_RANGES)
)
def test_integers_and_scales_are_those_of_the_pass(seed, rows, columns, size, limit):
    matrix = np.random.default_rng(seed).normal(0, size, (rows, columns)).astype(np.float32)
    stored = quantize_columns(matrix, limit)
    # A column whose weights are all of one magnitude, or zero, is as exact with 127.
    several = [len(set(np.abs(column[column != 0]).tolist())) > 1 for column in stored.values.T]
    assume(limit == WEIGHT_RANGES[0] or all(several))
    integers, scales = _int8(np.ascontiguousarray(stored.dequantized.T), 0)
    np.testing.assert_array_equal(integers.T, stored.values)
    np.testing.assert_array_equal((integers * scales[:, None].astype(np.float32)).T, stored.dequantized)


def test_channels_of_the_last_axis():
    values = np.array([[[[1.0, -0.5]], [[0.25, 2.0]]]], np.float32)
    integers, scales = _int8(values, 3)
    np.testing.assert_array_equal(integers, [[[[127, -32]], [[32, 127]]]])
    np.testing.assert_allclose(scales, [1 / 127, 2 / 127], rtol=1e-6)


def test_the_file_says_how_channels_are_scaled(files):
    model = schema.Model.GetRootAsModel(files["wi8"][1], 0)
    found = []
    for graph in (model.Subgraphs(place) for place in range(model.SubgraphsLength())):
        for tensor in (graph.Tensors(place) for place in range(graph.TensorsLength())):
            if tensor.Type() == schema.TensorType.INT8 and tensor.Quantization() is not None:
                scales = tensor.Quantization()
                if scales.ScaleLength():
                    axis = scales.QuantizedDimension()
                    assert scales.ScaleLength() == tensor.Shape(axis) == scales.ZeroPointLength()
                    found.append((axis, tensor.ShapeLength()))
    assert set(found) == {(0, 2), (3, 4)}
