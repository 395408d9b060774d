"""Functions of keras.ops."""

from keras import layers, ops


def test_functions(agree):
    def network(x):
        parts = [
            ops.relu(x), ops.tanh(x), ops.sigmoid(x), ops.gelu(x), ops.gelu(x, approximate=False), ops.leaky_relu(x, 0.3),
            ops.elu(x, 0.7), ops.silu(x), ops.softplus(x), ops.threshold(x, 0.2, -1.0), ops.exp(x), ops.hard_shrink(x, 0.3),
        ]  # fmt: skip
        return layers.Concatenate()(parts)

    assert agree(network) == [*["activation"] * 12, "merge"]
