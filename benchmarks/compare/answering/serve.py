"""The peer's side of the pipe: ``python serve.py ROOT MODULE FOLDER VARIANT THREADS CORE``. A request and an answer are a line.

Both are JSON objects. Requests: ``load``; ``keep`` texts under a name; ``time`` one call a text of a name; ``batch``, the time
of all together; ``label``, the labels of all. A request that fails is answered with ``error``. What a library prints goes to
stderr, so that it cannot be taken for an answer. CORE is the only core to run on, or -1 for all.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

CHUNK = 256
"""Texts of one call of ``labels`` where only the labels count."""


class Service:
    """A peer and the texts that it was given."""

    def __init__(self, module: str, folder: str, variant: str, threads: int) -> None:
        self._given = module, folder, variant, threads
        self._peer: Any = None
        self._kept: dict[str, list[Any]] = {}

    def load(self) -> dict[str, Any]:
        """Imports the library and loads the model."""
        start = time.perf_counter()
        module, *given = self._given
        self._peer = importlib.import_module(module).load(*given)
        return {"seconds": time.perf_counter() - start, "about": self._peer.about()}

    def keep(self, name: str, texts: Sequence[str]) -> dict[str, Any]:
        """Prepares texts and keeps them under a name."""
        self._kept[name] = [self._peer.prepare(text) for text in texts]
        return {"texts": len(texts)}

    def time(self, name: str, seconds: float, warm_up: int) -> dict[str, Any]:
        """The microseconds of one call a text, until the texts or the seconds are used up; the first calls do not count.

        ``cpu_share`` is the time that the process computed as a share of the time that passed: below 1, it waited for its core.
        """
        items, label, clock = self._kept[name], self._peer.label, time.perf_counter_ns
        end = clock() + int(seconds * 1e9)
        for item in items[:warm_up]:
            label(item)
            if clock() > end:
                break
        end = clock() + int(seconds * 1e9)
        taken = []
        gc.collect()
        gc.disable()
        computed, passed = time.process_time_ns(), clock()
        try:
            for item in items:
                start = clock()
                label(item)
                stop = clock()
                taken.append((stop - start) / 1000)
                if stop > end:
                    break
            computed, passed = time.process_time_ns() - computed, clock() - passed
        finally:
            gc.enable()
        return {"us": taken, "cpu_share": computed / passed}

    def batch(self, name: str, seconds: float, most: int, together: int) -> dict[str, Any]:
        """The seconds of calls of ``together`` texts each, until the first ``most`` texts or the seconds are used up."""
        items, labels, clock = self._kept[name][:most], self._peer.labels, time.perf_counter
        start = clock()
        answered = 0
        while answered < len(items) and clock() - start < seconds:
            answered += len(labels(items[answered : answered + together]))
        return {"texts": answered, "seconds": clock() - start}

    def label(self, name: str) -> dict[str, Any]:
        """The label of each text."""
        items = self._kept[name]
        labels: list[str] = []
        while len(labels) < len(items):
            labels += self._peer.labels(items[len(labels) : len(labels) + CHUNK])
        return {"labels": labels}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request, or its ``error``."""
        operations: dict[str, Callable[..., dict[str, Any]]] = {
            "load": self.load, "keep": self.keep, "time": self.time, "batch": self.batch, "label": self.label,
        }  # fmt: skip
        given = dict(request)
        try:
            return operations[given.pop("do")](**given)
        except Exception as error:  # noqa: BLE001 - whatever a library raises is the reason of a row
            return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answers requests until stdin ends."""
    root, module, folder, variant, threads, core = sys.argv[1:]
    sys.path.insert(0, root)
    if int(core) >= 0:
        os.sched_setaffinity(0, {int(core)})
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    service = Service(module, folder, variant, int(threads))
    for line in sys.stdin:
        out.write(json.dumps(service.answer(json.loads(line))) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
