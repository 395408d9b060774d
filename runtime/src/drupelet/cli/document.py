"""The JSON document that a command prints with ``--json``: whole, or not at all."""

from __future__ import annotations

import json
import sys

from drupelet.cli.signals import held


def print_document(document: object, indent: int | None = 1) -> None:
    """Prints a document to stdout. A signal that would end the process waits until it is written."""
    text = json.dumps(document, indent=indent)
    with held():
        print(text)
        sys.stdout.flush()
