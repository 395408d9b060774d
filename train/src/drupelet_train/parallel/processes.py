"""Runs tasks in processes of this machine.

The parent and a worker talk over a pipe. Data that tasks share goes through a file, which a worker reads once. A worker that is
lost (killed, out of memory) costs its task, which continues in a new worker from the state in its folder. Workers end with
their parent, however that ends.
"""

from __future__ import annotations

import pickle  # what one process of ours hands to another, never a file from elsewhere
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from types import TracebackType
from typing import Any

from drupelet.errors import DrupeletError
from drupelet_train.parallel.plain_error import plain_error
from drupelet_train.parallel.told_progress import ToldProgress
from drupelet_train.training.callbacks import Callbacks, TrainingInterruptedError
from drupelet_train.training.tasks import Task

ATTEMPTS = 3
"""Attempts at a task whose workers are lost. A task that needs more memory than there is would be lost for ever."""

POLL_S = 0.2
"""Seconds between two looks at whether to stop."""

LINE, VALUE, ERROR = "line", "value", "error"
"""Kinds of messages of a worker."""


class WorkerLostError(DrupeletError):
    """The workers of a task were lost again and again: give them more memory, or run fewer at a time."""


@dataclass
class _Worker:
    """A process, our end of its pipe, and the number of the task that it runs."""

    process: SpawnProcess
    connection: Connection
    task: int | None = None


@dataclass
class _Round:
    """A call of run: what is still to do, the attempts so far, and what was returned."""

    tasks: Sequence[Task]
    waiting: deque[int]
    attempts: dict[int, int] = field(default_factory=dict)
    values: dict[int, Any] = field(default_factory=dict)
    error: BaseException | None = None


class Processes:
    """At most ``jobs`` processes, each with one thread. To be used in a with statement, which ends them."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._context = get_context("spawn")
        self._stop: Event = self._context.Event()
        self._workers: list[_Worker] = []
        self._files = tempfile.TemporaryDirectory(prefix="drupelet-train-")
        self._shared: tuple[Any, Path] | None = None
        self._shared_so_far = 0

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
        self._files.cleanup()

    def run(
        self, tasks: Sequence[Task], shared: Any, callbacks: Callbacks, done: Callable[[int, Any], None] | None = None
    ) -> list[Any]:
        """The values of the tasks. Raises WorkerLostError for one whose workers were lost ``ATTEMPTS`` times."""
        path = self._file_of(shared)
        self._stop.clear()
        now = _Round(tasks, deque(range(len(tasks))))
        while now.waiting or any(worker.task is not None for worker in self._workers):
            if now.error is None and callbacks.stop():
                now.error = TrainingInterruptedError("interrupted")
            if now.error is not None:
                now.waiting.clear()
                self._stop.set()
            self._give_out(now, path)
            busy = [worker for worker in self._workers if worker.task is not None]
            ready = wait([worker.connection for worker in busy], POLL_S)
            for worker in busy:
                if worker.connection in ready:
                    self._hear(worker, now, callbacks, done)
        if now.error is not None:
            raise now.error
        return [now.values[number] for number in range(len(tasks))]

    def _file_of(self, shared: Any) -> Path:
        if self._shared is None or self._shared[0] is not shared:
            if self._shared is not None:
                self._shared[1].unlink()
            self._shared_so_far += 1
            path = Path(self._files.name) / str(self._shared_so_far)
            with path.open("wb") as file:
                pickle.dump(shared, file)
            self._shared = shared, path
        return self._shared[1]

    def _give_out(self, now: _Round, path: Path) -> None:
        while now.waiting:
            idle = next((worker for worker in self._workers if worker.task is None), None)
            if idle is None and len(self._workers) == self._jobs:
                return
            worker = idle or self._begin_worker()
            number = now.waiting.popleft()
            worker.task = number
            now.attempts[number] = now.attempts.get(number, 0) + 1
            with suppress(OSError):  # it was lost while it was idle, and is heard of
                worker.connection.send((now.tasks[number], path))

    def _begin_worker(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(theirs, self._stop), daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        return worker

    def _hear(
        self, worker: _Worker, now: _Round, callbacks: Callbacks, done: Callable[[int, Any], None] | None
    ) -> None:
        number = worker.task
        assert number is not None  # noqa: S101 - only workers with a task are heard
        name = now.tasks[number].name
        try:
            kind, content = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            self._bury(worker, number, now, callbacks)
            return
        if kind == LINE:
            callbacks.progress.notice(f"{name}: {content}")
            return
        worker.task = None
        if kind == VALUE:
            now.values[number] = content
            if done is not None:
                done(number, content)
        elif now.error is None or isinstance(now.error, TrainingInterruptedError):
            now.error = content

    def _bury(self, worker: _Worker, number: int, now: _Round, callbacks: Callbacks) -> None:
        """Forgets a lost worker. Its task is done again, unless its workers were lost too often."""
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        code, name = worker.process.exitcode or 0, now.tasks[number].name
        how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        if now.attempts[number] < ATTEMPTS:
            callbacks.progress.notice(f"{name}: its worker was lost ({how}); another one continues it")
            now.waiting.appendleft(number)
        elif now.error is None:
            now.error = WorkerLostError(
                f"{name}: {ATTEMPTS} workers were lost, the last one {how}; SIGKILL is mostly a lack of memory: give more, "
                "or lower --jobs, and continue with --resume"
            )


def work(connection: Connection, stopped: Event) -> None:
    """The life of a worker: runs the tasks that come over ``connection`` until nobody sends any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says when to stop
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    parent = parent_process()

    def stop() -> bool:
        return stopped.is_set() or parent is None or not parent.is_alive()

    def tell(text: str) -> None:
        connection.send((LINE, text))

    from drupelet_train.parallel.one_thread import use_one_thread

    read: tuple[Path, Any] | None = None
    ready = False
    while True:
        try:
            task, path = connection.recv()
        except (EOFError, OSError):
            return
        try:
            if not ready:
                use_one_thread()
                ready = True
            if read is None or read[0] != path:
                read = None  # two at a time may be more than memory holds
                read = path, pickle.loads(path.read_bytes())  # noqa: S301 - our parent wrote it
            value = task.call(task.folder, read[1], replace(Callbacks(ToldProgress(tell)), stop=stop))
            message: tuple[str, Any] = VALUE, value
        except Exception as error:  # noqa: BLE001 - whatever a task raises is its parent's to tell
            message = ERROR, plain_error(error)
        try:
            connection.send(message)
        except OSError:
            return  # nobody is there
