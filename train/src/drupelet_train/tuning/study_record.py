"""The record of a tuning study, ``tuning.json``: what was searched, and every finished trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from drupelet_train.config import TrainConfig
from drupelet_train.corpora.reading import AS_USUAL, Reading
from drupelet_train.json_value import JsonValue
from drupelet_train.run_record import read_config
from drupelet_train.tuning.search_space import Interval
from drupelet_train.tuning.trial import Trial, best_trial

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class StudyRecord:
    """The record of a study.

    ``data`` is the corpus as the user named it, ``reading`` how it was read, ``config`` the base configuration.
    ``space`` has the interval of every
    searched setting. The losses are those of ``validation_texts`` texts. ``trials`` are the finished ones by number, with
    the settings that they were trained with. ``versions`` are those of Python and of the packages that decide the result.
    """

    data: str
    config: TrainConfig
    space: Mapping[str, Interval]
    validation_texts: int
    trials: tuple[Trial, ...]
    versions: Mapping[str, str]
    reading: Reading = AS_USUAL

    @property
    def best(self) -> int | None:
        """The number of the best trial, None if none is complete."""
        return best_trial(self.trials)

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return {
            "schema_version": SCHEMA_VERSION,
            "data": self.data,
            **({} if self.reading == AS_USUAL else {"reading": self.reading.to_json()}),
            "config": self.config.to_json(),
            "space": {setting: asdict(interval) for setting, interval in self.space.items()},
            "validation_texts": self.validation_texts,
            "best": self.best,
            "trials": [_trial_to_json(number, trial) for number, trial in enumerate(self.trials)],
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, document: JsonValue) -> StudyRecord:
        """The record in a JSON object, the inverse of :meth:`to_json`.

        Raises FormatError, naming file and field, for a field that is missing, unknown or wrong.
        """
        if version := document.entries().get("schema_version"):
            version.equals(SCHEMA_VERSION)
        fields = document.fields(
            ("schema_version", "data", "config", "space", "validation_texts", "best", "trials", "versions"),
            ("reading",),
        )
        record = cls(
            data=fields["data"].text(),
            reading=Reading.from_json(fields["reading"]) if "reading" in fields else AS_USUAL,
            config=read_config(fields["config"]),
            space={setting: Interval.from_json(value) for setting, value in fields["space"].entries().items()},
            validation_texts=fields["validation_texts"].whole(),
            trials=tuple(_trial_from_json(number, value) for number, value in enumerate(fields["trials"].items())),
            versions={package: value.text() for package, value in fields["versions"].entries().items()},
        )
        fields["best"].equals(record.best)
        return record


def _trial_to_json(number: int, trial: Trial) -> dict[str, Any]:
    return {
        "number": number,
        "settings": dict(trial.settings),
        "state": trial.state,
        "validation_loss": trial.validation_loss,
        "validation_accuracy": trial.validation_accuracy,
        "history": [{"epoch": epoch, "validation_loss": loss} for epoch, loss in sorted(trial.losses.items())],
        "training_seconds": trial.training_seconds,
    }


def _trial_from_json(number: int, value: JsonValue) -> Trial:
    scores = ("validation_loss", "validation_accuracy")
    fields = value.fields(("number", "settings", "state", *scores, "history", "training_seconds"))
    fields["number"].equals(number)
    epochs = [epoch.fields(("epoch", "validation_loss")) for epoch in fields["history"].items()]
    loss, accuracy = (None if fields[score].value is None else fields[score].number() for score in scores)
    try:
        return Trial(
            settings={setting: entry.number() for setting, entry in fields["settings"].entries().items()},
            state=fields["state"].text(),
            losses={epoch["epoch"].whole(): epoch["validation_loss"].number() for epoch in epochs},
            validation_loss=loss,
            validation_accuracy=accuracy,
            training_seconds=fields["training_seconds"].number(),
        )
    except ValueError as error:
        raise value.error(f"is wrong: {error}") from error
