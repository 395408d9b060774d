"""The documents that are answered, as vLLM and SGLang give them, and their bytes."""

from __future__ import annotations

import json
import math
import os
import time

from drupelet.serve.refusal import REASONS
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from drupelet.explanation import Explanation
    from drupelet.prediction import Prediction
    from drupelet.serve.models import Model
    from drupelet.serve.refusal import Refusal


class Answer(Value):
    """A status, a body with its type, and further headers."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def status_line(self) -> str:
        """The status with its phrase."""
        return f"{self.status} {REASONS[self.status]}"


def json_answer(document: dict[str, Any], status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The answer that is this JSON document."""
    return Answer(status, "application/json", json.dumps(document, allow_nan=False).encode() + b"\n", headers)


def refusal_answer(refusal: Refusal) -> Answer:
    """The answer that says what is wrong with a request."""
    error = {
        "message": refusal.message,
        "type": "invalid_request_error" if refusal.status < 500 else "server_error",
        "param": refusal.param,
        "code": refusal.code,
    }
    return json_answer({"error": error}, refusal.status, refusal.headers)


def classification(model: str, predictions: Sequence[Prediction]) -> dict[str, Any]:
    """The answers of a model to texts, in their order.

    ``probs`` are in the order of the model's labels; null stands for a probability that is no number. ``n_tokens`` is the
    number of words that the model read and knows: with 0 the answer says nothing about the text. Where each label is decided
    alone, ``labels`` are those that hold. The label of a text that the model rejects is null, and ``rejected`` is true. vLLM
    has none of the three.
    """
    tokens = sum(prediction.n_tokens for prediction in predictions)
    return {
        "id": f"classify-{os.urandom(16).hex()}",
        "object": "list",
        "created": int(time.time()),
        "model": model,
        "data": [_datum(index, prediction) for index, prediction in enumerate(predictions)],
        "usage": {
            "prompt_tokens": tokens,
            "total_tokens": tokens,
            "completion_tokens": 0,
            "prompt_tokens_details": None,
        },
    }


def _datum(index: int, prediction: Prediction) -> dict[str, Any]:
    probabilities = [_number(value) for value in prediction.probabilities]
    return {
        "index": index,
        "label": prediction.label,
        "probs": probabilities,
        "num_classes": len(probabilities),
        "n_tokens": prediction.n_tokens,
        **({"labels": list(prediction.labels)} if prediction.is_multi_label else {}),
        **({"rejected": True} if prediction.rejected else {}),
    }


def explanation(model: str, found: Explanation) -> dict[str, Any]:
    """The words that decided for or against a label.

    A word is as it is after the text rules; ``start`` and ``end`` are its place in the text, counted in characters of Unicode.
    ``change`` is what it adds to the probability of the label. ``words_left`` more were read, and not tried.
    """
    read = [word for word in found.words if word.use == "read"]
    return {
        "object": "explanation",
        "created": int(time.time()),
        "model": model,
        "label": found.label,
        "words": [
            {"word": word.word, "start": word.start, "end": word.end, "change": _number(word.change)}
            for word in read
            if word.change is not None
        ],
        "words_left": sum(word.change is None for word in read),
    }


def models_list(models: Sequence[Model]) -> dict[str, Any]:
    """The models, each with its card."""
    return {"object": "list", "data": [_model(model) for model in models]}


def _model(model: Model) -> dict[str, Any]:
    """A model as vLLM lists it, with a ``card``: what it answers, what runs it, and what is proved of it."""
    classifier, check = model.classifier, model.check
    manifest = classifier.bundle.manifest
    return {
        "id": model.name,
        "object": "model",
        "created": model.loaded_at,
        "owned_by": "drupelet",
        "card": {
            "labels": list(classifier.labels),
            "engine": classifier.engine,
            "file": classifier.model.entry.file,
            "scheme": classifier.model.scheme,
            "size_bytes": classifier.model.entry.size_bytes,
            "verdict": manifest.verdict,
            "claim": check.claim,
            "checked_texts": check.texts,
            "accuracy": check.accuracy,
            "accuracy_95": None if check.accuracy_95 is None else list(check.accuracy_95),
            "accuracy_texts": check.accuracy_texts,
        },
    }


def health(names: Sequence[str], missing: Sequence[str]) -> Answer:
    """Whether the server is ready: 200 when every model has checked itself, 503 before."""
    if missing:
        return json_answer(
            {"status": "loading", "ready": list(names), "loading": list(missing)}, 503, (("Retry-After", "1"),)
        )
    return json_answer({"status": "ready", "ready": list(names), "loading": []})


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
