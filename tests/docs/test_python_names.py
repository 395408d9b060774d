"""Names in the reference of the packages: values show their fields, and a name that does not exist is warned of."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

CONF = f"""\
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "runtime/src")!r}, {str(ROOT / "export/src")!r}, {str(ROOT / "train/src")!r}]
extensions = ["sphinx.ext.autodoc", "docs.tools.python_names"]
autodoc_preserve_defaults = True
nitpicky = True
nitpick_ignore_regex = [("py:.*", "pathlib.*")]
"""


@pytest.fixture
def site_of(tmp_path: Path, build: Callable[[Path], Any]) -> Callable[[str], Any]:
    """A function that builds a site of one page."""

    def build_page(text: str) -> Any:
        (tmp_path / "conf.py").write_text(CONF)
        (tmp_path / "index.rst").write_text(f"Names\n=====\n\n{text}\n")
        return build(tmp_path)

    return build_page


def signature(page: str, name: str) -> str:
    """The signature of an entry, without its markup and white space."""
    entry = page.split(f'id="{name}"')[1].split("</dt>")[0]
    return re.sub(r"<[^>]*>|\s+", "", entry.split(">", 1)[1].split('<a class="headerlink"')[0])


def test_a_value_shows_its_fields(site_of: Callable[[str], Any]) -> None:
    site = site_of(".. autoclass:: drupelet.EngineStatus")
    assert (site.status, site.warnings) == (0, [])
    shown = signature(site.page("index"), "drupelet.EngineStatus")
    assert (
        shown
        == "classdrupelet.EngineStatus(name:str,format:str,reason:str|None,version:str|None=None,file:str|None=None)"
    )


def test_a_dataclass_shows_its_fields_but_private_ones(site_of: Callable[[str], Any]) -> None:
    site = site_of(".. autoclass:: docs.tools.sessions.Step")
    shown = signature(site.page("index"), "docs.tools.sessions.Step")
    assert shown == "classdocs.tools.sessions.Step(command:str,begin:int,end:int)"


def test_a_prediction_shows_no_arguments(site_of: Callable[[str], Any]) -> None:
    site = site_of(".. autoclass:: drupelet.Prediction")
    assert signature(site.page("index"), "drupelet.Prediction") == "classdrupelet.Prediction"


def test_names_that_exist_and_are_not_public(site_of: Callable[[str], Any]) -> None:
    site = site_of(
        ":class:`drupelet.manifest.Manifest`, :mod:`drupelet_export.exporter`, :data:`drupelet.engines.ENGINES`, "
        ":class:`Location`"
    )
    assert (site.status, site.warnings) == (0, [])


@pytest.mark.parametrize("name", ["drupelet.manifest.Manifesto", "drupelet_export.gone", "Locations"])
def test_a_name_that_does_not_exist_fails_the_build(name: str, site_of: Callable[[str], Any]) -> None:
    site = site_of(f":class:`{name}`")
    assert site.status != 0
    assert f"py:class reference target not found: {name}" in site.warnings[0]
