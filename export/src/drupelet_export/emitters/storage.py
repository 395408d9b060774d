"""The way in which a file format keeps tensors, as far as the audit of a file must know it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Constant = NDArray[Any]


@dataclass(frozen=True)
class Storage:
    """The tensors of one file format.

    ``constants`` yields every constant array of a file, with its name where the format keeps the names of the model.
    ``verbatim``: names and arrays are those of the passes. A converted format renames arrays, transposes them, keeps gates in
    an order of its own and folds biases into what follows. ``folded_factors`` are the constants that its converter takes out
    of the graph and multiplies a kernel with; 1 stands for none. ``splits_candidate``: a GRU that resets before the product
    keeps its recurrent kernel as two arrays, the candidate apart.
    """

    format: str
    constants: Callable[[bytes], Iterable[tuple[str | None, Constant]]]
    verbatim: bool = False
    folded_factors: tuple[float, ...] = (1.0,)
    splits_candidate: bool = False
