"""A tiny corpus that a tiny model learns in a second, and a cache of its own for every test."""

import csv
import json
import random

import pytest

SETTINGS = {
    "embedding": "random",
    "embedding_dim": 6,
    "units": 5,
    "max_tokens": 12,
    "batch_size": 8,
    "epochs": 3,
    "learning_rate": 0.02,
    "embedding_learning_rate": 0.02,
    "dropout": 0.1,
    "word_dropout": 0.1,
    "head_dropout": 0.1,
    "seed": 3,
}


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "drupelet"


@pytest.fixture
def tiny_settings():
    return dict(SETTINGS)


@pytest.fixture
def write_tiny_csv():
    """A function that writes texts of three classes, told apart by one word each."""

    def write(path, texts=120, labels=("bad", "good", "ugly")):
        generator = random.Random(7)  # noqa: S311
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            for row in range(texts):
                label = labels[row % len(labels)]
                choices = ["the", "a", "film", "cat", f"{label}ish"]
                writer.writerow([" ".join(generator.choices(choices, k=generator.randint(1, 20))), label])
        return path

    return write


@pytest.fixture
def write_tiny_config():
    """A function that writes the tiny settings, with changes, as TOML."""

    def write(path, **changes):
        settings = {**SETTINGS, **changes}
        path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        return path

    return write


@pytest.fixture
def tiny_csv(tmp_path, write_tiny_csv):
    return write_tiny_csv(tmp_path / "tiny.csv")


@pytest.fixture
def tiny_config(tmp_path, write_tiny_config):
    return write_tiny_config(tmp_path / "tiny.toml")
