"""Drupelet, as its documentation says: a bundle, an engine, a scheme."""

from __future__ import annotations

import drupelet


class Answerer:
    """A bundle on an engine. It reads texts as they are."""

    def __init__(self, folder: str, engine: str, scheme: str, threads: int) -> None:
        self._classifier = drupelet.load(f"{folder}/bundle", engine=engine, scheme=scheme, threads=threads)
        self._engine = engine

    def prepare(self, text: str) -> str:
        return text

    def label(self, text: str) -> str | None:
        return self._classifier(text).label

    def labels(self, texts: list[str]) -> list[str | None]:
        return [answer.label for answer in self._classifier.predict(texts)]

    def about(self) -> str:
        from drupelet.engines import ENGINES

        return f"{ENGINES[self._engine].version()}"


def load(folder: str, variant: str, threads: int) -> Answerer:
    engine, _, scheme = variant.partition(" ")
    return Answerer(folder, engine, scheme, threads)
