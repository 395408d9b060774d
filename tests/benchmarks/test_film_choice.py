"""Settings on films that training does not know: which review is of which film, and what is compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import film_choice
from benchmarks.film_choice import CHOICES, VALIDATION_FRACTION, VARIANTS, choose, table, with_films
from drupelet.errors import InputError
from drupelet_train.config import TrainConfig, named_config
from drupelet_train.corpora.corpus import Corpus

FILMS = ["a", "b", "b", "c", "d", "d", "e", "f", "f", "f", "g", "h"] * 3
"""Of negative reviews first, as the package has them."""


def corpus() -> Corpus:
    label_ids = np.repeat(np.array([1, 0], np.int32), len(FILMS) // 2)
    texts = tuple(f"a {'good' if label else 'bad'} film {row}" for row, label in enumerate(label_ids))
    return Corpus("imdb", texts, label_ids, ("negative", "positive"), np.arange(30), np.arange(30, 36))


def films_file(folder: Path, films: list[str]) -> Path:
    path = folder / "films.csv"
    path.write_text("film,rating\n" + "".join(f"{film},1\n" for film in films))
    return path


def test_reviews_get_the_films_of_the_packages_order(tmp_path: Path) -> None:
    grouped = with_films(corpus(), films_file(tmp_path, FILMS))
    assert grouped.groups is not None
    in_order = FILMS[18:] + FILMS[:18]  # positives first
    names = sorted(set(FILMS))
    assert [names[group] for group in grouped.groups] == in_order


@pytest.mark.parametrize("films", [FILMS[:-1], []])
def test_another_number_of_films_is_refused(tmp_path: Path, films: list[str]) -> None:
    with pytest.raises(InputError, match=r"films\.csv: .* expected a column film and 36 rows"):
        with_films(corpus(), films_file(tmp_path, films))


def test_no_film_both_trains_and_validates(tmp_path: Path) -> None:
    grouped = with_films(corpus(), films_file(tmp_path, FILMS))
    validation = grouped.validation(VALIDATION_FRACTION, 4)
    assert grouped.groups is not None
    trains = np.setdiff1d(grouped.training, validation)
    assert len(validation)
    assert not set(grouped.groups[validation]) & set(grouped.groups[trains])


def test_every_variant_changes_every_configuration() -> None:
    for name, changes in VARIANTS.items():
        for config in ("imdb-nano", "imdb-tiny"):
            base = named_config(config)
            assert (replace(base, **changes) == base) == (name == "as it ships")


def test_what_is_compared_by_default_is_there() -> None:
    assert all(variant in VARIANTS for variants in CHOICES.values() for variant in variants)


def test_a_row_for_each_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tiny = TrainConfig(
        tokenizer="alnum",
        embedding="random",
        embedding_dim=4,
        units=3,
        max_tokens=8,
        epochs=1,
        teacher="ngram",
        crops=1,
    )
    monkeypatch.setattr(film_choice, "named_config", lambda _: tiny)
    monkeypatch.setattr(film_choice, "VARIANTS", {"as it ships": {}, "two epochs": {"epochs": 2}})
    grouped = with_films(corpus(), films_file(tmp_path, FILMS))
    rows = choose(tmp_path / "runs", grouped, {"imdb-nano": ["as it ships", "two epochs"]})
    assert [(row["config"], row["variant"], row["seed"]) for row in rows] == [
        ("imdb-nano", "as it ships", 1),
        ("imdb-nano", "two epochs", 1),
    ]
    assert all(0 <= row["accuracy"] <= 1 and row["loss"] > 0 for row in rows)
    assert "two epochs" in table(rows)
