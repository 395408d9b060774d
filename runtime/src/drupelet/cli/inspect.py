"""``drupelet inspect``: the contents of a bundle or a model file, byte by byte, and the engines that run it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from drupelet.bundle import Bundle, open_bundle
from drupelet.cli.command import EXIT_OK, Command
from drupelet.cli.document import print_document
from drupelet.cli.model_options import declare_bundle
from drupelet.cli.table import render_table
from drupelet.decision_words import rejection_in_words, thresholds_in_words
from drupelet.encoder import Encoder
from drupelet.engines import ENGINES
from drupelet.goldens import read_goldens
from drupelet.ledger import PARTS, size_ledgers
from drupelet.manifest import Manifest
from drupelet.model_file import read_model_file
from drupelet.proof import advice, claim, left_out_sentence
from drupelet.value import fields_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    declare_bundle(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Prints network, text rules, files with their requirements, and the size ledger."""
    report = describe(open_bundle(options.bundle))
    if options.json:
        print_document(report)
    else:
        print(render(report))
    return EXIT_OK


def describe(bundle: Bundle) -> dict[str, Any]:
    """Everything that inspect shows, as a JSON object. Reads, and so checks, vocabulary, goldens and .drupelet file."""
    manifest = bundle.manifest
    vocabulary = bundle.vocabulary()
    Encoder(manifest.text_rules, vocabulary, manifest.network)  # refuses a pattern that is none
    files = []
    for model in manifest.models:
        engines = [engine.name for engine in ENGINES.values() if engine.format == model.format]
        files.append(
            {**fields_of(model.entry), "format": model.format, "scheme": model.scheme, "requires": dict(model.requires),
             "engines": engines}
        )  # fmt: skip
    sections: dict[str, int] = {}
    embedded_size_bytes: int | None = None
    drupelet = bundle.model("drupelet")
    if drupelet is not None:
        file = read_model_file(bundle.read(drupelet.entry), drupelet.entry.file)
        sections = {section.name: section.size_bytes for section in file.sections}
        embedded_size_bytes = len(file.vocabulary)
    return {
        "schema_version": 1,
        "bundle": bundle.path,
        "name": manifest.name,
        "created_by": manifest.created_by,
        "verdict": manifest.verdict,
        "proof": manifest.proof,
        "reference": manifest.reference,
        "network": manifest.network.summary(),
        "labels": list(manifest.labels),
        "decision": None if manifest.decision is None else manifest.decision.to_json(),
        "rejection": None if manifest.rejection is None else manifest.rejection.to_json(),
        "decision_words": _decision(manifest),
        "text_rules": manifest.text_rules.to_json(),
        "goldens": _goldens(bundle),
        "vocabulary": {
            "kind": vocabulary.kind,
            "words": len(vocabulary),
            "size_bytes": manifest.vocabulary.size_bytes,
            "bytes_per_word": manifest.vocabulary.size_bytes / max(1, len(vocabulary)),
            "in_drupelet_file_size_bytes": embedded_size_bytes,
        },
        "files": files,
        "ledger_bytes": size_ledgers(bundle),
        "drupelet_file": None if drupelet is None else drupelet.entry.file,
        "drupelet_sections_bytes": sections,
    }


def _decision(manifest: Manifest) -> dict[str, str]:
    """Thresholds and rejection in words, where there are any."""
    decision = manifest.effective_decision
    words = {}
    if decision.thresholds:
        words["thresholds"] = thresholds_in_words(decision, manifest.labels)
    if decision.reject_below is not None:
        words["rejection"] = rejection_in_words(decision, manifest.rejection)
    return words


def _goldens(bundle: Bundle) -> dict[str, int] | None:
    """The number of goldens, and of those whose texts are left out; None for a bundle without any."""
    entry = bundle.manifest.goldens
    if entry is None:
        return None
    goldens = read_goldens(bundle.read(entry), f"{bundle.path}: {entry.file}")
    return {"n": len(goldens), "without_text": sum(not golden.has_text for golden in goldens)}


def render(report: dict[str, Any]) -> str:
    """The report for people."""
    rules, vocabulary = report["text_rules"], report["vocabulary"]
    embedded, alone = vocabulary["in_drupelet_file_size_bytes"], vocabulary["kind"] == "rank"
    in_file = ""
    if embedded is not None and not alone:
        in_file = (
            f"; in {report['drupelet_file']} {embedded} bytes, {embedded / max(1, vocabulary['words']):.2f} a word"
        )
    cut = "all tokens" if rules["max_tokens"] is None else f"{rules['max_tokens']} tokens, {rules['keep']}"
    lines = [
        f"{report['name']}, written by {report['created_by']}, parity {report['verdict']}",
        f"proof       {_proof(report)}",
        *_network(report["network"]),
        f"labels      {', '.join(report['labels'])}",
        *(f"{name:<12}{words}" for name, words in report["decision_words"].items()),
        f"text rules  {rules['name']}, {cut}",
        f"vocabulary  {vocabulary['words']} words, {vocabulary['size_bytes']} bytes, "
        f"{vocabulary['bytes_per_word']:.2f} a word{in_file}",
        f"ids         {'of the file: a word has its rank' if alone else 'those of the Keras model'}",
        *([] if report["goldens"] is None else [f"goldens     {_texts(**report['goldens'])}"]),
        "",
        render_table(
            ["file", "scheme", "bytes", "engines", "needs"],
            [
                [f["file"], f["scheme"], str(f["size_bytes"]), ", ".join(f["engines"]), json.dumps(f["requires"])]
                for f in report["files"]
            ],
        ),
    ]
    ledger_rows = [[file, *(str(parts[part]) for part in PARTS)] for file, parts in report["ledger_bytes"].items()]
    lines += ["", render_table(["where the bytes go", *PARTS], ledger_rows)]
    if report["drupelet_sections_bytes"]:
        rows = [[name, str(size)] for name, size in report["drupelet_sections_bytes"].items()]
        lines += ["", render_table([f"sections of {report['drupelet_file']}", "bytes"], rows)]
    return "\n".join(lines)


def _network(operations: list[str]) -> list[str]:
    """The network on a line; one operation a line, with its number, where another reads it later than at once."""
    *nodes, output = operations
    if not any(" of " in node for node in nodes):
        return [f"network     {' -> '.join(operations)}"]
    lines = [f"{number:<4}{node}" for number, node in enumerate(nodes)]
    return [f"{'' if number else 'network':<12}{line}" for number, line in enumerate([*lines, f"    {output}"])]


def _texts(n: int, without_text: int) -> str:
    return left_out_sentence(without_text, n) if without_text else f"{n:,} texts"


def _proof(report: dict[str, Any]) -> str:
    """What the verdict proves, and how to have the rest checked."""
    if report["verdict"] != "passed":
        return f"none: parity {report['verdict']}"
    how_to_check = advice(report["proof"])
    return claim(report["proof"], report["reference"]) + ("" if how_to_check is None else f" ({how_to_check})")


COMMAND = Command("inspect", "show the contents of a bundle or model file, and the engines that run it", configure, run)
