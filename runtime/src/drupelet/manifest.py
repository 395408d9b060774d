"""The manifest of a bundle: its files and their needs, its network, its text rules, and its verdict."""

from __future__ import annotations

from drupelet.control_characters import stands_in_a_line
from drupelet.errors import FormatError, VersionError
from drupelet.proof import check_proof
from drupelet.schemes import SCHEMES
from drupelet.strict_json import field, only_fields, optional_field, parse_object
from drupelet.value import Value, fields_of

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from drupelet.decision import Decision
    from drupelet.graph import Graph
    from drupelet.rejection import Rejection
    from drupelet.text.rules import TextRules

MANIFEST_FILE = "manifest.json"
VOCABULARY_FILE = "vocabulary.bin"
GOLDENS_FILE = "goldens.jsonl"
PARITY_FILE = "parity.json"
REPORT_FILE = "report.html"
"""Names of the files that an export writes beside the model files; a reader takes them from the manifest."""

FORMAT = "drupelet-bundle"
FORMAT_VERSION = 3
FORMATS = ("drupelet", "onnx", "tflite")
"""Formats of model files; the name of a format is also the suffix of its files."""
VERDICTS = ("passed", "failed", "not run")

MAX_MANIFEST_BYTES = 1 << 20
"""Largest manifest that is read. Real ones have a few kilobytes; 4,096 labels of full length would be four times as large."""
MAX_FILES = 64
"""Most files of a bundle. Formats times schemes is 12; this leaves room."""

MAX_FILE_NAME_CHARACTERS = 128

_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_HEX_DIGITS = frozenset("0123456789abcdef")


class FileEntry(Value):
    """A file of the bundle: its plain name, and the size and hash that its bytes must have."""

    file: str
    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if not _is_plain_file_name(self.file):
            raise FormatError(
                f"file name {self.file!r}, expected letters, digits, '.', '_', '-' and no folder; "
                "do not use this bundle unless you know where it comes from"
            )
        if self.size_bytes < 0 or len(self.sha256) != 64 or set(self.sha256) - _HEX_DIGITS:
            raise FormatError(f"{self.file!r} has size {self.size_bytes} and sha256 {self.sha256!r}")


class ModelEntry(Value):
    """A model file: its format, its scheme, and its requirements (opset, operator versions, ...)."""

    entry: FileEntry
    format: str
    scheme: str
    requires: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise FormatError(f"format {self.format!r}, expected one of {', '.join(FORMATS)}; export it again")
        if self.scheme not in SCHEMES:
            raise FormatError(f"scheme {self.scheme!r}, expected one of {', '.join(SCHEMES)}")


class Manifest(Value):
    """Everything that a reader needs to know before it opens another file of the bundle.

    ``proof`` and ``reference`` say what the verdict covers and who gave the answers (:mod:`drupelet.proof`). ``decision`` is
    None where none is stored; ``rejection`` says how its threshold of rejection was chosen, where that was at export.
    """

    name: str
    created_by: str
    network: Graph
    text_rules: TextRules
    labels: tuple[str, ...]
    source: Mapping[str, Any]
    vocabulary: FileEntry
    models: tuple[ModelEntry, ...]
    goldens: FileEntry | None
    parity: FileEntry | None
    report: FileEntry | None
    verdict: str
    proof: str
    reference: str
    decision: Decision | None
    rejection: Rejection | None

    def __post_init__(self) -> None:
        from drupelet.labels import check_labels

        self.check_head()
        check_labels(self.labels, self.network.class_count)
        if self.text_rules.max_tokens != self.network.max_tokens:
            raise FormatError(
                f"the text rules cut at {self.text_rules.max_tokens} tokens, "
                f"the network reads {self.network.max_tokens}; export it again"
            )
        if self.decision is not None:
            from drupelet.decision import check_decision

            check_decision(self.decision, self.network)
        if self.rejection is not None and (self.decision is None or self.decision.reject_below is None):
            raise FormatError("rejection without a decision that rejects; export it again")

    def check_head(self) -> None:
        """Raises FormatError for impossible fields, network and text rules aside."""
        for member, text in (("name", self.name), ("created_by", self.created_by)):
            if not stands_in_a_line(text):
                raise FormatError(f"{member} {text!r:.60} has a character that cannot stand in a line; export it again")
        if self.verdict not in VERDICTS:
            raise FormatError(f"verdict {self.verdict!r}, expected one of {', '.join(VERDICTS)}")
        check_proof(self.proof, self.reference)
        names = [entry.file for entry in self.files()]
        if len(set(names)) != len(names) or MANIFEST_FILE in names or len(names) > MAX_FILES:
            raise FormatError(f"files {names!r} are not distinct, or more than {MAX_FILES}")
        if not self.models:
            raise FormatError("no model file; export it again")

    @property
    def effective_decision(self) -> Decision:
        """What of a text's probabilities is answered, whether a decision is stored or not."""
        from drupelet.decision import decision_for

        return decision_for(self.network, self.decision)

    def files(self) -> list[FileEntry]:
        """All files whose size and hash the manifest states."""
        optional = [entry for entry in (self.goldens, self.parity, self.report) if entry is not None]
        return [self.vocabulary, *(model.entry for model in self.models), *optional]

    @property
    def digest(self) -> str:
        """The SHA-256 of :meth:`to_json`: it tells this bundle from every other one."""
        from drupelet.digest import sha256_hex

        return sha256_hex(self.to_json())

    def to_json(self) -> bytes:
        """The manifest as UTF-8 JSON, the inverse of :func:`parse_manifest`. Equal manifests give equal bytes.

        Raises FormatError when it is longer than a reader reads.
        """
        import json

        from drupelet.graph_json import graph_to_json

        document = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "created_by": self.created_by,
            "labels": list(self.labels),
            "text_rules": self.text_rules.to_json(),
            "network": graph_to_json(self.network),
            **({} if self.decision is None else {"decision": self.decision.to_json()}),
            **({} if self.rejection is None else {"rejection": self.rejection.to_json()}),
            "source": dict(self.source),
            "vocabulary": fields_of(self.vocabulary),
            "models": [
                {**fields_of(m.entry), "format": m.format, "scheme": m.scheme, "requires": dict(m.requires)}
                for m in self.models
            ],
            "goldens": None if self.goldens is None else fields_of(self.goldens),
            "parity": None if self.parity is None else fields_of(self.parity),
            "report": None if self.report is None else fields_of(self.report),
            "verdict": self.verdict,
            "proof": self.proof,
            "reference": self.reference,
        }
        content = (json.dumps(document, indent=1) + "\n").encode()
        if len(content) > MAX_MANIFEST_BYTES:
            raise FormatError(
                f"a manifest of {len(content)} bytes, expected at most {MAX_MANIFEST_BYTES}; export fewer or shorter labels, "
                "or fewer words to drop"
            )
        return content


