"""A model is made once, and again when what it is made of has changed; one that cannot be made is a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.compare import models
from benchmarks.compare.failure import PeerError
from benchmarks.compare.growth_models import FILES, random_network
from benchmarks.compare.models import Making, make_model, write_network
from benchmarks.workload_folder import WorkloadFolder


@pytest.fixture
def making(tmp_path: Path) -> Making:
    return Making(WorkloadFolder(tmp_path), lambda name: Path("python"))


def test_a_model_is_made_again_when_its_source_changes(
    tmp_path: Path, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.write_text("one")
    made: list[Path] = []

    def make(folder: Path, _: Making) -> None:
        made.append(folder)
        (folder / "file").write_text(source.read_text())

    monkeypatch.setattr(models, "MAKERS", {"x": (make, lambda _: [source])})
    for expected, content in ((1, "one"), (1, "one"), (2, "two")):
        source.write_text(content)
        folder = make_model("x", tmp_path / "models", making)
        assert (folder / "file").read_text() == content
        assert len(made) == expected


def test_a_model_that_was_not_finished_is_made_again(
    tmp_path: Path, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(folder: Path, _: Making) -> None:
        (folder / "half").touch()
        raise PeerError("no memory")

    monkeypatch.setattr(models, "MAKERS", {"x": (fail, lambda _: [])})
    for _ in range(2):
        with pytest.raises(PeerError, match="no memory"):
            make_model("x", tmp_path, making)
    assert not (tmp_path / "x" / models.MADE).exists()


def test_a_model_of_fasttext_that_is_not_there_is_a_reason(tmp_path: Path, making: Making) -> None:
    with pytest.raises(PeerError, match=r"fasttext\.ftz is not there; make compare trains it"):
        make_model("fasttext", tmp_path / "models", making)


def test_a_shipped_bundle_is_copied(tmp_path: Path, making: Making) -> None:
    folder = make_model("imdb-nano", tmp_path / "models", making)
    for file in ("model.wi4.drupelet", "manifest.json"):
        assert (folder / "bundle" / file).read_bytes() == (models.ARTIFACTS / "imdb-nano" / file).read_bytes()


def test_words_and_ids_stand_beside_the_network(tmp_path: Path) -> None:
    write_network(tmp_path, random_network(["a", "b"], 4, 1), with_int8=False, files=FILES)
    settings = json.loads((tmp_path / "text.json").read_text())
    assert settings["words"][-2:] == ["a", "b"]
    assert settings["labels"] == ["negative", "positive"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "bundle", "exact.f32.onnx", "padded.f32.onnx", "text.json",
    ]  # fmt: skip
