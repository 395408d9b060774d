"""A training run as a document: what ``drupelet train`` recorded of it, and its pictures.

The files are as hostile as any: every field is checked, and a picture is taken only where it begins like a PNG.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from drupelet.bounded_read import read_at_most
from drupelet.errors import FormatError, InputError
from drupelet.evaluation import ClassFigures, Mistake
from drupelet.regular_file import open_regular_file
from drupelet.run_folder import EVALUATION, PICTURES, RECORD
from drupelet.strict_json import parse_object
from drupelet_export.report.typed_json import from_json

MAX_DOCUMENT_BYTES = 64 << 20
MAX_PICTURE_BYTES = 4 << 20
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class PartScore:
    """The score on a part of the corpus."""

    n: int
    accuracy: float
    loss: float
    interval_95: tuple[float, float]


@dataclass(frozen=True)
class Beside:
    """A baseline on the same texts, and how far the network is from it."""

    accuracy: float
    difference: float
    difference_interval_95: tuple[float, float]


@dataclass(frozen=True)
class Baseline:
    """A baseline by part of the corpus."""

    name: str
    parts: Mapping[str, Beside]


@dataclass(frozen=True)
class Duplicates:
    """How many texts of each part repeat another."""

    training: int
    contradicting: int
    validation: int
    held_out: int


@dataclass(frozen=True)
class Confused:
    """How many texts of a label got another."""

    label: str
    answered: str
    texts: int


@dataclass(frozen=True)
class Part:
    """The evaluation of a part of the corpus."""

    texts: int
    accuracy: float
    interval: tuple[float, float]
    largest_class: float
    macro_f1: float
    classes: tuple[ClassFigures, ...]
    confusions: tuple[Confused, ...]
    mistakes: tuple[Mistake, ...]
    without_words: int


@dataclass(frozen=True)
class LearningCurve:
    """What the last doubling of the training texts brought to a simple classifier."""

    classifier: str
    gain_of_last_doubling: float
    gain_interval_95: tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """The parts by name, and the learning curve where there is one."""

    parts: Mapping[str, Part]
    learning_curve: LearningCurve | None


@dataclass(frozen=True)
class Record:
    """What the page shows of ``run.json``."""

    data: str
    labels: tuple[str, ...]
    best_epoch: int
    training_seconds: float
    metrics: Mapping[str, PartScore]
    versions: Mapping[str, str]
    baselines: tuple[Baseline, ...] = ()
    duplicates: Duplicates | None = None


@dataclass(frozen=True)
class RunDocument:
    """A run by the name of its folder: its record, its evaluation and the PNG pictures that it has, by their names."""

    name: str
    record: Record
    evaluation: Evaluation
    pictures: Mapping[str, bytes]

    @property
    def part(self) -> str:
        """The part that a reader looks at first: the held-out texts where they were scored."""
        return "held_out" if "held_out" in self.evaluation.parts else "validation"


def is_run(path: Path) -> bool:
    """True for the folder of a finished run."""
    return (path / RECORD).is_file()


def read_run(path: Path) -> RunDocument:
    """The run in a folder. Raises InputError for one without an evaluation, and FormatError for damaged files."""
    record = from_json(Record, _known(Record, _document(path / RECORD)), str(path / RECORD))
    found = _document(path / EVALUATION)
    parts = {name: _known_part(part) for name, part in _mapping(found.get("parts")).items()}
    curve = found.get("learning_curve")
    evaluation = from_json(
        Evaluation,
        {"parts": parts, "learning_curve": None if curve is None else _known(LearningCurve, _mapping(curve))},
        str(path / EVALUATION),
    )
    if not evaluation.parts:
        raise FormatError(f"{path / EVALUATION}: parts is empty, expected at least one; train again")
    pictures = {name: content for name in PICTURES if (content := _picture(path / name)) is not None}
    return RunDocument(path.resolve().name, record, evaluation, pictures)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        with open_regular_file(str(path), "name the folder of a run that drupelet train finished") as file:
            content = read_at_most(file, MAX_DOCUMENT_BYTES)
    except FileNotFoundError as error:
        raise InputError(f"{path}: not found; runs of older releases have none: train into a new folder") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > MAX_DOCUMENT_BYTES:
        raise FormatError(f"{path}: more than {MAX_DOCUMENT_BYTES} bytes; expected the record of a run")
    return parse_object(content, str(path))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _known(kind: type, value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an object that the page shows; all others are left out."""
    known = {name: value[name] for name in (field.name for field in fields(kind)) if name in value}
    if kind is Record:
        known["metrics"] = {
            part: _known(PartScore, _mapping(score)) for part, score in _mapping(known.get("metrics")).items()
        }
        known["baselines"] = [
            {
                "name": baseline.get("name"),
                "parts": {
                    part: _known(Beside, _mapping(beside)) for part, beside in _mapping(baseline.get("parts")).items()
                },
            }
            for baseline in map(_mapping, known.get("baselines", []))
        ]
    return known


def _known_part(value: object) -> dict[str, Any]:
    return _known(Part, _mapping(value))


def _picture(path: Path) -> bytes | None:
    try:
        with open_regular_file(str(path), "remove it, or train again") as file:
            content = read_at_most(file, MAX_PICTURE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if not content.startswith(PNG_SIGNATURE) or len(content) > MAX_PICTURE_BYTES:
        raise FormatError(f"{path}: is no PNG of at most {MAX_PICTURE_BYTES} bytes; train again, or remove it")
    return content
