"""The record of a finished run, ``run.json``: what was trained, how it went, and the scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from drupelet.errors import FormatError, InputError
from drupelet.reliability import Reliability
from drupelet.run_folder import RECORD
from drupelet.text.rules import TextRules
from drupelet_train.baselines.record import Baseline
from drupelet_train.config import TrainConfig, parse_config
from drupelet_train.corpora.corpus_statistics import CorpusStatistics
from drupelet_train.corpora.duplicates import Duplicates
from drupelet_train.corpora.reading import AS_USUAL, Reading
from drupelet_train.json_value import JsonValue
from drupelet_train.run_folder import SCHEMA_VERSION, read_json
from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.training.scores import Score


@dataclass(frozen=True)
class Calibration:
    """The temperature that divided the logits, and the reliability on the validation texts before and after."""

    temperature: float
    before: Reliability
    after: Reliability

    def to_json(self) -> dict[str, Any]:
        """The calibration as a JSON object."""
        return {"temperature": self.temperature, "before": self.before.to_json(), "after": self.after.to_json()}

    @classmethod
    def from_json(cls, value: JsonValue) -> Calibration:
        """The calibration in a JSON object. Raises FormatError."""
        parts = value.fields(("temperature", "before", "after"))
        return cls(parts["temperature"].number(), _reliability(parts["before"]), _reliability(parts["after"]))


@dataclass(frozen=True)
class RunRecord:
    """The record of a finished run.

    ``data`` is the corpus as the user named it, ``reading`` how it was read. ``text_rules_reason`` says why the text
    rules are these: the configuration
    names them, or what the training texts are like. ``labels`` are in the order of the model's outputs. ``corpus`` has the
    statistics of the texts; ``vocabulary_in_glove`` of the ``vocabulary_size`` tokens have a GloVe vector. ``history`` has
    every epoch, of which ``best_epoch`` (from 0) was kept. ``teacher`` has the teacher's scores by part of the corpus, and is
    empty without one. ``calibration`` is None if the model answers no validation text, ``held_out`` if the held-out texts
    were not scored. ``duplicates`` counts texts that stand twice, None in records of older runs.
    ``baselines`` are the simple classifiers beside the network, none where they were left out.
    ``versions`` are those of Python and of the packages that decide the result.
    """

    data: str
    text_rules: TextRules
    text_rules_reason: str
    labels: tuple[str, ...]
    config: TrainConfig
    corpus: CorpusStatistics
    vocabulary_in_glove: int
    vocabulary_size: int
    history: tuple[EpochRecord, ...]
    best_epoch: int
    training_seconds: float
    teacher: Mapping[str, Score]
    calibration: Calibration | None
    validation: Score
    held_out: Score | None
    versions: Mapping[str, str]
    reading: Reading = AS_USUAL
    baselines: tuple[Baseline, ...] = ()
    duplicates: Duplicates | None = None

    def __post_init__(self) -> None:
        if all(epoch.epoch != self.best_epoch for epoch in self.history):
            raise ValueError(f"best_epoch is {self.best_epoch}, expected an epoch of the history")

    def metrics(self) -> dict[str, Score]:
        """The scores of the model, by part of the corpus."""
        return {"validation": self.validation} | ({} if self.held_out is None else {"held_out": self.held_out})

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object; docs/format.md has its fields."""
        return {
            "schema_version": SCHEMA_VERSION,
            "data": self.data,
            **({} if self.reading == AS_USUAL else {"reading": self.reading.to_json()}),
            "text_rules": self.text_rules.to_json(),
            "text_rules_reason": self.text_rules_reason,
            "padding": self.config.padding,
            "labels": list(self.labels),
            "config": self.config.to_json(),
            "corpus": {
                **self.corpus.to_json(),
                "vocabulary_in_glove": self.vocabulary_in_glove,
                "vocabulary": self.vocabulary_size,
            },
            "history": [asdict(epoch) for epoch in self.history],
            "best_epoch": self.best_epoch,
            "training_seconds": self.training_seconds,
            "teacher": {part: score.to_json() for part, score in self.teacher.items()},
            "calibration": self.calibration.to_json() if self.calibration else {},
            "metrics": {part: score.to_json() for part, score in self.metrics().items()},
            **({} if self.duplicates is None else {"duplicates": self.duplicates.to_json()}),
            **({"baselines": [baseline.to_json() for baseline in self.baselines]} if self.baselines else {}),
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, document: JsonValue) -> RunRecord:
        """The record in a JSON object, the inverse of :meth:`to_json`.

        Raises FormatError, naming file and field, for a field that is missing, unknown or wrong. The first records lack
        ``teacher`` and ``calibration``: their runs had neither. Those of older releases lack ``reading``, which is
        as usual then, ``baselines`` and ``duplicates``. A setting that ``config`` lacks has its default.
        """
        if version := document.entries().get("schema_version"):
            version.equals(SCHEMA_VERSION)
        record = document.fields(
            (
                *(
                    "schema_version",
                    "data",
                    "text_rules",
                    "text_rules_reason",
                    "padding",
                    "labels",
                    "config",
                    "corpus",
                    "history",
                ),
                *("best_epoch", "training_seconds", "metrics", "versions"),
            ),
            ("teacher", "calibration", "reading", "baselines", "duplicates"),
        )
        config = read_config(record["config"])
        record["padding"].equals(config.padding)
        corpus = record["corpus"].fields(
            (*(field.name for field in fields(CorpusStatistics)), "vocabulary_in_glove", "vocabulary")
        )
        metrics = record["metrics"].fields(("validation",), ("held_out",))
        teacher = record["teacher"].entries() if "teacher" in record else {}
        calibrated = "calibration" in record and record["calibration"].value != {}
        try:
            return cls(
                data=record["data"].text(),
                reading=Reading.from_json(record["reading"]) if "reading" in record else AS_USUAL,
                text_rules=_text_rules(record["text_rules"]),
                text_rules_reason=record["text_rules_reason"].text(),
                labels=tuple(label.text() for label in record["labels"].items()),
                config=config,
                corpus=CorpusStatistics.from_fields(corpus),
                vocabulary_in_glove=corpus["vocabulary_in_glove"].whole(),
                vocabulary_size=corpus["vocabulary"].whole(),
                history=tuple(EpochRecord.from_json(epoch) for epoch in record["history"].items()),
                best_epoch=record["best_epoch"].whole(),
                training_seconds=record["training_seconds"].number(),
                teacher={part: Score.from_json(score) for part, score in teacher.items()},
                calibration=Calibration.from_json(record["calibration"]) if calibrated else None,
                validation=Score.from_json(metrics["validation"]),
                held_out=Score.from_json(metrics["held_out"]) if "held_out" in metrics else None,
                baselines=tuple(map(Baseline.from_json, record["baselines"].items() if "baselines" in record else ())),
                duplicates=Duplicates.from_json(record["duplicates"]) if "duplicates" in record else None,
                versions={package: version.text() for package, version in record["versions"].entries().items()},
            )
        except ValueError as error:
            raise document.error(f"is wrong: {error}") from error


