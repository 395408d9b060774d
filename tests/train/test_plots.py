from dataclasses import replace

import numpy as np
import pytest

from drupelet.reliability import reliability
from drupelet_train.plots import plot_curves, plot_lengths, plot_reliability
from drupelet_train.training.checkpoints import EpochRecord

PNG = b"\x89PNG\r\n\x1a\n"
HISTORY = [EpochRecord(epoch, 0.6 - epoch / 10, 0.7, 0.5, 0.8, 1.0) for epoch in range(3)]


@pytest.mark.parametrize("lengths", [[0, 0], [1], [3, 5, 400, 9_000]])
def test_lengths_become_a_picture(tmp_path, lengths):
    plot_lengths(tmp_path / "lengths.png", np.array(lengths, np.int64), 250)
    assert (tmp_path / "lengths.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("epochs", [1, 3])
def test_curves_become_a_picture(tmp_path, epochs):
    plot_curves(tmp_path / "curves.png", HISTORY[:epochs], 0)
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)


def test_epochs_on_the_grid_are_shaded(tmp_path):
    plot_curves(tmp_path / "float.png", HISTORY, 2)
    plot_curves(tmp_path / "grid.png", [*HISTORY[:2], replace(HISTORY[2], embedding_bits=4)], 2)
    assert (tmp_path / "grid.png").read_bytes().startswith(PNG)
    assert (tmp_path / "grid.png").read_bytes() != (tmp_path / "float.png").read_bytes()


def test_the_same_numbers_give_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        plot_curves(tmp_path / name, HISTORY, 2)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("texts", [1, 50])
def test_reliability_becomes_a_picture(tmp_path, texts):
    right = np.linspace(0.5, 1, texts, dtype=np.float32)
    result = reliability(np.stack([right, 1 - right], axis=1).tolist(), [0] * texts)
    plot_reliability(tmp_path / "reliability.png", result, result)
    assert (tmp_path / "reliability.png").read_bytes().startswith(PNG)
