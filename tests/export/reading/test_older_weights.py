"""Weights of Keras 1, of CuDNN and of Theano become those of the same layer in Keras 3."""

import numpy as np
import pytest

from drupelet_export.errors import ModelError
from drupelet_export.reading.canonical_config import CanonicalLayer
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.older_weights import arranged, stored_count

KERAS_1, KERAS_2 = KerasVersion("1.2.2"), KerasVersion("2.2.4")


def layer(class_name, stored=None, **options):
    return CanonicalLayer("odd", class_name, stored or class_name, options, "here: layer 0 of 1, 'odd'")


def arrays(*shapes):
    generator = np.random.default_rng(0)
    return [generator.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize(("kind", "order"), [("LSTM", (0, 2, 1, 3)), ("GRU", (0, 1, 2))])
def test_gates_of_keras_1_are_joined(kind, order):
    """Keras 1 stores W, U and b of each gate: i, c, f, o of an LSTM; z, r, h of a GRU."""
    stored = arrays(*[(4, 3), (3, 3), (3,)] * len(order))
    kernel, recurrent, bias = arranged(layer(kind), stored, KERAS_1, "tensorflow")
    for place, gate in enumerate(order):
        part = slice(3 * place, 3 * place + 3)
        np.testing.assert_array_equal(kernel[:, part], stored[3 * gate])
        np.testing.assert_array_equal(recurrent[:, part], stored[3 * gate + 1])
        np.testing.assert_array_equal(bias[part], stored[3 * gate + 2])
    assert stored_count(layer(kind), 3, KERAS_1) == len(stored)
    assert stored_count(layer(kind), 3, KERAS_2) == 3


def test_both_directions_are_arranged_each_on_its_own():
    both = layer("Bidirectional", layer=layer("LSTM"))
    stored = arrays(*[(4, 3), (3, 3), (3,)] * 8)
    assert stored_count(both, 6, KERAS_1) == 24
    result = arranged(both, stored, KERAS_1, "tensorflow")
    expected = arranged(layer("LSTM"), stored[12:], KERAS_1, "tensorflow")
    assert len(result) == 6
    for got, want in zip(result[3:], expected, strict=True):
        np.testing.assert_array_equal(got, want)


def test_kernels_of_keras_1_lose_an_axis():
    kernel, bias = arrays((5, 1, 4, 3), (3,))
    conv = layer("Conv1D", kernel_size=5, filters=3)
    np.testing.assert_array_equal(arranged(conv, [kernel, bias], KERAS_1, "tensorflow")[0], kernel[:, 0])
    before = kernel.transpose(3, 2, 0, 1)
    np.testing.assert_array_equal(arranged(conv, [before, bias], KERAS_1, "tensorflow")[0], kernel[:, 0])


def test_kernels_of_theano_are_turned_round():
    kernel, bias = arrays((5, 4, 3), (3,))
    turned = arranged(layer("Conv1D", kernel_size=[5], filters=3), [kernel, bias], KERAS_2, "theano")
    np.testing.assert_array_equal(turned[0], kernel[::-1])
    wrapped = layer("TimeDistributed", layer=layer("Conv1D", kernel_size=[5], filters=3))
    np.testing.assert_array_equal(arranged(wrapped, [kernel, bias], KERAS_2, "theano")[0], kernel[::-1])


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_weights_of_cudnn_that_cannot_be_are_refused(kind, gates):
    cudnn = layer(kind, f"CuDNN{kind}")
    for shapes in (
        [(4, 3 * gates), (3, 3 * gates), (3 * gates,)],
        [(4, 3), (3, 3)],
        [(4, 5), (3, 3 * gates), (6 * gates,)],
    ):
        with pytest.raises(
            ModelError, match=r"^here: .* has weights of the shapes \(4, .*, which a CuDNN\w+ of 2.2.4 cannot"
        ):
            arranged(cudnn, arrays(*shapes), KERAS_2, "tensorflow")


def test_biases_of_cudnn_are_two():
    kernel, recurrent, bias = arrays((4, 12), (3, 12), (24,))
    result = arranged(layer("LSTM", "CuDNNLSTM"), [kernel, recurrent, bias], KERAS_2, "tensorflow")
    np.testing.assert_allclose(result[2], bias[:12] + bias[12:])
    kernel, recurrent, bias = arrays((4, 9), (3, 9), (18,))
    result = arranged(layer("GRU", "CuDNNGRU"), [kernel, recurrent, bias], KERAS_2, "tensorflow")
    np.testing.assert_array_equal(result[2], bias.reshape(2, 9))
    np.testing.assert_array_equal(result[1][:, :3], recurrent[:, :3].T)


def test_other_weights_stay_as_they_are():
    stored = arrays((4, 3), (3,))
    assert arranged(layer("Dense"), stored, KERAS_1, "theano") == stored
