"""Writes ``native-answers.tsv``: the bits that the native engine answers for the goldens of ``bundle-schemes/``.

``PYTHONPATH=tests python tests/golden/make_native_answers.py``, with the scalar tier of this machine. Every tier of every
processor has to give the same; it changes only when the kernel's arithmetic is changed on purpose (docs/decisions/0010).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from device.toolchains import built, run
from drupelet.goldens import read_goldens

GOLDEN = Path(__file__).parent
BUNDLE = GOLDEN / "bundle-schemes"
FILE = GOLDEN / "native-answers.tsv"


def models() -> list[Path]:
    """The files that the native engine reads, a scheme each."""
    return sorted(BUNDLE.glob("*.drupelet"))


def lines() -> list[str]:
    """The texts of the goldens; none has a line feed."""
    goldens = read_goldens((BUNDLE / "goldens.jsonl").read_bytes(), "goldens.jsonl")
    return [golden.whole_text for golden in goldens]


def main() -> None:
    """Writes what answers.c prints: a line ``model``, file, then one for each text: tokens, label, logits, probabilities."""
    with tempfile.TemporaryDirectory() as folder:
        program = built("host", Path(folder))
        text = "".join(line + "\n" for line in lines()).encode("utf-8", "surrogatepass")
        printed = run([str(program), "scalar", *map(str, models())], text)
    FILE.write_text(printed.replace(f"{BUNDLE}/", "").replace("\tscalar\n", "\n"))


if __name__ == "__main__":
    main()
