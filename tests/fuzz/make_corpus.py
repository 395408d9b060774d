"""Writes ``corpus/``, the seeds of the fuzzers: models of every scheme and operation, text rules with one text each, and the
goldens of executables.

``PYTHONPATH=tests python tests/fuzz/make_corpus.py`` writes the same bytes each time. A bug that the fuzzers found gets a test
of its own once it is fixed, and a seed here if a fuzzer would take long to find it again.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from drupelet.comparison import GATES
from drupelet.decision import Decision
from drupelet.goldens import SUITES, Golden
from drupelet.graph import Graph
from drupelet.operations.convolution import Convolution
from drupelet.operations.dense import Dense
from drupelet.operations.embedding import Embedding
from drupelet.operations.recurrent import Recurrent
from drupelet.operations.reduce import Reduce
from drupelet.operations.table import OPERATIONS
from drupelet.prediction import Prediction
from drupelet.schemes import SCHEMES
from drupelet.text.named import ALNUM, NAMED_RULES, TEXTVECTORIZATION
from drupelet.text.rules import Drop, DropWords, Keep, Lower, Ngrams, Replace, Split, Substitute, TextRules
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.emitters.sections import encode_text_rules
from drupelet_export.executable.embedded_goldens import EmbeddedGolden, EmbeddedSuite, encode
from drupelet_export.model.description import ModelDescription, frozen
from drupelet_export.passes import SCHEME_PASSES, run_passes
from export.chains import cells, chain
from runtime.decided_files import decided_file
from runtime.format_writer import model_file
from runtime.native.file_surgery import joined, parts_of
from runtime.networks import SAMPLES, model_of
from runtime.networks import chain as plain_chain
from runtime.operation_cases import CASES
from runtime.text.examples import EVERY_KIND

ROWS = 512
"""Number of rows. With so many, a table of 256 scales for integer rows is worth its bytes."""


def small_model(
    layers: list[tuple[str, str, str, str, str, bool]],
    pooling: str = "last",
    zero_below: int | None = None,
    **changes: object,
) -> ModelDescription:
    """A model with two units per layer and rows of three values."""
    random = np.random.default_rng(3)

    def weights(*shape: int) -> np.ndarray:
        return frozen(random.normal(0, 0.5, shape))

    recurrent, width = [], 3
    for cell, direction, merge, activation, gate, reset_after in layers:
        shape = Recurrent(cell, direction, merge, 2, activation, gate, reset_after, "steps")
        columns = 2 * shape.gates
        bias = (2, columns) if reset_after else (columns,)
        drawn = {way: (weights(width, columns), weights(2, columns), weights(*bias)) for way in shape.passes}
        recurrent.append((cell, shape, cells(shape, drawn)))
        width = shape.output_width
    table = frozen(random.integers(-7, 8, (ROWS, 3)) / 16)
    nodes, tensors = chain(
        table, recurrent, [("o", "linear", weights(width, 2), weights(2))], pooling, zero_below=zero_below
    )
    described = ModelDescription(
        text_rules=replace(ALNUM, unknown_id=1),
        vocabulary=(None, None, *(f"w{number:03}" for number in range(ROWS - 2))),
        labels=("no", "yes"),
        nodes=nodes,
        tensors=tensors,
        output="softmax",
        masking="exact",
        padding=None,
    )
    return replace(described, **changes)


LAST_SECTION = {"f32": "vocabulary", "f16": "text_rules", "wi8": "embedding.0.table", "wi4": "labels"}
"""A sanitizer sees a read beyond a section when the section is at the end of the file."""

LSTM = ("lstm", "forward", "none", "tanh", "sigmoid", False)
GRU = ("gru", "bidirectional", "concat", "tanh", "sigmoid", True)
GRU_BEFORE = ("gru", "bidirectional", "sum", "tanh", "hard_sigmoid", False)
RELU = ("lstm", "bidirectional", "ave", "relu", "sigmoid", False)


def models() -> dict[str, bytes]:
    """A file of every scheme, one of every operation, and one with a decision.

    Those of the schemes have every kind of layer, pooling and padding.
    """
    rules = replace(EVERY_KIND, name="every kind", max_tokens=5)
    padded = {"text_rules": rules, "masking": "none", "padding": "pre"}
    described = {
        "f32": small_model([RELU], pooling="max", zero_below=7),
        "f16": small_model([GRU, LSTM], pooling="average"),
        "wi8": small_model([GRU_BEFORE, LSTM], pooling="max", **padded),
        "wi4": small_model([LSTM], output="sigmoid"),
    }
    files = {}
    for scheme, model in described.items():
        content = emit_drupelet(in_rank_order(run_passes(model, SCHEME_PASSES[scheme])), scheme)
        parts = parts_of(content)
        last = next(part for part in parts if part[0].decode() == LAST_SECTION[scheme])
        files[scheme] = joined([*(part for part in parts if part is not last), last])
    for number, (name, graph) in enumerate(operation_graphs().items()):
        files[name] = model_file(model_of(graph), SCHEMES[number % len(SCHEMES)])
    files["decision"] = decided_file(model_of(SAMPLES["several labels"]), Decision((0.25, 0.5, 0.75), 0.5))
    return files


def operation_graphs() -> dict[str, Graph]:
    """A graph of every operation: of the cases that have it, the one with the most nodes that no other operation has taken."""
    found = {
        "fast_filter": plain_chain(
            Embedding(9, 16), Convolution(3, 3, 1, 1, 1, 1, 1), Reduce("max"), Dense(2), padding="pre", max_tokens=9
        )
    }
    for name in OPERATIONS:
        having = [graph for graph in CASES.values() if any(node.operation.name == name for node in graph.nodes)]
        found[name] = max(having, key=lambda graph: (graph not in found.values(), len(graph.nodes)))
    return found


def text_seed(rules: TextRules, text: str) -> bytes:
    """The input of fuzz_text_rules.c for text rules and a text."""
    section = encode_text_rules(rules)
    return len(section).to_bytes(2, "little") + section + text.encode(errors="surrogatepass")


def pattern_seed(pattern: str, text: str) -> bytes:
    """The same for rules that substitute a pattern."""
    return text_seed(TextRules("pattern", (Substitute(pattern, "="), Split("ascii"))), text)


ODD_TEXT = (
    "Don't PANIC,<br />\u00a0\u4e00\U0001f600 a-b \x1c\x85\u0130\u212a\u03a3 \u00c9t\u00c9\u2003\ud800a x\u0301 12.5"
)
EVERY_SPACE = "".join(f"a{chr(code)}" for code in range(0x3001) if chr(code).isspace())
GROWING = TextRules("growing", (Replace("a", "b" * 1000), Split("characters"), Ngrams((8, 7, 6, 5))))
TEXT_RULES = {
    **{name: text_seed(rules, ODD_TEXT) for name, rules in NAMED_RULES.items()},
    "every_kind": text_seed(EVERY_KIND, f"The {ODD_TEXT} a https://a.b/c#d \u00e9 the end"),
    "spaces": text_seed(ALNUM, EVERY_SPACE),
    "long": text_seed(ALNUM, "x" * 250 + "!\u00e9" * 9 + " " + "y" * 270 + "\u2003z"),
    "ascii_spaces": text_seed(TEXTVECTORIZATION, EVERY_SPACE),
    "sigmas": text_seed(
        TextRules("sigmas", (Lower("unicode"), Split("ascii"))), "\u03a3 A\u03a3 A.\u03a3.a \u0130\u03a3\u0301"
    ),
    "wide_separator": text_seed(TextRules("wide", (Split("separator", "\u3002"),)), "a\u3002\u3002b\u4e2d\u3002"),
    "classes": text_seed(
        TextRules(
            "classes",
            (Keep("-", ("letters", "marks"), "\u00e9"), Drop("\u00e9", ("space",), "xy"), Split("characters")),
        ),
        ODD_TEXT,
    ),
    "stop_words": text_seed(
        TextRules("stops", (Split("ascii"), DropWords(("a", "ab", "b", "\u00e9")))), "a b ab aba \u00e9 c"
    ),
    "growing": text_seed(GROWING, "a" * 60 + "c\u00e9"),
    "tags": pattern_seed("<[^>]+>", "<a>b<<c <d>" + "<" * 30),
    "lazy": pattern_seed("<.*?>|a{2,5}?b", "<a\n<b> aaab aaaaaaab"),
    "boundaries": pattern_seed(r"\b\w{1,2}\b|\B'\B|^x|y$|z\Z", "x ab abc ' '' y\n"),
    "sets": pattern_seed(r"[^\w\s\-\]]+|[\b\d\u4e00-\u9fff]", "\x08 \u4e2d 5\u0665 ]-.,!"),
    "nested": pattern_seed("((a|ab)(c|bcd)(d*)){1,3}e?f", "abcdf acdabcdef abbcdf"),
    "positions": pattern_seed("a{63}b", "a" * 80 + "b"),
    "refused": pattern_seed("(?=a)[b-a]{2,1}", "text"),
}


SUM_BYTES = 8


def goldens_seed(suites: dict[str, list[tuple[str, int, float]]], classes: int = 2, scheme: str = "wi8") -> bytes:
    """The input of fuzz_embedded_goldens.c for suites of (text, times, first probability)."""
    embedded = []
    for suite, texts in suites.items():
        members = []
        for number, (text, times, first) in enumerate(texts):
            answer = (first, *[(1 - first) / (classes - 1)] * (classes - 1))
            golden = Golden(suite, f"{suite} {number}", text, times, (3, 4), answer, None if number % 2 else 1)
            members.append(EmbeddedGolden(golden, Prediction(("no", first, answer, 2))))
        embedded.append(EmbeddedSuite(suite, tuple(members), len(members) + 1))
    return encode(embedded, b"model", GATES[scheme], classes)[:-SUM_BYTES]


EMBEDDED_GOLDENS = {
    "none": goldens_seed({}),
    "one": goldens_seed({"edge": [("a film", 1, 0.25)]}),
    "suites": goldens_seed({suite: [("a film", 1, 0.25), ("", 1, 0.5)] for suite in SUITES}, scheme="f32"),
    "runs": goldens_seed({"held_out": [("the ", 400, 0.75), ("a " + "x" * 70_000 + " b" + "\n" * 40, 1, 0.5)]}),
    "odd": goldens_seed({"edge": [("\u00c9t\u00e9 \ud800", 1, float("nan")), ("\x00", 1 << 20, 1.0)]}, classes=5),
}


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("corpus")
    for kind, seeds in {"model": models(), "text_rules": TEXT_RULES, "embedded_goldens": EMBEDDED_GOLDENS}.items():
        (target / kind).mkdir(parents=True, exist_ok=True)
        for name, content in seeds.items():
            (target / kind / name).write_bytes(content)
