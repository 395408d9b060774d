"""``drupelet score``: answers for every row of CSV, JSON lines and Parquet files, of any length."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing
from pathlib import Path

from drupelet.cli.column_options import declare_text_column
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.model_options import declare_engine
from drupelet.cli.number_option import number_within
from drupelet.cli.progress import Progress
from drupelet.cli.signals import Terminated

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.bulk.run import Done

SCHEMA_VERSION = 1
MAX_JOBS = 256


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "input", nargs="+", help="CSV, JSON lines or Parquet: a file, a folder of such files, or a pattern in quotes"
    )
    parser.add_argument(
        "--bundle", required=True, help="bundle folder, .zip of one, .drupelet file, or the name of one (drupelet list)"
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        help="file to write; for several files or a folder: a folder. Rows without an answer go to OUT.errors.jsonl; "
        "OUT.unfinished is there until the run has ended, and the same command goes on from it",
    )
    declare_text_column(parser)
    parser.add_argument(
        "--prefix", default="", help="what the names of the added columns begin with (default: nothing)"
    )
    parser.add_argument("--probabilities", action="store_true", help="add a column with the probability of each label")
    declare_engine(parser)
    parser.add_argument(
        "--jobs", type=number_within(1, MAX_JOBS), default=1, metavar="N", help="processes that answer (default: 1)"
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="answer on a Ray cluster: HOST:PORT, auto, or local; its machines have drupelet, bundle and "
        "input under the same paths",
    )
    parser.add_argument("--strict", action="store_true", help="exit status 1 where a row could not be answered")
    parser.add_argument("--overwrite", action="store_true", help="replace an output that is there")
    parser.add_argument("--begin-again", action="store_true", help="forget the parts that an unfinished run answered")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Writes the rows with their answers; rows without one go to OUT.errors.jsonl."""
    from drupelet.bulk.run import Ask, score
    from drupelet.bulk.scorer import Scorer
    from drupelet.bulk.unfinished import unfinished_folder

    scorer = Scorer(options.bundle, "text", options.engine, options.scheme, options.prefix, options.probabilities)
    ask = Ask(
        tuple(options.input),
        options.out,
        options.text_column,
        options.delimiter,
        not options.no_header,
        options.jobs,
        options.ray,
        options.overwrite,
        options.begin_again,
    )
    begin = time.monotonic()
    try:
        with closing(Progress("rows")) as progress:
            done = score(ask, scorer, progress.add, lambda line: print(line, file=sys.stderr))
    except (KeyboardInterrupt, Terminated):
        kept = unfinished_folder(options.out)
        if kept.is_dir():
            print(f"{kept}: what was answered so far; the same command goes on from there", file=sys.stderr)
        raise
    seconds = time.monotonic() - begin
    if options.json:
        print_document(
            {
                "schema_version": SCHEMA_VERSION,
                "bundle": scorer.classifier.bundle.path,
                "model": scorer.classifier.model.entry.file,
                "engine": scorer.classifier.engine,
                "out": str(options.out),
                "files": done.files,
                "answered": done.counts.answered,
                "bad": done.counts.bad,
                "without_words": done.counts.without_words,
                "failed": done.failed,
                "seconds": seconds,
            }
        )
    else:
        for line in summary(done, options.out, seconds):
            print(line)
    return EXIT_CHECK_FAILED if done.failed or (options.strict and done.counts.bad) else EXIT_OK


def summary(done: Done, out: Path, seconds: float) -> list[str]:
    """What people are told at the end."""
    counts = done.counts
    rows = counts.answered + counts.bad - done.goes_on_from
    lines = [f"{out}: {_rows(counts.answered)} answered, {rows / max(seconds, 1e-9):,.0f} rows a second"]
    if counts.bad:
        lines.append(f"{out}.errors.jsonl: {_rows(counts.bad)} that could not be answered, each with the reason")
    if counts.without_words:
        lines.append(f"{counts.without_words:,} of the texts have no word that the network knows")
    lines += [f"not in the output: {reason}" for reason in done.failed.values()]
    return lines


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


COMMAND = Command("score", "answer every row of CSV, JSON lines and Parquet files", configure, run)
