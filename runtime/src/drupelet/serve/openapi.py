"""The OpenAPI 3.1 document of the routes that programs use."""

from __future__ import annotations

from drupelet.serve.explanation import MAX_WORDS
from drupelet.version import __version__

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from typing import Any

    from drupelet.serve.requests import Limits

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
PROBABILITY = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
STATUSES = {
    400: "The body is no JSON, or a field is wrong; param names it.",
    401: "The token is missing or wrong.",
    404: "No model of that name is served.",
    411: "Content-Length is missing.",
    413: "The body, the number of texts or a text is beyond a limit of the server.",
    415: "The body is not application/json.",
    421: "The Host header names another server.",
    503: "The model has not checked itself yet, or the answer took too long.",
}
"""Statuses of refused requests, and their meaning."""


def openapi_document(limits: Limits, wants_token: bool) -> dict[str, Any]:
    """The document of a server with these limits."""
    text = {"type": "string", "maxLength": limits.max_characters}
    texts = {"type": "array", "items": text, "minItems": 1, "maxItems": limits.max_texts}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Drupelet",
            "version": __version__,
            "description": "Text classifiers that answer like the Keras models they were compiled from.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/v1/classify": {
                "post": _operation(
                    "classify",
                    "Label a text, or a list of texts",
                    "Classification",
                    (400, 401, 404, 411, 413, 415, 421, 503),
                    _question({"anyOf": [text, texts]}),
                )
            },
            "/v1/explain": {
                "post": _operation(
                    "explain",
                    f"Say what each of the first {MAX_WORDS} words of a text adds to the probability of its label",
                    "Explanation",
                    (400, 401, 404, 411, 413, 415, 421, 503),
                    _question(text),
                )
            },
            "/v1/models": {"get": _operation("models", "List the models that answer", "Models", (401, 421))},
            "/health": {
                "get": {
                    **_operation("health", "Say whether every model has checked itself", "Health", (421,)),
                    "security": [],
                }
            },
            "/metrics": {
                "get": {
                    "operationId": "metrics",
                    "summary": "Figures in Prometheus's text format 0.0.4",
                    "responses": {
                        "200": {"description": "The figures", "content": {"text/plain": {"schema": STRING}}},
                        **_refusals((401, 421)),
                    },
                }
            },
        },
        "components": {"schemas": _schemas()},
    }
    document["paths"]["/health"]["get"]["responses"]["503"] = _json_response("A model is being loaded", "Health")
    if wants_token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _operation(
    name: str, summary: str, schema: str, statuses: tuple[int, ...], body: dict[str, Any] | None = None
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name, "summary": summary}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    operation["responses"] = {"200": _json_response(summary, schema), **_refusals(statuses)}
    return operation


def _question(given: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body."""
    return {
        "type": "object",
        "required": ["input"],
        "properties": {
            "model": {"type": ["string", "null"], "description": "May be left out where one model is served."},
            "input": given,
        },
    }


def _refusals(statuses: tuple[int, ...]) -> dict[str, Any]:
    return {str(status): _json_response(STATUSES[status], "Error") for status in statuses}


def _json_response(description: str, schema: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _schemas() -> dict[str, Any]:
    return {
        "Classification": _object(
            id=STRING,
            object={"const": "list"},
            created=INTEGER,
            model=STRING,
            data=_list_of(
                {
                    **_object(
                        index=INTEGER,
                        label={
                            "type": ["string", "null"],
                            "description": "null, beside a field rejected that is true, where the model rejects the text.",
                        },
                        probs={**_list_of(PROBABILITY), "description": "In the order of the model's labels."},
                        num_classes=INTEGER,
                        n_tokens={
                            **INTEGER,
                            "description": "Words that were read and are known; 0: the answer says nothing.",
                        },
                    ),
                }
            ),
            usage={"type": "object"},
        ),
        "Explanation": _object(
            object={"const": "explanation"},
            created=INTEGER,
            model=STRING,
            label=STRING,
            words=_list_of(
                _object(
                    word={**STRING, "description": "As it is after the text rules."},
                    start={**INTEGER, "description": "Place in the text, in characters of Unicode."},
                    end=INTEGER,
                    change={"type": ["number", "null"], "description": "What it adds to the probability of the label."},
                )
            ),
            words_left={**INTEGER, "description": "Further words that were read, and not tried."},
        ),
        "Models": _object(
            object={"const": "list"},
            data=_list_of(
                _object(id=STRING, object={"const": "model"}, created=INTEGER, owned_by=STRING, card=_card())
            ),
        ),
        "Health": _object(status={"enum": ["ready", "loading"]}, ready=_list_of(STRING), loading=_list_of(STRING)),
        "Error": _object(
            error=_object(message=STRING, type=STRING, param={"type": ["string", "null"]}, code=STRING),
        ),
    }


def _card() -> dict[str, Any]:
    return _object(
        labels=_list_of(STRING),
        engine=STRING,
        file=STRING,
        scheme=STRING,
        size_bytes=INTEGER,
        verdict=STRING,
        claim={**STRING, "description": "What the self-check proved, as the end of a sentence."},
        checked_texts=INTEGER,
        accuracy=PROBABILITY,
        accuracy_95={"type": ["array", "null"], "items": {"type": "number"}},
        accuracy_texts=INTEGER,
    )


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object that has all of these."""
    return {"type": "object", "required": list(properties), "properties": properties}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
