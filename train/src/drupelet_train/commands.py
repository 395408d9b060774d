"""The command ``drupelet train``."""

from __future__ import annotations

import argparse
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from drupelet.cli.column_options import columns_of, declare_columns
from drupelet.cli.command import EXIT_INTERRUPTED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.signals import Terminated
from drupelet.cli.table import render_table
from drupelet.errors import InputError
from drupelet.run_folder import EVALUATION
from drupelet_train.library_import import libraries_loading

if TYPE_CHECKING:
    from drupelet_train.config import TrainConfig
    from drupelet_train.corpora.reading import Reading
    from drupelet_train.preparation import Prepared
    from drupelet_train.run_folder import Plan
    from drupelet_train.run_record import RunRecord
    from drupelet_train.training.callbacks import Callbacks
    from drupelet_train.tuning.study_record import StudyRecord

SHOWN_TRIALS = 10
"""Trials in the printed table, the best ones. The record has all of them."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="imdb|FILE|FOLDER",
        help="labelled texts to learn from: CSV, a JSON object per line, Parquet, or a folder per class (default: imdb)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE.toml|NAME",
        help="training settings: a file, or a name of --list-configs (default: the texts choose)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting in place of that of --config, or of what the texts choose, such as epochs=3; may be repeated",
    )
    parser.add_argument(
        "--show-config",
        action="store_true",
        help="print the settings as TOML, with --data those that its texts choose, and train nothing",
    )
    parser.add_argument("--list-configs", action="store_true", help="list the settings that can be called by name")
    parser.add_argument(
        "--out", type=Path, default=Path("run"), metavar="RUN", help="folder to train into (default: run)"
    )
    parser.add_argument("--resume", action="store_true", help="continue the run or the study in RUN where it stopped")
    parser.add_argument(
        "--tune",
        type=int,
        metavar="N",
        help="search settings around those of --config in N trials, compared by validation loss, and write the best ones",
    )
    parser.add_argument(
        "--no-held-out",
        action="store_true",
        help="do not score the held-out texts; use it when you compare runs, and compare their validation scores",
    )
    parser.add_argument(
        "--no-baselines",
        action="store_true",
        help="do not train the simple classifiers that the network is compared with",
    )
    parser.add_argument("--json", action="store_true", help="print the run's record as one JSON document")
    texts = parser.add_argument_group("a file of texts")
    declare_columns(texts, "; with --multi-label several, with | between them")
    texts.add_argument(
        "--weight-column", metavar="NAME", help="column of how much a text counts in learning (default: 1)"
    )
    texts.add_argument(
        "--group-column",
        metavar="NAME",
        help="column that says which texts belong together, such as the film of a review: all are in one part",
    )
    texts.add_argument(
        "--multi-label", action="store_true", help="a text may have several labels, or none; each is decided alone"
    )
    texts.add_argument("--validation", metavar="FILE", help="validate on these texts, not on a part of --data")
    texts.add_argument("--test", metavar="FILE", help="score these texts at the end, not a part of --data")


def _run(arguments: argparse.Namespace) -> int:
    from drupelet_train.run_record import RunRecord, read_record
    from drupelet_train.training.progress import stderr_progress

    if arguments.list_configs or arguments.show_config:
        return _show_configs(arguments)
    tunes = arguments.tune is not None
    if tunes:
        _check_tuning(arguments.tune)
    plan = _plan(arguments)
    record: RunRecord | StudyRecord | None = None
    if arguments.resume and not tunes:
        record = read_record(arguments.out)
    if record is None:
        prepared = _prepared(arguments, plan)  # what cannot be trained is found before Keras is loaded
        with libraries_loading():
            from drupelet_train.training.callbacks import Callbacks
            from drupelet_train.training.loop import TrainingInterruptedError

            import_module(f"drupelet_train.{'tuning.study_run' if tunes else 'training_run'}")

        with closing(stderr_progress()) as progress, _stop_signals() as received:
            try:
                record = _record(arguments, plan, prepared, Callbacks(progress, lambda: bool(received)))
            except TrainingInterruptedError as interruption:
                tuning = f"--tune {arguments.tune} " if tunes else ""
                unscored = "--no-held-out " if arguments.no_held_out else ""
                again = f"drupelet train {tuning}--resume {unscored}--out {shlex.quote(str(arguments.out))}"
                progress.notice(f"{interruption}; the state is saved, continue with: {again}")
                if arguments.json:
                    print_document({"run": str(arguments.out), "interrupted": True, "resume": again}, indent=None)
                if received[0] != signal.SIGINT:
                    raise Terminated(received[0]) from None
                return EXIT_INTERRUPTED
    if arguments.json:
        print_document({"run": str(arguments.out), **record.to_json()}, indent=None)
    elif isinstance(record, RunRecord):
        print(summary(arguments.out, record, judged_lines(arguments.out)))
    else:
        print(tuning_summary(arguments.out, record))
    return EXIT_OK


def _show_configs(arguments: argparse.Namespace) -> int:
    """Prints the settings, or the names of those that come with this package."""
    from drupelet_train.config import TrainConfig, built_in_configs

    if arguments.list_configs:
        found = built_in_configs()
        if arguments.json:
            print_document(found)
        else:
            print(render_table(("configuration", "what it is"), list(found.items())))
        return EXIT_OK
    config = _config(arguments) or TrainConfig()
    if arguments.data is not None:
        from drupelet_train.preparation import prepare

        config = prepare(_new_plan(arguments)).settings.config
    if arguments.json:
        print_document(config.to_json())
    else:
        print(config.to_toml(), end="")
    return EXIT_OK


def _config(arguments: argparse.Namespace) -> TrainConfig | None:
    """The settings that the options give; None without any."""
    from drupelet_train.config import TrainConfig, named_config, with_settings

    if arguments.config is None and not arguments.set:
        return None
    return with_settings(named_config(arguments.config) if arguments.config else TrainConfig(), arguments.set)


def _reading(arguments: argparse.Namespace) -> Reading:
    """How the options say that texts are read."""
    from drupelet_train.corpora.reading import Reading

    columns = columns_of(arguments, arguments.multi_label)
    return Reading(
        columns._replace(weight=arguments.weight_column, group=arguments.group_column),
        arguments.validation,
        arguments.test,
    )


def _prepared(arguments: argparse.Namespace, plan: Plan) -> Prepared:
    from drupelet_train.preparation import prepare
    from drupelet_train.run_folder import PLAN, STUDY, begun_corpus_sha256

    file = PLAN if arguments.tune is None else STUDY
    return prepare(plan, begun_corpus_sha256(arguments.out, file) if arguments.resume else None)


def _record(
    arguments: argparse.Namespace, plan: Plan, prepared: Prepared, callbacks: Callbacks
) -> RunRecord | StudyRecord:
    """Trains or tunes as the options say, and returns the record."""
    if arguments.tune is None:
        from drupelet_train.training_run import train

        return train(arguments.out, plan, arguments.resume, callbacks, prepared)
    from drupelet_train.tuning.study_run import tune

    return tune(arguments.out, plan, arguments.tune, arguments.resume, callbacks, prepared)


def _check_tuning(trials: int) -> None:
    if trials < 1:
        raise InputError(f"--tune is {trials}, expected at least 1 trial; 20 to 50 are a good start")
    try:
        import optuna  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise InputError(
            '--tune needs Optuna, which cannot be imported; install it with: pip install "drupelet-train[tune]"'
        ) from error


def _plan(arguments: argparse.Namespace) -> Plan:
    """The plan that the options describe or, with --resume, the plan that the run or the study began with."""
    from drupelet_train.config import with_settings
    from drupelet_train.run_folder import PLAN, STUDY, check_same_plan, check_vacant, read_plan

    if not arguments.resume:
        check_vacant(arguments.out)
        return _new_plan(arguments)
    reading = _reading(arguments)
    begun = read_plan(arguments.out, PLAN if arguments.tune is None else STUDY)
    config = with_settings(begun.config, arguments.set) if arguments.config is None else _config(arguments)
    check_same_plan(arguments.out, begun, arguments.data, config, reading if reading.options() else None)
    if arguments.no_held_out:
        begun = replace(begun, scores_held_out=False)
    return replace(begun, compares_baselines=False) if arguments.no_baselines else begun


def _new_plan(arguments: argparse.Namespace) -> Plan:
    """The plan of a new run. Without --config, the texts choose what --set does not."""
    from drupelet_train.config import TrainConfig, given_names
    from drupelet_train.run_folder import Plan
    from drupelet_train.settings_choice import CHOSEN

    given = given_names(arguments.set)
    return Plan(
        arguments.data or "imdb",
        _config(arguments) or TrainConfig(),
        not arguments.no_held_out,
        _reading(arguments),
        not arguments.no_baselines,
        () if arguments.config else tuple(name for name in CHOSEN if name not in given),
    )


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Yields the list of signals that were received: SIGINT, SIGTERM and, unless it is ignored, SIGHUP.

    A second SIGINT interrupts at once.
    """
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    ends = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        ends.append(signal.SIGHUP)
    before = {number: signal.signal(number, remember) for number in ends}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def summary(folder: Path, record: RunRecord, judged: Sequence[str] = ()) -> str:
    """The scores of a finished run, what was ``judged`` of it, and the next command, as text."""
    bits = [epoch.embedding_bits for epoch in record.history]
    kind = "" if bits[-1] == 32 else f" with the embedding on its {bits[-1]}-bit grid"
    lines = [f"{folder}: best of {bits.count(bits[-1])} epochs{kind} is {record.best_epoch + 1}"]
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
    """What stands out in a finished run: its weakest label, its most frequent mistake, what more texts bring."""
    from drupelet_train.run_folder import read_json

    document = read_json(folder / EVALUATION)
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
    return [*lines, f"each label, mistakes and pictures: drupelet report {folder} --out report.html"]


TAUGHT = "let n-grams teach the network (--set teacher=ngram --set crops=2), "
"""A next step where each text has one label. On 1,000 sentences of Rotten Tomatoes the default network is level with
the regression
(0.6615, 0.6620 on 4,030 others), and with this 3.2 points better (1.6 to 4.8)."""


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
    from drupelet_train.tuning.trial import complete_trials

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


TRAIN = Command("train", "train a Keras LSTM text classifier on labelled texts", _configure, _run)
