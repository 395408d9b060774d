"""Opens a bundle: a folder, the same folder as a .zip, or a single .drupelet file.

:meth:`Bundle.read` reads every file and compares it with the manifest. No file outside the bundle is opened.
"""

from __future__ import annotations

import errno
import os
import stat

from drupelet.digest import sha256_hex
from drupelet.errors import FormatError, InputError, IntegrityError
from drupelet.manifest import (
    MANIFEST_FILE,
    MAX_MANIFEST_BYTES,
    VOCABULARY_FILE,
    FileEntry,
    Manifest,
    ModelEntry,
    parse_manifest,
)
from drupelet.proof import IDS, IDS_REFERENCE
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Union

    from drupelet.vocabulary import Vocabulary

    Location = Union[str, os.PathLike[str]]

MAX_FILE_BYTES = 1 << 30
"""Largest file that is read. No text classifier for a Pi has a gigabyte: a manifest that says so is wrong or hostile."""


class Bundle(Value):
    """An opened bundle: its manifest, and access to its files.

    ``single_file`` holds the bytes when the bundle is one .drupelet file, which contains its vocabulary.
    """

    path: str
    manifest: Manifest
    single_file: bytes | None = None

    def read(self, entry: FileEntry) -> bytes:
        """The bytes of one file of the bundle. Raises IntegrityError when size or hash differ from the manifest."""
        where = f"{self.path}: {entry.file}"
        if self.single_file is not None:
            return self.single_file
        if entry.size_bytes > MAX_FILE_BYTES:
            raise FormatError(f"{where}: {entry.size_bytes} bytes, expected at most {MAX_FILE_BYTES}")
        content = _read_member(self.path, entry.file, entry.size_bytes)
        if len(content) != entry.size_bytes:
            found = (
                f"{len(content)} bytes" if len(content) < entry.size_bytes else f"more than {entry.size_bytes} bytes"
            )
            raise IntegrityError(f"{where}: {found}, the manifest says {entry.size_bytes}; copy the bundle again")
        digest = sha256_hex(content)
        if digest != entry.sha256:
            raise IntegrityError(
                f"{where}: sha256 {digest[:12]}..., the manifest says {entry.sha256[:12]}...; copy the bundle again"
            )
        return content

    def read_unchecked(self, entry: FileEntry) -> bytes:
        """The bytes of one file without any check, for a diagnosis. Never run them."""
        return self.single_file or _read_member(self.path, entry.file, MAX_FILE_BYTES)

    def vocabulary(self) -> Vocabulary:
        """The vocabulary, with Keras's ids; that of a single .drupelet file has the ids of the file.

        Raises FormatError when its ids do not fit the rows of the embedding and the text rules.
        """
        from drupelet.vocabulary import Vocabulary

        if self.single_file is not None:
            from drupelet.model_file import read_model_file

            where = self.path
            vocabulary = Vocabulary(read_model_file(self.single_file, self.path).vocabulary, self.path)
        else:
            where = f"{self.path}: {self.manifest.vocabulary.file}"
            vocabulary = Vocabulary(self.read(self.manifest.vocabulary), where)
        kind = "table" if self.single_file is None else "rank"
        if vocabulary.kind != kind:
            raise FormatError(f"{where}: vocabulary of kind {vocabulary.kind}, expected {kind}; export it again")
        rows = self.manifest.network.vocabulary_rows
        if vocabulary.id_count != rows:
            raise FormatError(
                f"{self.path}: the vocabulary has ids up to {vocabulary.id_count - 1}, the embedding has {rows} rows; "
                "they come from different exports"
            )
        for name, found in self.manifest.text_rules.reserved_ids().items():
            if found >= rows:
                raise FormatError(f"{self.path}: {name} is {found}, the embedding has {rows} rows; export it again")
            if kind == "rank" and found >= vocabulary.first_id:
                raise FormatError(
                    f"{self.path}: {name} is {found}, expected an id below {vocabulary.first_id}, where those of words begin; "
                    "export it again"
                )
        return vocabulary

    def alone(self, model: ModelEntry) -> Bundle:
        """A .drupelet file of this bundle as a bundle of its own, in the ids of the file. Checked as :meth:`read` does it."""
        if self.single_file is not None:
            return self
        return _single_file_bundle(f"{self.path}: {model.entry.file}", self.read(model.entry))

    def model(self, format: str, scheme: str | None = None) -> ModelEntry | None:
        """The first model file of that format (and scheme) in the manifest, or None."""
        for model in self.manifest.models:
            if model.format == format and scheme in (None, model.scheme):
                return model
        return None


