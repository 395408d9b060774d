"""Reads an HDF5 file that may be hostile: from its bytes, without links, other files, plug-ins or absurd sizes.

It reads the part of HDF5 that Keras writes, without the HDF5 library, which crashes and hangs on damaged files. Checksums of
metadata are not compared: only newer parts of the format have them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from drupelet_export.errors import ModelError
from drupelet_export.reading.hdf5.datatype import Attribute, Strings, read_attribute
from drupelet_export.reading.hdf5.fields import UNDEFINED, Fields, Hdf5Error, Storage
from drupelet_export.reading.hdf5.fractal_heap import ATTRIBUTE_NAMES, heap_objects
from drupelet_export.reading.hdf5.group_index import is_group, read_links
from drupelet_export.reading.hdf5.object_header import ATTRIBUTE, ATTRIBUTE_INFO, Message, read_messages
from drupelet_export.reading.hdf5.stored_data import Dataset, RefusedDatasetError, read_dataset, read_values

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
MAX_OBJECTS = 200_000
"""Maximum groups and datasets. Keras writes ten for each layer."""
MAX_PATH_CHARACTERS = 1 << 26
"""Maximum characters of all paths. Those of Keras have fifty each; groups inside each other make them long."""
MAX_WEIGHT_BYTES = 1 << 32
"""Maximum bytes of all weights. A text classifier for a Pi has megabytes."""
MAX_ATTRIBUTE_ITEMS = 1 << 20
"""Maximum items of an attribute. Keras stores a name for each weight of a layer."""
MAX_DEFLATE_RATIO = 1100
"""Deflate packs at most 1,032 bytes into one."""


class Hdf5File:
    """Datasets and attributes by their paths (``layers/dense/vars/0``). Raises ModelError for whatever is not sound."""

    def __init__(self, content: bytes, where: str) -> None:
        self.where = where
        self._storage = Storage(content)
        self._strings = Strings(self._storage)
        self._groups: dict[str, list[str]] = {}
        self._datasets: dict[str, Dataset] = {}
        self._attributes: dict[str, dict[str, Attribute]] = {}
        self._values: dict[tuple[str, str], list[str] | NDArray[np.generic] | None] = {}
        self._unpacked_bytes = self._stored_bytes = self._path_characters = 0
        try:
            self._walk(_root(self._storage))
        except Hdf5Error as error:
            raise ModelError(f"{where}: not a .keras or .h5 model ({error}); save with model.save()") from error

    def _walk(self, root: int) -> None:
        seen = {root}
        waiting = [("", root)]
        while waiting:
            path, address = waiting.pop()
            messages = read_messages(self._storage, address)
            self._attributes[path] = {
                attribute.name: attribute for attribute in map(read_attribute, _attributes(self._storage, messages))
            }
            if path and not is_group(messages):
                self._datasets[path] = self._checked(messages, path)
                continue
            links = read_links(self._storage, messages)
            self._groups[path] = [link.name for link in links]
            for link in links:
                place = f"{path}/{link.name}" if path else link.name
                if link.address is None:
                    raise ModelError(
                        f"{self.where}: {place!r:.120} is a link to another place, expected data of its own; "
                        "save the model again"
                    )
                if link.address in seen:
                    raise ModelError(f"{self.where}: {place!r:.120} has two names in the file; save the model again")
                seen.add(link.address)
                self._path_characters += len(place)
                if len(seen) > MAX_OBJECTS:
                    raise ModelError(
                        f"{self.where}: has more than {MAX_OBJECTS} groups and datasets; save the model again"
                    )
                if self._path_characters > MAX_PATH_CHARACTERS:
                    raise ModelError(
                        f"{self.where}: its groups and datasets have paths of more than {MAX_PATH_CHARACTERS} characters in "
                        "all; save the model again with shorter names of layers"
                    )
                waiting.append((place, link.address))

    def _checked(self, messages: list[Message], place: str) -> Dataset:
        """The dataset with these messages, whose bytes are really there. Raises ModelError."""
        try:
            dataset = read_dataset(self._storage, messages)
        except RefusedDatasetError as error:
            raise ModelError(f"{self.where}: {place!r:.120} {error}") from error
        size, stored = max(dataset.size_bytes(), dataset.unpacked_bytes()), dataset.stored_bytes()
        self._stored_bytes += stored
        if size > stored * (MAX_DEFLATE_RATIO if dataset.filters else 1) or self._stored_bytes > len(
            self._storage.content
        ):
            raise ModelError(
                f"{self.where}: {place!r:.120} claims {size} bytes but stores {stored}; the file is damaged: copy it again"
            )
        self._unpacked_bytes += size
        if self._unpacked_bytes > MAX_WEIGHT_BYTES:
            raise ModelError(f"{self.where}: its weights have more than {MAX_WEIGHT_BYTES} bytes")
        return dataset

    def __contains__(self, path: str) -> bool:
        return path in self._groups or path in self._datasets

    def names(self, path: str) -> list[str]:
        """The names inside a group; none when it is missing or no group."""
        return list(self._groups.get(path, ()))

    def datasets(self, group: str) -> list[str]:
        """The paths of all datasets below a group, which ends with a slash, without its own; numbered ones in their order."""
        found = [path[len(group) :] for path in self._datasets if path.startswith(group)]
        return sorted(found, key=lambda path: [(len(part), part) for part in path.split("/")])

    def array(self, path: str) -> NDArray[np.float32]:
        """The numbers of a dataset as float32. Raises ModelError when it is missing or holds no floating-point numbers."""
        dataset = self._datasets.get(path)
        if dataset is None:
            raise ModelError(f"{self.where}: has no weights {path!r:.200}; save the model again")
        kind = self.text(path, "dtype")  # Keras 3 stores bfloat16 as bytes of another type, and says so here
        if kind is not None and kind not in ("float16", "float32", "float64"):
            raise ModelError(
                f"{self.where}: {path!r:.200} is stored as {kind:.20}, expected float32; save the model in float32"
            )
        if dataset.datatype.numpy is None or dataset.datatype.numpy.kind != "f":
            raise ModelError(
                f"{self.where}: {path!r:.200} holds {dataset.datatype.name}, expected floating-point numbers; quantized "
                "models are not read: export the float32 model, Drupelet quantizes it"
            )
        try:
            return np.asarray(read_values(self._storage, dataset), np.float32)
        except Hdf5Error as error:
            raise ModelError(f"{self.where}: {path!r:.200} cannot be read ({error}); copy the file again") from error

    def numbers(self) -> int:
        """How many numbers all datasets hold."""
        return sum(math.prod(dataset.shape) for dataset in self._datasets.values() if dataset.shape is not None)

    def text(self, path: str, name: str) -> str | None:
        """An attribute that is a string; None when it is missing."""
        value = self._value(path, name)
        if value is None:
            return None
        return str(value[0]) if len(value) == 1 else str(list(value))

    def texts(self, path: str, name: str) -> list[str] | None:
        """An attribute that is a list of strings, which Keras splits when it is long; None when it is missing."""
        value = self._value(path, name)
        if value is not None:
            return [str(item) for item in value]
        parts: list[str] = []
        number = 0
        while (value := self._value(path, f"{name}{number}")) is not None:
            parts += (str(item) for item in value)
            number += 1
        return parts if number else None

    def _value(self, path: str, name: str) -> list[str] | NDArray[np.generic] | None:
        attribute = self._attributes.get(path, {}).get(name)
        if attribute is None:
            return None
        if attribute.count() > MAX_ATTRIBUTE_ITEMS:
            raise ModelError(f"{self.where}: attribute {name!r} of {path!r:.120} is too long; save the model again")
        if (path, name) not in self._values:
            try:
                self._values[path, name] = self._strings.values(attribute)
            except Hdf5Error as error:
                raise ModelError(
                    f"{self.where}: not a .keras or .h5 model (attribute {name!r}: {error}); save with model.save()"
                ) from error
        return self._values[path, name]


def _root(storage: Storage) -> int:
    """The address of the header of the group that holds everything. Raises Hdf5Error."""
    head = storage.fields(0, None, "the file")
    if head.left() < len(HDF5_MAGIC) or head.take(len(HDF5_MAGIC)) != HDF5_MAGIC:
        raise Hdf5Error("it begins as no HDF5 file does")
    version = head.expect("version", 1, 0, 1, 2, 3)
    head.skip(4 if version < 2 else 0)
    head.expect("bytes of an address", 1, 8)
    head.expect("bytes of a length", 1, 8)
    head.skip({0: 9, 1: 13}.get(version, 1))
    head.expect("first address", 8, 0)
    head.skip(8)
    end = head.number(8)
    if end > len(storage.content):
        raise Hdf5Error(f"has {len(storage.content)} bytes of {end}; copy it again")
    head.skip(16 if version < 2 else 0)
    return head.number(8)


def _attributes(storage: Storage, messages: list[Message]) -> Iterator[Fields]:
    for message in messages:
        if message.kind == ATTRIBUTE:
            yield message.body
        elif message.kind == ATTRIBUTE_INFO:
            message.body.expect("version of the attributes", 1, 0)
            flags = message.body.number(1)
            message.body.skip(2 if flags & 1 else 0)
            heap, index = message.body.number(8), message.body.number(8)
            if heap != UNDEFINED:
                yield from heap_objects(storage, heap, index, ATTRIBUTE_NAMES)
