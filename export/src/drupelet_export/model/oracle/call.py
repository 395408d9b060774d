"""What the oracle of an operation gets beside its attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Call:
    """Inputs and weights (by role) float64; a vector is (width,), steps are (length, width), ids (length,).

    ``mask`` (length,) bool: True for the steps that Keras does not mask; None where the layer gets no mask. ``zero_output``:
    see ModelNode. ``tokens``: the number of tokens of the text, without padding.
    """

    inputs: Sequence[Values]
    weights: Mapping[str, Values] = field(default_factory=dict)
    mask: NDArray[np.bool_] | None = None
    zero_output: bool = False
    tokens: int = 0
