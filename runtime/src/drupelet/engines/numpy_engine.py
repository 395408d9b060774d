"""The ``numpy`` engine: runs a .drupelet file with numpy alone. It is the readable reference for the meaning of the file.

Here it loads the file and walks the graph; :mod:`drupelet.engines.numpy_operations` has what each operation computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drupelet.bundle import Bundle
from drupelet.engines.foreign_library import import_library, missing_library
from drupelet.engines.numpy_operations.table import function_of
from drupelet.engines.wheels import how_to_install
from drupelet.errors import FormatError
from drupelet.graph import Graph
from drupelet.manifest import ModelEntry
from drupelet.model_file import (
    DTYPE_FLOAT16,
    DTYPE_FLOAT32,
    DTYPE_INT4,
    DTYPE_INT8,
    DTYPE_UINT8,
    ModelFile,
    read_model_file,
    stored_tensors,
)
from drupelet.operations.operation import ROWS
from drupelet.rank_ids import ranked_network, ranked_rules
from drupelet.text_limit import TextLimit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]


class NumpyEngine:
    """Runs .drupelet files with numpy."""

    name = "numpy"
    format = "drupelet"

    def check(self) -> str | None:
        """None when numpy can be imported, otherwise the reason why not."""
        return missing_library("numpy", how_to_install("numpy"))

    def libraries(self) -> tuple[str, ...]:
        """numpy, and no other module."""
        return ("numpy",)

    def load(self, bundle: Bundle, model: ModelEntry) -> NumpySession:
        """The network of a .drupelet file, ready to run."""
        import_library("numpy")
        where = f"{bundle.path}: {model.entry.file}"
        file = read_model_file(bundle.read(model.entry), where)
        if bundle.single_file is None:
            _check_manifest(file, bundle, model, where)
        return NumpySession(file.graph, file.scheme, stored_arrays(file))

    def version(self) -> str:
        """numpy and its version."""
        return f"numpy {import_library('numpy').__version__}"


def _check_manifest(file: ModelFile, bundle: Bundle, model: ModelEntry, where: str) -> None:
    """Raises FormatError unless scheme, network, text rules, labels and decision are those of the manifest, in its ids."""
    manifest = bundle.manifest
    try:
        network = ranked_network(manifest.network, manifest.text_rules, file.graph.vocabulary_rows)
    except FormatError as error:
        raise FormatError(f"{where}: {error}") from error
    rules = ranked_rules(manifest.text_rules)
    if (file.graph, file.text_rules, file.labels, file.decision) != (
        network,
        rules,
        manifest.labels,
        manifest.decision,
    ):
        raise FormatError(
            f"{where}: holds another network, text rules, labels or decision than the manifest says; export it again"
        )
    if file.scheme != model.scheme:
        raise FormatError(f"{where}: its scheme is {file.scheme}, the manifest says {model.scheme}; export it again")


NUMPY_DTYPES = {
    DTYPE_FLOAT32: "<f4",
    DTYPE_FLOAT16: "<f2",
    DTYPE_INT8: "i1",
    DTYPE_INT4: "u1",
    DTYPE_UINT8: "u1",
}
"""numpy dtypes of stored tensors by dtype code; int4 as bytes that hold two values each."""


def stored_arrays(file: ModelFile) -> dict[str, Array]:
    """Every tensor of a model file as it is stored, by name, without a copy. int4 are bytes (rows, ceil(columns / 2))."""
    import numpy as np

    return {
        name: np.frombuffer(file.tensors[name], NUMPY_DTYPES[dtype]).reshape(_stored_shape(dtype, shape))
        for name, (dtype, shape) in stored_tensors(file.graph, file.scheme).items()
    }


def _stored_shape(dtype: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[:-1], -(-shape[-1] // 2)) if dtype == DTYPE_INT4 else shape


class NumpySession:
    """A network and its tensors. Threads may share it: each call allocates its own memory.

    Kernels become float32 once, at load. Rows of tables stay as they are stored and become float32 when they are looked up.
    """

    def __init__(self, graph: Graph, scheme: str, stored: dict[str, Array]) -> None:
        self._nodes = graph.nodes
        self._graph = graph
        self._functions = [function_of(node.operation.name) for node in graph.nodes]
        tensors = _tensors(graph, stored)
        self._weights = [tensors.get(graph.tensor_prefix(number), {}) for number in range(len(graph.nodes))]
        self._last_reads = _last_reads(graph)
        self._limit = TextLimit(graph)

    def run(self, batch: Sequence[Sequence[int]]) -> list[list[float]]:
        """The logits of each text. Texts run one at a time, so that a batch cannot change an answer.

        Raises InputError for a text whose values would take more memory than a text may take.
        """
        import numpy as np

        for ids in batch:
            self._limit.check(len(ids))
        # Keras answers 0/0 for the average over no token, and an overflow of exp saturates the activation.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return [self._logits(np.asarray(ids, np.int32)) for ids in batch]

    def shares(self, ids: Sequence[int]) -> list[list[float]] | None:
        """What each id adds to each logit, and at last what the bias adds; None where the logits are no sum over ids."""
        import numpy as np

        from drupelet.engines.numpy_shares import shares_of
        from drupelet.linear_ending import linear_ending

        self._limit.check(len(ids))
        ending = linear_ending(self._graph)
        if ending is None:
            return None
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return shares_of(ending, self._nodes, self._functions, self._weights, np.asarray(ids, np.int32))

    def _logits(self, ids: NDArray[np.int32]) -> list[float]:
        values: list[Any] = [ids]
        for number, (node, function, weights) in enumerate(zip(self._nodes, self._functions, self._weights)):
            values.append(function(node.operation, [values[read] for read in node.inputs], weights, len(ids)))
            for done in self._last_reads[number]:
                values[done] = None
        return [float(value) for value in values[-1]]


def _last_reads(graph: Graph) -> list[list[int]]:
    """The values that each node is the last to read: they are let go."""
    last = {read: number for number, node in enumerate(graph.nodes) for read in node.inputs}
    done: list[list[int]] = [[] for _ in graph.nodes]
    for value, number in last.items():
        done[number].append(value)
    return done


def _tensors(graph: Graph, stored: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """The tensors of each node that has its own, by the prefix of their names and by role.

    Tables are as they are stored, with their scales; all others are float32.
    """
    import numpy as np

    found: dict[str, dict[str, Array]] = {}
    for name, (_, storage) in graph.tensors().items():
        operation, number, role = name.split(".", 2)
        held = found.setdefault(f"{operation}.{number}.", {})
        if storage == ROWS:
            for part in ("", ".scale_codes", ".scale_table"):
                if name + part in stored:
                    held[role + part] = stored[name + part]
        else:
            values = stored[name].astype(np.float32)
            scales = stored.get(f"{name}.scales")
            held[role] = values if scales is None else values * scales
    return found
