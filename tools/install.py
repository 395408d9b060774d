"""Installs dependency groups, and the three distributions, from files whose hashes are in constraints-hashes.txt (or --hashes).

    .venv/bin/python tools/install.py [--distributions] [--group dev]... [--allow-sdists] [--hashes FILE]

It installs into the environment of the Python that runs it. pip refuses a file whose sha256 is not listed, and a package that
is not listed. An sdist is refused too, because pip would fetch what builds it without asking for a hash. pip cannot give a
folder a hash, so the three distributions come after that, editable, without index: their builds use what is installed already.
pip check then says whether everything fits together. Needs the standard library alone.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HASHES = ROOT / "constraints-hashes.txt"
DISTRIBUTIONS = ("runtime", "export", "train")
LEFT_OUT = ("ray",)
"""Extras that are large, and have an environment of their own (make test-ray)."""
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def main() -> int:
    """Installs what the command line asks for; the exit status of the command that failed, if one did."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--group", action="append", default=[], metavar="NAME", help="dependency group of pyproject.toml"
    )
    parser.add_argument("--distributions", action="store_true", help="the three distributions, with all their extras")
    parser.add_argument("--allow-sdists", action="store_true", help="build an sdist where there is no wheel")
    parser.add_argument(
        "--hashes",
        type=Path,
        default=HASHES,
        metavar="FILE",
        help=f"versions and their hashes (default: {HASHES.name})",
    )
    options = parser.parse_args()
    if not options.group and not options.distributions:
        parser.error("name a --group, or --distributions")
    hashed = [*PIP, "install", "--require-hashes", *([] if options.allow_sdists else ["--only-binary", ":all:"])]
    # Older versions of pip, which new environments have, take a hash from requirements and not from constraints.
    with requirements_file([pinned("pip", options.hashes)]) as pip:
        run([*hashed, "--requirement", pip])
    wanted = list(third_party()) if options.distributions else []
    with requirements_file(wanted) as requirements:
        groups = [part for name in options.group for part in ("--group", name)]
        run([*hashed, "--constraint", str(options.hashes.resolve()), "--requirement", requirements, *groups])
    if options.distributions:
        editable = [part for name in DISTRIBUTIONS for part in ("--editable", str(ROOT / name))]
        run([*PIP, "install", "--no-index", "--no-deps", "--no-build-isolation", *editable])
        run([*PIP, "check"])
    return 0


def pinned(name: str, hashes: Path) -> str:
    """The requirement of a package in a file of hashes. Raises ValueError when it has none."""
    found = re.search(rf"^{re.escape(name)}==(?:.*\\\n)*.*$", hashes.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{hashes}: no line {name}==; make constraints-hashes writes it")
    return found[0]


def third_party() -> Iterator[str]:
    """The requirements of the three distributions, in all their extras but ``LEFT_OUT``, on anything but each other."""
    for folder in DISTRIBUTIONS:
        document = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))
        for requirement in requirements_of(document):
            if not re.match(r"drupelet\b", requirement):
                yield requirement


def requirements_of(document: Mapping[str, Any]) -> Iterator[str]:
    """The requirements in a pyproject.toml: those of the project, those that export/hatch_build.py adds, and extras."""
    yield from document["project"].get("dependencies", ())
    hook = document.get("tool", {}).get("hatch", {}).get("metadata", {}).get("hooks", {}).get("custom", {})
    yield from hook.get("dependencies", ())
    for name, extra in document["project"].get("optional-dependencies", {}).items():
        if name not in LEFT_OUT:
            yield from extra


@contextmanager
def requirements_file(lines: Iterable[str]) -> Iterator[str]:
    """The path of a file of requirements with these lines, deleted at the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "requirements.txt"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        yield str(path)


def run(command: list[str]) -> None:
    """Runs a command from the root of the checkout. Exits with its status when it fails; it has said why."""
    status = subprocess.run(command, cwd=ROOT).returncode
    if status != 0:
        sys.exit(status)


if __name__ == "__main__":
    sys.exit(main())
