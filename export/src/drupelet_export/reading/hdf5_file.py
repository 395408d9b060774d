"""Reads an HDF5 file that may be hostile: from its bytes, without links, other files, plug-ins or absurd sizes."""

from __future__ import annotations

import io
import math
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from drupelet_export.errors import ModelError

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
MAX_OBJECTS = 200_000
"""Maximum groups and datasets. Keras writes ten for each layer."""
MAX_WEIGHT_BYTES = 1 << 32
"""Maximum bytes of all weights. A text classifier for a Pi has megabytes."""
MAX_ATTRIBUTE_ITEMS = 1 << 20
"""Maximum items of an attribute. Keras stores a name for each weight of a layer."""
MAX_DEFLATE_RATIO = 1100
"""Deflate packs at most 1,032 bytes into one."""
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
"""Filters that are a part of HDF5. Any other is a plug-in, a library that HDF5 would load and run."""


class Hdf5File:
    """Datasets and attributes by their paths (``layers/dense/vars/0``). Raises ModelError for whatever is not sound."""

    def __init__(self, content: bytes, where: str) -> None:
        self.where = where
        try:
            self._file = h5py.File(io.BytesIO(content), "r")
            self._objects = self._walked()
        except ModelError:
            raise
        except Exception as error:  # h5py passes on any error of the library
            raise ModelError(f"{where}: not a .keras or .h5 model ({_line(error)}); save with model.save()") from error

    def _walked(self) -> dict[str, Any]:
        found: dict[str, Any] = {"": self._file}
        seen = {_address(self._file)}
        waiting = [""]
        total = 0
        while waiting:
            path = waiting.pop()
            group = found[path]
            for name in group:
                place = f"{path}/{name}" if path else str(name)
                link = group.get(name, getlink=True)
                if not isinstance(link, h5py.HardLink):
                    raise ModelError(
                        f"{self.where}: {place!r:.120} is a link to another place, expected data of its own; "
                        "save the model again"
                    )
                item = group[name]
                address = _address(item)
                if address in seen:
                    raise ModelError(f"{self.where}: {place!r:.120} has two names in the file; save the model again")
                seen.add(address)
                if len(seen) > MAX_OBJECTS:
                    raise ModelError(
                        f"{self.where}: has more than {MAX_OBJECTS} groups and datasets; save the model again"
                    )
                found[place] = item
                if isinstance(item, h5py.Group):
                    waiting.append(place)
                elif isinstance(item, h5py.Dataset):
                    total += self._checked_bytes(item, place)
                    if total > MAX_WEIGHT_BYTES:
                        raise ModelError(f"{self.where}: its weights have more than {MAX_WEIGHT_BYTES} bytes")
        return found

    def _checked_bytes(self, dataset: Any, place: str) -> int:
        """The bytes of a dataset, which are really there. Raises ModelError."""
        options = dataset.id.get_create_plist()
        if options.get_external_count() or options.get_layout() == h5py.h5d.VIRTUAL:
            raise ModelError(f"{self.where}: {place!r:.120} lies in another file; save the model again")
        if any(options.get_filter(number)[0] not in _FILTERS for number in range(options.get_nfilters())):
            raise ModelError(f"{self.where}: {place!r:.120} is packed by a plug-in of HDF5; save the model without it")
        if dataset.shape is None:
            return 0
        size = math.prod(dataset.shape) * dataset.dtype.itemsize
        stored = int(dataset.id.get_storage_size())
        if size > stored * (MAX_DEFLATE_RATIO if options.get_nfilters() else 1):
            raise ModelError(
                f"{self.where}: {place!r:.120} claims {size} bytes but stores {stored}; the file is damaged: copy it again"
            )
        return int(size)

    def __contains__(self, path: str) -> bool:
        return path in self._objects

    def names(self, path: str) -> list[str]:
        """The names inside a group; none when it is missing or no group."""
        item = self._objects.get(path)
        return [str(name) for name in item] if isinstance(item, h5py.Group) else []

    def datasets(self, group: str) -> list[str]:
        """The paths of all datasets below a group, which ends with a slash, without its own; numbered ones in their order."""
        found = [
            path[len(group) :]
            for path, item in self._objects.items()
            if path.startswith(group) and isinstance(item, h5py.Dataset)
        ]
        return sorted(found, key=lambda path: [(len(part), part) for part in path.split("/")])

    def array(self, path: str) -> NDArray[np.float32]:
        """The numbers of a dataset as float32. Raises ModelError when it is missing or holds no floating-point numbers."""
        dataset = self._objects.get(path)
        if not isinstance(dataset, h5py.Dataset):
            raise ModelError(f"{self.where}: has no weights {path!r:.200}; save the model again")
        try:
            kind = dataset.attrs.get("dtype")  # Keras 3 stores bfloat16 as bytes of another type, and says so here
            if kind is not None and str(kind) not in ("float16", "float32", "float64"):
                raise ModelError(
                    f"{self.where}: {path!r:.200} is stored as {kind!s:.20}, expected float32; save the model in float32"
                )
            if dataset.dtype.kind != "f":
                raise ModelError(
                    f"{self.where}: {path!r:.200} holds {dataset.dtype}, expected floating-point numbers; quantized models are "
                    "not read: export the float32 model, Drupelet quantizes it"
                )
            return np.asarray(dataset[()], np.float32)
        except ModelError:
            raise
        except Exception as error:  # h5py passes on any error of the library
            raise ModelError(
                f"{self.where}: {path!r:.200} cannot be read ({_line(error)}); copy the file again"
            ) from error

    def numbers(self) -> int:
        """How many numbers all datasets hold."""
        datasets = [
            item for item in self._objects.values() if isinstance(item, h5py.Dataset) and item.shape is not None
        ]
        return sum(math.prod(dataset.shape) for dataset in datasets)

    def text(self, path: str, name: str) -> str | None:
        """An attribute that is a string; None when it is missing."""
        value = self._attribute(path, name)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return None if value is None else str(value)

    def texts(self, path: str, name: str) -> list[str] | None:
        """An attribute that is a list of strings, which Keras splits when it is long; None when it is missing."""
        value = self._attribute(path, name)
        if value is not None:
            parts = [value]
        else:
            parts = []
            while (value := self._attribute(path, f"{name}{len(parts)}")) is not None:
                parts.append(value)
            if not parts:
                return None
        items = [item for part in parts for item in np.ravel(part)]
        return [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in items]

    def _attribute(self, path: str, name: str) -> Any:
        item = self._objects.get(path)
        try:
            if item is None or name not in item.attrs:
                return None
            if math.prod(item.attrs.get_id(name).shape or ()) > MAX_ATTRIBUTE_ITEMS:
                raise ModelError(f"{self.where}: attribute {name!r} of {path!r:.120} is too long; save the model again")
            return item.attrs[name]
        except ModelError:
            raise
        except Exception as error:  # h5py passes on any error of the library
            raise ModelError(
                f"{self.where}: not a .keras or .h5 model (attribute {name!r}: {_line(error)}); save with model.save()"
            ) from error


def _address(item: Any) -> int:
    return int(h5py.h5o.get_info(item.id).addr)


def _line(error: Exception) -> str:
    return (str(error).partition("\n")[0] or type(error).__name__)[:200]
