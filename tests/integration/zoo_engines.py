"""The networks of the zoo on every engine: what Keras predicts, what each file answers, and how far these are apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from drupelet.comparison import GATES, Comparison, compare
from drupelet.decision import decision_for
from drupelet.output import probabilities
from drupelet.text.named import ALNUM
from drupelet_export.emitters.emission import EMITTERS, emit_model
from drupelet_export.model.description import ModelDescription
from drupelet_export.passes import PIPELINE, SCHEME_PASSES, run_passes
from drupelet_export.reading.keras_reader import describe_model
from drupelet_export.reading.reference import KerasReference
from drupelet_export.reading.settlement import Settled
from drupelet_export.reading.text_options import TextOptions
from integration.zoo import LENGTH, ROWS, Network
from integration.zoo_of_architectures import ALL

WORDS = (None, None, *(f"w{number}" for number in range(2, ROWS)))
TEXTS = (
    "w2 w3 w4 w5",
    "w6",
    "",
    "w7 odd w9 w10 w11 w2 w4",
    "w11 w10 w9 w8 w7 w6 w5 w4 w3",
    "odd odd",
    "w2 w2 w11 w11 w5",
    "W8, w8! w3",
    "odd",
    f"w{ROWS - 1} w{ROWS - 2} w100 w200 w300",
    " ".join(f"w{number}" for number in range(2, 40)),
    "w12 w13 w14 w15 w16 w17 w18 w19",
    "w20 odd odd odd w21",
    "w31 w30",
    "w400 w5 w400 w5 w400 w5 w400 w5 w400 w5 w400 w5",
    "w77 w88 w99",
)
"""Texts of all kinds: empty, short, of unknown words alone, longer than LENGTH, of the last rows."""


def described(network: Network, model: Any) -> ModelDescription:
    """The description of a network with the words of the zoo."""
    fixed = model.inputs[0].shape[1] is not None
    rules = replace(ALNUM, max_tokens=LENGTH if fixed or network.padding != "none" else None, unknown_id=1)
    settled = Settled(rules, WORDS, None if network.padding == "none" else network.padding, ())
    classes = max(2, model.output_shape[-1])
    return describe_model(model, TextOptions(tuple(f"class {number}" for number in range(classes)), settled), "model")


def _native(content: bytes, model: ModelDescription) -> Any:
    from drupelet._native import Model

    return Model(content, "zoo")


def _numpy(content: bytes, model: ModelDescription) -> Any:
    from drupelet.engines.numpy_engine import NumpySession, stored_arrays
    from drupelet.model_file import read_model_file

    file = read_model_file(content)
    return NumpySession(file.graph, file.scheme, stored_arrays(file))


def _onnx(content: bytes, model: ModelDescription) -> Any:
    from drupelet.engines.foreign_library import import_library
    from drupelet.engines.onnx_engine import OnnxSession

    onnxruntime = import_library("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return OnnxSession(session, model.graph, "zoo")


def _litert(content: bytes, model: ModelDescription) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    from drupelet.engines.litert_engine import LitertSession

    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    return LitertSession(interpreter, model.graph, "zoo")


ENGINES: Mapping[str, tuple[str, Callable[[bytes, ModelDescription], Any]]] = {
    "native": ("drupelet", _native),
    "numpy": ("drupelet", _numpy),
    "onnx": ("onnx", _onnx),
    "litert": ("tflite", _litert),
}
"""The format that an engine reads, and a session of a file on it."""
QUICK = ("native", "numpy", "onnx")
"""Engines whose files are written in no time; a TFLite file takes seconds."""


ZOO_GATES = {scheme: gate if scheme == "f32" else replace(gate, max_flip_share=1.0) for scheme, gate in GATES.items()}
"""The gates. Only f32 counts flips: random weights answer near a tie, and a share of so few texts is no share."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A network that Keras has answered. ``expected``: the probabilities that ``model.predict`` gives for ``TEXTS``."""

    read: ModelDescription
    expected: Sequence[tuple[float, ...]]
    _of_scheme: dict[str, ModelDescription]
    _files: dict[tuple[str, str], bytes]

    @cached_property
    def final(self) -> ModelDescription:
        """The description after the passes of every scheme."""
        return run_passes(self.read, PIPELINE)

    def scheme(self, scheme: str) -> ModelDescription:
        """The description after the passes of a scheme."""
        if scheme not in self._of_scheme:
            self._of_scheme[scheme] = run_passes(self.final, SCHEME_PASSES[scheme])
        return self._of_scheme[scheme]

    def compared(self, scheme: str, engine: str) -> Comparison:
        """The answers of an engine, judged by the gate of the scheme."""
        file_format, session_of = ENGINES[engine]
        model = self.scheme(scheme)
        if (scheme, file_format) not in self._files:
            self._files[scheme, file_format] = emit_model(model, scheme, file_format)[0]
        arranged = EMITTERS[file_format].arranged(model)
        session = session_of(self._files[scheme, file_format], arranged)
        answers = [
            probabilities(logits, model.output) for logits in session.run([arranged.engine_ids(text) for text in TEXTS])
        ]
        return compare(self.expected, answers, ZOO_GATES[scheme], decision=decision_for(model.graph, model.decision))


def ask(name: str) -> Asked:
    """Builds a network, reads it, and has Keras predict the texts."""
    network = ALL[name]
    model = network.model()
    description = described(network, model)
    return Asked(description, KerasReference(model, description).predict(TEXTS), {}, {})
