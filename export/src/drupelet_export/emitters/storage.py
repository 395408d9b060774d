"""The rules by which a file format stores tensors, for the audit of its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

Constant = NDArray[Any]


@dataclass(frozen=True)
class Storage:
    """The storage of tensors in one file format.

    ``constants`` yields every constant array of a file, with its name where the format keeps the model's names.
    ``verbatim``: the file has the names and arrays that the passes made. Other formats have a converter, which renames and
    transposes arrays, reorders gates and folds biases into other constants. ``folded_factors`` are the factors that the
    converter may multiply into a kernel; 1 stands for none. ``splits_candidate``: a GRU that resets before the product has
    its recurrent kernel as two arrays, one for the gates and one for the candidate.
    """

    format: str
    constants: Callable[[bytes], Iterable[tuple[str | None, Constant]]]
    verbatim: bool = False
    folded_factors: tuple[float, ...] = (1.0,)
    splits_candidate: bool = False
