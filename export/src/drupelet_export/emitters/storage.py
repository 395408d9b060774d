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
    transposes arrays, reorders gates and folds biases into other constants. ``splits_columns``: a matrix that enters several
    products is several arrays, see :func:`drupelet_export.emitters.tensor_audit.tensor_findings`.
    """

    format: str
    constants: Callable[[bytes], Iterable[tuple[str | None, Constant]]]
    verbatim: bool = False
    splits_columns: bool = False
