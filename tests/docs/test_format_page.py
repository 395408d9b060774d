"""The tables of operations and activations in docs/format.md are what the operations of the runtime are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drupelet.graph import MAX_NODES, OUTPUTS, PADDINGS
from drupelet.graph_section import MAX_NODE_INPUTS
from drupelet.manifest import FORMAT_VERSION
from drupelet.model_file import MAX_SECTIONS, VERSION
from drupelet.operations.activation_names import ACTIVATIONS, RECURRENT_ACTIVATIONS
from drupelet.operations.table import OPERATIONS, operation_class
from drupelet.schemes import SCHEMES

PAGE = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
CHOICES = re.compile(r"(\w+) (?:\(([^)]*)\)|\[(\w+)\]\(#activations\)|(\w+(?: or absent)?))(?:, |$)")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, a list for each row."""
    section = PAGE.split(f"\n{heading}\n")[1].split("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


OPERATION_ROWS = {row[1].strip("`"): row for row in rows("### Operations")}


def test_codes_are_the_places_of_operations() -> None:
    assert [(row[0], name) for name, row in OPERATION_ROWS.items()] == [
        (str(n), name) for n, name in enumerate(OPERATIONS)
    ]


@pytest.mark.parametrize("name", OPERATIONS)
def test_attributes(name: str) -> None:
    operation = operation_class(name)
    expected = []
    for attribute, kind in operation.__annotations__.items():
        choices = operation.choices.get(attribute)
        if choices in (ACTIVATIONS, RECURRENT_ACTIVATIONS):
            expected.append((attribute, "any" if choices == ACTIVATIONS else "recurrent"))
        else:
            expected.append((attribute, ", ".join(choices) if choices else kind.replace("int | None", "int or absent")))
    found = [
        (attribute, choices or link or kind)
        for attribute, choices, link, kind in CHOICES.findall(OPERATION_ROWS[name][2])
    ]
    assert found == expected


@pytest.mark.parametrize("name", OPERATIONS)
def test_tensors(name: str) -> None:
    found = dict(re.findall(r"`(?:<direction>\.)?(\w+)` \([^)]*\) (\w+)", OPERATION_ROWS[name][5]))
    assert found == operation_class(name).storage


def test_activations() -> None:
    table = rows("### Activations")
    assert [(row[0], row[2].strip("`")) for row in table] == [(str(n), name) for n, name in enumerate(ACTIVATIONS)]
    recurrent = {int(row[1]): row[2].strip("`") for row in table if row[1]}
    assert [recurrent[n] for n in range(len(recurrent))] == list(RECURRENT_ACTIVATIONS)


def test_versions_limits_and_codes() -> None:
    assert f"## Model file, version {VERSION}\n" in PAGE
    assert f"## Bundle, version {FORMAT_VERSION}\n" in PAGE
    assert f"| section_count | 1 to {MAX_SECTIONS:,} |" in PAGE
    assert f"| node_count | 1 to {MAX_NODES:,} |" in PAGE
    assert f"| input_count | 1 to {MAX_NODE_INPUTS} |" in PAGE
    for field, names in (("scheme", SCHEMES), ("output", OUTPUTS), ("padding", PADDINGS)):
        assert f"| {field} | {', '.join(names)}" in PAGE
