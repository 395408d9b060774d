"""The size of a model file by part."""

from __future__ import annotations

from drupelet.model_file import read_model_file, stored_tensors, tensor_size_bytes

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.bundle import Bundle
    from drupelet.graph import Graph
    from drupelet.manifest import ModelEntry

OPERATION_PARTS = ("embedding", "recurrent", "convolution", "dense")
"""Operations whose tensors are a part of their own; those of all others are ``other``."""
PARTS = (*OPERATION_PARTS, "other", "vocabulary", "container")


def size_ledgers(bundle: Bundle) -> dict[str, dict[str, int]]:
    """The ledger_of every model file by its name."""
    return {model.entry.file: ledger_of(bundle, model) for model in bundle.manifest.models}


def ledger_of(bundle: Bundle, model: ModelEntry) -> dict[str, int]:
    """The size_ledger of a model file.

    A .drupelet file has rows of its own and holds a vocabulary; the others have the rows of the Keras model. Raises
    IntegrityError or FormatError for a damaged .drupelet file.
    """
    size_bytes = model.entry.size_bytes
    if model.format != "drupelet":
        return size_ledger(bundle.manifest.network, model.scheme, size_bytes, 0)
    file = read_model_file(bundle.read(model.entry), f"{bundle.path}: {model.entry.file}")
    return size_ledger(file.graph, file.scheme, size_bytes, len(file.vocabulary))


def size_ledger(network: Graph, scheme: str, file_size_bytes: int, vocabulary_size_bytes: int) -> dict[str, int]:
    """The bytes of each part of a model file: the tensors of its operations, vocabulary, container.

    ``vocabulary_size_bytes`` is 0 for a file that holds no vocabulary. The tensors of a scheme take the same bytes in every
    format; the rest is the container (tables, graph, alignment).
    """
    ledger = dict.fromkeys(PARTS, 0)
    for name, (dtype, shape) in stored_tensors(network, scheme).items():
        operation = name.partition(".")[0]
        ledger[operation if operation in OPERATION_PARTS else "other"] += tensor_size_bytes(dtype, shape)
    ledger["vocabulary"] = vocabulary_size_bytes
    ledger["container"] = file_size_bytes - sum(ledger.values())
    return ledger
