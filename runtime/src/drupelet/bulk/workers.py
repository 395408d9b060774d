"""Answers parts in this process, or in several; either way in the order of the parts."""

from __future__ import annotations

import signal
from collections import deque

from drupelet.errors import DrupeletError, InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor
    from typing import Union

    from drupelet.bulk.part import Answered, Part
    from drupelet.bulk.scorer import Scorer
    from drupelet.bulk.table import Table

    Outcome = Union[Answered, DrupeletError]
    """What became of a part; the error of one that cannot be read."""

PARTS_AHEAD = 2
"""Parts of each process that wait or are being answered: nobody waits for the next, and memory stays bounded."""
MAX_LOST = 3
"""A part whose process has died so often is not tried again: it is the part that kills it."""


class _Here:
    """What a process answers with."""

    tables: Sequence[Table] = ()
    scorer: Scorer | None = None


def set_up(tables: Sequence[Table], scorer: Scorer) -> None:
    """Readies a process. An interrupt from the terminal reaches all processes: the one that hands out parts ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Here.tables, _Here.scorer = tables, scorer


def answer_part(part: Part) -> Outcome:
    """What becomes of a part in a process that is set up."""
    assert _Here.scorer is not None  # noqa: S101 - set_up ran
    return outcome(part, _Here.tables, _Here.scorer)


def outcome(part: Part, tables: Sequence[Table], scorer: Scorer) -> Outcome:
    """What becomes of a part."""
    try:
        return tables[part.file].answer(part, scorer)
    except DrupeletError as error:
        return error
    except OSError as error:
        return InputError(f"{tables[part.file].path}: cannot be read ({error.strerror or error})")


def in_this_process(parts: Iterable[Part], tables: Sequence[Table], scorer: Scorer) -> Iterator[tuple[Part, Outcome]]:
    """The parts with what became of them."""
    for part in parts:
        yield part, outcome(part, tables, scorer)


def in_processes(
    parts: Iterable[Part], tables: Sequence[Table], scorer: Scorer, jobs: int
) -> Iterator[tuple[Part, Outcome]]:
    """The same, answered by ``jobs`` processes. A part whose process dies is given to a new one.

    Raises InputError for a part that has cost :data:`MAX_LOST` processes.
    """
    from concurrent.futures.process import BrokenProcessPool

    remaining = iter(parts)
    waiting: deque[tuple[Part, Future[Outcome]]] = deque()
    pool = _pool(tables, scorer, jobs)
    lost = 0
    try:
        while True:
            while len(waiting) < jobs * PARTS_AHEAD:
                part = next(remaining, None)
                if part is None:
                    break
                waiting.append((part, pool.submit(answer_part, part)))
            if not waiting:
                return
            part, future = waiting[0]
            try:
                found = future.result()
            except BrokenProcessPool as error:
                lost += 1
                if lost >= MAX_LOST:
                    raise InputError(
                        f"{tables[part.file].path}: rows {part.start.rows + 1:,} to {part.stop.rows:,}: {lost} processes "
                        "died over them (killed, or too little memory?); give the same command again, with fewer --jobs"
                    ) from error
                pool.shutdown(wait=False, cancel_futures=True)
                pool = _pool(tables, scorer, jobs)
                waiting = deque((part, pool.submit(answer_part, part)) for part, _ in waiting)
                continue
            lost = 0
            waiting.popleft()
            yield part, found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(tables: Sequence[Table], scorer: Scorer, jobs: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(jobs, get_context("spawn"), set_up, (tables, scorer))
