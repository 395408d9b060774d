"""Answers parts in this process, or in several; either way in the order of the parts."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from itertools import islice
from multiprocessing import parent_process
from types import MappingProxyType

from drupelet.errors import DrupeletError, InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
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

    tables: Mapping[int, Table] = MappingProxyType({})
    scorer: Scorer | None = None


def set_up(tables: Mapping[int, Table], scorer: Scorer) -> None:
    """Readies a process. An interrupt from the terminal reaches all processes: the one that hands out parts ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Here.tables, _Here.scorer = tables, scorer


def _end_with_parent() -> None:
    """Ends this process when the one that hands out parts is gone, even killed: nobody else would tell it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def answer_part(part: Part) -> Outcome:
    """What becomes of a part in a process that is set up."""
    assert _Here.scorer is not None  # noqa: S101 - set_up ran
    return outcome(part, _Here.tables, _Here.scorer)


def outcome(part: Part, tables: Mapping[int, Table], scorer: Scorer) -> Outcome:
    """What becomes of a part. Raises DrupeletError where the bundle cannot be loaded: that is no fault of the part."""
    scorer.classifier  # noqa: B018 - loaded now
    try:
        return tables[part.file].answer(part, scorer)
    except DrupeletError as error:
        return error
    except OSError as error:
        return InputError(f"{tables[part.file].path}: cannot be read ({error.strerror or error})")


def in_this_process(
    parts: Iterable[Part], tables: Mapping[int, Table], scorer: Scorer
) -> Iterator[tuple[Part, Outcome]]:
    """The parts with what became of them."""
    for part in parts:
        yield part, outcome(part, tables, scorer)


def in_processes(
    parts: Iterable[Part], tables: Mapping[int, Table], scorer: Scorer, jobs: int
) -> Iterator[tuple[Part, Outcome]]:
    """The same, answered by ``jobs`` processes. Where one dies, the next part is answered by a new one, alone: a part that
    kills its process is found, and costs no other part anything.

    Raises InputError for a part that has cost :data:`MAX_LOST` processes alone.
    """
    from concurrent.futures.process import BrokenProcessPool

    remaining = iter(parts)
    waiting: deque[Part] = deque()
    asked: deque[Future[Outcome]] = deque()  # of the first of those that wait
    pool = _pool(tables, scorer, jobs)
    lost, at_once = 0, jobs * PARTS_AHEAD
    try:
        while True:
            waiting.extend(islice(remaining, jobs * PARTS_AHEAD - len(waiting)))
            if not waiting:
                return
            part = waiting[0]
            try:
                while len(asked) < min(at_once, len(waiting)):
                    asked.append(pool.submit(answer_part, waiting[len(asked)]))
                found = asked[0].result()
            except BrokenProcessPool as error:
                lost += at_once == 1
                if lost >= MAX_LOST:
                    raise InputError(
                        f"{tables[part.file].path}: rows {part.start.rows + 1:,} to {part.stop.rows:,}: {lost} processes "
                        "died over them (killed, or too little memory?); give the same command again, with fewer --jobs"
                    ) from error
                pool.shutdown(wait=True, cancel_futures=True)
                pool = _pool(tables, scorer, jobs)
                asked.clear()
                at_once = 1
                continue
            lost, at_once = 0, jobs * PARTS_AHEAD
            waiting.popleft()
            asked.popleft()
            yield part, found
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _pool(tables: Mapping[int, Table], scorer: Scorer, jobs: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(jobs, get_context("spawn"), set_up, (tables, scorer))
