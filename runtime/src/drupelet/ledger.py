"""The size of a model file by part."""

from __future__ import annotations

from drupelet.architecture import Architecture
from drupelet.model_file import stored_tensors, tensor_size_bytes

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from drupelet.manifest import Manifest

PARTS = ("embedding", "recurrent", "head", "vocabulary", "container")


def size_ledgers(manifest: Manifest) -> dict[str, dict[str, int]]:
    """The size_ledger of every model file by its name. A .drupelet file holds the vocabulary, the others do not."""
    return {
        model.entry.file: size_ledger(
            manifest.architecture,
            model.scheme,
            model.entry.size_bytes,
            manifest.vocabulary.size_bytes if model.format == "drupelet" else 0,
        )
        for model in manifest.models
    }


def size_ledger(network: Architecture, scheme: str, file_size_bytes: int, vocabulary_size_bytes: int) -> dict[str, int]:
    """The bytes of each part of a model file: embedding, recurrent layers, head, vocabulary, container.

    ``vocabulary_size_bytes`` is 0 for a file that holds no vocabulary. The tensors of a scheme take the same bytes in every
    format; the rest is the container (tables, graph, alignment).
    """
    ledger = dict.fromkeys(PARTS, 0)
    for name, (dtype, shape) in stored_tensors(network, scheme).items():
        part = name.partition(".")[0]
        ledger["head" if part == "dense" else part] += tensor_size_bytes(dtype, shape)
    ledger["vocabulary"] = vocabulary_size_bytes
    ledger["container"] = file_size_bytes - sum(ledger.values())
    return ledger
