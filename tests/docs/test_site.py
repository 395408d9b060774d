"""The documentation site builds without a warning, and holds what it should."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import drupelet
import drupelet_export
import drupelet_train

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(build: Callable[[Path], Any]) -> Any:
    """The whole site."""
    return build(DOCS)


@pytest.mark.slow
def test_the_build_warns_of_nothing(site: Any) -> None:
    assert (site.status, site.warnings) == (0, [])


@pytest.mark.slow
def test_every_page_is_in_the_menu(site: Any) -> None:
    menu = site.page("index").split('class="sidebar-tree"')[1].split("<article")[0]
    pages = [page.relative_to(DOCS).with_suffix("") for page in DOCS.rglob("*.md")]
    built = [str(page) for page in pages if (site.pages / f"{page}.html").exists() and str(page) != "index"]
    assert len(built) > 30
    assert [page for page in built if f'href="{page}.html"' not in menu] == []


@pytest.mark.slow
def test_no_page_needs_the_network_or_names_this_machine(site: Any) -> None:
    for page in site.pages.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert str(ROOT) not in html, page
        assert not re.search(r'<(?:script|link|img)[^>]+(?:src|href)="https?:', html), page


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "package"),
    [("python", drupelet), ("training", drupelet_train), ("export", drupelet_export)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_every_public_name_has_an_entry(page: str, package: Any, site: Any) -> None:
    html = site.page(f"reference/{page}")
    names = [name for name in package.__all__ if name != "__version__"]
    assert len(names) > 3
    assert [name for name in names if f'id="{package.__name__}.{name}"' not in html] == []
