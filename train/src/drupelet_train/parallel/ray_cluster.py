"""Runs tasks on the workers of a Ray cluster.

What tasks share lies in Ray's object store. A task works in a temporary folder: the files in its folder here go with it, and
those that it leaves come back when it has ended. Ray does a task again whose worker is lost. A worker must have the versions
of this machine, or its bits could be others.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from drupelet.errors import DrupeletError, InputError
from drupelet_train.atomic import TEMPORARY_PREFIX
from drupelet_train.parallel.one_thread import use_one_thread
from drupelet_train.parallel.plain_error import plain_error
from drupelet_train.parallel.told_progress import ToldProgress
from drupelet_train.run_folder import versions
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.tasks import Task

HERE = "local"
"""The address of a cluster that is begun on this machine, and ends with the command."""

CONNECT_S = 10.0
"""Seconds within which a cluster must answer. Ray itself tries for a minute or more."""

RETRIES = 3
"""Times that Ray does a task again whose worker is lost."""

POLL_S = 0.5
"""Seconds between two looks at whether to stop, and at what the tasks tell."""

MAX_SHOWN_CHARACTERS = 300


class ClusterError(DrupeletError):
    """A Ray cluster cannot be reached, or lost a task again and again: look at the cluster, and resume."""


class RayCluster:
    """A connection to a cluster: ``local``, ``auto`` (one that runs here), HOST:PORT, or ray://HOST:PORT.

    To be used in a with statement, which ends it. Raises InputError where Ray is not installed, ClusterError for a cluster that
    does not answer.
    """

    def __init__(self, address: str) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            import ray
        except ImportError as error:
            raise InputError(
                f'--ray needs Ray, which cannot be imported ({error}); install it with: pip install "drupelet-train[ray]"'
            ) from error
        _check_answers(address)
        self._ray = ray
        dashboard = False if address == HERE else None
        try:  # without an address, Ray would join a cluster that runs here, or wait for one that once did
            ray.init(address, log_to_driver=False, logging_level="ERROR", include_dashboard=dashboard)
        except Exception as error:
            raise _unreachable(address, str(error)) from error
        self._address = address
        self._run = ray.remote(num_cpus=1, max_retries=RETRIES)(run_task)
        self._board = ray.remote(num_cpus=0)(Board).remote()
        self._shared: tuple[Any, Any] | None = None

    def __enter__(self) -> RayCluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ray.shutdown()

    def run(
        self, tasks: Sequence[Task], shared: Any, callbacks: Callbacks, done: Callable[[int, Any], None] | None = None
    ) -> list[Any]:
        """The values of the tasks. Raises ClusterError for one that was lost ``RETRIES`` times more."""
        ray = self._ray
        if self._shared is None or self._shared[0] is not shared:
            self._shared = shared, ray.put(shared)
        values: dict[int, Any] = {}
        running = {
            self._run.remote(task, files_of(task.folder), self._shared[1], needed(), self._board): number
            for number, task in enumerate(tasks)
        }
        try:
            while running:
                ended, _ = ray.wait(list(running), num_returns=1, timeout=POLL_S)
                for line in self._told():
                    callbacks.progress.notice(line)
                for reference in ended:
                    number = running.pop(reference)
                    values[number] = self._ended(tasks[number], reference)
                    if done is not None:
                        done(number, values[number])
                if running and callbacks.stop():
                    raise TrainingInterruptedError(f"interrupted after {len(values)} of {len(tasks)} tasks")
        finally:
            for reference in running:
                ray.cancel(reference, force=True)
        return [values[number] for number in range(len(tasks))]

    def _told(self) -> list[str]:
        """What the tasks have told; nothing where the board was lost with its worker."""
        try:
            lines: list[str] = self._ray.get(self._board.taken.remote())
        except self._ray.exceptions.RayError:
            return []
        return lines

    def _ended(self, task: Task, reference: Any) -> Any:
        """The value of a task whose files are brought back. Raises its error."""
        try:
            value, error, files = self._ray.get(reference)
        except self._ray.exceptions.RayError as lost:
            reason = str(lost).strip().splitlines()[-1]
            if "ModuleNotFoundError" in str(lost):
                raise InputError(
                    f"{self._address}: a worker lacks a package ({reason:.{MAX_SHOWN_CHARACTERS}}); install drupelet-train "
                    "there, in the versions of this machine"
                ) from lost
            raise ClusterError(
                f"{task.name}: the cluster lost it {RETRIES + 1} times ({reason:.{MAX_SHOWN_CHARACTERS}}); look at its "
                "workers (mostly memory), and continue with --resume"
            ) from lost
        bring(files, task.folder)
        if error is not None:
            raise error
        return value


class Board:
    """Holds what tasks tell until the parent takes it."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, line: str) -> None:
        """Adds a line."""
        self.lines.append(line)

    def taken(self) -> list[str]:
        """The lines, which are forgotten here."""
        taken, self.lines = self.lines, []
        return taken


