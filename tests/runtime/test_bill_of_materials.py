"""The bill of materials: CycloneDX documents that have the same bytes each time."""

from __future__ import annotations

import json

import pytest

from drupelet.bill_of_materials import Part, document, mingw, package, unicode_tables, zig, zig_runtime
from drupelet.text import UNICODE_VERSION
from drupelet.version import __version__

SUBJECT = package("drupelet", "runs classifiers")
PARTS = [unicode_tables("notice of Unicode"), zig_runtime("0.17.1", "notice of zig")]


def test_a_bill_says_what_the_file_is_what_is_inside_and_what_made_it() -> None:
    bill = json.loads(document(SUBJECT, PARTS, [zig("0.17.1")]))
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert bill["metadata"]["component"] == {
        "type": "library",
        "bom-ref": f"drupelet@{__version__}",
        "name": "drupelet",
        "version": __version__,
        "description": "runs classifiers",
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "purl": f"pkg:pypi/drupelet@{__version__}",
    }
    assert [(part["name"], part["version"]) for part in bill["components"]] == [
        ("unicode-character-database", UNICODE_VERSION),
        ("compiler-rt", "0.17.1"),
    ]
    assert [tool["name"] for tool in bill["metadata"]["tools"]["components"]] == ["zig"]
    references = [part["bom-ref"] for part in bill["components"]]
    assert bill["dependencies"] == [{"ref": f"drupelet@{__version__}", "dependsOn": references}]


def test_a_licence_goes_with_its_text() -> None:
    bill = json.loads(document(SUBJECT, PARTS, []))
    texts = [part["licenses"][0]["license"]["text"]["content"] for part in bill["components"]]
    assert texts == ["notice of Unicode", "notice of zig"]


def test_what_starts_a_library_on_windows_has_its_licence() -> None:
    (part,) = json.loads(document(SUBJECT, [mingw("notice of mingw-w64")], []))["components"]
    assert (part["name"], part["bom-ref"]) == ("mingw-w64", "mingw-w64")
    assert part["licenses"] == [
        {"license": {"id": "ZPL-2.1", "text": {"contentType": "text/plain", "content": "notice of mingw-w64"}}}
    ]


def test_a_hash_is_that_of_the_file_and_what_is_not_known_is_left_out() -> None:
    part = Part("machine-learning-model", "model.drupelet", "the network", sha256="ab" * 32)
    assert part.to_json() == {
        "type": "machine-learning-model",
        "bom-ref": "model.drupelet",
        "name": "model.drupelet",
        "description": "the network",
        "hashes": [{"alg": "SHA-256", "content": "ab" * 32}],
    }


def test_the_same_parts_give_the_same_bytes() -> None:
    text = document(SUBJECT, PARTS, [zig("0.17.1")])
    assert text == document(SUBJECT, PARTS, [zig("0.17.1")])
    assert "serialNumber" not in text
    assert "timestamp" not in text


def test_two_parts_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="two parts of drupelet have one name"):
        document(SUBJECT, [PARTS[0], PARTS[0]], [])
