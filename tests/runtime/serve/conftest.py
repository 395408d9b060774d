"""An application that answers in this process, and the command ``drupelet serve`` in one of its own."""

import pytest

import drupelet
from drupelet.serve.access import Access
from drupelet.serve.app import Application
from drupelet.serve.metrics import Metrics
from drupelet.serve.models import Models
from drupelet.serve.requests import Limits
from drupelet.serve.self_check import SelfCheck
from runtime.serve.asking import Served

CHECK = SelfCheck(9, "answers like Keras from the text on", 1.0, (0.5, 1.0), 4)


@pytest.fixture
def log():
    """The lines that a server has said."""
    return []


@pytest.fixture
def models(bundle_folder, any_engine, log):
    """Models that serve the tiny bundle as ``tiny``, without a real self-check."""
    loaded = Models({"tiny": str(bundle_folder)}, any_engine, None, lambda classifier: CHECK, log.append)
    loaded.load_all()
    return loaded


@pytest.fixture
def application(models):
    """A function that makes an application with these limits or this access."""

    def make(access=None, **limits):
        return Application(models, Metrics(), access or Access(), Limits(**limits))

    return make


@pytest.fixture
def classifier(bundle_folder, any_engine):
    """What the model ``tiny`` has to answer like."""
    return drupelet.load(bundle_folder, any_engine)


@pytest.fixture
def served():
    """A function that starts ``drupelet serve`` and waits until it is ready; it is ended with the test."""
    pytest.importorskip("waitress")
    running = []

    def start(*arguments, **options):
        server = Served(*arguments, **options)
        running.append(server)
        return server.wait_until_ready() if options.get("wait", True) else server

    yield start
    for server in running:
        server.kill()
