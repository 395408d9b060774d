"""The source of an export: a run folder of ``drupelet train``, or a saved model with options for its texts and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet.errors import FormatError
from drupelet.run_folder import MODEL, RECORD, STUDY_RECORD, TRIALS, VOCABULARY
from drupelet.strict_json import field, parse_object
from drupelet.text.rules import TextRules
from drupelet_export.errors import ModelError
from drupelet_export.reading.replacement import Replacement
from drupelet_export.reading.run_vocabulary import read_run_vocabulary
from drupelet_export.reading.settlement import Settled
from drupelet_export.reading.source_file import read_source_file
from drupelet_export.reading.text_options import TextOptions

MAX_RECORD_BYTES = 1 << 24
"""Maximum bytes of run.json. That of a run of ours has thousands."""


@dataclass(frozen=True)
class Source:
    """A saved Keras model, how texts become its ids, and data with labels to compare answers on (None: not known).

    ``is_run``: the options are those that ``drupelet train`` itself trained the model with. ``all_held_out``: training saw
    none of the data; else only the part that training sets apart is held out. ``architecture`` is the file of
    ``model.to_json()`` or ``model.to_yaml()`` beside a model file that holds weights alone. ``replacements`` are bodies that
    the user gives for layers. ``recorded_sha256`` is that of the data where the record of a run names it, and not the user.
    ``reading``: how the record says that its data is read, for the reader of data sets.
    """

    model_path: Path
    options: TextOptions
    data: str | None
    is_run: bool = False
    all_held_out: bool = False
    architecture: Path | None = None
    replacements: tuple[Replacement, ...] = ()
    recorded_sha256: str | None = None
    reading: Mapping[str, Any] | None = None


def is_run_folder(path: Path) -> bool:
    """True for a folder that ``drupelet train`` wrote."""
    return (path / RECORD).is_file()


def best_trial_of(folder: Path) -> Path | None:
    """The run folder of the best trial of a tuning study; None for a folder that is no study.

    Raises ModelError when the study has no run to export, FormatError when its record is damaged.
    """
    record = folder / STUDY_RECORD
    if not record.is_file():
        return None
    try:
        best = parse_object(read_source_file(record, MAX_RECORD_BYTES, folder), str(record)).get("best")
    except OSError as error:
        raise ModelError(
            f"{record}: cannot be read ({error.strerror}); expected the record of a tuning study"
        ) from error
    if best is None:
        raise ModelError(
            f"{record}: no trial is complete, so there is no model; next: drupelet train --tune N --resume --out {folder}"
        )
    if not isinstance(best, int) or isinstance(best, bool) or best < 0:
        raise FormatError(f"{record}: best is {best!r:.40}, expected the number of a trial; put back a whole copy")
    trial = folder / TRIALS / str(best)
    if not is_run_folder(trial):
        raise ModelError(
            f"{trial}: no finished run, expected that of the best trial; train it again with --config {folder / 'best.toml'}"
        )
    return trial


def read_run_folder(folder: Path) -> Source:
    """The source in a run folder. Raises ModelError or FormatError that names the file."""
    where = str(folder / RECORD)
    try:
        run: dict[str, Any] = parse_object(read_source_file(folder / RECORD, MAX_RECORD_BYTES, folder), where)
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
    data, corpus, reading = run.get("data"), run.get("corpus"), run.get("reading")
    recorded = corpus.get("sha256") if isinstance(corpus, dict) else None
    return Source(
        folder / MODEL,
        options,
        data if isinstance(data, str) else None,
        is_run=True,
        recorded_sha256=recorded if isinstance(recorded, str) else "",
        reading=reading if isinstance(reading, dict) else None,
    )
