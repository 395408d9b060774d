"""A run on a terminal: figures of each label, confusions, mistakes."""

from __future__ import annotations

from pathlib import Path

from drupelet_export.report.run_document import read_run
from drupelet_export.report.run_table import render_run_table
from export.report.made_up_run import EVALUATION, made_up_run, with_change


def test_the_table_has_every_label(tmp_path: Path) -> None:
    lines = render_run_table(read_run(made_up_run(tmp_path / "messages"))).splitlines()
    assert lines[0].startswith("messages: 8 validation texts, accuracy 0.8750 (95 %: 0.5000 to 0.9800)")
    assert [line.split() for line in lines[3:6]] == [
        ["bad", "4", "1.0000", "0.7500", "0.8570"],
        ["good", "4", "0.8000", "1.0000", "0.8890"],
        ["<b>odd</b>", "0", "-", "-", "-"],
    ]
    assert lines[-1] == 'bad, answered good (0.900): "<script>x\\u202e"'


def test_many_labels_are_cut(tmp_path: Path) -> None:
    folder = made_up_run(tmp_path / "messages")
    label = EVALUATION["parts"]["validation"]["classes"][0]
    with_change(folder, "evaluation.json", "parts.validation.classes", [label] * 25)
    assert "... and 5 more; --json has them all" in render_run_table(read_run(folder))
