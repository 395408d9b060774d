"""Renders ``report.html``, one page without script or network, from one JSON document; a saved one can be rendered again.

The document, schema version 1 (``?``: may be null or left out; numbers that are not finite count as null):

    schema_version  1
    name            str: what the bundle is called
    verdict         "passed" | "failed"
    created_by      str
    network         [str]: the layers, in order
    labels          [str]
    source          {str: str?}: model, sha256, data, keras, tensorflow
    machine         {str: str?}: processor, python, system
    results         [{file, engine, version?, format, scheme, size_bytes,
                      latency_us?: {p50?, p95?, n, tokens_mean?}, passed?, not_run_because?,
                      suites: {suite: Comparison.to_json()},
                      histogram?: {edges: [number], counts: [int]},      of the held-out texts, see difference_histogram
                      reliability?: Reliability.to_json()}]              of texts whose true labels are known
    reference_reliability?  Reliability.to_json(): of Keras
    flipped         [{file, engine, name, text, label?, keras: {label, probability?}, engine_answer: {label, probability?}}]
    ledger          {file: {part: bytes}}
    explain?        [{scheme, part? or tensor?, max_dp?, mean_dp?, flips?}]
    pruning?        [{words, size_bytes, accuracy?, flips?}]

Longer than 400 lines: the schema, the style sheet and a section each for what a reader asks are one page together.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from drupelet.comparison import Accuracy
from drupelet.errors import FormatError, VersionError
from drupelet_export.report.figures import (
    COLOURS,
    Bar,
    Bin,
    Point,
    bars,
    curve,
    difference_text,
    histogram,
    legend,
    markup,
    reliability,
    scatter,
    share_text,
    size_text,
    stacked,
    time_text,
)

SCHEMA_VERSION = 1
HISTOGRAM_EDGES = tuple(10.0 ** (k / 3) for k in range(-27, 1))
"""Three bins a decade from 1e-9, below the 6e-8 that float32 resolves near 1, to 1, the largest difference there is."""
MAX_TEXT_CHARACTERS = 1500
"""Of a flipped text: a screen of a desktop, three of a telephone."""
MAX_NAME_CHARACTERS = 120
MAX_FLIPPED_TEXTS = 100
"""A bundle that flips more is broken, and the page still opens on a telephone."""
SUITES = ("held_out", "sampled", "edge")
"""The order of preference for the suite that the figures show."""
SCHEMES, FORMATS = ("f32", "f16", "wi8", "wi4"), ("tflite", "onnx", "native")
"""What has a colour and a mark of its own; others get the following ones."""


def difference_histogram(differences: Iterable[float]) -> dict[str, list[float] | list[int]]:
    """The ``histogram`` of a result: ``counts[0]`` are exactly 0, ``counts[k]`` at most ``edges[k]``.

    What is smaller than the first edge counts in bin 1, what is larger than the last in the last; differences that are
    not finite are left out, and the page says how many are missing of n.
    """
    counts = [0] * len(HISTOGRAM_EDGES)
    for difference in differences:
        if difference == 0:
            counts[0] += 1
        elif math.isfinite(difference):
            place = bisect.bisect_left(HISTOGRAM_EDGES, difference)
            counts[min(max(1, place), len(counts) - 1)] += 1
    return {"edges": list(HISTOGRAM_EDGES), "counts": counts}


def render_html(report: Mapping[str, Any]) -> str:
    """The page for a document of the schema above; always valid UTF-8.

    Raises VersionError for another schema version and FormatError, naming the field, for a document that is not one.
    """
    document = _checked_document(report)
    sections = [
        ("files", "Size, accuracy, latency", _files(document)),
        ("results", "Every file on every engine", _results(document)),
        ("differences", "How far the probabilities moved", _differences(document)),
        ("calibration", "How far the probabilities can be trusted", _calibration(document)),
        ("flips", "Flipped texts", _flips(document)),
        ("ledger", "Where the bytes go", _ledger(document)),
        ("explain", "What quantizing each part costs", _explain(document)),
        ("pruning", "Fewer words", _pruning(document)),
        ("about", "About this report", _about(document)),
    ]
    shown = [section for section in sections if section[2]]
    links = "".join(f'<li><a href="#{key}">{title}</a></li>' for key, title, _ in shown)
    body = "".join(f'<section id="{key}"><h2>{title}</h2>{content}</section>' for key, title, content in shown)
    title = markup(document["name"], MAX_NAME_CHARACTERS)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{title}: {document['verdict']}</title><style>{STYLE}</style></head><body>"
        f'<header><h1>{title}</h1>{_verdict(document)}<nav aria-label="Sections"><ul>{links}</ul></nav></header>'
        f"<main>{body}</main></body></html>\n"
    )


# Sections, in the order of the page. Each is its markup, or nothing when there is no data for it.


def _verdict(document: dict[str, Any]) -> str:
    results = document["results"]
    ran = [result for result in results if result["not_run_because"] is None]
    passed = document["verdict"] == "passed"
    failures = [
        f"{_code(result['file'])} on {markup(result['engine'], 40)}, {markup(suite, 40)} texts: {markup(failure, 300)}"
        for result in results
        for suite, comparison in result["suites"].items()
        for failure in comparison["failures"]
    ]
    if not ran:
        failures.append("no engine could run a file, so nothing was compared")
    sentence = "answers like Keras" if passed else "does not answer like Keras"
    comparisons = [comparison for result in ran for comparison in result["suites"].values()]
    finite = [c["max_difference"] for c in comparisons]
    facts = [
        ("files", str(len({result["file"] for result in results}))),
        ("engines that ran", str(len({result["engine"] for result in ran}))),
        ("texts compared", f"{max((sum(c['n'] for c in r['suites'].values()) for r in ran), default=0):,}"),
        ("most flips in a file", f"{max((sum(c['flips'] for c in r['suites'].values()) for r in ran), default=0):,}"),
        ("largest difference", "none" if not finite else "not finite" if None in finite else _difference(max(finite))),
        ("smallest file", size_text(min((result["size_bytes"] for result in results), default=0))),
    ]  # fmt: skip
    tiles = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
    return (
        f'<div class="verdict {"passed" if passed else "failed"}" role="status"><strong>{_mark(passed)} '
        f'{document["verdict"]}</strong> {sentence}{_list(failures, "failures")}</div><dl class="tiles">{tiles}</dl>'
    )


def _files(document: dict[str, Any]) -> str:
    results, colours = document["results"], _numbering(document["results"], "scheme", SCHEMES)
    shapes = _numbering(results, "format", FORMATS)
    points, unknown, references = [], [], []
    for result in results:
        comparison = _main_suite(result)[1]
        accuracy, reference = ((comparison or {}).get(key) for key in ("accuracy", "reference_accuracy"))
        if reference is not None and reference["share"] is not None:
            references.append(reference["share"])
        if accuracy is None or None in (accuracy["share"], *accuracy["interval_95"]):
            unknown.append(result)
            continue
        points.append(
            Point(_short_name(result), result["size_bytes"], accuracy["share"], tuple(accuracy["interval_95"]),
                  colours[result["scheme"]], shapes[result["format"]], result["passed"] is False)
        )  # fmt: skip
    timed = [result for result in results if result["latency_us"] is not None]
    if points:
        first = _figure(
            scatter(points, references[0] if references else None),
            "Accuracy over size, a mark for every file on every engine; whiskers are 95 % intervals (Wilson). Files of like "
            "size stand side by side, in the order of their sizes." + _unknown(unknown, "without an accuracy"),
            _scheme_legend(results, colours, shapes),
        )
    elif results:
        rows = [
            Bar(
                _short_name(r),
                r["size_bytes"],
                size_text(r["size_bytes"]),
                colours[r["scheme"]],
                failed=r["passed"] is False,
            )
            for r in results
        ]
        first = _figure(
            bars("size", "Size of every file", "size", rows, size_text),
            "Size of every file. The accuracy is not known: no file was compared on texts whose true labels are known.",
            _scheme_legend(results, colours, shapes),
        )
    else:
        return "<p>There are no files.</p>"
    if not timed:
        bench = "<p>Latency was not measured here; <code>drupelet bench</code> measures it on a device.</p>"
        return f'<div class="pair">{first}</div>{bench}'
    rows = [_latency_bar(result, colours[result["scheme"]]) for result in results]
    n, tokens = timed[0]["latency_us"]["n"], timed[0]["latency_us"]["tokens_mean"]
    second = _figure(
        bars("latency", "Latency of every file", "time for one text", rows, time_text),
        f"Time for one text: the bar is the median, the thin line reaches to the 95th percentile. Measured on {n:,} texts"
        + (f" of {tokens:,.0f} tokens on average" if tokens is not None else "") + ", on the machine named below.",
    )  # fmt: skip
    return f'<div class="pair">{first}{second}</div>'


def _latency_bar(result: dict[str, Any], colour: int) -> Bar:
    latency, failed = result["latency_us"], result["passed"] is False
    if latency is None or latency["p50"] is None:
        return Bar(_short_name(result), None, "not measured", colour, failed=failed)
    return Bar(_short_name(result), latency["p50"], time_text(latency["p50"]), colour, latency["p95"], failed)


def _results(document: dict[str, Any]) -> str:
    rows = []
    for result in document["results"]:
        suites = list(result["suites"].items())
        version = f" <small>{markup(result['version'], 60)}</small>" if result["version"] is not None else ""
        latency = result["latency_us"]
        times = ["", ""] if latency is None else [_maybe(latency[key], time_text) for key in ("p50", "p95")]
        lines = sum(1 + bool(comparison["failures"]) for _, comparison in suites) or 1
        head = f'<th scope="rowgroup" rowspan="{lines}">{_code(result["file"])}<br>{markup(result["engine"], 40)}{version}</th>'
        tail = "".join(
            f'<td rowspan="{lines}" class="number">{cell}</td>' for cell in (size_text(result["size_bytes"]), *times)
        )
        if not suites:
            reason = f"not run: {markup(result['not_run_because'] or 'nothing was compared', 500)}"
            rows.append(f'<tbody><tr>{head}<td colspan="8" class="muted">{reason}</td>{tail}</tr></tbody>')
            continue
        trs = []
        for suite, comparison in suites:
            trs.append(f"<tr>{head}{_comparison_cells(suite, comparison)}{tail}</tr>")
            head = tail = ""
            if comparison["failures"]:
                sentences = "; ".join(markup(failure, 300) for failure in comparison["failures"])
                trs.append(f'<tr><td colspan="8" class="failed">{sentences}</td></tr>')
        rows.append(f"<tbody>{''.join(trs)}</tbody>")
    if not rows:
        return "<p>Nothing was run.</p>"
    header = ("file and engine", "texts", "verdict", "n", "flips", "largest difference (allowed)", "99.9 % difference",
              "accuracy (95 % interval)", "Keras", "size", "median time", "95 % time")  # fmt: skip
    table = _table("Every file on every engine against Keras", header, "".join(rows), text_columns=3)
    return (
        "<p>A flip is a label that changed. The difference of a text is the largest change of one of its probabilities; the "
        f"largest difference of all is also the smallest tolerance that would have passed.</p>{table}"
    )


def _comparison_cells(suite: str, comparison: dict[str, Any]) -> str:
    accuracy, reference, gate = comparison["accuracy"], comparison["reference_accuracy"], comparison["gate"]
    interval = (
        ""
        if accuracy is None
        else " <small>({}–{})</small>".format(*(_maybe(v, "{:.3f}".format) for v in accuracy["interval_95"]))
    )
    allowed = f" <small>({_maybe(gate['max_difference'], '{:g}'.format)})</small>"
    cells = [
        f"{comparison['n']:,}",
        f"{comparison['flips']:,}",
        _difference(comparison["max_difference"]) + allowed,
        _difference(comparison["p999_difference"]),
        "" if accuracy is None else _maybe(accuracy["share"], share_text) + interval,
        "" if reference is None else _maybe(reference["share"], share_text),
    ]
    passed = comparison["passed"]
    return (
        f'<td class="nowrap">{markup(suite.replace("_", " "), 40)}</td>'
        f'<td class="nowrap {"passed" if passed else "failed"}">{_mark(passed)} {"passed" if passed else "failed"}</td>'
        + "".join(f'<td class="number">{cell}</td>' for cell in cells)
    )


def _differences(document: dict[str, Any]) -> str:
    results, colours = document["results"], _numbering(document["results"], "scheme", SCHEMES)
    shown = [result for result in results if result["histogram"] is not None]
    if not shown:
        return ""
    most = max(1, *(max(result["histogram"]["counts"]) for result in shown))
    figures = []
    for n, result in enumerate(shown):
        edges, counts = result["histogram"]["edges"], result["histogram"]["counts"]
        name, comparison = _short_name(result), _main_suite(result)[1]
        gate = None if comparison is None else comparison["gate"]["max_difference"]
        missing = 0 if comparison is None else comparison["n"] - sum(counts)
        if sum(counts) == 0:
            words = "no finite difference"
        elif counts[0] == sum(counts):
            words = f"all {counts[0]:,} exactly 0"
        else:
            words = f"{counts[0]:,} of {sum(counts):,} exactly 0" if counts[0] else "none exactly 0"
        if missing > 0:
            words += f", {missing:,} not finite"
        picture = histogram(
            f"histogram-{n}", f"Differences of {name}", edges, counts, colours[result["scheme"]], gate, most
        )
        figures.append(_figure(picture, f"<b>{markup(name, 40)}</b><br>{words}"))
    unknown = _unknown([result for result in results if result["histogram"] is None], "without a histogram")
    return (
        "<p>How many texts have how large a difference of probability from Keras: at the left those with none, then on a "
        "logarithmic scale from 1e-9 to 1. All have the same height for as many texts. The dashed line is what the scheme "
        f'allows.{unknown}</p><div class="multiples">{"".join(figures)}</div>'
    )


def _calibration(document: dict[str, Any]) -> str:
    colours = _numbering(document["results"], "scheme", SCHEMES)
    shown = [
        (_short_name(result), f"c{colours[result['scheme']]}", result["reliability"], _main_suite(result)[1])
        for result in document["results"]
        if result["reliability"] is not None
    ]
    if not shown:
        return ""
    keras = document["reference_reliability"]
    if keras is not None:
        shown.insert(0, ("Keras", "plain", keras, shown[0][3]))
    reference = _bins(keras)
    filled = [part for _, _, found, _ in shown for part in _bins(found)]
    lowest = min((math.floor(10 * min(part.low, part.accuracy)) / 10 for part in filled), default=0.0)
    most = max((part.count for part in filled), default=1)
    figures = []
    for n, (name, kind, found, comparison) in enumerate(shown):
        answers = sum(found["counts"])
        words = "no answer is a probability"
        if answers:
            error, chance = (
                _maybe(found[key], share_text) for key in ("expected_calibration_error", "error_by_chance")
            )
            words = f"error {error}<br>by chance {chance}"
            if comparison is not None and answers < comparison["n"]:
                words += f"<br>{comparison['n'] - answers:,} not finite"
        picture = reliability(f"reliability-{n}", f"Reliability of {name}", _bins(found), reference, kind, lowest, most)
        figures.append(_figure(picture, f"<b>{markup(name, 40)}</b><br>{words}"))
    texts = max(sum(found["counts"]) for _, _, found, _ in shown)
    return (
        "<p>Of the answers given with a probability of 0.8, eight in ten should be right: the nearer the dots (upwards the "
        "share of right answers, to the right their probability) are to the dashed line, the more the probabilities mean "
        "what they say; below it, the model is too sure of itself. Whiskers are 95 % intervals (Wilson), grey bars count "
        "the answers, the grey line is Keras.</p><p>The error is the expected calibration error, the mean distance from the "
        f"dashed line over all answers, in {len(shown[0][2]['counts'])} bins of equal width (Guo et al. 2017). It was "
        f"measured on {texts:,} texts, on which perfectly calibrated answers would show about as much as is given by chance: "
        f'an error not well above that cannot be told from none.</p><div class="multiples">{"".join(figures)}</div>'
    )


def _bins(found: dict[str, Any] | None) -> list[Bin]:
    """The bins of a reliability that are not empty."""
    if found is None:
        return []
    count = len(found["counts"])
    columns = zip(found["counts"], found["confidences"], found["accuracies"], strict=True)
    return [
        Bin(n / count, (n + 1) / count, answers, confidence, accuracy,
            Accuracy(answers, round(accuracy * answers)).interval())
        for n, (answers, confidence, accuracy) in enumerate(columns)
        if answers
    ]  # fmt: skip


def _flips(document: dict[str, Any]) -> str:
    flipped = document["flipped"]
    counted = sum(c["flips"] for result in document["results"] for c in result["suites"].values())
    if not flipped:
        ran = any(result["suites"] for result in document["results"])
        nothing = "<p>No label flipped: every file gave every text the label that Keras gives.</p>"
        return f"<p>{counted:,} labels flipped; the texts were not kept.</p>" if counted else nothing if ran else ""
    texts: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for flip in flipped:
        keras = flip["keras"]
        texts.setdefault((flip["name"], flip["text"], flip["label"], keras["label"], keras["probability"]), []).append(
            flip
        )
    articles = []
    for (name, text, label, keras_label, keras_probability), flips in list(texts.items())[:MAX_FLIPPED_TEXTS]:
        rows = _answer_row("Keras", "", keras_label, keras_probability, label) + "".join(
            _answer_row(flip["engine"], flip["file"], *_answer(flip["engine_answer"]), label) for flip in flips
        )
        truth = "true label not known" if label is None else f"true label <b>{markup(label, 60)}</b>"
        cut = (
            f' <small class="muted">cut, {len(text):,} characters in all</small>'
            if len(text) > MAX_TEXT_CHARACTERS
            else ""
        )
        words = markup(text, MAX_TEXT_CHARACTERS) if text else '<i class="muted">a text without characters</i>'
        articles.append(
            f'<article><h3>{markup(name, MAX_NAME_CHARACTERS)} <small class="muted">{truth}</small></h3>'
            f'<blockquote dir="auto">{words}{cut}</blockquote>'
            + _table("Both answers", ("answer of", "label", "its probability"), f"<tbody>{rows}</tbody>", 2)
            + "</article>"
        )
    left_out = len(texts) - len(articles)
    more = f"<p>{left_out:,} more texts flipped and are not shown.</p>" if left_out else ""
    return (
        f"<p>{len(texts):,} texts got another label than Keras gives, {counted:,} flips over all files. Where two labels were "
        f"about as probable, it was a close call in Keras already.</p>{''.join(articles)}{more}"
    )


def _answer(answer: dict[str, Any]) -> tuple[str, float | None]:
    return answer["label"], answer["probability"]


def _answer_row(who: str, file: str, label: str, probability: float | None, truth: str | None) -> str:
    right = "" if truth is None else f' <span class="muted">{"right" if label == truth else "wrong"}</span>'
    return (
        f'<tr><th scope="row">{markup(who, 40)}{" " + _code(file) if file else ""}</th><td>{markup(label, 60)}{right}</td>'
        f'<td class="number">{_maybe(probability, "{:.6f}".format)}</td></tr>'
    )


def _ledger(document: dict[str, Any]) -> str:
    ledger: dict[str, dict[str, int]] = {file: parts for file, parts in document["ledger"].items() if parts}
    if not ledger:
        return ""
    totals: dict[str, int] = {}
    for parts in ledger.values():
        for part, size_bytes in parts.items():
            totals[part] = totals.get(part, 0) + size_bytes
    ordered = sorted(totals, key=lambda part: -totals[part])
    names = ordered if len(ordered) <= COLOURS else [*ordered[: COLOURS - 1], "other parts"]
    rows = []
    for file, parts in ledger.items():
        sizes = [parts.get(part, 0) for part in ordered]
        rows.append((file, [*sizes[: len(names) - 1], sum(sizes[len(names) - 1 :])]))
    picture = _figure(
        stacked("bytes", "Bytes of every file by part", rows, names),
        "Bytes of every file by part, on one scale.",
        legend([(1, f"c{n}", name) for n, name in enumerate(names)]),
    )
    lines = "".join(
        f'<tr><th scope="row">{_code(file)}</th>'
        + "".join(f'<td class="number">{parts[part]:,}</td>' if part in parts else "<td></td>" for part in ordered)
        + f'<td class="number">{sum(parts.values()):,}</td></tr>'
        for file, parts in ledger.items()
    )
    header = ("file", *(markup(part, 40) for part in ordered), "all")
    return f'<div class="pair">{picture}</div>{_table("Bytes by part", header, f"<tbody>{lines}</tbody>")}'


def _explain(document: dict[str, Any]) -> str:
    costs = document["explain"]
    if not costs:
        return ""
    schemes = list(dict.fromkeys(cost["scheme"] for cost in costs))
    colours = _numbering(costs, "scheme", SCHEMES)
    pairs = []
    for n, scheme in enumerate(schemes):
        of_scheme = [cost for cost in costs if cost["scheme"] == scheme]
        ordered = sorted(of_scheme, key=lambda cost: -math.inf if cost["max_dp"] is None else -cost["max_dp"])
        rows = [Bar(_part(cost), cost["max_dp"], _difference(cost["max_dp"]), colours[scheme]) for cost in ordered]
        short = markup(scheme, 40)
        picture = _figure(
            bars(f"explain-{n}", f"Cost of {scheme} by part", "largest difference", rows, difference_text),
            f"<b>{short}</b>: the largest change of a probability when this part alone is quantized.",
        )
        lines = "".join(
            f'<tr><th scope="row">{markup(_part(cost), 80)}</th><td class="number">{_difference(cost["max_dp"])}</td>'
            f'<td class="number">{_difference(cost["mean_dp"])}</td>'
            f'<td class="number">{_maybe(cost["flips"], "{:,}".format, "")}</td></tr>'
            for cost in ordered
        )
        header = ("part", "largest difference", "mean difference", "flips")
        pairs.append(
            f'<div class="pair">{picture}{_table(f"{short} by part", header, f"<tbody>{lines}</tbody>")}</div>'
        )
    return "".join(pairs)


def _part(cost: dict[str, Any]) -> str:
    return str(cost["part"] if cost["tensor"] is None else cost["tensor"])


def _pruning(document: dict[str, Any]) -> str:
    if not document["pruning"]:
        return ""
    steps = sorted(document["pruning"], key=lambda step: step["words"])
    words = "{:,.0f}".format
    known = [(step["words"], step["accuracy"]) for step in steps if step["accuracy"] is not None]
    figures = ""
    if known:
        figures += _figure(
            curve("pruning-accuracy", "Accuracy over words kept", ("words kept", "accuracy"), known,
                  (words, "{:.3f}".format), False),
            "Accuracy when only the most frequent words are kept.",
        )  # fmt: skip
    figures += _figure(
        curve("pruning-size", "Size over words kept", ("words kept", "size"),
              [(step["words"], step["size_bytes"]) for step in steps], (words, size_text), True),
        "Size of the file with that many words.",
    )  # fmt: skip
    lines = "".join(
        f'<tr><th scope="row">{step["words"]:,}</th><td class="number">{size_text(step["size_bytes"])}</td>'
        f'<td class="number">{_maybe(step["accuracy"], share_text, "not known")}</td>'
        f'<td class="number">{_maybe(step["flips"], "{:,}".format, "")}</td></tr>'
        for step in steps
    )
    table = _table(
        "Vocabulary size, and what it buys", ("words", "size", "accuracy", "flips"), f"<tbody>{lines}</tbody>"
    )
    return f'<div class="pair">{figures}</div>{table}'


def _about(document: dict[str, Any]) -> str:
    rows: list[tuple[str, str]] = [
        ("written by", markup(document["created_by"], 200)),
        ("network", " → ".join(markup(layer, 80) for layer in document["network"])),
        ("labels", ", ".join(markup(label, 60) for label in document["labels"][:100])),
    ]
    for what in ("source", "machine"):
        rows += [(f"{what}: {markup(key, 40)}", _maybe(value, lambda text: markup(text, 200), "not known"))
                 for key, value in document[what].items()]  # fmt: skip
    lines = "".join(f'<tr><th scope="row">{name}</th><td>{value}</td></tr>' for name, value in rows)
    return f'<table class="facts"><caption>Model, program, machine</caption><tbody>{lines}</tbody></table>'


# Pieces


def _main_suite(result: dict[str, Any]) -> tuple[str | None, dict[str, Any] | None]:
    """The suite that figures show: real texts before sampled ones before odd ones."""
    suites = result["suites"]
    name = next((suite for suite in (*SUITES, *suites) if suite in suites), None)
    return name, None if name is None else suites[name]


def _short_name(result: dict[str, Any]) -> str:
    return f"{result['engine']} {result['scheme']}"


def _numbering(items: Sequence[dict[str, Any]], key: str, known: Sequence[str]) -> dict[str, int]:
    """A number below COLOURS for every value: its place among the known ones, else the next."""
    values = list(dict.fromkeys([*known, *(item[key] for item in items)]))
    return {value: n % COLOURS for n, value in enumerate(values)}


def _scheme_legend(results: Sequence[dict[str, Any]], colours: dict[str, int], shapes: dict[str, int]) -> str:
    schemes = sorted({result["scheme"] for result in results}, key=lambda scheme: colours[scheme])
    formats = sorted({result["format"] for result in results}, key=lambda name: shapes[name])
    entries = [(1, f"c{colours[scheme]}", scheme) for scheme in schemes]
    failed = '<li><b class="failed">✗</b> a gate failed</li>' if any(r["passed"] is False for r in results) else ""
    marks = legend([*entries, *((shapes[name], "plain", name) for name in formats)])
    return marks.removesuffix("</ul>") + failed + "</ul>"


def _unknown(results: Sequence[dict[str, Any]], what: str) -> str:
    return f" {what[0].upper()}{what[1:]}: {markup(', '.join(map(_short_name, results)), 400)}." if results else ""


def _figure(picture: str, caption: str, below: str = "") -> str:
    return f"<figure>{picture}{below}<figcaption>{caption}</figcaption></figure>"


def _table(caption: str, header: Sequence[str], body: str, text_columns: int = 1) -> str:
    """A table that scrolls by itself where it is wider than the page; what follows the text columns are numbers.

    Everything given is markup.
    """
    kinds = ['scope="col"'] * text_columns + ['scope="col" class="right"'] * (len(header) - text_columns)
    cells = "".join(f"<th {kind}>{name}</th>" for kind, name in zip(kinds, header, strict=True))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{caption}"><table><caption>{caption}</caption>'
        f"<thead><tr>{cells}</tr></thead>{body}</table></div>"
    )


def _list(items: Sequence[str], kind: str) -> str:
    return f'<ul class="{kind}">{"".join(f"<li>{item}</li>" for item in items)}</ul>' if items else ""


def _code(name: str) -> str:
    return f"<code>{markup(name, MAX_NAME_CHARACTERS)}</code>"


def _mark(passed: bool) -> str:
    return f'<span aria-hidden="true">{"✓" if passed else "✗"}</span>'


def _difference(value: float | None) -> str:
    return _maybe(value, difference_text, "not finite")


def _maybe(value: Any, show: Any, otherwise: str = "not finite") -> str:
    return otherwise if value is None else str(show(value))


# The schema


@dataclass(frozen=True)
class _Maybe:
    """May be null or left out."""

    shape: Any


@dataclass(frozen=True)
class _Named:
    """An object with names of the writer's choice."""

    shape: Any


