"""The reference of layers is what the reader translates, and the networks are those of the tests."""

from __future__ import annotations

from docs.tools import layer_reference
from drupelet_export.reading.layers.table import layer_names
from integration.zoo_of_architectures import ARCHITECTURES


def test_the_page_is_what_the_reader_translates() -> None:
    assert layer_reference.PAGE.read_text(encoding="utf-8") == layer_reference.page(), (
        "docs/reference/layers.md is not as it would be written; run `make docs-reference` and commit the page"
    )


def test_every_layer_and_every_network_is_on_it() -> None:
    page = layer_reference.PAGE.read_text(encoding="utf-8")
    assert [name for name in layer_names() if f"`{name}`" not in page] == []
    assert [build.__name__ for build in ARCHITECTURES if f"| `{build.__name__}` | " not in page] == []


def test_functions_have_the_names_of_keras_ops() -> None:
    from keras import ops

    page = layer_reference.PAGE.read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.partition("## Whole")[0].splitlines() if line.startswith("| ")][1:]
    named = [name.strip("`") for row in rows for name in row[2].strip(" |").split(", ") if name]
    assert len(named) > 50
    assert [name for name in named if name != "get_item" and not hasattr(ops, name)] == []
