from dataclasses import replace

import numpy as np
import pytest

from drupelet.comparison import Accuracy
from drupelet.evaluation import evaluate
from drupelet.labelled_rows import LabelledRow
from drupelet.prediction import Prediction
from drupelet.reliability import reliability
from drupelet_train.judging.learning_curve import LearningCurve
from drupelet_train.plots import plot_confusion, plot_curves, plot_learning_curve, plot_lengths, plot_reliability
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


def evaluation_of(labels, answers):
    """The evaluation of texts whose true label and answer are these places."""

    def rows():
        for line, (true, answer) in enumerate(answers, 1):
            values = tuple(float(place == answer) for place in range(len(labels)))
            yield LabelledRow(line, "text", (labels[true],)), Prediction((labels[answer], 1.0, values, 1))

    return evaluate(rows(), labels, False)


@pytest.mark.parametrize("labels", [2, 12, 20, 31, 120])
@pytest.mark.filterwarnings("error")
def test_confusions_become_a_picture(tmp_path, labels):
    names = [("$x_1$", "\u6587", "\u0627\u0644", "a" * 60, "b\x1bc")[n % 5] + str(n) for n in range(labels)]
    found = evaluation_of(names, [(n % labels, (n * n) % labels) for n in range(200)])
    plot_confusion(tmp_path / "confusion.png", found, "held-out")
    content = (tmp_path / "confusion.png").read_bytes()
    assert content.startswith(PNG)
    width, height = (int.from_bytes(content[place : place + 4], "big") for place in (16, 20))
    assert max(width, height) < 2000


def test_answers_without_a_mistake_are_drawn_as_well(tmp_path):
    names = [str(n) for n in range(40)]
    plot_confusion(tmp_path / "confusion.png", evaluation_of(names, [(0, 0), (3, 3)]), "validation")
    assert (tmp_path / "confusion.png").read_bytes().startswith(PNG)


def test_the_learning_curve_becomes_a_picture(tmp_path):
    curve = LearningCurve(((50, Accuracy(40, 25)), (100, Accuracy(40, 30))), 0.125, (-0.02, 0.26))
    plot_learning_curve(tmp_path / "learning-curve.png", curve, (100, 0.8))
    assert (tmp_path / "learning-curve.png").read_bytes().startswith(PNG)
