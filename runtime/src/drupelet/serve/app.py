"""The WSGI application: routes, and what answers each."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager

from drupelet.errors import DrupeletError, OutOfMemoryError
from drupelet.serve import answers
from drupelet.serve.answers import Answer, json_answer, refusal_answer
from drupelet.serve.explanation import explained
from drupelet.serve.metrics import CONTENT_TYPE
from drupelet.serve.page import PAGE_FILES, page_file
from drupelet.serve.refusal import Refusal
from drupelet.serve.requests import read_body, read_question, read_single_question
from drupelet.value import Value

TYPE_CHECKING = False  # see drupelet/__init__.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from drupelet.serve.access import Access
    from drupelet.serve.metrics import Metrics
    from drupelet.serve.models import Model, Models
    from drupelet.serve.requests import Limits, Question

    Environ = Mapping[str, Any]
    StartResponse = Callable[[str, list[tuple[str, str]]], object]

BATCH_TEXTS = 64
"""Texts that are answered between two looks at the clock."""
OTHER_ROUTE = "other"
"""The route of paths that are not served, in metrics: a client's own words make no series."""

SAFE_HEADERS = (("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin"))
"""Headers of every answer: a browser takes it for nothing else, and gives it to no other site."""


class Route(Value):
    """What answers a path: by GET a function, by POST another, and whether that takes no token."""

    answer: Callable[[Application, Environ], Answer]
    method: str = "GET"
    is_public: bool = False

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that a request may have."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)


class Application:
    """Answers requests with models. It is a WSGI application (PEP 3333), and threads may share it."""

    def __init__(self, models: Models, metrics: Metrics, access: Access, limits: Limits) -> None:
        self.models = models
        self.metrics = metrics
        self.access = access
        self.limits = limits

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answers a request; whatever goes wrong is a JSON document too."""
        began = time.perf_counter()
        path = environ.get("PATH_INFO", "")
        path = OTHER_NAMES.get(path, path)
        try:
            answer = self._answer(environ, path)
        except Refusal as refusal:
            answer = refusal_answer(refusal)
        except Exception:  # noqa: BLE001 - a fault of ours; the log has its traceback, and the next request is answered
            import traceback

            traceback.print_exc(file=sys.stderr)
            answer = refusal_answer(Refusal(500, "internal_error", "the server failed to answer; its log says why"))
        self.metrics.count_request(path if path in ROUTES else OTHER_ROUTE, answer.status, time.perf_counter() - began)
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            *SAFE_HEADERS,
            *answer.headers,
        ]
        start_response(answer.status_line, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answer(self, environ: Environ, path: str) -> Answer:
        self.access.check_host(environ)
        route = ROUTES.get(path)
        if route is None or not route.is_public:
            self.access.check_token(environ)
        if route is None:
            raise Refusal(404, "not_found", f"{path[:100]!r} is not served; there are {', '.join(ROUTES)}")
        method = environ["REQUEST_METHOD"]
        if method not in route.methods:
            allowed = ", ".join(route.methods)
            raise Refusal(
                405, "wrong_method", f"{path} takes {allowed}, not {method[:20]}", headers=(("Allow", allowed),)
            )
        return route.answer(self, environ)

    def classify(self, environ: Environ) -> Answer:
        """The labels of texts."""
        question = read_question(read_body(environ, self.limits), self.limits)
        model = self.models.get(question.model)
        predictions = self._predictions(model, question)
        return json_answer(answers.classification(model.name, predictions))

    def explain(self, environ: Environ) -> Answer:
        """The words of a text that decided."""
        question = read_single_question(read_body(environ, self.limits), self.limits)
        model = self.models.get(question.model)
        with self._refusing():
            found = explained(model.classifier, question.texts[0])
        self.metrics.count_texts(model.name, 1)
        return json_answer(answers.explanation(model.name, found))

    def _predictions(self, model: Model, question: Question) -> list[Any]:
        """The answers of a model. Raises Refusal (503) when they take too long or memory does not suffice."""
        deadline = time.monotonic() + self.limits.max_seconds
        predictions = []
        with self._refusing():
            for begin in range(0, len(question.texts), BATCH_TEXTS):
                if time.monotonic() > deadline:
                    raise Refusal(
                        503,
                        "too_slow",
                        f"{begin:,} of {len(question.texts):,} texts took {self.limits.max_seconds} s (--max-seconds); send "
                        "fewer at a time",
                        "input",
                    )
                predictions += model.classifier.predict(question.texts[begin : begin + BATCH_TEXTS])
        self.metrics.count_texts(model.name, len(predictions))
        return predictions

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Has what a model cannot answer refused: 503 where memory does not suffice, else 400."""
        try:
            yield
        except OutOfMemoryError as error:
            raise Refusal(503, "out_of_memory", str(error), "input") from error
        except DrupeletError as error:
            raise Refusal(400, "not_answered", str(error), "input") from error

    def list_models(self, _: Environ) -> Answer:
        """The models that answer, each with its card."""
        return json_answer(answers.models_list(self.models.loaded))

    def health(self, _: Environ) -> Answer:
        """Whether every model has checked itself."""
        return answers.health([model.name for model in self.models.loaded], self.models.missing)

    def figures(self, _: Environ) -> Answer:
        """What was counted."""
        text = self.metrics.text(self.models.loaded, self.models.missing)
        return Answer(200, CONTENT_TYPE, text.encode())

    def openapi(self, _: Environ) -> Answer:
        """The description of all this for programs."""
        from drupelet.serve.openapi import openapi_document

        return json_answer(openapi_document(self.limits, wants_token=self.access.token is not None))

    def file_of_page(self, environ: Environ) -> Answer:
        """A file of the page."""
        content_type, body, headers = page_file(environ["PATH_INFO"])
        return Answer(200, content_type, body, headers)


ROUTES = {
    **{path: Route(Application.file_of_page, is_public=True) for path in PAGE_FILES},
    "/v1/classify": Route(Application.classify, "POST"),
    "/v1/explain": Route(Application.explain, "POST"),
    "/v1/models": Route(Application.list_models),
    "/health": Route(Application.health, is_public=True),
    "/metrics": Route(Application.figures),
    "/openapi.json": Route(Application.openapi, is_public=True),
}
"""Every path that is served. The page has nothing of a model in it; it asks the other routes, with the token."""
OTHER_NAMES = {"/classify": "/v1/classify"}
"""Path under which clients of vLLM look for a route -> its path here, which is SGLang's."""
