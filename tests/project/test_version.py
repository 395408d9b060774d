"""The version stands in one file, and everything that is built from a checkout or a source distribution follows it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from importlib.metadata import PackageMetadata, version
from pathlib import Path

import pytest

import drupelet

ROOT = Path(__file__).parents[2]
VERSION_FILE = Path("runtime") / "src" / "drupelet" / "version.py"
DISTRIBUTIONS = {"runtime": "drupelet", "export": "drupelet-export", "train": "drupelet-train"}
PINS = {"runtime": [], "export": ["drupelet[all]=={}"], "train": ["drupelet=={}"]}
OTHER_VERSION = "9.8.7"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the three distributions whose version file, and nothing else, says OTHER_VERSION."""
    root = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("*.so", "*.egg-info", "__pycache__", "build", "dist")
    for folder in DISTRIBUTIONS:
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
    path = root / VERSION_FILE
    path.write_text(path.read_text().replace(f'"{drupelet.__version__}"', f'"{OTHER_VERSION}"'))
    return root


def metadata_of(source: Path) -> PackageMetadata:
    """The metadata that a wheel built from this folder has."""
    util = pytest.importorskip("build.util", reason="build is not installed: pip install --group wheels")
    pytest.importorskip("hatchling", reason="hatchling is not installed: pip install --group wheels")
    metadata: PackageMetadata = util.project_wheel_metadata(source, isolated=False)
    return metadata


def required_runtime(metadata: PackageMetadata) -> list[str]:
    """The requirements on the runtime, extras of the distribution itself aside."""
    required = metadata.get_all("Requires-Dist") or []
    return [line for line in required if re.match(r"drupelet\b(?!-)", line) and "extra ==" not in line]


@pytest.mark.parametrize("folder", [".", *DISTRIBUTIONS])
def test_no_pyproject_holds_a_version_of_ours(folder: str) -> None:
    path = ROOT / folder / "pyproject.toml"
    project = tomllib.loads(path.read_text())["project"]
    assert "version" not in project
    assert "version" in project["dynamic"]
    assert not re.search(r"drupelet[^\"]*==\s*\d", path.read_text())


def test_no_source_repeats_the_version() -> None:
    sources = [path for folder in DISTRIBUTIONS for path in (ROOT / folder / "src").rglob("*.py")]
    assert len(sources) > 100
    repeated = [
        path.relative_to(ROOT)
        for path in sources
        if re.search(rf"[\"']{re.escape(drupelet.__version__)}", path.read_text())
    ]
    assert repeated == [VERSION_FILE]


@pytest.mark.parametrize("folder", DISTRIBUTIONS)
def test_a_build_from_a_checkout_follows_the_version_file(folder: str, checkout: Path) -> None:
    metadata = metadata_of(checkout / folder)
    assert (metadata["Name"], metadata["Version"]) == (DISTRIBUTIONS[folder], OTHER_VERSION)
    assert required_runtime(metadata) == [pin.format(OTHER_VERSION) for pin in PINS[folder]]


@pytest.mark.parametrize("folder", DISTRIBUTIONS)
def test_a_source_distribution_needs_no_checkout(folder: str, checkout: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", str(tmp_path)]
    from_checkout = metadata_of(checkout / folder)
    subprocess.run([*build, str(checkout / folder)], check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "extracted", filter="data")
    (extracted,) = (tmp_path / "extracted").iterdir()
    assert extracted.name.endswith(f"-{OTHER_VERSION}")
    metadata = metadata_of(extracted)
    assert metadata["Version"] == OTHER_VERSION
    assert sorted(metadata.get_all("Requires-Dist") or []) == sorted(from_checkout.get_all("Requires-Dist") or [])


def test_a_checkout_without_its_runtime_is_refused(checkout: Path, tmp_path: Path) -> None:
    """A folder copied alone has neither the version file nor the PKG-INFO of a source distribution."""
    shutil.copytree(checkout / "export", tmp_path / "export")
    pytest.importorskip("hatchling", reason="hatchling is not installed: pip install --group wheels")
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(tmp_path / "export"),
    ]
    outcome = subprocess.run(build, capture_output=True, text=True)
    assert outcome.returncode != 0
    assert "runtime/src/drupelet/version.py" in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("name", DISTRIBUTIONS.values())
def test_what_is_installed_is_of_this_version(name: str) -> None:
    assert version(name) == drupelet.__version__, "run make install"


def test_export_and_train_share_one_hook() -> None:
    hooks = [ROOT / folder / "hatch_build.py" for folder in ("export", "train")]
    assert hooks[0].read_bytes() == hooks[1].read_bytes()
