"""The page of what compiles is what its program writes, and its table has every layer of the compiler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs.tools import what_compiles
from docs.tools.what_compiles import LAYERS, PAGE, REPORT, main, named_layers, table, zoo_part
from drupelet.comparison import GATES
from integration.zoo_of_architectures import ALL, ARCHITECTURES


def test_the_page_is_what_the_program_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_an_old_page_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "page.md"
    old.write_text("old", encoding="utf-8")
    monkeypatch.setattr(what_compiles, "PAGE", old)
    assert main(["--check"]) == 1
    assert "run: make docs-compiles" in capsys.readouterr().err
    assert old.read_text(encoding="utf-8") == "old"
    assert main([]) == 0
    assert old.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")


def test_a_layer_is_in_the_table_once() -> None:
    assert len(set(named_layers())) == len(named_layers()) > 50


def test_a_layer_that_is_missing_ends_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_compiles, "LAYERS", LAYERS[1:])
    with pytest.raises(SystemExit, match="LAYERS and the compiler differ in TextVectorization"):
        what_compiles.layers_part()


def test_the_report_has_every_network_within_its_gates() -> None:
    networks = json.loads(REPORT.read_text(encoding="utf-8"))["networks"]
    assert list(networks) == list(ALL)
    assert sum(network["kind"] == "architecture" for network in networks.values()) == len(ARCHITECTURES)
    for name, network in networks.items():
        for scheme, engines in network["schemes"].items():
            assert max(engines.values()) <= GATES[scheme].max_difference, (name, scheme)


def test_what_was_not_measured_is_a_dash() -> None:
    network = {"kind": "architecture", "schemes": {"f32": {"native": 2e-8}, "f16": {"native": 1e-4, "onnx": 2e-4}}}
    lines = zoo_part({"texts": 3, "networks": {"text_cnn": network}})
    assert "| text cnn | 2e-08 | - | - | - | 2e-04 | - | - |" in lines


def test_a_bar_in_a_cell_is_escaped() -> None:
    assert table(("a", "b"), [("x|y", "z")]) == ["| a | b |", "|---|---|", "| x\\|y | z |"]
