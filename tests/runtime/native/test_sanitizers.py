"""The public C API under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer: tests/native_c/api_cases.c."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from drupelet.schemes import SCHEMES
from drupelet.text.rules import Split, TextRules
from runtime.format_writer import model_file
from runtime.text.examples import EVERY_KIND

pytestmark = pytest.mark.slow  # compiles the kernel three times; no Python takes part

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "native_c" / "api_cases.c"
KERNEL = sorted(path for path in (ROOT / "runtime" / "csrc").glob("*.c") if path.name != "python_module.c")
WRAPPED = [f"-Wl,--wrap={function}" for function in ("malloc", "calloc", "realloc", "aligned_alloc")]
GOLDEN = ROOT / "tests" / "golden" / "bundle-v3" / "model.f32.drupelet"
TEXTS = ["A wonderful film!", "", "the movie is awful, very BAD", "b\u00e9d \u2003\u0130 good"]


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """A function that gives the program under a sanitizer, built once each; skips where clang or its runtime lacks."""
    built = {}

    def build(sanitizer):
        clang = shutil.which("clang")
        if clang is None:
            pytest.skip("no clang (Debian: clang, libclang-rt-14-dev)")
        if sanitizer not in built:
            path = tmp_path_factory.mktemp("native_c") / "api_cases"
            options = ["-std=c11", "-O1", "-g", "-pthread", "-ffp-contract=off"]
            options += [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", f"-I{ROOT / 'runtime' / 'csrc'}"]
            compiled = subprocess.run([clang, *options, CASES, *KERNEL, *WRAPPED, "-o", path],
                                      capture_output=True, text=True, check=False)  # fmt: skip
            built[sanitizer] = path if compiled.returncode == 0 else compiled.stderr
        if isinstance(built[sanitizer], str):
            if "cannot find" in built[sanitizer]:
                pytest.skip(f"clang has no runtime for -fsanitize={sanitizer}: {built[sanitizer]:.200}")
            pytest.fail(built[sanitizer])
        return built[sanitizer]

    return build


@pytest.fixture(scope="session")
def run(program):
    """A function that runs a case and gives what it printed; whatever a sanitizer says fails the test."""

    def run_case(name, model, *arguments, sanitizer="address,undefined"):
        outcome = subprocess.run([program(sanitizer), name, model, *arguments],
                                 capture_output=True, text=True, check=False)  # fmt: skip
        assert (outcome.returncode, outcome.stderr) == (0, "")
        return outcome.stdout

    return run_case


@pytest.fixture(scope="session", params=SCHEMES)
def every_scheme(request, drawn_model, tmp_path_factory):
    """The path of a file of every scheme, whose layers use all that a session allocates."""
    layers = [
        ("gru", "bidirectional", "concat", "tanh", "sigmoid", False),
        ("lstm", "forward", "none", "tanh", "sigmoid", False),
        ("gru", "backward", "none", "relu", "hard_sigmoid", True),
    ]
    path = tmp_path_factory.mktemp("models") / f"model.{request.param}.drupelet"
    model = drawn_model(layers, pooling="max", padding="pre", dense=("selu", "linear"))
    path.write_bytes(model_file(model, request.param))
    return path


@pytest.mark.long
def test_the_program_answers_with_the_bits_of_the_extension(run, native):
    lines = run("answers", GOLDEN, *TEXTS).splitlines()
    expected = native.Model(GOLDEN.read_bytes(), "golden").answer(TEXTS)
    assert len(lines) == len(expected)
    for line, (label, _, probabilities, n_tokens) in zip(lines, expected):
        printed_label, printed_tokens, *values = line.split()
        assert (printed_label, int(printed_tokens)) == (label, n_tokens)
        assert [float.fromhex(value) for value in values] == list(probabilities)


def test_malformed_texts_are_named_and_the_session_goes_on(run):
    run("malformed_texts", GOLDEN)


def test_a_hundred_megabytes_of_text(run):
    run("huge_text", GOLDEN)


def test_every_allocation_fails_once(run, every_scheme):
    read, created, predicted = map(int, run("no_memory", every_scheme).split())
    assert read >= 30
    assert created >= 10
    assert predicted >= 5


def test_every_allocation_of_text_rules_fails_once(run, model, tmp_path):
    path = tmp_path / "rules.drupelet"
    path.write_bytes(model_file(model.with_text_rules(replace(EVERY_KIND, end_id=0, unknown_id=1))))
    read, _, predicted = map(int, run("no_memory", path).split())
    assert read >= 30
    assert predicted >= 10


def test_an_empty_text_may_have_no_address(run, model, tmp_path):
    # Rules that copy a text as it is: memcpy from NULL is undefined even of no bytes.
    path = tmp_path / "plain.drupelet"
    path.write_bytes(model_file(model.with_text_rules(TextRules("plain", (Split("ascii"),)))))
    run("no_memory", path)


def test_a_file_that_changes_after_it_was_read(run, every_scheme, tmp_path):
    run("file_changes", every_scheme, tmp_path / "copy.drupelet")


def test_a_file_that_never_ends(run):
    run("endless_file", GOLDEN)


def test_an_error_that_nobody_wants(run, every_scheme):
    run("no_error_wanted", every_scheme)


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_threads_with_sessions_of_their_own(run, every_scheme, sanitizer):
    run("threads", every_scheme, sanitizer=sanitizer)


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_threads_that_share_a_call(run, every_scheme, sanitizer):
    run("shared", every_scheme, sanitizer=sanitizer)


@pytest.fixture(scope="session", params=SCHEMES)
def networks_of_pieces(request, drawn_model, tmp_path_factory):
    """Paths of files of a scheme: a network of one direction, one of both, and one that is computed as a whole."""
    lstm, gru = (
        ("lstm", "forward", "none", "tanh", "sigmoid", False),
        ("gru", "forward", "none", "relu", "sigmoid", False),
    )
    both = ("lstm", "bidirectional", "concat", "tanh", "sigmoid", False)
    folder = tmp_path_factory.mktemp("pieces")
    drawn = {
        "forward": drawn_model([lstm, gru], pooling="average"),
        "last": drawn_model([("gru", "forward", "none", "tanh", "sigmoid", True)], units=20),
        "both": drawn_model([both], pooling="max", pool_zero_below=9),
        "whole": drawn_model([both, lstm], dense=("relu", "linear")),
    }
    for name, model in drawn.items():
        (folder / name).write_bytes(model_file(model, request.param))
    return folder


@pytest.mark.parametrize("name", ["forward", "last", "both", "whole"])
def test_a_text_that_is_followed(run, networks_of_pieces, name):
    run("following", networks_of_pieces / name)


@pytest.mark.parametrize(("name", "known"), [("forward", "1 1"), ("last", "1 1"), ("both", "1 1"), ("whole", "0 0")])
def test_ids_that_are_left_out_and_shared(run, networks_of_pieces, name, known):
    assert run("explaining", networks_of_pieces / name).split() == known.split()


def test_bytes_that_change_under_an_open_model(run, every_scheme):
    run("changing_bytes", every_scheme)
