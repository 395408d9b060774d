"""A training run as text for a terminal."""

from __future__ import annotations

from drupelet.cli.shown_text import quoted
from drupelet.cli.table import render_table
from drupelet_export.report.run_document import RunDocument

SHOWN_LABELS, SHOWN_CONFUSIONS, SHOWN_MISTAKES, SHOWN_CHARACTERS = 20, 5, 5, 100


def render_run_table(document: RunDocument) -> str:
    """The figures of a run on the part that a reader looks at first."""
    part, name = document.evaluation.parts[document.part], document.part.replace("_", "-")
    low, high = part.interval
    lines = [
        f"{document.name}: {part.texts:,} {name} texts, accuracy {part.accuracy:.4f} (95 %: {low:.4f} to {high:.4f}), "
        f"macro F1 {part.macro_f1:.4f}; the most frequent label alone {part.largest_class:.4f}",
        "",
        render_table(
            ("label", "texts", "precision", "recall", "F1"),
            [
                (one.label, f"{one.texts:,}", *map(_share, (one.precision, one.recall, one.f1)))
                for one in part.classes[:SHOWN_LABELS]
            ],
        ),
    ]
    if len(part.classes) > SHOWN_LABELS:
        lines.append(f"... and {len(part.classes) - SHOWN_LABELS:,} more; --json has them all")
    if part.confusions:
        pairs = [(pair.label, pair.answered, f"{pair.texts:,}") for pair in part.confusions[:SHOWN_CONFUSIONS]]
        lines += ["", render_table(("true label", "answered", "texts"), pairs)]
    if part.mistakes:
        lines += ["", "the most confident mistakes:"]
        lines += [
            f"{', '.join(mistake.labels) or 'no label'}, answered {', '.join(mistake.answered) or 'no label'} "
            f"({mistake.probability:.3f}): {quoted(mistake.text, SHOWN_CHARACTERS)}"
            for mistake in part.mistakes[:SHOWN_MISTAKES]
        ]
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
