"""Each operation of the TensorFlow graph by name. A test fails when one is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drupelet_export.model.tensorflow_operations.activation import activation
from drupelet_export.model.tensorflow_operations.attention import attention
from drupelet_export.model.tensorflow_operations.call import Call
from drupelet_export.model.tensorflow_operations.convolution import convolution
from drupelet_export.model.tensorflow_operations.dense import dense
from drupelet_export.model.tensorflow_operations.dot import dot
from drupelet_export.model.tensorflow_operations.embedding import embedding
from drupelet_export.model.tensorflow_operations.merge import merge
from drupelet_export.model.tensorflow_operations.normalization import normalization
from drupelet_export.model.tensorflow_operations.prelu import prelu
from drupelet_export.model.tensorflow_operations.recurrent import recurrent
from drupelet_export.model.tensorflow_operations.reduce import reduce
from drupelet_export.model.tensorflow_operations.repeat import repeat
from drupelet_export.model.tensorflow_operations.reshape import reshape
from drupelet_export.model.tensorflow_operations.restore import restore
from drupelet_export.model.tensorflow_operations.reverse import reverse
from drupelet_export.model.tensorflow_operations.scale_shift import scale_shift
from drupelet_export.model.tensorflow_operations.softmax import softmax
from drupelet_export.model.tensorflow_operations.strip import strip
from drupelet_export.model.tensorflow_operations.transpose import transpose
from drupelet_export.model.tensorflow_operations.window import window
from drupelet_export.model.tensorflow_operations.window_pool import window_pool

TENSORFLOW_OPERATIONS: dict[str, Callable[[Any, Call], Any]] = {
    "embedding": embedding,
    "recurrent": recurrent,
    "dense": dense,
    "activation": activation,
    "prelu": prelu,
    "softmax": softmax,
    "convolution": convolution,
    "window_pool": window_pool,
    "reduce": reduce,
    "merge": merge,
    "scale_shift": scale_shift,
    "normalization": normalization,
    "attention": attention,
    "dot": dot,
    "reshape": reshape,
    "transpose": transpose,
    "repeat": repeat,
    "window": window,
    "reverse": reverse,
    "restore": restore,
    "strip": strip,
}