def read_record(folder: Path) -> RunRecord | None:
    """The record of the run in ``folder``; None for a run that is not finished. Raises FormatError when it is damaged."""
    path = folder / RECORD
    return RunRecord.from_json(JsonValue(read_json(path), str(path))) if path.exists() else None


def read_config(value: JsonValue) -> TrainConfig:
    """The configuration in a JSON object. Raises FormatError for a setting that is unknown or out of its range."""
    try:
        return parse_config({name: setting.value for name, setting in value.entries().items()})
    except InputError as error:
        raise value.error(f"is wrong: {error}") from error


def _text_rules(value: JsonValue) -> TextRules:
    try:
        return TextRules.from_json(value.value)
    except FormatError as error:
        raise value.error(f"is wrong: {error}") from error


def _reliability(value: JsonValue) -> Reliability:
    """The reliability in a JSON object. The two errors in it follow from the rest."""
    parts = value.fields(("counts", "confidences", "accuracies", "expected_calibration_error", "error_by_chance"))
    counts = tuple(count.whole() for count in parts["counts"].items())
    confidences, accuracies = (
        tuple(None if number.value is None else number.number() for number in parts[name].items())
        for name in ("confidences", "accuracies")
    )
    if not len(counts) == len(confidences) == len(accuracies):
        raise value.error("has counts, confidences and accuracies of different length")
    return Reliability(counts, confidences, accuracies)
