"""The folder of the prepared workload: the paths of its files, and functions to read and write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WorkloadFolder:
    """The paths of the workload's files below ``path``. Text files are UTF-8 with one text per line, ended by LF."""

    path: Path

    @property
    def bundle(self) -> Path:
        """The bundle of the tutorial's network."""
        return self.path / "bundle"

    @property
    def small_bundle(self) -> Path:
        """A bundle of the same network with int8 weights within 63; a .drupelet file of wi8 alone."""
        return self.path / "bundle-small"

    @property
    def held_out(self) -> Path:
        """The 2,000 held-out reviews."""
        return self.path / "held_out.txt"

    @property
    def labels(self) -> Path:
        """The label of each held-out review."""
        return self.path / "held_out_labels.txt"

    @property
    def reference(self) -> Path:
        """The reference probabilities of each held-out review, one JSON array per line."""
        return self.path / "held_out_reference.jsonl"

    @property
    def short(self) -> Path:
        """20,000 texts of 20 tokens."""
        return self.path / "short.txt"

    @property
    def fasttext_training(self) -> Path:
        """The 23,000 training reviews as fastText reads them: label and words."""
        return self.path / "fasttext_training.txt"

    @property
    def fasttext_float_model(self) -> Path:
        """The model that fastText trains on them."""
        return self.path / "fasttext.bin"

    @property
    def fasttext_model(self) -> Path:
        """The same model, quantized."""
        return self.path / "fasttext.ftz"


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes one text per line. Leaves a file that has these lines already, so that files made from it stay up to date.

    Raises ValueError for a text with a line feed.
    """
    kept = list(lines)
    for line in kept:
        if "\n" in line:
            raise ValueError(f"{path}: a text has a line feed, expected one line: {line!r:.80}")
    content = "".join(f"{line}\n" for line in kept).encode()
    if not path.exists() or path.read_bytes() != content:
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)


def read_lines(path: Path) -> list[str]:
    """The texts of a file, one per line."""
    return path.read_bytes().decode().split("\n")[:-1]
