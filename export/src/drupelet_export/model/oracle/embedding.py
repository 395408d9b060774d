"""The rows of the ids."""

from __future__ import annotations

import numpy as np

from drupelet.operations.embedding import Embedding
from drupelet_export.model.oracle.call import Call, Values


def embedding(operation: Embedding, call: Call) -> Values:
    """ids (length,) -> (length, dim)."""
    [ids] = call.inputs
    return np.asarray(call.weights["table"][ids.astype(np.int64)])
