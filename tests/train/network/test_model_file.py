import io
import json
import zipfile
from datetime import date
from types import SimpleNamespace

import keras
import numpy as np
from keras.src.saving import saving_lib

from drupelet_train.config import TrainConfig
from drupelet_train.network.model import build_model
from drupelet_train.network.model_file import deflated, write_model


def test_a_written_model_loads_and_is_small(tmp_path):
    rows = np.random.default_rng(1).integers(-7, 8, (300, 20)).astype(np.float32) * np.float32(0.25)
    config = TrainConfig(embedding="random", embedding_dim=20, units=4)
    model = build_model(config, rows, 2, keras.layers.LSTM)
    write_model(tmp_path / "model.keras", model)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    # 15 values of 32 bits: less than 4 bits each would be had by counting alone.
    assert (tmp_path / "model.keras").stat().st_size < rows.nbytes / 2
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_same_model_gives_the_same_bytes(tmp_path, monkeypatch):
    config = TrainConfig(embedding="random", embedding_dim=3, units=2, bidirectional=True, pooling="max")
    rows = np.zeros((9, 3), np.float32)
    for year in (1999, 2026):
        monkeypatch.setattr(saving_lib.datetime, "datetime", SimpleNamespace(now=lambda year=year: date(year, 1, 2)))
        keras.utils.set_random_seed(1)
        write_model(tmp_path / f"{year}.keras", build_model(config, rows, 2, keras.layers.LSTM))
    first, second = ((tmp_path / f"{year}.keras").read_bytes() for year in (1999, 2026))
    assert first == second


def test_a_shared_object_stays_shared():
    config = {"a": [{"shared_object_id": 9}, {"shared_object_id": 7}], "b": {"shared_object_id": 9, "units": 3}}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    with zipfile.ZipFile(io.BytesIO(deflated(target.getvalue()))) as archive:
        assert json.loads(archive.read("config.json")) == {
            "a": [{"shared_object_id": 0}, {"shared_object_id": 1}],
            "b": {"shared_object_id": 0, "units": 3},
        }


def test_other_members_are_compressed_as_they_are():
    archives = []
    for year in (1999, 2026):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(zipfile.ZipInfo("a.json", (year, 1, 1, 0, 0, 0)), b"{}" * 500)
        archives.append(target.getvalue())
    first, second = map(deflated, archives)
    assert first == second
    assert len(first) < len(archives[0]) / 2
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.read("a.json") == b"{}" * 500
