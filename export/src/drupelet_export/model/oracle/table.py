"""The oracle of each operation by name. A test fails when one is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drupelet_export.model.oracle.activation import activation
from drupelet_export.model.oracle.attention import attention
from drupelet_export.model.oracle.call import Call, Values
from drupelet_export.model.oracle.convolution import convolution
from drupelet_export.model.oracle.dense import dense
from drupelet_export.model.oracle.dot import dot
from drupelet_export.model.oracle.embedding import embedding
from drupelet_export.model.oracle.merge import merge
from drupelet_export.model.oracle.normalization import normalization
from drupelet_export.model.oracle.prelu import prelu
from drupelet_export.model.oracle.recurrent import recurrent
from drupelet_export.model.oracle.reduce import reduce
from drupelet_export.model.oracle.repeat import repeat
from drupelet_export.model.oracle.reshape import reshape
from drupelet_export.model.oracle.restore import restore
from drupelet_export.model.oracle.reverse import reverse
from drupelet_export.model.oracle.scale_shift import scale_shift
from drupelet_export.model.oracle.softmax import softmax
from drupelet_export.model.oracle.strip import strip
from drupelet_export.model.oracle.transpose import transpose
from drupelet_export.model.oracle.window import window
from drupelet_export.model.oracle.window_pool import window_pool

ORACLES: dict[str, Callable[[Any, Call], Values]] = {
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
