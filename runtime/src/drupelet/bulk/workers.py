"""Answers parts in this process, or in several; either way in the order of the parts.

Each process has a pipe of its own: one that dies costs the part that it was answering, which is known, and another one answers
it again. A ProcessPoolExecutor does not say which part it was, and of Python 3.11 it may wait for ever where one process dies
while the next one starts.
"""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections import Counter, deque
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait

from drupelet.errors import DrupeletError, InputError
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from multiprocessing.connection import Connection
    from typing import Union

    from drupelet.bulk.part import Answered, Part
    from drupelet.bulk.scorer import Scorer
    from drupelet.bulk.table import Table

    Outcome = Union[Answered, DrupeletError]
    """What became of a part; the error of one that cannot be read."""

PARTS_AHEAD = 2
"""Parts of each process that wait or are being answered: nobody waits for the next, and memory stays bounded."""
MAX_LOST = 3
"""A part that has cost so many processes is not tried again: it is the part that kills them."""


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
    """The same, answered by ``jobs`` processes.

    Raises, after the parts before it, InputError for a part that has cost :data:`MAX_LOST` processes, and what answering
    raises, such as DrupeletError where the bundle cannot be loaded.
    """
    dispatcher = _Dispatcher(parts, tables, scorer, jobs)
    try:
        yield from dispatcher.outcomes()
    finally:
        dispatcher.end()


class _Raised(Value):
    """What a process raised. Its traceback was printed there, unless the error says all."""

    error: Exception


class _Process:
    """A process, our end of its pipe, and the numbers of the parts that it has; it answers the first of them."""

    def __init__(self, tables: Mapping[int, Table], scorer: Scorer) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=answer_parts, args=(theirs, tables, scorer), daemon=True)
        self._process.start()
        theirs.close()
        self.numbers: deque[int] = deque()

    def end(self) -> None:
        """Ends it. It holds nothing that would be lost."""
        self.connection.close()
        self._process.kill()
        self._process.join()


class _Dispatcher:
    """Hands parts, numbered from 0, to processes. So many are under way that memory stays bounded."""

    def __init__(self, parts: Iterable[Part], tables: Mapping[int, Table], scorer: Scorer, jobs: int) -> None:
        self._remaining = enumerate(parts)
        self._tables, self._scorer, self._jobs = tables, scorer, jobs
        self._processes: list[_Process] = []
        self._under_way: dict[int, Part] = {}
        self._again: deque[int] = deque()  # of those under way, the ones whose process is gone
        self._found: dict[int, Outcome | _Raised] = {}
        self._lost: Counter[int] = Counter()

    def outcomes(self) -> Iterator[tuple[Part, Outcome]]:
        """The parts in their order, each when its outcome is there."""
        number = 0
        self._hand_out()
        while self._under_way:
            while number not in self._found:
                self._hear()
                self._hand_out()
            part, found = self._under_way.pop(number), self._found.pop(number)
            if isinstance(found, _Raised):
                raise found.error
            number += 1
            self._hand_out()
            yield part, found

    def end(self) -> None:
        """Ends all processes."""
        for process in self._processes:
            process.end()

    def _hand_out(self) -> None:
        while (process := self._with_room()) is not None and (number := self._next_number()) is not None:
            process.numbers.append(number)
            with suppress(OSError):  # it is gone, and is heard of
                process.connection.send(self._under_way[number])

    def _with_room(self) -> _Process | None:
        """A process that takes another part: the one that has the fewest, and a new one as long as there are not all."""
        if len(self._processes) < self._jobs and all(process.numbers for process in self._processes):
            if not self._again and len(self._under_way) >= self._jobs * PARTS_AHEAD:
                return None
            self._processes.append(_Process(self._tables, self._scorer))
            return self._processes[-1]
        least = min(self._processes, key=lambda process: len(process.numbers))
        return least if len(least.numbers) < PARTS_AHEAD else None

    def _next_number(self) -> int | None:
        if self._again:
            return self._again.popleft()
        if len(self._under_way) >= self._jobs * PARTS_AHEAD:
            return None
        number, part = next(self._remaining, (None, None))
        if number is not None and part is not None:
            self._under_way[number] = part
        return number

    def _hear(self) -> None:
        """Waits until a process has said something, or is gone."""
        ready = wait([process.connection for process in self._processes])
        for process in [each for each in self._processes if each.connection in ready]:
            try:
                found = process.connection.recv()
            except (EOFError, OSError):
                self._bury(process)
            else:
                self._found[process.numbers.popleft()] = found

    def _bury(self, process: _Process) -> None:
        """Forgets a process that is gone. The part that it was answering may have killed it."""
        process.end()
        self._processes.remove(process)
        if process.numbers:
            first = process.numbers[0]
            self._lost[first] += 1
            if self._lost[first] == MAX_LOST:
                self._found[process.numbers.popleft()] = _Raised(self._killing(self._under_way[first]))
        self._again.extend(process.numbers)

    def _killing(self, part: Part) -> InputError:
        return InputError(
            f"{self._tables[part.file].path}: rows {part.start.rows + 1:,} to {part.stop.rows:,}: {MAX_LOST} processes died "
            "over them (killed, or too little memory?); give the same command again, with fewer --jobs"
        )


def answer_parts(connection: Connection, tables: Mapping[int, Table], scorer: Scorer) -> None:
    """The life of a process: answers the parts that come over ``connection`` until nobody sends any more.

    An interrupt from the terminal reaches all processes: the one that hands out parts ends the others.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            part = connection.recv()
        except (EOFError, OSError):
            return
        try:
            found: Outcome | _Raised = outcome(part, tables, scorer)
        except DrupeletError as error:
            found = _Raised(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever hands out parts is to raise it
            traceback.print_exc()
            found = _Raised(error)
        try:
            connection.send(found)
        except OSError:
            return


def _end_with_parent() -> None:
    """Ends this process, even at work, when the one that hands out parts is gone, even killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
