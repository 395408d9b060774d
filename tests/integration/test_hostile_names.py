"""No control character of a name, a path, a file or a library's message reaches a terminal, through no command."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drupelet.cli.main import main
from drupelet.engines import ENGINES
from runtime.networks import GOLDEN_BUNDLE

HOSTILE = "a\x1b[2J\x1b]0;t\x07\x9b31m\u202egpj.\u2028\u200b\rz"
"""Clears a screen, names a window, colours, turns a line around, breaks it, hides, and goes back to its start."""
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069]")

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """A function that runs a command, fails when a raw control character comes out, and gives status and output."""

    def run_command(*arguments: object) -> tuple[int, str]:
        capfd.readouterr()
        try:
            status = main(list(map(str, arguments)))
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capfd.readouterr()
        raw = RAW.search(out + err)
        assert raw is None, (raw, ascii(out + err))
        return status, out + err

    return run_command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a hostile name."""
    made = tmp_path / HOSTILE
    made.mkdir()
    return made


@pytest.fixture
def bundle(folder: Path) -> Path:
    """A bundle in it, with a hostile name of its own."""
    return Path(shutil.copytree(GOLDEN_BUNDLE, folder / HOSTILE))


def changed(bundle: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Changes a file of a bundle, and the manifest with it."""
    content = change((bundle / name).read_bytes())
    (bundle / name).write_bytes(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    for entry in manifest["models"]:
        if entry["file"] == name:
            entry.update(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    (bundle / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("json_output", [False, True], ids=["for people", "json"])
@pytest.mark.parametrize(
    "command",
    [["predict", HOSTILE], ["tokens", HOSTILE], ["inspect"], ["verify"], ["doctor"], ["bench", "--engine", "native"]],
    ids=lambda command: command[0],
)  # fmt: skip
def test_a_bundle_with_a_hostile_path(run: Run, bundle: Path, command: list[str], json_output: bool) -> None:
    name, *rest = command
    status, said = run(name, bundle, *rest, *(["--json"] if json_output else []))
    assert status == 0, said


@pytest.mark.parametrize(
    "arguments",
    [
        [HOSTILE], [f"--{HOSTILE}"], ["predict", "b", "t", f"--{HOSTILE}"], ["verify", "b", HOSTILE],
        ["bench", "b", "--threads", HOSTILE],
        ["predict", HOSTILE, "text"], ["inspect", HOSTILE], ["doctor", HOSTILE], ["report", HOSTILE], ["parity", HOSTILE],
        ["predict", GOLDEN_BUNDLE, "text", "--engine", HOSTILE], ["predict", GOLDEN_BUNDLE, "text", "--scheme", HOSTILE],
        ["predict", GOLDEN_BUNDLE, "--file", HOSTILE], ["verify", GOLDEN_BUNDLE, "--texts", HOSTILE],
        ["parity", GOLDEN_BUNDLE, "--model", HOSTILE], ["compile", GOLDEN_BUNDLE, "--target", HOSTILE],
        ["export", HOSTILE, "--out", "b"], ["export", "m.keras", "--out", "b", "--formats", HOSTILE],
        ["export", "m.keras", "--out", "b", "--schemes", HOSTILE], ["export", "m.keras", "--out", "b", "--accept", HOSTILE],
        ["train", "--config", HOSTILE], ["train", "--resume", "--out", HOSTILE],
    ],
    ids=lambda arguments: ascii(" ".join(map(str, arguments)))[:40],
)  # fmt: skip
def test_hostile_arguments(run: Run, arguments: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, said = run(*arguments)
    assert status == 2
    assert r"\x1b[2J" in said or arguments[-1] == HOSTILE


@pytest.mark.parametrize("member", ["name", "created_by"])
def test_a_hostile_member_of_a_manifest(run: Run, bundle: Path, member: str) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest[member] = HOSTILE
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    status, said = run("inspect", bundle)
    assert (status, "has a character that cannot stand in a line" in said) == (2, True)


@pytest.mark.parametrize("command", [["predict", "text"], ["verify"], ["doctor"]], ids=lambda command: command[0])
def test_the_message_of_onnxruntime_about_a_hostile_file(run: Run, bundle: Path, command: list[str]) -> None:
    if (reason := ENGINES["onnx"].check()) is not None:
        pytest.skip(reason)
    changed(bundle, "model.f32.onnx", lambda content: content.replace(b"Gather", b"G\x1b[2Jr"))
    name, *rest = command
    _, said = run(name, bundle, *rest, *([] if name == "doctor" else ["--engine", "onnx"]))
    assert r"\x1b[2J" in said


def test_the_log_of_onnxruntime_while_it_runs_a_hostile_file(run: Run, bundle: Path) -> None:
    """A matrix of another shape: loading goes well, and the name of the node stands in the error."""
    onnx = pytest.importorskip("onnx")

    def broken(content: bytes) -> bytes:
        model = onnx.load_from_string(content)
        for node in model.graph.node:
            node.name = HOSTILE
        output = model.graph.output[0].name
        (last,) = (node for node in model.graph.node if output in node.output)
        last.output[0] = "before"
        shape = onnx.helper.make_tensor("shape", onnx.TensorProto.INT64, [2], [7, 11])
        model.graph.initializer.append(shape)
        model.graph.node.append(onnx.helper.make_node("Reshape", ["before", "shape"], [output], name=HOSTILE))
        return bytes(model.SerializeToString())

    changed(bundle, "model.f32.onnx", broken)
    status, said = run("predict", bundle, "text", "--engine", "onnx")
    assert status == 2
    assert r"\x1b[2J" in said


@pytest.fixture(scope="module")
def model(keras: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file, with its vocabulary beside it."""
    layers = keras.layers
    path = tmp_path_factory.mktemp("model") / "model.keras"
    made = keras.Sequential(
        [layers.Embedding(4, 3, mask_zero=True), layers.LSTM(2), layers.Dense(1, activation="sigmoid")]
    )
    made.build((None, None))
    made.save(path)
    (path.parent / "words.txt").write_text("[UNK]\ngood\nbad\n")
    return path


def options(model: Path, out: Path) -> list[object]:
    vocabulary = model.parent / "words.txt"
    return [
        "--vocab", vocabulary, "--tokenizer", "textvectorization", "--formats", "drupelet,onnx", "--labels", "a,b", "--out", out
    ]  # fmt: skip


def with_layer_name(model: Path, name: str, to: Path) -> Path:
    """The model with another name of its LSTM layer in its configuration."""
    with zipfile.ZipFile(model) as before, zipfile.ZipFile(to, "w") as after:
        for entry in before.namelist():
            content = before.read(entry)
            if entry == "config.json":
                content = re.sub(rb'"name": "lstm[^"]*"', lambda _: b'"name": ' + json.dumps(name).encode(), content)
            after.writestr(entry, content)
    return to


@pytest.mark.long
def test_export_report_and_compile_with_a_hostile_folder(run: Run, model: Path, folder: Path) -> None:
    inside = Path(shutil.copy(model, folder / "model.keras"))
    bundle = folder / HOSTILE
    status, said = run("export", inside, *options(model, bundle), "--json")
    assert status == 0, said
    assert json.loads((bundle / "manifest.json").read_text())["name"].startswith(r"a\x1b[2J")
    for wide in ([], ["--wide"], ["--json"], ["--out", folder / "page.html"]):
        assert run("report", bundle, *wide)[0] == 0
    assert run("parity", bundle, "--model", inside, *options(model, bundle)[:-2][0:4], "--labels", "a,b")[0] == 0
    assert run("compile", bundle, "--emit", "c", "--out", folder / "c")[0] == 0


def test_a_model_with_a_hostile_layer(run: Run, model: Path, folder: Path) -> None:
    hostile = with_layer_name(model, HOSTILE, folder / "model.keras")
    status, said = run("export", hostile, *options(model, folder / "bundle"))
    assert status == 0, said


def test_a_function_that_raises_what_is_hostile(run: Run, model: Path, folder: Path) -> None:
    (folder / "mine.py").write_text(f"def answer(texts):\n    raise ValueError({HOSTILE!r})\n")
    status, said = run("export", model, *options(model, folder / "b"), "--reference", f"{folder / 'mine.py'}:answer")
    assert status == 2
    assert r"ValueError: a\x1b[2J" in said


def test_hostile_labels(run: Run, model: Path, folder: Path) -> None:
    status, said = run("export", model, *options(model, folder / "b"), "--labels", f"a,{HOSTILE}")
    assert (status, "cannot stand in a line" in said) == (2, True)


def test_hostile_training_data(run: Run, folder: Path) -> None:
    data = folder / "data.csv"
    data.write_text(f"{HOSTILE},other\nx,y\n", newline="")
    status, said = run("train", "--data", data, "--out", folder / "run")
    assert status == 2
    assert r"\x1b[2J" in said
