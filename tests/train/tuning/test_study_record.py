import json
from dataclasses import replace

import pytest

from drupelet.errors import FormatError
from drupelet.labelled_rows import Columns
from drupelet_train.config import TrainConfig
from drupelet_train.corpora.reading import Reading
from drupelet_train.json_value import JsonValue
from drupelet_train.tuning.search_space import Interval
from drupelet_train.tuning.study_record import StudyRecord
from drupelet_train.tuning.trial import COMPLETE, DIVERGED, PRUNED, Trial

RECORD = StudyRecord(
    data="messages.csv",
    config=TrainConfig(units=24),
    space={"units": Interval(12, 48, True), "dropout": Interval(0.0, 0.6, False)},
    validation_texts=12,
    trials=(
        Trial({"units": 24, "dropout": 0.3}, COMPLETE, {0: 0.5, 1: 0.4}, 0.4, 0.875, 3.5),
        Trial({"units": 30, "dropout": 0.1}, PRUNED, {0: 0.6}, 0.6, 0.5, 1.5),
        Trial({"units": 12, "dropout": 0.2}, DIVERGED, {}, None, None, 0.5),
        Trial({"units": 48, "dropout": 0.0}, COMPLETE, {0: 0.45, 1: 0.3}, 0.3, 0.75, 4.5),
    ),
    versions={"python": "3.11.7", "optuna": "4.0.0"},
)


def document(**changes):
    return json.loads(json.dumps(RECORD.to_json())) | changes


def read(fields):
    return StudyRecord.from_json(JsonValue(fields, "STUDY/tuning.json"))


def test_a_record_is_read_as_it_was_written():
    assert read(document()) == RECORD


def test_a_record_keeps_how_its_data_was_read():
    assert "reading" not in document()
    several = replace(RECORD, reading=Reading(Columns(several=True)))
    assert read(several.to_json()) == several


def test_the_fields_of_a_trial_in_the_file():
    fields = RECORD.to_json()
    assert fields["best"] == 3
    assert fields["space"]["units"] == {"low": 12, "high": 48, "logarithmic": True}
    assert fields["trials"][1] == {
        "number": 1,
        "settings": {"units": 30, "dropout": 0.1},
        "state": "pruned",
        "validation_loss": 0.6,
        "validation_accuracy": 0.5,
        "history": [{"epoch": 0, "validation_loss": 0.6}],
        "training_seconds": 1.5,
    }


def test_a_study_in_which_all_diverged_has_no_best():
    trial = RECORD.trials[2]
    record = StudyRecord("imdb", RECORD.config, RECORD.space, 12, (trial,), {})
    assert record.to_json()["best"] is None
    assert read(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": 2, "colour": 1}, r"tuning\.json: schema_version is 2, expected 1"),
        ({"colour": 1}, r"tuning\.json: has unknown fields \['colour'\], lacks the fields \[\]"),
        ({"config": {"units": "many"}}, r"tuning\.json: config is wrong: units is 'many', expected a whole number"),
        (
            {"space": {"units": {"low": 2, "high": 1, "logarithmic": True}}},
            r"tuning\.json: space\.units is wrong: no inte",
        ),
        (
            {"space": {"units": {"low": 1, "high": 2, "logarithmic": 1}}},
            r"space\.units\.logarithmic is 1, expected true or",
        ),
        ({"best": 0}, r"tuning\.json: best is 0, expected 3"),
        ({"validation_texts": None}, r"tuning\.json: validation_texts is None, expected a whole number"),
    ],
)
def test_a_wrong_field_is_named(changes, message):
    with pytest.raises(FormatError, match=message):
        read(document(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": 5}, r"trials\[1\]\.number is 5, expected 1"),
        ({"state": "running"}, r"trials\[1\] is wrong: not a finished trial"),
        ({"validation_loss": None}, r"trials\[1\] is wrong: not a finished trial"),
        ({"settings": {"units": "many"}}, r"trials\[1\]\.settings\.units is 'many', expected a number"),
        ({"history": [{"epoch": 0}]}, r"trials\[1\]\.history\[0\] has .* lacks the fields \['validation_loss'\]"),
    ],
)
def test_a_wrong_trial_is_named(changes, message):
    fields = document()
    fields["trials"][1] |= changes
    with pytest.raises(FormatError, match=message):
        read(fields)
