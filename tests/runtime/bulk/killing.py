"""A table whose parts kill the process that answers them. Processes import it by name."""

import os
import signal
from pathlib import Path

from drupelet.bulk.part import Answered, Part, Place
from drupelet.errors import InputError
from drupelet.value import Value


class Killing(Value):
    """Part number ``kills`` kills its process until ``times`` are in the folder ``path``; ``kills`` -1: none does.

    Part number 99 cannot be read, and number 98 meets a fault of the program.
    """

    path: str
    kills: int
    times: int

    def answer(self, part, scorer):
        """The number of the part and of its process, and a word of the classifier."""
        number = part.start.rows
        folder = Path(self.path)
        if number == self.kills and len(list(folder.iterdir())) < self.times:
            (folder / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 99:
            raise InputError("unreadable")
        1 / (part.start.rows - 98)
        return Answered(f"{number} {scorer.classifier('good').label}".encode(), 1, (), 0)


def parts(count, first=0):
    """So many parts of one row."""
    return [Part(0, Place(n, n, n), Place(n + 1, n + 1, n + 1)) for n in range(first, first + count)]
