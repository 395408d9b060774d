"""The picture of a tuning study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from drupelet_train.plots import NOTE_COLOUR, TRAINING_COLOUR, VALIDATION_COLOUR, save_figure
from drupelet_train.tuning.search_space import Interval
from drupelet_train.tuning.trial import COMPLETE, PRUNED, Trial, best_trial

SHOWN_SPREAD = 3.0
"""Largest loss shown, in distances from the best loss to the median: the worst trials would squeeze the rest together."""


def plot_tuning(path: Path, over: Sequence[Trial], space: Mapping[str, Interval]) -> None:
    """Writes a PNG with the validation loss of every trial, by its number and by each searched setting.

    A trial that diverged, or whose loss is beyond the top edge, is drawn at the top edge. Raises ValueError unless a trial
    is complete.
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
    save_figure(figure, path)


def _draw_trials(axis: Any, x: npt.NDArray[Any], losses: npt.NDArray[Any], over: Sequence[Trial], best: int) -> None:
    """Draws every trial at ``x`` and ``losses``, both (trials,), with the marker of its state."""
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
