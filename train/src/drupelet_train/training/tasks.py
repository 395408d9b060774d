"""Trainings that depend on each other in nothing: members, networks of a teacher, trials of a study.

A task is a function by its name, and arguments that can be pickled. It works in a folder of its own, where it finds what an
interrupted attempt left, and it gives the same bits wherever it runs with the same versions, processor and number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from drupelet_train.training.callbacks import Callbacks


@dataclass(frozen=True)
class Task:
    """A call of ``function`` ("module:name") with ``folder``, what the tasks share, ``arguments`` and callbacks.

    ``name`` is what people call it. Its files are in ``folder``. The value that it returns can be pickled.
    """

    name: str
    function: str
    folder: Path
    arguments: tuple[Any, ...] = ()

    def call(self, folder: Path, shared: Any, callbacks: Callbacks) -> Any:
        """Runs the task in ``folder``, and returns its value."""
        module, name = self.function.split(":")
        function: Callable[..., Any] = getattr(import_module(module), name)
        return function(folder, shared, *self.arguments, callbacks)


class Workers(Protocol):
    """Runs tasks."""

    def run(
        self, tasks: Sequence[Task], shared: Any, callbacks: Callbacks, done: Callable[[int, Any], None] | None = None
    ) -> list[Any]:
        """Runs the tasks, in any order, and returns their values in the order of ``tasks``.

        ``shared`` is read by all of them; that of the call before is known again by its identity. ``done`` hears of the
        number and the value of every task when it has ended. Raises TrainingInterruptedError if ``callbacks.stop``
        returns True, and the error of a task, once no task runs any more.
        """


class InThisProcess:
    """Runs the tasks one after the other, with the threads of this process."""

    def run(
        self, tasks: Sequence[Task], shared: Any, callbacks: Callbacks, done: Callable[[int, Any], None] | None = None
    ) -> list[Any]:
        """The values of the tasks."""
        values = []
        for number, task in enumerate(tasks):
            values.append(task.call(task.folder, shared, callbacks))
            if done is not None:
                done(number, values[-1])
        return values
