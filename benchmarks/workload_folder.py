"""The folder that holds the prepared workload: its files, and the reader of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WorkloadFolder:
    """Where the files of the workload lie below ``path``. Text files are UTF-8 with a text a line, ended by LF."""

    path: Path

    @property
    def bundle(self) -> Path:
        """The bundle of the tutorial's network."""
        return self.path / "bundle"

    @property
    def held_out(self) -> Path:
        """2,000 reviews."""
        return self.path / "held_out.txt"

    @property
    def labels(self) -> Path:
        """The label of each of them."""
        return self.path / "held_out_labels.txt"

    @property
    def reference(self) -> Path:
        """The probabilities of each of them, a JSON array a line, as the description of the network defines them."""
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
        """The model that fastText made of them."""
        return self.path / "fasttext.bin"

    @property
    def fasttext_model(self) -> Path:
        """The same, quantized."""
        return self.path / "fasttext.ftz"


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes a line each, and nothing when the file holds them already, so that what is made of it stays up to date.

    Raises ValueError for a text that holds a line feed.
    """
    kept = list(lines)
    for line in kept:
        if "\n" in line:
            raise ValueError(f"{path}: a text holds a line feed: {line!r:.80}")
    content = "".join(f"{line}\n" for line in kept).encode()
    if not path.exists() or path.read_bytes() != content:
        partial = path.with_suffix(".partial")
        partial.write_bytes(content)
        partial.replace(path)


def read_lines(path: Path) -> list[str]:
    """The texts of a file, a line each."""
    return path.read_bytes().decode().split("\n")[:-1]
