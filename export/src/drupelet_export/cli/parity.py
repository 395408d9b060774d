"""``drupelet parity``: parse, call the library, print."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.errors import InputError
from drupelet_export.cli.source_options import (
    add_accept_option,
    add_owner_options,
    add_source_options,
    add_weight_range_option,
    owner_of,
    source_of,
)
from drupelet_export.parity.check_names import parse_accepted

if TYPE_CHECKING:
    from drupelet.bundle import Bundle


def configure_parity(parser: argparse.ArgumentParser) -> None:
    """Declares the options of parity."""
    parser.add_argument("bundle", help="bundle folder or .zip of one")
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="run folder or model file that the bundle was exported from (default: the folder BUNDLE-source beside the bundle)",
    )
    add_source_options(parser)
    add_owner_options(parser)
    add_accept_option(parser)
    add_weight_range_option(parser, None, "what the manifest says")
    parser.add_argument("--engine", help="only this engine, and it must run (default: every engine that can)")
    parser.add_argument(
        "--explain", action="store_true", help="show the error that each quantized tensor and each stage adds"
    )
    parser.add_argument("--report", metavar="FILE.html", help="also write the result as an HTML page")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run_parity(options: argparse.Namespace) -> int:
    """Compares every file and engine with Keras on real texts; exit status 1 when one disagrees."""
    from drupelet.bundle import open_bundle
    from drupelet_export.cli.console import Steps
    from drupelet_export.parity.check import check_parity
    from drupelet_export.report.assembly import report_document
    from drupelet_export.report.page import check_place, write_page
    from drupelet_export.report.table import render_verification

    page = None if options.report is None else Path(options.report)
    if page is not None:
        check_place(page)  # before minutes of work
    accepted = parse_accepted(options.accept)
    bundle = open_bundle(options.bundle)
    source = source_of(_model_of(bundle, options.model), options)
    owner = owner_of(options, source.options.labels)
    with Steps() as steps:
        parity = check_parity(
            bundle,
            source,
            options.engine,
            options.explain,
            owner,
            accepted,
            steps.step,
            steps.count,
            steps.note,
            options.weight_range,
        )
    document = report_document(
        bundle, parity.verification, parity.goldens, parity.explanation, text_checks=parity.text_checks
    )
    if page is not None:
        write_page(document, page)
    if options.json:
        print_document(document.to_json())
    else:
        print(render_verification(document, bundle.path))
    return EXIT_OK if parity.verification.passed else EXIT_CHECK_FAILED


def _model_of(bundle: Bundle, given: str | None) -> Path:
    if given is not None:
        return Path(given)
    path = Path(bundle.path).resolve()  # within a bundle, "." has no name
    beside = path.with_name(f"{path.stem}-source")
    if not beside.is_dir():
        raise InputError(
            f"{bundle.path}: the Keras model that it was exported from is not known, because there is no folder {beside}; "
            "give --model MODEL"
        )
    return beside


PARITY = Command(
    "parity", "compare every file and engine of a bundle with Keras on real texts", configure_parity, run_parity
)
