"""Programs built on this machine from emitted sources, to test without zig what is the same on every target."""

import os
import shutil
from dataclasses import replace

import pytest

from device.networks import NETWORKS, random_model
from drupelet.bundle import open_bundle
from drupelet_export.emitters.drupelet_file import emit_drupelet
from drupelet_export.emitters.rank_order import in_rank_order
from drupelet_export.executable.build import emit_sources, prepare
from export.executable.programs import BUNDLE, SANITIZERS, STRANGE_LABELS, make_program, run_program


@pytest.fixture(scope="session", autouse=True)
def as_typed_by_a_user():
    """Runs ``make`` as from a shell, without the options that ``make test`` passes on when it has started these tests."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in [name for name in os.environ if name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")]:
            monkeypatch.delenv(name)
        yield


@pytest.fixture(scope="session")
def strange_file(tmp_path_factory):
    """A single .drupelet file with three labels that need escapes, no goldens, and NaN for a text without words."""
    model = replace(random_model(NETWORKS["bidirectional-sum-average"]), labels=STRANGE_LABELS)
    path = tmp_path_factory.mktemp("strange") / "it's a $(model) \u00e9.drupelet"
    path.write_bytes(emit_drupelet(in_rank_order(model), "f32"))
    return path


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """A function that builds a bundle's emitted sources with make and these flags, and returns the program."""

    def make(bundle, compiler="cc", flags="-O1"):
        if shutil.which(compiler) is None:
            pytest.skip(f"no {compiler}")
        folder = tmp_path_factory.mktemp("sources") / "c"
        emit_sources(prepare(open_bundle(bundle)), folder)
        return make_program(folder, compiler, flags)

    return make


@pytest.fixture(scope="session")
def golden_program(build):
    """The program of the committed bundle, under sanitizers."""
    return build(BUNDLE, flags=SANITIZERS)


@pytest.fixture(scope="session")
def strange_program(build, strange_file):
    """The program of the strange file, under sanitizers."""
    return build(strange_file, flags=SANITIZERS)


@pytest.fixture
def run(golden_program):
    """A function that runs the golden program, and returns exit status, stdout and stderr as text."""
    return lambda *arguments, **more: run_program(golden_program, *arguments, **more)
