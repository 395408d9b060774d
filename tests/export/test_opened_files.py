"""Commands open the files that they are given, those of the environment and a few of the system; a hostile file names no other.

A hook of Python's audit events lists each path that Python code opens, in the command and in the processes that it starts. What
a C library opens by itself is not seen: for such a file the test looks at the refusal.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import onnx
import pytest

ROOT = Path(__file__).parents[2]
HOOK = """
import os, sys
_listed = os.open(os.environ["OPENED_FILES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def _hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        os.write(_listed, os.fsencode(os.path.realpath(os.fsdecode(arguments[0]))) + b"\\n")
sys.addaudithook(_hook)
"""
ENVIRONMENT = (
    ROOT / "runtime" / "src",
    ROOT / "export" / "src",
    ROOT / "train" / "src",
    ROOT / "runtime" / "csrc",  # export/.../executable/kernel is a link to it
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib", "scripts")),
    Path(sys.prefix),
    Path(sys.base_prefix),
)
"""Where the code of ours, of Python and of the libraries lies."""
SYSTEM = (
    "/proc/",  # processors, memory, maps
    "/sys/",
    "/dev/null",
    "/dev/urandom",
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/localtime",
    "/usr/share/zoneinfo/",
    "/usr/share/fonts/",  # matplotlib lists them
    "/usr/local/share/fonts/",
    "/etc/mime.types",
    "/etc/apache2/mime.types",
    "/etc/httpd/",
)
"""What libraries read of the system; module mimetypes looks for some of them."""


@pytest.fixture
def command(tmp_path):
    """A function that runs ``drupelet`` in an empty folder; returns exit status, stderr and other files that were opened."""
    for name in ("work", "home", "temporary", "hook", "private"):
        (tmp_path / name).mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(HOOK)
    opened = tmp_path / "opened.txt"

    def run(*arguments, given=()):
        opened.write_bytes(b"")
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, [tmp_path / "hook", *sys.path[1:]])),
            "OPENED_FILES": str(opened),
            "HOME": str(tmp_path / "home"),
            "TMPDIR": str(tmp_path / "temporary"),
        }
        ran = subprocess.run(
            [sys.executable, "-m", "drupelet", *map(str, arguments)],
            cwd=tmp_path / "work",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        own = [tmp_path / name for name in ("work", "home", "temporary", "hook")]
        folders = [place.resolve() for place in (*ENVIRONMENT, *own, *given)]
        listed = [Path(os.fsdecode(line)) for line in opened.read_bytes().splitlines()]
        assert any(path.is_relative_to((ROOT / "runtime" / "src").resolve()) for path in listed)  # the hook works
        outside = {
            str(path)
            for path in listed
            if not any(path.is_relative_to(folder) for folder in folders) and not str(path).startswith(SYSTEM)
        }
        return ran.returncode, ran.stderr, outside

    return run


@pytest.fixture
def private(command, tmp_path):
    """A file that no command may open, beside the folder where they run."""
    path = tmp_path / "private" / "texts.csv"
    path.write_text("password,of,mine\n")
    return path


@pytest.fixture
def bundle(exported, tmp_path):
    return Path(shutil.copytree(exported.bundle.path, tmp_path / "bundle"))


def with_external_data(bundle, place):
    """The bundle with an .onnx file whose first tensor lies at the place, and a manifest that says so."""
    path = bundle / "model.f32.onnx"
    model = onnx.load_model(path)
    tensor = model.graph.initializer[0]
    place.write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=f"../private/{place.name}")
    content = model.SerializeToString()
    path.write_bytes(content)
    manifest = json.loads((bundle / "manifest.json").read_text())
    for entry in manifest["models"]:
        if entry["file"] == path.name:
            entry |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    return bundle


@pytest.mark.parametrize("arguments", [("verify",), ("predict", "--engine", "native"), ("predict", "--engine", "onnx")])
def test_a_bundle_reads_itself_alone(command, bundle, arguments):
    name, *options = arguments
    texts = ["a quiet film"] if name == "predict" else []
    assert command(name, bundle, *texts, *options, given=[bundle])[::2] == (0, set())


@pytest.mark.slow
def test_an_export_reads_its_model_and_its_vocabulary(command, saved_model, vocabulary_file, tmp_path):
    options = ("--vocab", vocabulary_file, "--labels", "bad,good", "--tokenizer", "alnum", "--max-tokens", "6")
    out = tmp_path / "work" / "bundle"
    status, said, outside = command(
        "export", saved_model, *options, "--keep", "head", "--out", out, given=[saved_model, vocabulary_file]
    )
    assert outside == set()
    assert status == 0, said
    assert [path.name for path in (tmp_path / "temporary").iterdir() if path.name.startswith("drupelet")] == []


@pytest.mark.parametrize("name", ["verify", "predict"])
def test_tensors_outside_of_a_bundle_are_not_read(command, bundle, private, name):
    hostile = with_external_data(bundle, private.with_name("numbers.bin"))
    more = [] if name == "verify" else ["a film", "--engine", "onnx"]
    status, said, outside = command(name, hostile, *more, given=[bundle])
    assert (status, outside) == (2, set())
    assert "lie in another file, expected all of them in this one; do not use this bundle" in said


@pytest.mark.slow
def test_parity_uses_neither_tensors_nor_data_outside(command, bundle, private, saved_model, run_vocabulary, tmp_path):
    hostile = with_external_data(bundle, private.with_name("numbers.bin"))
    source = tmp_path / "bundle-source"
    run_folder(source, saved_model, run_vocabulary, data=str(private))
    status, said, outside = command("parity", hostile, given=[bundle, source])
    assert (status, outside) == (2, {str(private)})  # to compare its hash with that of the record
    assert "the record of the run names this data" in said
    assert "password" not in said


def run_folder(folder, saved_model, run_vocabulary, **changes):
    folder.mkdir()
    shutil.copy(saved_model, folder / "model.keras")
    shutil.copy(run_vocabulary, folder / "vocabulary.json")
    from drupelet.text.named import ALNUM

    rules = ALNUM.to_json() | {"max_tokens": 6, "unknown_id": 1}
    run = {"text_rules": rules, "padding": "pre", "labels": ["bad", "good"], **changes}
    (folder / "run.json").write_text(json.dumps(run))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["run.json", "vocabulary.json", "model.keras"])
def test_a_run_folder_reads_nothing_outside(command, private, saved_model, run_vocabulary, tmp_path, name):
    folder = run_folder(tmp_path / "run", saved_model, run_vocabulary)
    (folder / name).rename(private)
    (folder / name).symlink_to(private)
    status, said, outside = command("export", folder, "--out", "bundle", given=[folder])
    assert outside == set()
    assert status == 2
    assert f"{name}: a link out of" in said


@pytest.mark.slow
def test_a_saved_model_reads_nothing_outside(command, private, vocabulary_file, tmp_path):
    golden = Path(__file__).parents[1] / "golden" / "export" / "keras2_graph"
    folder = Path(shutil.copytree(golden, tmp_path / "model"))
    (folder / "variables" / "variables.index").rename(private)
    (folder / "variables" / "variables.index").symlink_to(private)
    options = ("--vocab", vocabulary_file, "--labels", "a,b", "--tokenizer", "alnum")
    status, said, outside = command("export", folder, *options, "--out", "bundle", given=[folder, vocabulary_file])
    assert outside == set()
    assert status == 2
    assert "variables.index: a link out of" in said


@pytest.mark.slow
@pytest.mark.parametrize("file", ["plan.json", "study.json"])
def test_a_resumed_training_uses_no_data_outside(command, private, tmp_path, file):
    folder = tmp_path / "run"
    folder.mkdir()
    plan = {"schema_version": 1, "data": str(private), "corpus_sha256": "0" * 64, "config": {}}
    (folder / file).write_text(json.dumps(plan))
    more = ["--tune", "2"] if file == "study.json" else []
    status, said, outside = command("train", "--resume", "--out", folder, *more, given=[folder])
    assert (status, outside) == (2, {str(private)})  # to compare its hash with that of the record
    assert "the record of the run names this data" in said
    assert "password" not in said
