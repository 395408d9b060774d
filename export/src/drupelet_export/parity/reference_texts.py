"""The texts on which Keras and the engines are compared, with Keras's answers: goldens in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from drupelet.errors import InputError
from drupelet.goldens import MAX_GOLDENS_BYTES, SUITES, Golden, write_goldens
from drupelet.text_limit import longest_text
from drupelet_export.compiled import Compiled
from drupelet_export.model.sample_texts import sample_texts
from drupelet_export.parity.edge_suite import LONG_TEXT_TOKENS, edge_suite

DATASETS_GROUP = "drupelet.datasets"
"""Group of entry points that read data sets. Each is a function from a name or path, whether all of the data is held out, the
SHA-256 that a record has of it (None: the user named it), and how the record says that it is read (None: as usual), to (texts,
names of the labels of each). drupelet-train has one."""

GOLDEN_TEXTS = 256
"""Maximum number of texts of a suite that a bundle carries; of the edge suite it carries all."""

SUITE_BYTES = MAX_GOLDENS_BYTES // 4
"""Most bytes of a suite of them: 65 KB for each of 256 texts. Three suites leave as much for the edge texts."""


@dataclass(frozen=True)
class HeldOut:
    """Real texts with the numbers of their true classes; None where a text may have several labels."""

    texts: tuple[str, ...]
    labels: tuple[int | None, ...]


def load_held_out(
    data: str,
    labels: Sequence[str],
    all_held_out: bool = False,
    recorded_sha256: str | None = None,
    reading: Mapping[str, Any] | None = None,
) -> HeldOut:
    """The held-out part of a data set, by name or path, with class numbers in the order of ``labels``.

    With ``all_held_out`` these are all texts, unless the data itself sets some apart. Without, it is what training sets apart.
    ``recorded_sha256``: the record of a run names the data, and it is read only if it has this hash (decision 0029).
    ``reading``: how the record says that it is read. Of a text with several labels, or none, no true class is known.
    Raises InputError when no installed distribution reads data, or when the data has other labels than the model.
    """
    readers = list(entry_points(group=DATASETS_GROUP))
    if not readers:
        raise InputError(f"data {data!r}: nothing installed reads data sets; install drupelet-train")
    texts, names = readers[0].load()(data, all_held_out, recorded_sha256, reading)
    unknown = sorted({name for of_text in names for name in of_text} - set(labels))
    if unknown:
        raise InputError(
            f"data {data!r}: has labels {', '.join(unknown[:5])}, the model has only {', '.join(labels)}; "
            "use data with the model's labels"
        )
    number = {label: place for place, label in enumerate(labels)}
    several = any(len(of_text) != 1 for of_text in names)
    return HeldOut(tuple(texts), tuple(None if several else number[of_text[0]] for of_text in names))


def reference_goldens(
    compiled: Compiled,
    held_out: HeldOut | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    foreign: Sequence[str] = (),
) -> list[Golden]:
    """Every text to compare, with the ids that an engine must compute and the probabilities of Keras.

    Without held-out texts, sampled texts take their place. ``foreign`` texts are a suite of their own. The edge suite is always
    included. ``progress`` is called with the number of texts that Keras has answered and their total.
    """
    rows: list[tuple[str, str, str, int, int | None]] = []
    if held_out is not None:
        pairs = zip(held_out.texts, held_out.labels, strict=True)
        rows += [("held_out", f"held-out {n}", text, 1, label) for n, (text, label) in enumerate(pairs)]
    else:
        rows += [("sampled", f"sampled {n}", text, 1, None) for n, text in enumerate(sample_texts(compiled.read))]
    rows += [("foreign", f"foreign {n}", text, 1, None) for n, text in enumerate(foreign)]
    rows += [
        ("edge", edge.name, edge.text, edge.times, None) for edge in edge_suite(compiled.read, _most_tokens(compiled))
    ]
    texts = [text * times for _, _, text, times, _ in rows]
    answers = compiled.reference.predict(texts, lambda done: progress(done, len(texts)))
    return [
        Golden(suite, name, text, times, tuple(compiled.final.engine_ids(text * times)), probabilities, label)
        for (suite, name, text, times, label), probabilities in zip(rows, answers, strict=True)
    ]


def _most_tokens(compiled: Compiled) -> int:
    """Tokens of the longest text that Keras and every engine answer, up to LONG_TEXT_TOKENS, where nothing cuts texts."""
    if compiled.read.text_rules.max_tokens is not None:
        return LONG_TEXT_TOKENS
    return min(longest_text(model.graph, LONG_TEXT_TOKENS) for model in (compiled.read, compiled.final))


def goldens_for_bundle(goldens: Sequence[Golden]) -> list[Golden]:
    """The goldens that a bundle carries: evenly spread texts of every other suite, and the whole edge suite.

    Of very long texts a suite has fewer, so that the goldens keep within what a device reads.
    """
    chosen = []
    for suite in SUITES:
        texts = [golden for golden in goldens if golden.suite == suite]
        count = len(texts) if suite == "edge" else min(GOLDEN_TEXTS, len(texts))
        spread = [texts[place * len(texts) // count] for place in range(count)]
        chosen += spread if suite == "edge" else list(_first_within(SUITE_BYTES, spread))
    return chosen


def _first_within(room_bytes: int, goldens: Sequence[Golden]) -> Iterator[Golden]:
    for golden in goldens:
        room_bytes -= len(write_goldens([golden]))
        if room_bytes < 0:
            return
        yield golden
