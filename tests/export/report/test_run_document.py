"""The files of a run are read whatever they hold: a document, or an error that names file and field."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from drupelet.errors import FormatError, InputError
from drupelet_export.report.run_document import MAX_PICTURE_BYTES, is_run, read_run
from export.report.made_up_run import PNG, made_up_run, with_change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_up_run(tmp_path / "messages")


def test_a_run_is_told_by_its_record(folder: Path, tmp_path: Path) -> None:
    assert is_run(folder)
    assert not is_run(tmp_path)
    assert not is_run(folder / "run.json")


def test_record_evaluation_and_pictures_are_read(folder: Path) -> None:
    document = read_run(folder)
    assert (document.name, document.part) == ("messages", "validation")
    assert document.record.duplicates is not None
    assert document.record.duplicates.held_out == 3
    assert document.record.baselines[0].parts["validation"].difference == 0.375
    assert [one.f1 for one in document.evaluation.parts["validation"].classes] == [0.857, 0.889, None]
    assert document.pictures == {"confusion.png": PNG}


def test_held_out_texts_come_first_where_they_were_scored(folder: Path) -> None:
    part = read_run(folder).evaluation.parts["validation"]
    assert part.texts == 8
    raw = json.loads((folder / "evaluation.json").read_text())["parts"]["validation"]
    with_change(folder, "evaluation.json", "parts", {"validation": raw, "held_out": raw})
    assert read_run(folder).part == "held_out"


@pytest.mark.parametrize(
    ("file", "place", "value", "message"),
    [
        ("evaluation.json", "parts", {}, "parts is empty"),
        ("evaluation.json", "parts.validation.texts", -1, "texts"),
        ("evaluation.json", "parts.validation.mistakes.0.text", 3, "text"),
        ("evaluation.json", "parts.validation.classes", {"a": 1}, "expected a list"),
        ("run.json", "labels", "bad", "labels"),
        ("run.json", "metrics.validation.interval_95", [0.5], "expected 2 values"),
        ("run.json", "baselines.0.parts.validation.accuracy", "high", "accuracy"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, file: str, place: str, value: object, message: str) -> None:
    with_change(folder, file, place, value)
    with pytest.raises(FormatError, match=message) as error:
        read_run(folder)
    assert file in str(error.value)


def test_a_run_of_an_older_release_is_not_shown(folder: Path) -> None:
    (folder / "evaluation.json").unlink()
    with pytest.raises(InputError, match=r"evaluation\.json: not found"):
        read_run(folder)


@pytest.mark.parametrize("content", [b"", b"<svg>", b"\x89PNG\r\n\x1a\n" + bytes(MAX_PICTURE_BYTES)])
def test_what_is_no_picture_is_refused(folder: Path, content: bytes) -> None:
    (folder / "curves.png").write_bytes(content)
    with pytest.raises(FormatError, match=r"curves\.png: is no PNG"):
        read_run(folder)


def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "curves.png")
    with pytest.raises(FormatError, match=r"curves\.png"):
        read_run(folder)
