"""Labels the lines of a file, as a user's script does: ``python lines.py ROOT MODULE FOLDER VARIANT THREADS FILE``."""

from __future__ import annotations

import importlib
import sys
from itertools import islice

CHUNK = 1024


def main(root: str, module: str, folder: str, variant: str, threads: str, path: str) -> None:
    """Prints the label of each line."""
    sys.path.insert(0, root)
    peer = importlib.import_module(module).load(folder, variant, int(threads))
    with open(path, encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - as short as a user's script
        while lines := [line[:-1] for line in islice(file, CHUNK)]:
            print("\n".join(peer.labels([peer.prepare(line) for line in lines])))


if __name__ == "__main__":
    main(*sys.argv[1:])
