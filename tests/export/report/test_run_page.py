"""The page of a run shows its figures and its pictures, and no text of a run becomes markup."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from drupelet.errors import InputError
from drupelet_export.report.page import CONTENT_POLICY, HEAD_BYTES
from drupelet_export.report.run_document import read_run
from drupelet_export.report.run_page import render_run, write_run_page
from export.report.made_up_run import PNG, made_up_run, with_change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made_up_run(tmp_path / "messages")


def test_figures_and_pictures_stand_on_the_page(folder: Path) -> None:
    page = render_run(read_run(folder))
    assert "<title>messages: training run</title>" in page
    assert base64.b64encode(PNG).decode() in page
    for text in ("0.857", "largest class", "+0.3750", "+0.1000 to +0.6000", "2.1 points (0.5 to 4.0)", "messages.csv"):
        assert text in page
    assert "4 in the training part (1 with other labels)" in page


def test_nothing_of_a_run_becomes_markup(folder: Path) -> None:
    page = render_run(read_run(folder))
    assert "<script" not in page
    assert "<b>odd" not in page
    assert "&lt;script&gt;x" in page
    assert "\u202e" not in page
    assert page.count("<img") == 1


def test_a_run_without_mistakes_has_no_section_of_them(folder: Path) -> None:
    with_change(folder, "evaluation.json", "parts.validation.mistakes", [])
    page = render_run(read_run(folder))
    assert 'id="mistakes"' not in page
    assert '"#mistakes"' not in page


def test_the_page_replaces_an_older_one_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for _ in range(2):
        write_run_page(read_run(folder), page)
    assert CONTENT_POLICY in page.read_bytes()[:HEAD_BYTES]
    page.write_text("mine")
    with pytest.raises(InputError, match="is not a page"):
        write_run_page(read_run(folder), page)
    assert page.read_text() == "mine"
