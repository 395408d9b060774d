"""Renders a document as ``report.html``, one page without script or network, from the templates beside this module.

The page escapes whatever it prints and spells out characters that cannot be seen, so that no text of a document can be
anything but text. It is always valid UTF-8.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from drupelet.errors import InputError
from drupelet.manifest import MANIFEST_FILE
from drupelet_export.report import charts, wording
from drupelet_export.report.document import Document

MAX_FLIPPED_TEXTS = 100
"""Flipped texts shown: a bundle that flips more is broken, and the page still opens on a telephone."""
MAX_TEXT_CHARACTERS = 1500
"""Characters shown of a flipped text: a screen of a desktop, three of a telephone."""

FILTERS = {
    "cut": wording.cut,
    "count_text": wording.count_text,
    "difference_text": wording.difference_text,
    "number_text": wording.number_text,
    "share_text": wording.share_text,
    "size_text": wording.size_text,
    "time_text": wording.time_text,
}


def render_html(document: Document) -> str:
    """The page for a document."""
    ran = [result for result in document.results if result.ran]
    shown = {
        "accuracy": charts.accuracy_chart(document),
        "size": charts.size_chart(document),
        "latency": charts.latency_chart(document),
        "differences": charts.difference_charts(document),
        "calibration": charts.calibration(document),
        "ledger": charts.ledger(document),
        "explanation": charts.explanation(document),
        "pruning": charts.pruning(document),
    }
    compared = any(result.suites for result in document.results)
    sections = {
        "files": "Size, accuracy, latency",
        "results": "Every file on every engine",
        **({"differences": "How far the probabilities moved"} if shown["differences"] else {}),
        **({"calibration": "How far the probabilities can be trusted"} if shown["calibration"] else {}),
        **({"flips": "Flipped texts"} if compared or document.flipped else {}),
        **({"ledger": "Where the bytes go"} if shown["ledger"] else {}),
        **({"explain": "What quantizing each part costs"} if shown["explanation"] else {}),
        **({"pruning": "Fewer words"} if shown["pruning"] else {}),
        "about": "About this report",
    }
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            document=document,
            sections=sections,
            ran=ran,
            tiles=_tiles(document),
            failures=[
                (result, suite, failure)
                for result in document.results
                for suite, comparison in result.suites.items()
                for failure in comparison.failures
            ],
            flips=sum(comparison.flips for result in document.results for comparison in result.suites.values()),
            flipped=(document.flipped or ())[:MAX_FLIPPED_TEXTS],
            text_limit=MAX_TEXT_CHARACTERS,
            absent=_absent(document),
            style=style_sheet(),
            **shown,
        )
    )


def style_sheet() -> Markup:
    """The style sheet of the page, which no document has a part in."""
    content = resources.files("drupelet_export.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    return Markup(content)  # noqa: S704


def check_place(path: Path) -> None:
    """Raises InputError when a page must not be written to the path, for it would damage a bundle."""
    if (path.parent / MANIFEST_FILE).exists():
        raise InputError(
            f"{path}: lies in a bundle, whose files no longer match its {MANIFEST_FILE} when one is written; name a place "
            "outside"
        )


def write_page(document: Document, path: Path) -> None:
    """Writes the page for a document, over an older file if there is one. Raises InputError when that fails."""
    check_place(path)
    try:
        path.write_text(render_html(document), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); name another place for the page") from error


def _tiles(document: Document) -> dict[str, str]:
    """Six numbers that sum the document up."""
    ran = [result for result in document.results if result.ran]
    differences = [comparison.max_difference for result in ran for comparison in result.suites.values()]
    finite = [difference for difference in differences if difference is not None]
    largest = None if len(finite) < len(differences) else max(finite, default=None)
    texts = [sum(comparison.n for comparison in result.suites.values()) for result in ran]
    flips = [sum(comparison.flips for comparison in result.suites.values()) for result in ran]
    return {
        "files": str(len({result.file for result in document.results})),
        "engines that ran": str(len({result.engine for result in ran})),
        "texts compared": wording.count_text(max(texts, default=0)),
        "most flips in a file": wording.count_text(max(flips, default=0)),
        "largest difference": wording.difference_text(largest) if differences else "none",
        "smallest file": wording.size_text(min((result.size_bytes for result in document.results), default=0)),
    }


def _absent(document: Document) -> list[str]:
    """The parts that every export records and this document lacks."""
    compared = [result for result in document.results if result.suites]
    parts = {
        "the differences of all texts": bool(compared) and all(result.histogram is None for result in compared),
        "the texts that flipped": document.flipped is None,
        "the bytes of each part": document.ledger is None,
        "the network and its source": document.created_by is None,
    }
    return [part for part, is_absent in parts.items() if is_absent]


def _printable(value: Any) -> Any:
    """What the page prints for a value: markup as it is, anything else with its invisible characters spelled out."""
    return value if isinstance(value, Markup) else wording.visible(str(value))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("drupelet_export.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment
