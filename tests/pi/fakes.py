"""A fake place with scripted commands, and the output of those commands when everything works."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Documents(list[Any]):
    """Several JSON documents that one command prints."""


@dataclass
class FakePlace:
    """A place whose commands give the answers that a test sets. It records the commands."""

    outer_inbox: Path
    answers: dict[str, Any] = field(default_factory=dict)
    commands: list[list[str]] = field(default_factory=list)
    name: str = "fake"

    @property
    def inbox(self) -> str:
        return str(self.outer_inbox)

    def path(self, inside: str) -> Path:
        return Path(inside)

    def run(
        self, command: Sequence[str], variables: Mapping[str, str] | None = None, standard_input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        self.commands.append([*command])
        for word, answer in self.answers.items():
            if word in " ".join(command):
                given = answer(command) if callable(answer) else answer
                if isinstance(given, subprocess.CompletedProcess):
                    return given
                documents = given if isinstance(given, Documents) else [given]
                return subprocess.CompletedProcess([*command], 0, "\n".join(map(json.dumps, documents)), "")
        return subprocess.CompletedProcess([*command], 0, "", "")


def suite(n: int = 4, flips: int = 0, max_difference: float | None = 0.001) -> dict[str, Any]:
    return {"n": n, "flips": flips, "max_difference": max_difference}


def verified(_: Sequence[str]) -> Documents:
    """The output of verify_bundles.py for two bundles with one file each."""
    return Documents(document() for _ in range(2))


def document() -> dict[str, Any]:
    """The output of ``drupelet verify --answers --json`` for a bundle with one file."""
    row = {
        "file": "model.wi8.drupelet",
        "scheme": "wi8",
        "passed": True,
        "not_run_because": None,
        "suites": {"edge": suite()},
        "answers": {"edge": [[0.25, 0.75], [None, None]]},
    }
    return {"results": [row]}


def with_row(*changes: Callable[[dict[str, Any]], None]) -> Callable[[Sequence[str]], Documents]:
    """verify's documents with changed rows. The functions change one document each; the last changes all the rest."""

    def answer(command: Sequence[str]) -> Documents:
        documents = verified(command)
        for place, one in enumerate(documents):
            changes[min(place, len(changes) - 1)](one["results"][0])
        return documents

    return answer
