"""report.html has the right content, is well-formed and safe for any document, and a browser shows it."""

from __future__ import annotations

import errno
import math
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from drupelet.errors import FormatError, InputError, VersionError
from drupelet.reliability import reliability
from drupelet_export.report import page as page_module
from drupelet_export.report.document import MAX_FLIPPED, Document
from drupelet_export.report.page import check_place, render_html, style_sheet, write_page
from drupelet_export.report.table import render_verification
from export.report.made_up_report import N, a_histogram, a_report

CHROMIUM = shutil.which("chromium")
VOID = {"meta", "br", "line", "rect", "circle", "polygon", "polyline"}
"""Elements without an end tag: those of HTML, and the self-closing ones of figures."""


class Page(HTMLParser):
    """The elements and the text of a page; fails where tags are not balanced."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.elements)


def page_of(report: dict[str, Any]) -> str:
    """The page for the JSON of a document."""
    return render_html(Document.from_json(report))


def pictures(page: Page) -> int:
    return sum(tag == "svg" and "img" in (attributes.get("role") or "") for tag, attributes in page.elements)


def test_a_network_that_branches_is_a_numbered_list(report: dict[str, Any]) -> None:
    assert Page(page_of(report)).count("ol") == 0
    assert "embedding 20000 x 50 \u2192 lstm 64 forward \u2192" in Page(page_of(report)).text
    report["network"] = [
        "Embedding(9 x 4)",
        "LSTM(3)",
        "GRU(3) of operation 0",
        "Concatenate of operation 1, operation 2",
        "softmax",
    ]
    page = Page(page_of(report))
    assert ("ol", {"start": "0"}) in page.elements
    assert "GRU(3) of operation 0" in page.text


def test_which_steps_are_computed_is_shown_whole(report: dict[str, Any]) -> None:
    sentence = "tokens alone: " + ", ".join(f"'layer {number}'" for number in range(60))
    report["source"]["lengths"] = sentence
    assert sentence in Page(page_of(report)).text


def test_the_page_has_every_section_and_no_external_references(full: dict[str, Any]) -> None:
    content = page_of(full)
    page = Page(content)
    assert "failed does not answer like Keras" in page.text
    assert "model.wi4.drupelet on native, held_out texts: 9 of 2000 labels flipped, allowed 0.3%" in page.text
    assert "not run: onnxruntime 1.32.0 has no kernel" in page.text
    assert "Cortex-A76" in page.text
    assert page.count("section") == 10
    assert (
        pictures(page) == 2 + 15 + 16 + 1 + 2 + 2
    )  # accuracy, latency, histograms, reliability, ledger, explain, pruning
    assert page.count("script") == page.count("img") == page.count("link") == page.count("iframe") == 0
    assert not re.search(r"https?:|//|url\(|@import", content)
    names = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    for tag, attributes in page.elements:
        assert "src" not in attributes
        assert all(not name.startswith("on") for name in attributes)
        if tag == "a":
            assert (attributes["href"] or "").removeprefix("#") in names
    content.encode("utf-8")


def test_figures_and_tables_have_names_for_screen_readers(full: dict[str, Any]) -> None:
    content = page_of(full)
    page = Page(content)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        if tag == "svg" and attributes.get("aria-hidden") != "true":
            assert set((attributes["aria-labelledby"] or "").split()) <= set(ids)
    assert page.count("table") == page.count("caption")
    assert page.count("title") == page.count("desc") + 1
    assert all(attributes.get("scope") for tag, attributes in page.elements if tag == "th")
    assert ("html", {"lang": "en"}) in page.elements


def test_results_have_a_row_for_every_suite_and_failure(full: dict[str, Any]) -> None:
    content = page_of(full)
    table = content[content.index('<section id="results">') : content.index('<section id="differences">')]
    assert table.count("<tr>") == 1 + 15 * 2 + 1 + 1  # head, two suites of 15, one not run, one failure
    assert "3.7e-07" not in table or "class=" in table


# Hostile input

HOSTILE = "<script>alert(1)</script>\"'&--><svg onload=x>\x00\x1b[31m\u202eabc\ud800\ufffe</style>\r\n"


def spoil(value: Any) -> Any:
    """The document with hostile text wherever any text is allowed, names included."""
    if isinstance(value, str):
        return value + HOSTILE
    if isinstance(value, list):
        return [spoil(item) for item in value]
    if isinstance(value, dict):
        fixed = ("schema_version", "verdict")
        return {key: item if key in fixed else spoil(item) for key, item in value.items()}
    return value


def test_hostile_text_everywhere_stays_text(full: dict[str, Any]) -> None:
    hostile = spoil(full)
    hostile["ledger"] = {file + HOSTILE: {part + HOSTILE: n for part, n in parts.items()} for file, parts in
                         full["ledger"].items()}  # fmt: skip
    for flip in hostile["flipped"]:
        flip["characters"] += len(HOSTILE)
    hostile["machine"] = {key + HOSTILE: value for key, value in hostile["machine"].items()}
    for result in hostile["results"]:
        result["suites"] = {suite + HOSTILE: comparison for suite, comparison in result["suites"].items()}
    content = page_of(hostile)
    content.encode("utf-8")
    page, clean = Page(content), Page(page_of(full))
    assert page.count("script") == 0
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in clean.elements}
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert content.count("</style>") == 1
    assert "<script>alert(1)</script>" in page.text
    for hidden in ("\x00", "\x1b", "\u202e", "\ufffe", "\r"):
        assert hidden not in content
    for shown in (r"\x00\x1b[", r"\u202eabc\ud800\ufffe", r"\r\n"):
        assert shown in page.text


def test_long_texts_are_cut_and_say_how_long_they_were(report: dict[str, Any]) -> None:
    report["flipped"][0].update(text="words " * 200_000, characters=1_200_000)
    report["flipped"][1].update(text="w" * 1500, characters=1501)
    report["flipped"][2].update(text="w" * 1500, characters=1500)
    report["name"] = "n" * 100_000
    content = page_of(report)
    assert re.findall(r"cut, (\S+) characters in all", content)[:2] == ["1,200,000", "1,501"]
    assert content.count("characters in all") == 3  # the fourth review is longer than what is shown, too
    assert len(content) < len(page_of(a_report())) + 10_000


def test_many_flipped_texts_are_counted_and_left_out(report: dict[str, Any]) -> None:
    report["flipped"] = [{**report["flipped"][0], "name": f"review {n}"} for n in range(130)]
    page = Page(page_of(report))
    assert page.count("article") == 100
    assert "130 texts got another label" in page.text
    assert "30 more texts flipped" in page.text


def test_a_document_that_lists_no_more_flips_does_not_say_that_it_has_all(report: dict[str, Any]) -> None:
    report["flipped"] = [{**report["flipped"][0], "name": f"review {n}"} for n in range(MAX_FLIPPED)]
    assert "At least 200 texts got another label" in page_of(report)


# Degenerate input


def words(report: dict[str, Any]) -> str:
    content = page_of(report)
    content.encode("utf-8")
    page = Page(content)
    for tag, attributes in page.elements:
        for name in ("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "width", "height"):
            if tag != "svg" and name in attributes:
                assert math.isfinite(float(attributes[name] or ""))
    assert "nan" not in re.sub(r"nanometre|finance", "", page.text).lower().split()
    assert "None" not in page.text
    return page.text


def squeezed(text: str) -> str:
    """The text without the line breaks between elements."""
    return re.sub(r"\s*\n\s*", "", text)


def only(report: dict[str, Any], *places: int) -> dict[str, Any]:
    """The report with only these results; passed if all of them are."""
    report["results"] = [report["results"][place] for place in places]
    report["passed"] = bool(report["results"]) and all(result["passed"] for result in report["results"])
    report.update(flipped=[], explanation=None, pruning=None, ledger={})
    return report


def test_one_file_that_passed(report: dict[str, Any]) -> None:
    text = words(only(report, 0))
    assert "passed answers like Keras from the ids on; text to ids was not checked: to have text" in text
    assert "No label flipped" in text
    assert "What quantizing" not in text
    assert "Fewer words" not in text
    assert "Where the bytes go" not in text


def test_optional_fields_may_be_left_out(report: dict[str, Any]) -> None:
    only(report, 0)
    del report["explanation"], report["pruning"], report["results"][0]["latency_us"], report["results"][0]["histogram"]
    text = words(report)
    assert "Latency was not measured here" in text
    assert "How far the probabilities moved" not in text


def test_no_accuracy_shows_sizes(report: dict[str, Any]) -> None:
    for result in only(report, 0, 1)["results"]:
        for comparison in result["suites"].values():
            comparison.update(accuracy=None, reference_accuracy=None)
    text = words(report)
    assert "The accuracy is not known" in text
    assert "Size of every file" in text


def test_some_without_accuracy_are_named(report: dict[str, Any]) -> None:
    assert "Without an accuracy: onnx wi4." in words(report)


def test_all_differences_exactly_zero(report: dict[str, Any]) -> None:
    only(report, 0)["results"][0]["histogram"] = a_histogram([0.0] * N)
    report["results"][0]["suites"]["held_out"].update(max_difference=0.0, p999_difference=0.0)
    report["results"][0]["suites"]["edge"].update(max_difference=0.0, p999_difference=0.0)
    text = words(report)
    assert "all 2,000 exactly 0" in text
    assert "largest difference0" in text


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite(report: dict[str, Any], value: float | None) -> None:
    result = only(report, 0)["results"][0]
    result["suites"]["held_out"].update(
        max_difference=value, p999_difference=value, passed=False, failures=["a probability is off by inf"]
    )
    result["latency_us"].update(p50=value, p95=value, tokens_mean=value)
    result["histogram"] = a_histogram([math.nan, math.inf, *[1e-8] * (N - 2)])
    result["passed"] = report["passed"] = False
    text = words(report)
    assert "2 not finite" in text
    assert "largest differencenot finite" in text


def test_checks_of_texts_and_labels_have_a_table(full: dict[str, Any]) -> None:
    changed = {"verdict": "failed", "found": "no text can give 'a<b>'", "advice": "give --tokenizer words"}
    checks = [full["text_checks"][0] | changed, *full["text_checks"][1:]]
    content = render_html(Document.from_json(full | {"text_checks": checks}))
    Page(content)
    section = content[content.index('<section id="text_checks">') :].partition("</section>")[0]
    assert section.count("<tr>") == 1 + len(full["text_checks"])
    assert (
        '<td class="nowrap failed">failed</td><td>no text can give &#39;a&lt;b&gt;&#39;; next: give --token' in section
    )
    assert '<td class="nowrap">accepted</td>' in section
    assert 'id="text_checks"' not in render_html(Document.from_json(full | {"text_checks": []}))


def test_the_verdict_says_when_only_a_check_failed(report: dict[str, Any]) -> None:
    report["results"] = report["results"][:1]
    report["text_checks"][0]["verdict"] = "failed"
    report["findings"] = [Document.from_json(report).text_checks[0].sentence]
    content = render_html(Document.from_json(report))
    assert "answers like Keras on our ids, but text to ids or the labels cannot be right" in content
    assert "does not answer like Keras" not in content


def calibration(report: dict[str, Any]) -> str:
    """The section on calibration."""
    words(report)
    content = page_of(report)
    return content[content.index('<section id="calibration">') :].partition("</section>")[0]


def test_reliability_has_a_picture_of_keras_and_of_every_file(full: dict[str, Any]) -> None:
    section = calibration(full)
    found = full["reference_reliability"]
    assert section.count("<svg") == 16
    assert section.index("<b>Keras</b>") < section.index("<b>litert f32</b>")
    assert f"error {found['expected_calibration_error']:.4f}<br>by chance {found['error_by_chance']:.4f}" in section
    assert "It was measured on 2,000 texts. Perfectly calibrated answers to so many texts would show" in section
    keras = section.partition("</svg>")[0]
    filled = sum(count > 0 for count in found["counts"])
    assert keras.count("<circle") == keras.count('class="counts"') == keras.count('class="whisker plain"') == filled
    assert keras.count('class="reference"') == keras.count('class="keras"') == 1


def test_few_texts_say_that_their_error_is_uncertain(report: dict[str, Any]) -> None:
    found = reliability([[0.3, 0.7]] * 10, [1] * 7 + [0] * 3).to_json()
    only(report, 0)["results"][0]["reliability"] = report["reference_reliability"] = found
    section = calibration(report)
    assert "measured on 10 texts" in section
    assert "error 0.0000<br>by chance 0.1156<br>1,990 not finite" in section


def test_without_true_labels_there_is_no_reliability(report: dict[str, Any]) -> None:
    for result in only(report, 0, 1)["results"]:
        result["reliability"] = None
    report["reference_reliability"] = None
    assert "can be trusted" not in words(report)


def test_a_document_of_an_earlier_release_has_no_reliability(report: dict[str, Any]) -> None:
    del report["reference_reliability"]
    for result in report["results"]:
        del result["reliability"]
        for comparison in result["suites"].values():
            del comparison["expected_calibration_error"], comparison["reference_expected_calibration_error"]
    assert "can be trusted" not in words(report)


def test_reliability_without_that_of_keras(report: dict[str, Any]) -> None:
    report["reference_reliability"] = None
    section = calibration(report)
    assert section.count("<svg") == 15
    assert "<b>Keras</b>" not in section


def test_reliability_of_answers_that_are_not_finite(report: dict[str, Any]) -> None:
    only(report, 0)["results"][0]["reliability"] = reliability([[math.nan, math.nan]] * N, [0] * N).to_json()
    assert "no answer is a probability" in calibration(report)
    report["reference_reliability"] = report["results"][0]["reliability"]
    assert calibration(report).count("no answer is a probability") == 2


def test_an_accuracy_that_is_not_finite_is_no_point(report: dict[str, Any]) -> None:
    only(report, 0, 1)["results"][0]["suites"]["held_out"]["accuracy"] = {
        "share": math.nan,
        "interval_95": [0.1, math.nan],
    }
    assert "Without an accuracy: litert f32." in words(report)


def test_nothing_ran(report: dict[str, Any]) -> None:
    for result in only(report, 0, 1)["results"]:
        result.update(
            suites={}, histogram=None, reliability=None, latency_us=None, passed=None, not_run_because="no litert here"
        )
    report["passed"] = False
    text = words(report)
    assert "no engine could run a file, so nothing was compared" in text
    assert "not run: no litert here" in text
    assert "No label flipped" not in text


def test_no_results_at_all(report: dict[str, Any]) -> None:
    assert "There are no files." in words(only(report))


def test_flips_that_were_not_kept_are_still_counted(report: dict[str, Any]) -> None:
    report["flipped"] = []
    assert re.search(r"\d+ labels flipped; the texts were not kept", words(report))


def test_a_flip_without_label_and_text(report: dict[str, Any]) -> None:
    report["flipped"] = [{**report["flipped"][0], "label": None, "text": ""}]
    text = words(report)
    assert "true label not known" in text
    assert "a text without characters" in text


def test_many_parts_share_the_last_colour(report: dict[str, Any]) -> None:
    report["ledger"] = {"model.onnx": {f"part{n}": 100 - n for n in range(20)}, "empty": {}, "zero": {"part0": 0}}
    text = words(report)
    assert "other parts" in text
    assert "part19" in text  # the table has them all


def test_numbers_at_their_limits(report: dict[str, Any]) -> None:
    only(report, 0, 1)
    report["results"][0].update(size_bytes=0, latency_us={"p50": 0.0, "p95": 1e15, "n": 0, "tokens_mean": 0})
    report["results"][1].update(
        size_bytes=10**15, latency_us={"p50": 5e-324, "p95": 1e-300, "n": 1, "tokens_mean": 1e15}
    )
    report["ledger"] = {"a": {"b": 0}, "c": {"d": 10**15}}
    report["pruning"] = [{"words": 0, "size_bytes": 0, "accuracy": 0.0, "flips": None},
                         {"words": 0, "size_bytes": 10**15, "accuracy": -1e15}]  # fmt: skip
    report["explanation"] = [{"scheme": "x", "tensor": "p", "max_dp": 0, "mean_dp": None, "flips": None},
                         {"scheme": "x", "tensor": "t", "max_dp": math.nan, "mean_dp": 5e-324}]  # fmt: skip
    words(report)


def spoiled(value: Any, junk: object) -> Iterator[tuple[str, Any]]:
    """Copies of a JSON value, each with junk in another place (in the first item of a list), and the path of that place."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name, {**value, name: junk}
            yield from ((f"{name}.{path}", {**value, name: changed}) for path, changed in spoiled(item, junk))
    elif isinstance(value, list) and value:
        yield "0", [junk, *value[1:]]
        yield from ((f"0.{path}", [changed, *value[1:]]) for path, changed in spoiled(value[0], junk))


