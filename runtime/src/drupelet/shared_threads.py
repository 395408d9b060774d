"""Has several threads answer the texts of one call."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable

    from drupelet.prediction import Prediction


class SharedThreads:
    """Answers as ``answer`` does, on several threads, each with a run of neighbouring texts.

    After a fork the child has none of the threads: it starts its own.
    """

    def __init__(self, answer: Callable[[list[str]], list[Prediction]], threads: int) -> None:
        self._answer_part = answer
        self._threads = threads
        self._started = (os.getpid(), ThreadPoolExecutor(threads))

    def answer(self, texts: list[str]) -> list[Prediction]:
        """The answers for the texts, at least one, in their order."""
        process, pool = self._started
        if process != os.getpid():
            pool = ThreadPoolExecutor(self._threads)
            self._started = (os.getpid(), pool)
        share = -(-len(texts) // self._threads)
        parts = pool.map(self._answer_part, [texts[start : start + share] for start in range(0, len(texts), share)])
        return [prediction for part in parts for prediction in part]
