"""Explanations as one page of HTML that needs nothing else: no script, and no font or picture from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from drupelet.cli.marked_text import SLIGHT, Piece, pieces_of
from drupelet.control_characters import escaped
from drupelet.explanation import Explanation, Word

WORDS_SHOWN = 10

STYLE = """
:root { color-scheme: light dark; --for: 22 130 60; --against: 190 40 40; }
body { font: 1rem/1.6 system-ui, sans-serif; margin: 2rem auto; max-width: 46rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid #8888; border-radius: .4rem; padding: .8rem; }
mark { color: inherit; border-radius: .2rem; }
mark.for { background: rgb(var(--for) / calc(var(--strength) * 60%)); }
mark.against { background: rgb(var(--against) / calc(var(--strength) * 60%)); text-decoration: underline dotted; }
table { border-collapse: collapse; } th, td { padding: .2rem .8rem .2rem 0; text-align: left; }
th.number, td.number { text-align: right; } td.number { font-variant-numeric: tabular-nums; }
"""


def explanation_page(name: str, explanations: Sequence[Explanation]) -> str:
    """The page of a bundle's explanations."""
    title = f"{escape(name)}: which words decided"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        "<p>Green words speak for the label, red and underlined ones against it.</p>\n"
        + "".join(map(_section, explanations))
        + "</body>\n</html>\n"
    )


def _section(explanation: Explanation) -> str:
    head = f"{escape(explanation.label)} {explanation.probability:.3f}"
    text = "".join(map(_marked, pieces_of(explanation)))
    rows = "".join(map(_row, explanation.deciding(WORDS_SHOWN)))
    table = (
        '<table><thead><tr><th>word</th><th class="number">change</th><th class="number">share</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>\n" if rows else "<p>No word speaks for it.</p>\n"
    )  # fmt: skip
    sum_of_all = "" if explanation.log_odds is None else f"<p>{escape(sum_sentence(explanation))}</p>\n"
    return f'<h2>{head}</h2>\n<div class="text" dir="auto">{text}</div>\n{table}{sum_of_all}'


def sum_sentence(explanation: Explanation) -> str:
    """What the shares of the words add up to."""
    if explanation.log_odds is None or explanation.rest is None:
        return ""
    shares = sum(word.share or 0.0 for word in explanation.words)
    return f"log-odds {explanation.log_odds:+.3f} = words {shares:+.3f}, rest {explanation.rest:+.3f}"


def number(value: float | None) -> str:
    """A change or a share with its sign; a hyphen where there is none."""
    return "-" if value is None else f"{value:+.4f}"


def _marked(piece: Piece) -> str:
    text = escape(escaped(piece.text))
    if abs(piece.strength) < SLIGHT:
        return text
    side = "for" if piece.strength > 0 else "against"
    return f'<mark class="{side}" style="--strength: {abs(piece.strength):.3f}">{text}</mark>'


def _row(word: Word) -> str:
    numbers = "".join(f'<td class="number">{number(value)}</td>' for value in (word.change, word.share))
    return f"<tr><td>{escape(escaped(word.word))}</td>{numbers}</tr>"