@pytest.mark.parametrize("junk", [None, True, -1, 0, 1e15, math.nan, "x", HOSTILE, [], [[]], {}, {"x": None}], ids=repr)
def test_any_value_in_any_place_is_refused_or_shown(report: dict[str, Any], junk: object) -> None:
    refused = 0
    report.update(results=report["results"][:1], flipped=report["flipped"][:1])
    for path, changed in spoiled(report, junk):
        try:
            document = Document.from_json(changed)
        except (FormatError, VersionError) as error:
            assert str(error).startswith("report: "), path  # noqa: PT017 - most are refused, and each says where
            refused += 1
        else:
            Page(render_html(document))
            render_verification(document, "report")
    assert refused > 20


# Documents with fewer parts


def test_the_output_of_verify_is_shown_and_lists_the_missing_parts(report: dict[str, Any]) -> None:
    kept = ("schema_version", "bundle", "passed", "findings", "results")
    device = {name: value for name, value in only(report, 0, 1).items() if name in kept}
    for result in device["results"]:
        del result["histogram"], result["reliability"]
        result["latency_us"] = None
    text = words(device)
    assert "build/imdb: passed" in text
    assert (
        "saved without the differences of all texts, the texts that flipped, the bytes of each part, the network and its source"
        in text
    )
    assert "written bynot known" in text
    assert "Where the bytes go" not in text


