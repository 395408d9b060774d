import json
import subprocess
import sys
from pathlib import Path

import pytest

from drupelet.errors import FormatError
from drupelet_train.config import TrainConfig
from drupelet_train.json_value import JsonValue
from drupelet_train.run_folder import write_json
from drupelet_train.run_record import RunRecord, read_record
from train.made_up_record import made_up_record

ARTIFACTS = Path(__file__).parents[2] / "artifacts"


def document(**changes):
    """The JSON object of the made-up record with these changes; ``...`` removes a field."""
    fields = json.loads(json.dumps(made_up_record().to_json())) | changes
    return {name: value for name, value in fields.items() if value is not ...}


def read(fields):
    return RunRecord.from_json(JsonValue(fields, "RUN/run.json"))


def test_a_record_is_read_without_tensorflow():
    program = "import sys, drupelet_train.run_record; print({'keras', 'tensorflow', 'scipy'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"


@pytest.mark.parametrize("changes", [{}, {"held_out": None}, {"calibration": None}, {"teacher": {}}])
def test_a_record_is_read_as_it_was_written(tmp_path, changes):
    record = made_up_record(**changes)
    write_json(tmp_path / "run.json", record.to_json())
    assert read_record(tmp_path) == record


def test_a_run_that_is_not_finished_has_no_record(tmp_path):
    assert read_record(tmp_path) is None


def test_what_has_no_value_is_written_as_nothing():
    fields = made_up_record(held_out=None, calibration=None, teacher={}).to_json()
    assert set(fields["metrics"]) == {"validation"}
    assert fields["calibration"] == fields["teacher"] == {}


def test_the_record_of_a_shipped_model_keeps_its_bytes(tmp_path):
    record = read_record(ARTIFACTS / "imdb-source")
    assert record.held_out.n == 2000
    write_json(tmp_path / "run.json", record.to_json())
    written = (tmp_path / "run.json").read_bytes()
    newer = b'  "restore_best_weights": true,\n'  # a setting that the record lacks
    assert written.count(newer) == 1
    assert written.replace(newer, b"") == (ARTIFACTS / "imdb-source" / "run.json").read_bytes()


@pytest.mark.parametrize("name", ["imdb-tiny", "imdb-nano"])
def test_a_setting_that_a_record_lacks_has_its_default(name):
    path = ARTIFACTS / f"{name}-source" / "run.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    for setting in ("training_tokens", "restore_best_weights"):
        assert setting not in fields["config"]
        fields["config"][setting] = getattr(TrainConfig(), setting)
    assert read_record(path.parent).to_json() == fields


def test_the_first_records_lack_what_their_runs_had_not():
    history = [
        {name: value for name, value in epoch.items() if name != "embedding_bits"} for epoch in document()["history"]
    ]
    assert read(document(history=history, teacher=..., calibration=...)) == made_up_record(calibration=None, teacher={})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"schema_version": 2, "metrics": ...},
            r"run\.json: schema_version is 2, expected 1; put back a whole copy, or",
        ),
        (
            {"metrics": ...},
            r"run\.json: has unknown fields \[\], lacks the fields \['metrics'\]; put back a whole copy",
        ),
        ({"colour": 1, "shape": 2}, r"run\.json: has unknown fields \['colour', 'shape'\], lacks the fields \[\]"),
        ({"data": 3}, r"run\.json: data is 3, expected a string"),
        ({"padding": "pre"}, r"run\.json: padding is 'pre', expected 'post'"),
        ({"labels": ["bad", 1]}, r"run\.json: labels\[1\] is 1, expected a string"),
        ({"config": {"units": 0}}, r"run\.json: config is wrong: units is 0, expected 1 to 4096"),
        ({"config": {"unit": 3}}, r"run\.json: config is wrong: unknown key 'unit'; did you mean 'units'\?"),
        ({"text_rules": {}}, r"run\.json: text_rules is wrong: text rules: field 'unicode' is missing"),
        ({"corpus": {}}, r"run\.json: corpus has unknown fields \[\], lacks the fields \['sha256', .*'vocabulary'\]"),
        ({"history": 3}, r"run\.json: history is 3, expected a list"),
        ({"history": [{}]}, r"run\.json: history\[0\] has unknown fields \[\], lacks the fields \['epoch', 'loss',"),
        ({"history": []}, r"run\.json: is wrong: best_epoch is 1, expected an epoch of the history"),
        ({"best_epoch": 3}, r"run\.json: is wrong: best_epoch is 3, expected an epoch of the history"),
        ({"best_epoch": True}, r"run\.json: best_epoch is True, expected a whole number"),
        ({"training_seconds": "1"}, r"run\.json: training_seconds is '1', expected a number"),
        ({"teacher": {"validation": 1}}, r"run\.json: teacher\.validation is 1, expected an object"),
        (
            {"calibration": {"temperature": 1}},
            r"calibration has unknown fields \[\], lacks the fields \['before', 'after'\]",
        ),
        ({"metrics": {}}, r"run\.json: metrics has unknown fields \[\], lacks the fields \['validation'\]"),
        ({"versions": {"keras": 3}}, r"run\.json: versions\.keras is 3, expected a string"),
    ],
)
def test_a_wrong_field_is_named(changes, message):
    with pytest.raises(FormatError, match=message):
        read(document(**changes))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("interval_95", [0.5], r"metrics\.validation\.interval_95 is \[0\.5\], expected the two ends of an interval"),
        ("n", 8.5, r"metrics\.validation\.n is 8\.5, expected a whole number"),
    ],
)
def test_a_wrong_score_is_named(name, value, message):
    fields = document()
    fields["metrics"]["validation"][name] = value
    with pytest.raises(FormatError, match=message):
        read(fields)


def test_bins_of_different_length_are_named():
    fields = document()
    fields["calibration"]["after"]["counts"].pop()
    with pytest.raises(
        FormatError, match=r"calibration\.after has counts, confidences and accuracies of different length"
    ):
        read(fields)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", r"run\.json: not a readable JSON document"), ("[]", r"run\.json: a JSON list, expected an object")],
)
def test_a_damaged_file_is_named(tmp_path, content, message):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(FormatError, match=message):
        read_record(tmp_path)