_ACCURACY = {"share": float, "interval_95": [float]}
_COMPARISON = {
    "passed": bool, "failures": [str], "n": int, "flips": int, "flipped": [int], "max_difference": _Maybe(float),
    "p999_difference": _Maybe(float), "smallest_passing_tolerance": _Maybe(float), "worst": _Maybe(int),
    "id_mismatches": int, "accuracy": _Maybe(_ACCURACY), "reference_accuracy": _Maybe(_ACCURACY),
    "accuracy_change": _Maybe(_ACCURACY), "expected_calibration_error": _Maybe(float),
    "reference_expected_calibration_error": _Maybe(float),
    "gate": {"max_flip_share": float, "max_difference": float, "max_accuracy_change": float},
}  # fmt: skip
_RELIABILITY = {
    "counts": [int], "confidences": [_Maybe(float)], "accuracies": [_Maybe(float)],
    "expected_calibration_error": _Maybe(float), "error_by_chance": _Maybe(float),
}  # fmt: skip
_RESULT = {
    "file": str, "engine": str, "version": _Maybe(str), "format": str, "scheme": str, "size_bytes": int,
    "latency_us": _Maybe({"p50": _Maybe(float), "p95": _Maybe(float), "n": int, "tokens_mean": _Maybe(float)}),
    "passed": _Maybe(bool), "not_run_because": _Maybe(str), "suites": _Named(_COMPARISON),
    "histogram": _Maybe({"edges": [float], "counts": [int]}), "reliability": _Maybe(_RELIABILITY),
}  # fmt: skip
_ANSWER = {"label": str, "probability": _Maybe(float)}
_DOCUMENT = {
    "schema_version": int, "name": str, "verdict": str, "created_by": str, "network": [str], "labels": [str],
    "source": _Named(_Maybe(str)), "machine": _Named(_Maybe(str)), "results": [_RESULT],
    "reference_reliability": _Maybe(_RELIABILITY),
    "flipped": [{"file": str, "engine": str, "name": str, "text": str, "label": _Maybe(str), "keras": _ANSWER,
                 "engine_answer": _ANSWER}],
    "ledger": _Named(_Named(int)),
    "explain": _Maybe([{"scheme": str, "part": _Maybe(str), "tensor": _Maybe(str), "max_dp": _Maybe(float),
                        "mean_dp": _Maybe(float), "flips": _Maybe(int)}]),
    "pruning": _Maybe([{"words": int, "size_bytes": int, "accuracy": _Maybe(float), "flips": _Maybe(int)}]),
}  # fmt: skip
_NAMES = {str: "text", int: "a whole number from 0 to 1e15", float: "a number", bool: "true or false", list: "a list"}
MAX_NUMBER = 1e15
"""Whole numbers up to here are exact in JSON readers, and no size, time or count of a report comes near."""


