"""A saved Keras model as read from its file: canonical configuration, weights and vocabularies, before anything is built."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drupelet.digest import sha256_hex
from drupelet.errors import FormatError, InputError
from drupelet.text_source import split_lines, text_of
from drupelet_export.errors import ModelError
from drupelet_export.reading.archive_file import MAX_MODEL_BYTES, read_archive
from drupelet_export.reading.canonical_config import CanonicalLayer, CanonicalModel
from drupelet_export.reading.config_translation import canonical_model
from drupelet_export.reading.hdf5_file import HDF5_MAGIC, Hdf5File
from drupelet_export.reading.keras_version import KerasVersion
from drupelet_export.reading.model_builder import BuiltLayer
from drupelet_export.reading.plain_config import parse_json, parse_yaml
from drupelet_export.reading.source_file import read_source_file
from drupelet_export.reading.tensorflow_folder import SAVED_MODEL, FolderWeights, read_metadata
from drupelet_export.reading.weight_budget import WeightBudget
from drupelet_export.reading.weights_by_name import LAYER_GROUPS, set_named_weights, set_placed_weights

ZIP_MAGIC = b"PK"
MIN_USER_BLOCK_BYTES = 512
"""Bytes of the smallest user block of an HDF5 file. Larger ones have a power of two times as many."""


@dataclass(frozen=True)
class SavedModelFile:
    """What is built: ``path`` names the file in messages; ``vocabularies`` are by the names of TextVectorization layers.

    ``digests`` are the SHA-256 of the bytes that were read, a file each.
    """

    path: str
    version: KerasVersion
    model: CanonicalModel
    weights: Hdf5File | FolderWeights
    vocabularies: Mapping[str, list[str]]
    digests: tuple[str, ...]

    def budget(self) -> WeightBudget:
        """What Keras may allocate for weights."""
        return WeightBudget(self.weights.numbers(), any(_is_stateful(layer) for layer in self.model.leaves()))

    def set_weights(self, parts: Sequence[BuiltLayer]) -> None:
        """Sets the weights of the model that was built. Raises ModelError that names the layer."""
        if isinstance(self.weights, FolderWeights):
            self.weights.set_weights(self.model.kind, parts, self.version)
            return
        root = named_root(self.weights)
        if root is None:
            set_placed_weights(parts, self.weights)
        else:
            set_named_weights(parts, self.weights, root, self.version)


def named_root(weights: Hdf5File) -> str | None:
    """The group with a group for each layer, by its name; None for the layout of Keras 3."""
    for root in ("model_weights", ""):
        if weights.texts(root, "layer_names") is not None:
            return root
    return None


SMALLER_MODEL = "; next: save it without its optimizer: load it with compile=False, and save that"


def read_saved_model(
    path: Path, architecture: Path | None = None, replaced: Collection[str] = (), within: Path | None = None
) -> SavedModelFile:
    """Reads a saved model, every file once. Raises ModelError that names the file.

    ``within``: the folder that the file must lie in, wherever links lead; a SavedModel lies in its own.
    ``architecture``: the file of ``model.to_json()`` or ``model.to_yaml()``, for a file that holds weights alone.
    ``replaced``: names of classes and layers for which the user gives a body.
    """
    where = str(path)
    if path.is_dir() and (path / SAVED_MODEL).exists():
        config, version, digest = read_metadata(path)
        model, weights = canonical_model(config, version, where, replaced), FolderWeights(path)
        return SavedModelFile(where, version, model, weights, {}, (digest, *weights.digests))
    content = _read(path, within)
    if content.startswith(HDF5_MAGIC):
        return _hdf5(content, where, architecture, replaced)
    if architecture is not None:
        raise ModelError(
            f"{where}: holds no weights in HDF5, expected a .weights.h5 or .h5 file beside --architecture {architecture}"
        )
    if content.lstrip()[:1] == b"{":
        raise ModelError(
            f"{where}: holds the architecture without its weights; next: give the file of the weights in its "
            "place, and this one "
            f"as --architecture {where}"
        )
    block = None if content.startswith(ZIP_MAGIC) else _user_block_bytes(content)
    if block is not None:
        raise ModelError(
            f"{where}: an HDF5 file with a user block: its content begins at byte {block}, expected at byte 0; next: "
            "h5unjam -i FILE -o NEW.h5, or save it with model.save()"
        )
    return _archive(content, where, replaced)


def _user_block_bytes(content: bytes) -> int | None:
    """Where the content of an HDF5 file begins behind a block of its user, as HDF5 looks for it; None where there is none."""
    block = MIN_USER_BLOCK_BYTES
    while block < len(content):
        if content.startswith(HDF5_MAGIC, block):
            return block
        block *= 2
    return None


def _read(path: Path, within: Path | None = None) -> bytes:
    try:
        content = read_source_file(path, MAX_MODEL_BYTES, within, SMALLER_MODEL)
    except FileNotFoundError as error:
        raise ModelError(f"{path}: not found; expected a .keras or .h5 file, or a run folder") from error
    except (OSError, FormatError) as error:
        raise ModelError(f"{path}: not a .keras or .h5 model ({error}); save with model.save()") from error
    if content.startswith(b"version https://git-lfs"):
        raise ModelError(f"{path}: a pointer of Git LFS, not the model itself; next: git lfs pull")
    return content


def _hdf5(content: bytes, where: str, architecture: Path | None, replaced: Collection[str]) -> SavedModelFile:
    weights = Hdf5File(content, where)
    config: str | None = weights.text("", "model_config")
    if architecture is not None:
        document, said, digest = _architecture(architecture)
        told = _version_of(weights) or said
        model = canonical_model(document, KerasVersion(said or told or "unknown"), str(architecture), replaced)
        return SavedModelFile(where, KerasVersion(told or "unknown"), model, weights, {}, (sha256_hex(content), digest))
    if config is None:
        if named_root(weights) is None and not any(name in weights for name in LAYER_GROUPS):
            raise ModelError(f"{where}: an HDF5 file, but not one of Keras; save with model.save()")
        raise ModelError(
            f"{where}: holds weights without the model; next: save it with model.save('model.keras'), or give the file of "
            "model.to_json() as --architecture FILE"
        )
    version = KerasVersion(_version_of(weights) or "unknown")
    model = canonical_model(parse_json(config, where), version, where, replaced)
    return SavedModelFile(where, version, model, weights, {}, (sha256_hex(content),))


def _version_of(weights: Hdf5File) -> str | None:
    """The version of Keras that an HDF5 file names."""
    return next((told for root in ("", "model_weights") if (told := weights.text(root, "keras_version"))), None)


def _architecture(path: Path) -> tuple[Any, str | None, str]:
    """The configuration in a file of ``to_json()`` or ``to_yaml()``, the version of Keras that wrote it, and the SHA-256."""
    content = _read(path)
    where = str(path)
    if content.startswith((HDF5_MAGIC, ZIP_MAGIC)):
        raise ModelError(f"{where}: a whole model or weights, expected the text of model.to_json() for --architecture")
    document = parse_json(content, where) if content.lstrip()[:1] in (b"{", b'"') else parse_yaml(content, where)
    if isinstance(document, str):  # json.dump(model.to_json(), file) writes JSON in a string
        document = parse_json(document, where)
    told = document.get("keras_version") if isinstance(document, dict) else None
    if told is None and isinstance(document, dict) and "module" in document:
        told = "3.0.0"  # Keras 3 names the module of the model, and no version
    return document, None if told is None else str(told), sha256_hex(content)


def _archive(content: bytes, where: str, replaced: Collection[str]) -> SavedModelFile:
    archive = read_archive(content, where)
    model = canonical_model(archive.config, archive.version, where, replaced)
    weights = Hdf5File(archive.weights, where)
    vocabularies = _vocabularies(model, archive.vocabularies, where)
    return SavedModelFile(where, archive.version, model, weights, vocabularies, (sha256_hex(content),))


def _vocabularies(model: CanonicalModel, files: Mapping[str, bytes], where: str) -> dict[str, list[str]]:
    """The words of each TextVectorization, by its name.

    Keras reads its own vocabulary.txt with ``splitlines`` and the encoding of the locale. So a token with U+0085, U+2028 or a
    lone carriage return becomes two, and the file cannot be loaded. Here a token ends at a line feed, as Keras wrote it. Keras
    writes the same file for the layer and for the lookup in it.
    """
    layers = [
        layer
        for layer in model.leaves()
        if layer.class_name == "TextVectorization" and not layer.options.get("vocabulary")
    ]
    contents = {content: name for name, content in files.items()}
    if not layers or not contents:
        return {}
    if len(contents) != 1 or len(layers) != 1:
        raise ModelError(
            f"{where}: has {len(layers)} TextVectorization layers and {len(contents)} vocabularies, expected "
            "one of each; next: save "
            "a model that reads one text"
        )
    [(content, name)] = contents.items()
    try:
        words = split_lines(text_of(content, f"{where}: {name}"))
    except InputError as error:
        raise ModelError(str(error)) from error
    while words and not words[-1]:  # as Keras does
        words.pop()
    return {layers[0].name: words} if words else {}


def _is_stateful(layer: CanonicalLayer) -> bool:
    parts: tuple[Any, ...] = (layer, *layer.options.values())
    return any(isinstance(part, CanonicalLayer) and part.options.get("stateful") for part in parts)
