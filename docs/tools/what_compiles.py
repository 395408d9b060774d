"""Writes ``docs/what_compiles.md``: the layers that are read, and how far each network of the zoo is from Keras on each engine.

    python -m docs.tools.what_compiles            writes the page, of the compiler's table of layers and docs/reports/zoo.json
    python -m docs.tools.what_compiles --check    says whether the page is as it would be written (exit status 1: no)

The report is measured by ``make zoo``. The page imports Keras: it names its layers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from drupelet.comparison import GATES
from drupelet.operations.activation_names import RECURRENT_ACTIVATIONS
from drupelet.schemes import SCHEMES
from drupelet_export.reading.layers.table import layer_names, readers
from drupelet_export.tensorflow_log import tensorflow_log_on_failure

DOCS = Path(__file__).resolve().parents[1]
PAGE = DOCS / "what_compiles.md"
REPORT = DOCS / "reports/zoo.json"
ENGINES = ("native", "numpy", "onnx", "litert")

LAYERS: tuple[tuple[str, str, str], ...] = (
    ("TextVectorization", "first in the model, with its words", "functions of your own for `standardize` and `split`"),
    ("Embedding", "masked (`mask_zero`) or not; several of the ids; of constant positions", "of what other layers computed"),
    ("Masking", "behind an Embedding whose row 0 alone is zeros", "of what other layers computed"),
    (
        "LSTM GRU SimpleRNN",
        "forward, `go_backwards`, stacked, states returned or given (`return_state`, `initial_state`), `reset_after`, of the "
        f"activations {', '.join(RECURRENT_ACTIVATIONS)}",
        "`stateful`: an answer would depend on earlier texts; an initial state that is a constant other than zeros",
    ),
    ("RNN", "of LSTMCell, GRUCell, SimpleRNNCell, one or several", "states of several cells; other cells"),
    ("Bidirectional", "`concat`, `sum`, `ave`, `mul`, None; two different layers", "a forward layer that goes backwards"),
    (
        "Conv1D DepthwiseConv1D SeparableConv1D",
        "`valid`, `same`, `causal`; strides, dilation, groups",
        "`channels_first`; strides over padded texts of any length: give `--max-tokens`",
    ),
    (
        "Conv2D MaxPooling2D AveragePooling2D GlobalMaxPooling2D GlobalAveragePooling2D",
        "over an image (steps, features, 1), with windows of all features, as in a TextCNN",
        "windows of some features",
    ),
    ("MaxPooling1D AveragePooling1D", "`valid`, `same`; any size and strides", "`channels_first`"),
    ("GlobalMaxPooling1D GlobalAveragePooling1D", "masked as Keras does it: an average leaves masked steps out, a maximum "
     "does not", "`channels_first`"),
    ("Dense EinsumDense", "of vectors and of every step", "an equation other than a product with the last axis"),
    (
        "TimeDistributed",
        "of Dense and of other layers that read a step alone, and a Sequential of them",
        "of recurrent layers and of other models",
    ),
    ("Activation", "every activation of Keras", "a function of your own"),
    (
        "ReLU LeakyReLU ELU PReLU",
        "all options; PReLU with slopes of features, or of steps and features",
        "slopes of steps over texts of any length: give `--max-tokens`",
    ),
    (
        "Softmax",
        "over features, or over steps; with the mask of the ids",
        "over one unit, which is always 1; over features with a mask of steps",
    ),
    ("BatchNormalization", "of the last axis; folded into the layer before or behind it where that is exact", "`renorm`"),
    ("LayerNormalization RMSNormalization UnitNormalization", "of the last axis", "other axes; `rms_scaling`"),
    ("Rescaling", "a number, or a number a feature", "a constant of other shapes"),
    (
        "Add Subtract Multiply Average Maximum Minimum",
        "of steps and of vectors; one of one step or one feature is repeated",
        "of constants alone",
    ),
    ("Concatenate", "of features, of steps of fixed length", "of the texts of a batch"),
    ("Dot", "of steps and vectors, `normalize`", "of the texts of a batch"),
    ("Attention AdditiveAttention", "`dot`, `concat`, `use_scale`, causal, masked", "scores returned"),
    (
        "MultiHeadAttention",
        "self and cross attention, `value_dim`, `output_shape`, causal, masked",
        "scores returned; an `attention_mask`: masks come from an Embedding; `use_gate`, `sliding_window`",
    ),
    ("Flatten Reshape Permute RepeatVector", "of a fixed number of steps", "steps of any length: give `--max-tokens`"),
    ("Cropping1D ZeroPadding1D UpSampling1D", "of a fixed number of steps", "steps of any length: give `--max-tokens`"),
    (
        "Dropout SpatialDropout1D GaussianDropout GaussianNoise AlphaDropout ActivityRegularization Identity",
        "nothing at inference",
        "-",
    ),
)  # fmt: skip
"""The layers that are read together, the forms that compile, and those that are refused. A test compares the names with the
compiler's table."""

