"""Writes ``corpus/``, the seeds of the fuzzers: a small model of every kind, and tokenizers with one text each.

``PYTHONPATH=tests python tests/fuzz/make_corpus.py`` writes the same bytes each time. A bug that the fuzzers found gets a test
of its own once it is fixed, and a seed here if a fuzzer would take long to find it again.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from drupelet.architecture import Recurrent
from drupelet.tokenizer import ALNUM, KERAS, Tokenizer
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.model.description import CellWeights, DenseLayer, ModelDescription, RecurrentLayer, frozen
from drupelet_export.passes import SCHEME_PASSES, run_passes
from golden.make_bundle_v2 import vocabulary
from runtime.native.file_surgery import joined, parts_of

ROWS = 512
"""Number of rows. With so many, a table of 256 scales for integer rows is worth its bytes."""


def small_model(layers: list[tuple[str, str, str, str, str, bool]], **changes: object) -> ModelDescription:
    """A model with two units per layer and rows of three values."""
    random = np.random.default_rng(3)

    def weights(*shape: int) -> np.ndarray:
        return frozen(random.normal(0, 0.5, shape))

    recurrent, width = [], 3
    for cell, direction, merge, activation, gate, reset_after in layers:
        shape = Recurrent(cell, direction, merge, width, 2, activation, gate, reset_after)
        columns = 2 * shape.gates
        bias = (2, columns) if reset_after else (columns,)
        cells = {way: CellWeights(weights(width, columns), weights(2, columns), weights(*bias)) for way in shape.passes}
        recurrent.append(RecurrentLayer(cell, shape, cells, False))
        width = shape.output_dim
    described = ModelDescription(
        tokenizer=replace(ALNUM, unknown_id=1),
        vocabulary=(None, None, *(f"w{number:03}" for number in range(ROWS - 2))),
        labels=("no", "yes"),
        embedding=frozen(random.integers(-7, 8, (ROWS, 3)) / 16),
        recurrent=tuple(recurrent),
        pooling="last",
        dense=(DenseLayer("o", "linear", weights(width, 2), weights(2)),),
        output="softmax",
        masking="exact",
        padding=None,
    )
    return replace(described, **changes)


LAST_SECTION = {"f32": "vocabulary", "f16": "tokenizer", "wi8": "embedding", "wi4": "labels"}
"""A sanitizer sees a read beyond a section when the section is at the end of the file."""

LSTM = ("lstm", "forward", "none", "tanh", "sigmoid", False)
GRU = ("gru", "bidirectional", "concat", "tanh", "sigmoid", True)
GRU_BEFORE = ("gru", "bidirectional", "sum", "tanh", "hard_sigmoid", False)
RELU = ("lstm", "bidirectional", "ave", "relu", "sigmoid", False)


def models() -> dict[str, bytes]:
    """A file of every scheme. Together they have every kind of layer, pooling and padding."""
    padded = {"tokenizer": replace(KERAS, max_tokens=5, keep="ends", unknown_id=0), "masking": "none", "padding": "pre"}
    described = {
        "f32": small_model([RELU], pooling="max", pool_zero_below=7),
        "f16": small_model([GRU, LSTM], pooling="average"),
        "wi8": small_model([GRU_BEFORE, LSTM], pooling="max", **padded),
        "wi4": small_model([LSTM], output="sigmoid"),
    }
    files = {}
    for scheme, model in described.items():
        content = emit_drupelet(run_passes(model, SCHEME_PASSES[scheme]), vocabulary(model), scheme)
        parts = parts_of(content)
        last = next(part for part in parts if part[0].decode() == LAST_SECTION[scheme])
        files[scheme] = joined([*(part for part in parts if part is not last), last])
    return files


def tokenizer_seed(tokenizer: Tokenizer, text: str, surrogates: bool = False) -> bytes:
    """The input of fuzz_tokenizer.c for a tokenizer and a text."""
    rules = ("unicode", "ascii", "none").index(tokenizer.lowercase)
    while rules % 3 != ("unicode", "ascii", "none").index(tokenizer.lowercase) or (
        bool(rules & 4),
        bool(rules & 8),
    ) != (tokenizer.kept == "all_but", tokenizer.split == "ascii"):
        rules += 1
    bitmap = sum(1 << ord(character) for character in tokenizer.characters).to_bytes(16, "little")
    pairs = b"".join(
        bytes([len(old.encode()) | len(new.encode()) << 4]) + old.encode() + new.encode()
        for old, new in tokenizer.replacements
    )
    return (
        bytes([surrogates, rules, len(tokenizer.replacements)]) + bitmap + pairs + text.encode(errors="surrogatepass")
    )


TOKENIZERS = {
    "alnum": tokenizer_seed(ALNUM, "A Wonderful<br />film,\u2003\u0130\u212a \u00e9t\u00c9 a b"),
    "keras": tokenizer_seed(KERAS, "Don't\tPANIC \u00a0 \u4e00\U0001f600 a-b \x1c\x85"),
    "replaced": tokenizer_seed(
        replace(KERAS, lowercase="none", replacements=(("\u00e9", "e"), ("aa", "b"), ("b", ""))), "aaa \u00e9a bab aa"
    ),
    "surrogates": tokenizer_seed(replace(ALNUM, split="ascii"), "\ud800a \udfff\u3000b", surrogates=True),
    "spaces": tokenizer_seed(ALNUM, "".join(f"a{chr(code)}" for code in range(0x3001) if chr(code).isspace())),
    "long": tokenizer_seed(ALNUM, "x" * 250 + "!\u00e9" * 9 + " " + "y" * 270 + "\u2003z"),
}


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("corpus")
    for kind, seeds in {"model": models(), "tokenizer": TOKENIZERS}.items():
        (target / kind).mkdir(parents=True, exist_ok=True)
        for name, content in seeds.items():
            (target / kind / name).write_bytes(content)
