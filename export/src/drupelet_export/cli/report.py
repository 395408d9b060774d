"""``drupelet report``: parse, call the library, print."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.errors import InputError


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "saved",
        metavar="BUNDLE",
        help="bundle folder, .zip of one, JSON that drupelet parity or verify printed, or the folder of a training run",
    )
    parser.add_argument("--out", metavar="FILE.html", help="also write a page")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--wide", action="store_true", help="print one long Markdown table with every number of a file")
    shape.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Shows a saved verdict again, whether it passed or not, or a training run."""
    from drupelet_export.report.run_document import is_run

    if is_run(Path(options.saved)):
        return _show_run(options)
    from drupelet_export.report.page import write_page
    from drupelet_export.report.saved import read_saved
    from drupelet_export.report.table import markdown_table, render_verification

    saved = Path(options.saved)
    document = read_saved(saved)
    if options.out is not None:
        page = Path(options.out)
        if page.exists() and page.samefile(saved):
            raise InputError(
                f"{page}: is the saved verdict itself, expected another file for the page; give another --out"
            )
        write_page(document, page)
        print(f"wrote {page}", file=sys.stderr)
    if options.json:
        print_document(document.to_json())
    else:
        print(markdown_table(document) if options.wide else render_verification(document, options.saved))
    return EXIT_OK


def _show_run(options: argparse.Namespace) -> int:
    from drupelet_export.report.run_document import read_run
    from drupelet_export.report.run_page import write_run_page
    from drupelet_export.report.run_table import render_run_table
    from drupelet_export.report.typed_json import to_json

    if options.wide:
        raise InputError(f"{options.saved}: is a training run, which --wide does not fit; leave it out")
    document = read_run(Path(options.saved))
    if options.out is not None:
        write_run_page(document, Path(options.out))
        print(f"wrote {options.out}", file=sys.stderr)
    if options.json:
        print_document({"record": to_json(document.record), "evaluation": to_json(document.evaluation)})
    else:
        print(render_run_table(document))
    return EXIT_OK


REPORT = Command("report", "show a saved verdict again, or a training run, as a table or a page", configure, run)
