"""``drupelet explain``: which words of a text decided."""

from __future__ import annotations

import argparse
import math
import os
import sys
from typing import Any

from drupelet.classifier import load
from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.escaped_streams import unescaped
from drupelet.cli.explanation_page import explanation_page, number, sum_sentence
from drupelet.cli.marked_text import coloured, wants_colours
from drupelet.cli.model_options import declare_bundle, declare_engine
from drupelet.cli.number_option import number_within
from drupelet.cli.shown_text import shown
from drupelet.cli.table import render_table
from drupelet.cli.texts import declare_texts, given_texts
from drupelet.errors import InputError
from drupelet.explanation import Explanation, Word, effect_of

SHOWN_WORDS = 10
NO_KNOWN_WORD = "the network knows no word of this text, so the answer says nothing about it"
SHOWN_CHARACTERS = 40
"""Most of a word that people see."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    declare_bundle(parser)
    declare_texts(parser, "texts to explain")
    parser.add_argument("--label", help="the label whose probability is explained (default: that of the answer)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="leave no word out: only what each adds to the log-odds, where the network is such a sum",
    )
    parser.add_argument(
        "--top",
        type=number_within(0),
        default=SHOWN_WORDS,
        metavar="N",
        help=f"words in the table (default: {SHOWN_WORDS})",
    )
    parser.add_argument("--html", metavar="FILE", help="write a page with the coloured texts, too")
    declare_engine(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints each text, coloured on a terminal, and the words that did most for and against the label."""
    texts = given_texts(options)
    classifier = load(options.bundle, options.engine, options.scheme)
    explanations = []
    with_colours = wants_colours(sys.stdout.isatty(), os.environ)
    for place, text in enumerate(texts):
        explanation = classifier.explain(text, options.label, options.quick)
        if options.html is not None or options.json:
            explanations.append(explanation)
        if not options.json:
            print("\n" if place else "", end="")
            _print(explanation, options.top, with_colours)
    if options.html is not None:
        _write(options.html, explanation_page(classifier.bundle.manifest.name, explanations))
    if options.json:
        head = {"bundle": classifier.bundle.path, "engine": classifier.engine, "file": classifier.model.entry.file}
        print_document({"schema_version": 1, **head, "texts": [*map(json_object, explanations)]})
    return EXIT_OK


def _print(explanation: Explanation, top: int, with_colours: bool) -> None:
    print(f"{explanation.label}\t{explanation.probability:.6f}")
    if with_colours:
        print(coloured(explanation), file=unescaped(sys.stdout))
    ranked = sorted(explanation.words, key=lambda word: -abs(effect_of(word) or 0.0))
    rows = [[_word(word), number(word.change), number(word.share)] for word in ranked[:top] if effect_of(word)]
    if rows:
        print(render_table(["word", "change", "share"], rows))
    for line in filter(None, (sum_sentence(explanation), _unread(explanation))):
        print(line)
    sys.stdout.flush()


def _word(word: Word) -> str:
    text = shown(word.word[:SHOWN_CHARACTERS])
    return text if len(word.word) <= SHOWN_CHARACTERS else f"{text}..."


def _unread(explanation: Explanation) -> str:
    """How many words the network did not read; or that it knows none, so that the answer says nothing about the text."""
    if not explanation.prediction.n_tokens:
        return NO_KNOWN_WORD
    unread = [word.use for word in explanation.words if word.use != "read"]
    return ", ".join(f"{use}: {unread.count(use)}" for use in ("dropped", "cut", "masked") if use in unread)


def json_object(explanation: Explanation) -> dict[str, Any]:
    """An explanation as a JSON object. What is not a number is null."""

    def finite(value: float | None) -> float | None:
        return value if value is not None and math.isfinite(value) else None

    return {
        "text": explanation.text,
        "label": explanation.label,
        "probability": finite(explanation.probability),
        "answer": explanation.prediction.label,
        "probabilities": [finite(value) for value in explanation.prediction.probabilities],
        "log_odds": finite(explanation.log_odds),
        "rest": finite(explanation.rest),
        "words": [
            {**word._asdict(), "change": finite(word.change), "share": finite(word.share)} for word in explanation.words
        ],
    }


def _write(path: str, page: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123 - as everywhere in cli/
            file.write(page)
    except (OSError, ValueError) as error:
        raise InputError(f"{path!r}: cannot be written ({getattr(error, 'strerror', None) or error})") from error


COMMAND = Command("explain", "show which words of a text decided", configure, run, intermixed=True)
