"""``drupelet predict``: labels for texts from the command line, a file, or a stream."""

from __future__ import annotations

import argparse
import sys

from drupelet.classifier import BATCH_TEXTS, SHARED_TEXTS, Classifier, load
from drupelet.cli.answers import ANSWER_FIELD, Kept, answer_line, answer_object, texts_of_json
from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.model_options import declare_bundle, declare_engine, declare_key
from drupelet.cli.number_option import number_within
from drupelet.cli.signals import held, released
from drupelet.cli.texts import LinesOfStdin, declare_texts, given_utf8
from drupelet.errors import DrupeletError, InputError

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from drupelet.following import Follower
    from drupelet.prediction import Prediction

    Answers = Iterator[list[tuple[Prediction, Any]]]
    """Batches of answers, each with what it is printed with: the text, the object it stood in, or None."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    declare_bundle(parser)
    declare_texts(parser, "texts to classify")
    declare_engine(parser)
    declare_key(parser)
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads that answer the texts (default: 1)"
    )
    parser.add_argument(
        "--top", type=number_within(1), metavar="K", help="the K most probable labels of each text, in their order"
    )
    parser.add_argument("--echo", action="store_true", help="print each text behind its answer")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON document")
    form.add_argument(
        "--jsonl",
        action="store_true",
        help="read a JSON object with a field text per line, and print each with its answer in a field prediction",
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="each line of stdin (or of --file) goes on with the text of those before it, behind a space, and is answered with "
        "the answer for the text so far; an empty line begins a new text, and is answered with an empty line (in JSON null)",
    )
    parser.add_argument(
        "--idle-seconds",
        type=_idle_seconds,
        metavar="N",
        help="end when stdin gives nothing, or stdout takes nothing, for so long (default: wait)",
    )


def _idle_seconds(given: str) -> int:
    from drupelet.cli.idle import idle_seconds

    return idle_seconds(given)


def run(options: argparse.Namespace) -> int:
    """Prints ``label<TAB>probability`` for each text, in order, as soon as it is answered; of several labels all that hold."""
    if options.idle_seconds:
        from drupelet.cli.idle import limit_idle

        limit_idle(options.idle_seconds)
    lines = given_utf8(_following(options) if options.follow else options)
    texts, kept = _texts(lines, options)
    classifier = load(options.bundle, options.engine, options.scheme, options.threads, options.key)
    if options.follow:
        return _follow(options, classifier, texts)
    if isinstance(lines, LinesOfStdin):
        batches = _as_they_come(classifier, texts if kept is None else kept, lines, options.threads)
    else:
        batches = classifier.batches_utf8(texts if kept is None else kept)
    said = _Said(classifier, options)
    answers = _with_kept(said.counted(batches), kept)
    if options.json:
        labels, top = classifier.labels, options.top
        objects = (answer_object(prediction, labels, top, given) for batch in answers for prediction, given in batch)
        _print_json(_head(classifier), objects, texts)
    else:
        for batch in answers:
            sys.stdout.write("".join(_lines(batch, classifier, options)))  # one call, which escapes them all
    said.at_the_end()
    if texts.error is not None:
        raise texts.error
    return EXIT_OK


def _following(options: argparse.Namespace) -> argparse.Namespace:
    """The options with stdin as what is read, unless a file is. Raises InputError for options that mean nothing here."""
    if options.text not in ([], ["-"]):
        raise InputError("texts and --follow together; --follow reads lines of stdin, or of --file")
    if options.threads != 1:
        raise InputError("--threads and --follow together; a text is followed by one thread")
    if options.jsonl or options.echo:
        raise InputError("--follow answers lines of text; leave out --jsonl and --echo")
    return argparse.Namespace(**{**vars(options), "text": [] if options.file is not None else ["-"]})


def _follow(options: argparse.Namespace, classifier: Classifier, lines: _UntilBadInput) -> int:
    """Prints the answer for the text so far as soon as a line has come."""
    follower, labels, top = classifier.follow(), classifier.labels, options.top
    if not follower.incremental and sys.stderr is not None and sys.stderr.isatty():
        print("this network, or this engine, reads the whole text again for each line", file=sys.stderr)
    answers = _followed(follower, lines)
    if options.json:
        objects = (None if answer is None else answer_object(answer, labels, top) for answer in answers)
        _print_json({**_head(classifier), "incremental": follower.incremental}, objects, lines, at_once=True)
    else:
        for answer in answers:
            with held():
                print("\n" if answer is None else answer_line(answer, labels, top), end="", flush=True)
    if lines.error is not None:
        raise lines.error
    return EXIT_OK


def _followed(follower: Follower, lines: Iterable[bytes]) -> Iterator[Prediction | None]:
    """For each line the answer for the text so far; None for an empty line, behind which a new text begins."""
    for line in lines:
        if line:
            follower.feed(f" {line.decode()}" if follower.text else line)
            yield follower.prediction
        else:
            follower.restart()
            yield None


def _head(classifier: Classifier) -> dict[str, Any]:
    return {"engine": classifier.engine, "file": classifier.model.entry.file}


def _texts(lines: Iterator[bytes], options: argparse.Namespace) -> tuple[_UntilBadInput, Kept | None]:
    """The texts until the first bad one, and what their answers are printed with; None where that is nothing."""
    if options.jsonl:
        where = options.file or ("stdin" if isinstance(lines, LinesOfStdin) else "arguments")
        texts = _UntilBadInput(texts_of_json(lines, where))
    elif options.echo:
        texts = _UntilBadInput((line, line) for line in lines)
    else:
        return _UntilBadInput(lines), None
    return texts, Kept(texts)


def _with_kept(batches: Iterator[list[Prediction]], kept: Kept | None) -> Answers:
    for batch in batches:
        yield [(prediction, None) for prediction in batch] if kept is None else list(zip(batch, kept.take(len(batch))))


def _lines(batch: list[tuple[Prediction, Any]], classifier: Classifier, options: argparse.Namespace) -> Iterator[str]:
    for prediction, given in batch:
        if options.jsonl:
            import json

            row = {**given, ANSWER_FIELD: answer_object(prediction, classifier.labels, options.top)}
            yield json.dumps(row, ensure_ascii=False) + "\n"
        else:
            yield answer_line(prediction, classifier.labels, options.top, given)


class _Said:
    """What people are told on stderr: the file that answers, how far it is, and texts that no answer can be about."""

    def __init__(self, classifier: Classifier, options: argparse.Namespace) -> None:
        model, manifest = classifier.model, classifier.bundle.manifest
        self._progress = None
        self._texts = self._without_words = 0
        self._has_counts = options.json or options.jsonl  # n_tokens of each text
        if sys.stderr is None or not sys.stderr.isatty():
            return
        others = [other.scheme for other in manifest.models if other.format == model.format]
        if len(others) > 1 and options.scheme is None:
            print(
                f"{model.entry.file} on {classifier.engine}; --scheme takes another of {', '.join(others)}",
                file=sys.stderr,
            )
        if options.file is not None:
            from drupelet.cli.progress import Progress

            self._progress = Progress("texts")

    def counted(self, batches: Iterator[list[Prediction]]) -> Iterator[list[Prediction]]:
        """The batches, as they come."""
        try:
            for batch in batches:
                self._texts += len(batch)
                self._without_words += sum(prediction.n_tokens == 0 for prediction in batch)
                yield batch
                if self._progress is not None:
                    self._progress.add(len(batch))
        finally:  # an error begins a line of its own
            if self._progress is not None:
                self._progress.close()

    def at_the_end(self) -> None:
        """Says of how many texts the network knew no word."""
        if self._without_words and not self._has_counts:
            of = f"{self._without_words:,} of {self._texts:,} texts have" if self._texts > 1 else "the text has"
            sys.stdout.flush()
            print(f"{of} no word that the network knows; such an answer says nothing about a text", file=sys.stderr)


def _as_they_come(
    classifier: Classifier, texts: Iterable[bytes], lines: LinesOfStdin, threads: int
) -> Iterator[list[Prediction]]:
    """The answers for lines of stdin. Lines that are there already are answered together, up to a batch; for several threads
    all that have arrived.

    The writer of stdin may wait for an answer before it sends the next line: no line is waited for while one is unanswered,
    and answers are flushed before the wait.
    """
    batch_texts = BATCH_TEXTS if threads == 1 else SHARED_TEXTS * threads
    remaining = iter(texts)
    for text in remaining:
        if threads > 1:
            lines.look_ahead()
        batch = [text]
        del text  # a long line is gone before the next is read
        while len(batch) < batch_texts and lines.has_next:
            more = next(remaining, None)
            if more is None:
                break
            batch.append(more)
        yield from classifier.batches_utf8(batch, len(batch))
        del batch
        with held():
            sys.stdout.flush()


class _UntilBadInput:
    """The texts before the first bad one; ``error`` then says what is wrong with that one.

    A stream of answers takes texts in batches. It ends here instead of failing, so the texts of a batch that is not full are
    answered too.
    """

    def __init__(self, texts: Iterable[Any]) -> None:
        self._texts = texts
        self.error: DrupeletError | None = None

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._texts
        except DrupeletError as error:
            self.error = error


def _print_json(
    first: dict[str, Any], objects: Iterator[dict[str, Any] | None], texts: _UntilBadInput, at_once: bool = False
) -> None:
    """Writes one document piece by piece, so that a long stream needs no more memory than a short one.

    ``first`` are its first members. ``at_once``: each answer is flushed.

    Whatever ends it after the first answer (a text that is bad, an interrupt, too little memory), the document is closed, with
    a last member ``error``. Before the first answer nothing is printed. Raises the error in both cases. Signals wait while a
    piece is written.
    """
    import json

    head = f'{json.dumps(first)[:-1]}, "predictions": ['
    nothing_left = object()
    separator = head + "\n"
    error: BaseException | None = None
    with held():
        try:
            while True:
                with released():
                    found: Any = next(objects, nothing_left)
                if found is nothing_left:
                    break
                print(separator + json.dumps(found), end="", flush=at_once)
                separator = ",\n"
        except BaseException as raised:  # noqa: BLE001 - an interrupt too; raised when the document is closed
            error = raised
        error = error or texts.error
        answered = separator == ",\n"
        if error is not None and not answered:
            raise error
        print("" if answered else head, end="")
        print("\n]}" if error is None else f'\n], "error": {json.dumps(_said(error))}}}')
        sys.stdout.flush()
        if error is not None:
            raise error


def _said(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return str(error) or type(error).__name__


COMMAND = Command("predict", "classify texts", configure, run, intermixed=True)
