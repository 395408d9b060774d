"""A saved document is read from a bundle or from a JSON file. Anything else is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from drupelet.errors import DrupeletError, FormatError, InputError, IntegrityError, VersionError
from drupelet_export.report import saved
from drupelet_export.report.document import Document
from drupelet_export.report.saved import read_saved


@pytest.fixture
def bundle(exported: Any, tmp_path: Path) -> Path:
    """A copy of a bundle that a test may change."""
    shutil.copytree(exported.bundle.path, tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_bundle_holds_the_document_of_its_export(exported: Any, bundle: Path) -> None:
    assert read_saved(bundle) == exported.document
    archive = shutil.make_archive(str(bundle), "zip", bundle)
    assert read_saved(Path(archive)) == exported.document
    assert read_saved(bundle / "parity.json") == exported.document


def test_a_file_holds_what_was_printed(full: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "parity.json").write_text(json.dumps(full))
    assert read_saved(tmp_path / "parity.json") == Document.from_json(full)


def test_a_bundle_that_was_changed_is_refused(bundle: Path) -> None:
    parity = bundle / "parity.json"
    parity.write_bytes(parity.read_bytes().replace(b"true", b"null", 1))
    with pytest.raises(IntegrityError, match=r"tiny: parity.json: sha256 .*; copy the bundle again"):
        read_saved(bundle)


def test_a_bundle_without_a_verdict_is_refused(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    (bundle / "manifest.json").write_text(json.dumps({**manifest, "parity": None}))
    with pytest.raises(InputError, match=r"tiny: has no parity.json; give a bundle that drupelet export wrote"):
        read_saved(bundle)


def write(path: Path, content: bytes | str) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (
            None,
            InputError,
            "not found; expected a bundle, or JSON that drupelet parity --json or drupelet verify --json",
        ),
        ("", FormatError, "not JSON .*; expected a bundle, or JSON that drupelet parity"),
        ("label,text\n", FormatError, "not JSON .*; expected a bundle"),
        (b"\xff\xfe{}", FormatError, "not JSON"),
        ("[" * 100_000, FormatError, "not JSON"),
        ("[]", FormatError, "a JSON list, expected an object; expected a bundle"),
        ('{"schema_version": 1, "schema_version": 1}', FormatError, "not JSON .an object names a key twice"),
        ('{"schema_version": NaN}', FormatError, "not JSON .NaN is not JSON"),
        (
            "{}",
            FormatError,
            "not a report of drupelet, it has no schema_version; expected the output of drupelet parity",
        ),
        (
            '{"schema_version": 2}',
            VersionError,
            "schema_version 2, this release reads 1; upgrade drupelet or export again",
        ),
        ('{"schema_version": 1, "results": []}', FormatError, "not a report of drupelet, field 'bundle' is missing"),
    ],
)
def test_a_file_that_is_no_document_is_refused(
    tmp_path: Path, content: bytes | str | None, kind: type[DrupeletError], message: str
) -> None:
    path = tmp_path / "parity.json"
    if content is not None:
        write(path, content)
    with pytest.raises(kind, match=f"parity.json: {message}"):
        read_saved(path)


def test_a_path_with_a_nul_is_refused() -> None:
    with pytest.raises(InputError, match=r"cannot be read .*; expected a bundle, or JSON"):
        read_saved(Path("a\0b"))


def test_a_model_file_alone_has_no_verdict(bundle: Path) -> None:
    with pytest.raises(FormatError, match=r"model.f32.drupelet: not JSON .*; expected a bundle"):
        read_saved(bundle / "model.f32.drupelet")


def test_a_document_that_is_too_large_is_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MAX_DOCUMENT_BYTES", 100)
    with pytest.raises(FormatError, match=r"tiny: parity.json: \d+ bytes, expected at most 100; export it again"):
        read_saved(bundle)
    with pytest.raises(FormatError, match=r"parity.json: more than 100 bytes; expected a bundle"):
        read_saved(bundle / "parity.json")