def test_latency_of_a_machine_that_is_not_known_says_nothing_of_it(report: dict[str, Any]) -> None:
    assert "231 tokens on average, on the machine named below." in page_of(report)
    report["machine"] = None
    assert "231 tokens on average." in page_of(report)


def test_a_complete_document_lists_no_missing_parts(full: dict[str, Any]) -> None:
    assert "was saved without" not in page_of(full)


def test_findings_are_failures(report: dict[str, Any]) -> None:
    only(report, 0).update(passed=False, findings=["model.f32.onnx: embedding [0] <b>is</b> not in the file"])
    assert "does not answer like Kerasmodel.f32.onnx: embedding [0] <b>is</b> not in the file" in squeezed(
        words(report)
    )


# A place for the page


def test_a_page_is_written_over_an_older_one(full: dict[str, Any], tmp_path: Path) -> None:
    place = tmp_path / "page.html"
    for older in ("", page_of({**full, "name": "older"})):
        place.write_text(older, encoding="utf-8")
        write_page(Document.from_json(full), place)
        assert place.read_text(encoding="utf-8") == page_of(full)


@pytest.mark.parametrize(
    "content", ["text,label\ngood,pos\n", "<!DOCTYPE html><html><body>my own</body></html>", "\x00\x01"]
)
def test_a_file_that_is_no_page_is_not_replaced(full: dict[str, Any], tmp_path: Path, content: str) -> None:
    place = tmp_path / "texts.csv"
    place.write_text(content, encoding="utf-8")
    message = r"texts.csv: exists and is not a page, so it is not replaced; give another path for the page$"
    with pytest.raises(InputError, match=message):
        write_page(Document.from_json(full), place)
    assert place.read_text(encoding="utf-8") == content


