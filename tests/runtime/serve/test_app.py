import pytest

from drupelet.errors import InputError, OutOfMemoryError
from drupelet.serve.access import Access, access_for
from drupelet.serve.app import ROUTES
from runtime.serve.asking import call

TEXTS = ["a wonderful film", "boring boring boring", "", "zzz", "Good, GOOD movie! \U0001f600"]
TOKEN = b"0123456789abcdef"


def test_answers_are_those_of_predict(application, classifier):
    found = call(application(), "/v1/classify", {"model": "tiny", "input": TEXTS})
    assert found.status == 200
    for datum, answer in zip(found.document["data"], classifier.predict(TEXTS)):
        assert (datum["label"], tuple(datum["probs"]), datum["n_tokens"]) == (
            answer.label,
            answer.probabilities,
            answer.n_tokens,
        )
    assert len(found.document["data"]) == len(TEXTS)


def test_one_text_without_a_model(application, classifier):
    document = call(application(), "/v1/classify", {"input": TEXTS[0]}).document
    assert [datum["label"] for datum in document["data"]] == [classifier(TEXTS[0]).label]
    assert document["model"] == "tiny"


def test_more_texts_than_are_answered_at_a_time(application, classifier):
    texts = [" ".join(TEXTS[: 1 + number % 3]) for number in range(200)]
    data = call(application(), "/v1/classify", {"input": texts}).document["data"]
    assert [tuple(datum["probs"]) for datum in data] == [answer.probabilities for answer in classifier.predict(texts)]
    assert [datum["index"] for datum in data] == [*range(200)]


def test_vllm_has_another_path(application):
    app = application()
    assert (
        call(app, "/classify", {"input": "a"}).document["data"]
        == call(app, "/v1/classify", {"input": "a"}).document["data"]
    )
    assert 'requests_total{route="/v1/classify",status="200"} 2' in call(app, "/metrics").body.decode()


def test_the_words_that_decided(application, classifier):
    document = call(application(), "/v1/explain", {"input": "a wonderful film"}).document
    assert [word["word"] for word in document["words"]] == ["a", "wonderful", "film"]
    assert document["label"] == classifier("a wonderful film").label


def test_another_model(application):
    assert call(application(), "/v1/classify", {"model": "tini", "input": "a"}).error == (
        404,
        "model_not_found",
        "model",
        "model 'tini' is not served; did you mean 'tiny'? (known: tiny)",
    )


def test_every_route_answers_its_method_alone(application):
    for path, route in ROUTES.items():
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"):
            found = call(application(), path, {"input": "a"}, method)
            if method in route.methods:
                assert found.status == 200
                assert (found.body == b"") == (method == "HEAD")
                continue
            allowed = ", ".join(route.methods)
            assert found.headers["allow"] == allowed
            if method != "HEAD":
                assert found.error == (405, "wrong_method", None, f"{path} takes {allowed}, not {method}")


def test_a_path_that_is_not_served(application):
    status, code, _, message = call(application(), "/v1/" + "x" * 5000).error
    assert (status, code, len(message) < 400) == (404, "not_found", True)


def test_no_answer_is_for_another_site(application):
    for path in [*ROUTES, "/other"]:
        headers = call(application(), path, {"input": "a"} if path in ("/v1/classify", "/v1/explain") else None).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert not any(name.startswith("access-control-") for name in headers)


def test_a_token_is_wanted_but_for_what_says_nothing_of_a_model(application):
    app = application(Access(TOKEN))
    for path, route in ROUTES.items():
        body = {"input": "a"} if route.method == "POST" else None
        assert (call(app, path, body).status == 401) == (
            path in ("/v1/classify", "/v1/explain", "/v1/models", "/metrics")
        )
        assert call(app, path, body, HTTP_AUTHORIZATION=f"Bearer {TOKEN.decode()}").status == 200
    assert call(app, "/other").status == 401


def test_a_host_of_another_site_gets_nothing(application):
    app = application(access_for(["127.0.0.1"], None, False, []))
    for path in [*ROUTES, "/other"]:
        assert call(app, path, HTTP_HOST="evil.example").error[:3] == (421, "unknown_host", "Host")


def test_answers_that_take_too_long_are_broken_off(application):
    expected = "0 of 2 texts took 0 s (--max-seconds); send fewer at a time"
    found = call(application(max_seconds=0), "/v1/classify", {"input": ["a", "b"]})
    assert found.error == (503, "too_slow", "input", expected)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OutOfMemoryError("no memory"), (503, "out_of_memory", "input", "no memory")),
        (InputError("too long a text"), (400, "not_answered", "input", "too long a text")),
        (ZeroDivisionError("oh"), (500, "internal_error", None, "the server failed to answer; its log says why")),
    ],
)
def test_what_goes_wrong_in_an_answer_is_a_document(application, models, monkeypatch, capsys, error, expected):
    def fail(texts):
        raise error

    monkeypatch.setattr(models.get("tiny").classifier, "predict", fail)
    assert call(application(), "/v1/classify", {"input": "a"}).error == expected
    assert ("ZeroDivisionError: oh" in capsys.readouterr().err) == (expected[0] == 500)


def test_requests_are_counted_by_route_and_status(application):
    app = application()
    for path in ("/health", "/health", "/secret", "/other"):
        call(app, path)
    call(app, "/v1/classify", {"input": ["a", "b"]})
    lines = call(app, "/metrics").body.decode().splitlines()
    assert 'drupelet_requests_total{route="/health",status="200"} 2' in lines
    assert 'drupelet_requests_total{route="other",status="404"} 2' in lines
    assert 'drupelet_texts_total{model="tiny"} 2' in lines
    assert 'drupelet_ready{model="tiny"} 1' in lines


def test_a_body_is_read_by_its_rules(application):
    assert call(application(), "/v1/classify", b"{").error[:3] == (400, "not_json", None)
    assert call(application(max_texts=1), "/v1/classify", {"input": ["a", "b"]}).error[:3] == (
        413,
        "too_many_texts",
        "input",
    )
