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
        "saved", metavar="BUNDLE", help="bundle folder, .zip of one, or JSON that drupelet parity or verify printed"
    )
    parser.add_argument("--out", metavar="FILE.html", help="also write the verdict as a page")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--wide", action="store_true", help="print one long Markdown table with every number of a file")
    shape.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Shows a saved verdict again, whether it passed or not."""
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


REPORT = Command("report", "show a saved verdict again, as a table or a page", configure, run)
