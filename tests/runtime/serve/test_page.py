"""The page: its files and headers, and what a real browser makes of them at the widths of a phone and of a desk."""

import re
import struct
from html.parser import HTMLParser

import pytest

from drupelet.serve.page import CONTENT_SECURITY_POLICY, PAGE_FILES, page_file
from runtime.serve.asking import call
from runtime.serve.chromium import Browser, chromium

WIDTHS = (390, 1280)
VOID = {"meta", "link", "input"}


class Elements(HTMLParser):
    """The elements of a page; fails where tags are not balanced."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found = [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def elements():
    return Elements(page_file("/")[1].decode()).found


def test_nothing_comes_from_elsewhere(elements):
    for path in PAGE_FILES:
        content = page_file(path)[1].decode()
        assert set(re.findall(r"\w+://[^'\" ]+", content)) <= {"http://www.w3.org/2000/svg"}  # the name of a format
    places = [held for _, attributes in elements for name, held in attributes.items() if name in ("src", "href")]
    assert {place for place in places if not place.startswith("data:image/svg+xml,")} == {
        "page.css",
        "page.js",
        "openapi.json",
    }
    assert not [
        tag
        for tag, attributes in elements
        if "style" in attributes or any(name.startswith("on") for name in attributes)
    ]
    assert [tag for tag, _ in elements].count("style") == 0


def test_the_policy_lets_in_this_servers_own_files_alone(application):
    allowed = dict(directive.split(" ", 1) for directive in CONTENT_SECURITY_POLICY.split("; "))
    assert allowed.pop("img-src") == "data:"
    own = {name for name, held in allowed.items() if held == "'self'"}
    assert own == {"script-src", "style-src", "connect-src"}
    assert all(held in ("'self'", "'none'") for held in allowed.values())
    for path in PAGE_FILES:
        headers = call(application(), path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert headers["referrer-policy"] == "no-referrer"


def test_files_have_their_types(application):
    kinds = {path: call(application(), path).headers["content-type"] for path in PAGE_FILES}
    assert kinds == {
        "/": "text/html; charset=utf-8",
        "/page.css": "text/css; charset=utf-8",
        "/page.js": "text/javascript; charset=utf-8",
    }


def test_every_field_has_a_label_and_every_part_a_heading(elements):
    labelled = {attributes["for"] for tag, attributes in elements if tag == "label"}
    fields = {attributes["id"] for tag, attributes in elements if tag in ("textarea", "select", "input")}
    assert fields == labelled
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    sections = [attributes for tag, attributes in elements if tag == "section"]
    assert all(section["aria-labelledby"] in ids for section in sections)
    assert [tag for tag, _ in elements if tag in ("main", "h1")] == ["main", "h1"]
    assert ("html", {"lang": "en"}) in elements
    live = [attributes["id"] for _, attributes in elements if attributes.get("aria-live") == "polite"]
    assert live == ["spoken"]


def test_the_script_makes_no_markup_of_what_it_gets():
    script = page_file("/page.js")[1].decode()
    for danger in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert danger not in script


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium()
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


def luminance(colour):
    """Relative luminance of WCAG 2.2 of ``rgb(r, g, b)``."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


COLOURS = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paper = getComputedStyle(document.body).backgroundColor;
  const shown = (colour) => {  // as it looks on the paper
    canvas.fillStyle = paper; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return `rgb(${[...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
  };
  return ["h1", "label", "#answer", ".share", "#words span", "#legend", "#decided", "dt", "dd", "textarea"]
    .flatMap((one) => [...document.querySelectorAll(one)].map((node) => {
      const style = getComputedStyle(node);
      return [one, shown(style.color), shown(style.backgroundColor)];
    }));
})()
"""
TEXT = "A very good film. The movie is boring and bad, but \U0001f600 wonderful"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_browser_shows_the_answer_as_a_text_is_typed(browser, served, bundle_folder, width, scheme):
    server = served(bundle_folder)
    browser.problems.clear()
    browser.open(f"http://127.0.0.1:{server.port}/", width, scheme=scheme)
    browser.wait_for("document.querySelector('#card dd')")
    assert browser.evaluate("document.querySelector('#labels li')") is None
    assert browser.evaluate("document.activeElement.id") == "text"
    for place, piece in enumerate(re.findall(r"\S+\s*", TEXT)):
        browser.type(piece)
        if place == 2:
            browser.wait_for("document.querySelector('#labels li')")
    answer = server.ask("/v1/classify", {"input": TEXT}).document["data"][0]
    percent = f"{100 * max(answer['probs']):.1f} %"
    browser.wait_for(f"document.getElementById('answer').textContent === {answer['label'] + ' ' + percent!r}")
    browser.wait_for("document.querySelector('#words span')")
    browser.wait_for(f"document.getElementById('words').textContent === {TEXT!r}")
    browser.wait_for(f"document.getElementById('spoken').textContent.startsWith({answer['label']!r})")
    assert browser.evaluate("document.querySelectorAll('#words .for').length") > 0
    assert browser.evaluate("document.querySelectorAll('#words .against').length") > 0
    # Without a scroll bar at the bottom, whatever is typed.
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    browser.type("x" * 500)
    browser.wait_for("document.getElementById('words').textContent.endsWith('xxx')")
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    low = [(name, contrast(ink, paper)) for name, ink, paper in browser.evaluate(COLOURS) if contrast(ink, paper) < 4.5]
    assert low == []
    assert browser.problems == []
    assert struct.unpack(">II", browser.picture()[16:24])[0] == width


@pytest.mark.slow
def test_several_models_are_chosen_with_the_keyboard(browser, served, bundle_folder):
    server = served(f"one={bundle_folder}", f"two={bundle_folder}")
    browser.open(f"http://127.0.0.1:{server.port}/", 390)
    browser.wait_for("!document.getElementById('model-choice').hidden")
    browser.evaluate("document.getElementById('model').focus()")
    browser.press("ArrowDown", 40)
    browser.wait_for("document.querySelector('#card dd').textContent === 'two'")


@pytest.mark.slow
def test_a_token_is_asked_for_and_what_a_text_holds_stays_text(browser, served, bundle_folder, tmp_path):
    (tmp_path / "token").write_text("0123456789abcdef")
    server = served(bundle_folder, "--token-file", tmp_path / "token")
    browser.open(f"http://127.0.0.1:{server.port}/", 390)
    browser.wait_for("!document.getElementById('token-form').hidden")
    browser.wait_for("document.activeElement.id === 'token'")
    browser.type("0123456789abcdef")
    browser.evaluate("document.querySelector('#token-form button').click()")
    browser.wait_for("document.querySelector('#card dd')")
    assert browser.evaluate("document.getElementById('token-form').hidden")
    browser.evaluate("document.getElementById('text').focus()")
    browser.type("<img src=x onerror=alert(1)> good </script>")
    browser.wait_for("document.querySelector('#words span')")
    assert browser.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert browser.evaluate("document.getElementById('words').textContent").startswith("<img src=x")
