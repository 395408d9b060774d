"""The pictures of a run and of a tuning study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet.reliability import Reliability
from drupelet_train.atomic import replacing
from drupelet_train.config import FLOAT_BITS
from drupelet_train.training.checkpoints import EpochRecord
from drupelet_train.tuning.search_space import Interval
from drupelet_train.tuning.trial import COMPLETE, PRUNED, Trial, best_trial

TRAINING_COLOUR, VALIDATION_COLOUR, NOTE_COLOUR = "#1f6f8b", "#c8553d", "#444444"

SHOWN_PERCENTILE = 99.0
"""The histogram ends here (or at max_tokens, if that is more): the longest text would squeeze the rest aside."""

BARS = 60

SHOWN_SPREAD = 3.0
"""Losses of trials are shown up to this many times the distance from the best one to the median: the worst would squeeze
the rest together."""


def plot_lengths(path: Path, lengths: npt.NDArray[np.int64], max_tokens: int) -> None:
    """Writes the histogram of ``lengths`` (texts,), in tokens, with the median and the model's limit, as a PNG."""
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
    _save(figure, path)


def plot_curves(path: Path, history: Sequence[EpochRecord], best_epoch: int | None) -> None:
    """Writes loss and accuracy by epoch, on the training and the validation part, as a PNG.

    Epochs with the embedding on its grid lie on a shaded ground.
    """
    figure, axes = _figure(2)
    epochs = [record.epoch + 1 for record in history]
    on_grid = [record.epoch + 1 for record in history if record.embedding_bits < FLOAT_BITS]
    for axis, quantity, unit in zip(axes, ("loss", "accuracy"), ("nats", "share of texts"), strict=True):
        training = [getattr(record, quantity) for record in history]
        validation = [getattr(record, f"validation_{quantity}") for record in history]
        axis.plot(epochs, training, "o-", color=TRAINING_COLOUR, label="training, while it learns")
        axis.plot(epochs, validation, "s-", color=VALIDATION_COLOUR, label="validation")
        if best_epoch is not None:
            axis.axvline(best_epoch + 1, color=NOTE_COLOUR, linestyle=":", label="best epoch (kept)")
        if on_grid:
            label = f"embedding on its {history[-1].embedding_bits}-bit grid"
            axis.axvspan(on_grid[0] - 0.5, on_grid[-1] + 0.5, color=NOTE_COLOUR, alpha=0.1, label=label)
        axis.set(title=quantity.capitalize(), xlabel="epoch", ylabel=unit)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.legend(framealpha=0.9, edgecolor="none")
    _save(figure, path)


def plot_reliability(path: Path, before: Reliability, after: Reliability) -> None:
    """Writes how often answers of a probability were right on the validation part, before and after calibration, as a PNG."""
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
    _save(figure, path)


def plot_tuning(path: Path, over: Sequence[Trial], space: Mapping[str, Interval]) -> None:
    """Writes the validation loss of every trial, by its number and by each searched setting, as a PNG.

    Expects a complete trial. One that diverged lies at the top edge, as does one whose loss is beyond it.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    best = best_trial(over)
    if best is None:
        raise ValueError("no trial is complete")
    losses = np.array([np.inf if trial.validation_loss is None else trial.validation_loss for trial in over])
    lowest, finite = losses[best], losses[np.isfinite(losses)]
    top = min(float(finite.max()), lowest + SHOWN_SPREAD * float(np.median(finite) - lowest)) + 1e-3
    shown = np.minimum(losses, top)

    columns = 3
    rows = -(-len(space) // columns)
    figure = Figure(figsize=(10.4, 3.6 + 2.5 * rows), layout="constrained")
    grid = figure.add_gridspec(1 + rows, columns, height_ratios=[3.6, *[2.5] * rows])
    history: Any = figure.add_subplot(grid[0, :])
    numbers = range(len(over))
    _draw_trials(history, np.array(numbers), shown, over, best)
    leaders = [best_trial(over[: number + 1]) for number in numbers]
    running = [np.nan if leader is None else losses[leader] for leader in leaders]
    history.step(numbers, running, where="post", color=VALIDATION_COLOUR, linewidth=1.2, label="best so far")
    if over[0].validation_loss is not None:
        label = f"base configuration {losses[0]:.4f}"
        history.axhline(shown[0], color=NOTE_COLOUR, linestyle=":", linewidth=1, label=label)
    history.set(
        title=f"{len(over)} trials: the best is trial {best}, with {lowest:.4f} nats",
        xlabel="trial",
        ylabel="validation loss (nats)" if losses.max() <= top else f"validation loss (top edge: {top:.2f} and more)",
    )
    history.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*history.get_legend_handles_labels(), loc="outside lower center", frameon=False, ncols=6)
    axes = [history]
    for position, (setting, interval) in enumerate(space.items()):
        axis: Any = figure.add_subplot(grid[1 + position // columns, position % columns], sharey=history)
        _draw_trials(axis, np.array([trial.settings[setting] for trial in over]), shown, over, best)
        if interval.logarithmic:
            axis.set_xscale("log")
            axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_xlabel(setting)
        axes.append(axis)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(y=0.1)
    _save(figure, path)


def _draw_trials(axis: Any, x: npt.NDArray[Any], losses: npt.NDArray[Any], over: Sequence[Trial], best: int) -> None:
    """Marks every trial at ``x`` and ``losses``, both (trials,), as its state says."""
    complete = np.array([trial.state == COMPLETE for trial in over])
    pruned = np.array([trial.state == PRUNED for trial in over])
    for chosen, marker, colour, label in (
        (complete, "o", TRAINING_COLOUR, "complete"),
        (pruned, "x", NOTE_COLOUR, "pruned (at its best epoch)"),
        (~complete & ~pruned, "^", NOTE_COLOUR, "diverged"),
    ):
        if chosen.any():
            axis.scatter(x[chosen], losses[chosen], marker=marker, color=colour, alpha=0.8, s=26, label=label)
    axis.scatter(x[best], losses[best], marker="*", color=VALIDATION_COLOUR, s=170, zorder=3, label="best")


def _figure(panels: int) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(7.0, 5.2 * panels), 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _save(figure: Any, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=120, metadata={"Software": None})
