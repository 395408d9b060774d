"""``drupelet export``: parse, call the library, print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drupelet.classifier import named_format
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.errors import InputError, closest_match
from drupelet.manifest import FORMATS, GOLDENS_FILE
from drupelet.quantization import INT8_MAX
from drupelet.schemes import SCHEMES
from drupelet_export.cli.decision_options import add_decision_options, foreign_texts, stated_thresholds
from drupelet_export.cli.source_options import (
    add_accept_option,
    add_owner_options,
    add_source_options,
    add_weight_range_option,
    owner_of,
    source_of,
)
from drupelet_export.parity.check_names import parse_accepted

IDS_TELL = "ids still tell which words of the vocabulary a text has"


def configure_export(parser: argparse.ArgumentParser) -> None:
    """Declares the options of export."""
    parser.add_argument("model", help="folder of a drupelet train run or study, or a .keras or .h5 model")
    add_source_options(parser)
    add_owner_options(parser)
    add_accept_option(parser)
    add_decision_options(parser)
    parser.add_argument(
        "--formats",
        default=",".join(FORMATS),
        help=f"comma-separated formats of the model files: {', '.join(FORMATS)} (default: all)",
    )
    parser.add_argument(
        "--schemes", default="f32", help="comma-separated quantization schemes: f32 (default), f16, wi8, wi4"
    )
    add_weight_range_option(parser, INT8_MAX, str(INT8_MAX))
    parser.add_argument(
        "--keep-failed", action="store_true", help="write the bundle even when it does not answer like Keras"
    )
    parser.add_argument(
        "--private",
        action="store_true",
        help="store none of your texts in the bundle: of each only its SHA-256, its ids and its answer",
    )
    parser.add_argument(
        "--pruning",
        action="store_true",
        help="report the accuracy with smaller vocabularies too; needs held-out texts",
    )
    parser.add_argument("--out", required=True, metavar="BUNDLE", help="folder to write, or a name ending in .zip")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run_export(options: argparse.Namespace) -> int:
    """Writes a bundle and prints its verdict."""
    from drupelet_export.bundle.destination import check_destination
    from drupelet_export.cli.console import Steps
    from drupelet_export.errors import ParityError
    from drupelet_export.exporter import ExportRequest, export_bundle
    from drupelet_export.parity.reference_texts import load_held_out
    from drupelet_export.report.table import render_verification
    from drupelet_export.report.typed_json import to_json

    accepted = parse_accepted(options.accept)
    request = ExportRequest(
        source=source_of(Path(options.model), options),
        destination=Path(options.out),
        formats=parse_formats(options.formats),
        schemes=parse_schemes(options.schemes),
        keep_failed=options.keep_failed,
        pruning=options.pruning,
        accepted=accepted,
        private=options.private,
        weight_range=options.weight_range,
        thresholds=stated_thresholds(options),
        foreign=foreign_texts(options),
    )
    check_destination(request.destination)  # before minutes of work
    request = replace(request, owner=owner_of(options, request.source.options.labels))
    source = request.source
    if source.data is not None:
        held_out = load_held_out(
            source.data, source.options.labels, source.all_held_out, source.recorded_sha256, source.reading
        )
        request = replace(request, held_out=held_out)
    try:
        with Steps() as steps:
            export = export_bundle(request, steps.step, steps.count, steps.note)
    except ParityError as error:
        if options.json:
            unwritten = {**error.verification.to_json(), "text_checks": to_json(error.text_checks)}
            print_document(unwritten)
        print(f"drupelet export: {error}", file=sys.stderr)
        return EXIT_CHECK_FAILED
    document = export.document
    title = f"wrote {request.destination}"
    texts = _stored_texts(export.users_texts, options.private)
    if options.json:
        print_document(document.to_json())
        print("" if texts is None else f"{texts}\n", end="", file=sys.stderr)
    else:
        *table, verdict = render_verification(document, title).splitlines()
        print("\n".join([*table, *([] if texts is None else [texts]), verdict]))
    return EXIT_OK if export.verification.passed else EXIT_CHECK_FAILED


def _stored_texts(count: int, private: bool) -> str | None:
    """What the bundle holds of the user's texts; None where there are none."""
    if not count:
        return None
    texts = "1 of your texts" if count == 1 else f"{count:,} of your texts"
    if private:
        return f"private: {GOLDENS_FILE} has the SHA-256, the ids and the answer of {texts}, and no text; {IDS_TELL}"
    return f"the bundle stores {texts} in {GOLDENS_FILE}; --private leaves them out"


def parse_formats(value: str) -> tuple[str, ...]:
    """The file formats in a comma-separated list. Raises InputError for an unknown name and for an empty list."""
    return tuple(named_format(name) for name in _names(value, "format", FORMATS))


def parse_schemes(value: str) -> tuple[str, ...]:
    """The schemes in a comma-separated list. Raises InputError for an unknown name and for an empty list."""
    names = _names(value, "scheme", SCHEMES)
    for name in names:
        if name not in SCHEMES:
            raise InputError(f"scheme {name!r} is not known{closest_match(name, SCHEMES)}")
    return names


def _names(value: str, what: str, known: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))
    if not names:
        raise InputError(f"no {what} given; expected some of {', '.join(known)}")
    return names


EXPORT = Command(
    "export", "compile a Keras model into a bundle, and check that it answers the same", configure_export, run_export
)
