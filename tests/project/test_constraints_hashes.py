"""tools/constraints_hashes.py: the committed hashes belong to the constraints, and what the index lacks is named."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from project.tools import load

ROOT = Path(__file__).parents[2]
hashes = load("constraints_hashes")
ONE, TWO = "1" * 64, "2" * 64
FILES = {"spam-1.0.tar.gz": ONE, "spam-1.0-py3-none-any.whl": TWO, "spam-1.0.win32.exe": None, "spam-1.1.tar.gz": None}


def constraints(folder: Path, *lines: str) -> Path:
    path = folder / "constraints.txt"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def versions(text: str) -> list[str]:
    """The requirements in a text, without hashes and comments."""
    lines = [line.removesuffix("\\").partition("#")[0].strip() for line in text.splitlines()]
    return [str(Requirement(line)) for line in lines if line and not line.startswith("--hash=sha256:")]


@pytest.mark.parametrize(
    "name", ["constraints.txt", "constraints-runtime.txt", "constraints-tflite-runtime.txt", "constraints-fleet.txt"]
)
def test_the_committed_hashes_are_those_of_the_same_versions(name: str) -> None:
    path = ROOT / name
    text = hashes.hashes_path(path).read_text(encoding="utf-8")
    assert versions(text) == versions(path.read_text(encoding="utf-8")), "run make constraints-hashes"
    assert "://" not in text
    for block in text.replace("\\\n", " ").splitlines()[1:]:
        requirement, *found = block.split(" --hash=sha256:")
        assert found, requirement
        assert all(hashes.SHA256.fullmatch(value.strip()) for value in found), requirement


def test_what_is_installed_wants_only_versions_that_have_hashes() -> None:
    """Nor would it on another system or a newer Python: pip would refuse the package there."""
    listed = {
        canonicalize_name(r.name): hashes.version_of(r) for r in hashes.read_constraints(ROOT / "constraints.txt")
    }
    systems = [
        ("posix", "linux", "Linux", "x86_64"),
        ("posix", "linux", "Linux", "aarch64"),
        ("posix", "darwin", "Darwin", "arm64"),
        ("nt", "win32", "Windows", "AMD64"),
    ]
    environments = [
        {**default_environment(), "extra": "", "python_version": python, "python_full_version": f"{python}.1"}
        | {"os_name": os_name, "sys_platform": platform, "platform_system": system, "platform_machine": machine}
        for os_name, platform, system, machine in systems
        for python in ("3.11", "3.12", "3.13", "3.14")
    ]
    installed = [d for d in importlib.metadata.distributions() if canonicalize_name(d.name) in listed]
    assert len(installed) > 80
    refused = {
        f"{distribution.name} wants {requirement}"
        for distribution in installed
        for requirement in map(Requirement, distribution.requires or ())
        if requirement.marker is None or any(requirement.marker.evaluate(e) for e in environments)
        if not fits(requirement, listed.get(canonicalize_name(requirement.name)))
    }
    assert refused == set()


def fits(requirement: Requirement, version: Version | None) -> bool:
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def test_every_wheel_and_sdist_of_the_version_gives_its_hash(tmp_path: Path) -> None:
    path = constraints(tmp_path, "# why", 'spam==1.0; python_version < "3.10" # what it is for')
    text = hashes.with_hashes(path, {"spam": FILES}.__getitem__)
    assert text == (
        "# Written by make constraints-hashes from constraints.txt; the sha256 of every wheel and sdist of these versions.\n"
        f'spam==1.0; python_version < "3.10" \\\n    --hash=sha256:{ONE} \\\n    --hash=sha256:{TWO}\n'
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("spam==2.0", r"spam: the index has no file of version 2\.0; correct the constraint"),
        ("spam==1.1", r"spam: the index gives None as sha256 of spam-1\.1\.tar\.gz; use another index"),
        ("spam>=1.0", r"constraints\.txt:1: 'spam>=1\.0', expected name==version"),
        ("spam==1.0,!=1.1", "expected name==version"),
        ("spam==1.*", "expected name==version"),
        ("spam", "expected name==version"),
        ("-r other.txt", "'-r other.txt', expected name==version"),
    ],
)
def test_what_cannot_be_given_a_hash_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(hashes.HashesError, match=message):
        hashes.with_hashes(constraints(tmp_path, line), {"spam": FILES}.__getitem__)


def test_pip_is_asked_for_the_files_of_its_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "spam" / "index.html"
    page.parent.mkdir()
    links = "".join(
        f'<a href="../files/{name}{f"#sha256={value}" if value else ""}">{name}</a>' for name, value in FILES.items()
    )
    page.write_text(f"<!DOCTYPE html><html><body>{links}</body></html>", encoding="utf-8")
    monkeypatch.setenv("PIP_INDEX_URL", tmp_path.as_uri())
    monkeypatch.setenv("PIP_FIND_LINKS", str(ROOT))
    with hashes.index() as files_of:
        files = files_of("spam")
        assert {name: files[name] for name in ("spam-1.0.tar.gz", "spam-1.0-py3-none-any.whl")} == {
            "spam-1.0.tar.gz": ONE,
            "spam-1.0-py3-none-any.whl": TWO,
        }
        assert files["spam-1.1.tar.gz"] is None
        with pytest.raises(
            hashes.HashesError, match=r"eggs: the index file://\S+ has no such package or was not reached"
        ):
            files_of("eggs")
