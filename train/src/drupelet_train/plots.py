"""The pictures of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.reliability import Reliability
from drupelet_train.atomic import replacing
from drupelet_train.config import FLOAT_BITS
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
        axis.axvline(best_epoch + 1, color=NOTE_COLOUR, linestyle=":", label="best epoch (kept)")
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
