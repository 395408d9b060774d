"""The owner's own function from texts to probabilities, run in this process, and only where a user names it."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import FunctionType
from typing import Any

from drupelet.cli.escaped_streams import unescaped
from drupelet.digest import sha256_hex
from drupelet.errors import MAX_LIST_CHARACTERS, InputError
from drupelet_export.keras_import import imported_keras
from drupelet_export.reading.reference_name import reference_name
from drupelet_export.reading.source_file import read_source_file

MODULE = "drupelet_owner_reference"
"""The name under which the user's file is imported, so that it shadows no module."""
MAX_FILE_BYTES = 1 << 24
"""Maximum bytes of the user's file. A Python file has thousands."""


class OwnerFunctionError(InputError):
    """The user's own code raised; the message holds its traceback."""

    shown_characters = MAX_LIST_CHARACTERS


@dataclass(frozen=True)
class OwnerFunction:
    """A function that its owner wrote: a list of texts to an array of probabilities. ``sha256``: its file's, as it ran."""

    name: str
    call: Callable[[Any], Any]
    reference: str
    sha256: str

    def answers(self, texts: Sequence[str], labels: Sequence[str]) -> list[tuple[float, ...]]:
        """The probabilities of each text, one for each label; NaN is left to the caller.

        A function of two classes may answer (texts,) or (texts, 1), the probability of the second label. Raises
        OwnerFunctionError with the user's traceback when it raises, InputError when it answers something else.
        """
        import numpy as np

        process = os.getpid()
        try:
            # Standard output is for the verdict, and paths that were given are relative to the folder of before.
            with contextlib.chdir("."), contextlib.redirect_stdout(unescaped(sys.stderr)):
                given = self.call(list(texts))
        except (Exception, SystemExit) as error:
            _end_if_forked(process)
            raise OwnerFunctionError(as_theirs(error, f"--reference {self.name}", "function")) from error
        _end_if_forked(process)
        wanted = f"expected ({len(texts)}, {len(labels)})" + (
            f", ({len(texts)},) or ({len(texts)}, 1)" if len(labels) == 2 else ""
        )
        try:
            array = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{self.name}: returned {given!r:.60}, not numbers; {wanted}") from error
        if given is None:
            raise InputError(f"{self.name}: returned None, not numbers; {wanted}")
        if len(labels) == 2 and array.shape in ((len(texts),), (len(texts), 1)):
            column = array.reshape(-1)
            array = np.stack([1.0 - column, column], axis=1)
        if array.shape != (len(texts), len(labels)):
            raise InputError(f"{self.name}: returned shape {tuple(array.shape)} for {len(texts)} texts, {wanted}")
        rows = [tuple(float(value) for value in row) for row in array]
        for text, row in zip(texts, rows, strict=True):
            if any(not math.isnan(value) and not 0 <= value <= 1 for value in row):
                raise InputError(
                    f"{self.name}: returned {row} for {text[:60]!r}, expected probabilities from 0 to 1, not logits"
                )
        return rows


def load_function(given: str, option: str = "--reference") -> OwnerFunction:
    """The function named as ``FILE.py:function``. Runs the file, with its folder on ``sys.path``. ``option`` named it.

    Raises InputError for another form, a missing file or function, OwnerFunctionError when the file itself raises.
    """
    file, _, name = given.rpartition(":")
    if not file or not name.isidentifier():
        raise InputError(f"{option} {given!r}: expected FILE.py:function, such as pipeline.py:predict")
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{option} {given!r}: {path} is not a file; expected FILE.py:function")
    imported_keras()  # the file finds it as export needs it, and its first import writes no log
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise InputError(f"{option} {given!r}: {path} is not a Python file; expected FILE.py:function")
    try:
        content = read_source_file(path, MAX_FILE_BYTES)
    except OSError as error:
        raise InputError(
            f"{option} {given!r}: {path} cannot be read ({error.strerror}); check its permissions"
        ) from error
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module  # dataclasses and pickles of the file look it up
    try:
        with contextlib.redirect_stdout(unescaped(sys.stderr)):
            exec(spec.loader.source_to_code(content, str(path)), vars(module))  # noqa: S102 - the user named the file
    except (Exception, SystemExit) as error:
        raise OwnerFunctionError(as_theirs(error, f"{option} {given}", "file")) from error
    function = getattr(module, name, None)
    if not callable(function):
        own = [value for value in vars(module).values() if getattr(value, "__module__", None) == MODULE]
        functions = [value.__name__ for value in own if isinstance(value, FunctionType)]
        raise InputError(
            f"{option} {given!r}: {path} has no function {name!r}; it has {', '.join(functions[:10]) or 'none'}"
        )
    return OwnerFunction(given, function, reference_name(f"{path.name}:{name}"), sha256_hex(content))


def _end_if_forked(process: int) -> None:
    """Ends a child that the user's function left behind: a second export would write the same bundle, or hang."""
    if os.getpid() != process:
        os._exit(1)


def as_theirs(error: BaseException, name: str, what: str) -> str:
    """The error with the traceback of the user's code, without the frames of this module."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename in (__file__, importlib.util.__file__):
        frames = frames.tb_next
    while frames is not None and "importlib" in frames.tb_frame.f_code.co_filename:
        frames = frames.tb_next
    lines = "".join(traceback.format_exception(type(error), error, frames)).rstrip()
    return f"{name}: your own {what} raised; this is its traceback\n{lines}"