def needed() -> dict[str, str]:
    """What a worker must have for the same bits: versions, and the kind of processor."""
    return {**versions(), "processor": platform.machine()}


def run_task(
    task: Task, files: Mapping[str, bytes], shared: Any, expected: Mapping[str, str], board: Any
) -> tuple[Any, Exception | None, dict[str, bytes]]:
    """Runs a task in a worker: its value or its error, and the files that it left."""
    try:
        check_versions(expected)
        _one_thread()
    except DrupeletError as error:
        return None, error, dict(files)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / task.folder.name
        bring(files, place)
        place.mkdir(exist_ok=True)
        told = ToldProgress(lambda text: board.tell.remote(f"{task.name}: {text}"))
        value, failure = None, None
        try:
            value = task.call(place, shared, Callbacks(told))
        except Exception as error:  # noqa: BLE001 - whatever a task raises is its parent's to tell
            failure = plain_error(error)
        return value, failure, files_of(place)


@lru_cache(maxsize=1)
def _one_thread() -> None:
    """Once in a worker, which runs many tasks."""
    use_one_thread()


def check_versions(expected: Mapping[str, str]) -> None:
    """Raises InputError on a worker that has other versions, or another kind of processor, than ``expected``."""
    found = needed()
    others = [f"{name} {found[name]} (here {expected[name]})" for name in expected if found.get(name) != expected[name]]
    if others:
        raise InputError(
            f"the worker on {platform.node()} has {', '.join(others)}; expected the same, or its bits could be others: "
            "install the versions of this machine there"
        )


def files_of(folder: Path) -> dict[str, bytes]:
    """The files in a folder, by their path in it; none where it is not there."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def bring(files: Mapping[str, bytes], folder: Path) -> None:
    """Makes ``folder`` one with these files, or leaves it as it is where they cannot be written (InputError)."""
    beside = folder.with_name(f"{TEMPORARY_PREFIX}{folder.name}")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        for name, content in files.items():
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if files:
            shutil.rmtree(folder, ignore_errors=True)
            beside.replace(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise InputError(
            f"{folder}: cannot be written ({error.strerror}); make room, and continue with --resume"
        ) from error


def _check_answers(address: str) -> None:
    """Raises ClusterError for an address at which nothing answers."""
    if address in (HERE, "auto"):
        return
    try:
        parts = urlsplit(address if "://" in address else f"gcs://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise InputError(f"--ray is {address!r:.100}, expected local, auto, HOST:PORT or ray://HOST:PORT")
    try:
        socket.create_connection((host, port), CONNECT_S).close()
    except OSError as error:
        raise _unreachable(address, error.strerror or str(error)) from error


def _unreachable(address: str, reason: str) -> ClusterError:
    return ClusterError(
        f"{address}: no Ray cluster can be reached ({reason:.{MAX_SHOWN_CHARACTERS}}); begin one with ray start --head, or "
        "name the address that ray status shows"
    )
