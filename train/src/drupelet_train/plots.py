"""The pictures of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.control_characters import escaped
from drupelet.evaluation import Evaluation
from drupelet.reliability import Reliability
from drupelet_train.atomic import replacing
from drupelet_train.config import FLOAT_BITS
from drupelet_train.judging.learning_curve import LearningCurve
from drupelet_train.training.checkpoints import EpochRecord

TRAINING_COLOUR, VALIDATION_COLOUR, NOTE_COLOUR = "#1f6f8b", "#c8553d", "#444444"

SHOWN_PERCENTILE = 99.0
"""Percentile of the lengths at which the histogram ends, or at max_tokens if that is more: the few longest texts would
squeeze the rest together."""

BARS = 60
"""Bars of the histogram, about."""


def plot_lengths(path: Path, lengths: npt.NDArray[np.int64], max_tokens: int) -> None:
    """Writes a PNG with the histogram of ``lengths`` (texts,), in tokens, the median and the model's limit."""
    figure, axes = _figure(1)
    (axis,) = axes
    end = max(float(np.percentile(lengths, SHOWN_PERCENTILE)), max_tokens * 1.05, 1.0)
    bar_width = int(np.ceil(end / BARS))
    last_bar = int(end) // bar_width * bar_width
    bars = np.arange(0, last_bar + 2 * bar_width, bar_width)
    axis.hist(np.minimum(lengths, last_bar), bins=bars, color=TRAINING_COLOUR)
    median = float(np.median(lengths))
    over = float((lengths > max_tokens).mean())
    axis.axvline(median, color=NOTE_COLOUR, linestyle=":", label=f"median {median:.0f}")
    axis.axvline(
        max_tokens, color=VALIDATION_COLOUR, linestyle="--", label=f"max_tokens {max_tokens}: {over:.1%} are longer"
    )
    axis.set(
        title=f"Length of {len(lengths):,} texts", xlabel=f"tokens (last bar: {last_bar} and more)", ylabel="texts"
    )
    axis.legend(loc="upper right", framealpha=0.9, edgecolor="none")
    save_figure(figure, path)


def plot_curves(path: Path, history: Sequence[EpochRecord], best_epoch: int) -> None:
    """Writes a PNG with loss and accuracy by epoch, on the training and the validation part.

    The background of epochs with the embedding on its grid is shaded.
    """
    figure, axes = _figure(2)
    epochs = [record.epoch + 1 for record in history]
    on_grid = [record.epoch + 1 for record in history if record.embedding_bits < FLOAT_BITS]
    for axis, quantity, unit in zip(axes, ("loss", "accuracy"), ("nats", "share of texts"), strict=True):
        training = [getattr(record, quantity) for record in history]
        validation = [getattr(record, f"validation_{quantity}") for record in history]
        axis.plot(epochs, training, "o-", color=TRAINING_COLOUR, label="training, while it learns")
        axis.plot(epochs, validation, "s-", color=VALIDATION_COLOUR, label="validation")
        axis.axvline(best_epoch + 1, color=NOTE_COLOUR, linestyle=":", label="epoch that was kept")
        if on_grid:
            label = f"embedding on its {history[-1].embedding_bits}-bit grid"
            axis.axvspan(on_grid[0] - 0.5, on_grid[-1] + 0.5, color=NOTE_COLOUR, alpha=0.1, label=label)
        axis.set(title=quantity.capitalize(), xlabel="epoch", ylabel=unit)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(framealpha=0.9, edgecolor="none")
    save_figure(figure, path)


def plot_reliability(path: Path, before: Reliability, after: Reliability) -> None:
    """Writes a PNG with the reliability diagrams of the validation part, before and after calibration."""
    figure, axes = _figure(2)
    for axis, name, part in zip(axes, ("Before calibration", "After calibration"), (before, after), strict=True):
        counts, confidences, accuracies = zip(*part.filled(), strict=True)
        lowest = min(*confidences, *accuracies)
        axis.plot(
            [lowest, 1], [lowest, 1], color=NOTE_COLOUR, linestyle=":", label="probability = share of right answers"
        )
        axis.plot(confidences, accuracies, color=VALIDATION_COLOUR, linewidth=1)
        areas = [12 + 240 * count / max(counts) for count in counts]
        axis.scatter(confidences, accuracies, s=areas, color=VALIDATION_COLOUR, label="answers, by their probability")
        axis.set(
            title=f"{name}: expected error {part.expected_calibration_error:.3f}",
            xlabel="probability of the answer",
            ylabel="share of right answers",
        )
        axis.legend(loc="lower right", framealpha=0.9, edgecolor="none", markerscale=0.5)
    save_figure(figure, path)


