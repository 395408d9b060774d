"""What a finished run or study tells people on a terminal: scores, what stands beside them, and the next command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from drupelet.cli.table import render_table
from drupelet.errors import FormatError
from drupelet.run_folder import EVALUATION
from drupelet_train.run_folder import read_json
from drupelet_train.run_record import RunRecord
from drupelet_train.tuning.study_record import StudyRecord
from drupelet_train.tuning.trial import complete_trials

SHOWN_TRIALS = 10
"""Trials in the printed table, the best ones. The record has all of them."""

TAUGHT = "let n-grams teach the network (--set teacher=ngram --set crops=2), "
"""A next step where each text has one label. On 1,000 sentences of Rotten Tomatoes a network of the tutorial's settings is
level with the regression (0.6615, 0.6620 on 4,030 others), and with this 3.2 points better (1.6 to 4.8)."""


def summary(folder: Path, record: RunRecord, judged: Sequence[str] = ()) -> str:
    """The scores of a finished run, what was ``judged`` of it, and the next command, as text."""
    bits = [epoch.embedding_bits for epoch in record.history]
    kind = "" if bits[-1] == 32 else f" with the embedding on its {bits[-1]}-bit grid"
    which = "best" if record.config.restore_best_weights else "last"
    lines = [f"{folder}: {which} of {bits.count(bits[-1])} epochs{kind} is {record.best_epoch + 1}"]
    for part, score in record.metrics().items():
        low, high = score.interval_95
        lines.append(
            f"{part.replace('_', '-')}: {'accuracy' if score.macro_f1 is None else 'all labels right'} {score.accuracy:.4f} "
            f"(95 %: {low:.4f} to {high:.4f}), "
            f"{'' if score.macro_f1 is None else f'macro F1 {score.macro_f1:.4f}, micro F1 {score.micro_f1:.4f}, '}"
            f"loss {score.loss:.4f}, {score.n:,} texts"
        )
    if calibration := record.calibration:
        before, after = (part.expected_calibration_error for part in (calibration.before, calibration.after))
        lines.append(
            f"calibrated at temperature {calibration.temperature:.2f}: expected calibration error on validation "
            f"{after:.3f}, {before:.3f} before"
        )
    lines += beside_lines(record)
    lines += judged
    lines.append(f"trained in {_duration(record.training_seconds)}; next: drupelet export {folder} --out BUNDLE")
    return "\n".join(lines)


def judged_lines(folder: Path) -> list[str]:
    """What stands out in a finished run: its weakest label, its most frequent mistake, what more texts bring.

    Raises FormatError for an evaluation that is damaged.
    """
    if not (folder / EVALUATION).exists():
        return []  # a run of an older release
    try:
        lines = _judged(read_json(folder / EVALUATION))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise FormatError(f"{folder / EVALUATION}: not the evaluation of a run: {error!r:.200}; train again") from error
    return [*lines, f"each label, mistakes and pictures: drupelet report {folder} --out report.html"]


def _judged(document: Mapping[str, Any]) -> list[str]:
    parts = document["parts"]
    part = parts.get("held_out") or parts["validation"]
    lines = []
    found = [label for label in part["classes"] if label["f1"] is not None and label["f1"] < 1]
    if found and len(part["classes"]) > 2:
        weakest = min(found, key=lambda label: label["f1"])
        pair = part["confusions"][:1]
        mistake = (
            f"; most often {pair[0]['label']} is answered {pair[0]['answered']} ({pair[0]['texts']:,} texts)"
            if pair
            else ""
        )
        lines.append(
            f"the weakest label is {weakest['label']}: F1 {weakest['f1']:.3f}, {weakest['texts']:,} texts{mistake}"
        )
    curve = document["learning_curve"]
    if curve and curve["points"][-1]["accuracy"] < 1:
        low, high = curve["gain_interval_95"]
        advice = "more texts would help" if low > 0 else "whether more texts would help is not shown"
        points = _points(curve["gain_of_last_doubling"], low, high)
        lines.append(f"the last doubling of the texts brought the {curve['classifier']} {points} points: {advice}")
    return lines


def beside_lines(record: RunRecord) -> list[str]:
    """The baselines beside the network, on the held-out texts or, where those were not scored, on the validation texts."""
    if not record.baselines:
        return []
    part = "validation" if record.held_out is None else "held_out"
    rows, better, level, perfect = [], [], [], []
    for baseline in record.baselines:
        beside = baseline.parts[part]
        share, (low, high) = beside.difference.share, beside.difference.interval()
        rows.append((baseline.name, f"{beside.accuracy.share:.4f}", _points(share, low, high)))
        if beside.correct == beside.n and not beside.lost:
            perfect.append(baseline.name)
        elif high < 0:
            better.append(f"{baseline.name} is {_points(-share, -high, -low)} points better")
        elif low <= 0:
            level.append(f"{baseline.name} (difference {_points(share, low, high)} points)")
    table = render_table(("beside it", "accuracy", "network minus it, points (95 %)"), rows)
    if perfect:
        return [
            table,
            f"the network and {' and '.join(perfect)} are right on every text; next: score texts that are harder",
        ]
    if not better and not level:
        return [table, "the network is better than each of them"]
    may_be_taught = record.config.teacher == "none" and not record.reading.columns.several
    next_step = f"{TAUGHT if may_be_taught else ''}search settings with --tune 20, or add texts"
    if better:
        return [table, f"the network is not better: {'; '.join(better)}; next: take that, or {next_step}"]
    return [table, f"the network is not shown to be better than {' and '.join(level)}; next: {next_step}"]


def _points(share: float, low: float, high: float) -> str:
    """A difference in percentage points, with its paired 95 % interval."""
    shown, first, last = (f"{round(100 * value, 1) + 0.0:.1f}" for value in (share, low, high))  # + 0.0: no -0.0
    return f"{shown} ({first} to {last})"


def tuning_summary(folder: Path, record: StudyRecord) -> str:
    """The best trials of a study, and the next command, as text. Raises ValueError unless a trial is complete."""
    trials, ranking = record.trials, complete_trials(record.trials)
    if not ranking:
        raise ValueError("no trial is complete")
    rows = [
        (
            str(number),
            f"{loss:.4f}",
            f"{trials[number].validation_accuracy:.4f}",
            f"{trials[number].training_seconds / 60:.1f}",
            *(str(value) for value in trials[number].settings.values()),
        )
        for loss, number in ranking[:SHOWN_TRIALS]
    ]
    cut = len(trials) - len(ranking)
    losses = {number: loss for loss, number in ranking}
    _, best = ranking[0]
    if best == 0:
        gain = "it is the configuration that the study began with"
    elif 0 in losses:
        gain = f"trial 0, the configuration that the study began with, has {losses[0]:.4f}"
    else:
        gain = "trial 0, the configuration that the study began with, diverged"
    read = [] if record.data == "imdb" else [("--data", record.data), *record.reading.arguments()]
    data = "".join(f"{shlex.join(option)} " for option in read)
    return "\n".join(
        [
            f"{folder}: {len(trials)} trials, {cut} of them cut short, on {record.validation_texts:,} validation texts",
            render_table(("trial", "loss", "accuracy", "minutes", *record.space), rows),
            f"best is trial {best}; {gain}",
            "the best of many validation scores is too good by chance; train the best again to score it on held-out texts",
            f"next: drupelet train {data}--config {shlex.quote(str(folder / 'best.toml'))} --out RUN",
        ]
    )


def _duration(seconds: float) -> str:
    """A time in the unit that suits it: seconds up to two minutes, then minutes."""
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.1f} minutes"
