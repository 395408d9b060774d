"""tools/install.py: what pip installs is what the hashes say, and nothing of a project file is forgotten."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from project.tools import TOOLS, load

ROOT = Path(__file__).parents[2]
install = load("install")


def test_the_requirements_of_all_distributions_are_found_and_none_on_each_other() -> None:
    found = list(install.third_party())
    assert {"keras>=3.12", "onnxruntime>=1.15", "ziglang>=0.13", "optuna>=5"} <= set(found)
    assert not [requirement for requirement in found if requirement.startswith(("drupelet", "ray"))]


def test_requirements_stand_in_the_project_in_its_extras_and_in_the_hook() -> None:
    document = {
        "project": {"dependencies": ["a"], "optional-dependencies": {"x": ["b"], "y": ["c"], "ray": ["ray"]}},
        "tool": {"hatch": {"metadata": {"hooks": {"custom": {"dependencies": ["d"]}}}}},
    }
    assert sorted(install.requirements_of(document)) == ["a", "b", "c", "d"]


def test_the_pinned_version_of_pip_has_its_hashes(tmp_path: Path) -> None:
    text = "other-pip==1 \\\n    --hash=sha256:aa\npip==26.3 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\npluggy==1 \\\n"
    (tmp_path / "hashes.txt").write_text(text)
    assert (
        install.pinned("pip", tmp_path / "hashes.txt") == "pip==26.3 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc"
    )
    with pytest.raises(ValueError, match="no line absent==; make constraints-hashes writes it"):
        install.pinned("absent", tmp_path / "hashes.txt")


def test_nothing_to_install_is_a_mistake() -> None:
    outcome = subprocess.run([sys.executable, str(TOOLS / "install.py")], capture_output=True, text=True)
    assert outcome.returncode == 2
    assert "name a --group, or --distributions" in outcome.stderr


def write_wheel(folder: Path, name: str) -> str:
    """Writes a wheel without a module; its sha256."""
    files = {
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{file},sha256={digest},{len(text)}\n"
            archive.writestr(file, text)
        archive.writestr(f"{name}-1.0.dist-info/RECORD", f"{record}{name}-1.0.dist-info/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("spam==1.0 --hash=sha256:{spam}\n", None),
        (f"spam==1.0 --hash=sha256:{'0' * 64}\n", "DO NOT MATCH THE HASHES"),
        ("other==1.0 --hash=sha256:{spam}\n", "versions pinned with =="),
    ],
)
def test_pip_refuses_another_file_and_an_unlisted_package(tmp_path: Path, listed: str, message: str | None) -> None:
    """The call that tools/install.py makes, of a package made here: no network is needed."""
    spam = write_wheel(tmp_path, "spam")
    (tmp_path / "hashes.txt").write_text(listed.format(spam=spam))
    (tmp_path / "wanted.txt").write_text("spam\n")
    venv.create(tmp_path / "venv")
    pip = [sys.executable, "-m", "pip", "--python", str(tmp_path / "venv"), "install", "--require-hashes"]
    options = ["--constraint", "hashes.txt", "--requirement", "wanted.txt", "--no-index", "--find-links", "."]
    outcome = subprocess.run([*pip, *options], capture_output=True, text=True, cwd=tmp_path)
    if message is None:
        assert outcome.returncode == 0, outcome.stderr
    else:
        assert outcome.returncode == 1
        assert message in outcome.stderr
    (packages,) = (tmp_path / "venv" / "lib").glob("python3*/site-packages")
    assert (packages / "spam-1.0.dist-info").exists() == (message is None)