MOST_MATRIX_LABELS = 30
"""Most labels of a matrix that can be read; of more, the pairs that were confused most are drawn."""
NUMBERED_LABELS = 12
"""Most labels of a matrix whose fields have room for numbers."""
SHOWN_PAIRS = 20
SHOWN_NAME = 24
"""Letters of a label's name."""


def plot_confusion(path: Path, found: Evaluation, part: str) -> None:
    """Writes a PNG of which labels were answered for which: a matrix, or the most frequent mistakes where labels are many.

    A field's shade is the share of the texts of its true label. ``part`` names the texts.
    """
    matrix = found.confusion
    if matrix is not None and len(found.labels) <= MOST_MATRIX_LABELS:
        _draw_matrix(path, found, np.array(matrix), part)
    else:
        _draw_pairs(path, found, part)


def _draw_matrix(path: Path, found: Evaluation, counts: npt.NDArray[np.int64], part: str) -> None:
    names = _names(found.labels)
    size = max(4.2, 1.8 + 0.33 * len(names) + 0.07 * max(map(len, names)))
    figure, axis = _figure_of(size + 0.4, size)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(names))
    axis.set_xticks(places, names, rotation=90 if len(names) > 3 else 0)
    axis.set_yticks(places, names)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    if len(names) <= NUMBERED_LABELS:
        for true in places:
            for answer in places:
                colour = "white" if shares[true, answer] > 0.55 else "black"
                axis.text(answer, true, f"{counts[true, answer]:,}", ha="center", va="center", color=colour, fontsize=8)
    axis.set(
        title=f"{found.accuracy.n:,} {part} texts, accuracy {found.accuracy.share:.3f}",
        xlabel="answer",
        ylabel="true label",
    )
    save_figure(figure, path)


def _draw_pairs(path: Path, found: Evaluation, part: str) -> None:
    pairs, name_of = found.confusions[:SHOWN_PAIRS], dict(zip(found.labels, _names(found.labels), strict=True))
    figure, axis = _figure_of(8.0, 1.2 + 0.28 * max(3, len(pairs)))
    axis.barh(range(len(pairs)), [texts for _, _, texts in pairs], color=VALIDATION_COLOUR)
    axis.set_yticks(range(len(pairs)), [f"{name_of[true]}, answered {name_of[answer]}" for true, answer, _ in pairs])
    axis.invert_yaxis()
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set(title=f"Most frequent mistakes in {found.accuracy.n:,} {part} texts", xlabel="texts")
    save_figure(figure, path)


def plot_learning_curve(path: Path, curve: LearningCurve, network: tuple[int, float]) -> None:
    """Writes a PNG of accuracy by number of training texts, and the ``network`` (texts, accuracy) on the same texts."""
    figure, axes = _figure(1)
    (axis,) = axes
    texts = [n for n, _ in curve.points]
    shares = [accuracy.share for _, accuracy in curve.points]
    ends = np.array([accuracy.interval() for _, accuracy in curve.points]).T
    axis.fill_between(texts, *ends, color=TRAINING_COLOUR, alpha=0.15, linewidth=0, label="its 95 % interval")
    axis.plot(texts, shares, "o-", color=TRAINING_COLOUR, label="TF-IDF regression")
    axis.plot(*network, "s", color=VALIDATION_COLOUR, markersize=8, label="this network")
    axis.set_xscale("log", base=2)
    axis.set_xticks(texts, [f"{n:,}" for n in texts])
    axis.minorticks_off()
    low, high = curve.gain_interval
    title = f"The last doubling brought {100 * curve.gain:.1f} points ({100 * low:.1f} to {100 * high:.1f})"
    axis.set(title=title, xlabel="training texts", ylabel="accuracy on the validation texts")
    axis.legend(framealpha=0.9, edgecolor="none")
    save_figure(figure, path)


def _names(labels: Sequence[str]) -> list[str]:
    """Names of labels as matplotlib is given them: cut, and without what it would take for a formula.

    A label with letters that its font lacks is called by its number in labels.txt.
    """
    from matplotlib import font_manager

    known = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    names = []
    for number, label in enumerate(labels, 1):
        name = escaped(label) if all(ord(letter) in known for letter in escaped(label)) else f"label {number}"
        names.append((name if len(name) <= SHOWN_NAME else f"{name[: SHOWN_NAME - 1]}…").replace("$", r"\$"))
    return names


def _figure_of(width: float, height: float) -> tuple[Any, Any]:
    """A figure of one panel of this size, in inches."""
    figure, (axis,) = _figure(1)
    figure.set_size_inches(width, height)
    return figure, axis


def _figure(panels: int) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(7.0, 5.2 * panels), 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def save_figure(figure: Any, path: Path) -> None:
    """Writes a matplotlib figure to ``path`` as a PNG, atomically. Raises InputError when it cannot be written."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, metadata={"Software": None})
