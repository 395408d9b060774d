"""Renders a training run as one page, with the style of the verdict's page and the pictures of the run inside it."""

from __future__ import annotations

import base64
from pathlib import Path

from drupelet.run_folder import (
    CONFUSION_PICTURE,
    CURVES_PICTURE,
    LEARNING_PICTURE,
    LENGTHS_PICTURE,
    RELIABILITY_PICTURE,
)
from drupelet_export.report.page import environment, style_sheet, write_html
from drupelet_export.report.run_document import RunDocument

SECTIONS = {
    "labels": "Label by label",
    "mistakes": "The most confident mistakes",
    "training": "How the training went",
    "about": "About this run",
}

CAPTIONS = {
    CONFUSION_PICTURE: "Which labels were answered for which. A field's shade is the share of the texts of its true label.",
    LEARNING_PICTURE: "What more texts bring to a simple classifier. A curve that still rises says that more texts would help.",
    CURVES_PICTURE: "Loss and accuracy by epoch. Where the validation loss rises, the network learns its texts by heart.",
    RELIABILITY_PICTURE: "How far probabilities can be trusted, on the validation texts.",
    LENGTHS_PICTURE: "How long the texts are, and how many are longer than the network reads.",
}
"""What each picture shows, for people who cannot see it too."""

MOST_LABELS, MOST_CONFUSIONS = 100, 20


def render_run(document: RunDocument) -> str:
    """The page for a run."""
    return (
        environment()
        .get_template("run.html.jinja")
        .render(
            document=document,
            record=document.record,
            part=document.evaluation.parts[document.part],
            part_name=document.part.replace("_", "-"),
            besides=[
                (each.name, each.parts[document.part])
                for each in document.record.baselines
                if document.part in each.parts
            ],
            sections=SECTIONS,
            pictures={name: _address_of(content) for name, content in document.pictures.items()},
            captions=CAPTIONS,
            confusion=CONFUSION_PICTURE,
            most_labels=MOST_LABELS,
            most_confusions=MOST_CONFUSIONS,
            style=style_sheet(),
        )
    )


def write_run_page(document: RunDocument, path: Path) -> None:
    """Writes the page for a run, as ``page.write_page`` writes that of a verdict."""
    write_html(render_run(document), path)


def _address_of(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