def _checked_document(report: Mapping[str, Any]) -> dict[str, Any]:
    version = report.get("schema_version") if isinstance(report, Mapping) else None
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise VersionError(f"report: schema_version {version!r:.40}, this release renders {SCHEMA_VERSION}; upgrade drupelet "
                           "or export again")  # fmt: skip
    document: dict[str, Any] = _checked(report, _DOCUMENT, "report")
    if document["verdict"] not in ("passed", "failed"):
        raise FormatError(f"report: verdict is {document['verdict']!r:.40}, expected passed or failed")
    _check_reliability(document["reference_reliability"], "report: reference_reliability")
    for n, result in enumerate(document["results"]):
        where = f"report: results[{n}]"
        _check_reliability(result["reliability"], f"{where}: reliability")
        found = result["histogram"]
        if found is not None and not _is_histogram(**found):
            raise FormatError(f"{where}: histogram: expected ascending edges above 0 and as many counts")
        for suite, comparison in result["suites"].items():
            for accuracy in (comparison["accuracy"], comparison["reference_accuracy"]):
                if accuracy is not None and len(accuracy["interval_95"]) != 2:
                    raise FormatError(
                        f"{where}: {suite!r:.60}: interval_95 is {accuracy['interval_95']}, expected 2 ends"
                    )
            if (result["passed"] and not comparison["passed"]) or comparison["passed"] == bool(comparison["failures"]):
                raise FormatError(f"{where}: {suite!r:.60}: passed and failures contradict each other; export again")
    if document["verdict"] == "passed":
        ran = [result for result in document["results"] if result["not_run_because"] is None]
        if not ran or not all(result["passed"] for result in ran):
            raise FormatError("report: the verdict is passed, but not every file that ran did; export it again")
    return document


