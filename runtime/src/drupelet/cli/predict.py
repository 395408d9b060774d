"""``drupelet predict``: labels for texts from the command line, a file, or a stream."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

from drupelet.classifier import load
from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.texts import declare_texts, given_texts
from drupelet.errors import DrupeletError
from drupelet.output import HOLDS
from drupelet.prediction import Prediction


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("bundle", help="bundle folder, .zip of one, or .drupelet file")
    declare_texts(parser, "texts to classify")
    parser.add_argument("--engine", default="auto", help="auto (default), native, litert, onnx or numpy")
    parser.add_argument("--scheme", help="quantization scheme, when the bundle has several (default: its first)")
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads that answer the texts (default: 1)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints ``label<TAB>probability`` for each text, in order, as soon as it is answered; of several labels all that hold."""
    texts = _UntilBadInput(given_texts(options))
    classifier = load(options.bundle, options.engine, options.scheme, options.threads)
    # The writer of our stdin may wait for an answer before it sends the next text.
    live = options.text == ["-"]
    predictions = classifier.stream(texts, 1) if live else classifier.stream(texts)
    if options.json:
        _print_json(classifier.engine, classifier.model.entry.file, predictions, texts)
    else:
        write = sys.stdout.write  # print takes twice as long
        for prediction in predictions:
            write(_line(prediction))
            if live:
                sys.stdout.flush()
    if texts.error is not None:
        raise texts.error
    return EXIT_OK


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

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self.error: DrupeletError | None = None

    def __iter__(self) -> Iterator[str]:
        try:
            yield from self._texts
        except DrupeletError as error:
            self.error = error


def _print_json(engine: str, file: str, predictions: Iterator[Prediction], texts: _UntilBadInput) -> None:
    """Writes one document piece by piece, so that a long stream needs no more memory than a short one.

    Where a text after the first is bad, the document ends with the member ``error``. Where the first is bad, nothing is
    printed. Raises the error in both cases.
    """
    head = f'{{"engine": {json.dumps(engine)}, "file": {json.dumps(file)}, "predictions": ['
    separator = head + "\n"
    error = None
    try:
        for prediction in predictions:
            print(separator + json.dumps(_json_object(prediction)), end="")
            separator = ",\n"
    except DrupeletError as raised:
        error = raised
    error = error or texts.error
    answered = separator == ",\n"
    if error is not None and not answered:
        raise error
    print("" if answered else head, end="")
    if error is not None:
        print(f'\n], "error": {json.dumps(str(error))}}}')
        raise error
    print("\n]}")


def _json_object(prediction: Prediction) -> dict[str, Any]:
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
