"""Sphinx extension: links from a page to a file of the repository lead somewhere on the site too.

Pages link to files as GitHub resolves them, relative to the page. Where such a file is a page of the site (README of
train, CONTRIBUTING), the link leads to that page; a text file becomes a page that shows it; any other file is a download.
A link to a folder loses its link. A link to nothing stays what it is, and Sphinx warns of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.osutil import relative_uri

MAX_SHOWN_BYTES = 200_000
"""A larger file makes a slow page; it is offered as a download."""

PICTURES = (".png", ".svg")

MARKDOWN_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#|/)([^)\s#]+)")
"""The path of a relative link in Markdown."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Joins the extension to a build."""
    app.add_config_value("repository", "", "env", [str])
    app.add_config_value("repository_pages", {}, "env", [dict])
    app.connect("include-read", _relocate_links)
    app.connect("doctree-read", _resolve_links, priority=100)  # before Sphinx collects downloads
    app.connect("env-purge-doc", _forget)
    app.connect("html-collect-pages", _source_pages)
    return {"parallel_read_safe": False, "parallel_write_safe": True}


def page_name(path: str) -> str:
    """The page that shows the file at this path of the repository."""
    return f"source/{path}"


def _relocate_links(app: Sphinx, included: Path, _: str, content: list[str]) -> None:
    """Makes the links of an included file, which are relative to it, relative to the page that includes it."""
    start = Path(app.env.docname).parent
    content[0] = MARKDOWN_LINK.sub(lambda found: os.path.relpath(included.parent / found[1], start), content[0])


def _resolve_links(app: Sphinx, doctree: nodes.document) -> None:
    """Leads the links of a page to files and folders of the repository to pages of the site."""
    source, docname = Path(app.srcdir), app.env.docname
    for link in [*doctree.findall(addnodes.download_reference), *doctree.findall(addnodes.pending_xref)]:
        target = link["reftarget"]
        if link.get("reftype") != "myst" or target in app.env.found_docs:
            continue
        # A Markdown file outside of the site's folder is named as if it were a page of it.
        outside = link.get("refdomain") == "doc"
        file = source / f"{target}.md" if outside else (source / docname).parent / target
        path = os.path.relpath(file.resolve(), Path(app.config.repository).resolve())
        if file.is_dir():
            link.replace_self(link.children)
        elif path in app.config.repository_pages:
            link.replace_self(_page_reference(link, docname, app.config.repository_pages[path]))
        elif _is_shown(file):
            _shown(app.env).setdefault(docname, set()).add(path)
            uri = relative_uri(app.builder.get_target_uri(docname), app.builder.get_target_uri(page_name(path)))
            link.replace_self(nodes.reference("", "", *link.children, internal=True, refuri=uri))


def _page_reference(link: nodes.Element, docname: str, page: str) -> addnodes.pending_xref:
    options = {"refdoc": docname, "reftype": "myst", "refexplicit": True}
    return addnodes.pending_xref("", *link.children, refdomain="doc", reftarget=page, reftargetid=None, **options)


def _is_shown(file: Path) -> bool:
    return file.is_file() and file.stat().st_size <= MAX_SHOWN_BYTES and file.suffix not in PICTURES


def _shown(env: BuildEnvironment) -> dict[str, set[str]]:
    """The files of the repository that each page links to; kept with the environment from build to build."""
    if not hasattr(env, "repository_files"):
        env.repository_files = {}
    shown: dict[str, set[str]] = env.repository_files
    return shown


def _forget(_: Sphinx, env: BuildEnvironment, docname: str) -> None:
    _shown(env).pop(docname, None)


def _source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for every file that is linked to."""
    for path in sorted(set().union(*_shown(app.env).values())):
        text = Path(app.config.repository, path).read_text(encoding="utf-8")
        code = app.builder.highlighter.highlight_block(text, _language(path), linenos="inline")
        title = Path(path).name
        yield page_name(path), {"title": title, "body": f"<h1>{title}</h1><p>{path}</p>{code}"}, "page.html"


def _language(path: str) -> str:
    try:
        return str(get_lexer_for_filename(path).aliases[0])
    except ClassNotFound:
        return "ini" if path.endswith((".service", ".socket")) else "text"
