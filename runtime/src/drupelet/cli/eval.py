"""``drupelet eval``: how well a bundle answers labelled texts, on this device."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

from drupelet.classifier import BATCH_TEXTS, Classifier, load
from drupelet.cli.column_options import columns_of, declare_columns
from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.model_options import declare_bundle, declare_engine
from drupelet.cli.number_option import number_within
from drupelet.cli.progress import Progress
from drupelet.cli.shown_text import quoted
from drupelet.cli.table import render_table
from drupelet.errors import InputError, closest_match
from drupelet.evaluation import MISTAKES, Evaluation, evaluate
from drupelet.labelled_rows import LABEL_SEPARATOR, LabelledRow, labelled_rows
from drupelet.prediction import Prediction

SCHEMA_VERSION = 1
SHOWN_LABELS = 20
"""Most labels of a table. ``--json`` has all of them."""
SHOWN_CONFUSIONS = 10
SHOWN_CHARACTERS = 100
"""Most characters of a text that people see."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    declare_bundle(parser)
    parser.add_argument("file", help="labelled texts: CSV, or a JSON object per line")
    declare_columns(parser, "; of a multi-label network several, with | between them")
    parser.add_argument(
        "--label-map",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="label NEW of the bundle is called OLD in the file; may be repeated",
    )
    declare_engine(parser)
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads that answer the texts (default: 1)"
    )
    parser.add_argument(
        "--mistakes",
        type=number_within(0),
        default=MISTAKES,
        metavar="N",
        help=f"most confident mistakes to show (default: {MISTAKES})",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints accuracy, figures of each label, confusions, calibration and mistakes."""
    path = Path(options.file)
    classifier = load(options.bundle, options.engine, options.scheme, options.threads)
    labels = classifier.labels
    manifest = classifier.bundle.manifest
    columns = columns_of(options, manifest.network.is_multi_label)
    rows = with_labels_of(labelled_rows(path, columns), labels, label_map(options.label_map, labels), path)
    with closing(Progress("texts")) as progress:
        found = evaluate(
            answered(classifier, rows, options.threads, progress),
            labels,
            manifest.network.is_multi_label,
            options.mistakes,
        )
    if found is None:
        raise InputError(f"{path}: no row below its header; expected labelled texts")
    head = {"bundle": classifier.bundle.path, "model": classifier.model.entry.file, "engine": classifier.engine}
    if options.json:
        print_document({"schema_version": SCHEMA_VERSION, **head, "file": str(path), **found.to_json()})
    else:
        print(render(found, f"{head['model']} on {head['engine']}", str(path)))
    return EXIT_OK


def label_map(given: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
    """The labels of a file as the bundle calls them. Raises InputError for what is no OLD=NEW, or a NEW that is no label."""
    found: dict[str, str] = {}
    for entry in given:
        # An equals sign may belong to either name: NEW is the label of the bundle that the entry ends with.
        fitting = [label for label in labels if entry.endswith(f"={label}")]
        if not fitting:
            old, equals, new = entry.rpartition("=")
            if not equals:
                raise InputError(f"--label-map {entry}: expected OLD=NEW, such as 1=positive")
            raise InputError(f"--label-map {entry}: {new!r} is no label of the bundle{closest_match(new, labels)}")
        new = max(fitting, key=len)
        old = entry[: -len(new) - 1]
        if not old:
            raise InputError(
                f"--label-map {entry}: expected OLD=NEW; a row without a label is an error, whatever its name"
            )
        if found.setdefault(old, new) != new:
            raise InputError(f"--label-map: {old!r} is {found[old]!r} and {new!r}; give it once")
    return found


def with_labels_of(
    rows: Iterable[LabelledRow], labels: Sequence[str], renamed: Mapping[str, str], path: Path
) -> Iterator[LabelledRow]:
    """The rows with the labels of the bundle. Raises InputError, with line and label, for any other label.

    A file's labels have no space around them; where the bundle's have, they mean these.
    """
    known = {**{label.strip(): label for label in labels}, **dict(zip(labels, labels))}
    separated = [label for label in labels if LABEL_SEPARATOR in label]
    for row in rows:
        names = tuple(renamed.get(label, label) for label in row.labels)
        for name in names:
            if name not in known:
                expected = ", ".join(map(repr, labels[:SHOWN_LABELS])) + (", ..." if len(labels) > SHOWN_LABELS else "")
                lists = (
                    f"; give {separated[0]!r:.60} in a list of JSON, as | stands between labels" if separated else ""
                )
                raise InputError(
                    f"{path}: line {row.line}: label {name!r:.100} is none of the bundle's{closest_match(name, labels)}; "
                    f"expected {expected}: map it with --label-map {name:.40}=LABEL{lists}"
                )
        yield row._replace(labels=tuple(known[name] for name in names))


def answered(
    classifier: Classifier, rows: Iterator[LabelledRow], threads: int, progress: Progress
) -> Iterator[tuple[LabelledRow, Prediction]]:
    """The rows with their answers, batch by batch."""
    while batch := list(islice(rows, BATCH_TEXTS * threads)):
        yield from zip(batch, classifier.predict([row.text for row in batch]))
        progress.add(len(batch))


def _rejected(found: Evaluation) -> list[str]:
    """How many texts got no label, and the accuracy of the others; nothing where each got one."""
    if not found.rejected:
        return []
    line = f"{found.rejected:,} rejected ({found.rejected / found.accuracy.n:.1%})"
    if found.accepted is None:
        return [line]
    low, high = found.accepted.interval()
    return [f"{line}; of the others {found.accepted.share:.4f} right (95 %: {low:.3f} to {high:.3f})"]


def render(found: Evaluation, model: str, path: str) -> str:
    """The evaluation for people."""
    low, high = found.accuracy.interval()
    several = found.is_multi_label
    lines = [
        f"{path}: {found.accuracy.n:,} text{'' if found.accuracy.n == 1 else 's'}, answered by {model}",
        "",
        f"{'all labels right' if several else 'accuracy'} {found.accuracy.share:.4f} (95 %: {low:.3f} to {high:.3f}); "
        f"{'the most frequent labels' if several else 'the largest class'} alone {found.largest_class:.4f}; "
        f"macro F1 {found.macro_f1:.4f}",
        *_rejected(found),
        "",
        render_table(
            ["label", "texts", "precision", "recall", "F1"],
            [
                [one.label, f"{one.texts:,}", *map(_share, (one.precision, one.recall, one.f1))]
                for one in found.classes[:SHOWN_LABELS]
            ],
        ),
    ]
    if len(found.labels) > SHOWN_LABELS:
        lines.append(f"... and {len(found.labels) - SHOWN_LABELS} more; --json has them all")
    lines += [*_confusions(found), *_calibration(found)]
    if found.mistakes:
        lines += ["", "the most confident mistakes:"]
        for mistake in found.mistakes:
            lines.append(
                f"line {mistake.line}: {_names(mistake.labels)}, answered {_names(mistake.answered)} "
                f"({mistake.probability:.3f}): {quoted(mistake.text, SHOWN_CHARACTERS)}"
            )
    return "\n".join(lines)


def _confusions(found: Evaluation) -> Iterator[str]:
    matrix = found.confusion
    if matrix is not None and len(found.labels) <= SHOWN_LABELS:
        yield ""
        rows = [[label, *(f"{count:,}" for count in row)] for label, row in zip(found.labels, matrix)]
        yield render_table(["true label \\ answer", *found.labels], rows)
    elif found.confusions:
        yield ""
        rows = [[true, answer, f"{texts:,}"] for true, answer, texts in found.confusions[:SHOWN_CONFUSIONS]]
        yield render_table(["true label", "answered", "texts"], rows)


def _calibration(found: Evaluation) -> Iterator[str]:
    reliability = found.reliability
    yield ""
    if sum(reliability.counts):
        yield (
            f"calibration: answers are {reliability.expected_calibration_error:.4f} off their probability on average; "
            f"{reliability.error_by_chance:.4f} would be chance"
        )
    if found.without_words:
        yield f"{found.without_words:,} of the texts have no word that the network knows"
    if found.not_numbers:
        yield f"{found.not_numbers:,} of the answers are not a number"


def _names(labels: Sequence[str]) -> str:
    return ", ".join(labels) or "no label"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


COMMAND = Command("eval", "measure accuracy, confusion and calibration on labelled texts", configure, run)
