"""Loads a bundle on an engine and answers texts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from drupelet.architecture import SCHEMES
from drupelet.bundle import Bundle, Location, open_bundle
from drupelet.encoder import Encoder
from drupelet.engines import ENGINES, Engine, Session
from drupelet.errors import EngineUnavailableError, FormatError, InputError, closest_match
from drupelet.manifest import ModelEntry

BATCH_TEXTS = 64
"""Texts that a stream hands to the engine at a time: bounds memory, and lets engines run like lengths together."""


@dataclass(frozen=True)
class Prediction:
    """The answer for one text.

    ``probabilities`` has an entry a label, in label order, as Keras gives them (a single sigmoid unit: 1 - p, p).
    ``n_tokens`` is the number of words the network read that its vocabulary knows: 0 means that the answer says
    nothing about the text. A network that averages over the tokens answers NaN when there are none, like Keras; the label is
    then the first one.
    """

    label: str
    probability: float
    probabilities: tuple[float, ...]
    n_tokens: int


@dataclass(frozen=True)
class EngineStatus:
    """An engine, the format it reads, and why it cannot run here (None: it can)."""

    name: str
    format: str
    reason: str | None

    @property
    def available(self) -> bool:
        """Whether the engine can run."""
        return self.reason is None


class Classifier:
    """A model on an engine. Call it with a text, or :meth:`predict` many. Safe to share between threads."""

    def __init__(self, bundle: Bundle, engine: Engine, model: ModelEntry) -> None:
        self.bundle = bundle
        self.engine = engine.name
        self.model = model
        self.labels = bundle.manifest.labels
        self._encoder = Encoder(bundle.manifest.tokenizer, bundle.vocabulary(), bundle.manifest.architecture)
        self._session: Session = engine.load(bundle, model)

    def __call__(self, text: str) -> Prediction:
        """The answer for one text."""
        return self.predict([text])[0]

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """The answers for many texts, in their order; each the same as for the text alone (float32 rounding aside)."""
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str], batch_texts: int = BATCH_TEXTS) -> Iterator[Prediction]:
        """The answers for any number of texts, in their order and in constant memory.

        ``batch_texts`` are taken from ``texts`` before the first of them is answered.
        """
        if isinstance(texts, (str, bytes)):
            raise InputError("predict got one string where it expects a list of texts; write predict([text])")
        network = self.bundle.manifest.architecture
        remaining = iter(texts)
        while batch := list(islice(remaining, batch_texts)):
            for text in batch:
                if not isinstance(text, str):
                    raise InputError(f"a text is {text!r:.60}, expected a string")
            encoded = [self._encoder.encode(text) for text in batch]
            logits = self._session.run([ids for ids, _ in encoded])
            for (_, n_tokens), row in zip(encoded, logits):
                if len(row) != network.dense[-1].units:
                    raise FormatError(
                        f"{self.bundle.path}: {self.model.entry.file} gives {len(row)} logits, the manifest says "
                        f"{network.dense[-1].units}; they are not of one export"
                    )
                values = probabilities(row, network.output)
                best = most_probable(values)
                yield Prediction(self.labels[best], values[best], values, n_tokens)

    def encode(self, text: str) -> list[int]:
        """The ids that the engine would run on for this text."""
        return self._encoder.encode(text).ids


def load(location: Location | Bundle, engine: str = "auto", scheme: str | None = None) -> Classifier:
    """The classifier of a bundle, ready to answer.

    ``engine`` ``auto`` takes the first of :data:`drupelet.engines.ENGINES` that is available here and has a file in the
    bundle. A named engine that cannot run raises EngineUnavailableError: it is never swapped for another one.
    ``scheme`` chooses among several files of a format; None takes the first in the manifest.
    """
    bundle = location if isinstance(location, Bundle) else open_bundle(location)
    if bundle.manifest.verdict == "failed":
        warnings.warn(f"{bundle.path}: did not answer like Keras when it was exported (parity: failed)", stacklevel=2)
    if scheme is not None and scheme not in SCHEMES:
        raise InputError(f"scheme {scheme!r} is not known{closest_match(scheme, SCHEMES)}")
    if engine != "auto":
        chosen = named_engine(engine, ("auto", *ENGINES))
        reason = unavailable_reason(bundle, chosen, scheme)
        if reason is not None:
            raise EngineUnavailableError(f"{bundle.path}: engine {engine!r} cannot run: {reason}")
        return _classifier(bundle, chosen, scheme)
    reasons = []
    for candidate in ENGINES.values():
        reason = unavailable_reason(bundle, candidate, scheme)
        if reason is None:
            try:
                return _classifier(bundle, candidate, scheme)
            except EngineUnavailableError as error:
                reason = str(error)
        reasons.append(f"{candidate.name}: {reason}")
    raise EngineUnavailableError(f"{bundle.path}: no engine can run this bundle here. " + "; ".join(reasons))


def engines(location: Location | Bundle) -> list[EngineStatus]:
    """Every engine, with the reason why it cannot run this bundle on this machine, or None when it can."""
    bundle = location if isinstance(location, Bundle) else open_bundle(location)
    return [EngineStatus(e.name, e.format, unavailable_reason(bundle, e)) for e in ENGINES.values()]


def named_engine(name: str, known: Sequence[str] = tuple(ENGINES)) -> Engine:
    """The engine of that name. Raises InputError with the closest of the ``known`` names for any other name."""
    if name not in ENGINES:
        raise InputError(f"engine {name!r} is not known{closest_match(name, known)}")
    return ENGINES[name]


def unavailable_reason(bundle: Bundle, engine: Engine, scheme: str | None = None) -> str | None:
    """Why this engine cannot run this bundle here, or None when it can."""
    if bundle.model(engine.format, scheme) is None:
        files = ", ".join(model.entry.file for model in bundle.manifest.models)
        wanted = engine.format if scheme is None else f"{scheme} {engine.format}"
        return f"the bundle has no {wanted} file, only {files}; export with --formats {engine.format}"
    return engine.check()


def probabilities(logits: Sequence[float], output: str) -> tuple[float, ...]:
    """The probability of each label: softmax (also of plain logits, which Keras leaves to the caller) or sigmoid."""
    if len(logits) == 1:
        p = _sigmoid(logits[0])
        return (1.0 - p, p)
    if output == "sigmoid":
        return tuple(_sigmoid(value) for value in logits)
    top = max(logits)
    powers = [math.exp(value - top) for value in logits]
    total = sum(powers)
    return tuple(power / total for power in powers)


def most_probable(values: Sequence[float]) -> int:
    """The place of the largest value, the first of equal ones; of values that hold a NaN, the first."""
    if any(math.isnan(value) for value in values):
        return 0
    return max(range(len(values)), key=values.__getitem__)


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    power = math.exp(x)  # the other form would overflow below -709
    return power / (1.0 + power)


def _classifier(bundle: Bundle, engine: Engine, scheme: str | None) -> Classifier:
    model = bundle.model(engine.format, scheme)
    assert model is not None, "unavailable_reason comes first"  # noqa: S101
    return Classifier(bundle, engine, model)
