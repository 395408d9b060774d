"""examples/classify.c needs only a C compiler, and answers like the native engine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import drupelet

ROOT = Path(__file__).parents[2]
KERNEL = [path for path in (ROOT / "runtime" / "csrc").glob("*.c") if path.name != "python_module.c"]
MODEL = ROOT / "artifacts" / "imdb" / "model.wi8.drupelet"
TEXTS = [
    "a quiet, wonderful film",
    "",
    "two hours of my life that i want back<br />BORING",
    "d\u00e9j\u00e0 vu \u2003 \u0130 \U0001f600",
    "the " * 3000 + "worst",
    "not as bad as people say, and the ending is lovely",
]


@pytest.fixture(scope="module", params=["cc", "clang"])
def classify(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built as its first comment says, but without optimization."""
    compiler = shutil.which(request.param)
    if compiler is None:
        pytest.skip(f"no {request.param}")
    program = tmp_path_factory.mktemp("classify") / "classify"
    options = ["-std=c11", "-pthread", "-Wall", "-Wextra", "-Wpedantic", f"-I{ROOT / 'runtime' / 'csrc'}"]
    subprocess.run([compiler, *options, ROOT / "examples" / "classify.c", *KERNEL, "-o", program], check=True)
    return program


def run(program: Path, model: Path, texts: bytes) -> subprocess.CompletedProcess[str]:
    outcome = subprocess.run([program, model], input=texts, capture_output=True, check=False)
    return subprocess.CompletedProcess([], outcome.returncode, outcome.stdout.decode(), outcome.stderr.decode())


def test_it_answers_like_the_native_engine(classify: Path) -> None:
    outcome = run(classify, MODEL, "\n".join(TEXTS).encode())
    assert (outcome.returncode, outcome.stderr) == (0, "")
    expected = drupelet.load(MODEL, "native").predict(TEXTS)
    assert outcome.stdout.splitlines() == [f"{answer.label}\t{answer.probability:.4f}" for answer in expected]


def test_byte_order_marks_and_line_ends_are_none_of_the_text(classify: Path) -> None:
    mark = b"\xef\xbb\xbf"
    marked = run(classify, MODEL, mark + b"awful film\r\n" + mark + mark + b"good\n" + mark + b"\n" + mark)
    plain = run(classify, MODEL, b"awful film\ngood\n\n\n")
    assert (marked.returncode, marked.stdout) == (0, plain.stdout)
    answer = drupelet.load(MODEL, "native")("awful\ufeff")
    inside = run(classify, MODEL, b"awful" + mark + b"\n")
    assert inside.stdout == f"{answer.label}\t{answer.probability:.4f}\n"


def test_without_a_text_it_prints_nothing(classify: Path) -> None:
    assert run(classify, MODEL, b"").stdout == ""
    assert len(run(classify, MODEL, b"\n\n").stdout.splitlines()) == 2


def test_errors_have_a_message(classify: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.drupelet"
    outcome = run(classify, missing, b"good")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr == f"{missing}: cannot be opened (No such file or directory)\n"
    outcome = run(classify, ROOT / "README.md", b"good")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr.endswith(": its first bytes are not those of a .drupelet file\n")
    outcome = run(classify, MODEL, b"good\nb\xe4d\ngood\n")
    assert (outcome.returncode, len(outcome.stdout.splitlines())) == (1, 1)
    convert = "convert the text, for example with iconv -f WINDOWS-1252 -t UTF-8\n"
    assert outcome.stderr.endswith(f"byte 1 (0xe4) is not UTF-8; {convert}")


def test_wrong_usage_prints_the_usage(classify: Path) -> None:
    outcome = subprocess.run([classify], capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (2, f"usage: {classify} MODEL.drupelet < texts\n")
