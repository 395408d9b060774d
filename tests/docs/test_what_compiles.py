"""The page of what compiles is what its program writes, and its table has every layer of the compiler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs.tools import what_compiles
from docs.tools.what_compiles import ENGINES, LAYERS, PAGE, REPORT, main, named_layers, table, zoo_part
from drupelet.comparison import GATES
from drupelet.schemes import SCHEMES
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
        assert set(network["schemes"]) == set(SCHEMES)
        for scheme, engines in network["schemes"].items():
            assert set(engines) == set(ENGINES)
            assert max(engines.values()) <= GATES[scheme].max_difference, (name, scheme)


def test_a_row_has_the_engines_in_f32_and_the_worst_of_the_other_schemes() -> None:
    schemes = {
        scheme: {engine: power * (number + 1) for number, engine in enumerate(ENGINES)}
        for scheme, power in (("f32", 1e-8), ("f16", 1e-5), ("wi8", 1e-4), ("wi4", 1e-3))
    }
    lines = zoo_part({"texts": 3, "networks": {"text_cnn": {"kind": "architecture", "schemes": schemes}}})
    assert "| text cnn | 1e-08 | 2e-08 | 3e-08 | 4e-08 | 4e-05 | 4e-04 | 4e-03 |" in lines


def test_a_bar_in_a_cell_is_escaped() -> None:
    assert table(("a", "b"), [("x|y", "z")]) == ["| a | b |", "|---|---|", "| x\\|y | z |"]
