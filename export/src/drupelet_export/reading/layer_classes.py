"""The classes of Keras that a model file may name. Nothing else is ever constructed."""

from __future__ import annotations

import difflib

MODELS = ("Sequential", "Functional", "Model")
"""Class names of models that list their layers. ``Model`` is a functional model of Keras 1 and 2."""

LAYERS = frozenset(
    [
        "InputLayer", "TextVectorization", "Embedding", "Masking", "Identity", "Dropout", "SpatialDropout1D",
        "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization", "LSTM", "GRU", "SimpleRNN",
        "RNN", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells", "Bidirectional", "TimeDistributed",
        "Conv1D", "Conv1DTranspose", "SeparableConv1D", "DepthwiseConv1D", "Conv2D", "DepthwiseConv2D",
        "SeparableConv2D", "MaxPooling1D", "AveragePooling1D", "GlobalMaxPooling1D", "GlobalAveragePooling1D",
        "MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D", "UpSampling1D",
        "ZeroPadding1D", "Cropping1D", "Dense", "EinsumDense", "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU",
        "Softmax", "BatchNormalization", "LayerNormalization", "GroupNormalization", "UnitNormalization",
        "RMSNormalization", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot",
        "Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention", "Flatten", "Reshape",
        "Permute", "RepeatVector", "Rescaling",
    ]
)  # fmt: skip

CELLS = frozenset(("LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells"))
MERGES = frozenset(("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"))
RECURRENT = frozenset(("LSTM", "GRU", "SimpleRNN", "RNN"))

_OPERATIONS = {
    "numpy": """
    NotEqual Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot LogicalXor Any All Where
    Add Subtract Multiply Divide TrueDivide Power Mod Maximum Minimum Clip
    Absolute Abs Negative Square Sqrt Exp Expm1 Log Log1p Reciprocal Sign Tanh Sin Cos Floor Ceil Round
    Sum Mean Max Min Prod Amax Amin Var Std Argmax Argmin Cumsum CountNonzero
    GetItem ExpandDims Squeeze Reshape Ravel Transpose Swapaxes Moveaxis Flip Concatenate Stack Hstack Vstack Split
    Repeat Tile Take OnesLike ZerosLike FullLike BroadcastTo Matmul Dot Tensordot Einsum Pad
    """,
    "nn": """
    Relu Relu6 Sigmoid Softplus Softsign Silu LogSigmoid LeakyRelu HardSigmoid HardSilu Elu Selu Gelu Celu Softmax LogSoftmax
    """,
    "core": "Cast ConvertToTensor StopGradient Unstack",
    "math": "Rsqrt Erf Logsumexp",
}
OPERATIONS = {name: module for module, names in _OPERATIONS.items() for name in names.split()}
"""The operations of ``keras.ops`` that a functional model may list among its layers, with the module of each."""

ACTIVATIONS = frozenset(
    [
        "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
        "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu",
        "sigmoid", "silu", "swish", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus",
        "sparse_sigmoid", "sparsemax", "squareplus", "tanh", "tanh_shrink", "threshold",
    ]
)  # fmt: skip
ACTIVATION_LAYERS = frozenset(("ReLU", "LeakyReLU", "ELU", "Softmax"))
"""Layers without weights that some files give as the activation of another layer."""


def closest(name: str) -> str:
    """A hint that names the closest layer: `` (closest: Dense)``, or nothing."""
    matches = difflib.get_close_matches(name[:60], sorted(LAYERS), n=1, cutoff=0.75)
    return f" (closest: {matches[0]})" if matches else ""


def is_of_keras(module: object) -> bool:
    """True for a module of Keras, of tf.keras or of tf_keras, or none at all, as Keras 2 names none."""
    name = str(module or "keras")
    roots = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "tensorflow_core.python.keras")
    return any(name == root or name.startswith(f"{root}.") for root in roots)
