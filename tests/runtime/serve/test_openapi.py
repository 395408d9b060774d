"""The document is OpenAPI 3.1 as far as it goes, and what is answered is what it says."""

import pytest

from drupelet.serve.access import Access
from drupelet.serve.app import ROUTES
from drupelet.serve.openapi import openapi_document
from drupelet.serve.requests import Limits
from runtime.serve.asking import call

TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
    "null": type(None),
}


def matches(value, schema, document):
    """Whether a value fits a schema, as far as these schemas go; fails for a keyword that it does not know."""
    if "$ref" in schema:
        *_, kind, name = schema["$ref"].split("/")
        schema = document["components"][kind][name]
    known = {"type", "required", "properties", "items", "const", "enum", "anyOf", "description", "minimum", "maximum"}
    assert set(schema) <= known | {"minItems", "maxItems", "maxLength"}, schema
    if "anyOf" in schema and not any(matches(value, one, document) for one in schema["anyOf"]):
        return False
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, TYPES[kind]) and not isinstance(value, bool) for kind in kinds):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        return set(schema.get("required", [])) <= set(value) and all(
            matches(value[name], properties[name], document) for name in value if name in properties
        )
    if isinstance(value, list):
        return schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 1 << 30) and all(
            matches(item, schema.get("items", {}), document) for item in value
        )
    if isinstance(value, str):
        return len(value) <= schema.get("maxLength", 1 << 30)
    return True


def response(document, path, method, status):
    described = document["paths"][path][method]["responses"][str(status)]
    assert described["description"]
    return described["content"]


def test_every_route_but_the_page_is_described():
    document = openapi_document(Limits(), False)
    assert document["openapi"] == "3.1.0"
    assert set(document["info"]) >= {"title", "version"}
    described = {(path, method) for path, item in document["paths"].items() for method in item}
    of_programs = {
        path: route
        for path, route in ROUTES.items()
        if not path.startswith("/page") and path not in ("/", "/openapi.json")
    }
    assert described == {(path, route.method.lower()) for path, route in of_programs.items()}
    names = [item[method]["operationId"] for path, method in described for item in [document["paths"][path]]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("wants_token", [False, True])
def test_every_reference_leads_somewhere(wants_token):
    document = openapi_document(Limits(), wants_token)

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for held in node.values():
                yield from references(held)
        elif isinstance(node, list):
            for held in node:
                yield from references(held)

    found = set(references(document))
    assert found == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert ("security" in document) == wants_token


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/classify", {"input": ["a", ""]}),
        ("/v1/classify", {"model": "tiny", "input": "a film"}),
        ("/v1/explain", {"input": "a wonderful film"}),
        ("/v1/models", None),
        ("/health", None),
    ],
)
def test_answers_are_as_described(application, path, body):
    app = application()
    document = call(app, "/openapi.json").document
    method = "get" if body is None else "post"
    if body is not None:
        schema = document["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
        assert matches(body, schema, document)
    found = call(app, path, body)
    schema = response(document, path, method, found.status)["application/json"]["schema"]
    assert matches(found.document, schema, document)


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({"input": []}, {}),
        ({"model": "x", "input": "a"}, {}),
        ({"input": ["a"] * 4}, {}),
        ({"input": "a"}, {"CONTENT_LENGTH": ""}),
        ({"input": "a"}, {"CONTENT_TYPE": "text/plain"}),
    ],
)
def test_refusals_are_as_described(application, body, changes):
    app = application(max_texts=3)
    document = call(app, "/openapi.json").document
    found = call(app, "/v1/classify", body, **changes)
    schema = response(document, "/v1/classify", "post", found.status)["application/json"]["schema"]
    assert matches(found.document, schema, document)


def test_limits_and_token_are_those_of_the_server(application):
    document = call(application(Access(b"0123456789abcdef"), max_texts=7, max_characters=9), "/openapi.json").document
    text, texts = document["paths"]["/v1/classify"]["post"]["requestBody"]["content"]["application/json"]["schema"][
        "properties"
    ]["input"]["anyOf"]
    assert (text["maxLength"], texts["maxItems"]) == (9, 7)
    assert document["security"] == [{"token": []}]
    assert document["paths"]["/health"]["get"]["security"] == []