def open_bundle(location: Location) -> Bundle:
    """The bundle at that place: a folder, a .zip, or a .drupelet file.

    Raises InputError when there is no bundle, FormatError, VersionError or IntegrityError when it is damaged.
    """
    expected = "expected a bundle folder, a .zip of one, or a .drupelet file"
    try:
        path = os.fsdecode(location)
        mode = os.stat(path).st_mode
    except FileNotFoundError as error:
        raise InputError(f"{location}: not found; {expected}") from error
    except OSError as error:
        raise InputError(f"{location!s:.200}: cannot be read ({error.strerror}); {expected}") from error
    except (ValueError, TypeError) as error:  # a NUL or a lone surrogate in the name; not a name at all
        raise InputError(f"{location!r:.200}: cannot be read ({error}); {expected}") from error
    if stat.S_ISDIR(mode):
        manifest_path = os.path.join(path, MANIFEST_FILE)
        if not os.path.exists(manifest_path):
            raise InputError(f"{path}: a folder without {MANIFEST_FILE}; {expected}")
        return _bundle_with_manifest(path, manifest_path)
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: neither a folder nor a regular file; {expected}")
    from drupelet.model_file import MAGIC

    try:
        with open(path, "rb") as file:
            is_model_file = file.read(len(MAGIC)) == MAGIC
            file.seek(0)
            if is_model_file and os.fstat(file.fileno()).st_size > MAX_FILE_BYTES:
                raise FormatError(f"{path}: more than {MAX_FILE_BYTES} bytes")
            content = file.read() if is_model_file else b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {expected}") from error
    if is_model_file:
        return _single_file_bundle(path, content)
    from drupelet.zip_bundle import is_zip

    if not is_zip(path):
        raise InputError(f"{path}: neither a .zip nor a .drupelet file by its first bytes; {expected}")
    return _bundle_with_manifest(path, f"{path}: {MANIFEST_FILE}")


def _bundle_with_manifest(path: str, where: str) -> Bundle:
    content = _read_member(path, MANIFEST_FILE, MAX_MANIFEST_BYTES)
    if len(content) > MAX_MANIFEST_BYTES:
        raise FormatError(f"{where}: more than {MAX_MANIFEST_BYTES} bytes; copy or export it again")
    return Bundle(path, parse_manifest(content, where))


def _single_file_bundle(path: str, content: bytes) -> Bundle:
    return Bundle(path, _manifest_of_single_file(path, content), content)


def _manifest_of_single_file(path: str, content: bytes) -> Manifest:
    from drupelet.model_file import read_model_file

    model = read_model_file(content, path)
    entry = FileEntry("model.drupelet", len(content), sha256_hex(content))
    try:
        return Manifest(
            name=os.path.splitext(os.path.basename(path))[0],
            created_by="unknown",
            network=model.graph,
            text_rules=model.text_rules,
            labels=model.labels,
            source={},
            vocabulary=FileEntry(VOCABULARY_FILE, len(model.vocabulary), sha256_hex(model.vocabulary)),
            models=(ModelEntry(entry, "drupelet", model.scheme, {}),),
            goldens=None,
            parity=None,
            report=None,
            verdict="not run",
            proof=IDS,
            reference=IDS_REFERENCE,
        )
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from error


def _read_member(bundle: str, name: str, limit_bytes: int) -> bytes:
    """At most ``limit_bytes + 1`` bytes of a file in the bundle; one more than the limit means that the file is too long."""
    if os.path.isdir(bundle):
        return _read_from_folder(bundle, name, limit_bytes)
    from drupelet.zip_bundle import read_from_zip

    return read_from_zip(bundle, name, limit_bytes)


def _read_from_folder(bundle: str, name: str, limit_bytes: int) -> bytes:
    path = os.path.join(bundle, name)
    try:
        if os.path.dirname(os.path.realpath(path)) != os.path.realpath(bundle):
            raise FormatError(
                f"{path}: points outside the bundle; do not use this bundle unless you know where it comes from"
            )
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise FormatError(f"{path}: not a regular file; copy the bundle again")
        with open(path, "rb") as file:
            return file.read(limit_bytes + 1)
    except FileNotFoundError as error:
        raise IntegrityError(f"{path}: missing; copy the bundle again") from error
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise FormatError(f"{path}: is a link to itself; copy the bundle again") from error
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
