"""Runs the tests of the runtime on a Python, in an environment of its own that has drupelet, pytest and hypothesis alone.

    python3 tests/runtime/on_python.py python3.9 [--extras all] [pytest options]
    python3 tests/runtime/on_python.py --each

The environment lies in build/, named by version and extras. It gets drupelet as pip installs it from the sources, with the C
kernel where there is a compiler; ``--extras`` adds engines of other libraries. Tests that need what is not there skip and say
so; tests marked slow are left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONSTRAINTS = ROOT / "constraints-runtime.txt"
OLDEST = (3, 9)
MINORS = range(9, 15)
"""The Pythons 3.x that the runtime supports."""
AT_ONCE = min(2, os.cpu_count() or 1)
"""Pythons that ``--each`` tests at the same time: the tests of one take one core."""


class UnusableError(Exception):
    """This Python cannot run the tests; the message says what to install."""


def interpreter(name: str) -> str | None:
    """A Python of that name that runs: on PATH, or installed by pyenv (whose PATH only has those that are switched on)."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for candidate in (shutil.which(name), *map(str, sorted(pyenv.glob(f"versions/*/bin/{name}")))):
        if candidate and subprocess.run([candidate, "--version"], capture_output=True).returncode == 0:
            return candidate
    return None


def version_of(python: str) -> tuple[int, ...]:
    """Its version, as (3, 9, 18)."""
    program = "import sys; sys.stdout.write('%d %d %d' % sys.version_info[:3])"  # Python 2 reads it too
    said = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, said.split()))


def python_inside(folder: Path, system: str) -> Path:
    """The Python of the environment in a folder; ``system`` as os.name has it."""
    return folder / "Scripts" / "python.exe" if system == "nt" else folder / "bin" / "python"


def environment(name: str, extras: str = "") -> Path:
    """The Python of an environment for an interpreter and these extras, made where it is missing. Raises UnusableError."""
    python = interpreter(name)
    if python is None:
        raise UnusableError(
            f"there is no {name}, neither on PATH nor in pyenv; install it (Debian: apt install {name} {name}-venv; anywhere: "
            "pyenv install), or name another one: make test-runtime PYTHON=python3"
        )
    version = version_of(python)
    if version < OLDEST:
        raise UnusableError(f"{name} is Python {version[0]}.{version[1]}; the runtime needs 3.9 or newer")
    names = ["python" + ".".join(map(str, version)), *filter(None, extras.split(","))]
    folder = ROOT / "build" / "-".join(["runtime", *names])
    inside = python_inside(folder, os.name)
    if subprocess.run([inside, "-m", "pip", "--version"], capture_output=True).returncode if inside.exists() else True:
        shutil.rmtree(folder, ignore_errors=True)
        made = subprocess.run([python, "-m", "venv", str(folder)], capture_output=True, text=True)
        if made.returncode != 0:
            raise UnusableError(
                f"{name} cannot make an environment with pip ({(made.stdout + made.stderr).strip()[-300:]}); "
                f"Debian: apt install {name}-venv"
            )
    return inside


def install(python: Path, extras: str) -> None:
    """Installs drupelet from a copy of its sources, and what its tests need."""
    sources = python.parents[1] / "source"
    shutil.rmtree(sources, ignore_errors=True)
    left_out = shutil.ignore_patterns("build", "*.egg-info", "*.so", "__pycache__")
    shutil.copytree(ROOT / "runtime", sources, ignore=left_out)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    # That of the last run, which has the same version.
    subprocess.run([*pip, "uninstall", "--yes", "drupelet"], check=True, capture_output=True)
    wanted = f"{sources}[{extras}]" if extras else str(sources)
    variables = {**os.environ, "PIP_CONSTRAINT": str(CONSTRAINTS)}
    subprocess.run([*pip, "install", "pytest", "hypothesis", wanted], check=True, env=variables)


def run(name: str, extras: str, options: list[str], output: int | None = None) -> int:
    """The exit status of the tests on the Python of that name. Raises UnusableError.

    ``output`` PIPE: what pytest prints is shown when it is over, so that several may run at once.
    """
    began = time.monotonic()
    python = environment(name, extras)
    install(python, extras)
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(python), "-m", "pytest", "tests/runtime", "-p", "no:cacheprovider", "-m", "not slow", "--quiet"]
    done = subprocess.run([*command, *options], cwd=ROOT, env=variables, stdout=output, stderr=output, text=True)
    verdict = f"{name}: {'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - began:.0f} s"
    shown = [done.stdout or "", done.stderr or "", verdict]
    print("\n".join(part.strip() for part in shown if part), flush=True)
    return done.returncode


def main() -> int:
    """0 when every Python that was asked for passed, 1 when one failed, 2 when one cannot be used."""
    parser = argparse.ArgumentParser(
        description="Run the tests of the runtime on a Python, in an environment of its own."
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("python", nargs="?", help="its name or path, as python3.9")
    which.add_argument("--each", action="store_true", help="every Python from 3.9 to 3.14 that is installed")
    parser.add_argument(
        "--extras", default="", help="extras of drupelet to install as well: numpy, onnx, litert or all"
    )
    asked, options = parser.parse_known_args()
    try:
        if not asked.each:
            return int(run(asked.python, asked.extras, options) != 0)
        names = [f"python3.{minor}" for minor in MINORS]
        found = [name for name in names if interpreter(name) is not None]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = list(pool.map(lambda name: run(name, asked.extras, options, subprocess.PIPE), found))
        print(f"not installed here: {', '.join(name for name in names if name not in found) or 'none'}")
        return int(any(statuses) or not found)
    except UnusableError as error:
        print(f"test-runtime: {error}", file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as error:
        print(f"test-runtime: this command failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
