"""``drupelet tokens``: a text on its way to ids, step by step."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from drupelet.classifier import Classifier, load
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.model_options import declare_bundle, declare_engine
from drupelet.cli.shown_text import columns, quoted, shown, step_shown
from drupelet.cli.texts import declare_texts, given_texts
from drupelet.encoder import Encoder
from drupelet.graph import PADDING_ID
from drupelet.text.rules import step_name
from drupelet.text.words import trace
from drupelet.tokens import tokens_of

SHOWN_CHARACTERS = 400
SHOWN_TOKENS = 400
SHOWN_IDS = 400
"""Most of a text, of its tokens and of its ids that people see; ``--json`` has them all. They fill a few screens."""
SHOWN_WORD_CHARACTERS = 50
WIDTH = 100
"""Width of the lines where stdout is no terminal."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    declare_bundle(parser)
    declare_texts(parser, "texts to show")
    declare_engine(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints each text after every step, its words, and their ids. Exit status 1 when the engine gets other ids."""
    texts = given_texts(options)
    classifier = load(options.bundle, options.engine, options.scheme)
    tracer = Tracer(classifier)
    reports = map(tracer.trace, texts)
    if options.json:
        found = list(reports)
        print_document({**tracer.head(), "texts": found})
        return EXIT_OK if all(report["agrees"] for report in found) else EXIT_CHECK_FAILED
    width = shutil.get_terminal_size((WIDTH, 0)).columns if sys.stdout.isatty() else WIDTH
    status = EXIT_OK
    for number, report in enumerate(reports):
        print(("\n" if number else "") + render(report, tracer.head(), width), flush=True)
        status = status if report["agrees"] else EXIT_CHECK_FAILED
    return status


class Tracer:
    """Follows texts through the rules of a bundle, with the ids that its engine runs on."""

    def __init__(self, classifier: Classifier) -> None:
        bundle = classifier.bundle
        manifest = bundle.manifest
        self._classifier = classifier
        self._rules = manifest.text_rules
        self._network = manifest.network
        self._vocabulary = bundle.vocabulary()
        self._encoder = Encoder(self._rules, self._vocabulary, self._network)
        self._has_keras_ids = bundle.single_file is None

    def head(self) -> dict[str, Any]:
        """What holds for every text, as a JSON object."""
        rules, network = self._rules, self._network
        return {
            "schema_version": 1,
            "bundle": self._classifier.bundle.path,
            "engine": self._classifier.engine,
            "file": self._classifier.model.entry.file,
            "rules": rules.name,
            "max_tokens": rules.max_tokens,
            "keep": rules.keep,
            "padding": network.padding,
        }

    def trace(self, text: str) -> dict[str, Any]:
        """A text on its way, as a JSON object.

        ``tokens`` have the fields of :class:`drupelet.tokens.Token`, and ``engine_id``. Ids of tokens that are not read by the
        engine are null there. ``keras_ids`` and
        ``engine_ids`` are all ids as they go in, padding included; Keras's are null for a single .drupelet file.
        ``agrees``: the engine reads the same ids as these rules give.
        """
        steps: list[dict[str, Any]] = []
        words: list[str] = []
        for step, outcome in trace(self._rules, text):
            fields = {name: list(held) if isinstance(held, tuple) else held for name, held in vars(step).items()}
            if not isinstance(outcome, str):
                words = outcome
            steps.append(
                {"step": step_name(step), **fields, "text" if isinstance(outcome, str) else "words_left": outcome}
            )
        encoded = self._encoder.encode(text)
        engine_ids = self._classifier.encode(text)
        masks_padding = not self._network.padded
        tokens = [token._asdict() for token in tokens_of(self._rules, self._vocabulary, words, masks_padding)]
        filling = len(encoded.ids) - sum(token["use"] == "read" for token in tokens)
        read = iter(engine_ids[filling if self._network.padding == "pre" else 0 :])
        for token in tokens:
            token["engine_id"] = next(read, None) if token["use"] == "read" else None
            if not self._has_keras_ids:
                token["keras_id"] = None
        same = self._classifier.keras_ids(text) if self._has_keras_ids else engine_ids
        return {
            "text": text,
            "steps": steps,
            "tokens": tokens,
            "n_tokens": encoded.n_tokens,
            "keras_ids": encoded.ids if self._has_keras_ids else None,
            "engine_ids": engine_ids,
            "agrees": same == encoded.ids,
        }


def render(report: dict[str, Any], head: dict[str, Any], width: int) -> str:
    """The way of a text for people: its steps, its tokens with their ids in columns, and the ids as they go in."""
    before = report["text"]
    rows = [("text", _quoted(before))]
    for step in report["steps"]:
        if "text" in step:
            rows.append((step_shown(step), "unchanged" if step["text"] == before else _quoted(step["text"])))
            before = step["text"]
        else:
            count = len(step["words_left"])
            rows.append((step_shown(step), f"{count} word{'' if count == 1 else 's'}"))
    margin = min(max(len(name) for name, _ in rows), width // 3)
    lines = [
        f"{name:<{margin}}  {held}" if len(name) <= margin else f"{name}\n{'':<{margin}}  {held}" for name, held in rows
    ]
    if report["tokens"]:
        lines += ["", *_grid(report, width)]
    lines += ["", *_ids(report, head)]
    return "\n".join(lines)


def _grid(report: dict[str, Any], width: int) -> Iterator[str]:
    tokens = report["tokens"]
    has_keras_ids = report["keras_ids"] is not None
    same = report["keras_ids"] == report["engine_ids"]
    names = ["", *(["Keras's id"] if has_keras_ids else []), *(["engine's id"] if not same else [])]
    cells = [
        [
            _word(token["word"]) if token["word"] is not None else f"<{token['kind']}>",
            *([_id(token, token["keras_id"])] if has_keras_ids else []),
            *(
                [_id(token, token["engine_id"]) if not has_keras_ids else _number(token["engine_id"])]
                if not same
                else []
            ),
        ]
        for token in tokens[:SHOWN_TOKENS]
    ]
    yield from columns(names, cells, width)
    if len(tokens) > SHOWN_TOKENS:
        yield f"... and {len(tokens) - SHOWN_TOKENS} more; --json has them all"
    legend = {
        "unknown": ("?", "a word that the vocabulary lacks"),
        "dropped": ("dropped", "an unknown word, for which the model has no id"),
        "cut": ("cut", "beyond max_tokens"),
        "masked": ("masked", "id 0, which the model masks"),
    }
    seen = {token["use"] for token in tokens}
    seen |= {token["kind"] for token in tokens if token["use"] == "read"}
    if seen & set(legend):
        yield "; ".join(f"{sign}: {meaning}" for name, (sign, meaning) in legend.items() if name in seen)


def _word(word: str) -> str:
    """A word in the grid; of a long one its beginning, and how many characters there are."""
    if len(word) <= SHOWN_WORD_CHARACTERS:
        return shown(word)
    return f"{shown(word[:SHOWN_WORD_CHARACTERS])}... ({len(word)} characters)"


def _id(token: dict[str, Any], number: int | None) -> str:
    """The id of a token in the grid, or what became of it."""
    if token["use"] != "read":
        use: str = token["use"]
        return use
    return f"{number}?" if token["kind"] == "unknown" else str(number)


def _number(number: int | None) -> str:
    return "-" if number is None else str(number)


def _ids(report: dict[str, Any], head: dict[str, Any]) -> Iterator[str]:
    """The ids as they go in, and the number of words that are known."""
    engine = f"{head['engine']}'s ids ({head['file']})"
    keras = "Keras's ids"
    if report["keras_ids"] is None:
        yield f"{engine}: {_list(report['engine_ids'])}"
        yield "A single .drupelet file does not hold Keras's ids; its bundle does."
    elif report["keras_ids"] == report["engine_ids"]:
        yield f"{keras}, which {head['engine']} reads too: {_list(report['keras_ids'])}"
    else:
        margin = max(len(keras), len(engine)) + 1
        yield f"{keras + ':':<{margin}} {_list(report['keras_ids'])}"
        yield f"{engine + ':':<{margin}} {_list(report['engine_ids'])}"
    limit = "no limit" if head["max_tokens"] is None else f"at most {head['max_tokens']}, {head['keep']}"
    padding = "" if head["padding"] == "none" else f", padded with 0 ({head['padding']})"
    known, read = report["n_tokens"], sum(token["use"] == "read" for token in report["tokens"])
    yield f"{read} token{'' if read == 1 else 's'} ({limit}{padding}), {known} of them known"
    if not report["agrees"]:
        yield "The engine reads other ids than these rules give: this bundle is damaged; run drupelet verify."


def _list(ids: Sequence[int]) -> str:
    """Ids with a run of padding as one entry."""
    entries: list[str] = []
    place = 0
    while place < len(ids):
        stop = place + 1
        if ids[place] == PADDING_ID:
            while stop < len(ids) and ids[stop] == PADDING_ID:
                stop += 1
        entries.append(str(ids[place]) if stop - place < 4 else f"0 ({stop - place} times)")
        entries += [str(PADDING_ID)] * (stop - place - 1 if stop - place < 4 else 0)
        place = stop
    if len(entries) > SHOWN_IDS:
        entries = [*entries[:SHOWN_IDS], f"... and {len(entries) - SHOWN_IDS} more; --json has them all"]
    return " ".join(entries) or "none"


def _quoted(text: str) -> str:
    return quoted(text, SHOWN_CHARACTERS)


COMMAND = Command(
    "tokens", "show a text after each step of the rules, its words and their ids", configure, run, intermixed=True
)
