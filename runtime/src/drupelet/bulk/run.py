"""Answers every row of some files, part by part: what was answered is kept, and the output is there whole or not at all."""

from __future__ import annotations

import glob
import os
from itertools import chain
from pathlib import Path

from drupelet.bulk.opened import opened
from drupelet.bulk.parquet import Parquet, joined
from drupelet.bulk.unfinished import Counts, Unfinished
from drupelet.bulk.workers import in_processes, in_this_process
from drupelet.errors import DrupeletError, InputError
from drupelet.value import Value
from drupelet.version import __version__

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from drupelet.bulk.part import Part
    from drupelet.bulk.scorer import Scorer
    from drupelet.bulk.table import Table

SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet")
"""What the files of a folder end with that are taken."""


class Ask(Value):
    """What is asked for: files, how they are read, and who answers. ``ray``: the address of a cluster."""

    inputs: tuple[str, ...]
    out: Path
    text_column: str | None = None
    delimiter: str | None = None
    has_header: bool = True
    jobs: int = 1
    ray: str | None = None
    overwrite: bool = False
    begin_again: bool = False


class Done(Value):
    """What was done: the files, the rows, and the files that could not be read to their end, with the reason."""

    files: int
    counts: Counts
    failed: dict[str, str]
    goes_on_from: int


def score(ask: Ask, scorer: Scorer, told: Callable[[int, float], None], notice: Callable[[str], None]) -> Done:
    """Answers the files of ``ask``, and puts the output into its place.

    ``told`` hears of rows as they are done, with the share of what this run has to do; ``notice`` hears lines for people.
    Raises InputError where no file of the input can be read, for an output that is there already, and for a folder that
    cannot be written.
    """
    paths = files_of(ask.inputs)
    is_folder = len(ask.inputs) > 1 or Path(ask.inputs[0]).is_dir() or not Path(ask.inputs[0]).exists()
    _check_out(ask, paths, is_folder)
    tables, unreadable = _opened(ask, paths, scorer)
    if len(unreadable) == len(paths):
        raise InputError(next(iter(unreadable.values())))
    unfinished = Unfinished(ask.out, list(map(str, paths)), _names(paths), is_folder)
    with unfinished.alone():
        goes_on = unfinished.begin(_plan(ask, paths, scorer), ask.begin_again)
        begun = unfinished.counts.answered + unfinished.counts.bad
        if goes_on:
            notice(f"{unfinished.folder}: goes on behind row {begun:,}")
        for file, reason in unreadable.items():
            notice(reason)
            unfinished.fail(file, reason)
        _answer(ask, tables, scorer, unfinished, told, notice)
        _end(tables, scorer, unfinished)
        if len(unfinished.failed) == len(paths):
            raise InputError(next(iter(unfinished.failed.values())))
        unfinished.finish()
    failed = {str(paths[file]): reason for file, reason in unfinished.failed.items()}
    return Done(len(paths), unfinished.counts, failed, begun)


def _answer(
    ask: Ask,
    tables: Mapping[int, Table],
    scorer: Scorer,
    unfinished: Unfinished,
    told: Callable[[int, float], None],
    notice: Callable[[str], None],
) -> None:
    """Has every part answered, and keeps what became of it."""
    sizes = {file: _stat(Path(table.path))[0] for file, table in tables.items()}
    begun_bytes = unfinished.done_bytes
    total = max(1, sum(sizes.values()) - begun_bytes)
    for part, found in _outcomes(ask, tables, scorer, unfinished):
        if part.file in unfinished.failed:
            continue
        table = tables[part.file]
        if isinstance(found, DrupeletError):
            notice(str(found))
            unfinished.fail(part.file, str(found))
            continue
        size = _input_bytes(table, part, sizes[part.file])
        head = None if table.is_joined else table.head(scorer.added_columns())
        unfinished.add(part, found, size, head)
        told(found.answered + len(found.bad), min(1.0, (unfinished.done_bytes - begun_bytes) / total))


def _opened(ask: Ask, paths: Sequence[Path], scorer: Scorer) -> tuple[dict[int, Table], dict[int, str]]:
    """The tables of the files that can be read, and why the others cannot."""
    tables: dict[int, Table] = {}
    unreadable: dict[int, str] = {}
    scorer.classifier  # noqa: B018 - a bundle that cannot be loaded is no fault of a file
    for file, path in enumerate(paths):
        try:
            table = opened(path, ask.text_column, ask.delimiter, ask.has_header)
            scorer.check_names(table.columns, f"{path}: ")
        except InputError as error:
            unreadable[file] = str(error)
        else:
            tables[file] = table
    return tables, unreadable


def _outcomes(ask: Ask, tables: Mapping[int, Table], scorer: Scorer, unfinished: Unfinished) -> Iterator[Any]:
    parts = chain.from_iterable(
        _parts(file, table, unfinished) for file, table in tables.items() if file not in unfinished.failed
    )
    if ask.ray is not None:
        from drupelet.bulk.on_ray import on_ray

        return on_ray(parts, tables, scorer, ask.ray, ask.jobs if ask.jobs > 1 else None)
    if ask.jobs > 1:
        return in_processes(parts, tables, scorer, ask.jobs)
    return in_this_process(parts, tables, scorer)


