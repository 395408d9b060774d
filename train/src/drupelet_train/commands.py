"""The command ``drupelet train``."""

from __future__ import annotations

import argparse
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
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
from drupelet_train.library_import import libraries_loading

if TYPE_CHECKING:
    from drupelet_train.config import TrainConfig
    from drupelet_train.corpora.reading import Reading
    from drupelet_train.preparation import Prepared
    from drupelet_train.run_folder import Plan
    from drupelet_train.run_record import RunRecord
    from drupelet_train.training.callbacks import Callbacks
    from drupelet_train.training.tasks import Workers
    from drupelet_train.tuning.study_record import StudyRecord


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
    at_once = parser.add_mutually_exclusive_group()
    at_once.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="train members, networks of a teacher and trials of --tune in N processes, one thread each",
    )
    at_once.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="the same on a Ray cluster: HOST:PORT, ray://HOST:PORT, auto (one that runs here), or local",
    )
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
    from drupelet_train.run_folder import drop_checkpoints
    from drupelet_train.run_record import RunRecord, read_record
    from drupelet_train.training.progress import stderr_progress

    if arguments.list_configs or arguments.show_config:
        return _show_configs(arguments)
    tunes = arguments.tune is not None
    if tunes:
        _check_tuning(arguments.tune)
    _check_jobs(arguments)
    plan = _plan(arguments)
    record: RunRecord | StudyRecord | None = None
    if arguments.resume and not tunes:
        record = read_record(arguments.out)
        if record is not None:
            drop_checkpoints(arguments.out)  # the run was killed after its record was written
    if record is None:
        with closing(stderr_progress()) as progress, ExitStack() as stack:
            # What was read, and what cannot be trained, is said before Keras is loaded, which takes seconds.
            prepared = _prepared(arguments, plan, progress.notice)
            with libraries_loading():
                from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError

                import_module(f"drupelet_train.{'tuning.study_run' if tunes else 'training_run'}")
            workers = stack.enter_context(_workers(arguments, plan))
            received = stack.enter_context(_stop_signals())  # after Ray, which sets a handler, too
            try:
                record = _record(arguments, plan, prepared, Callbacks(progress, lambda: bool(received)), workers)
            except TrainingInterruptedError as interruption:
                tuning = f"--tune {arguments.tune} " if tunes else ""
                unscored = "--no-held-out " if arguments.no_held_out else ""
                jobs = "" if arguments.jobs is None else f"--jobs {arguments.jobs} "
                jobs += "" if arguments.ray is None else f"--ray {shlex.quote(arguments.ray)} "
                again = f"drupelet train {tuning}{jobs}--resume {unscored}--out {shlex.quote(str(arguments.out))}"
                progress.notice(f"{interruption}; the state is saved, continue with: {again}")
                if arguments.json:
                    print_document({"run": str(arguments.out), "interrupted": True, "resume": again}, indent=None)
                if received[0] != signal.SIGINT:
                    raise Terminated(received[0]) from None
                return EXIT_INTERRUPTED
    if arguments.json:
        print_document({"run": str(arguments.out), **record.to_json()}, indent=None)
        return EXIT_OK
    from drupelet_train.summaries import judged_lines, summary, tuning_summary

    if isinstance(record, RunRecord):
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


def _prepared(arguments: argparse.Namespace, plan: Plan, notice: Callable[[str], None]) -> Prepared:
    from drupelet_train.preparation import prepare
    from drupelet_train.run_folder import PLAN, STUDY, begun_corpus_sha256

    file = PLAN if arguments.tune is None else STUDY
    return prepare(plan, begun_corpus_sha256(arguments.out, file) if arguments.resume else None, notice)


def _record(
    arguments: argparse.Namespace, plan: Plan, prepared: Prepared, callbacks: Callbacks, workers: Workers | None
) -> RunRecord | StudyRecord:
    """Trains or tunes as the options say, and returns the record."""
    if arguments.tune is None:
        from drupelet_train.training_run import train

        return train(arguments.out, plan, arguments.resume, callbacks, prepared, workers)
    from drupelet_train.tuning.study_run import tune

    return tune(arguments.out, plan, arguments.tune, arguments.resume, callbacks, prepared, workers)


@contextmanager
def _workers(arguments: argparse.Namespace, plan: Plan) -> Iterator[Workers | None]:
    """The workers that the options ask for; None where this process does all."""
    if not plan.apart:
        yield None
        return
    if arguments.ray is not None:
        from drupelet_train.parallel.ray_cluster import RayCluster

        with RayCluster(arguments.ray) as cluster:
            yield cluster
        return
    from drupelet_train.parallel.processes import Processes

    with Processes(arguments.jobs or 1) as processes:
        yield processes


def _apart(arguments: argparse.Namespace) -> bool:
    return arguments.jobs is not None or arguments.ray is not None


def _check_jobs(arguments: argparse.Namespace) -> None:
    if arguments.jobs is not None and arguments.jobs < 1:
        raise InputError(f"--jobs is {arguments.jobs}, expected at least 1 process")


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
    if _apart(arguments) and not begun.apart:
        raise InputError(
            f"{arguments.out}: began without --jobs or --ray, and trains with other threads than with them, which gives "
            "other bits; continue without them, or train into another folder with --out"
        )
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
        apart=_apart(arguments),
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


TRAIN = Command("train", "train a Keras LSTM text classifier on labelled texts", _configure, _run)
