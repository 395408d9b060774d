"""The measurements behind the figures. Each returns its figures, and a JSON object with the numbers they come from."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import fasttext

import drupelet
from benchmarks.device_install import DeviceInstall
from benchmarks.figures import GOALS, Figure
from benchmarks.fresh_process import (
    BARE,
    Interpreter,
    drupelet_program,
    fasttext_program,
    first_answer,
    many_answers,
    memory_kib,
    start_times_ms,
)
from benchmarks.interleaved import Ratio, System, Times, ratio, time_in_turn
from benchmarks.systems import FastText, PlainOnnx, joined_words, label_of, onnxruntime
from benchmarks.workload_folder import WorkloadFolder, read_lines
from drupelet.bundle import Bundle, open_bundle
from drupelet.classifier import Classifier
from drupelet.comparison import GATES, Comparison, compare

SCHEME = "wi8"
"""The scheme of our files that is measured. onnxruntime gets float32, which it runs faster."""

WARM_UP_TEXTS = 50
WARM_UP_SHORT_TEXTS = 500
SHORT_ROUNDS = 7
ONNX_BATCHES = (32, 64, 128, 256)
"""Numbers of texts per run that are tried. The fastest counts."""
START_REPEATS = 31
MEMORY_REPEATS = 5

PARITY = (("f32", "onnx"), ("wi8", "onnx"), ("f32", ""), ("wi8", ""), ("wi4", ""))
"""Scheme and engine of each comparison with the reference; None: the engine that is measured."""

Measured = tuple[list[Figure], dict[str, Any]]


@dataclass(frozen=True)
class Workload:
    """The prepared workload, and the engine to measure on it."""

    folder: WorkloadFolder
    engine: str

    @cached_property
    def bundle(self) -> Bundle:
        """The bundle of the tutorial's network."""
        return open_bundle(self.folder.bundle)

    @cached_property
    def texts(self) -> list[str]:
        """The held-out reviews."""
        return read_lines(self.folder.held_out)

    @cached_property
    def labels(self) -> list[str]:
        """Their labels."""
        return read_lines(self.folder.labels)

    def classifier(self, engine: str = "", scheme: str = SCHEME) -> Classifier:
        """The network on an engine, by default on the measured one."""
        return drupelet.load(self.bundle, engine=engine or self.engine, scheme=scheme)


def measure_latency(workload: Workload, rounds: int) -> Measured:
    """Measures text -> label, one text at a time: ours, onnxruntime, and fastText on the same first 250 tokens.

    fastText gets words that are already lower-cased, cut and joined; the time for that does not count, while ours counts all
    work. fastText with that work done in Python is measured too.
    """
    ours, onnx, fast = (
        workload.classifier(),
        PlainOnnx(workload.bundle, "f32"),
        FastText(workload.folder.fasttext_model),
    )
    texts = workload.texts
    words_of, whole_words_of = joined_words(workload.bundle.manifest.text_rules.max_tokens), joined_words(None)
    words, whole = [words_of(text) for text in texts], [whole_words_of(text) for text in texts]
    of_file = workload.classifier("onnx", "f32")  # our engine for that file: a .drupelet file has ids of its own
    for text in texts:
        if onnx.ids(text) != of_file.encode(text):
            raise RuntimeError(f"onnxruntime gets other ids than ours for {text!r:.60}")
    systems = {
        "ours": (label_of(ours), texts),
        "onnxruntime": (onnx.label, texts),
        "fasttext": (fast.label_of_words, words),
        "fasttext, tokenized in Python": (lambda text: fast.label_of_words(words_of(text)), texts),
        "fasttext, whole reviews": (fast.label_of_words, whole),
        "drupelet's onnx engine": (label_of(workload.classifier("onnx", "f32")), texts),
        "Python tokenizer alone": (words_of, texts),
    }
    times = time_in_turn(
        [System(name, answer, items, items[:WARM_UP_TEXTS]) for name, (answer, items) in systems.items()], rounds
    )
    figures = [
        _ratio_figure(
            "onnxruntime_ratio", "text -> label against onnxruntime f32", times["ours"], times["onnxruntime"]
        ),
        _ratio_figure("fasttext_ratio", "text -> label against fastText .ftz", times["ours"], times["fasttext"]),
    ]
    accuracy = {
        name: statistics.fmean(answer(item) == label for item, label in zip(items, workload.labels, strict=True))
        for name, (answer, items) in systems.items()
        if name != "Python tokenizer alone"
    }
    return figures, {"times": _times_json(times), "accuracy": accuracy, "rounds": rounds}


