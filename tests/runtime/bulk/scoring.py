"""Runs of drupelet.bulk.run.score as tests want them."""

import csv
import io
import json
from types import SimpleNamespace

from drupelet.bulk.run import Ask, score


def scored(inputs, out, scorer, **options):
    """What a run was: done, and the lines for people. ``inputs``: one path, or a list of several."""
    several = inputs if isinstance(inputs, list) else [inputs]
    told, notices = [], []
    ask = Ask(tuple(map(str, several)), out, **options)
    done = score(ask, scorer, lambda *progress: told.append(progress), notices.append)
    return SimpleNamespace(done=done, counts=done.counts, failed=done.failed, told=told, notices=notices)


def csv_rows(content, delimiter=","):
    """The rows of the bytes of a CSV file."""
    return list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=delimiter, strict=True))


def json_lines(path):
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_bytes().decode().split("\n") if line]


def errors_of(out):
    """The objects of the file of errors beside an output; none where there is no such file."""
    path = out.with_name(out.name + ".errors.jsonl")
    return json_lines(path) if path.exists() else []


def files_below(folder):
    """The bytes of every file below a folder, by its name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
