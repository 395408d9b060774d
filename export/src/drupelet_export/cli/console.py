"""Progress of long work on stderr: a live line on a terminal, one plain line for each step elsewhere."""

from __future__ import annotations

import os
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from drupelet.cli.escaped_streams import escape_standard_streams
from drupelet.cli.standard_streams import unfailing_text
from drupelet.control_characters import escaped


class Steps:
    """Shows the steps of long work as they happen."""

    def __init__(self) -> None:
        # A copy of stderr, because tensorflow_log_on_failure redirects file descriptor 2 for a while.
        self._descriptor = os.dup(2)
        self._stream = unfailing_text(self._descriptor)
        self._console = Console(
            file=self._stream, force_terminal=os.isatty(2), markup=False, emoji=False, highlight=False
        )
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Steps:
        if self._console.is_terminal:
            self._progress.start()  # which has stdout and stderr print above the bar
            escape_standard_streams()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:  # elsewhere it was never started, and stopping it would print an empty line
            self._progress.stop()
        self._stream.close()
        os.close(self._descriptor)

    def step(self, description: str) -> None:
        """Begins a new step."""
        if self._console.is_terminal:
            self._progress.update(self._task, description=escaped(description), completed=0, total=None)
        else:
            self._console.print(escaped(description), soft_wrap=True)

    def note(self, text: str) -> None:
        """Shows lines that stay."""
        self._console.print(escaped(text), soft_wrap=True)

    def count(self, done: int, total: int) -> None:
        """Shows that ``done`` of ``total`` items of the step are done."""
        self._progress.update(self._task, completed=done, total=total)