REFUSED = (
    ("`Lambda`, and a layer of your own", "code in a model file is never run; `--replace NAME=FILE.py:function` gives its body "
     "in layers of Keras"),
    ("two inputs, or two outputs", "a text goes in and an answer comes out; several sigmoids are one output of a Concatenate"),
    ("a number of steps that depends on the text", "memory is known before a text comes"),
    ("recurrent layers with `stateful=True`", "the same text has the same answer"),
)  # fmt: skip
"""What is refused whatever the layer, and why."""


def named_layers() -> list[str]:
    """The names of the layers in the table of this module."""
    return [name for names, _, _ in LAYERS for name in names.split()]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows),
    ]


def quoted(names: Iterable[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def operation_names() -> list[str]:
    """The operations of keras.ops that are read, by the names of their functions' classes."""
    from keras import Layer

    return sorted({kind.__name__ for kind in readers() if not issubclass(kind, Layer)})


def layers_part() -> list[str]:
    """What is read: layers, operations, and what is refused."""
    with tensorflow_log_on_failure():
        supported, operations = set(layer_names()), operation_names()
    missing = supported ^ set(named_layers())
    if missing:
        raise SystemExit(f"docs/tools/what_compiles.py: LAYERS and the compiler differ in {', '.join(sorted(missing))}")
    rows = [(quoted(names.split()), *rest) for names, *rest in LAYERS]
    return [
        "## Layers",
        "",
        f"Every one of them is written for every engine ({quoted(ENGINES)}) and in every scheme ({quoted(SCHEMES)}); "
        "the figures below say what was measured. Sequential and "
        "functional models, models in models, layers that are called twice, and branches are read as Keras runs them.",
        "",
        *table(("layer", "what compiles", "what is refused"), rows),
        "",
        f"Of `keras.ops`, and of operators in a functional model, these compile: {quoted(operations)}.",
        "",
        "## What is refused",
        "",
        "Export names the layer, its place and the reason. These are refused whatever the layer:",
        "",
        *table(("what", "why"), REFUSED),
    ]


def zoo_part(report: Mapping[str, Any]) -> list[str]:
    """The networks of the zoo: the largest difference of each scheme over the engines, and of each engine in f32."""
    networks: Mapping[str, Any] = report["networks"]
    lines = [
        "## The zoo",
        "",
        f"The tests build {len(networks)} networks with Keras, with random weights, and compare `model.predict` with every "
        f"engine on {report['texts']} texts: short, empty, longer than the network reads, of unknown words. The columns of "
        "engines have the largest difference of a probability in `f32`, those of schemes the largest over the engines. No "
        "label changes in `f32`. `make zoo` measures them, `make test` measures most again, and `make test-long` the rest.",
        "",
        "The gates: " + ", ".join(f"`{scheme}` {gate.max_difference:g}" for scheme, gate in GATES.items()) + ".",
    ]
    for kind, title in (("architecture", "Whole architectures"), ("operations", "Operations alone and in pairs")):
        rows = []
        for name, network in networks.items():
            if network["kind"] != kind:
                continue
            schemes = network["schemes"]
            exact = [schemes["f32"][engine] for engine in ENGINES]
            others = [max(schemes[scheme][engine] for engine in ENGINES) for scheme in SCHEMES if scheme != "f32"]
            rows.append((name.replace("_", " "), *(f"{difference:.0e}" for difference in (*exact, *others))))
        head = ("network", *(f"f32 {engine}" for engine in ENGINES), *(scheme for scheme in SCHEMES if scheme != "f32"))
        lines += ["", f"### {title}", "", *table(head, rows)]
    return lines


def page() -> str:
    """The page."""
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    lines = [
        "# What compiles",
        "",
        "A program writes this page from the compiler's own table of layers and from measurements of the tests "
        "(`make docs-compiles`). Your model is a text classifier when a text goes in as ids, and probabilities or logits of "
        "labels come out; it needs no recurrent layer. A model with several sigmoids answers each label alone.",
        "",
        *layers_part(),
        "",
        *zoo_part(report),
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the page, or says whether it is as it would be written."""
    parser = argparse.ArgumentParser(description="writes docs/what_compiles.md")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when the page is not up to date"
    )
    options = parser.parse_args(arguments)
    text = page()
    if options.check:
        if PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/what_compiles.md is not what the program writes; run: make docs-compiles", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