def measure_short_texts(workload: Workload) -> Measured:
    """Measures many short texts -> labels: ours in one call, onnxruntime with its fastest batch size."""
    ours, onnx = workload.classifier(), PlainOnnx(workload.bundle, "f32")
    short = read_lines(workload.folder.short)

    def batched(batch_texts: int) -> Callable[[Sequence[str]], list[str]]:
        return lambda texts: onnx.labels(texts, batch_texts)

    systems: dict[str, Callable[[Sequence[str]], object]] = {
        "ours": ours.predict,
        **{f"onnxruntime, {count} a run": batched(count) for count in ONNX_BATCHES},
        "drupelet's onnx engine": workload.classifier("onnx", "f32").predict,
    }
    warm_up = [short[:WARM_UP_SHORT_TEXTS]]
    times = time_in_turn([System(name, answer, [short], warm_up) for name, answer in systems.items()], SHORT_ROUNDS)
    best = min((f"onnxruntime, {count} a run" for count in ONNX_BATCHES), key=lambda name: times[name].p50_us)
    # Texts per second are the inverse of times, so the ratio of rates is their time divided by ours.
    inverse = ratio(times[best], times["ours"])
    per_second = {name: len(short) / taken.p50_us * 1e6 for name, taken in times.items()}
    spread = f"{_range(inverse)}; {per_second['ours']:,.0f} and {per_second[best]:,.0f} texts/s"
    figure = Figure(
        "short_texts_ratio", "20-token texts/s against onnxruntime batched", GOALS["short_texts_ratio"], inverse.median,
        "x", spread,
    )  # fmt: skip
    details = {"texts": len(short), "best_onnxruntime": best, "texts_per_s": per_second, "times": _times_json(times)}
    return [figure], {**details, "rounds": SHORT_ROUNDS}


def measure_start(workload: Workload, install: DeviceInstall) -> Measured:
    """Measures import, load and first label in a fresh process, less the time of a process that does nothing."""
    bare = Interpreter(install.python)
    loads = _loads(workload, install)
    programs = {name: (interpreter, first_answer(load)) for name, (interpreter, load) in loads.items()}
    times = start_times_ms({"bare": (bare, BARE), **programs}, START_REPEATS)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    quarters = statistics.quantiles(times["ours"], n=4)
    spread = f"{medians['ours']:.1f} ({quarters[0]:.1f} to {quarters[2]:.1f}) less {medians['bare']:.1f} ms bare"
    above = {name: median - medians["bare"] for name, median in medians.items()}
    figure = Figure(
        "start_ms", "import + load + first label above bare Python", GOALS["start_ms"], above["ours"], "ms", spread
    )
    return [figure], {"above_bare_ms": above, "times_ms": times, "repeats": START_REPEATS}


def measure_memory(workload: Workload, install: DeviceInstall) -> Measured:
    """Measures resident memory after 2,000 reviews, less that of a bare Python. Texts are read one at a time."""
    loads = _loads(workload, install)
    programs = {
        name: (interpreter, many_answers(load, workload.folder.held_out.absolute()))
        for name, (interpreter, load) in loads.items()
        if name != "fasttext"  # takes words, not texts
    }
    kib = memory_kib({"bare": (Interpreter(install.python), BARE), **programs}, MEMORY_REPEATS)
    above = {
        name: {field: (value - kib["bare"][field]) * 1024 / 1e6 for field, value in fields.items()}
        for name, fields in kib.items()
    }
    ours = above["ours"]
    private = ours["Private_Clean"] + ours["Private_Dirty"]
    spread = f"resident set; private {private:.2f}, anonymous {ours['Anonymous']:.2f} MB"
    figure = Figure(
        "memory_mb", "memory above bare Python after 2,000 reviews", GOALS["memory_mb"], ours["Rss"], "MB", spread
    )
    return [figure], {"above_bare_mb": above, "bare_kib": kib["bare"], "repeats": MEMORY_REPEATS}