def test_a_page_that_cannot_be_written_is_an_input_error(full: dict[str, Any], tmp_path: Path) -> None:
    message = r"missing/page.html: there is no folder .*missing; make it, or give another path for the page$"
    with pytest.raises(InputError, match=message):
        write_page(Document.from_json(full), tmp_path / "missing" / "page.html")


def test_no_page_is_written_into_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(
        InputError, match=r"page.html: is inside a bundle, which may hold only the files in its manifest.json"
    ):
        check_place(tmp_path / "page.html")


def test_a_file_that_comes_while_a_page_is_drawn_stays(
    full: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "page.html"

    def late(document: Document) -> str:
        place.write_text("somebody's work")
        return render_html(document)

    monkeypatch.setattr(page_module, "render_html", late)
    with pytest.raises(InputError, match="exists and is not a page, so it is not replaced; give another path"):
        write_page(Document.from_json(full), place)
    assert place.read_text() == "somebody's work"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_full_disk_leaves_the_older_page_whole(
    full: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "page.html"
    write_page(Document.from_json(full), place)

    def no_space(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(page_module.os, "fsync", no_space)
    with pytest.raises(
        InputError, match=r"page.html: cannot be written \(No space left on device\); give another path"
    ):
        write_page(Document.from_json({**full, "name": "newer"}), place)
    assert place.read_text(encoding="utf-8") == page_of(full)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_pipe_is_no_place_for_a_page_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FormatError, match="not a regular file; give another path for the page"):
        check_place(tmp_path / "pipe")


def test_a_page_behind_a_link_replaces_what_the_link_leads_to(full: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to(tmp_path / "page.html")
    for _ in range(2):
        write_page(Document.from_json(full), tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page_of(full)


# Style


def test_text_contrasts_with_its_background_in_light_and_dark() -> None:
    light, dark = (dict(re.findall(r"--([\w-]+):#(\w+)", part)) for part in style_sheet().split("@media screen")[:2])
    for colours in (light, dark):
        for name in ("fg", "muted", "good", "bad", *(f"c{n}" for n in range(8))):
            for background in ("bg", "card"):
                assert contrast(colours[name], colours[background]) >= 4.5, (name, background)
        assert contrast(colours["good"], colours["good-bg"]) >= 4.5
        assert contrast(colours["bad"], colours["bad-bg"]) >= 4.5
        assert all(contrast(colours["on-bar"], colours[f"c{n}"]) >= 4.5 for n in range(8))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.1 of two colours in hexadecimal."""

    def luminance(colour: str) -> float:
        digits = colour if len(colour) == 6 else "".join(c * 2 for c in colour)
        channels = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# In a browser


def browse(folder: Path, address: str, *flags: str) -> str:
    """The output of a headless browser for a page."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'profile'}", *flags, address,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, check=True, timeout=120, encoding="utf-8").stdout


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
def test_a_browser_shows_the_page(full: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(page_of(full), encoding="utf-8")
    address = (tmp_path / "report.html").as_uri()
    dom = browse(tmp_path, address, "--dump-dom")
    assert re.search(r"<strong>.*failed</strong> does not answer like Keras", dom)
    assert len(re.findall(r'<svg role="img"', dom)) == 38
    results = dom[dom.index('<section id="results">') : dom.index('<section id="differences">')]
    assert results.count("<tr>") == 33
    picture = tmp_path / "report.png"
    browse(tmp_path, address, f"--screenshot={picture}", "--window-size=1200,2600", "--hide-scrollbars")
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", content[16:24]) == (1200, 2600)
    assert len(content) > 100_000  # a white page of this size takes 13 kB
