"""docs/architecture.md says what the code says: rooms and what they depend on, layers of the kernel, functions of the walks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from project import rooms

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
SECTIONS = {"drupelet": "The runtime", "drupelet_export": "The compiler", "drupelet_train": "Training"}
WALKS = ("The walk of a text", "The walk of a model")


def rows_of(section: str) -> list[list[str]]:
    """The cells of every table row below a heading, up to the next one; header and ruler left out."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(section)}$\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/architecture.md has no section {section!r}"
    lines = [line.strip("| ").split(" | ") for line in found[1].splitlines() if line.startswith("|")]
    return [cells for cells in lines if "---" not in cells[0] and cells[0] not in ("room", "layer", "step", "word")]


def list_of(cell: str) -> list[str]:
    return [] if cell == rooms.NOTHING else cell.split(", ")


@pytest.mark.parametrize("package", rooms.DISTRIBUTIONS)
def test_the_rooms_of_a_distribution_depend_on_what_the_page_says(package: str) -> None:
    on_page = {cells[0].strip("`"): list_of(cells[2]) for cells in rows_of(SECTIONS[package])}
    in_code = {
        room: [other.rstrip("/").removesuffix(".py") for other in others]
        for room, others in rooms.rooms_of(package).items()
    }
    assert len(in_code) > 10
    wrong = {
        room: f"`{room}` depends on: {', '.join(others) or rooms.NOTHING}"
        for room, others in in_code.items()
        if on_page.get(room) != others
    }
    assert not wrong, "rows of docs/architecture.md that are wrong or missing; expected: " + "; ".join(wrong.values())
    assert set(on_page) == set(in_code), "docs/architecture.md names rooms that are not there"


@pytest.mark.parametrize("package", rooms.DISTRIBUTIONS)
def test_the_rooms_stand_above_what_they_depend_on(package: str) -> None:
    """From the top layer to the bottom, as the page says."""
    seen: set[str] = set()
    for cells in rows_of(SECTIONS[package]):
        seen.add(cells[0].strip("`").rstrip("/").removesuffix(".py"))
        above = seen & set(list_of(cells[2]))
        assert not above, f"{cells[0]} stands below {', '.join(sorted(above))}, which it depends on"


def test_the_layers_of_the_kernel_are_those_of_the_page() -> None:
    on_page = {cells[0]: (re.findall(r"`(.+?)`", cells[1]), list_of(cells[2])) for cells in rows_of("The C kernel")}
    assert on_page == rooms.layers_of_kernel()
    assert list(on_page) == list(rooms.layers_of_kernel())


def test_every_function_of_a_walk_is_in_its_file() -> None:
    steps = [cells for section in WALKS for cells in rows_of(section)]
    assert len(steps) > 25
    for _, function, places in steps:
        name = function.strip("`")
        for place in re.findall(r"\]\(\.\./(.+?)\)", places):
            text = (ROOT / place).read_text(encoding="utf-8")
            pattern = rf"^\s*def {name}\(" if place.endswith(".py") else rf"^\w[\w *]*\b{name}\(.*\{{?$"
            assert re.search(pattern, text, re.MULTILINE), f"{place} has no function {name}"


def test_words_are_sorted_and_each_has_one_meaning() -> None:
    words = [cells[0] for cells in rows_of("Words")]
    assert len(words) > 20
    assert words == sorted(set(words), key=str.casefold)


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGE.read_text(encoding="utf-8"))
    assert len(links) > 30
    missing = [link for link in links if not (PAGE.parent / link).exists()]
    assert not missing


def test_a_row_that_is_wrong_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "architecture.md"
    text, count = re.subn(r"(\| `errors\.py` \| errors of .* \|) -", r"\1 model", PAGE.read_text(encoding="utf-8"))
    assert count == 1
    changed.write_text(text, encoding="utf-8")
    monkeypatch.setitem(globals(), "PAGE", changed)
    with pytest.raises(AssertionError, match=r"expected: `errors\.py` depends on: -"):
        test_the_rooms_of_a_distribution_depend_on_what_the_page_says("drupelet_export")
