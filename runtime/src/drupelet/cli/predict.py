"""``drupelet predict``: labels for texts from the command line, a file, or a stream."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from drupelet.classifier import load
from drupelet.cli.command import EXIT_OK, Command
from drupelet.errors import InputError
from drupelet.prediction import Prediction

MAX_LINE_BYTES = 1 << 24
"""Longest line. A line of 16 MiB is more likely a file without line ends, which must not fill the memory of a Pi."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("bundle", help="bundle folder, .zip of one, or .drupelet file")
    parser.add_argument(
        "text", nargs="*", default=[], help="texts to classify; a single - reads one text per line from stdin"
    )
    parser.add_argument("--file", metavar="F", help="read one text per line from this file (UTF-8)")
    parser.add_argument("--engine", default="auto", help="auto (default), native, litert, onnx or numpy")
    parser.add_argument("--scheme", help="quantization scheme, when the bundle has several (default: its first)")
    parser.add_argument(
        "--threads", type=int, default=1, metavar="N", help="threads that answer the texts (default: 1)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints ``label<TAB>probability`` for each text, in order, as soon as it is answered."""
    texts = _texts(options)
    classifier = load(options.bundle, options.engine, options.scheme, options.threads)
    # The writer of our stdin may wait for an answer before it sends the next text.
    live = options.text == ["-"]
    predictions = classifier.stream(texts, 1) if live else classifier.stream(texts)
    if options.json:
        _print_json(classifier.engine, classifier.model.entry.file, predictions)
    else:
        for prediction in predictions:
            print(f"{prediction.label}\t{prediction.probability:.6f}", flush=live)
    return EXIT_OK


def _texts(options: argparse.Namespace) -> Iterator[str]:
    if options.file is not None and options.text:
        raise InputError("texts and --file together; give one or the other")
    if options.file is not None:
        return _lines_of_file(Path(options.file))
    if options.text == ["-"]:
        return _lines(sys.stdin.buffer, "stdin")
    if not options.text:
        raise InputError("no text; give texts, --file F, or - to read one text per line from stdin")
    return iter(options.text)


def _lines_of_file(path: Path) -> Iterator[str]:
    try:
        stream = path.open("rb")
        stream.peek(1)  # a folder opens, and fails only here
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # a NUL or a lone surrogate in the name
        raise InputError(f"{str(path)!r}: cannot be read ({error})") from error
    return _lines(stream, str(path))


def _lines(stream: BinaryIO, where: str) -> Iterator[str]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise InputError(
                f"{where}: line {number} is longer than {MAX_LINE_BYTES} bytes; expected one text per line"
            )
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{where}: line {number}: byte {error.start} is not UTF-8; convert the file, for example with iconv"
            ) from error


def _print_json(engine: str, file: str, predictions: Iterator[Prediction]) -> None:
    """Writes one document piece by piece, so that a long stream needs no more memory than a short one."""
    print(f'{{"engine": {json.dumps(engine)}, "file": {json.dumps(file)}, "predictions": [', end="")
    separator = "\n"
    for prediction in predictions:
        print(separator + json.dumps(_json_object(prediction)), end="")
        separator = ",\n"
    print("\n]}")


def _json_object(prediction: Prediction) -> dict[str, Any]:
    def number(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "label": prediction.label,
        "probability": number(prediction.probability),
        "probabilities": [number(value) for value in prediction.probabilities],
        "n_tokens": prediction.n_tokens,
    }


COMMAND = Command("predict", "classify texts", configure, run, intermixed=True)
