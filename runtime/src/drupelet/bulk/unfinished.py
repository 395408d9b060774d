"""The output while it is written: a folder beside it that a killed run leaves, and from which the same command goes on.

``plan.json`` says what the run was to do. A line of ``ledger.jsonl`` follows each part, with the size that the files have then:
what stands behind it was written by a run that did not get to the next line, and is cut off. ``output`` takes the place of the
output at the end, whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drupelet.bulk.part import Answered, Part, Place
from drupelet.errors import InputError
from drupelet.folder_lock import locked
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

SUFFIX = ".unfinished"
PLAN, LEDGER, ERRORS, OUTPUT = "plan.json", "ledger.jsonl", "errors.jsonl", "output"
ERRORS_SUFFIX = ".errors.jsonl"
OURS = re.compile(r"(plan\.json|errors\.jsonl)(\.part)?|ledger\.jsonl|output|[0-9]+-[0-9]{6,}\.parquet")
"""The names of what a run puts into its folder. A folder that holds anything else is none of a run, whatever it is called."""


class Counts(Value):
    """Rows so far."""

    answered: int = 0
    bad: int = 0
    without_words: int = 0

    def plus(self, found: Answered) -> Counts:
        """With those of a part."""
        return Counts(
            self.answered + found.answered, self.bad + len(found.bad), self.without_words + found.without_words
        )


class Unfinished:
    """The folder of a run that is not finished. ``names`` are those of the output's files, one for each of ``inputs``."""

    def __init__(self, out: Path, inputs: Sequence[str], names: Sequence[str], is_folder: bool) -> None:
        self.out = out
        self.folder = unfinished_folder(out)
        self.inputs, self.names = inputs, names
        self._is_folder = is_folder
        self.failed: dict[int, str] = {}
        self.done_bytes = 0
        self._places: dict[int, Place] = {}
        self._groups: dict[int, int] = {}
        self._counts: dict[int, Counts] = {}

    @property
    def counts(self) -> Counts:
        """The rows so far, without those of files that cannot be read to their end."""
        rows = [counts for file, counts in self._counts.items() if file not in self.failed]
        return (
            Counts(*map(sum, zip(*((each.answered, each.bad, each.without_words) for each in rows))))
            if rows
            else Counts()
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Makes the folder, and keeps other runs out of it until the end of the block.

        Raises InputError when another run works in it, when it holds what no run has written, and when it cannot be made.
        """
        with ExitStack() as stack:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                held = stack.enter_context(locked(self.folder))
                others = sorted(one.name for one in self.folder.iterdir() if not OURS.fullmatch(one.name))
            except OSError as error:
                raise self.cannot_write(error) from error
            if not held:
                raise InputError(
                    f"{self.folder}: another run is writing this output; nothing was changed: wait for its end, or name "
                    "another with --out"
                )
            if others:
                raise InputError(
                    f"{self.folder}: holds {others[0]!r}, which no run has written; nothing was changed: move it away, or "
                    "name another with --out"
                )
            yield

    def begin(self, plan: Mapping[str, Any], again: bool) -> bool:
        """Begins in an empty folder, or goes on with a run of the same plan; True where it goes on.

        ``again`` forgets what is there. Raises InputError for a folder of another plan, and where it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            goes_on = not again and (self.folder / PLAN).exists()
            if goes_on:
                self._check_plan(plan)
                self._read_ledger()
            else:
                self._empty()
                begun = self.folder / (PLAN + ".part")
                begun.write_text(json.dumps(plan, indent=1), encoding="utf-8")
                begun.replace(self.folder / PLAN)
        except OSError as error:
            raise self.cannot_write(error) from error
        return goes_on

    def _empty(self) -> None:
        for one in self.folder.iterdir():
            if one.is_dir():
                shutil.rmtree(one)
            else:
                one.unlink()

    def _check_plan(self, plan: Mapping[str, Any]) -> None:
        try:
            found = json.loads((self.folder / PLAN).read_text(encoding="utf-8"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise InputError(f"{self.folder}: its {PLAN} cannot be read; begin anew with --begin-again")
        different = [name for name in plan if found.get(name) != json.loads(json.dumps(plan[name]))]
        if different:
            raise InputError(
                f"{self.folder}: an unfinished run with another {', another '.join(different)}; nothing was changed: give the "
                "same command to go on with it, --begin-again to forget it, or another --out"
            )

    def _read_ledger(self) -> None:
        """Takes the lines whose bytes are all there, and cuts off what stands behind the last of them."""
        lines, kept_bytes = [], 0
        if (self.folder / LEDGER).exists():
            for line in (self.folder / LEDGER).read_bytes().splitlines(keepends=True):
                entry = _entry(line)
                if entry is None or not self._is_there(entry):
                    break
                lines.append(entry)
                kept_bytes += len(line)
        for entry in lines:
            self._places[entry["file"]] = Place(*entry["place"])
            self._groups[entry["file"]] = entry["groups"]
            self._counts[entry["file"]] = Counts(*entry["counts"])
            self.done_bytes = entry["input_bytes"]
        sizes = {self.folder / LEDGER: kept_bytes, self.folder / ERRORS: lines[-1]["errors_bytes"] if lines else 0}
        for number, _ in enumerate(self.names):
            written = [entry for entry in lines if entry["file"] == number]
            sizes[self.path(number)] = written[-1]["output_bytes"] if written else 0
        for path, size in sizes.items():
            if path.exists() and path.stat().st_size > size:
                os.truncate(path, size)

    def _is_there(self, entry: Mapping[str, Any]) -> bool:
        file, groups = entry["file"], entry["groups"]
        sizes = {self.folder / ERRORS: entry["errors_bytes"], self.path(file): entry["output_bytes"]}
        if groups:
            sizes[self.group_path(file, groups - 1)] = entry["group_bytes"]
        return all(_size(path) >= size for path, size in sizes.items())

    def path(self, file: int) -> Path:
        """The file of the output that belongs to file number ``file``."""
        return self.folder / OUTPUT / self.names[file]

    def group_path(self, file: int, group: int) -> Path:
        """A row group of a Parquet file, until all are there."""
        return self.folder / f"{file}-{group:06}.parquet"

    def has_begun(self, file: int) -> bool:
        """Whether a part of a file is there."""
        return file in self._places

    def place(self, file: int, begin: Place) -> Place:
        """From where on a file is still to be answered."""
        return self._places.get(file, begin)

    def add(self, part: Part, found: Answered, input_bytes: int, head: bytes | None) -> None:
        """Writes what a part became. ``head``: what the output begins with; None for a Parquet file."""
        try:
            groups = self._groups.get(part.file, 0)
            if head is None:
                self.group_path(part.file, groups).write_bytes(found.content)
                groups += 1
            else:
                self.path(part.file).parent.mkdir(parents=True, exist_ok=True)
                begins = part.file not in self._places
                _append(self.path(part.file), (head if begins else b"") + found.content)
            name = self.inputs[part.file]
            errors = "".join(json.dumps(bad.to_json(name), ensure_ascii=False) + "\n" for bad in found.bad)
            if errors:
                _append(self.folder / ERRORS, errors.encode("utf-8", "replace"))
            counts = self._counts.get(part.file, Counts()).plus(found)
            self.done_bytes += input_bytes
            self._places[part.file], self._groups[part.file], self._counts[part.file] = part.stop, groups, counts
            entry = {
                "file": part.file,
                "place": [part.stop.offset, part.stop.rows, part.stop.lines],
                "groups": groups,
                "group_bytes": _size(self.group_path(part.file, groups - 1)) if groups else 0,
                "counts": [counts.answered, counts.bad, counts.without_words],
                "output_bytes": _size(self.path(part.file)),
                "errors_bytes": _size(self.folder / ERRORS),
                "input_bytes": self.done_bytes,
            }
            _append(self.folder / LEDGER, (json.dumps(entry) + "\n").encode())
        except OSError as error:
            raise self.cannot_write(error) from error

    def fail(self, file: int, reason: str) -> None:
        """The rest of a file cannot be read: what was answered of it is no output. A run that goes on tries it again."""
        self.failed[file] = reason

    def groups(self, file: int) -> list[str]:
        """The row groups of a Parquet file."""
        return [str(self.group_path(file, group)) for group in range(self._groups.get(file, 0))]

    def finish(self) -> None:
        """Puts the output, and the errors where there are any, in their place."""
        errors = self.out.with_name(self.out.name + ERRORS_SUFFIX)
        try:
            for file in self.failed:
                if self.path(file).exists():
                    self.path(file).unlink()
            if self._is_folder and self.out.is_dir():
                shutil.rmtree(self.out)
            (self.folder / OUTPUT if self._is_folder else self.path(0)).replace(self.out)
            if self.counts.bad:
                self._leave_out_failed()
                (self.folder / ERRORS).replace(errors)
            elif errors.exists():
                errors.unlink()
            shutil.rmtree(self.folder)
        except OSError as error:
            raise self.cannot_write(error) from error

    def _leave_out_failed(self) -> None:
        """Leaves the errors of files that are no output out of those of the others."""
        names = {self.inputs[file].encode("utf-8", "replace").decode() for file in self.failed}
        if not names:
            return
        kept = self.folder / (ERRORS + ".part")
        with (self.folder / ERRORS).open("rb") as every, kept.open("wb") as stream:
            stream.writelines(line for line in every if json.loads(line)["file"] not in names)
        kept.replace(self.folder / ERRORS)

    def cannot_write(self, error: OSError) -> InputError:
        """What is said where nothing can be written."""
        return InputError(
            f"{self.folder}: cannot be written ({error.strerror or error}); what was answered so far is kept there: make room, "
            "and give the same command again"
        )


def unfinished_folder(out: Path) -> Path:
    """The folder of an unfinished run with that output."""
    return out.with_name(out.name + SUFFIX)


def _entry(line: bytes) -> Any:
    """What a line of the ledger holds; None for the last one, half written."""
    try:
        return json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as stream:
        stream.write(content)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
