"""Counts the instructions that the kernel executes from text to ids, with valgrind's callgrind.

The texts are 500 reviews, and the rules and words those of imdb. ``--root FOLDER`` counts another version: a folder with its
``runtime/`` and ``artifacts/``, as ``git archive`` writes them.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = Path(__file__).with_suffix(".c")
MODEL = "artifacts/imdb/model.wi8.drupelet"
TEXTS = 500
FLAGS = ("-std=c11", "-g", "-ffp-contract=off", "-fvisibility=hidden", "-fPIC")


def levels(setup: str) -> dict[str, str]:
    """The optimization level of each source that setup.py names in FAST."""
    for node in ast.parse(setup).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FAST":
            return {name: level for level, names in ast.literal_eval(node.value).items() for name in names}
    return {}


def build(root: Path, folder: Path) -> Path:
    """Compiles the kernel of ``root`` as its setup.py does, and the program that encodes texts."""
    csrc = root / "runtime" / "csrc"
    level_of = levels((root / "runtime" / "setup.py").read_text())
    others = "-Os" if level_of else "-O3"  # older versions had one level for all
    for source in csrc.glob("*.c"):
        if source.stem != "python_module":
            level = level_of.get(source.stem, others)
            subprocess.run(["cc", *FLAGS, level, "-c", source, "-o", folder / f"{source.stem}.o"], check=True)
    program = folder / "program"
    subprocess.run(["cc", *FLAGS, "-O2", f"-I{csrc}", PROGRAM, *folder.glob("*.o"), "-lm", "-o", program], check=True)
    return program


def instructions(program: Path, model: Path, texts: Path) -> int:
    """Instructions of all calls of drupelet_encode."""
    options = ("--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=drupelet_encode")
    done = subprocess.run(["valgrind", *options, program, model, texts], check=True, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None or found[1] == "0":
        raise RuntimeError(f"valgrind counted no instruction of drupelet_encode: {done.stderr}")
    return int(found[1])


def write_reviews(path: Path) -> int:
    """Writes reviews, one a line, and returns the number of their bytes."""
    from drupelet_train.corpora.imdb import read_imdb

    reviews = read_imdb().texts
    chosen = (" ".join(review.splitlines()) for review in reviews[:: len(reviews) // TEXTS][:TEXTS])
    return path.write_bytes("".join(f"{review}\n" for review in chosen).encode())


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the instructions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the version to count (default: this one)")
    root = parser.parse_args(arguments).root
    with tempfile.TemporaryDirectory() as name:
        texts = Path(name, "reviews.txt")
        size_bytes = write_reviews(texts)
        count = instructions(build(root, Path(name)), root / MODEL, texts)
    print(f"{TEXTS} reviews, {size_bytes} bytes: {count} instructions, {count / size_bytes:.1f} a byte")


if __name__ == "__main__":
    main()
