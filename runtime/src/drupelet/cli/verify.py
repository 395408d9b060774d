"""``drupelet verify``: checks that this device answers like Keras."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from drupelet.bundle import open_bundle
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.escaped_streams import unescaped
from drupelet.cli.model_options import declare_key
from drupelet.cli.table import render_table
from drupelet.comparison import Comparison
from drupelet.control_characters import escaped
from drupelet.errors import FormatError, InputError, IntegrityError, SignatureError, VersionError
from drupelet.golden_texts import texts_of_file
from drupelet.signature import Signature
from drupelet.value import fields_of
from drupelet.verification import SCHEMA_VERSION, Verification, check_signature_alone, verify

CLEAR_LINE = "\r\x1b[K"
"""Takes a terminal to the start of its line, and empties the line."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("bundle", help="bundle folder, .zip of one, or the name of one (drupelet list)")
    parser.add_argument("--engine", help="only this engine, and it must run (default: every engine that can)")
    parser.add_argument(
        "--texts",
        metavar="FILE",
        help="texts that the bundle leaves out, to be verified as well: a .csv with a column text, or a text a line",
    )
    declare_key(parser)
    parser.add_argument(
        "--signature-only",
        action="store_true",
        help="check the signature and the hashes, and answer no text; of any file that is signed, an executable for example",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--answers", action="store_true", help="with --json: add the probabilities of every golden")


def run(options: argparse.Namespace) -> int:
    """Checks hashes and goldens. Exit status 1 when an engine disagrees with Keras, or when no engine could run.

    The JSON document about a bundle that is damaged has the member ``error``, and the exit status is 2; for a signature that is
    missing or does not fit it is 1.
    """

    def progress(line: str) -> None:
        if sys.stderr.isatty():
            print(f"{CLEAR_LINE}{escaped(line)}", file=unescaped(sys.stderr))

    def count(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(
                f"{CLEAR_LINE}{done:,} of {total:,} texts",
                end="" if done < total else CLEAR_LINE,
                file=unescaped(sys.stderr),
                flush=True,
            )

    if options.answers and not options.json:
        raise InputError("--answers without --json; give both to get the probabilities of every golden")
    if options.signature_only:
        return _check_signature(options)
    texts = None if options.texts is None else texts_of_file(Path(options.texts))
    try:
        outcome = verify(open_bundle(options.bundle, options.key), options.engine, progress, texts, count)
    except (FormatError, IntegrityError, SignatureError, VersionError) as error:
        if options.json:  # that the bundle is damaged is the answer
            print_document({"schema_version": SCHEMA_VERSION, "bundle": options.bundle, "error": str(error)})
        raise
    if options.json:
        print_document(outcome.to_json(options.answers))
    else:
        print(render(outcome))
    return EXIT_OK if outcome.passed else EXIT_CHECK_FAILED


def _check_signature(options: argparse.Namespace) -> int:
    if options.key is None:
        raise InputError("--signature-only without --key; give the public key that must have signed it")
    if options.engine is not None or options.texts is not None or options.answers:
        raise InputError("--signature-only answers no text; leave out --engine, --texts and --answers")
    document = {"schema_version": SCHEMA_VERSION, "bundle": options.bundle}
    try:
        signature = check_signature_alone(options.bundle, options.key)
    except (FormatError, IntegrityError, SignatureError, VersionError) as error:
        if options.json:
            print_document({**document, "error": str(error)})
        raise
    if options.json:
        print_document({**document, "passed": True, "signature": fields_of(signature)})
    else:
        print(f"{options.bundle}: {_signed(signature)}; no text was answered")
    return EXIT_OK


def _signed(signature: Signature) -> str:
    return f"signed by the key {signature.key}" + (f": {signature.comment}" if signature.comment else "")


def render(outcome: Verification) -> str:
    """The outcome for people: a line for each file, engine and suite, then the verdict."""
    rows = []
    notes = []
    for verdict in outcome.verdicts:
        start = [verdict.model.entry.file, verdict.engine]
        if verdict.reason is not None:
            notes.append(f"not run: {verdict.model.entry.file} on {verdict.engine}: {verdict.reason}")
        for suite, comparison in verdict.comparisons.items():
            rows.append(
                [*start, suite, _texts(comparison), str(comparison.flipped_labels), f"{comparison.max_difference:.2e}",
                 "passed" if comparison.passed else "FAILED"]
            )  # fmt: skip
            if comparison.why is not None:
                notes.append(f"{' '.join(start)} {suite}: {_texts(comparison)} texts, {comparison.why}")
            notes += [f"failed: {' '.join(start)} {suite}: {failure}" for failure in comparison.failures]
    table = render_table(["file", "engine", "suite", "n", "flips", "max dp", "verdict"], rows)
    if not rows:
        table = "no engine could run a file of this bundle"
    if outcome.texts_found is not None:
        notes.append(
            f"texts given: {outcome.texts_found:,} of the {outcome.texts_found + outcome.without_text:,} left out"
        )
    if outcome.signature is not None:
        notes.append(_signed(outcome.signature))
    if outcome.passed and outcome.advice is not None:
        notes.append(outcome.advice)
    verdict_line = f"verified: this device {outcome.claim}" if outcome.passed else "NOT VERIFIED"
    return "\n".join([table, *notes, f"{outcome.bundle}: {verdict_line}"])


def _texts(comparison: Comparison) -> str:
    """The number of texts, and the number of all where some were not compared."""
    return str(comparison.n) if comparison.total is None else f"{comparison.n:,} of {comparison.total:,}"


COMMAND = Command(
    "verify", "check the hashes of a bundle, and its goldens on every engine of this device", configure, run
)
