"""``drupelet predict``: labels for texts from the command line, a file, or a stream."""

from __future__ import annotations

import argparse
import sys

from drupelet.classifier import BATCH_TEXTS, SHARED_TEXTS, Classifier, load
from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.signals import held, released
from drupelet.cli.texts import LinesOfStdin, declare_texts, given_utf8
from drupelet.errors import DrupeletError
from drupelet.output import HOLDS

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from drupelet.prediction import Prediction


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("bundle", help="bundle folder, .zip of one, or .drupelet file")
    declare_texts(parser, "texts to classify")
    parser.add_argument("--engine", default="auto", help="auto (default), native, litert, onnx or numpy")
    parser.add_argument(
        "--scheme", help="quantization scheme, when the bundle has several (default: of the smallest file)"
    )
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads that answer the texts (default: 1)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
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
    given = given_utf8(options)
    texts = _UntilBadInput(given)
    classifier = load(options.bundle, options.engine, options.scheme, options.threads)
    if isinstance(given, LinesOfStdin):
        batches = _as_they_come(classifier, texts, given, options.threads)
    else:
        batches = classifier.batches_utf8(texts)
    if options.json:
        predictions = (prediction for batch in batches for prediction in batch)
        _print_json(classifier.engine, classifier.model.entry.file, predictions, texts)
    else:
        for batch in batches:
            sys.stdout.write("".join(map(_line, batch)))  # one call, which escapes them all
    if texts.error is not None:
        raise texts.error
    return EXIT_OK


def _as_they_come(
    classifier: Classifier, texts: _UntilBadInput, lines: LinesOfStdin, threads: int
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


def _line(prediction: Prediction) -> str:
    """Label and probability; of a multi-label network the labels that hold with theirs, an empty line where none does."""
    if not prediction.is_multi_label:
        return f"{prediction.label}\t{prediction.probability:.6f}\n"
    held = [probability for probability in prediction.probabilities if probability >= HOLDS]
    return "\t".join(f"{label}\t{probability:.6f}" for label, probability in zip(prediction.labels, held)) + "\n"


class _UntilBadInput:
    """The texts before the first bad one; ``error`` then says what is wrong with that one.

    A stream of answers takes texts in batches. It ends here instead of failing, so the texts of a batch that is not full are
    answered too.
    """

    def __init__(self, texts: Iterator[bytes]) -> None:
        self._texts = texts
        self.error: DrupeletError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._texts
        except DrupeletError as error:
            self.error = error


def _print_json(engine: str, file: str, predictions: Iterator[Prediction], texts: _UntilBadInput) -> None:
    """Writes one document piece by piece, so that a long stream needs no more memory than a short one.

    Whatever ends it after the first answer (a text that is bad, an interrupt, too little memory), the document is closed, with
    a last member ``error``. Before the first answer nothing is printed. Raises the error in both cases. Signals wait while a
    piece is written.
    """
    import json

    head = f'{{"engine": {json.dumps(engine)}, "file": {json.dumps(file)}, "predictions": ['
    separator = head + "\n"
    error: BaseException | None = None
    with held():
        try:
            while True:
                with released():
                    prediction = next(predictions, None)
                if prediction is None:
                    break
                piece = separator + json.dumps(_json_object(prediction))
                print(piece, end="")
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


def _json_object(prediction: Prediction) -> dict[str, Any]:
    import math

    def number(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "label": prediction.label,
        "probability": number(prediction.probability),
        "probabilities": [number(value) for value in prediction.probabilities],
        "n_tokens": prediction.n_tokens,
        **({"labels": list(prediction.labels)} if prediction.is_multi_label else {}),
    }


COMMAND = Command("predict", "classify texts", configure, run, intermixed=True)
