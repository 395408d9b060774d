"""Workloads are the same bytes in every run, and networks have the cells that are meant."""

from __future__ import annotations

from pathlib import Path

from benchmarks.instruction_workloads import STEPS, TEXTS, recurrent_model, reviews, write_workloads
from drupelet.model_file import read_model_file
from drupelet.operations.recurrent import Recurrent


def contents(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    write_workloads(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    written = contents(tmp_path / "a")
    assert contents(tmp_path / "b") == written
    networks = {f"{cell}_{scheme}.drupelet" for cell, scheme in STEPS}
    assert written.keys() == {"imdb.drupelet", "imdb-nano.drupelet", "texts.txt"} | networks
    for name in networks:
        read_model_file(written[name])


def test_a_text_is_a_line(tmp_path: Path) -> None:
    assert contents(tmp_path / "a")["texts.txt"].decode().split("\n") == [*reviews(), ""]
    assert len(reviews()) == TEXTS


def test_cells_are_those_that_have_an_int16_step() -> None:
    (lstm,) = (node.operation for node in recurrent_model("lstm").nodes if isinstance(node.operation, Recurrent))
    (gru,) = (node.operation for node in recurrent_model("gru").nodes if isinstance(node.operation, Recurrent))
    assert (lstm.units, lstm.activation, lstm.recurrent_activation) == (64, "tanh", "sigmoid")
    assert (gru.units, gru.reset_after) == (64, True)
