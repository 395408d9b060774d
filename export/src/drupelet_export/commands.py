"""``drupelet export`` and ``drupelet parity``: parse, call the library, print."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drupelet.architecture import SCHEMES
from drupelet.cli.command import EXIT_CHECK_FAILED, EXIT_OK, Command
from drupelet.errors import InputError
from drupelet.manifest import FORMATS
from drupelet.tokenizer import KEEPS, TOKENIZERS, named_tokenizer

if TYPE_CHECKING:
    from drupelet.bundle import Bundle
    from drupelet_export.source import Source


def configure_export(parser: argparse.ArgumentParser) -> None:
    """Declares the options of export."""
    parser.add_argument("model", help="folder of a drupelet train run, or a .keras or .h5 model")
    _add_text_options(parser)
    parser.add_argument(
        "--formats", default=",".join(FORMATS), help="comma-separated: tflite, onnx, native (default: all)"
    )
    parser.add_argument(
        "--schemes", default="f32", help="comma-separated quantization schemes: f32 (default), f16, wi8, wi4"
    )
    parser.add_argument(
        "--keep-failed", action="store_true", help="write the bundle even when it does not answer like Keras"
    )
    parser.add_argument(
        "--pruning", action="store_true", help="add to the report what a smaller vocabulary would cost (held-out texts)"
    )
    parser.add_argument("--out", required=True, metavar="BUNDLE", help="folder to write, or a name ending in .zip")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def configure_parity(parser: argparse.ArgumentParser) -> None:
    """Declares the options of parity."""
    parser.add_argument("bundle", help="bundle folder or .zip of one")
    parser.add_argument(
        "--model",
        metavar="MODEL",
        help="run folder or model that the bundle was exported from (default: the folder BUNDLE-source beside the bundle)",
    )
    _add_text_options(parser)
    parser.add_argument("--engine", help="only this engine, and it must run (default: every engine that can)")
    parser.add_argument("--explain", action="store_true", help="say what each quantized tensor and each stage costs")
    parser.add_argument("--report", metavar="FILE.html", help="also write the outcome as a page")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def _add_text_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how texts become ids (a run folder or a TextVectorization says it itself)")
    group.add_argument("--vocab", metavar="FILE", help="vocabulary, a token a line, UTF-8")
    group.add_argument("--labels", help="comma-separated names of the classes, in the order of the model's output")
    group.add_argument("--tokenizer", choices=list(TOKENIZERS), help="how a text is split into words")
    group.add_argument(
        "--max-tokens", type=int, metavar="N", help="tokens the model reads (default: its input, or all)"
    )
    group.add_argument("--keep", choices=KEEPS, help="what is read of a longer text (default: head)")
    group.add_argument("--padding", choices=("pre", "post"), help="the side on which shorter texts were padded")
    group.add_argument("--unknown-id", type=int, metavar="ID", help="id of words that the vocabulary lacks (default: the "
                       "one it names, else such words are left out)")  # fmt: skip
    parser.add_argument(
        "--data", help="imdb, a FILE.csv or a FOLDER with held-out texts (default: what the run was trained on)"
    )


def run_export(options: argparse.Namespace) -> int:
    """Writes a bundle and prints its verdict."""
    from drupelet_export.console import Steps
    from drupelet_export.errors import ParityError
    from drupelet_export.exporter import ExportRequest, export_bundle, parse_choice
    from drupelet_export.reference_texts import load_held_out
    from drupelet_export.report import render_verification
    from drupelet_export.target import check_target

    request = ExportRequest(
        source=_source(Path(options.model), options),
        target=Path(options.out),
        formats=parse_choice(options.formats, FORMATS, "format"),
        schemes=parse_choice(options.schemes, SCHEMES, "scheme"),
        keep_failed=options.keep_failed,
        pruning=options.pruning,
    )
    check_target(request.target)  # before minutes of work
    if request.source.data is not None:
        request = replace(request, held_out=load_held_out(request.source.data, request.source.options.labels))
    try:
        with Steps() as steps:
            export = export_bundle(request, steps.step, steps.count)
    except ParityError as error:
        if options.json:
            print(json.dumps(error.verification.to_json(), indent=1))
        print(f"drupelet export: {error}", file=sys.stderr)
        return EXIT_CHECK_FAILED
    report = export.verification.to_json()
    print(json.dumps(report, indent=1) if options.json else render_verification(report, f"wrote {request.target}"))
    return EXIT_OK if export.verification.passed else EXIT_CHECK_FAILED


def run_parity(options: argparse.Namespace) -> int:
    """Compares every file and engine with Keras on real texts; exit status 1 when one disagrees."""
    from drupelet.bundle import open_bundle
    from drupelet_export.console import Steps
    from drupelet_export.parity import check_parity
    from drupelet_export.report import render_verification
    from drupelet_export.report_document import report_document

    bundle = open_bundle(options.bundle)
    source = _source(_model_of(bundle, options.model), options)
    with Steps() as steps:
        parity = check_parity(bundle, source, options.engine, options.explain, steps.step, steps.count)
    if options.report is not None:
        _write_page(
            Path(options.report), report_document(bundle, parity.verification, parity.goldens, parity.explanation)
        )
    report = parity.to_json()
    print(json.dumps(report, indent=1) if options.json else render_verification(report, bundle.path))
    return EXIT_OK if parity.verification.passed else EXIT_CHECK_FAILED


def _write_page(path: Path, document: dict[str, Any]) -> None:
    from drupelet_export.html_report import render_html

    try:
        path.write_text(render_html(document), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another --report") from error


def _model_of(bundle: Bundle, given: str | None) -> Path:
    if given is not None:
        return Path(given)
    path = Path(bundle.path).resolve()  # within a bundle, "." has no name
    beside = path.with_name(f"{path.stem}-source")
    if not beside.is_dir():
        raise InputError(f"{bundle.path}: which Keras model was it exported from? Give --model ({beside} is not there)")
    return beside


def _source(path: Path, options: argparse.Namespace) -> Source:
    """The model and how its texts are read, from a run folder or from the options."""
    from drupelet_export.source import Source, is_run_folder, read_run_folder
    from drupelet_export.text_options import TextOptions, read_vocabulary_file

    given = {
        name: getattr(options, name)
        for name in ("vocab", "labels", "tokenizer", "max_tokens", "keep", "padding", "unknown_id")
        if getattr(options, name) is not None
    }
    if is_run_folder(path):
        if given:
            flags = ", ".join("--" + name.replace("_", "-") for name in given)
            raise InputError(f"{path}: a run folder says itself how its texts are read; leave out {flags}")
        source = read_run_folder(path)
        return source if options.data is None else replace(source, data=options.data)
    if path.is_dir():
        raise InputError(
            f"{path}: a folder without run.json; expected the folder of a drupelet train run, or a model file"
        )
    if options.labels is None:
        raise InputError(f"{path}: what are its classes called? Give --labels a,b in the order of its output")
    tokenizer = None
    if options.tokenizer is not None:
        tokenizer = replace(
            named_tokenizer(options.tokenizer), max_tokens=options.max_tokens, keep=options.keep or "head"
        )
    elif options.max_tokens is not None or options.keep is not None:
        raise InputError(f"{path}: --max-tokens and --keep go with --tokenizer")
    text_options = TextOptions(
        labels=tuple(label.strip() for label in options.labels.split(",")),
        vocabulary=None if options.vocab is None else read_vocabulary_file(Path(options.vocab)),
        tokenizer=tokenizer,
        unknown_id=options.unknown_id,
        padding=options.padding,
    )
    return Source(path, text_options, options.data)


EXPORT = Command(
    "export", "compile a Keras model into a bundle, and check that it answers the same", configure_export, run_export
)
PARITY = Command(
    "parity", "compare every file and engine of a bundle with Keras on real texts", configure_parity, run_parity
)
