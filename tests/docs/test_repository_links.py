"""Links from a page to files of the repository lead somewhere on the site, or are warned of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

CONF = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
extensions = ["myst_parser", "docs.tools.repository_links"]
repository = {{repository!r}}
repository_pages = {{{{"part/README.md": "guide/part"}}}}
nitpicky = True
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a file, a folder, a README that is a page, and a page that links to each of them."""
    for folder in ("code", "part/data", "docs/guide"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "code/hello.py").write_text('print("hello & goodbye")\n')
    (tmp_path / "code/unit.socket").write_text("[Socket]\nAccept=yes\n")
    (tmp_path / "code/picture.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>\n")
    (tmp_path / "part/data/numbers.json").write_text("[1]\n")
    (tmp_path / "part/README.md").write_text("# A part\n\n[numbers](data/numbers.json), [home](../docs/index.md)\n")
    (tmp_path / "docs/guide/part.md").write_text("```{include} ../../part/README.md\n```\n")
    (tmp_path / "docs/conf.py").write_text(CONF.format(repository=str(tmp_path)))
    (tmp_path / "docs/index.md").write_text(
        "# Home\n\n"
        "[code](../code/hello.py), [unit](../code/unit.socket), [folder](../code), [part](../part/README.md),\n"
        "[picture](../code/picture.svg)\n\n"
        "```{toctree}\nguide/part\n```\n"
    )
    return tmp_path


def test_every_kind_of_link(repository: Path, build: Callable[[Path], Any]) -> None:
    site = build(repository / "docs")
    assert (site.status, site.warnings) == (0, [])
    home = site.page("index")
    assert 'href="source/code/hello.py.html"' in home
    assert 'href="source/code/unit.socket.html"' in home
    assert 'href="guide/part.html"' in home
    assert "picture.svg" in home.split('class="reference download internal"')[1]
    assert "folder" in home
    assert 'href="../code' not in home
    assert "hello &amp; goodbye" in site.page("source/code/hello.py")
    assert "Accept" in site.page("source/code/unit.socket")


def test_links_of_an_included_file_are_relative_to_it(repository: Path, build: Callable[[Path], Any]) -> None:
    part = build(repository / "docs").page("guide/part")
    assert 'href="../source/part/data/numbers.json.html"' in part
    assert 'href="../index.html"' in part


@pytest.mark.parametrize("link", ["../code/gone.py", "gone.md", "guide/part.md#gone"])
def test_a_link_to_nothing_fails_the_build(link: str, repository: Path, build: Callable[[Path], Any]) -> None:
    with (repository / "docs/index.md").open("a") as page:
        page.write(f"\n[lost]({link})\n")
    site = build(repository / "docs")
    assert site.status != 0
    (warning,) = [line for line in site.warnings if "WARNING" in line]
    assert "docs/index.md:" in warning
    assert "gone" in warning


def test_a_large_file_is_a_download(repository: Path, build: Callable[[Path], Any]) -> None:
    (repository / "code/hello.py").write_text("#\n" * 200_000)
    site = build(repository / "docs")
    assert site.status == 0
    assert not (site.pages / "source/code/hello.py.html").exists()
    assert "_downloads/" in site.page("index")