def _parts(file: int, table: Table, unfinished: Unfinished) -> Iterator[Part]:
    """The parts of a file that are to be answered; none behind one at which the file cannot be read."""
    try:
        for part in table.parts(file, unfinished.place(file, table.begin)):
            yield part
            if file in unfinished.failed:
                return
    except OSError as error:
        unfinished.fail(file, f"{table.path}: cannot be read ({error.strerror or error})")
    except InputError as error:
        unfinished.fail(file, str(error))


def _input_bytes(table: Table, part: Part, size: int) -> int:
    """The bytes of the input that a part is; of a Parquet file by its rows, for groups are not of one size."""
    if not isinstance(table, Parquet):
        return part.stop.offset - part.start.offset
    return size * (part.stop.rows - part.start.rows) // max(1, table.rows)


def _end(tables: Mapping[int, Table], scorer: Scorer, unfinished: Unfinished) -> None:
    """Makes whole what has no part, and joins row groups."""
    for file, table in tables.items():
        if file in unfinished.failed:
            continue
        path = unfinished.path(file)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(table, Parquet):
                joined(unfinished.groups(file), table, scorer, str(path))
            elif not unfinished.has_begun(file):
                path.write_bytes(table.head(scorer.added_columns()))
        except OSError as error:
            raise unfinished.cannot_write(error) from error
        except InputError as error:
            unfinished.fail(file, str(error))


def files_of(inputs: Sequence[str]) -> list[Path]:
    """The files that are meant: files, those of a folder, those that a pattern matches; in the order of their names."""
    found: list[Path] = []
    for given in inputs:
        path = Path(given)
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file() and one.suffix.lower() in SUFFIXES)
            if not inside:
                raise InputError(f"{path}: no file that ends with {', '.join(SUFFIXES)}; name the files, or a pattern")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            matching = sorted(Path(name) for name in glob.glob(given, recursive=True))  # noqa: PTH207 - it may begin with /
            if not matching:
                raise InputError(f"{given}: no such file or folder, and no file matches it as a pattern")
            found += [one for one in matching if one.is_file()]
    not_files = [path for path in found if not path.is_file()]
    if not_files:
        raise InputError(
            f"{not_files[0]}: no regular file; the same rows are read again where a run goes on: save them first"
        )
    once: dict[Path, Path] = {}
    for path in found:
        once.setdefault(path.resolve(), path)
    return list(once.values())


def _names(paths: Sequence[Path]) -> list[str]:
    """The names of the output's files: those of the input below the folder that all have in common."""
    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - without ".."
    common = absolute[0].parent
    while any(common not in path.parents for path in absolute):
        common = common.parent
    return [str(path.relative_to(common)) for path in absolute]


def _check_out(ask: Ask, paths: Sequence[Path], is_folder: bool) -> None:
    out, place = ask.out, ask.out.resolve()
    if not out.name or any(place in (path.resolve(), *path.resolve().parents) for path in paths):
        raise InputError(f"{out}: holds the input, expected another place for the output; name one with --out")
    for given in map(Path, ask.inputs):
        if given.is_dir() and given.resolve() in place.parents:
            raise InputError(f"{out}: lies in the input folder {given}, whose files are read; name another with --out")
    if out.exists() and not ask.overwrite:
        raise InputError(
            f"{out}: is there already; nothing was changed: name another with --out, or replace it with --overwrite"
        )
    if out.exists() and out.is_dir() != is_folder:
        kinds = ("a folder", "a file") if is_folder else ("a file", "a folder")
        raise InputError(f"{out}: the output is {kinds[0]}, and there is {kinds[1]}; name another with --out")
    if out.is_dir():
        names = set(_names(paths))
        others = [one for one in out.rglob("*") if not one.is_dir() and str(one.relative_to(out)) not in names]
        if others:
            raise InputError(f"{out}: holds {others[0].name!r}, which is none of the output; name another with --out")
    suffix = paths[0].suffix.lower()
    if len(paths) == 1 and out.suffix.lower() in SUFFIXES and suffix in SUFFIXES:
        known = {".tsv": ".csv", ".txt": ".csv", ".ndjson": ".jsonl"}
        if known.get(out.suffix.lower(), out.suffix.lower()) != known.get(suffix, suffix):
            raise InputError(f"{out}: the output has the format of the input, which ends with {suffix}; name it so")


def _stat(path: Path) -> tuple[int, int]:
    """The size of a file and when it was changed last; zeros where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _plan(ask: Ask, paths: Sequence[Path], scorer: Scorer) -> dict[str, Any]:
    """What has to be the same for a run to go on."""
    return {
        "input": [[str(path.absolute()), *_stat(path)] for path in paths],
        "bundle": scorer.digest,
        "model file": scorer.classifier.model.entry.file,
        "engine": scorer.classifier.engine,
        "choice of columns": [ask.text_column, ask.delimiter, ask.has_header, scorer.prefix, scorer.probabilities],
        "version of drupelet": __version__,
    }