def parse_manifest(text: bytes, where: str = MANIFEST_FILE) -> Manifest:
    """The manifest in these bytes. Raises FormatError or VersionError, naming ``where``."""
    manifest = begin_manifest(text, where)
    fields_of(manifest)
    return manifest


def begin_manifest(text: bytes, where: str = MANIFEST_FILE) -> Manifest:
    """The manifest in these bytes, of which network and text rules are read when they are first asked for.

    Raises FormatError or VersionError, naming ``where``, for anything else that is wrong; for those two it comes late.
    """
    data = parse_object(text, where)
    if field(data, "format", str, where) != FORMAT:
        raise FormatError(f"{where}: format {data['format']!r:.60}, expected {FORMAT!r}: not a drupelet bundle")
    version = field(data, "format_version", int, where)
    if version != FORMAT_VERSION:
        raise VersionError(
            f"{where}: bundle format {version}, this release reads {FORMAT_VERSION}; upgrade drupelet or export again"
        )
    expected = ("format", "format_version", "name", "created_by", "labels", "text_rules", "network", "source")
    proved = ("verdict", "proof", "reference", "decision", "rejection")
    only_fields(data, (*expected, "vocabulary", "models", "goldens", "parity", "report", *proved), where)
    labels = field(data, "labels", list, where)
    if not all(isinstance(label, str) for label in labels):
        raise FormatError(f"{where}: labels {labels!r:.60}, expected strings")
    network, text_rules = field(data, "network", dict, where), field(data, "text_rules", dict, where)

    def whole() -> Manifest:
        from drupelet.graph_json import graph_from_json
        from drupelet.text.rules import TextRules

        try:
            return Manifest(
                **head, network=graph_from_json(network, "network"), text_rules=TextRules.from_json(text_rules)
            )
        except FormatError as error:
            raise _named(error, where) from error

    try:
        head: dict[str, Any] = {
            "name": field(data, "name", str, where),
            "created_by": field(data, "created_by", str, where),
            "labels": tuple(labels),
            "source": field(data, "source", dict, where),
            "vocabulary": _file_entry(field(data, "vocabulary", dict, where)),
            "models": tuple(_model_entry(entry) for entry in field(data, "models", list, where)),
            "goldens": _optional_entry(data, "goldens"),
            "parity": _optional_entry(data, "parity"),
            "report": _optional_entry(data, "report"),
            "verdict": field(data, "verdict", str, where),
            "proof": field(data, "proof", str, where),
            "reference": field(data, "reference", str, where),
            "decision": _decision(data),
            "rejection": _rejection(data),
        }
        manifest = Manifest.late(head, whole)
        manifest.check_head()
    except FormatError as error:
        raise _named(error, where) from error
    return manifest


def _named(error: FormatError, where: str) -> FormatError:
    message = str(error)
    return FormatError(message if message.startswith(where) else f"{where}: {message}")


def _is_plain_file_name(name: str) -> bool:
    return name[:1].isalnum() and len(name) <= MAX_FILE_NAME_CHARACTERS and not set(name) - _NAME_CHARACTERS


def _file_entry(data: Mapping[str, Any], extra: tuple[str, ...] = ()) -> FileEntry:
    where = "file entry"
    only_fields(data, ("file", "size_bytes", "sha256", *extra), where)
    size_bytes = field(data, "size_bytes", int, where)
    return FileEntry(field(data, "file", str, where), size_bytes, field(data, "sha256", str, where))


def _optional_entry(data: Mapping[str, Any], name: str) -> FileEntry | None:
    entry = optional_field(data, name, dict, MANIFEST_FILE)
    return None if entry is None else _file_entry(entry)


def _decision(data: Mapping[str, Any]) -> Decision | None:
    if "decision" not in data:
        return None
    from drupelet.decision import Decision

    return Decision.from_json(field(data, "decision", dict, MANIFEST_FILE))


def _rejection(data: Mapping[str, Any]) -> Rejection | None:
    if "rejection" not in data:
        return None
    from drupelet.rejection import Rejection

    return Rejection.from_json(field(data, "rejection", dict, MANIFEST_FILE))


def _model_entry(data: Any) -> ModelEntry:
    where = "model entry"
    if not isinstance(data, dict):
        raise FormatError(f"{where}: {data!r:.60}, expected an object")
    return ModelEntry(
        entry=_file_entry(data, ("format", "scheme", "requires")),
        format=field(data, "format", str, where),
        scheme=field(data, "scheme", str, where),
        requires=field(data, "requires", dict, where),
    )
