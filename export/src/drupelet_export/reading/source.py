"""The source of an export: a run folder of ``drupelet train``, or a saved model with options for its texts and labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet.errors import FormatError
from drupelet.run_folder import MODEL, RECORD, VOCABULARY
from drupelet.strict_json import field, parse_object
from drupelet.text.rules import TextRules
from drupelet_export.errors import ModelError
from drupelet_export.reading.replacement import Replacement
from drupelet_export.reading.run_vocabulary import read_run_vocabulary
from drupelet_export.reading.settlement import Settled
from drupelet_export.reading.text_options import TextOptions


@dataclass(frozen=True)
class Source:
    """A saved Keras model, how texts become its ids, and data with labels to compare answers on (None: not known).

    ``is_run``: the options are those that ``drupelet train`` itself trained the model with. ``all_held_out``: training saw
    none of the data; else only the part that training sets apart is held out. ``architecture`` is the file of
    ``model.to_json()`` or ``model.to_yaml()`` beside a model file that holds weights alone. ``replacements`` are bodies that
    the user gives for layers.
    """

    model_path: Path
    options: TextOptions
    data: str | None
    is_run: bool = False
    all_held_out: bool = False
    architecture: Path | None = None
    replacements: tuple[Replacement, ...] = ()

    def sha256(self) -> str:
        """The hash of the model file, then of the architecture and of the files of replacements, one after the other."""
        if self.model_path.is_dir():
            files = sorted(path for path in self.model_path.rglob("*") if path.is_file())
        else:
            files = [self.model_path]
        if self.architecture is not None:
            files.append(self.architecture)
        files += dict.fromkeys(each.path for each in sorted(self.replacements, key=lambda each: each.name))
        content = hashlib.sha256()
        for path in files:
            content.update(path.read_bytes())
        return content.hexdigest()


def is_run_folder(path: Path) -> bool:
    """True for a folder that ``drupelet train`` wrote."""
    return (path / RECORD).is_file()


def read_run_folder(folder: Path) -> Source:
    """The source in a run folder. Raises ModelError or FormatError that names the file."""
    where = str(folder / RECORD)
    try:
        run: dict[str, Any] = parse_object((folder / RECORD).read_bytes(), where)
    except OSError as error:
        raise ModelError(
            f"{where}: cannot be read ({error.strerror}); expected the folder of a drupelet train run"
        ) from error
    try:
        rules = TextRules.from_json(field(run, "text_rules", dict, where))
    except FormatError as error:
        raise FormatError(str(error) if str(error).startswith(where) else f"{where}: {error}") from error
    padding = field(run, "padding", str, where)
    labels = field(run, "labels", list, where)
    if padding not in ("pre", "post") or not all(isinstance(label, str) for label in labels):
        raise FormatError(f"{where}: padding {padding!r}, expected pre or post; labels {labels!r}, expected strings")
    words = read_run_vocabulary(folder / VOCABULARY)
    found = f"Text rules {rules.name!r} and the words are those of the training run."
    options = TextOptions(tuple(labels), Settled(rules, words, padding, (found,)))
    data = run.get("data")
    return Source(folder / MODEL, options, data if isinstance(data, str) else None, is_run=True)
