"""The ``litert`` engine: runs a TFLite file with ai-edge-litert, or else with tflite-runtime."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from drupelet.bundle import Bundle
from drupelet.control_characters import escaped
from drupelet.engines.foreign_library import distribution_version, import_library, is_out_of_memory, missing_library
from drupelet.engines.wheels import how_to_install
from drupelet.errors import EngineUnavailableError, FormatError
from drupelet.fork_gate import FORK_GATE
from drupelet.graph import Graph
from drupelet.manifest import ModelEntry
from drupelet.text_limit import WholeTextLimit

LIBRARIES = {"ai_edge_litert": "ai-edge-litert", "tflite_runtime": "tflite-runtime"}
"""Module and distribution of the libraries that have the interpreter, the preferred one first."""

DELEGATE_NOTICE = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."


class LitertEngine:
    """Runs TFLite files on one CPU thread."""

    name = "litert"
    format = "tflite"

    def check(self) -> str | None:
        """None when an interpreter and numpy can be found, otherwise the reason why not."""
        if all(missing_library(module, "") for module in LIBRARIES):
            remedy = how_to_install(*LIBRARIES.values())
            return f"neither of the Python modules {' and '.join(LIBRARIES)} is installed: {remedy}"
        return missing_library("numpy", how_to_install("numpy"))

    def libraries(self) -> tuple[str, ...]:
        """numpy, then the interpreter of the installed library, or of the preferred one when both are."""
        return "numpy", f"{self._module()}.interpreter"

    def load(self, bundle: Bundle, model: ModelEntry) -> LitertSession:
        """The model in an interpreter. Raises EngineUnavailableError when the interpreter refuses the file."""
        if model.scheme == "f16" and self._module() == "tflite_runtime":
            raise EngineUnavailableError(
                f"{bundle.path}: {model.entry.file}: {self.version()} answers wrongly from float16 constants; use the f32, wi8 "
                "or wi4 file, or ai-edge-litert"
            )
        content = bundle.read(model.entry)
        interpreter_class = import_library(f"{self._module()}.interpreter").Interpreter
        try:
            with FORK_GATE, _without_delegate_notice():
                interpreter = interpreter_class(model_content=content, num_threads=1)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise MemoryError from error
            raise EngineUnavailableError(
                f"{bundle.path}: {model.entry.file}: {self.version()} refuses the file ({error}); "
                f"it needs {dict(model.requires)}"
            ) from error
        return LitertSession(interpreter, bundle.manifest.network, f"{bundle.path}: {model.entry.file}")

    def version(self) -> str:
        """The library that has the interpreter, and its version."""
        distribution = LIBRARIES[self._module()]
        import_library(self._module())
        return f"{distribution} {distribution_version(distribution)}"

    def _module(self) -> str:
        return next(module for module in LIBRARIES if missing_library(module, "") is None)


class LitertSession:
    """An interpreter with its model. Threads may share it; their calls run one after another."""

    def __init__(self, interpreter: Any, network: Graph, where: str) -> None:
        self._where = where
        self._limit = WholeTextLimit(network, "LiteRT")
        self._interpreter = interpreter
        self._input: int = interpreter.get_input_details()[0]["index"]
        self._output: int = interpreter.get_output_details()[0]["index"]
        self._length = int(interpreter.get_input_details()[0]["shape"][0])
        self._lock = threading.Lock()

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text. Texts run one at a time, each at its exact length.

        Raises InputError for a text that would take the library too much memory.
        """
        import numpy as np

        for ids in batch:
            self._limit.check(len(ids))
        answers = []
        with self._lock:
            for ids in batch:
                try:
                    if len(ids) != self._length:
                        self._interpreter.resize_tensor_input(self._input, [len(ids)])
                        self._interpreter.allocate_tensors()
                        self._length = len(ids)
                    self._interpreter.set_tensor(self._input, np.asarray(ids, np.int32))
                    self._interpreter.invoke()
                except (ValueError, RuntimeError, MemoryError) as error:
                    self._length = -1
                    if is_out_of_memory(error):
                        raise MemoryError from error
                    raise FormatError(f"{self._where}: does not fit its manifest ({error}); export it again") from error
                answers.append([float(value) for value in self._interpreter.get_tensor(self._output)[0]])
        return answers


@contextlib.contextmanager
def _without_delegate_notice() -> Iterator[None]:
    """Drops the interpreter's one-line notice about its delegate from stderr. Everything else passes through, escaped."""
    with tempfile.TemporaryFile() as written:
        try:
            stderr = os.dup(2)
        except OSError:  # closed: nothing can be seen
            yield
            return
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            for line in written:
                if DELEGATE_NOTICE not in line:
                    with contextlib.suppress(OSError):  # full, or nobody reads it
                        os.write(2, escaped(line.decode(errors="replace")).encode())
