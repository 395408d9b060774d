"""The engines that can run on this machine. A foreign library that does something wrong does it to a child process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Callable

from drupelet.bundle import Bundle, open_bundle
from drupelet.classifier import Classifier, named_engine, unavailable_reason
from drupelet.engines import ENGINES
from drupelet.engines.protocol import Engine
from drupelet.engines.smoke_test import SmokeTestResult, run_smoke_test
from drupelet.errors import DrupeletError, EngineUnavailableError, InputError
from drupelet.manifest import ModelEntry
from drupelet.value import Value

if TYPE_CHECKING:
    from drupelet.bundle import Location


OWN_TEXT = "a quiet, wonderful film"
"""Text that engines of our own code answer. They need no words of the vocabulary file, which may be the damaged one."""


class EngineStatus(Value):
    """An engine, the format that it reads, and the reason why it cannot run here (None: it can).

    ``version`` is that of its library, None where that cannot be imported. ``file`` is the model file that it answered with.
    """

    name: str
    format: str
    reason: str | None
    version: str | None = None
    file: str | None = None

    @property
    def available(self) -> bool:
        """Whether the engine can run."""
        return self.reason is None


def engines(location: Location | Bundle) -> list[EngineStatus]:
    """Every engine, with the reason why it cannot run this bundle on this machine, or None when it can.

    Each loads the first of its files and answers a text, foreign libraries in a smoke test.
    """
    return engine_statuses(location if isinstance(location, Bundle) else open_bundle(location))


def engine_statuses(bundle: Bundle | None) -> list[EngineStatus]:
    """Every engine, tested with a bundle as :func:`engines` does it, or without one: then its library is only imported."""
    from concurrent.futures import ThreadPoolExecutor  # no command but one needs it, and it imports logging

    with ThreadPoolExecutor(len(ENGINES)) as pool:  # each waits for its own process
        return list(pool.map(lambda engine: _status(engine, bundle), ENGINES.values()))


def candidates(
    bundle: Bundle, engine: str | None, progress: Callable[[str], None] = lambda _: None
) -> Iterator[tuple[Engine, ModelEntry, str | None]]:
    """Every model file of a bundle with each engine that reads it (or with one), and why that engine cannot run (None: it can).

    A foreign library has passed a smoke test with that very file, before which ``progress`` is called with a line. Raises
    EngineUnavailableError when the named engine cannot run, InputError when there is none of that name.
    """
    for candidate in ENGINES.values() if engine is None else [named_engine(engine)]:
        missing = unavailable_reason(bundle, candidate)
        _refuse_named(bundle, engine, missing)
        for model in bundle.manifest.models:
            if model.format == candidate.format:
                reason = missing
                if reason is None and candidate.libraries():
                    progress(f"trying {model.entry.file} on {candidate.name} in a process of its own")
                    reason = run_smoke_test(candidate, bundle, model).reason
                    _refuse_named(bundle, engine, reason)
                yield candidate, model, reason


def _refuse_named(bundle: Bundle, engine: str | None, reason: str | None) -> None:
    if engine is not None and reason is not None:
        raise EngineUnavailableError(f"{bundle.path}: engine {engine!r} cannot run: {reason}")


def _status(engine: Engine, bundle: Bundle | None) -> EngineStatus:
    try:
        missing = engine.check()
    except InputError as error:
        missing = str(error)
    if missing is not None:
        return EngineStatus(engine.name, engine.format, missing)
    model = None if bundle is None else bundle.model(engine.format)
    result = run_smoke_test(engine, bundle, model) if engine.libraries() else _answer_here(engine, bundle, model)
    reason = result.reason or result.refusal
    if bundle is not None and model is None:
        reason = unavailable_reason(bundle, engine)
    file = model.entry.file if model is not None and reason is None else None
    return EngineStatus(engine.name, engine.format, reason, result.version, file)


def _answer_here(engine: Engine, bundle: Bundle | None, model: ModelEntry | None) -> SmokeTestResult:
    """The same as a smoke test, in this process."""
    if bundle is not None and model is not None:
        try:
            Classifier(bundle, engine, model)(OWN_TEXT)
        except DrupeletError as error:
            return SmokeTestResult(engine.version(), None, str(error))
    return SmokeTestResult(engine.version(), None)
