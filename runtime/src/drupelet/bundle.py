"""Opens a bundle: a folder, the same folder as a .zip, or a single .drupelet file.

:meth:`Bundle.read` reads every file and compares it with the manifest. No file outside the bundle is opened.
"""

from __future__ import annotations

import os
import stat

from drupelet.bounded_read import read_at_most
from drupelet.control_characters import escaped_line
from drupelet.digest import sha256_hex
from drupelet.errors import BundleReplacedError, DrupeletError, FormatError, InputError, IntegrityError
from drupelet.folder_bundle import FolderFiles
from drupelet.manifest import (
    MANIFEST_FILE,
    MAX_MANIFEST_BYTES,
    VOCABULARY_FILE,
    FileEntry,
    Manifest,
    ModelEntry,
    begin_manifest,
)
from drupelet.proof import IDS, IDS_REFERENCE
from drupelet.regular_file import open_regular_file
from drupelet.schemes import MAGIC
from drupelet.value import Value, fields_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Protocol, Union

    from drupelet.signature import PublicKey, Signature
    from drupelet.vocabulary import Vocabulary

    Location = Union[str, os.PathLike[str]]

    class BundleFiles(Protocol):
        """The files of a bundle by their names."""

        @property
        def path(self) -> str:
            """The place of the bundle."""

        def where(self, name: str) -> str:
            """The place of a file, for errors."""

        def read(self, name: str, limit_bytes: int) -> bytes:
            """At most ``limit_bytes + 1`` bytes of a file; one more than the limit means that the file is too long.

            Raises IntegrityError when it is missing, FormatError when it is damaged or no file of the bundle, InputError
            when it cannot be read.
            """


MAX_FILE_BYTES = 1 << 29
"""Largest file that is read; the kernel has the same limit. A Raspberry Pi Zero has as much memory in all. The vectors of
GloVe for 400,000 words take 480 MB as float32, and 120 MB as int8."""


class Bundle(Value):
    """An opened bundle: its manifest, and access to its files.

    ``single_file`` holds the bytes when the bundle is one .drupelet file, which contains its vocabulary; ``files`` reads those
    of any other. ``signature`` is that of the manifest, or of the single file, where it was checked.
    """

    path: str
    manifest: Manifest
    files: BundleFiles | None = None
    single_file: bytes | None = None
    signature: Signature | None = None

    def read(self, entry: FileEntry) -> bytes:
        """The bytes of one file of the bundle.

        Raises IntegrityError when size or hash differ from the manifest: BundleReplacedError when the bundle has another
        manifest by now.
        """
        try:
            return self._checked(entry)
        except IntegrityError as error:
            if self._is_replaced():
                raise BundleReplacedError(f"{self.path}: was replaced while it was in use; load it again") from error
            raise

    def _is_replaced(self) -> bool:
        try:
            return self.files is not None and _signed_manifest(self.files)[0] != self.manifest
        except DrupeletError:
            return False  # damaged, or gone

    def _checked(self, entry: FileEntry) -> bytes:
        where = f"{self.path}: {entry.file}"
        if self.files is None:
            return self.single_file or b""
        if entry.size_bytes > MAX_FILE_BYTES:
            raise FormatError(f"{where}: {entry.size_bytes} bytes, expected at most {MAX_FILE_BYTES}")
        content = self.files.read(entry.file, entry.size_bytes)
        self.check(entry, content)
        return content

    def check(self, entry: FileEntry, content: bytes) -> None:
        """Raises IntegrityError unless the bytes are those of the manifest."""
        where = f"{self.path}: {entry.file}"
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

    def read_unchecked(self, entry: FileEntry) -> bytes:
        """The bytes of one file without any check, for a diagnosis. Never run them."""
        return self.single_file or b"" if self.files is None else self.files.read(entry.file, MAX_FILE_BYTES)

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
        """The model file of that format and scheme, or None.

        Without a scheme it is the smallest of the format: all of a bundle that passed are within their gates. Of a bundle that
        did not, it is the first in the manifest.
        """
        of_format = [model for model in self.manifest.models if model.format == format]
        models = of_format if scheme is None else [model for model in of_format if model.scheme == scheme]
        if len(models) > 1 and self.manifest.verdict == "passed":
            models.sort(key=lambda model: model.entry.size_bytes)
        return models[0] if models else None


def open_bundle(location: Location, keys: Sequence[str] | None = None) -> Bundle:
    """The bundle at that place: a folder, a .zip, or a .drupelet file. Where nothing is there, a name stands for one of
    :func:`drupelet.known_bundles.known_bundles`.

    With ``keys`` (:func:`drupelet.signature.read_public_keys`: files of public keys, or their lines) only a bundle that one of
    them signed is read: nothing of it is parsed before.

    Raises InputError when there is no bundle, or no key where ``keys`` are given, SignatureError when it is not signed with one
    of them, FormatError, VersionError or IntegrityError when it is damaged.
    """
    bundle = begin_bundle(location, keys)
    fields_of(bundle.manifest)
    return bundle


