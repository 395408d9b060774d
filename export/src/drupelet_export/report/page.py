"""Renders a document as ``report.html``, one page without script or network, from the templates beside this module.

The page escapes everything that it prints and spells out invisible characters, so that no text of a document can become
markup. It is always valid UTF-8.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from drupelet.errors import InputError
from drupelet.manifest import MANIFEST_FILE
from drupelet.regular_file import open_regular_file
from drupelet_export.bundle.destination import resolve_destination
from drupelet_export.bundle.partial_folder import partial_folder
from drupelet_export.bundle.taking_place import take_place
from drupelet_export.report import charts, wording
from drupelet_export.report.document import MAX_FLIPPED, MAX_TEXT_CHARACTERS, Document, Result

MAX_FLIPPED_TEXTS = 100
"""Maximum number of flipped texts on the page. A bundle that flips more is broken, and the page must open on a telephone."""

SECTIONS = {
    "files": "Size, accuracy, latency",
    "results": "Every file on every engine",
    "differences": "How far the probabilities moved",
    "calibration": "How far the probabilities can be trusted",
    "text_checks": "Text and labels",
    "flips": "Flipped texts",
    "ledger": "Where the bytes go",
    "explanation": "What quantizing each part costs",
    "pruning": "Fewer words",
    "about": "About this report",
}
"""The sections in the order of the page. Each has a template of that name. A section with nothing to show is left out."""

CONTENT_POLICY = b"default-src 'none'; style-src 'unsafe-inline'"
"""How the policy in the head of every page begins. A file with it in its first HEAD_BYTES is an older page."""
HEAD_BYTES = 1024

FILTERS = {
    "cut": wording.cut,
    "count_text": wording.count_text,
    "difference_text": wording.difference_text,
    "number_text": wording.number_text,
    "share_text": wording.share_text,
    "size_text": wording.size_text,
    "texts_text": wording.texts_text,
    "time_text": wording.time_text,
}


def render_html(document: Document) -> str:
    """The page for a document."""
    flipped = document.flipped or ()
    compared = [comparison for result in document.results for comparison in result.suites.values()]
    values: dict[str, Any] = {
        "accuracy": charts.accuracy_chart(document),
        "size": charts.size_chart(document),
        "latency": charts.latency_chart(document),
        "differences": charts.difference_charts(document),
        "calibration": charts.calibration(document),
        "flips": sum(comparison.flips for comparison in compared),
        "flipped": flipped[:MAX_FLIPPED_TEXTS],
        "ledger": charts.ledger(document),
        "explanation": charts.explanation(document),
        "pruning": charts.pruning(document),
    }
    empty = {key for key in ("differences", "calibration", "ledger", "explanation", "pruning") if not values[key]}
    if not compared and not flipped:
        empty.add("flips")
    if not document.text_checks:
        empty.add("text_checks")
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            document=document,
            sections={key: title for key, title in SECTIONS.items() if key not in empty},
            tiles=_tiles(document),
            failures=_failures(document),
            samples=_samples(document),
            lists_all_flipped=len(flipped) < MAX_FLIPPED,
            text_limit=MAX_TEXT_CHARACTERS,
            absent=_absent(document),
            style=style_sheet(),
            **values,
        )
    )


def style_sheet() -> Markup:
    """The style sheet of the page. It holds nothing from a document, so it is not escaped."""
    content = resources.files("drupelet_export.report").joinpath("templates", "page.css").read_text(encoding="utf-8")
    return Markup(content)  # noqa: S704 - a file of this package


def check_place(path: Path) -> None:
    """Raises InputError when a page must not be written to the path.

    A page goes into a folder that is there and is no bundle. It replaces an empty file or an older page, nothing else.
    """
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it, or give another path for the page")
    _check_replaceable(path, resolve_destination(path))
    if (path.parent / MANIFEST_FILE).exists():
        raise InputError(
            f"{path}: is inside a bundle, which may hold only the files in its {MANIFEST_FILE}; give a path outside of it"
        )


def _check_replaceable(path: Path, place: Path) -> None:
    """Raises InputError when something lies at ``place``, to be replaced at ``path``, and is neither empty nor a page."""
    if place.is_dir():
        raise InputError(f"{path}: is a folder, expected the name of a file for the page; give another path")
    try:
        with open_regular_file(str(place), "give another path for the page") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(
            f"{path}: exists and cannot be read ({error.strerror}); give another path for the page"
        ) from error
    if head and CONTENT_POLICY not in head:
        raise InputError(f"{path}: exists and is not a page, so it is not replaced; give another path for the page")


def write_page(document: Document, path: Path) -> None:
    """Writes the page for a document, whole or not at all, over an older one if there is one.

    Raises InputError when that fails; what was there before is then still there.
    """
    write_html(render_html(document), path)


def write_html(page: str, path: Path) -> None:
    """Writes a page, whole or not at all, over an older one if there is one. Raises InputError."""
    check_place(path)
    place, content = resolve_destination(path), page.encode()
    try:
        with partial_folder(place) as folder:
            new = folder / "page.html"
            with new.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            take_place(new, place, lambda found: _check_replaceable(path, found))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); give another path for the page") from error


def _tiles(document: Document) -> dict[str, str]:
    """Six numbers that sum the document up."""
    ran = document.ran
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


def _failures(document: Document) -> list[tuple[Result, str, str]]:
    """Each failed gate: the result, the suite, and the sentence about it."""
    return [
        (result, suite, failure)
        for result in document.results
        for suite, comparison in result.suites.items()
        for failure in comparison.failures
    ]


def _samples(document: Document) -> list[str]:
    """A sentence for each engine and suite of which only some texts were compared: how many, and why."""
    sentences = [
        f"{wording.cut(result.engine, 40)} was compared on {wording.texts_text(comparison.n, comparison.total)} "
        f"{wording.cut(suite, 40).replace('_', ' ')} texts: {wording.cut(comparison.why, 300)}."
        for result in document.results
        for suite, comparison in result.suites.items()
        if comparison.why is not None
    ]
    return list(dict.fromkeys(sentences))


def _absent(document: Document) -> list[str]:
    """The parts that every export records but this document lacks."""
    compared = [result for result in document.results if result.suites]
    parts = {
        "the differences of all texts": bool(compared) and all(result.histogram is None for result in compared),
        "the texts that flipped": document.flipped is None,
        "the bytes of each part": document.ledger is None,
        "the network and its source": document.created_by is None,
    }
    return [part for part, is_absent in parts.items() if is_absent]


def _printable(value: Any) -> Any:
    """A value for the page: markup as it is, anything else with its invisible characters spelled out."""
    return value if isinstance(value, Markup) else wording.visible(str(value))


@cache
def environment() -> Environment:
    """The templates beside this module, which escape everything that they print."""
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