def measure_installed(install: DeviceInstall) -> Measured:
    """Measures the bytes of the installed runtime, without byte code, which depends on the Python that compiles it."""
    extensions = ", ".join(f"{Path(name).name} {size / 1000:.0f} kB" for name, size in install.extensions.items())
    spread = f"{extensions or 'no extension'}; byte code {install.bytecode_bytes / 1000:.0f} kB more"
    failures = () if install.extensions else ("the wheel has no extension module: the engine is not in it",)
    figure = Figure(
        "installed_kb", "installed size of the runtime", GOALS["installed_kb"], install.installed_bytes / 1000, "kB",
        spread, failures,
    )  # fmt: skip
    return [figure], install.to_json()


def measure_parity(workload: Workload) -> Measured:
    """Compares answers to the held-out reviews with the reference answers, under the gate of the scheme."""
    reference = [json.loads(line) for line in read_lines(workload.folder.reference)]
    classes = workload.bundle.manifest.labels
    true_labels = [classes.index(label) for label in workload.labels]
    details: dict[str, Any] = {}
    figures = []
    for scheme, named in PARITY:
        engine = named or workload.engine
        answers = [answer.probabilities for answer in workload.classifier(engine, scheme).predict(workload.texts)]
        comparison = compare(reference, answers, GATES[scheme], true_labels)
        details[f"{scheme} {engine}"] = comparison.to_json()
        if scheme == SCHEME and not named:
            figures.append(_parity_figure(comparison))
    return figures, details


def _parity_figure(comparison: Comparison) -> Figure:
    flips = len(comparison.flips)
    spread = (
        f"{flips} of {comparison.n}; max dp {comparison.max_difference:.2g}, 99.9 % {comparison.p999_difference:.2g}"
    )
    share = 100 * flips / comparison.n
    name = "parity wi8: labels flipped, its gates held"
    return Figure("parity_wi8_flips", name, GOALS["parity_wi8_flips"], share, "%", spread, comparison.failures)


def _loads(workload: Workload, install: DeviceInstall) -> dict[str, tuple[Interpreter, str]]:
    """The interpreter of each system, and the lines of Python that import and load it."""
    bundle = workload.folder.bundle.absolute()
    onnx_libraries = (_folder_of(onnxruntime),)
    our_libraries = () if workload.engine == "native" else onnx_libraries
    return {
        "ours": (Interpreter(install.python, our_libraries), drupelet_program(bundle, workload.engine, SCHEME)),
        "onnxruntime": (Interpreter(install.python, onnx_libraries), drupelet_program(bundle, "onnx", "f32")),
        "fasttext": (
            Interpreter(install.python, (_folder_of(fasttext),)),
            fasttext_program(workload.folder.fasttext_model.absolute()),
        ),
    }


def _folder_of(module: Any) -> Path:
    """The folder that a package is imported from."""
    return Path(module.__file__).parents[1]


def _ratio_figure(key: str, name: str, ours: Times, theirs: Times) -> Figure:
    found = ratio(ours, theirs)
    spread = f"{_range(found)}; {ours.p50_us:.1f} and {theirs.p50_us:.1f} us"
    return Figure(key, name, GOALS[key], found.median, "x", spread)


def _range(found: Ratio) -> str:
    return f"rounds {found.lowest:.3g} to {found.highest:.3g}"


def _times_json(times: Mapping[str, Times]) -> dict[str, Any]:
    return {name: taken.to_json() for name, taken in times.items()}
