"""Which engines can run on the machine at hand. What a foreign library does wrong, it does to a child process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from drupelet.bundle import Bundle, open_bundle
from drupelet.classifier import Classifier, named_engine, unavailable_reason
from drupelet.engines import ENGINES
from drupelet.engines.protocol import Engine
from drupelet.engines.trial import Trial, try_engine
from drupelet.errors import DrupeletError, EngineUnavailableError, InputError
from drupelet.manifest import ModelEntry
from drupelet.value import Value

if TYPE_CHECKING:
    from drupelet.bundle import Location


OWN_TEXT = "a quiet, wonderful film"
"""What engines of our own code answer; they do without the vocabulary file, which may be the damaged one."""


class EngineStatus(Value):
    """An engine, the format it reads, and why it cannot run here (None: it can).

    ``version`` is that of its library, where it can be imported; ``file`` the model file that it loaded and answered with.
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

    Each loads the first of its files and answers a text, foreign libraries in child processes of their own.
    """
    return engine_statuses(location if isinstance(location, Bundle) else open_bundle(location))


def engine_statuses(bundle: Bundle | None) -> list[EngineStatus]:
    """Every engine, tried with a bundle as :func:`engines` does it, or without one: then its library is only imported."""
    from concurrent.futures import ThreadPoolExecutor  # no command but one needs it, and it imports logging

    with ThreadPoolExecutor(len(ENGINES)) as pool:  # each waits for a process of its own
        return list(pool.map(lambda engine: _status(engine, bundle), ENGINES.values()))


def candidates(bundle: Bundle, engine: str | None) -> Iterator[tuple[Engine, ModelEntry, str | None]]:
    """Every model file of a bundle with each engine that reads it, or with one, and why that engine cannot run (None: it can).

    A foreign library has been tried on that very file. Raises EngineUnavailableError when the named engine cannot run,
    InputError when there is none of that name.
    """
    for candidate in ENGINES.values() if engine is None else [named_engine(engine)]:
        missing = unavailable_reason(bundle, candidate)
        _refuse_named(bundle, engine, missing)
        for model in bundle.manifest.models:
            if model.format == candidate.format:
                reason = missing
                if reason is None and candidate.libraries():
                    reason = try_engine(candidate, bundle, model).reason
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
    trial = try_engine(engine, bundle, model) if engine.libraries() else _answered_here(engine, bundle, model)
    reason = trial.reason or trial.refusal
    if bundle is not None and model is None:
        reason = unavailable_reason(bundle, engine)
    file = model.entry.file if model is not None and reason is None else None
    return EngineStatus(engine.name, engine.format, reason, trial.version, file)


def _answered_here(engine: Engine, bundle: Bundle | None, model: ModelEntry | None) -> Trial:
    """The same as a trial, in this process."""
    if bundle is not None and model is not None:
        try:
            Classifier(bundle, engine, model)(OWN_TEXT)
        except DrupeletError as error:
            return Trial(engine.version(), None, str(error))
    return Trial(engine.version(), None)
