"""The ``onnx`` engine: runs an ONNX file with onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from drupelet.bundle import Bundle
from drupelet.engines.foreign_library import import_library, is_out_of_memory, missing_library
from drupelet.engines.onnx_file import refuse_external_data
from drupelet.engines.wheels import how_to_install
from drupelet.errors import EngineUnavailableError, FormatError
from drupelet.fork_gate import FORK_GATE
from drupelet.graph import Graph
from drupelet.manifest import ModelEntry
from drupelet.text_limit import WholeTextLimit

NO_LOG = 4
"""Severity of a log without errors: they come as exceptions, and a log would write names of the file to stderr raw."""
MAX_BATCH_TEXTS = 32
"""Most texts of one run: more texts gain nothing on a small network, and cost memory."""
MAX_PADDED_SHARE = 1.125
"""Texts run together only when padding to the longest adds at most an eighth to their tokens."""


class OnnxEngine:
    """Runs ONNX files with onnxruntime on one CPU thread."""

    name = "onnx"
    format = "onnx"

    def check(self) -> str | None:
        """None when onnxruntime and numpy can be found, otherwise the reason why not."""
        return missing_library("onnxruntime", how_to_install("onnxruntime")) or missing_library(
            "numpy", how_to_install("numpy")
        )

    def libraries(self) -> tuple[str, ...]:
        """numpy, then onnxruntime."""
        return "numpy", "onnxruntime"

    def load(self, bundle: Bundle, model: ModelEntry) -> OnnxSession:
        """The ONNX model in an inference session.

        Raises EngineUnavailableError when onnxruntime refuses it, FormatError when it would read other files.
        """
        content = bundle.read(model.entry)
        where = f"{bundle.path}: {model.entry.file}"
        refuse_external_data(content, where)
        onnxruntime = import_library("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = NO_LOG
        try:
            with FORK_GATE:
                session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no base class of their own
            if is_out_of_memory(error):
                raise MemoryError from error
            raise EngineUnavailableError(
                f"{where}: onnxruntime {onnxruntime.__version__} refuses the file ({error}); "
                f"it needs {dict(model.requires)}"
            ) from error
        return OnnxSession(session, bundle.manifest.network, where)

    def version(self) -> str:
        """onnxruntime and its version."""
        return f"onnxruntime {import_library('onnxruntime').__version__}"


class OnnxSession:
    """An ONNX model. Threads may share it: onnxruntime's sessions are thread-safe."""

    def __init__(self, session: Any, network: Graph, where: str) -> None:
        self._session = session
        self._padded = network.padded
        self._limit = WholeTextLimit(network, "onnxruntime")
        self._where = where

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text. Texts of about the same length run together; ``lengths`` cuts off their padding.

        Raises InputError for a text that would take the library too much memory.
        """
        lengths = [len(ids) for ids in batch]
        for length in set(lengths):
            self._limit.check(length)
        answers: list[list[float]] = [[] for _ in batch]
        for group in _groups_of_like_length(lengths, self._limit.texts_at_once):
            for place, logits in zip(group, self._run_together([batch[place] for place in group])):
                answers[place] = logits
        return answers

    def _run_together(self, texts: Sequence[Sequence[int]]) -> list[list[float]]:
        import numpy as np

        lengths = np.array([len(ids) for ids in texts], np.int32)
        ids = np.zeros((len(texts), max(1, int(lengths.max()))), np.int32)
        for row, text in zip(ids, texts):
            row[: len(text)] = text
        feed = {"ids": ids} if self._padded else {"ids": ids, "lengths": lengths}
        try:
            (logits,) = self._session.run(["logits"], feed)
        except Exception as error:  # onnxruntime's errors have no base class of their own
            if is_out_of_memory(error):
                raise MemoryError from error
            raise FormatError(f"{self._where}: does not fit its manifest ({error}); export it again") from error
        rows: list[list[float]] = logits.tolist()
        return rows


def _groups_of_like_length(lengths: Sequence[int], texts_at_once: Callable[[int], int]) -> list[list[int]]:
    """The indices 0..n-1 in groups of at most MAX_BATCH_TEXTS texts, padded by at most MAX_PADDED_SHARE.

    ``texts_at_once``: how many texts of a length have room together.
    """
    groups: list[list[int]] = []
    tokens = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        longest = lengths[place]
        group = groups[-1] if groups else []
        if (
            group
            and len(group) < min(MAX_BATCH_TEXTS, texts_at_once(longest))
            and longest * (len(group) + 1) <= MAX_PADDED_SHARE * (tokens + longest)
        ):
            group.append(place)
            tokens += longest
        else:
            groups.append([place])
            tokens = longest
    return groups
