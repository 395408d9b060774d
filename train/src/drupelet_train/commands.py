"""The command ``drupelet train``."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from drupelet.cli.command import EXIT_OK, Command

if TYPE_CHECKING:
    from drupelet_train.run_folder import Plan

EXIT_INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="imdb|FILE.csv|FOLDER", help="labelled texts to learn from (default: imdb)")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE.toml",
        help="training settings (default: the reference with a float embedding)",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("run"), metavar="RUN", help="folder to train into (default: run)"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN where it stopped")
    parser.add_argument(
        "--no-held-out",
        action="store_true",
        help="do not score the held-out texts: for runs among which you choose, by their validation scores",
    )
    parser.add_argument("--json", action="store_true", help="print the run's record as one JSON document")


def _run(arguments: argparse.Namespace) -> int:
    from drupelet_train.progress import stderr_progress
    from drupelet_train.run_folder import read_record

    plan = _plan(arguments)
    record = read_record(arguments.out) if arguments.resume else None
    if record is None:
        with _tensorflow_notices_hidden():
            from drupelet_train.training import TrainingInterruptedError
            from drupelet_train.training_run import train

        with closing(stderr_progress()) as progress, _stop_signals() as stop:
            try:
                record = train(arguments.out, plan, arguments.resume, progress, stop, not arguments.no_held_out)
            except TrainingInterruptedError as interruption:
                again = f"drupelet train --resume --out {shlex.quote(str(arguments.out))}"
                progress.notice(f"{interruption}; the state is saved, go on with: {again}")
                if arguments.json:
                    print(json.dumps({"run": str(arguments.out), "interrupted": True, "resume": again}))
                return EXIT_INTERRUPTED
    print(json.dumps({"run": str(arguments.out), **record}) if arguments.json else summary(arguments.out, record))
    return EXIT_OK


def _plan(arguments: argparse.Namespace) -> Plan:
    """What to train: what the options say, or what the run to resume began with."""
    from drupelet_train.config import TrainConfig, load_config
    from drupelet_train.run_folder import Plan, check_same_plan, check_vacant, read_plan

    config = load_config(arguments.config) if arguments.config else None
    if not arguments.resume:
        check_vacant(arguments.out)
        return Plan(arguments.data or "imdb", config or TrainConfig())
    begun = read_plan(arguments.out)
    check_same_plan(arguments.out, begun, arguments.data, config)
    return begun


@contextmanager
def _tensorflow_notices_hidden() -> Iterator[None]:
    """Hides what TensorFlow's C++ side writes to stderr while it is imported; shows it if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryFile() as written, os.fdopen(os.dup(2), "wb") as stderr:
        os.dup2(written.fileno(), 2)
        try:
            yield
        except ImportError:
            written.seek(0)
            stderr.write(written.read())
            raise
        finally:
            os.dup2(stderr.fileno(), 2)


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Yields a function that says whether SIGINT or SIGTERM came; a second SIGINT interrupts at once."""
    received: list[int] = []

    def remember(number: int, frame: FrameType | None) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, remember) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def summary(folder: Path, record: dict[str, Any]) -> str:
    """What a finished run came to, as text."""
    bits = [epoch.get("embedding_bits", 32) for epoch in record["history"]]
    kind = "" if bits[-1] == 32 else f" with the embedding on its {bits[-1]}-bit grid"
    lines = [f"{folder}: best of {bits.count(bits[-1])} epochs{kind} is {record['best_epoch'] + 1}"]
    for part, score in record["metrics"].items():
        low, high = score["interval_95"]
        lines.append(
            f"{part.replace('_', '-')}: accuracy {score['accuracy']:.4f} (95 %: {low:.4f} to {high:.4f}), "
            f"loss {score['loss']:.4f}, {score['n']:,} texts"
        )
    if calibration := record.get("calibration"):  # runs of earlier versions have none
        before, after = (calibration[part]["expected_calibration_error"] for part in ("before", "after"))
        lines.append(
            f"calibrated at temperature {calibration['temperature']:.2f}: probabilities are off by {after:.3f} on "
            f"validation, {before:.3f} before"
        )
    lines.append(
        f"trained in {record['training_seconds'] / 60:.1f} minutes; next: drupelet export {folder} --out BUNDLE"
    )
    return "\n".join(lines)


TRAIN = Command("train", "train a Keras LSTM text classifier on labelled texts", _configure, _run)
