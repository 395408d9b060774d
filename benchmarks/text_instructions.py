"""Counts the instructions that the kernel executes from text to ids, with valgrind's callgrind, and measures their time.

The texts are 500 reviews, for the time also the same in pieces of 20 words, and the rules and words those of imdb.
``--before FOLDER`` counts and measures another version in turn: a folder with its ``runtime/`` and ``artifacts/``, as
``git archive`` writes them. Valgrind runs no AVX-512, so that its instructions are not counted.
"""

from __future__ import annotations

import argparse
import ast
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = Path(__file__).with_suffix(".c")
MODEL = "artifacts/imdb/model.wi8.drupelet"
TEXTS = 500
WORDS = 20
COUNTED_TIERS = ("scalar", "avx2")
TIMED_TIERS = (*COUNTED_TIERS, "avx512vnni")
PASSES = 30
ROUNDS = 5
FLAGS = ("-std=c11", "-g", "-ffp-contract=off", "-fvisibility=hidden", "-fPIC")


def build_of(root: Path) -> str:
    """The source that names optimization levels: the build backend's, or the setup.py of an older version."""
    backend = root / "runtime" / "backend" / "drupelet_build" / "kernel.py"
    return (backend if backend.is_file() else root / "runtime" / "setup.py").read_text(encoding="utf-8")


def levels(module: str) -> dict[str, str]:
    """The optimization level of each source that a module names in FAST."""
    for node in ast.parse(module).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FAST":
            return {name: level for level, names in ast.literal_eval(node.value).items() for name in names}
    return {}


def build(root: Path, folder: Path) -> Path:
    """Compiles the kernel of ``root`` as its wheel does, and the program that encodes texts."""
    csrc = root / "runtime" / "csrc"
    level_of = levels(build_of(root))
    others = "-Os" if level_of else "-O3"  # older versions had one level for all
    for source in csrc.glob("*.c"):
        if source.stem != "python_module":
            level = level_of.get(source.stem, others)
            subprocess.run(["cc", *FLAGS, *level.split(), "-c", source, "-o", folder / f"{source.stem}.o"], check=True)
    program = folder / "program"
    subprocess.run(["cc", *FLAGS, "-O2", f"-I{csrc}", PROGRAM, *folder.glob("*.o"), "-lm", "-o", program], check=True)
    return program


def instructions(program: Path, model: Path, texts: Path, tier: str) -> int:
    """Instructions of all calls of drupelet_encode in one pass."""
    options = ("--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=drupelet_encode")
    command = ["valgrind", *options, str(program), str(model), str(texts), tier, "1"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None or found[1] == "0":
        raise RuntimeError(f"valgrind counted no instruction of drupelet_encode: {done.stderr}")
    return int(found[1])


def ns_a_token(program: Path, model: Path, texts: Path, tier: str) -> float:
    """The time of a pass over the texts, of which each takes its least, by the ids that it makes."""
    command = [str(program), str(model), str(texts), tier, str(PASSES)]
    ids, nanoseconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return int(nanoseconds) / int(ids)


def write_texts(whole: Path, pieces: Path) -> int:
    """Writes reviews, one a line, and pieces of them. Returns the number of bytes of the reviews."""
    from drupelet_train.corpora.imdb import read_imdb

    reviews = read_imdb().texts
    chosen = [" ".join(review.splitlines()) for review in reviews[:: len(reviews) // TEXTS][:TEXTS]]
    pieces.write_text("".join(f"{piece}\n" for review in chosen for piece in pieces_of(review)), encoding="utf-8")
    return whole.write_bytes("".join(f"{review}\n" for review in chosen).encode())


def pieces_of(review: str) -> list[str]:
    """A review in pieces of WORDS words, without the rest."""
    words = review.split(" ")
    return [" ".join(words[at : at + WORDS]) for at in range(0, len(words) - WORDS + 1, WORDS)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the instructions a byte, and the nanoseconds a token, of each version on each tier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, metavar="FOLDER", help="folder of a version to compare with")
    before = parser.parse_args(arguments).before
    roots = {"this version": ROOT} if before is None else {"before": before, "this version": ROOT}
    with tempfile.TemporaryDirectory() as name:
        whole, pieces = Path(name, "reviews.txt"), Path(name, "pieces.txt")
        size_bytes = write_texts(whole, pieces)
        programs = {}
        for version, root in roots.items():
            folder = Path(name, version)
            folder.mkdir()
            programs[version] = build(root, folder)
        for tier in COUNTED_TIERS:
            for version, program in programs.items():
                count = instructions(program, roots[version] / MODEL, whole, tier)
                print(
                    f"{tier}, {version}: {count / size_bytes:.1f} instructions a byte ({TEXTS} reviews, {size_bytes} bytes)"
                )
        for tier in TIMED_TIERS:
            for kind, texts in (("whole reviews", whole), (f"{WORDS} words", pieces)):
                times: dict[str, list[float]] = {version: [] for version in programs}
                for _ in range(ROUNDS):
                    for version, program in programs.items():
                        times[version].append(ns_a_token(program, roots[version] / MODEL, texts, tier))
                told = ", ".join(f"{version} {statistics.median(taken):.1f}" for version, taken in times.items())
                print(f"{tier}, {kind}: ns a token: {told}")


if __name__ == "__main__":
    main()
