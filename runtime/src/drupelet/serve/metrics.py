"""Figures of a server in Prometheus's text format, version 0.0.4."""

from __future__ import annotations

import threading

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drupelet.serve.models import Model

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds: a short text takes less than the first; 1,024 film reviews on a Pi Zero take more than the last."""
OUTCOMES = ("swapped", "failed")


class Metrics:
    """Counts of requests, of texts and of swaps, and how long requests took. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = {}
        self._seconds: dict[str, list[float]] = {}  # by route: requests in each bucket, those beyond, the sum
        self._texts: dict[str, int] = {}
        self._swaps: dict[tuple[str, str], int] = {}

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Counts a request that was answered. ``route`` is one of the server's own names for paths."""
        place = next((place for place, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))
        with self._lock:
            self._requests[route, status] = self._requests.get((route, status), 0) + 1
            figures = self._seconds.setdefault(route, [0.0] * (len(BUCKETS) + 2))
            figures[place] += 1
            figures[-1] += seconds

    def count_texts(self, model: str, texts: int) -> None:
        """Counts texts that a model has answered."""
        with self._lock:
            self._texts[model] = self._texts.get(model, 0) + texts

    def count_swap(self, model: str, success: bool) -> None:
        """Counts a bundle that took the place of another one, or that failed to."""
        with self._lock:
            key = (model, OUTCOMES[0] if success else OUTCOMES[1])
            self._swaps[key] = self._swaps.get(key, 0) + 1

    def text(self, models: Sequence[Model], missing: Sequence[str]) -> str:
        """All figures. ``models`` are those that answer now, ``missing`` the names of those that do not yet."""
        with self._lock:
            return "".join(f"{line}\n" for line in self._lines(models, missing))

    def _lines(self, models: Sequence[Model], missing: Sequence[str]) -> Iterator[str]:
        yield from _head("drupelet_ready", "gauge", "Whether a model has checked itself and answers.")
        for name, ready in [*((model.name, 1) for model in models), *((name, 0) for name in missing)]:
            yield _sample("drupelet_ready", {"model": name}, ready)
        yield from _head("drupelet_model_info", "gauge", "The models that answer; always 1.")
        for model in models:
            classifier = model.classifier
            about = {
                "model": model.name,
                "engine": classifier.engine,
                "file": classifier.model.entry.file,
                "scheme": classifier.model.scheme,
                "sha256": classifier.model.entry.sha256,
            }
            yield _sample("drupelet_model_info", about, 1)
        yield from _head("drupelet_model_loaded_timestamp_seconds", "gauge", "When a model was loaded.")
        for model in models:
            yield _sample("drupelet_model_loaded_timestamp_seconds", {"model": model.name}, model.loaded_at)
        yield from _head("drupelet_swaps_total", "counter", "Bundles that took the place of another one, or failed to.")
        for (name, outcome), count in self._swaps.items():
            yield _sample("drupelet_swaps_total", {"model": name, "outcome": outcome}, count)
        yield from _head("drupelet_texts_total", "counter", "Texts that a model has answered.")
        for name, count in self._texts.items():
            yield _sample("drupelet_texts_total", {"model": name}, count)
        yield from _head("drupelet_requests_total", "counter", "Requests that were answered.")
        for (route, status), count in self._requests.items():
            yield _sample("drupelet_requests_total", {"route": route, "status": str(status)}, count)
        yield from _head("drupelet_request_seconds", "histogram", "Time from a whole request to its answer.")
        for route, figures in self._seconds.items():
            reached = 0
            for bound, requests in zip((*map(str, BUCKETS), "+Inf"), figures):
                reached += int(requests)
                yield _sample("drupelet_request_seconds_bucket", {"route": route, "le": bound}, reached)
            yield _sample("drupelet_request_seconds_sum", {"route": route}, figures[-1])
            yield _sample("drupelet_request_seconds_count", {"route": route}, reached)


def _head(name: str, kind: str, meaning: str) -> tuple[str, str]:
    return f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    pairs = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{pairs}}} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