def _check_reliability(found: dict[str, Any] | None, where: str) -> None:
    if found is None:
        return
    columns = [found[name] for name in ("counts", "confidences", "accuracies")]
    right = len(set(map(len, columns))) == 1 and all(
        (confidence is accuracy is None)
        if count == 0
        else all(v is not None and 0 <= v <= 1 for v in (confidence, accuracy))
        for count, confidence, accuracy in zip(*columns, strict=True)
    )
    if not right or not columns[0]:
        raise FormatError(
            f"{where}: expected as many counts, confidences and accuracies, from 0 to 1 or null where empty"
        )


def _is_histogram(edges: Sequence[float | None], counts: Sequence[int]) -> bool:
    finite = [edge for edge in edges if edge is not None]
    ascending = all(low < high for low, high in pairwise(finite))
    return len(finite) == len(edges) == len(counts) >= 2 and finite[0] >= 1e-300 and ascending


def _checked(value: Any, shape: Any, where: str) -> Any:
    """The value when it has the shape, with None for numbers that are not finite and for what was left out."""
    if isinstance(shape, _Maybe):
        return None if value is None else _checked(value, shape.shape, where)
    if isinstance(shape, list) and isinstance(value, (list, tuple)):
        return [_checked(item, shape[0], f"{where}[{n}]") for n, item in enumerate(value)]
    if isinstance(shape, _Named) and isinstance(value, Mapping):
        return {str(name): _checked(item, shape.shape, f"{where}: {name!r:.60}") for name, item in value.items()}
    if isinstance(shape, dict) and isinstance(value, Mapping):
        unknown = sorted(repr(name)[:60] for name in set(value) - set(shape))
        if unknown:
            raise FormatError(f"{where}: unknown fields {', '.join(unknown)}; upgrade drupelet or export again")
        missing = [name for name, of in shape.items() if name not in value and not isinstance(of, _Maybe)]
        if missing:
            raise FormatError(f"{where}: field {missing[0]!r} is missing; export it again")
        return {name: _checked(value.get(name), of, f"{where}: {name}") for name, of in shape.items()}
    if shape is float and isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not math.isfinite(value):
            return None
        if abs(value) <= MAX_NUMBER:
            return float(value)
    elif (shape in (str, bool) and isinstance(value, shape)) or (
        shape is int and type(value) is int and 0 <= value <= MAX_NUMBER
    ):
        return value
    expected = _NAMES.get(shape if isinstance(shape, type) else type(shape), "an object")
    raise FormatError(f"{where} is {value!r:.60}, expected {expected}")


STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--muted:#59636e;--line:#d5dae0;--card:#f6f8fa;--good:#0a6b2c;--bad:#b3261e;
--good-bg:#e3f5e8;--bad-bg:#fdeceb;--c0:#2563a8;--c1:#0f766e;--c2:#8a6100;--c3:#8b3fa8;--c4:#a8325a;--c5:#4d6b1f;--c6:#5a5f8f;
--c7:#6b6b6b;--on-bar:#fff}
@media screen and (prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6eaef;--muted:#9aa6b2;--line:#39424d;--card:#1c2229;
--good:#6fd48d;--bad:#ff8a80;--good-bg:#17301f;--bad-bg:#3a1d1c;--c0:#7db4f0;--c1:#5ed0bb;--c2:#e5b450;--c3:#cf9bea;--c4:#f092b0;
--c5:#a9cc74;--c6:#a9b0ea;--c7:#b0b0b0;--on-bar:#14181d}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1160px;padding:1rem;background:var(--bg);color:var(--fg);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;margin:.4rem 0 .8rem;line-height:1.25}h2{font-size:1.25rem;margin:2.4rem 0 .6rem;padding-top:.6rem;
border-top:1px solid var(--line)}h3{font-size:1rem;margin:0 0 .4rem}
small{font-size:.85em}.muted{color:var(--muted)}a{color:var(--c0)}code{font:.9em ui-monospace,"DejaVu Sans Mono",monospace}
.verdict{padding:.9rem 1.1rem;border-radius:8px;border-left:8px solid;font-size:1.15rem}
.verdict strong{text-transform:uppercase;letter-spacing:.03em}.verdict ul{font-size:.9rem;margin:.5rem 0 0;padding-left:1.2rem}
.verdict.passed{background:var(--good-bg);border-color:var(--good)}.verdict.failed{background:var(--bad-bg);border-color:var(--bad)}
.passed>strong,td.passed{color:var(--good)}.failed>strong,.failures,td.failed,b.failed{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:1rem 0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.5rem .8rem}
dt{color:var(--muted);font-size:.85rem}dd{margin:0;font-size:1.2rem;font-weight:600}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;padding:0;margin:0;font-size:.95rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1.5rem;align-items:start;max-width:100%}
.pair>*{min-width:0;max-width:640px}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.6rem,1fr));gap:.9rem}
figure{margin:0;break-inside:avoid}figcaption{font-size:.9rem;color:var(--muted);margin-top:.3rem}figcaption b{color:var(--fg)}
.multiples figcaption{margin-top:0;font-size:.85rem;line-height:1.3}
svg{display:block;width:100%;height:auto}svg text{font:11px system-ui,"DejaVu Sans",sans-serif;fill:var(--fg)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1rem;padding:0;margin:.3rem 0;font-size:.9rem}
.legend li{display:flex;align-items:center;gap:.35rem}.mark{width:14px;height:14px;flex:none}
@COLOURS@
svg text.muted{fill:var(--muted)}svg text.failed{fill:var(--bad)}svg text.on-bar{fill:var(--on-bar)}.plain{fill:var(--muted)}
svg text.halo{paint-order:stroke;stroke:var(--bg);stroke-width:3px;stroke-linejoin:round}
.grid{stroke:var(--line);stroke-width:.7}.axis{stroke:var(--muted)}.whisker{stroke-width:1.4}.rim{stroke:var(--bg);stroke-width:1}
.leader{stroke:var(--muted);stroke-width:.6}.reference{stroke:var(--muted);stroke-dasharray:5 4}
.counts{fill:var(--muted);opacity:.35}.keras{fill:none;stroke:var(--muted)}.whisker.plain{stroke:var(--muted)}
.gate{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:3 2}.ring{fill:none;stroke:var(--bad);stroke-width:1.8}
.curve{fill:none;stroke:var(--c0);stroke-width:2}
.scroll{overflow-x:auto;max-width:100%}table{border-collapse:collapse;font-size:.85rem;width:100%;overflow-wrap:normal}
caption{text-align:left;color:var(--muted);font-size:.9rem;padding-bottom:.4rem}
th,td{padding:.3rem .45rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{vertical-align:bottom;font-weight:600;border-bottom:2px solid var(--line)}tbody th{font-weight:400}
td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.nowrap{white-space:nowrap}thead .right{text-align:right}.scroll th:first-child{position:sticky;left:0;background:var(--bg)}
.pair+.pair,.pair+.scroll{margin-top:1.5rem}article .scroll th:first-child{background:var(--card)}
article{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;margin:0 0 1rem;
break-inside:avoid}
blockquote{margin:.2rem 0 .7rem;padding-left:.8rem;border-left:3px solid var(--line);overflow:hidden}
article table{width:auto;min-width:min(100%,24rem)}article caption{position:absolute;left:-9999px}.facts th{white-space:nowrap}
.facts td{overflow-wrap:anywhere}
@media (max-width:600px){.facts th{white-space:normal}body{padding:.7rem}}
@media print{body{max-width:none;font-size:11pt;padding:0}nav{display:none}.scroll{overflow:visible}table{font-size:8pt}
th,td{padding:.15rem .3rem}.pair{grid-template-columns:1fr 1fr}.pair:has(.scroll){display:block}
.multiples{grid-template-columns:repeat(4,1fr)}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}tr,article,figure{break-inside:avoid}h2{break-after:avoid}}
""".replace("@COLOURS@", "\n".join(
    f".c{n}{{fill:var(--c{n});stroke:var(--c{n})}}svg rect.c{n}{{stroke:none}}svg text.c{n}{{fill:var(--c{n})}}"
    for n in range(COLOURS)
))  # fmt: skip
"""The style sheet. Text colours keep a contrast of 4.5 to their background in light and dark; a test computes it."""
