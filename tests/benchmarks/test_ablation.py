"""Variants of a tiny recipe on a tiny corpus."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import ablation
from benchmarks.ablation import VARIANTS, ablate
from drupelet.errors import InputError
from drupelet_train.config import TrainConfig, load_config
from drupelet_train.parallel.processes import Processes

ROOT = Path(__file__).parents[2]

TINY = TrainConfig(embedding="random", embedding_dim=4, units=3, max_tokens=8, batch_size=16, epochs=1)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "tiny.csv"
    with path.open("w", newline="") as file:
        rows = [("a good film" if row % 2 else "a bad film", row % 2) for row in range(60)]
        csv.writer(file).writerows([("text", "label"), *rows])
    return str(path)


@pytest.mark.long
def test_every_variant_is_trained_once_per_seed(tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]) -> None:
    variants = {"recipe": {}, "two crops": {"crops": 2}}
    rows = ablate(tmp_path / "runs", data, TINY, variants, [1, 2])
    assert [(row["variant"], row["seeds"]) for row in rows] == [("recipe", [1, 2]), ("two crops", [1, 2])]
    assert rows[0]["mean_accuracy"] == pytest.approx(sum(rows[0]["validation_accuracy"]) / 2)
    # In texts of three words every short piece is the whole text.
    assert rows[0]["short_pieces_accuracy"] == rows[0]["mean_accuracy"]
    assert rows[0]["short_pieces_loss"] == pytest.approx(rows[0]["mean_loss"], rel=1e-5)
    assert capsys.readouterr().err.count("epoch 1/1") == 4
    assert ablate(tmp_path / "runs", data, TINY, variants, [1, 2]) == rows
    assert "epoch" not in capsys.readouterr().err
    with pytest.raises(InputError, match=r"recipe-1: cannot be resumed with other settings: units is 5"):
        ablate(tmp_path / "runs", data, TrainConfig(**{**TINY.to_json(), "units": 5}), variants, [1])


def test_every_variant_but_the_recipe_changes_it() -> None:
    recipe = load_config(Path(ablation.__file__).with_name("ablation.toml"))
    for name, changes in VARIANTS.items():
        assert (replace(recipe, **changes) == recipe) == (name == "recipe")


@pytest.mark.long
def test_parallel_trainings_give_the_same_rows(tmp_path: Path, data: str) -> None:
    variants = {"recipe": {}, "two crops": {"crops": 2}}
    rows = ablate(tmp_path / "in turn", data, TINY, variants, [1, 2])
    with Processes(2) as workers:
        together = ablate(tmp_path / "side by side", data, TINY, variants, [1, 2], workers)
    assert [{**row, "training_seconds": 0} for row in together] == [{**row, "training_seconds": 0} for row in rows]


def test_the_decision_quotes_the_report() -> None:
    report = json.loads((ROOT / "docs" / "reports" / "ablation.json").read_text())
    decision = (ROOT / "docs" / "decisions" / "0014-accuracy-recipe.md").read_text()
    assert [row["variant"] for row in report["rows"]] == list(VARIANTS)
    for row in report["rows"]:
        by_seed = " ".join(f"{accuracy:.4f}" for accuracy in row["validation_accuracy"])
        assert row["seeds"] == [1, 2, 3]
        short = f"{row['short_pieces_accuracy']:.4f} | {row['short_pieces_loss']:.4f}"
        assert f" | {row['mean_accuracy']:.4f} | {by_seed} | {row['mean_loss']:.4f} | {short} |\n" in decision