def begin_bundle(location: Location, keys: Sequence[str] | None = None) -> Bundle:
    """The same bundle with a late manifest: the first answer of an engine that knows the model file needs little of it.

    Network and text rules of the manifest are read, and checked, when they are first asked for; of a .drupelet file all that
    is in it.
    """
    expected = "expected a bundle folder, a .zip of one, or a .drupelet file"
    trusted = None
    if keys is not None:
        from drupelet.signature import check_signed_file, read_public_keys

        trusted = read_public_keys(keys)
    try:
        path = os.fsdecode(location)
        mode = os.stat(path).st_mode
    except FileNotFoundError as error:
        from drupelet.known_bundles import named_bundle, places

        named = named_bundle(path)
        if named is not None:
            return begin_bundle(named, keys)
        is_name = os.path.basename(path) == path
        by_name = f", or the name of one in {', '.join(places())} (drupelet list)" if is_name else ""
        raise InputError(f"{location}: not found; {expected}{by_name}") from error
    except OSError as error:
        raise InputError(f"{location!s:.200}: cannot be read ({error.strerror}); {expected}") from error
    except (ValueError, TypeError) as error:  # a NUL or a lone surrogate in the name; not a name at all
        raise InputError(f"{location!r:.200}: cannot be read ({error}); {expected}") from error
    if stat.S_ISDIR(mode):
        if not os.path.lexists(os.path.join(path, MANIFEST_FILE)):
            raise InputError(f"{path}: a folder without {MANIFEST_FILE}{_folder_below(path)}; {expected}")
        folder = FolderFiles(path)
        manifest, signature = _signed_manifest(folder, trusted)
        return Bundle(path, manifest, folder, signature=signature)
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: neither a folder nor a regular file; {expected}")
    try:
        with open_regular_file(path, expected) as file:
            is_model_file = file.read(len(MAGIC)) == MAGIC
            size = os.fstat(file.fileno()).st_size
            if is_model_file and size > MAX_FILE_BYTES:
                raise FormatError(f"{path}: more than {MAX_FILE_BYTES} bytes")
            file.seek(0)
            content = read_at_most(file, MAX_FILE_BYTES) if is_model_file else b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {expected}") from error
    if is_model_file:
        signature = None if trusted is None else check_signed_file(path, content, trusted)
        return _single_file_bundle(path, content, signature)
    from drupelet.zip_bundle import ZipFiles, folder_of, is_zip

    if not is_zip(path):
        raise InputError(f"{path}: neither a .zip nor a .drupelet file by its first bytes; {expected}")
    archive = ZipFiles(path, folder_of(path, MANIFEST_FILE))
    manifest, signature = _signed_manifest(archive, trusted)
    return Bundle(path, manifest, archive, signature=signature)


def _folder_below(path: str) -> str:
    """Where the manifest is when it stands one folder further down, as after unpacking; nothing where that is not so."""
    with os.scandir(path) as entries:
        below = [entry.name for entry in entries if os.path.exists(os.path.join(entry.path, MANIFEST_FILE))]
    return f", but {os.path.join(path, below[0])} has one; give that folder" if len(below) == 1 else ""


def _signed_manifest(files: BundleFiles, keys: Sequence[PublicKey] | None = None) -> tuple[Manifest, Signature | None]:
    """The manifest, and its signature, which is checked before where keys are given."""
    where = files.where(MANIFEST_FILE)
    content = files.read(MANIFEST_FILE, MAX_MANIFEST_BYTES)
    if len(content) > MAX_MANIFEST_BYTES:
        raise FormatError(f"{where}: more than {MAX_MANIFEST_BYTES} bytes; copy or export it again")
    signature = None if keys is None else _signature_of(files, content, keys)
    return begin_manifest(content, where), signature


def _signature_of(files: BundleFiles, manifest: bytes, keys: Sequence[PublicKey]) -> Signature:
    """The signature of these bytes of a manifest. Raises SignatureError."""
    from drupelet.signature import MAX_SIGNATURE_FILE_BYTES, SUFFIX, check_signature, unsigned

    name = MANIFEST_FILE + SUFFIX
    try:
        content = files.read(name, MAX_SIGNATURE_FILE_BYTES)
    except IntegrityError as error:
        raise unsigned(files.path, name) from error
    return check_signature(manifest, content, keys, files.where(MANIFEST_FILE), files.where(name))


def _single_file_bundle(path: str, content: bytes, signature: Signature | None = None) -> Bundle:
    return Bundle(path, _manifest_of_single_file(path, content), single_file=content, signature=signature)


def _manifest_of_single_file(path: str, content: bytes) -> Manifest:
    """What a manifest would say of this file. What is in the file comes late: the kernel reads and checks the same."""
    own: dict[str, Any] = {"entry": _late_entry("model.drupelet", content), "format": "drupelet", "requires": {}}
    head: dict[str, Any] = {
        "name": escaped_line(os.path.splitext(os.path.basename(path))[0]),
        "created_by": "unknown",
        "source": {},
        "goldens": None,
        "parity": None,
        "report": None,
        "verdict": "not run",
        "proof": IDS,
        "reference": IDS_REFERENCE,
        "rejection": None,
    }

    def whole() -> Manifest:
        from drupelet.model_file import read_model_file

        model = read_model_file(content, path)
        try:
            return Manifest(
                **head,
                network=model.graph,
                text_rules=model.text_rules,
                labels=model.labels,
                decision=model.decision,
                vocabulary=_late_entry(VOCABULARY_FILE, model.vocabulary),
                models=(ModelEntry(scheme=model.scheme, **own),),
            )
        except FormatError as error:
            raise FormatError(f"{path}: {error}") from error

    late = Manifest.late(
        {**head, "models": (ModelEntry.late(own, lambda: _whole_model(late)),)},
        whole,
    )
    return late


def _whole_model(manifest: Manifest) -> ModelEntry:
    models: tuple[ModelEntry, ...] = fields_of(manifest)["models"]
    return models[0]


def _late_entry(file: str, content: bytes) -> FileEntry:
    """The entry of these bytes, which are hashed when somebody asks for their hash."""
    size = len(content)
    return FileEntry.late({"file": file, "size_bytes": size}, lambda: FileEntry(file, size, sha256_hex(content)))
